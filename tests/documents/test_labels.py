"""Labels found by keywords: each step against a plain version, planted topics, files, and errors."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.choices import Loss
from embed.corpora.normal_form import Form
from embed.documents import labels, train_documents
from embed.documents.labels import LabelSearch, inliers, label_scores
from embed.errors import ConfigError, EmbedError, FormatError, MissingExtraError
from embed.formats import native
from embed.vectors import WordVectors

DIM, TOPICS, EACH = 12, 3, 40
KEYWORDS = {"sport": ["ball", "Team", "unheard-of"], "space": ["orbit"], "food": ["bread", "salt"]}


@dataclass
class Documents:
    """Ids and their vectors."""

    ids: list[Hashable]
    matrix: Any


class Model:
    """A stand-in for a trained model: documents and words of three topics. The vector of a text is its words' sum."""

    def __init__(self, seed: int = 3) -> None:
        draw = np.random.default_rng(seed)
        topics = 4 * np.eye(TOPICS, DIM)
        self.topic = np.arange(TOPICS * EACH) % TOPICS
        matrix = (topics[self.topic] + draw.normal(size=(TOPICS * EACH, DIM))).astype(np.float32)
        self.documents = Documents([("id", row) for row in range(len(matrix))], matrix)
        words = ["ball", "team", "orbit", "bread", "salt"]
        rows = topics[[0, 0, 1, 2, 2]] + 0.5 * draw.normal(size=(5, DIM))
        self.words = WordVectors(words, rows.astype(np.float32), form=Form(normal=True, lowercase=True))

    def infer(self, texts: Iterable[Any]) -> Any:
        rows = [sum((self.words[w] for w in text.split() if w in self.words), np.zeros(DIM)) for text in texts]
        return np.array(rows, np.float32).reshape(-1, DIM)


def _unit(vector: Any) -> Any:
    return vector / np.linalg.norm(vector)


def _plain(model: Model, keywords: dict[str, list[str]], count: int) -> tuple[list[list[int]], Any]:
    """Return the rows of the examples and the vectors of labels, step by step."""
    rows = np.array([_unit(row) for row in model.documents.matrix.astype(float)])
    first = [_unit(sum(_unit(model.words[w].astype(float)) for w in words)) for words in keywords.values()]
    cosines = rows @ np.array(first).T
    chosen = []
    for label in range(len(first)):
        chosen.append(sorted(range(len(rows)), key=lambda row: -cosines[row, label])[:count])
    centroids = [_unit(model.documents.matrix[taken].mean(axis=0)) for taken in chosen]
    return chosen, np.array([_unit(a + b) for a, b in zip(first, centroids, strict=True)])


def test_the_vectors_of_labels_are_those_of_the_plain_steps() -> None:
    model, known = Model(), {"sport": ["ball", "team"], "space": ["orbit"], "food": ["bread", "salt"]}
    search = LabelSearch(model, KEYWORDS, examples=10)
    chosen, vectors = _plain(model, known, 10)
    assert [rows.tolist() for rows in search.examples] == chosen
    np.testing.assert_allclose(search.vectors, vectors, atol=1e-6)
    units = model.documents.matrix / np.linalg.norm(model.documents.matrix, axis=1, keepdims=True)
    assert search.scores().dtype == np.float32
    cosines = units @ vectors.T
    np.testing.assert_allclose(search.scores(), cosines, atol=1e-6)
    standard = (cosines - cosines.mean(axis=0)) / cosines.std(axis=0)
    assert search.predict() == [search.labels[label] for label in standard.argmax(axis=1)]
    assert search.unknown == {"sport": ["unheard-of"], "space": [], "food": []}
    assert search.keywords == {"sport": ["ball", "Team"], "space": ["orbit"], "food": ["bread", "salt"]}
    assert repr(search) == "<LabelSearch: 3 labels x 12 dimensions>"


@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_keywords_without_vectors_lie_between_a_document_of_them_and_their_output_rows(loss: Loss) -> None:
    topics = [["ball", "team", "goal"], ["orbit", "moon", "star"]]
    texts = [topics[row % 2] * 8 for row in range(60)]
    model = train_documents(texts, dim=16, epochs=40, subsample=0, threads=1, progress=False, loss=loss)
    search = LabelSearch(model, {"sport": ["Team", "ball", "unheard-of", "Team"], "space": ["moon"]}, examples=5)
    assert search.unknown == {"sport": ["unheard-of"], "space": []}
    known = [["team", "ball"], ["moon"]]
    first = [_unit(vector) for vector in model.infer(known)]
    if loss == "ns":
        rows = [[model.model.vocabulary[word] for word in words] for words in known]
        first = [vector + _unit(model.model.output[ids].mean(axis=0)) for vector, ids in zip(first, rows, strict=True)]
    for number, chosen in enumerate(search.examples):
        assert set((chosen % 2).tolist()) == {number}
        centroid = model.documents.matrix[chosen].mean(axis=0)
        np.testing.assert_allclose(search.vectors[number], _unit(_unit(first[number]) + _unit(centroid)), atol=1e-5)
    assert search.predict() == ["sport", "space"] * 30
    with pytest.raises(ConfigError, match=r"no keyword of the label 'art' has a vector \(paint, brush\)"):
        LabelSearch(model, {"art": ["paint", "brush"]})


