"""Servers on this machine are asked directly, whatever proxy it is told to use."""

import pytest


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
