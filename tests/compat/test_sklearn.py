"""The scikit-learn transformer: its numbers, in pipelines and cross-validation, and scikit-learn's own checks."""

from __future__ import annotations

import multiprocessing
import random
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.errors import ConfigError, CorpusError, MissingExtraError
from embed.vectors import WordVectors
from embed.vectors.ngram_rows import Subwords
from embed.vocabulary.ngrams import SubwordScheme

pytest.importorskip("sklearn", reason="needs the extra sklearn")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import validate_data

from embed.compat.sklearn import WEIGHTINGS, DocumentVectorizer, ParagraphVectorizer

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "sklearn.md"
VECTORS = WordVectors(["the", "cat", "dog"], [[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]], counts=[90, 6, 4])
TRAINING: dict[str, Any] = {"dim": 16, "min_count": 1, "epochs": 30, "threads": 1, "subsample": 0}


def _topics(count: int = 80) -> tuple[list[str], list[int]]:
    """Return documents of four topics that share the frequent words, and the topic of each.

    Of two opposite topics, the common direction that SIF takes off could be the very one that tells them apart.
    """
    draw = random.Random(5)
    words = [[f"topic{topic}word{number}" for number in range(12)] for topic in range(4)]
    labels = [number % 4 for number in range(count)]
    texts = [" ".join([*draw.choices(words[label], k=12), *draw.choices(["the", "and"], k=6)]) for label in labels]
    return texts, labels


# the numbers


def test_the_mean_is_the_mean_of_the_known_words() -> None:
    vectorizer = DocumentVectorizer(VECTORS)
    rows = vectorizer.fit_transform(["The cat, the DOG!", "unknown", ""])
    assert rows.dtype == np.float32
    assert np.allclose(rows, [[5 / 4, 5 / 4], [0, 0], [0, 0]])


def test_lists_of_tokens_are_left_alone() -> None:
    vectorizer = DocumentVectorizer(VECTORS).fit([["the"]])
    assert np.allclose(vectorizer.transform([["cat", "The"], ("dog", "cat")]), [[0, 2], [1.5, 2.5]])
    assert np.allclose(
        DocumentVectorizer(VECTORS, tokenizer=lambda text: text.split("|")).fit_transform(["cat|dog"]), [[1.5, 2.5]]
    )
    assert not DocumentVectorizer(VECTORS, lowercase=False).fit_transform(["CAT"]).any()


def test_sif_weights_by_share_and_takes_off_the_common_direction() -> None:
    documents = [["the", "cat"], ["dog", "dog", "the"], ["cat", "dog"]]
    a = 0.01
    weight = {word: a / (a + count / 100) for word, count in zip(VECTORS.words, (90, 6, 4), strict=True)}
    means = np.array([sum(weight[word] * VECTORS[word] for word in d) / len(d) for d in documents])
    common = np.linalg.svd(means)[2][0]
    vectorizer = DocumentVectorizer(VECTORS, weighting="sif", sif_a=a)
    assert np.allclose(vectorizer.fit_transform(documents), means - np.outer(means @ common, common), atol=1e-6)
    assert np.allclose(vectorizer.transform(documents[:1]) @ common, 0, atol=1e-6)


def test_sif_without_counts_counts_the_documents() -> None:
    documents = [["the"] * 90 + ["cat"] * 6 + ["dog"] * 4, ["cat"], ["dog"]]
    bare = WordVectors(VECTORS.words, VECTORS.matrix)
    counted = WordVectors(VECTORS.words, VECTORS.matrix, counts=[90, 7, 5])
    first = DocumentVectorizer(bare, weighting="sif").fit_transform(documents)
    assert np.allclose(first, DocumentVectorizer(counted, weighting="sif").fit_transform(documents))


def test_tfidf_weights_as_scikit_learn_does() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    documents = ["the cat the", "the dog dog", "the cat dog", "the"]
    weights = TfidfVectorizer(norm="l1", vocabulary=VECTORS.words).fit_transform(documents).toarray()
    rows = DocumentVectorizer(VECTORS, weighting="tfidf").fit_transform(documents)
    assert np.allclose(rows, weights @ VECTORS.matrix, atol=1e-6)


def test_unknown_words_are_composed_of_their_n_grams() -> None:
    scheme = SubwordScheme(min_n=3, max_n=3, buckets=50)
    subwords = Subwords(scheme, np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32))
    vectors = WordVectors(VECTORS.words, VECTORS.matrix, subwords=subwords)
    assert np.allclose(DocumentVectorizer(vectors).fit_transform([["cats"]]), [vectors.vector("cats")])


