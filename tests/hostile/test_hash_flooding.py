"""Words written to share a slot of the token counter's table: hashes are seeded anew for every process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from embed.text.encoding import encode
from tests.hostile.growing import SEEDS, colliding_words, count_words


@pytest.mark.parametrize("seeds", SEEDS.values(), ids=SEEDS)
def test_words_crafted_to_collide_are_counted(seeds: tuple[int, int, int]) -> None:
    """They took 80 times as long as others when the seeds were constants; ``python -m benchmarks growth`` compares."""
    assert count_words(colliding_words(*seeds, 20_000)) == 20_000


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
