"""Run `train-embeddings explore` beside a test."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def hears_interrupts() -> None:
    """Make a child process hear Ctrl-C even if this process, or the shell behind it, ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def exploring(*paths: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve a page about files; yields its address and the process, which has ended after the block."""
    command = [sys.executable, "-m", "embed", "explore", "--no-browser", *map(str, paths)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=hears_interrupts) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            found = re.search(r"(http://127\.0\.0\.1:\d+/) \(Ctrl-C", line)
            assert found is not None, line + process.stderr.read()
            yield found[1], process
        finally:
            process.kill()
