"""Folders for other programs: model2vec and sentence-transformers, TensorBoard; search indexes, spaCy."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed import formats
from embed.cli import main
from embed.config import TrainConfig
from embed.errors import ConfigError, FormatError, MissingExtraError
from embed.formats import _safetensors, model2vec
from embed.vectors import WordVectors, postprocess

SENTENCES = [
    "the king of france",
    "THE  Queen\tsaw the\u00a0king",
    "xyzzy the unknown",
    "xyzzy",
    "",
    "naïve 日本語 </s>",
]
WORDS = ["the", "of", "king", "queen", "france", "saw", "naïve", "日本語", "</s>", "new york"]


def sample(words: list[str] = WORDS, dim: int = 6) -> WordVectors:
    matrix = np.random.default_rng(1).normal(size=(len(words), dim)).astype(np.float32)
    return WordVectors(words, matrix, counts=range(len(words), 0, -1))


def encode(vectors: WordVectors, sentence: str, *, lower: bool = True) -> np.ndarray:
    """Return the mean of the vectors of the known words."""
    known = [word for word in (sentence.lower() if lower else sentence).split() if word in vectors]
    return vectors.vectors(known).mean(axis=0) if known else np.zeros(vectors.dim, np.float32)


def same(found: WordVectors, expected: WordVectors) -> None:
    assert found.words == expected.words
    np.testing.assert_array_equal(found.matrix, expected.matrix)
    np.testing.assert_array_equal(found.counts, expected.counts)


# model2vec


@pytest.mark.parametrize("words", [WORDS, ["The", "[UNK]", "[UNK1]", "", "a\nb", "\0"], ["a"]])
def test_model2vec_folder_round_trip(tmp_path: Path, words: list[str]) -> None:
    vectors = sample(words)
    formats.save(vectors, tmp_path / "m", "model2vec")
    assert formats.detect(tmp_path / "m") == "model2vec"
    same(formats.load(tmp_path / "m"), vectors)
    formats.save(formats.load(tmp_path / "m"), tmp_path / "m", "model2vec")  # onto the folder that is mapped
    same(formats.load(tmp_path / "m"), vectors)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]
    normalizer = json.loads((tmp_path / "m" / "tokenizer.json").read_text())["normalizer"]
    assert (normalizer is not None) == all(word == word.lower() for word in words)


def front_matter(card: str) -> dict[str, Any]:
    """Return the YAML at the beginning of a card."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    found = yaml.safe_load(card.split("---\n")[1])
    assert isinstance(found, dict)
    return found


