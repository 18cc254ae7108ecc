"""Crash tests: processes that are killed and frozen while they run sagas. `python -m tests.crash --help` is the long form."""
