"""Several processes at one folder: none fails for it, none gets the ids of another, nothing is left."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from embed.files.locks import MARK

_SECONDS = 20
_LINES = 60

# Encodes in a loop until the time is over, and tells how often it did, was refused, or failed.
_ENCODE = """
import collections, json, sys, time
import numpy as np
from embed.corpora import TextCorpus
from embed.text.encoding import encode
from embed.errors import EmbedError
min_count, seconds = int(sys.argv[1]), float(sys.argv[2])
told, end = collections.Counter(), time.monotonic() + seconds
while time.monotonic() < end:
    try:
        with encode(TextCorpus("corpus.txt"), min_count=min_count, directory="kept") as encoded:
            counts = encoded.vocabulary.counts
            same = int(encoded.ids.max()) < len(counts) and np.array_equal(np.bincount(encoded.ids), counts)
            told["encoded" if same and counts[-1] >= min_count else "WRONG"] += 1
    except EmbedError as error:
        told["refused" if "in use" in str(error) or "is using" in str(error) else str(error)] += 1
print(json.dumps(told))
"""


def _text(path: Path) -> None:
    rng = random.Random(1)
    path.write_text(
        "".join(" ".join(f"w{int(rng.paretovariate(0.5)) % 900}" for _ in range(40)) + "\n" for _ in range(_LINES))
    )


def _together(folder: Path, min_counts: list[int], seconds: float, kill: bool = False) -> Counter[str]:
    """Let so many processes encode into one folder, each with its min_count; with `kill` one is killed and replaced."""
    rng, told = random.Random(1), Counter[str]()
    processes = {}

    def start(number: int, left: float) -> None:
        command = [sys.executable, "-c", _ENCODE, str(min_counts[number]), str(left)]
        processes[number] = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)

    for number in range(len(min_counts)):
        start(number, seconds)
    end = time.monotonic() + seconds
    while kill and time.monotonic() + 1 < end:
        time.sleep(rng.uniform(0.4, 1.0))
        number = rng.randrange(len(min_counts))
        processes[number].send_signal(signal.SIGKILL)
        processes[number].communicate()
        told["killed"] += 1
        start(number, end - time.monotonic())
    for process in processes.values():
        out, _ = process.communicate()
        assert process.returncode == 0
        told.update(json.loads(out))
    assert set(told) <= {"encoded", "refused", "killed"}, told
    left = [name for name in os.listdir(folder / "kept") if name.startswith(".") and name != MARK]
    assert kill or not left, left
    return told


def sharing(scale: float) -> str:
    """Encode by four processes with the same settings, by two with others, and by three that are killed at times."""
    parts = []
    for name, min_counts, kill in (("same", [1] * 4, False), ("others", [1, 3], False), ("killed", [1, 1, 3], True)):
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home)
            _text(folder / "corpus.txt")
            told = _together(folder, min_counts, max(1.5, _SECONDS * scale), kill)
            assert name != "same" or not told["refused"], told
            parts.append(f"{name}: " + ", ".join(f"{told[what]:,} {what}" for what in sorted(told)))
    return "; ".join(parts)


CHECKS: dict[str, Callable[[float], str]] = {"sharing": sharing}
