"""Vectors that are not fit for use are told once, with what to change; good ones never are."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.errors import AdviceWarning, FormatError, PoorVectorsWarning
from embed.vectors import WordVectors
from embed.vectors.health import Health, mean_cosine

NAMES = [f"{first}{second}" for first in "bdfgklmn" for second in ("an", "eb", "ir", "od", "ul")]


def text(sentences: int, seed: int = 1) -> list[list[str]]:
    """Sentences of four topics of ten words."""
    rng = np.random.default_rng(seed)
    return [[NAMES[row % 4 * 10 + word] for word in rng.integers(10, size=8)] for row in range(sentences)]


def told(sentences: Any, **settings: Any) -> list[str]:
    """Train, and return every warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        embed.train(sentences, **{"dim": 16, "min_count": 1, "threads": 1, "progress": False, **settings})
    return [str(one.message) for one in caught]


def test_too_little_training_is_told_with_more_epochs() -> None:
    with pytest.warns(PoorVectorsWarning, match=r"one direction.*raise epochs from 2 to 8, or train on more text$"):
        embed.train(text(120), dim=16, min_count=1, threads=1, objective="sg", subsample=0, epochs=2)


def test_a_rate_that_moves_nothing_is_told() -> None:
    (message,) = told(text(60), objective="sg", subsample=0, lr=1e-4)
    assert "hardly longer than the random ones that they began as; raise lr, or raise epochs from 10 to 40" in message


@pytest.mark.parametrize(("words", "named"), [(["a"], "a single word"), (["a", "b"], "2 words")])
def test_a_vocabulary_that_compares_with_nothing_is_told(words: list[str], named: str) -> None:
    (message,) = told([words * 5] * 40, subsample=0)
    assert message == (
        f"the vectors are not fit for use: the vocabulary has {named}, too few to compare; train on more text"
    )


def test_tokens_left_out_are_told_beside_the_epochs() -> None:
    rare = [[*sentence, *(f"r{row}-{place}" for place in range(4))] for row, sentence in enumerate(text(120))]
    (message,) = told(rare, objective="sg", subsample=0, epochs=2, min_count=5)
    assert "lower min_count (33% of the tokens are left out), or train on more text" in message


def test_one_line_says_what_is_wrong() -> None:
    (few,) = told(text(120), objective="sg", epochs=1, subsample=5e-4)
    assert "which keeps only" in few
    rng = np.random.default_rng(0)
    even = [[f"w{word}" for word in rng.integers(50, size=20)] for _ in range(400)]
    (diverged,) = told(even, objective="sg", lr=0.3, input_lr=0.4, min_lr=0.3, epochs=4)
    assert "lower the learning rates" in diverged


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("settings", [{}, {"objective": "sg"}, {"loss": "hs"}, {"dim": 100}], ids=str)
def test_good_vectors_are_not_told(settings: dict[str, Any], seed: int) -> None:
    assert told(text(400, seed), seed=seed, subsample=0, epochs=30, **settings) == []


def test_continued_training_is_judged_by_its_vectors_alone() -> None:
    model = embed.train(text(400), dim=16, min_count=1, threads=1, subsample=0, epochs=30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        further = embed.continue_training(model, text(20), epochs=1, lr=1e-4)
    health = further.health()
    assert (health.growth, health.hardly_trained, health.coverage) == (None, None, 1.0)


def test_items_are_told_too() -> None:
    with pytest.warns(PoorVectorsWarning, match="raise epochs from 2 to 8"):
        items = embed.train_items(text(80), dim=16, epochs=2, threads=1)
    assert items.health().problem()


def test_the_numbers_are_those_of_the_run() -> None:
    rare = [[*sentence, f"r{row}"] for row, sentence in enumerate(text(120))]
    model = embed.train(rare, dim=16, min_count=5, threads=1, objective="sg", subsample=0, epochs=2)
    health = model.health()
    counts = model.vocabulary.counts
    assert health.coverage == pytest.approx(8 / 9)
    assert health.hardly_trained == pytest.approx(np.mean(counts * 2 < 50))
    assert health.growth is not None
    assert health.growth > 2
    assert model.run_card()["health"]["mean_cosine"] == health.mean_cosine
    json.dumps(model.run_card(), allow_nan=False)


def test_the_mean_of_all_cosines_needs_no_pair() -> None:
    matrix = np.random.default_rng(0).normal(1, 1, (50, 8)).astype(np.float32)
    matrix[7] = 0
    units = np.delete(matrix, 7, axis=0).astype(np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    assert mean_cosine(matrix) == pytest.approx((units @ units.T)[~np.eye(49, dtype=bool)].mean(), abs=1e-6)
    many = np.random.default_rng(1).normal(1, 1, (20_000, 8)).astype(np.float32)
    assert mean_cosine(many) == pytest.approx(mean_cosine(many[:4000]), abs=0.01)
    for few in (np.zeros((0, 3)), np.ones((1, 3)), np.zeros((5, 3))):
        assert mean_cosine(few.astype(np.float32)) is None
    with pytest.raises(FormatError, match="NaN"):
        mean_cosine(np.full((3, 2), np.nan, np.float32))


@pytest.mark.parametrize("cosine", [0.0, 0.3, 0.5, 0.6])
def test_a_cone_of_good_vectors_is_not_told(cosine: float) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(0, 1, (2000, 100)) + np.sqrt(cosine / (1 - cosine))
    health = WordVectors([f"w{row}" for row in range(2000)], matrix).health()
    assert health.mean_cosine == pytest.approx(cosine, abs=0.02)
    assert health.problem() == ""


def test_few_words_in_a_file_are_no_problem() -> None:
    assert WordVectors(["a", "b"], np.eye(2)).health() == Health(2, 0.0)
    assert WordVectors(["a", "b"], np.eye(2)).health().problem() == ""


def test_the_command_and_info_tell_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, vectors, model = tmp_path / "t.txt", tmp_path / "v.vec", tmp_path / "m.embed"
    corpus.write_text("\n".join(map(" ".join, text(120))))
    flags = ["--objective", "sg", "--subsample", "0", "--epochs", "2", "--dim", "16", "--threads", "1"]
    assert main(["train", str(corpus), "-o", str(vectors), "--save-model", str(model), *flags]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(lines) == 1
    assert "raise --epochs from 2 to 8" in lines[0]
    card = json.loads((tmp_path / "v.vec.json").read_text())
    assert main(["info", str(model), "--json"]) == 0
    shown = capsys.readouterr()
    facts = json.loads(shown.out)
    assert facts["mean cosine"] == pytest.approx(card["health"]["mean_cosine"], abs=1e-3)
    assert facts["coverage"] == 1.0
    assert facts["hardly trained"] == pytest.approx(card["health"]["hardly_trained"], abs=1e-3)
    assert lines[0] in shown.err
    assert main(["info", str(vectors)]) == 0
    shown = capsys.readouterr()
    assert "mean cosine" in shown.out
    assert "train more epochs, or on more text" in shown.err


def test_the_warning_is_advice() -> None:
    assert issubclass(PoorVectorsWarning, AdviceWarning)
