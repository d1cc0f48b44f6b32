"""Agreement with gensim's evaluator on the same vectors and restriction, within a tenth of a point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from embed.eval import AnalogySet, SimilaritySet, evaluate, load_set
from embed.eval.analogy import AnalogyResult
from embed.eval.similarity import SimilarityResult

gensim_models = pytest.importorskip("gensim.models")

DIM = 40
TENTH_OF_A_POINT = 0.1


class Adapter:
    """gensim's KeyedVectors behind our protocol."""

    def __init__(self, keyed_vectors: Any) -> None:
        self.words: list[str] = keyed_vectors.index_to_key
        self.matrix: NDArray[np.float32] = keyed_vectors.vectors

    def can_compose(self, word: str) -> bool:
        return False

    def vector(self, word: str) -> NDArray[np.float32]:
        raise KeyError(word)


@pytest.fixture(scope="module")
def keyed_vectors() -> Any:
    """Vectors over the words of the three sets: pairs of a section share an offset, some words are missing,
    a third of the words come in a second spelling, and there are other words."""
    generator = np.random.default_rng(29)
    google = load_set("google")
    assert isinstance(google, AnalogySet)
    offsets = {name: generator.standard_normal(DIM) for name in google.section_names()}
    rows: dict[str, NDArray[np.float64]] = {}
    for section, (a, b, _, _) in zip(google.sections, google.questions, strict=True):
        base = rows.setdefault(a, generator.standard_normal(DIM))
        rows.setdefault(b, base + offsets[section] + 0.8 * generator.standard_normal(DIM))
    for name in ("wordsim353", "simlex999"):
        test = load_set(name)
        assert isinstance(test, SimilaritySet)
        for (a, b), score in zip(test.pairs, test.scores, strict=True):
            base = rows.setdefault(a, generator.standard_normal(DIM))
            rows.setdefault(b, score / 10 * base + generator.standard_normal(DIM))
    for word in list(rows)[::3]:
        other = word.lower() if word != word.lower() else word.capitalize()
        rows.setdefault(other, rows[word] + 0.5 * generator.standard_normal(DIM))
    for i in range(500):
        rows[f"filler{i}"] = generator.standard_normal(DIM)
    words = [word for word in rows if generator.random() > 0.04]
    generator.shuffle(words)
    vectors = gensim_models.KeyedVectors(DIM)
    scale = generator.uniform(0.1, 9, (len(words), 1))
    vectors.add_vectors(words, (np.array([rows[w] for w in words]) * scale).astype(np.float32))
    return vectors


def _path(name: str) -> str:
    from gensim.test.utils import datapath  # the same files, found by gensim itself

    return str(datapath({"google": "questions-words.txt", "wordsim353": "wordsim353.tsv"}.get(name, f"{name}.txt")))


@pytest.mark.parametrize(("top", "fold_case"), [(300_000, True), (2_000, True), (300_000, False)])
def test_analogies_agree(keyed_vectors: Any, top: int, fold_case: bool) -> None:
    expected, sections = keyed_vectors.evaluate_word_analogies(
        _path("google"), restrict_vocab=top, case_insensitive=fold_case
    )
    (result,) = evaluate(Adapter(keyed_vectors), "google", top=top, fold_case=fold_case, resamples=0).results
    assert isinstance(result, AnalogyResult)
    assert 0.1 < expected < 0.9
    assert result.total.covered.value == pytest.approx(100 * expected, abs=TENTH_OF_A_POINT)
    covered = {s["section"]: len(s["correct"]) + len(s["incorrect"]) for s in sections}
    assert 1000 < covered["Total accuracy"] < 19544
    assert result.total.covered_questions == covered["Total accuracy"]
    assert {part.name: part.covered_questions for part in result.sections}.items() <= covered.items()


def test_analogies_with_missing_words_counted_wrong_agree(keyed_vectors: Any, tmp_path: Path) -> None:
    google = load_set("google")
    assert isinstance(google, AnalogySet)
    some = tmp_path / "some.txt"
    lines = [
        f": {section}\n{' '.join(question)}\n"
        for section, question in list(zip(google.sections, google.questions, strict=True))[::20]
    ]
    some.write_text("".join(lines), encoding="utf-8")
    expected, _ = keyed_vectors.evaluate_word_analogies(str(some), dummy4unknown=True)
    (result,) = evaluate(Adapter(keyed_vectors), some, resamples=0).results
    assert isinstance(result, AnalogyResult)
    assert result.total.covered_questions < result.total.questions == len(lines)
    assert result.total.all.value == pytest.approx(100 * expected, abs=TENTH_OF_A_POINT)


@pytest.mark.parametrize("name", ["wordsim353", "simlex999"])
@pytest.mark.parametrize(("top", "fold_case"), [(300_000, True), (2_000, True), (300_000, False)])
def test_similarity_agrees(keyed_vectors: Any, name: str, top: int, fold_case: bool) -> None:
    for missing_as_zero in (False, True):
        pearson, spearman, missing = keyed_vectors.evaluate_word_pairs(
            _path(name), restrict_vocab=top, case_insensitive=fold_case, dummy4unknown=missing_as_zero
        )
        vectors = Adapter(keyed_vectors)
        (result,) = evaluate(vectors, name, similarity_top=top, fold_case=fold_case, resamples=0).results
        assert isinstance(result, SimilarityResult)
        ours = (result.spearman_all, result.pearson_all) if missing_as_zero else (result.spearman, result.pearson)
        assert ours[0].value == pytest.approx(100 * spearman[0], abs=TENTH_OF_A_POINT)
        assert ours[1].value == pytest.approx(100 * pearson[0], abs=TENTH_OF_A_POINT)
        assert 0 < missing < 90
        assert 100 * (1 - result.covered / result.pairs) == pytest.approx(missing)
        assert spearman[0] > 0.05