def test_documents_get_their_planted_topic() -> None:
    model = Model()
    search = LabelSearch(model, KEYWORDS)
    assert [len(rows) for rows in search.examples] == [EACH // 2] * TOPICS  # half of an even share
    found = search.predict()
    assert np.mean([search.labels.index(str(label)) == topic for label, topic in zip(found, model.topic)]) > 0.95  # noqa: B905
    for number, label in enumerate(search.labels):
        nearest = search.nearest(label, 5)
        assert [model.topic[int(row)] for (_, row), _ in nearest] == [number] * 5  # type: ignore[misc]
        assert nearest == sorted(nearest, key=lambda pair: -pair[1])
    assert search.predict(["salt bread salt", "nothing known", "orbit"]) == ["food", None, "space"]
    assert search.predict([]) == []


def test_blocks_of_any_size_give_the_same_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Model().documents.matrix
    expected = label_scores(rows, np.eye(2, DIM, dtype=np.float32))
    monkeypatch.setattr(labels, "BLOCK_ROWS", 7)
    np.testing.assert_allclose(label_scores(rows, np.eye(2, DIM, dtype=np.float32)), expected, atol=1e-6)


def test_a_threshold_is_relative_to_the_scores_of_the_label() -> None:
    model = Model()
    few = LabelSearch(model, KEYWORDS, threshold=1.2, examples=100)
    cosines = label_scores(model.documents.matrix, np.array([_unit(model.words["orbit"])], np.float32))[:, 0]
    above = np.flatnonzero(cosines > cosines.mean() + 1.2 * cosines.std())
    assert 0 < len(above) < 2 * EACH
    assert set(few.examples[1].tolist()) == set(above.tolist())
    assert [len(rows) for rows in LabelSearch(model, KEYWORDS, threshold=50).examples] == [1, 1, 1]


def test_outliers_are_those_of_scikit_learn_and_leave_the_vector() -> None:
    pytest.importorskip("sklearn", reason="needs the extra sklearn")
    model = Model()
    model.documents.matrix[1] = 40 * model.documents.matrix[1]  # the direction stays, so it is an example
    plain, clean = LabelSearch(model, KEYWORDS, examples=40), LabelSearch(model, KEYWORDS, examples=40, clean=True)
    assert 1 in plain.examples[1]
    assert 1 not in clean.examples[1]
    assert set(clean.examples[1]) < set(plain.examples[1])
    assert inliers(model.documents.matrix[:2]).all()


def test_outliers_without_scikit_learn_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.neighbors", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'train-embeddings\[sklearn\]', or set clean=False"):
        LabelSearch(Model(), KEYWORDS, clean=True)


def test_the_report_has_what_labels_claim_and_what_none_claims() -> None:
    model = Model()
    model.documents.matrix[:6] = -model.documents.matrix[:6].sum(axis=0)  # far from all three
    model.documents.matrix[7] = 0
    search = LabelSearch(model, KEYWORDS, examples=10)
    report = search.report(2)
    assert {("id", row) for row in (*range(6), 7)} <= set(report.unclaimed)
    assert sum(one.documents for one in report.labels) + len(report.unclaimed) == report.documents == TOPICS * EACH
    sport = report.labels[0]
    assert (sport.label, sport.keywords, sport.unknown) == ("sport", ["ball", "Team"], ["unheard-of"])
    assert sport.examples == 10
    assert sport.nearest == search.nearest("sport", 2)
    scores = search.scores().astype(float)
    ranked = np.sort((scores - scores.mean(axis=0)) / scores.std(axis=0), axis=1)
    mine = [
        row for row, label in enumerate(search.predict()) if label == "sport" and ("id", row) not in report.unclaimed
    ]
    assert sport.documents == len(mine)
    assert sport.lead == pytest.approx(np.median((ranked[:, -1] - ranked[:, -2])[mine]))
    lines = str(report).splitlines()
    assert re.fullmatch(r"sport +\d+ +10 +\d\.\d\d +unheard-of", lines[1])
    assert lines[-1] == f"no label  {len(report.unclaimed)}"
    assert report.to_dict()["labels"][1]["label"] == "space"
    assert LabelSearch(model, {"all": ["ball"]}).report().labels[0].lead is None


