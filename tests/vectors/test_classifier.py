"""A classifier made up by hand: its probabilities by the formulas, and files that are wrong."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from embed.errors import FormatError
from embed.formats import fasttext_bin
from embed.formats.fasttext_classifier import read_classifier, texts_of, to_classifier
from embed.formats.fasttext_file import LOSSES, NEWEST_VERSION, SUPERVISED, Arguments, FastTextFile

NUMBER_OF = {name: number for number, name in LOSSES.items()}
ADDED = 1e-5
"""What fastText adds to a probability whose logarithm it takes."""


def _file(loss: str, output: list[list[float]], **changes: int) -> FastTextFile:
    arguments = Arguments(2, 5, 5, 1, 5, 1, NUMBER_OF[loss], SUPERVISED, 0, 0, 0, 100, 1e-4)
    labels = [f"__label__{k}".encode() for k in range(len(output))]
    return FastTextFile(
        NEWEST_VERSION,
        dataclasses.replace(arguments, **changes),
        [b"a", b"b", *labels],
        np.array([1, 1, *range(len(output), 0, -1)]),
        len(labels),
        9,
        None,
        np.array([[1, 0], [0, 2]], np.float32),
        np.array(output, np.float32).reshape(-1, 2),
    )


def test_softmax_of_the_mean_of_the_rows() -> None:
    found = to_classifier(_file("softmax", [[1, 0], [0, 3], [-1, 1]])).predict("a b unknown", k=-1)[0]
    scores = np.exp(np.array([[1, 0], [0, 3], [-1, 1]]) @ np.array([0.5, 1.0]))
    expected = scores / scores.sum() + ADDED
    assert [label for label, _ in found] == ["__label__1", "__label__2", "__label__0"]
    assert [share for _, share in found] == pytest.approx(expected[[1, 2, 0]], abs=1e-6)


def test_the_path_of_a_label_in_the_tree() -> None:
    # counts 3, 2, 1: labels 2 and 1 are joined first, by row 0; then their node and label 0, by row 1
    found = dict(to_classifier(_file("hs", [[0.5, 0], [1, 0], [9, 9]])).predict("a", k=3)[0])
    inner, root = (1 / (1 + math.exp(-x)) for x in (0.5, 1.0))
    expected = {"__label__0": root, "__label__1": (1 - root) * inner, "__label__2": (1 - root) * (1 - inner)}
    assert found == pytest.approx(expected, abs=3 * ADDED)


def test_a_text_without_rows_has_no_labels() -> None:
    assert to_classifier(_file("softmax", [[1, 0]])).predict(["", "unknown", "__label__0"]) == [[], [], []]


@pytest.mark.parametrize("loss", NUMBER_OF)
def test_numbers_that_are_none_do_no_harm(loss: str) -> None:
    for number in (math.nan, math.inf, -math.inf, 3e38):
        classifier = to_classifier(_file(loss, [[number, number]] * 5))
        for found in classifier.predict(["a", "a b", "b"], k=2):
            assert len({label for label, _ in found}) == len(found) <= 2


@pytest.mark.parametrize("loss", NUMBER_OF)
def test_rows_of_a_file_may_begin_anywhere(loss: str, tmp_path: Path) -> None:
    found = []
    for name in (b"__label__x", b"__label__xy", b"__label__xyz", b"__label__xyzz"):
        file = _file(loss, [[0.5, 1], [1, -1], [2, 0]])
        fasttext_bin.write(dataclasses.replace(file, words=[*file.words[:-1], name]), tmp_path / "m.bin")
        found.append([share for _, share in read_classifier(tmp_path / "m.bin").predict("a b", k=3)[0]])
    assert found == [found[0]] * 4
    assert found[0]


def test_files_that_are_no_classifiers_are_refused() -> None:
    with pytest.raises(FormatError, match="no labels"):
        to_classifier(_file("softmax", []))
    with pytest.raises(FormatError, match="no classifier"):
        to_classifier(_file("ns", [[1, 0]], model=2))
    with pytest.raises(FormatError, match="n-grams of words, but no rows"):
        texts_of(_file("softmax", [[1, 0]], word_ngrams=2, buckets=10))
