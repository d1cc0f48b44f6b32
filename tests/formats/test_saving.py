"""An object saves itself, a class loads itself, embed.load and embed.save take whatever there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed import (
    DocumentModel,
    ItemVectors,
    LabelSearch,
    Model,
    PhraseModel,
    Replicates,
    SenseVectors,
    Vocabulary,
    WordVectors,
)
from embed.cli import main
from embed.errors import ConfigError, FormatError
from embed.files.saved import Saved
from embed.formats.quantized import save_quantized
from embed.text.encoded_corpus import EncodedCorpus
from embed.vectors.quantize import quantizer

TEXT = [["new", "york", "is", "big"]] * 30 + [["a", "b", "c", "d"]] * 30
SMALL: dict[str, Any] = {"dim": 16, "min_count": 1, "epochs": 1, "threads": 1, "objective": "sg", "progress": False}
KINDS: dict[str, tuple[type[Any], str]] = {
    "words": (WordVectors, "words.embed"),
    "model": (Model, "model.embed"),
    "items": (ItemVectors, "items.embed"),
    "labels": (LabelSearch, "labels.embed"),
    "phrases": (PhraseModel, "new-york.phrases"),
    "vocabulary": (Vocabulary, "counts.vocab"),
    "documents": (DocumentModel, "documents.embed"),
    "senses": (SenseVectors, "senses.embed"),
}


@pytest.fixture(scope="module")
def things() -> dict[str, Any]:
    model = embed.train(TEXT, **SMALL)
    documents = embed.train_documents(TEXT, **SMALL)
    return {
        "words": model.vectors,
        "model": model,
        "items": ItemVectors([("a", 1), 2], np.eye(2), counts=[3, 1]),
        "labels": LabelSearch(documents, {"city": ["york"], "letters": ["a", "b"]}, examples=2),
        "phrases": embed.learn_phrases(TEXT, min_count=1, threshold=0.1),
        "vocabulary": model.vocabulary,
        "documents": documents,
        "senses": SenseVectors.of(embed.train(TEXT * 2, **{**SMALL, "epochs": 2, "senses": 2, "sense_min_count": 50})),
    }


@pytest.fixture(scope="module")
def folder(things: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file or folder of each kind."""
    folder = tmp_path_factory.mktemp("kinds")
    for kind, (_, name) in KINDS.items():
        things[kind].save(folder / name)
    things["words"].save(folder / "words.txt")
    save_quantized(things["words"], folder / "codes.embed", quantizer("int8"))
    embed.encode(TEXT, min_count=1, directory=folder / "encoded").close()
    embed.train(TEXT, **SMALL, checkpoint=folder / "checkpoints")
    return folder


def content(value: Any) -> Any:
    """Return what two objects of a kind have in common if they are the same."""
    if isinstance(value, Model):
        return [value.config, value.history, value.output.tolist(), content(value.vectors)]
    if isinstance(value, DocumentModel):
        return [value.config, content(value.documents)]
    if isinstance(value, (WordVectors, ItemVectors)):
        return [type(value), list(value), value.matrix.tolist()]
    if isinstance(value, SenseVectors):
        return content(value.vectors())
    if isinstance(value, LabelSearch):
        return [value.labels, value.vectors.tolist(), value.keywords]
    return [list(value), value.counts.tolist()] if isinstance(value, Vocabulary) else value


def test_every_class_that_can_be_saved_is_here() -> None:
    assert {kind for kind, _ in KINDS.values()} | {Replicates} == set(Saved.__subclasses__())


