"""What a fresh process does with two languages: train vectors of both, align them, and look for translations."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import embed
from benchmarks.lib.german_english import PAIRS
from embed.vectors.alignment import Alignment

Pairs = Sequence[tuple[str, str]]

_KEPT = 10
"""Every so many-th word keeps its name in the half whose words are renamed."""
_SEARCHED, _ROUNDS = 20_000, 5


def aligned(*, texts: Sequence[str], dim: int, threads: int, seed: int) -> dict[str, Any]:
    """Train on two texts, or on two halves of one, align, and return the precision."""
    pairs: Pairs = PAIRS
    sources: Sequence[Any] = texts
    if len(texts) == 1:
        sources, pairs = _halves_of(texts[0])
    settings: dict[str, Any] = {"dim": dim, "threads": threads, "seed": seed, "subword": False, "progress": False}
    a, b = (embed.train(source, **settings).vectors for source in sources)
    began = time.process_time()
    ways = {
        "same": embed.align(a, b, seed=seed),
        "list": embed.align(a, b, test=pairs),
        "list, refined": embed.align(a, b, test=pairs, refine=_ROUNDS),
    }
    first, second = _halves(pairs, seed)
    same = [(word, word) for word in a.words[:_SEARCHED] if word in b]
    ways["list with half"] = embed.align(a, b, [*same, *first], test=second)
    figures = {f"{way}, {name}": value for way, found in ways.items() for name, value in _figures(found).items()}
    return {"figures": figures, "seconds": time.process_time() - began}


def _figures(found: Alignment) -> dict[str, float]:
    return {f"{each.measure} P@{each.k}": each.value for each in found.precision} | {"tested": float(found.tested)}


def _halves(pairs: Pairs, seed: int) -> tuple[Pairs, Pairs]:
    """Return the pairs of one half of the words, and of the other."""
    words = list(dict.fromkeys(word for word, _ in pairs))
    first = {words[row] for row in np.random.default_rng(seed).permutation(len(words))[::2]}
    return [pair for pair in pairs if pair[0] in first], [pair for pair in pairs if pair[0] not in first]


def _halves_of(path: str) -> tuple[Sequence[Any], Pairs]:
    """Return every other line, and the others with most words renamed, and the pairs of names."""
    lines = [line.split() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    words = sorted({word for line in lines for word in line})
    names = {word: word if number % _KEPT == 0 else f"{word}-" for number, word in enumerate(words)}
    renamed = [[names[word] for word in line] for line in lines[1::2]]
    return [lines[::2], renamed], [(word, name) for word, name in names.items() if word != name]
