"""What holds for every test."""

import logging
import os

import pytest
from hypothesis import HealthCheck, settings

# What decides whether a change lands draws the same examples every time, on machines of any speed; everybody else's
# runs draw new ones, and what they find becomes a test.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_ignore_collect(collection_path, config):
    """Benchmarks run when they are asked for by name: the machines are shared, and a time proves nothing there."""
    asked_for = any("benchmarks" in argument for argument in config.args)
    return True if collection_path.name == "benchmarks" and not asked_for else None


@pytest.fixture(autouse=True)
def levels_of_loggers():
    """A command that sets how much is logged does so for its process, which tests share."""
    loggers = [logging.getLogger(name) for name in (None, "sagadsl")]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)
