"""Benchmarks of swref against everything a user would pick instead: `python -m bench` from a clone."""