def test_the_model_card_is_for_hubs_and_says_what_was_trained(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    run_card = {
        "config": {**TrainConfig(dim=64, objective="cbow").to_dict(), "made up": 5},
        "provenance": {"corpus_fingerprint": "f00d", "raw_tokens": 1234567, "versions": {"|<b>": "1.0"}},
        "vocabulary": {"tokens": 1000},
        "epochs": [{"loss": 2.5}],
    }
    formats.save(sample(), folder, "model2vec", run_card=run_card)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert front_matter(card)["library_name"] == "model2vec"
    assert "static-embeddings" in front_matter(card)["tags"]
    assert "language" not in front_matter(card)  # nobody knows it
    for row in ("objective | cbow", "dim | 64", "tokens of the text | 1,234,567", "text | f00d", "epoch | 2.5000"):
        assert f"{row} |" in card
    assert "made up" not in card
    assert "<b>" not in card
    assert "StaticModel.from_pretrained" in card
    formats.save(sample(), folder, "model2vec")
    assert "## Training" not in (folder / "README.md").read_text(encoding="utf-8")
    for damaged in ({"config": 5, "epochs": [5]}, {"provenance": {"versions": []}, "epochs": "x"}, {}):
        formats.save(sample(), folder, "model2vec", run_card=damaged)


def test_a_card_that_somebody_edited_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    formats.save(sample(), folder, "model2vec")
    card = folder / "README.md"
    card.write_text(card.read_text(encoding="utf-8").replace("library_name", "license: mit\nlibrary_name"), "utf-8")
    with pytest.raises(FormatError, match=r"holds 'README\.md', which would be lost"):
        formats.save(sample(["a"]), folder, "model2vec")
    assert "license: mit" in card.read_text(encoding="utf-8")
    same(formats.load(folder), sample())


def test_convert_knows_the_run_of_a_model_and_of_vectors_with_a_card(tmp_path: Path) -> None:
    text = tmp_path / "t.txt"
    text.write_text("a b c d e f g h\n" * 50, encoding="utf-8")
    quick = ["--objective", "sg", "--dim", "16", "--epochs", "2", "--min-count", "1", "--quiet"]
    model, vectors = str(tmp_path / "m.embed"), str(tmp_path / "v.txt")
    assert main(["train", str(text), "-o", vectors, "--save-model", model, *quick]) == 0
    for source in (model, vectors):
        assert main(["convert", source, str(tmp_path / "card"), "--to", "model2vec"]) == 0
        card = (tmp_path / "card" / "README.md").read_text(encoding="utf-8")
        assert "| dim | 16 |" in card
        assert "| tokens of the text | 400 |" in card


def test_model2vec_encodes_sentences_as_we_do(tmp_path: Path) -> None:
    library = pytest.importorskip("model2vec", reason="model2vec is not installed")
    vectors = sample()
    for name, changed in {
        "plain": vectors,
        "sif": postprocess.sif(vectors),
        "pca": postprocess.pca(postprocess.all_but_the_top(vectors, 1), 3),
    }.items():
        formats.save(changed, tmp_path / f"{name}.model2vec")
        model = library.StaticModel.from_pretrained(tmp_path / f"{name}.model2vec")
        found = model.encode(SENTENCES)
        np.testing.assert_allclose(found, [encode(changed, sentence) for sentence in SENTENCES], atol=1e-6)
        assert found[0].any()
    cased = sample(["The", "the"])
    formats.save(cased, tmp_path / "cased.model2vec")
    found = library.StaticModel.from_pretrained(tmp_path / "cased.model2vec").encode(["The THE", "the"])
    np.testing.assert_allclose(found, [cased["The"], cased["the"]], atol=1e-6)


def test_we_read_what_model2vec_writes(tmp_path: Path) -> None:
    library = pytest.importorskip("model2vec", reason="model2vec is not installed")
    formats.save(sample(), tmp_path / "ours", "model2vec")
    model = library.StaticModel.from_pretrained(tmp_path / "ours")
    weights = np.linspace(0.5, 2, len(WORDS) + 1)
    rows = model.embedding
    theirs = library.StaticModel(
        rows[[0, 1]], model.tokenizer, weights=weights, token_mapping=np.array([0, 1] * 5 + [1])
    )
    theirs.save_pretrained(tmp_path / "theirs")
    found = formats.load(tmp_path / "theirs")
    assert found.words[:10] == WORDS  # the row for unknown words is not zero here, so it is kept
    np.testing.assert_allclose(found.matrix, rows[[0, 1] * 5 + [1]] * weights[:, None], rtol=1e-6)
    library.StaticModel(rows.astype(np.float16), model.tokenizer).save_pretrained(tmp_path / "half")
    np.testing.assert_array_equal(formats.load(tmp_path / "half").matrix, rows[:-1].astype(np.float16))


def test_sentence_transformers_encodes_the_same_directions(tmp_path: Path) -> None:
    library = pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    vectors = sample()
    formats.save(vectors, tmp_path / "m", "model2vec")
    found = library.SentenceTransformer(str(tmp_path / "m"), device="cpu").encode(SENTENCES)
    for sentence, row in zip(SENTENCES, found, strict=True):
        expected = encode(vectors, sentence)
        share = len([word for word in sentence.lower().split() if word in vectors]) / max(1, len(sentence.split()))
        np.testing.assert_allclose(row, expected * share, atol=1e-6)


def test_damaged_model2vec_folders(tmp_path: Path) -> None:
    good = tmp_path / "good"
    formats.save(sample(), good, "model2vec")
    tokenizer = json.loads((good / "tokenizer.json").read_text())

    def broken(message: str, **changes: Any) -> None:
        folder = tmp_path / "bad"
        shutil.copytree(good, folder)
        for name, content in changes.items():
            path = folder / {"tokenizer": "tokenizer.json", "weights": "model.safetensors"}[name]
            if content is None:
                path.unlink()
            elif name == "weights":
                _safetensors.write(path, content, {})
            else:
                path.write_text(content if isinstance(content, str) else json.dumps(content))
        with pytest.raises(FormatError, match=message) as caught:
            model2vec.read(folder)
        assert "\n" not in str(caught.value)
        shutil.rmtree(folder)

    broken("tokenizer.json: there is no such file", tokenizer=None)
    broken("needs the files", weights=None)
    broken("not JSON", tokenizer="{")
    broken("not a tokenizer with a vocabulary", tokenizer={"model": {}})
    broken("not a tokenizer with a vocabulary", tokenizer=[])
    vocabulary = tokenizer["model"]["vocab"]
    for wrong in ({**vocabulary, "the": 1}, {**vocabulary, "the": "0"}, {**vocabulary, "more": 99}):
        broken("tokens must be", tokenizer={"model": {**tokenizer["model"], "vocab": wrong}})
    matrix = np.ones((11, 2), np.float32)
    broken("11 tokens, but 10 rows", weights={"embeddings": matrix[:10]})
    broken("has no matrix", weights={"other": matrix})
    broken("11 tokens, but 3 weights", weights={"embeddings": matrix, "weights": np.ones(3)})
    broken("names rows that do not exist", weights={"embeddings": matrix, "mapping": np.arange(1, 12)})
    broken("but counts of shape", weights={"embeddings": matrix, "counts": np.arange(3)})


def test_unigram_tokenizers_and_nested_folders_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "m" / "0_StaticEmbedding"
    folder.mkdir(parents=True)
    matrix = np.arange(8, dtype=np.float32).reshape(4, 2)
    _safetensors.write(folder / "model.safetensors", {"embedding.weight": matrix}, {})
    content = {
        "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.5], ["b", -2.0]]},
        "added_tokens": [{"id": 3, "content": "<mask>"}],
    }
    (folder / "tokenizer.json").write_text(json.dumps(content))
    assert formats.load(tmp_path / "m").words == ["<unk>", "a", "b", "<mask>"]
    matrix[0] = 0
    _safetensors.write(folder / "model.safetensors", {"embedding.weight": matrix}, {})
    found = formats.load(tmp_path / "m")
    assert found.words == ["a", "b", "<mask>"]
    np.testing.assert_array_equal(found.matrix, matrix[1:])


# folders


@pytest.mark.parametrize("format", ["model2vec", "projector"])
def test_folders_with_other_files_are_left_alone(tmp_path: Path, format: str) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "thesis.tex").write_text("precious")
    with pytest.raises(FormatError, match=r"the folder holds 'thesis.tex', which would be lost"):
        formats.save(sample(WORDS[:-1]), tmp_path / "m", format)
    (tmp_path / "file").write_text("precious")
    with pytest.raises(FormatError, match="this is a file, and the format needs a folder"):
        formats.save(sample(WORDS[:-1]), tmp_path / "file", format)
    with pytest.raises(FormatError, match=r"folder .* does not exist"):
        formats.save(sample(WORDS[:-1]), tmp_path / "nowhere" / "m", format)
    with pytest.raises(FormatError, match="lone surrogate"):
        formats.save(sample(["\ud800"]), tmp_path / "new", format)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "m", "thesis.tex"]
    with pytest.raises(FormatError, match="a folder"):
        formats.load(tmp_path / "m")