# where the vectors come from


def test_vectors_are_read_from_a_path(tmp_path: Path) -> None:
    embed.save(VECTORS, tmp_path / "vectors.bin")
    for path in (tmp_path / "vectors.bin", str(tmp_path / "vectors.bin")):
        assert np.allclose(DocumentVectorizer(path).fit_transform(["cat"]), [[0, 2]])


def test_vectors_trained_in_fit_are_the_same_each_time() -> None:
    texts, _ = _topics()
    vectorizer = DocumentVectorizer(train_parameters=TRAINING)
    first = vectorizer.fit_transform(texts)
    assert first.shape == (80, 16)
    assert np.array_equal(clone(vectorizer).fit_transform(texts), first)
    assert "topic0word3" in vectorizer.vectors_


# at home in scikit-learn


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_topics_are_told_apart_in_cross_validation(weighting: str) -> None:
    texts, labels = _topics()
    pipeline = make_pipeline(
        DocumentVectorizer(weighting=weighting, train_parameters=TRAINING), StandardScaler(), LogisticRegression()
    )
    assert cross_val_score(pipeline, texts, labels, cv=3).mean() > 0.9


def test_a_grid_search_chooses_the_weighting() -> None:
    texts, labels = _topics(40)
    vectors = embed.train([text.split() for text in texts], progress=False, **TRAINING).vectors
    pipeline = make_pipeline(DocumentVectorizer(vectors), StandardScaler(), LogisticRegression())
    search = GridSearchCV(pipeline, {"documentvectorizer__weighting": list(WEIGHTINGS)}, cv=2).fit(texts, labels)
    assert search.best_score_ > 0.9


def test_clones_share_the_vectors_and_keep_the_rest() -> None:
    pytest.importorskip("pandas")
    vectorizer = DocumentVectorizer(VECTORS, weighting="sif", sif_a=0.1).set_output(transform="pandas")
    copied = clone(vectorizer)
    assert copied.vectors is VECTORS
    assert vectorizer.vectors is VECTORS
    assert copied.get_params() == vectorizer.get_params()
    assert list(copied.fit_transform(["cat"]).columns) == ["documentvectorizer0", "documentvectorizer1"]


def test_data_frames_in_and_out() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["cat", "dog"]}, index=[7, 9])
    vectorizer = DocumentVectorizer(VECTORS).set_output(transform="pandas")
    found = vectorizer.fit_transform(frame["text"])
    assert list(found.columns) == list(vectorizer.get_feature_names_out())
    assert list(found.index) == [7, 9]
    with pytest.raises(CorpusError, match="choose a column"):
        vectorizer.transform(frame)


def test_a_fitted_transformer_survives_a_process() -> None:
    vectorizer = DocumentVectorizer(VECTORS, weighting="tfidf").fit(["the cat", "the dog"])
    here, there = multiprocessing.Pipe()  # how a worker process of cross-validation gets it
    with here, there:
        here.send(vectorizer)
        again = there.recv()
    assert np.array_equal(again.transform(["the cat"]), vectorizer.transform(["the cat"]))


def test_paragraph_vectors_are_inferred_and_tell_topics_apart() -> None:
    texts, labels = _topics()
    vectorizer = ParagraphVectorizer(train_parameters=TRAINING)
    assert cross_val_score(make_pipeline(vectorizer, LogisticRegression()), texts, labels, cv=3).mean() > 0.9
    found = vectorizer.fit_transform(iter(texts))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, vectorizer.model_.infer(texts))
    np.testing.assert_array_equal(clone(vectorizer).fit(texts).transform(texts[:3]), found[:3])
    assert not vectorizer.transform(["nothing of it"]).any()
    assert list(vectorizer.get_feature_names_out())[:2] == ["paragraphvectorizer0", "paragraphvectorizer1"]
    here, there = multiprocessing.Pipe()
    with here, there:
        here.send(vectorizer)
        np.testing.assert_array_equal(there.recv().transform(texts[:2]), found[:2])


