"""A thousandth of ``make torture``: its checks run, and still find what they look for."""

from __future__ import annotations

import sys

import pytest

from tests.hostile.limits import HAS_LIMITS
from tests.torture import ending, killing, reading, sharing, training

SCALE = 0.001
CHECKS = {**reading.CHECKS, **training.CHECKS, **killing.CHECKS, **ending.CHECKS, **sharing.CHECKS}


@pytest.mark.skipif(sys.platform != "linux", reason="measures by way of /proc")
@pytest.mark.parametrize("name", CHECKS)
def test_the_short_form(name: str) -> None:
    if not HAS_LIMITS and name in ("soak", "one-sentence", "ever-new-words"):
        pytest.skip("a sanitizer has memory of its own")
    assert CHECKS[name](SCALE)