# TensorBoard


def test_projector_files(tmp_path: Path) -> None:
    vectors = sample(WORDS[:-1])
    formats.save(vectors, tmp_path / "p", "projector")
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == [
        "metadata.tsv",
        "projector_config.pbtxt",
        "vectors.tsv",
    ]
    lines = (tmp_path / "p" / "vectors.tsv").read_text().splitlines()
    assert np.array([line.split("\t") for line in lines], np.float32).tolist() == vectors.matrix.tolist()
    labels = [line.split("\t") for line in (tmp_path / "p" / "metadata.tsv").read_text().splitlines()]
    assert labels == [["word", "count"], *([word, str(9 - row)] for row, word in enumerate(WORDS[:-1]))]
    formats.save(WordVectors(vectors.words, vectors.matrix), tmp_path / "p", "projector")
    assert (tmp_path / "p" / "metadata.tsv").read_text().splitlines() == vectors.words
    with pytest.raises(FormatError, match="word 9, 'new york', holds a space"):
        formats.save(sample(), tmp_path / "q", "projector")
    formats.save(sample(), tmp_path / "q", "projector", on_bad_word="escape")
    assert "new\\u0020york" in (tmp_path / "q" / "metadata.tsv").read_text()
    with pytest.raises(ConfigError, match="can be written, but not read"):
        formats.load(tmp_path / "p", "projector")


