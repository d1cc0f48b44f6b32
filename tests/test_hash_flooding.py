"""Words written to share a slot of the token counter's table: hashes are seeded anew for every process."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import pytest

from embed.text import _text
from embed.text.encoding import encode

BITS = (1 << 64) - 1
WORDS = 20_000
SLOWER = 20
"""They took 80 times as long as others when the seeds were constants."""


def _fold(a: int, b: int) -> int:
    return (a * b & BITS) ^ (a * b >> 64)


def _crafted(first: int, second: int, length_hash: int) -> bytes:
    """Return 24 bytes with which, under these seeds, every word of 32 has the hash 0, whatever its last 8 are."""
    rng = random.Random(1)
    while True:
        block = bytes(rng.choices(b"abcdefghijklmnopqrstuvwxyz0123456789", k=16))
        state = _fold(
            int.from_bytes(block[:8], "little") ^ first ^ length_hash, int.from_bytes(block[8:], "little") ^ second
        )
        middle = (state ^ first).to_bytes(8, "little")
        if all(33 <= byte < 127 for byte in middle):
            return block + middle


def _seconds(prefixes: list[bytes]) -> float:
    chunk = b" ".join(prefix + b"%08d" % k for k, prefix in enumerate(prefixes)) + b" "
    counter = _text.TokenCounter(10_000)
    start = time.process_time()
    counter.feed(chunk)
    seconds = time.process_time() - start
    assert len(counter) == WORDS
    return seconds


@pytest.mark.parametrize(
    ("first", "second", "length_hash"),
    [
        (0x243F6A8885A308D3, 0xB7E151628AED2A6B, 32 * 0x9E3779B97F4A7C15 & BITS),  # the constants of old
        (0, 0, 32),  # what the seeds are before they are drawn
    ],
)
def test_words_crafted_to_collide_take_no_longer_than_others(first: int, second: int, length_hash: int) -> None:
    ordinary = min(_seconds([b"%016dabcdefgh" % (k * 7919) for k in range(WORDS)]) for _ in range(3))
    crafted = min(_seconds([_crafted(first, second, length_hash)] * WORDS) for _ in range(3))
    assert crafted < SLOWER * max(ordinary, 0.001)


def test_results_do_not_depend_on_the_seeds() -> None:
    code = (
        "import embed; from embed.text.phrases.phrase_model import PhraseSettings;"
        "text = [[f'w{(k * k) % 501}' for k in range(j, j + 40)] for j in range(200)];"
        "settings = PhraseSettings(min_count=2, threshold=1.0);"
        "encoded = embed.encode(text, min_count=1, phrases=settings);"
        "print(encoded.vocabulary.words, encoded.fingerprint)"
    )
    shown = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "ab"
    }
    assert len(shown) == 1
    assert "_" in shown.pop()


def test_ids_are_in_order_of_occurrence() -> None:
    words = [os.urandom(12).hex() for _ in range(3000)]
    with encode([words * 2], min_count=1) as encoded:
        assert encoded.vocabulary.words == sorted(words)
