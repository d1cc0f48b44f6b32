"""What the stand-ins load gives values, and does nothing: no corpus is read, nothing is called or trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from embed.compat.gensim import FastText, FrozenPhrases, Phrases, Word2Vec
from embed.compat.gensim.model_file import KEY
from embed.errors import FormatError
from embed.formats import _safetensors

SENTENCES = [["a", "b", "c", "a"]] * 20


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "m.model"
    Word2Vec(SENTENCES, vector_size=16, min_count=1, workers=1).save(path)
    return path


def doctored(saved: Path, path: Path, part: str, **more: Any) -> Path:
    """Write the model with other values in `part` of its state."""
    arrays, metadata = _safetensors.read_mapped(saved)
    content = json.loads(metadata[KEY])
    content[part].update(more)
    _safetensors.write(path, arrays, {**metadata, KEY: json.dumps(content)})
    return path


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"corpus_file": "/etc/hostname"}, "corpus_file"),
        ({"corpus_file": "http://127.0.0.1:9/text"}, "corpus_file"),
        ({"sentences": [["a", "b"]] * 9, "epochs": 1_000_000}, "sentences"),
        ({"callbacks": [1]}, "callbacks"),
        ({"trim_rule": "x"}, "trim_rule"),
        ({"hashfxn": "os.system"}, "hashfxn"),
        ({"size": 16}, "size"),
        ({"vector_size": [16]}, "vector_size"),
        ({"vector_size": 10**9}, "vector_size"),
        ({"vector_size": 10**400}, "vector_size"),
        ({"epochs": 10**12}, "epochs"),
        ({"workers": 10**9}, "workers"),
        ({"alpha": "fast"}, "fast"),
        ({"alpha": float("nan")}, "alpha"),
    ],
)
def test_arguments_of_a_file_that_a_saved_model_has_not_are_refused(
    saved: Path, tmp_path: Path, arguments: dict[str, Any], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = doctored(saved, tmp_path / "bad.model", "arguments", **arguments)
    monkeypatch.setattr(Word2Vec, "build_vocab", lambda *_, **__: pytest.fail("a corpus was read"))
    monkeypatch.setattr(Word2Vec, "train", lambda *_, **__: pytest.fail("a model was trained"))
    with pytest.raises(FormatError, match=named) as caught:
        Word2Vec.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("locks", [{"__class__": [1.0]}, {"add_lockf": [1.0]}, {"vectors_lockf": [[1.0]]}, {"x": [1]}])
def test_a_file_sets_factors_of_training_alone(saved: Path, tmp_path: Path, locks: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match="does not name lock factors"):
        Word2Vec.load(doctored(saved, tmp_path / "bad.model", "locks", **locks))


def test_state_that_is_no_number_is_refused(saved: Path, tmp_path: Path) -> None:
    for state in ({"train_count": [1]}, {"wv": 1}, {"epochs_trained": {"a": 1}}):
        with pytest.raises(FormatError, match="not the state"):
            Word2Vec.load(doctored(saved, tmp_path / "bad.model", "state", **state))


def test_buckets_of_a_file_are_compared_with_its_rows_before_memory_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "f.model"
    FastText(SENTENCES, vector_size=16, min_count=1, workers=1, bucket=50).save(path)
    with pytest.raises(FormatError, match="n-grams"):
        FastText.load(doctored(path, tmp_path / "bad.model", "arguments", bucket=1 << 29))
    assert len(FastText.load(path).wv) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"max_vocab_size": -5},
        {"max_vocab_size": "x"},
        {"vocab": [1, 2]},
        {"vocab": {"a": "b"}},
        {"threshold": "high"},
        {"threshold": None},
        {"delimiter": 5},
        {"connector_words": 5},
        {"connector_words": [["a"]]},
        {"scoring": "os.system"},
        {"scoring": ["default"]},
    ],
)
def test_a_file_of_phrases_that_lies_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    """A bound of words below none let `add_vocab` forget words for ever."""
    path = tmp_path / "p.json"
    Phrases(SENTENCES, min_count=1).save(path)
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}))
    with pytest.raises(FormatError, match="not saved by Phrases"):
        Phrases.load(path)
    FrozenPhrases(Phrases(SENTENCES, min_count=1)).save(path)
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "phrasegrams": {"a_b": "x"}}))
    with pytest.raises(FormatError, match="phrasegrams"):
        FrozenPhrases.load(path)
