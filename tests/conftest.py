"""What more than one test file needs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The same examples on every run: a test that fails only sometimes tells nothing about the change at hand.
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Help texts and progress displays must not depend on the window the tests run in."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    for name in [name for name in os.environ if name.startswith("EMBED_") and name != "EMBED_SIMD"]:
        monkeypatch.delenv(name)


@pytest.fixture
def no_thread_is_left() -> Iterator[None]:
    """A thread that has done its work may need a moment to end; one that still works is a fault."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive(), thread.name
