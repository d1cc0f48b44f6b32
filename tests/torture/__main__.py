"""Run the checks: ``python -m tests.torture [--scale 1] [CHECK ...]``."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from tests.torture import ending, killing, reading, sharing, training


def main() -> int:
    """Run each check in a process of its own, so that one cannot hide what another leaves behind."""
    checks = {**reading.CHECKS, **training.CHECKS, **killing.CHECKS, **ending.CHECKS, **sharing.CHECKS}
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="Load the reader and the trainer.")
    parser.add_argument("checks", nargs="*", help=", ".join(checks))
    parser.add_argument("--scale", type=float, default=1.0, help="share of the long form (default: 1)")
    parser.add_argument("--here", action="store_true", help="run the one check given in this process")
    arguments = parser.parse_args()
    chosen = arguments.checks or list(checks)
    if unknown := set(chosen) - set(checks):
        parser.error(f"no such check: {', '.join(sorted(unknown))}")
    if arguments.here:
        print(f"{chosen[0]}: {checks[chosen[0]](arguments.scale)}", flush=True)
        return 0
    failed = 0
    for name in chosen:
        started = time.monotonic()
        command = [sys.executable, "-m", "tests.torture", name, "--scale", str(arguments.scale), "--here"]
        done = subprocess.run(command, capture_output=True, text=True)
        line = done.stdout.strip() or f"{name}: FAILED\n{done.stderr.strip()}"
        failed += done.returncode != 0
        print(f"{line} ({time.monotonic() - started:.1f} s)", flush=True)
    print(f"{len(chosen)} checks at scale {arguments.scale:g}, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
