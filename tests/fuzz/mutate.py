"""One target without atheris, for ``python -m tests.fuzz``: ``tests.fuzz.mutate TARGET SECONDS FINDINGS SCRATCH``."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

from tests.fuzz.__main__ import save_finding
from tests.fuzz.seeds import TOKENS, mutations, seeds
from tests.fuzz.targets import TARGETS, attempt

_ROUND = 1000


def main(name: str, seconds: str, findings: str, scratch: str) -> int:
    """Try damaged inputs until the time is over; stop at the first finding."""
    end, tried, number = time.monotonic() + float(seconds), 0, 0
    start = seeds(name)
    while time.monotonic() < end:
        number += 1
        for data in mutations(start, TOKENS.get(name, []), _ROUND, number):
            tried += 1
            try:
                attempt(TARGETS[name], data, Path(scratch))
            except Exception:
                traceback.print_exc()
                print(save_finding(data, name, Path(findings)))
                print(f"tried {tried}")
                return 1
            if time.monotonic() > end:
                break
    print(f"tried {tried}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