def test_paragraph_vectors_of_another_tokenizer_are_searched_over_a_grid() -> None:
    texts, labels = _topics(40)
    pipeline = make_pipeline(ParagraphVectorizer(tokenizer=str.split), LogisticRegression())
    grid = {"paragraphvectorizer__train_parameters": [{**TRAINING, "dim": dim} for dim in (16, 24)]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(texts, labels)
    assert search.best_score_ > 0.9
    assert search.best_estimator_[0].transform(texts[:1]).shape[1] in (16, 24)


# errors


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weighting": "median"}, "weighting must be one of 'mean', 'sif', 'tfidf', not 'median'"),
        ({"sif_a": 0}, "sif_a must be a number above 0, not 0"),
        ({"vectors": 3}, "vectors must be a WordVectors, a path or None, not a int"),
        ({"vectors": VECTORS, "train_parameters": {}}, "when vectors are given"),
        ({"tokenizer": "letters"}, "tokenizer"),
        ({"train_parameters": {"dims": 3}}, "did you mean 'dim'"),
    ],
)
def test_wrong_parameters_are_told_in_fit(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        DocumentVectorizer(**parameters).fit(["the cat"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tokenizer": "letters"}, "tokenizer"),
        ({"train_parameters": {"dims": 3}}, "did you mean 'dim'"),
        ({"train_parameters": {"lowercase": False}}, "lowercase is a parameter of the vectorizer"),
    ],
)
def test_wrong_parameters_of_paragraph_vectors_are_told_in_fit(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ParagraphVectorizer(**parameters).fit(["the cat", "the dog"])


@pytest.mark.parametrize("documents", ["a text", 3, [], [3], [["a", 3]], [b"bytes"], np.eye(2)])
def test_what_is_no_list_of_documents_is_told(documents: Any) -> None:
    with pytest.raises(CorpusError, match=r"documents? "):
        DocumentVectorizer(VECTORS).fit(documents)
    with pytest.raises(CorpusError, match=r"documents? "):
        ParagraphVectorizer().fit(documents)


def test_transforming_needs_a_fit() -> None:
    with pytest.raises(NotFittedError):
        DocumentVectorizer(VECTORS).transform(["cat"])


def test_a_missing_extra_is_a_helpful_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    monkeypatch.delitem(sys.modules, "embed.compat.sklearn")
    with pytest.raises(MissingExtraError, match=r"pip install 'train-embeddings\[sklearn\]'"):
        import embed.compat.sklearn  # noqa: F401


# scikit-learn's own checks


class Numbers:
    """Make a transformer take tables of numbers, since the checks know no texts: a cell becomes a token."""

    def fit(self, X: Any, y: object = None) -> Any:
        cells = _cells(validate_data(self, X, ensure_min_features=2))  # one word a text teaches nothing
        super().fit(cells, y)  # type: ignore[misc]
        return self

    def transform(self, X: Any) -> Any:
        if hasattr(self, "vectors_") or hasattr(self, "model_"):
            X = _cells(validate_data(self, X, reset=False))
        return super().transform(X)  # type: ignore[misc]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.two_d_array = True
        return tags


class OnNumbers(Numbers, DocumentVectorizer):
    """Means of the vectors of tokens that are numbers."""


class ParagraphsOnNumbers(Numbers, ParagraphVectorizer):
    """Paragraph vectors of tokens that are numbers."""


def _cells(table: Any) -> list[list[str]]:
    return [[f"{column}:{value:.0f}" for column, value in enumerate(row)] for row in table]


def _checks() -> list[Any]:
    small = {**TRAINING, "dim": 4, "epochs": 1}
    found = []
    means = [OnNumbers(weighting=w, train_parameters=small) for w in WEIGHTINGS]
    for estimator in (DocumentVectorizer(), *means, ParagraphsOnNumbers(train_parameters=small)):
        with warnings.catch_warnings(action="ignore", category=SkipTestWarning):  # all but one want numbers
            checks = list(estimator_checks_generator(estimator))
        for checked, check in checks:
            name = getattr(check, "func", check).__name__
            found.append(
                pytest.param(checked, check, id=f"{type(checked).__name__}-{getattr(checked, 'weighting', '')}-{name}")
            )
    return found


@pytest.mark.filterwarnings("ignore:dim is:embed.errors.AdviceWarning")
@pytest.mark.parametrize(("estimator", "check"), _checks())
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.skipif(not DOCUMENT.is_file(), reason="the guide is not part of the wheel")
def test_the_example_of_the_guide_runs() -> None:
    (snippet,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(snippet, str(DOCUMENT), "exec"), names)
    assert names["scores"].min() == 1


def test_documents_of_an_iterator_are_read_twice_by_fit_transform() -> None:
    """They were used up by `fit`, and `transform` gave no row, in silence."""
    documents = ["a b c", "b c d", "a d"] * 10
    vectors = WordVectors(["a", "b", "c", "d"], np.eye(4, dtype=np.float32))
    expected = DocumentVectorizer(vectors).fit_transform(documents)
    np.testing.assert_array_equal(DocumentVectorizer(vectors).fit_transform(iter(documents)), expected)
