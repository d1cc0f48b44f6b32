"""Tasks on top of vectors: readers, the linear model, spans, and what vectors that know the answer score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embed.errors import FormatError
from embed.eval import Tag, evaluate_task
from embed.eval.tasks.labelled import read_labelled
from embed.eval.tasks.spans import counts

KINDS = ("DET", "NOUN", "VERB")


class Plain:
    """Words whose vectors say their kind, in two of six dimensions."""

    def __init__(self, words: list[str], *, noise: float = 0.1) -> None:
        self.words = words
        generator = np.random.default_rng(1)
        self.matrix = noise * generator.standard_normal((len(words), 6)).astype(np.float32)
        for row, word in zip(self.matrix, words, strict=True):
            row[KINDS.index(_kind(word))] += 1

    def can_compose(self, word: str) -> bool:
        return False

    def vector(self, word: str) -> NDArray[np.float32]:
        raise KeyError(word)


def _kind(word: str) -> str:
    return {"d": "DET", "n": "NOUN", "v": "VERB"}[word[0].lower()]


def _write(path: Path, sentences: list[list[str]]) -> Path:
    path.write_text("\n\n".join("\n".join(f"{word} {_kind(word)}" for word in one) for one in sentences) + "\n")
    return path


SENTENCES = [[f"d{i % 3}", f"n{i % 7}", f"v{i % 5}", f"D{i % 2}", f"n{(3 * i) % 7}"] for i in range(30)]
WORDS = sorted({word.lower() for sentence in SENTENCES for word in sentence})


def test_vectors_that_know_the_labels_get_all_of_them_right(tmp_path: Path) -> None:
    train, test = _write(tmp_path / "train.txt", SENTENCES[:20]), _write(tmp_path / "test.txt", SENTENCES[20:])
    (result,) = evaluate_task(Plain(WORDS), Tag(train=train), test, resamples=20).results
    assert result.headline.value == 100
    (folded,) = evaluate_task(Plain(WORDS), "tag", train, resamples=20).results
    assert folded.headline.value == 100
    assert folded.headline.items == 100


def test_a_reader_of_conll_u_skips_comments_ranges_and_empty_nodes(tmp_path: Path) -> None:
    rest = "\t_" * 6
    path = tmp_path / "a.conllu"
    path.write_text(
        f"# text = im Haus\n1-2\tim\t_\t_{rest}\n1\tin\tin\tADP{rest}\n2\tdem\tder\tDET{rest}\n"
        f"2.1\tx\tx\tX{rest}\n3\t#\tHaus\tNOUN{rest}\n\n"
    )
    found = read_labelled(path)
    assert found.words == (("in", "dem", "#"),)
    assert found.labels == (("ADP", "DET", "NOUN"),)


def test_a_reader_of_conll_takes_a_hash_for_a_word(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("-DOCSTART- -X- O\n\n# # B-NP\n5 CD I-NP\n")
    assert read_labelled(path).labels == (("B-NP", "I-NP"),)
    assert read_labelled(path, 2).labels == (("#", "CD"),)
    path.write_text("a DT B-NP\nb NN\n")
    with pytest.raises(FormatError, match="line 2: expected 3 columns"):
        read_labelled(path)


def test_spans_count_as_in_conlleval() -> None:
    gold = ["B-NP", "I-NP", "O", "I-VP", "B-VP", "I-NP"]
    right, both = counts([["B-NP", "I-NP", "O", "I-VP", "I-VP", "I-NP"]], [gold])
    assert right.tolist() == [2 * 2]
    assert both.tolist() == [3 + 4]
