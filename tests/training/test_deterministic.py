"""`deterministic`: the same bits for any number of threads, in whole runs; and files that are the same anywhere."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed import formats
from embed.checkpoints.checkpoint_folder import checkpoints_in, read
from embed.corpora import SyntheticCorpus
from embed.formats.registry import FASTTEXT, FLORET, FORMATS, NATIVE
from embed.model import Model
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.training.backends.deterministic import round_tokens
from embed.training.continue_training import continue_training
from embed.training.train import train
from embed.vectors import WordVectors
from embed.vectors.ngram_rows import Subwords
from embed.vocabulary.ngrams import SubwordScheme
from embed.vocabulary.vocabulary import Vocabulary

SMALL: dict[str, Any] = {"dim": 20, "epochs": 2, "min_count": 1, "buckets": 500, "deterministic": True, "held_out": 0.1}
MODELS: list[dict[str, Any]] = [
    {"objective": objective, "gradient": gradient, "subword": subword}
    for objective in ("sg", "cbow")
    for gradient in ("exact", "sqrt", "historic")
    for subword in (False, True)
]
MODELS += [
    {"subword": True, "hash_count": 2},
    {"subword": True, "composition": "sum"},
    {"objective": "cbow", "position_weights": True},
    {"objective": "cbow", "position_weights": True, "loss": "hs", "subword": True},
    {"loss": "hs"},
    {"structured": True},
    {"structured": True, "subword": True, "loss": "hs"},
    {"loss": "hs", "objective": "cbow"},
    {"window_kind": "fixed", "negatives": 9},
    {"objective": "cbow", "negatives": 1, "subsample": 0.0},
]
GOLDEN = Path(__file__).parents[1] / "golden.json"
# what other libraries write changes with their versions, and pages change with their looks
_OTHERS = {"arrow", "feather", "parquet", "usearch", "model2vec", "web"}


@pytest.fixture(scope="module")
def encoded() -> Iterator[EncodedCorpus]:
    with encode(SyntheticCorpus(seed=2, sentences=2_000), min_count=1) as corpus:
        assert len(corpus.ids) > 4 * round_tokens(len(corpus.ids))
        yield corpus


def _content(model: Model) -> tuple[Any, ...]:
    """Everything of a model but how long it took."""
    history = [{**asdict(record), "seconds": 0, "tokens_per_second": 0} for record in model.history]
    return model.input.tobytes(), model.output.tobytes(), model.parameters.position_weights.tobytes(), history


@pytest.mark.parametrize("settings", MODELS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_the_bits_do_not_depend_on_the_threads(settings: dict[str, Any], encoded: EncodedCorpus) -> None:
    expected = train(encoded, **SMALL, **settings, threads=1)
    assert expected.history[-1].loss < expected.history[0].loss
    for threads in (2, 3, 8, 16):
        assert _content(train(encoded, **SMALL, **settings, threads=threads)) == _content(expected), threads


def test_nor_with_phrases_nor_when_training_goes_on() -> None:
    results = set()
    for threads in (1, 3):
        text = SyntheticCorpus(seed=2, sentences=1_000)
        model = train(text, **SMALL, objective="sg", phrases=1, phrase_min_count=2, threads=threads)
        more = continue_training(
            model, SyntheticCorpus(seed=3, sentences=1_000), vocabulary="union", threads=threads, epochs=1
        )
        results.add((model.input.tobytes(), more.input.tobytes(), more.output.tobytes()))
    assert len(results) == 1


def test_without_it_a_single_thread_trains_otherwise(encoded: EncodedCorpus) -> None:
    # guards the tests above: if the parameter did nothing, one thread would give the same bits with and without it
    settings = {**SMALL, "objective": "sg", "threads": 1}
    free = train(encoded, **{**settings, "deterministic": False})
    assert free.input.tobytes() != train(encoded, **settings).input.tobytes()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_run_goes_on_to_the_same_bits_with_another_number_of_threads(
    threads: int, encoded: EncodedCorpus, tmp_path: Path
) -> None:
    model = {**SMALL, "objective": "sg"}
    expected = train(encoded, **model, threads=1)
    kept = tmp_path / "kept"
    settings = {"checkpoint": kept, "checkpoint_every": "3000 tokens", "checkpoint_keep": 1000}
    assert _content(train(encoded, **model, threads=threads, **settings)) == _content(expected)
    found = checkpoints_in(kept)
    within = [path for path in found if read(path).place.position]
    assert len(within) > 5
    assert all(read(path).place.position % round_tokens(len(encoded.ids)) == 0 for path in within)
    for path in found[::3]:
        folder = tmp_path / path.stem
        folder.mkdir()
        shutil.copy(path, folder / path.name)
        assert _content(train(encoded, **model, threads=3, resume=folder)) == _content(expected), path.name


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _files(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return {str(file.relative_to(path.parent)).replace("\\", "/"): _digest(file.read_bytes()) for file in files}


def _exported(folder: Path) -> dict[str, str]:
    words = ["the", "of", "straße", "日本", "naïve", "a.b", "x-1", "zz"]
    matrix = (np.arange(6 * len(words)).reshape(-1, 6) * 7919 % 1001 / 512 - 1).astype(np.float32)
    counts = np.arange(len(words), 0, -1)
    plain = WordVectors(words, matrix, counts=counts)
    scheme = SubwordScheme(3, 5, 40)
    ngrams = (np.arange(240).reshape(40, 6) * 6101 % 997 / 512 - 1).astype(np.float32)
    subword = WordVectors(words, matrix, counts=counts, subwords=Subwords(scheme, ngrams))
    found: dict[str, str] = {}
    for each in FORMATS.values():
        if each.write is None or each.name in _OTHERS:
            continue
        vectors = subword if each.name in (FASTTEXT, NATIVE) else plain
        if each.name == FLORET:
            continue  # its rows are those of a training with hash_count
        path = folder / f"{each.name}{each.extensions[0] if each.extensions else ''}"
        formats.save(vectors, path, format=each.name)
        found |= _files(path)
    return found


def test_vocabulary_corpus_and_files_are_the_same_on_every_run_and_platform(tmp_path: Path) -> None:
    """Digests that are in the tree; after a wanted change, take what the failure shows."""
    with encode(SyntheticCorpus(seed=4, sentences=300), min_count=2, directory=tmp_path / "encoded") as corpus:
        vocabulary: Vocabulary = corpus.vocabulary
        found = {
            "words": _digest("\n".join(vocabulary.words).encode()),
            "counts": _digest(np.ascontiguousarray(vocabulary.counts, "<i8").tobytes()),
            "ids": _digest(np.ascontiguousarray(corpus.ids, "<i4").tobytes()),
            "offsets": _digest(np.ascontiguousarray(corpus.offsets, "<i8").tobytes()),
            "fingerprint": corpus.fingerprint,
        }
    exported = tmp_path / "exported"
    exported.mkdir()
    found |= _exported(exported)
    assert found == json.loads(GOLDEN.read_text())
