"""Windows of one side: only the words before a center, or only those after it, predict it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.errors import ConfigError
from embed.model.parameters import Parameters

PAIRS = [[f"a{i}", f"b{i}"] for i in range(8)]
TEXT = [PAIRS[i] for i in np.random.default_rng(1).integers(0, 8, 3000)]
SMALL: dict[str, Any] = {"dim": 16, "window": 1, "epochs": 4, "min_count": 1, "subsample": 0.0, "threads": 1}


@pytest.mark.parametrize("objective", ["sg", "cbow"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_only_the_contexts_of_the_side_learn(objective: str, side: str) -> None:
    """With sentences of two words, the second has no context after it, and the first none before it."""
    model = embed.train(TEXT, objective=objective, context_side=side, progress=False, **SMALL)
    began = Parameters.initial(model.vocabulary, model.config).inputs[:, : model.config.dim]
    moved = {word for row, word in enumerate(model.vocabulary.words) if (model.input[row] != began[row]).any()}
    assert moved == {word for pair in PAIRS for word in pair if word.startswith("a" if side == "left" else "b")}
    scores = model.input @ model.output.T
    rows = model.vocabulary
    first, second = (0, 1) if side == "left" else (1, 0)  # the first predicts the second
    for pair in PAIRS:
        ranked = scores[rows[pair[first]], [rows[other[second]] for other in PAIRS]]
        assert int(ranked.argmax()) == PAIRS.index(pair)


def test_both_sides_are_the_default() -> None:
    assert embed.TrainConfig().context_sides() == (-1, 1)
    same = embed.train(TEXT, objective="sg", progress=False, **SMALL)
    told = embed.train(TEXT, objective="sg", context_side="both", progress=False, **SMALL)
    np.testing.assert_array_equal(same.vectors.matrix, told.vectors.matrix)


def test_what_has_a_row_for_each_side_needs_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="structured is on but context_side is 'left': leave one of them out"):
        embed.TrainConfig(structured=True, context_side="left")
    (tmp_path / "text.txt").write_text("".join(" ".join(pair) + "\n" for pair in TEXT))
    output = tmp_path / "o.txt"
    flags = ["--context-side", "left", "--dim", "16", "--epochs", "1", "--min-count", "1", "--quiet"]
    assert main(["train", str(tmp_path / "text.txt"), "-o", str(output), *flags]) == 0
    assert len(embed.load(output)) == 16