@pytest.mark.filterwarnings("ignore")
def test_tensorboard_accepts_the_files(tmp_path: Path) -> None:
    plugin = pytest.importorskip("tensorboard.plugins.projector.projector_plugin", reason="needs tensorboard")
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    vectors = sample(WORDS[:-1])
    formats.save(vectors, tmp_path / "p", "projector")
    config = text_format.Parse((tmp_path / "p" / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (embedding,) = config.embeddings
    tensor = plugin._read_tensor_tsv_file(str(tmp_path / "p" / embedding.tensor_path))
    np.testing.assert_allclose(tensor, vectors.matrix, rtol=1e-6)
    assert (tmp_path / "p" / embedding.metadata_path).is_file()


# search index


def test_usearch_finds_what_we_find(tmp_path: Path) -> None:
    library = pytest.importorskip("usearch.index", reason="usearch is not installed")
    matrix = np.random.default_rng(2).normal(size=(2000, 16)).astype(np.float32)
    matrix[7] = 0
    vectors = WordVectors([f"w{i}" for i in range(2000)], matrix)
    formats.save(vectors, tmp_path / "v.usearch")
    index = library.Index.restore(str(tmp_path / "v.usearch"))
    words = (tmp_path / "v.usearch.words").read_text().splitlines()
    assert words == vectors.words
    assert len(index) == 1999
    hits = 0
    for word in ("w1", "w500", "w1999"):
        found = index.search(vectors[word], 11)
        assert words[found.keys[0]] == word
        exact = dict(vectors.nearest(word, 10))
        hits += len(exact.keys() & {words[key] for key in found.keys[1:]})
        for key, distance in zip(found.keys, found.distances, strict=True):
            if words[key] in exact:
                assert 1 - distance == pytest.approx(exact[words[key]], abs=1e-4)
    assert hits >= 28


def test_a_missing_index_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'train-embeddings\[ann\]'"):
        formats.save(sample(), tmp_path / "v.usearch")


# spaCy


def test_spacy_makes_a_pipeline_of_our_text(tmp_path: Path) -> None:
    pytest.importorskip("spacy", reason="spaCy is not installed")
    vectors = sample()
    formats.save(vectors, tmp_path / "v.txt.gz", on_bad_word="escape")
    assert gzip.decompress((tmp_path / "v.txt.gz").read_bytes()).startswith(b"10 6\n")
    command = [sys.executable, "-m", "spacy", "init", "vectors", "en", "v.txt.gz", "pipeline"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    code = (
        "import spacy, json; nlp = spacy.load('pipeline'); "
        "print(json.dumps([nlp.vocab[w].vector.tolist() for w in ('king', '日本語')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    np.testing.assert_array_equal(np.array(json.loads(done.stdout), np.float32), vectors[["king", "日本語"]])
