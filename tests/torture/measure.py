"""What the checks measure, and the text they read."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

__all__ = ["MIB", "forget_peak", "open_files", "peak_bytes", "resident_bytes", "text_of"]

MIB = 1 << 20
_TOKENS_AT_A_TIME = 200_000


def resident_bytes() -> int:
    """Return the memory of this process that is not backed by files: a map of a corpus comes and goes as it is read."""
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) * 1024


def forget_peak() -> None:
    """Let `peak_bytes` count from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """Return the most memory this process has had since `forget_peak`, files that are mapped and read included."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024


def open_files() -> int:
    """Return how many files this process has open, but for those of objects that nobody holds any more."""
    gc.collect()  # else what an earlier check left in a cycle is closed between two counts
    return len(os.listdir("/proc/self/fd"))


def text_of(tokens: int, words: int, end: bytes, seed: int = 1) -> Iterator[bytes]:
    """Yield text of so many tokens in pieces; the words fall off as 1/rank, `end` follows every 20th of them."""
    rng = np.random.default_rng(seed)
    spelling = np.array([f"w{word}" for word in range(words)])
    for start in range(0, tokens, _TOKENS_AT_A_TIME):
        count = min(_TOKENS_AT_A_TIME, tokens - start)
        # uniform on a logarithmic scale: density 1/rank
        drawn = spelling[(np.exp(rng.random(count) * np.log(words + 1)) - 1).astype(np.int64)].tolist()
        yield b"".join(" ".join(drawn[k : k + 20]).encode() + end for k in range(0, count, 20))
