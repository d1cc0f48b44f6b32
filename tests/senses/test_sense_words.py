"""Names of senses in files of vectors: there and back, whatever the words are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import embed
from embed import SenseVectors, WordVectors
from embed.errors import ConfigError, FormatError
from embed.senses.sense_words import SenseRows, grouped, named

WORDS = ["the", "bank", "agent", "agent#1", "c#", "#1", "x\ny#2", "z#007"]
COUNTS = [900, 300, 80, 50, 40, 30, 20, 10]


def rows(*, counted: bool = True) -> SenseRows:
    """Return senses of "bank" (3) and of "agent" (2), numbers drawn."""
    draw = np.random.default_rng(5)
    senses = draw.normal(size=(5, 4)).astype(np.float32)
    priors = np.array([0.5, 0.3, 0.2, 0.75, 0.25], np.float32)
    matrix = draw.normal(size=(len(WORDS), 4)).astype(np.float32)
    matrix[1], matrix[2] = priors[:3] @ senses[:3], priors[3:] @ senses[3:]
    words = WordVectors(WORDS, matrix, counts=COUNTS if counted else None)
    return SenseRows(words, np.array([0, 0, 3, 5, 5, 5, 5, 5, 5]), senses, priors)


def test_a_sense_is_a_word_with_a_number_and_its_share_of_the_count() -> None:
    vectors = named(rows())
    assert vectors.counts is not None
    assert dict(zip(vectors.words, vectors.counts.tolist(), strict=True)) == {
        "the": 900, "bank#1": 150, "bank#2": 90, "bank#3": 60, "agent#1": 60, "agent#2": 20, "agent#1#1": 50,
        "c#": 40, "#1": 30, "x\ny#2#1": 20, "z#007": 10,
    }  # fmt: skip
    assert (np.diff(vectors.counts) <= 0).all()
    np.testing.assert_array_equal(vectors["bank#2"], rows().matrix[1])


@pytest.mark.parametrize("counted", [True, False])
def test_senses_come_back_from_their_names_whatever_the_words_are_called(counted: bool) -> None:
    before, after = rows(counted=counted), grouped(named(rows(counted=counted)))
    assert after.words.words == WORDS
    assert after.offsets.tolist() == before.offsets.tolist()
    np.testing.assert_array_equal(after.matrix, before.matrix)
    if counted:
        assert after.words.counts is not None
        assert after.words.counts.tolist() == COUNTS
        np.testing.assert_allclose(after.priors, before.priors, atol=1e-6)
        np.testing.assert_allclose(after.words.matrix, before.words.matrix, atol=1e-6)
    else:
        np.testing.assert_allclose(after.priors, [1 / 3] * 3 + [1 / 2] * 2)


@pytest.mark.parametrize("name", ["senses.npz", "senses.embed", "senses.safetensors"])
def test_a_file_of_any_format_holds_senses(name: str, tmp_path: Path) -> None:
    vectors = named(rows())
    embed.save(vectors, tmp_path / name)
    found = SenseVectors.from_vectors(embed.load(tmp_path / name))
    assert found.vectors().words == vectors.words
    np.testing.assert_array_equal(found.vectors().matrix, vectors.matrix)


def test_text_without_counts_holds_senses_with_equal_priors(tmp_path: Path) -> None:
    embed.save(named(rows()), tmp_path / "senses.txt", on_bad_word="escape")
    found = SenseVectors.from_vectors(embed.load(tmp_path / "senses.txt", unescape=True))
    assert [round(sense.prior, 3) for sense in found.senses("bank", 2)] == [0.333] * 3
    assert found.count("the") == 0
    np.testing.assert_allclose(found.vector("bank", 2), rows().matrix[1], atol=1e-5)


def test_names_of_other_programs_are_words_unless_all_numbers_are_there() -> None:
    names = ["a#2", "a#3", "b#1", "b#2", "b", "c#0", "d#1", "#5", "e#01", "f#1000000"]
    vectors = WordVectors(names, np.arange(20, dtype=np.float32).reshape(10, 2) + 1)
    found = grouped(vectors)
    assert set(found.words.words) == {"a#2", "a#3", "b", "c#0", "d", "#5", "e#01", "f#1000000"}
    np.testing.assert_array_equal(found.words["b"], vectors["b"])  # its own row, not the mean of its senses
    assert np.diff(found.offsets).sum() == 2


def test_vectors_without_senses_and_names_that_meet_are_refused() -> None:
    with pytest.raises(ConfigError, match="no word has senses: vectors of senses are named word#1, word#2"):
        SenseVectors.from_vectors(WordVectors(["a", "b#1"], np.eye(2)))
    with pytest.raises(ConfigError, match="vectors must be a WordVectors"):
        SenseVectors.from_vectors(["a#1", "a#2"])  # type: ignore[arg-type]
    with pytest.raises(FormatError, match="duplicate word 'a#2'"):
        grouped(WordVectors(["a#2", "a#2#1", "a#2#2"], np.eye(3)))