def test_replicates_save_themselves_to_a_folder(things: dict[str, Any], tmp_path: Path) -> None:
    replicates = Replicates([things["words"], things["model"].averaged_vectors()])
    for number, save in enumerate((replicates.save, lambda path: embed.save(replicates, path))):
        save(tmp_path / f"{number}.replicates")
        loaded = Replicates.load(tmp_path / f"{number}.replicates")
        assert [content(each) for each in loaded] == [content(each) for each in replicates]


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_saves_itself_and_its_class_loads_it(kind: str, things: dict[str, Any], folder: Path) -> None:
    load, name = KINDS[kind][0].load, KINDS[kind][1]
    assert content(load(folder / name)) == content(things[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_save_writes_what_it_is_given_as_the_object_does(
    kind: str, things: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    name = KINDS[kind][1]
    embed.save(things[kind], tmp_path / name)
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_the_names_of_functions_write_and_read_the_same(things: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    embed.save_model(things["model"], tmp_path / "model.embed")
    assert (tmp_path / "model.embed").read_bytes() == (folder / "model.embed").read_bytes()
    assert content(embed.load_model(folder / "model.embed")) == content(things["model"])
    assert embed.load_phrases(folder / "new-york.phrases") == things["phrases"]


@pytest.mark.parametrize("name", ["words.embed", "words.txt", "codes.embed", "model.embed"])
@pytest.mark.parametrize("load", [embed.load, WordVectors.load])
def test_vectors_of_words_are_read_from_whatever_holds_them(
    load: Callable[[Path], WordVectors], name: str, things: dict[str, Any], folder: Path
) -> None:
    found = load(folder / name)
    assert found.words == things["words"].words
    np.testing.assert_allclose(found.matrix, things["words"].matrix, atol=0.02)


def test_load_reads_items_as_words_of_json(folder: Path) -> None:
    assert [json.loads(word) for word in embed.load(folder / "items.embed").words] == [["a", 1], 2]


WRONG = [
    (
        WordVectors.load,
        "items.embed",
        "holds item vectors, not word vectors: read them with embed.ItemVectors.load",
    ),
    (Model.load, "words.embed", "holds word vectors, not a whole model: read them with embed.load"),
    (Model.load, "codes.embed", "holds quantised word vectors, not a whole model: read them with embed.load"),
    (Model.load, "items.embed", "holds item vectors, not a whole model: read them with embed.ItemVectors.load"),
    (embed.load, "labels.embed", "this is labels: read them with embed.LabelSearch.load"),
    (Model.load, "labels.embed", "holds labels, not a whole model: read them with embed.LabelSearch.load"),
    (LabelSearch.load, "model.embed", "holds a whole model, not labels: read it with embed.Model.load"),
    (LabelSearch.load, "items.embed", "holds item vectors, not labels: read them with embed.ItemVectors.load"),
    (Model.load, "words.txt", "the file is in the format 'text': read it with embed.load"),
    (Model.load, "documents.embed", "holds a model of documents, not a whole model: read it with embed.DocumentModel"),
    (embed.load, "documents.embed", "this is a model of documents: read it with embed.DocumentModel"),
    (DocumentModel.load, "model.embed", "holds a whole model, not a model of documents: read it with embed.Model.load"),
    (DocumentModel.load, "words.txt", "the file is in the format 'text': read it with embed.load"),
    (ItemVectors.load, "words.embed", "holds word vectors, not item vectors: read them with embed.load"),
    (ItemVectors.load, "model.embed", "holds a whole model, not item vectors: read it with embed.Model.load"),
    (ItemVectors.load, "words.txt", "the file is in the format 'text': read it with embed.load"),
    (PhraseModel.load, "model.embed", "holds a whole model, not a phrase model: read it with embed.Model.load"),
    (Vocabulary.load, "model.embed", "holds a whole model, not a vocabulary: read it with embed.Model.load"),
    (EncodedCorpus.open, "words.embed", "holds word vectors, not an encoded corpus: read them with embed.load"),
    (EncodedCorpus.open, "checkpoints", "holds the checkpoints of a run, not an encoded corpus: resume the run"),
    (
        Model.load,
        "checkpoints/checkpoint-000001.ckpt",
        "holds a checkpoint of a run, not a whole model: resume the run",
    ),
]
EVERYBODY = [embed.load, WordVectors.load, Model.load, ItemVectors.load, Vocabulary.load, EncodedCorpus.open]
WRONG += [(load, "new-york.phrases", "a phrase model") for load in EVERYBODY]
WRONG += [(load, "new-york.phrases", "read it with embed.PhraseModel.load") for load in EVERYBODY]
WRONG += [(load, "encoded", "open it with embed.EncodedCorpus.open") for load in (*EVERYBODY[:-1], PhraseModel.load)]
WRONG += [(load, "checkpoints", "resume the run from them") for load in (*EVERYBODY, PhraseModel.load)]


@pytest.mark.parametrize(("load", "name", "said"), WRONG)
def test_a_file_of_another_kind_says_what_reads_it(
    load: Callable[[Path], Any], name: str, said: str, folder: Path
) -> None:
    with pytest.raises(FormatError) as caught:
        load(folder / name)
    assert str(caught.value).startswith(f"{folder / name}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "name", "way_out"),
    [
        ("model", "x.bin", r"use the extension \.embed, or write format='fasttext'"),
        ("model", "x.txt", r"use the extension \.embed$"),
        ("items", "x.bin", r"use the extension \.embed$"),
        ("phrases", "x.embed", r"the file would be a phrase model: use another extension, such as \.phrases"),
        ("phrases", "x.npz", r"use another extension, such as \.phrases"),
        ("vocabulary", "x.vec", r"the file would be a vocabulary: use another extension, such as \.vocab"),
    ],
)
def test_a_name_that_says_another_format_is_refused(
    kind: str, name: str, way_out: str, things: dict[str, Any], tmp_path: Path
) -> None:
    for save in (things[kind].save, lambda path: embed.save(things[kind], path)):
        with pytest.raises(FormatError, match=way_out):
            save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_command_refuses_the_name_before_it_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("embed.text.phrases.learning.learn_phrases", None)
    (tmp_path / "text.txt").write_text("new york is big\n" * 9)
    assert main(["phrases", str(tmp_path / "text.txt"), "--save", str(tmp_path / "x.bin")]) == FormatError.exit_code
    assert "use another extension, such as .phrases" in capsys.readouterr().err


def test_phrases_and_vocabularies_are_plain_text(things: dict[str, Any], tmp_path: Path) -> None:
    things["phrases"].save(tmp_path / "phrases.txt")
    things["vocabulary"].save(tmp_path / "counts.txt")


def test_a_model_is_written_in_the_format_that_is_named(things: dict[str, Any], tmp_path: Path) -> None:
    embed.save(things["model"], tmp_path / "m.bin", "fasttext")
    assert Model.load(tmp_path / "m.bin").vocabulary.words == things["vocabulary"].words


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("items", {"format": "npz"}, "format is 'npz', but ItemVectors has one format: leave it out"),
        ("phrases", {"on_bad_word": "escape"}, "on_bad_word is for word vectors, not for PhraseModel"),
        ("model", {"format": "text"}, "format must be 'native' or 'fasttext', not 'text'"),
    ],
)
def test_an_option_without_a_meaning_is_refused(
    kind: str, options: dict[str, Any], said: str, things: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=said):
        embed.save(things[kind], tmp_path / "x", **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [np.eye(2), {"a": 1}, "model.embed", EncodedCorpus])
def test_save_refuses_what_has_no_file(value: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^save writes vectors, a model, items, phrases or a vocabulary, not "):
        embed.save(value, tmp_path / "x.embed")
