"""Wrong and right losses by the hundred, for tests/crosscheck/test_mutants.py."""
