"""``python -m benchmarks``."""

from __future__ import annotations

import sys

from benchmarks.installed import prefer_installed_embed


def _run() -> int:
    prefer_installed_embed()
    from benchmarks.cli import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_run())
