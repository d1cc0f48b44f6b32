"""Every table of the block in docs/how-it-works.md has the numbers of the twin."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.engine import _kernels
from embed.engine.problem import Matrices, Noise, Problem, Settings, Targets, Tokens, Units
from embed.engine.reference import ReferenceWorker, Window, epoch_key, keeps
from embed.vocabulary.sampling import alias_table, keep_probabilities, noise_distribution, thresholds
from embed.vocabulary.vocabulary import Vocabulary

PAGE = Path(__file__).parents[2] / "docs" / "how-it-works.md"
TEXT = ["the", "queen", "and", "the", "king", "rule", "the", "land"]
INPUTS = [[0.1, 0.2], [0.2, -0.1], [0.3, 0.1], [-0.2, 0.3], [0.4, 0.2], [-0.1, -0.3]]
OUTPUTS = [[0.1, -0.1], [0.2, 0.1], [0.3, 0.2], [-0.1, 0.2], [0.2, 0.3], [-0.3, 0.1]]
DIM, SUBSAMPLE, SEED, LR, INPUT_LR = 2, 0.05, 1, 0.1, 0.2

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")


class Watched(ReferenceWorker):
    """The twin, which remembers each window, what its contexts make of it, and its targets."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.windows: list[tuple[Window, list[int], np.ndarray, np.ndarray]] = []

    def _train_windows(self, block: Any, vectors: Any, windows: list[Window], lr: float, ratios: Any) -> None:
        for window in windows:
            targets, labels = self._targets(window)
            self.windows.append((window, targets, labels, block[vectors[window.contexts]].mean(axis=0)))
        super()._train_windows(block, vectors, windows, lr, ratios)


def test_the_page_has_the_numbers_of_the_twin() -> None:
    distinct = sorted(set(TEXT))
    vocabulary = Vocabulary.from_counts(distinct, [TEXT.count(word) for word in distinct])
    words, counts = vocabulary.words, vocabulary.counts
    ids = np.array([words.index(word) for word in TEXT], np.int32)
    kept = keep_probabilities(counts, SUBSAMPLE)
    worker = Watched(
        Problem(
            Tokens(ids, np.array([0, len(ids)]), thresholds(kept)),
            Units(np.arange(len(words) + 1), np.arange(len(words), dtype=np.int32)),
            Targets(len(words), Noise(alias_table(noise_distribution(counts, 0.75)), negatives=2, windows=8)),
            Matrices(_padded(INPUTS), _padded(OUTPUTS), np.zeros((0, _kernels.ROW_FLOATS), np.float32), DIM),
            Settings(cbow=True, window=2, seed=SEED, simd=_kernels.simd_names()[0]),
        )
    )
    worker.run(0, LR, 0.0, INPUT_LR / LR)

    key, limits = epoch_key(SEED, 0), thresholds(kept)[ids]
    block = [word for position, word in enumerate(TEXT) if keeps(key, position, int(limits[position]))]
    assert block == TEXT[:3] + TEXT[4:]
    lines = [_row("token", *TEXT), _row("id", *ids)]
    lines += [
        _row(
            words[window.target],
            max(abs(context - center) for context in window.contexts),
            ", ".join(block[context] for context in window.contexts),
            ", ".join(words[target] for target in targets[1:]),
        )
        for center, (window, targets, _, _) in enumerate(worker.windows)
    ]
    _, targets, labels, h = worker.windows[0]
    y = np.array(OUTPUTS)[targets]
    scores = y @ h
    g = labels - 1 / (1 + np.exp(-scores))
    lines += [
        _row(words[target], int(label), _pair(row, 1), f"{score:.4f}", f"{label - rate:.4f}", f"{LR * rate:.4f}",
             _pair(LR * rate * h))
        for target, label, row, score, rate in zip(targets, labels, y, scores, g, strict=True)
    ]  # fmt: skip
    lines += [
        _row(word, _pair(INPUTS[i], 1), _pair(worker.inputs[i]), _pair(OUTPUTS[i], 1), _pair(worker.outputs[i]))
        for i, word in enumerate(words)
    ]
    lines += [
        f"probability {kept[0]:.3f}",
        f"h = ({h[0]:.1f}, {h[1]:.2f})",
        f"The sum of g y is {_pair(g @ y)}",
        f"**times 1/C**: {_pair(INPUT_LR * (g @ y) / 2)}",
        f"The loss of the block is {worker.loss:.4f} over {worker.examples} windows",
    ]
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    missing = [line for line in lines if line not in page]
    assert not missing, "\n".join(missing)


def _padded(rows: list[list[float]]) -> np.ndarray:
    matrix = np.zeros((len(rows), _kernels.ROW_FLOATS), np.float32)
    matrix[:, :DIM] = rows
    return matrix


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _pair(numbers: Iterable[float], digits: int = 4) -> str:
    return "(" + ", ".join(f"{number:.{digits}f}" for number in numbers) + ")"
