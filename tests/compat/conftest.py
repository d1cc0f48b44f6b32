"""What the tests of stand-ins share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from embed.compat import gensim


@pytest.fixture
def without_gensim(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget for a test that gensim was imported; what it installs is removed at the end."""
    for name in [name for name in sys.modules if name.split(".")[0] == "gensim"]:
        monkeypatch.delitem(sys.modules, name)
    yield
    gensim.uninstall()
