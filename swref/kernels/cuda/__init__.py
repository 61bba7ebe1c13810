"""The "cuda" backend: `backend` is its launcher, `device` the GPU, `rows` and `elements` the kernels."""