def test_labels_come_back_from_a_file(tmp_path: Path) -> None:
    model, path = Model(), tmp_path / "labels.embed"
    search = LabelSearch(model, {**KEYWORDS, 'a "name" {}\n\\': ["ball"]}, examples=10)
    search.save(path)
    again = LabelSearch.load(path, model)
    assert (again.labels, again.keywords, again.unknown) == (search.labels, search.keywords, search.unknown)
    np.testing.assert_array_equal(again.scores(), search.scores())
    assert again.report() == search.report()
    alone = LabelSearch.load(path)
    np.testing.assert_array_equal(alone.scores(model.documents.matrix), search.scores())
    for call in (alone.scores, alone.predict, alone.report, lambda: alone.predict(["ball"])):
        with pytest.raises(ConfigError, match=r"pass it to LabelSearch\.load\(path, model\)"):
            call()
    model.documents.matrix = model.documents.matrix[:5]
    with pytest.raises(ConfigError, match="belong to another model"):
        LabelSearch.load(path, model)
    with pytest.raises(FormatError, match="holds labels, not item vectors"):
        embed.ItemVectors.load(path)
    with pytest.raises(FormatError, match=r"this is labels: read them with embed\.LabelSearch\.load"):
        embed.load(path)


def test_files_that_hold_no_labels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.embed"
    model = Model()
    model.words.save(path)
    with pytest.raises(FormatError, match="holds word vectors, not labels"):
        LabelSearch.load(path)
    path.write_bytes(b"")
    with pytest.raises(FormatError, match=r"words\.embed"):
        LabelSearch.load(path)
    with pytest.raises(FormatError, match=r"use the extension \.embed"):
        LabelSearch(model, KEYWORDS).save(tmp_path / "labels.txt")


@pytest.mark.parametrize(
    "state",
    [
        "", "[]", "{}", "null", "{" * 2000, "[" * 100_000,
        {"keywords": []}, {"unknown": [1, 2, 3]}, {"examples": [[0], [1]]}, {"examples": [[0], [], [1]]},
        {"examples": [[0], [-1], [1]]}, {"examples": [[0], ["a"], [1]]}, {"examples": [[0], [1e400], [1]]},
        {"limits": [0.0]}, {"limits": None}, {"limits": [[0], [1], [2]]}, {"limits": [0, 0, float("nan")]},
        {"spread": [[0, 0, 0], [1, 1, 0]]}, {"spread": [0, 0, 0]}, {"spread": [[0, 0, float("inf")], [1, 1, 1]]},
    ],
)  # fmt: skip
def test_damaged_labels_are_refused(state: Any, tmp_path: Path) -> None:
    lists: list[list[str]] = [[], [], []]
    whole = {"keywords": lists, "unknown": lists, "examples": [[0], [1], [2]], "limits": [0.0, 0.1, 0.2]}
    whole["spread"] = [[0.0] * 3, [1.0] * 3]
    text = state if isinstance(state, str) else json.dumps({**whole, **state})
    path = tmp_path / "labels.embed"
    words = WordVectors(["a", "b", "c"], np.eye(3, DIM, dtype=np.float32))
    native.write_vectors(words, path, metadata={"labels": json.dumps(whole)})
    assert LabelSearch.load(path).labels == ["a", "b", "c"]
    native.write_vectors(words, path, metadata={"labels": text})
    with pytest.raises(FormatError, match=r"labels\.embed: damaged: cannot read the labels"):
        LabelSearch.load(path)


def _empty() -> Model:
    model = Model()
    model.documents.matrix = model.documents.matrix[:0]
    return model


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LabelSearch(Model(), {}), "keywords must map each label to a list of words"),
        (lambda: LabelSearch(Model(), ["sport"]), "keywords must map"),  # type: ignore[arg-type]
        (lambda: LabelSearch(Model(), {"sport": "ball"}), "keywords of 'sport' must be a list of words, not 'ball'"),
        (lambda: LabelSearch(Model(), {"sport": []}), "the label 'sport' has no keywords"),
        (lambda: LabelSearch(Model(), {"sport": [3]}), "a keyword of 'sport' must be a string"),  # type: ignore[list-item]
        (lambda: LabelSearch(Model(), {3: ["ball"]}), "a label must be a string"),  # type: ignore[dict-item]
        (lambda: LabelSearch(Model(), {"x": ["y", "z"]}), r"no keyword of the label 'x' has a vector \(y, z\)"),
        (lambda: LabelSearch(Model(), KEYWORDS, examples=0), "examples must be a whole number of at least 1"),
        (lambda: LabelSearch(Model(), KEYWORDS, threshold=float("nan")), "threshold must be a finite number"),
        (lambda: LabelSearch(_empty(), KEYWORDS), "the model has no documents"),
        (lambda: LabelSearch(Model(), KEYWORDS).nearest("art"), "there is no label 'art': the labels are sport, space"),
        (lambda: LabelSearch(Model(), KEYWORDS).nearest("food", 0), "n must be a whole number of at least 1"),
        (lambda: LabelSearch(Model(), KEYWORDS).scores(np.eye(3)), r"vectors must have the shape \(D, 12\)"),
        (lambda: LabelSearch(Model(), KEYWORDS).scores(np.full((1, DIM), np.nan)), "holds NaN"),
    ],
)
def test_wrong_input_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(EmbedError, match=message):
        call()
