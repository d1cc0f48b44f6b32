"""Words that a model is not to know: some of the test sets' words are taken out of a text, and their pairs are asked.

A model that composes words from n-grams has to place them by their spelling alone. The same pairs asked of a model
that was trained on the whole text say what is lost.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lib.scoring import load
from embed.eval import SimilaritySet
from embed.files.atomic import atomic_write_text

_SHARE = 0.25
_SEED = 1
_LEAST_COUNT = 20
"""Rarer words are poorly known to any model; to lose them proves little."""


@dataclass(frozen=True)
class HeldOut:
    """What was made: the text without the words, and for each similarity set its pairs that have such a word."""

    path: Path
    words: int  # taken out
    removed: int  # tokens of the text
    sets: tuple[tuple[str, str], ...]


def hold_out(text: Path, sets: Sequence[tuple[str, str]], folder: Path, name: str) -> HeldOut:
    """Write the text without a seeded quarter of the words of its similarity sets, and the pairs that need them.

    Case is folded for the choice, as in the evaluation: all spellings of a word go.
    """
    tests = [test for test in load(sets) if isinstance(test, SimilaritySet)]
    counts: Counter[str] = Counter()
    with open(text, encoding="utf-8") as lines:
        for line in lines:
            counts.update(line.split())
    folded: Counter[str] = Counter()
    for word, count in counts.items():
        folded[word.casefold()] += count
    asked = {word.casefold() for test in tests for pair in test.pairs for word in pair}
    known = sorted(word for word in asked if folded[word] >= _LEAST_COUNT)
    chosen = set(random.Random(_SEED).sample(known, round(_SHARE * len(known))))
    spellings = {word for word in counts if word.casefold() in chosen}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.txt"
    with open(text, encoding="utf-8") as lines, open(path, "w", encoding="utf-8") as output:
        for line in lines:
            kept = [token for token in line.split() if token not in spellings]
            output.write(" ".join(kept) + "\n")
    made = []
    for test in tests:
        pairs = [
            f"{a}\t{b}\t{score}\n"
            for (a, b), score in zip(test.pairs, test.scores, strict=True)
            if {a.casefold(), b.casefold()} & chosen
        ]
        if pairs:
            source = folder / f"{name}-{test.name}.tsv"
            atomic_write_text(source, "".join(pairs))
            made.append((f"{test.name} held out", str(source)))
    return HeldOut(path, len(chosen), sum(counts[word] for word in spellings), tuple(made))
