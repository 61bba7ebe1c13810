"""The adapters have no doctests, and those whose library is not installed cannot be imported."""

collect_ignore_glob = ["target/adapters/*"]
