"""The "cpu" backend: `backend` is its launcher; `rows` and `coupled` are its compiled loops."""
