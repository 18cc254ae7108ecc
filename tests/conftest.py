"""What holds for every test."""


def pytest_ignore_collect(collection_path, config):
    """Benchmarks run when they are asked for by name: the machines are shared, and a time proves nothing there."""
    asked_for = any("benchmarks" in argument for argument in config.args)
    return True if collection_path.name == "benchmarks" and not asked_for else None
