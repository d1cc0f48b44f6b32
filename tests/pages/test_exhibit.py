"""What a local page can ask of a model, without the server."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import embed
from embed import LabelSearch, Model, WordVectors
from embed.errors import ConfigError
from embed.pages.exhibit import Exhibit, exhibits
from tests.pages.made_up import model, text
from tests.senses.made_up import MEANINGS, SETTINGS, TOPICS, WORD, sentences


@pytest.fixture(scope="module")
def trained() -> Model:
    return model()


def test_answers_are_those_of_nearest_and_analogy(trained: Model) -> None:
    shown, vectors = Exhibit("m", trained.vectors), trained.vectors
    assert vectors.counts is not None
    found = shown.ask("tree1", ["tree1"], [], 7)
    assert [(each["word"], each["cosine"]) for each in found["answers"]] == vectors.nearest("tree1", 7)
    assert found["answers"][0]["count"] == vectors.counts[vectors.index(found["answers"][0]["word"])]
    assert found["asked"] == [{"word": "tree1", "count": int(vectors.counts[vectors.index("tree1")])}]
    found = shown.ask("tree1 - ship1 + ship2", ["tree1", "ship2"], ["ship1"], 5)
    expected = vectors.analogy("ship1", "tree1", "ship2", n=5)
    assert [each["word"] for each in found["answers"]] == [word for word, _ in expected]
    assert np.allclose([each["cosine"] for each in found["answers"]], [cosine for _, cosine in expected], atol=1e-6)


def test_a_phrase_with_spaces_is_asked_as_one_word() -> None:
    vectors = WordVectors(["new york", "new", "york", "x"], np.eye(4, dtype=np.float32))
    found = Exhibit("v", vectors).ask("new york", ["new", "york"], [], 4)
    assert found["asked"] == [{"word": "new york", "count": None}]
    assert [each["word"] for each in found["answers"]] == ["new", "york", "x"]


def test_unknown_and_composed_words_are_told() -> None:
    shown = Exhibit("m", model(subword=True, buckets=500).vectors)
    assert shown.ask("tree99", ["tree99"], [], 3)["composed"] == ["tree99"]
    assert shown.ask("tree99", ["tree99"], [], 3)["answers"][0]["word"].startswith("tree")
    found = Exhibit("m", WordVectors(["a"], [[1.0]])).ask("b", ["b"], [], 3)
    assert (found["unknown"], found["answers"]) == (["b"], [])
    assert shown.cosines(["tree1", "tree99"])["composed"] == ["tree99"]


@pytest.mark.parametrize("question", [("", [], []), ("a - a", ["a"], ["a"])])
def test_a_question_without_a_direction_has_no_answer(question: tuple[str, list[str], list[str]]) -> None:
    shown = Exhibit("v", WordVectors(["a", "b"], [[1.0, 0.0], [0.0, 1.0]]))
    found = shown.ask(*question, 3)
    assert found["answers"] == []
    assert ("problem" in found) == bool(question[1])


def test_completions_are_the_most_frequent_words_with_the_prefix() -> None:
    words = ["zebra", "apple", "ape", "a", "\U0010ffff", "apex"] + [f"ap{number:03}" for number in range(40)]
    shown = Exhibit("v", WordVectors(words, np.ones((len(words), 2), np.float32)))
    assert shown.complete("ape") == ["ape", "apex"]
    assert shown.complete("ap")[:4] == ["apple", "ape", "apex", "ap000"]
    assert len(shown.complete("ap")) == 20
    assert shown.complete("x") == []


def test_senses_of_a_model_are_shown(tmp_path: Path) -> None:
    embed.train(sentences(), **SETTINGS).save(tmp_path / "s.embed")
    (shown,) = exhibits([str(tmp_path / "s.embed")], {})
    assert shown.describe()["senses"] is True
    found = shown.senses(WORD)
    assert [each["name"] for each in found] == [f"{WORD}#1", f"{WORD}#2"]
    assert sum(each["share"] for each in found) == pytest.approx(1, abs=1e-6)
    tops = [max(MEANINGS, key=lambda topic: len(set(each["nearest"]) & set(TOPICS[topic]))) for each in found]
    assert sorted(tops) == sorted(MEANINGS)
    assert shown.senses("goal") == shown.senses("nowhere") == []


def test_documents_and_labels_of_a_model_are_shown(tmp_path: Path) -> None:
    ids = [f"d{number}" for number in range(60)]
    documents = embed.train_documents(text(60), ids, objective="sg", dim=16, epochs=20, threads=1)
    labels = LabelSearch(documents, {"wood": ["tree1", "tree2"], "sea": ["ship1", "ship2"]})
    documents.save(tmp_path / "d.embed")
    labels.save(tmp_path / "l.embed")
    paths = [str(tmp_path / name) for name in ("d.embed", "l.embed")]
    (shown,) = exhibits(paths, {})
    described = shown.describe()
    assert described["documents"] == 60
    assert [each["label"] for each in described["labels"]] == ["wood", "sea"]
    found = shown.nearest_documents("ship1 ship2 ship3 ship4", 4)
    assert found["label"] == "sea"
    assert [each["id"] for each in found["answers"]] == [
        name for name, _ in documents.nearest("ship1 ship2 ship3 ship4", 4)
    ]
    with pytest.raises(ConfigError, match=r"l\.embed: labels need their documents: name the model of documents before"):
        exhibits(paths[1:], {})


def test_documents_alone_have_no_words(tmp_path: Path) -> None:
    embed.train_documents(text(60), objective="dbow", dim=16, epochs=5, threads=1).save(tmp_path / "d.embed")
    (shown,) = exhibits([str(tmp_path / "d.embed")], {})
    assert shown.describe()["words"] == 0
    assert shown.ask("tree1", ["tree1"], [], 3)["unknown"] == ["tree1"]
    assert (shown.complete("t"), shown.cosines(["tree1"])["words"], shown.senses("tree1")) == ([], [], [])
    assert len(shown.nearest_documents("tree1 tree2", 5)["answers"]) == 5
    with pytest.raises(ConfigError, match="there is no map of words"):
        shown.layout(10)


def test_replicates_answer_with_intervals_and_agreement(tmp_path: Path) -> None:
    path, settings = tmp_path / "r.replicates", {"dim": 16, "epochs": 3, "min_count": 1}
    embed.replicate(text(), replicates=3, output=path, progress=False, **settings)
    (shown,) = exhibits([str(tmp_path / "r.replicates")], {})
    replicates = embed.Replicates.load(tmp_path / "r.replicates")
    found = shown.ask("tree1", ["tree1"], [], 4)["answers"]
    assert [(each["word"], each["cosine"], each["low"], each["high"], each["found"], each["of"]) for each in found] == [
        tuple(each) for each in replicates.nearest("tree1", 4)
    ]
    found = shown.ask("tree1 - ship1 + ship2", ["tree1", "ship2"], ["ship1"], 2)["answers"]
    assert [each["word"] for each in found] == [
        each.word for each in replicates.analogy("ship1", "tree1", "ship2", n=2)
    ]


def test_models_of_one_name_are_told_apart(trained: Model, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        trained.save(tmp_path / folder / "m.embed")
    found = exhibits([str(tmp_path / folder / "m.embed") for folder in ("a", "b")], {})
    assert [each.name for each in found] == ["m.embed", "m.embed (2)"]
