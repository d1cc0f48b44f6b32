"""What a fresh process does with our package; each returns "seconds" and "amount", and what else is of interest."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.lib.machine import Clock, Sampler, peak_bytes, resident_bytes_of_files
from benchmarks.lib.scoring import load, score
from benchmarks.programs import SHARED, peak, sentences_of
from embed import formats
from embed.config import TrainConfig
from embed.corpora import TextCorpus, WikiCorpus, wikitext
from embed.corpora.tokenizers import split_words
from embed.corpora.word_breaks import words_of
from embed.documents import train_documents
from embed.engine import _kernels
from embed.engine.machine import SIMD_VARIABLE
from embed.formats import word2vec_text
from embed.model.parameters import stride_of
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode as encode_corpus
from embed.text.made_up import zipf_corpus
from embed.text.phrases.learning import PhraseModel, learn_phrases
from embed.training.train import train
from embed.training.trainer import Trainer
from embed.vectors import WordVectors

_COUNTING_DIM = 16
_FLOPS = 6
"""A pair of vectors needs three multiply-adds a number: the score, and the update of either side."""
_CACHE_LINE = 64
_LR = 1e-6
"""So little that the scores stay where they are; a rate of 0 would skip the updates."""
_FIRST_REPEATS, _PIECES = 200, 10


def _rate(encoded: EncodedCorpus, settings: TrainConfig) -> tuple[dict[str, Any], Trainer]:
    """Train; return the seconds of the epochs as the trainer records them, and the tokens."""
    trainer = Trainer(encoded, settings)
    trainer.run()
    result = {
        "seconds": sum(record.seconds for record in trainer.history),
        "amount": len(encoded.ids) * settings.epoch_count(),
        "words": len(encoded.vocabulary),
        "loss": trainer.history[-1].loss,
        "simd_path": trainer.provenance.simd_path,
    }
    return result, trainer


def rate(*, directory: str, config: dict[str, Any], simd: str | None = None) -> dict[str, Any]:
    """Train on an encoded corpus, on a SIMD path of choice."""
    if simd is not None:
        os.environ[SIMD_VARIABLE] = simd
    with EncodedCorpus.open(directory) as encoded:
        return _rate(encoded, TrainConfig(**config))[0]


def documents(*, path: str, config: dict[str, Any]) -> dict[str, Any]:
    """Train a vector for each line of a text; reading is not counted."""
    model = train_documents(sentences_of(path), config=TrainConfig(**config), progress=False).model
    assert model.provenance is not None
    return {
        "seconds": sum(record.seconds for record in model.history),
        "amount": model.provenance.tokens * len(model.history),
        "words": len(model.vocabulary),
    }


def infer(*, path: str, config: dict[str, Any]) -> dict[str, Any]:
    """Train on the lines of a text, and time how long inferring them takes."""
    lines = sentences_of(path)
    model = train_documents(lines, config=TrainConfig(**config), progress=False)
    with Clock() as clock:
        model.infer(lines, epochs=config["epochs"], threads=1)
    assert model.model.provenance is not None
    return {"seconds": clock.seconds, "amount": model.model.provenance.tokens * config["epochs"]}


def rate_zipf(*, words: int, tokens: int, config: dict[str, Any]) -> dict[str, Any]:
    """Train on made-up tokens."""
    with zipf_corpus(words, tokens) as encoded:
        return _rate(encoded, TrainConfig(**config))[0]


def flops(*, directory: str, config: dict[str, Any]) -> dict[str, Any]:
    """Train; the amount is the floating-point operations that the vectors of one epoch need, padding not counted.

    Skip-gram: pairs x (negatives + 1) x 6 dim. CBOW: windows x (negatives + 1) x 6 dim, and 2 dim for each
    context (one addition into the mean, one of the update). The contexts are the pairs of a skip-gram run with the
    same seed.
    """
    settings = TrainConfig(**{**config, "epochs": 1})
    with EncodedCorpus.open(directory) as encoded:
        result, trainer = _rate(encoded, settings)
        amount = trainer.examples * (settings.negatives + 1) * _FLOPS * settings.dim
        if settings.objective == "cbow":
            counting = settings.replace(objective="sg", dim=_COUNTING_DIM)
            amount += _rate(encoded, counting)[1].examples * 2 * settings.dim
    return {**result, "tokens": result["amount"], "examples": trainer.examples, "amount": amount}


def multiply_adds(*, program: str) -> dict[str, Any]:
    """Run the compiled loop of independent multiply-adds: the most that one core can do."""
    amount, seconds = peak.measure(program)
    return {"amount": int(amount), "seconds": seconds}


def all_in(*, path: str, output: str, config: dict[str, Any], raw_tokens: int | None = None) -> dict[str, Any]:
    """Text file to saved vectors, in word2vec's text format; raw text, of so many tokens, by the tokenizer `words`."""
    settings = TrainConfig(**config)
    with Clock() as clock:
        corpus = path if raw_tokens is None else TextCorpus(path, tokenizer="words", lowercase=True)
        model = train(corpus, settings, progress=False)
        formats.save(model.vectors, output)
    tokens = model.provenance.tokens if raw_tokens is None else raw_tokens
    return {"seconds": clock.seconds, "amount": tokens * settings.epoch_count(), "words": len(model.vocabulary)}


def memory(*, config: dict[str, Any], path: str = "", words: int = 0, tokens: int = 0) -> dict[str, Any]:
    """Train on a text, or on made-up tokens, and make the word vectors; return bytes."""
    settings = TrainConfig(**config)
    with (
        Sampler() as sampler,
        encode_corpus(TextCorpus(path), min_count=settings.min_count)
        if path
        else zipf_corpus(words, tokens) as encoded,
    ):
        model = Trainer(encoded, settings).run()
        mapped = resident_bytes_of_files(encoded.directory) if path else None
        if mapped is None:  # after a whole pass every page has been read
            mapped = encoded.ids.nbytes + encoded.offsets.nbytes
        if path:
            len(model.vectors)  # made when they are first asked for
        parameters = model.parameters
        return {
            "peak": peak_bytes(),
            "matrices": parameters.inputs.nbytes + parameters.outputs.nbytes,
            "mapped": mapped,
            "parts": dict(sampler.peaks),
            "words": len(encoded.vocabulary),
            "rows": len(parameters.inputs),
            "tokens": len(encoded.ids),
        }


def stream(*, words: int, tokens: int, threads: int | None) -> dict[str, Any]:
    """Count and encode made-up text that comes through a pipe; return bytes."""
    command = [sys.executable, "-m", "benchmarks.programs.stream", str(tokens), str(words)]
    with Sampler() as sampler, subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        with encode_corpus(TextCorpus(f"/dev/fd/{writer.stdout.fileno()}"), threads=threads) as encoded:
            return {
                "peak": peak_bytes(),
                "matrices": 0,
                "mapped": 0,
                "parts": dict(sampler.peaks),
                "words": len(encoded.vocabulary),
                "rows": 0,
                "tokens": encoded.raw_tokens,
            }


def quality(
    *, path: str, config: dict[str, Any], sets: list[list[str]], top: int, tags: Sequence[str] = ()
) -> dict[str, Any]:
    """Train as a user does who gives `config`, and score.

    Seconds are those of the epochs; those of the processor are from the text to the vectors.
    """
    tests = load(sets)
    with Clock() as clock:
        model = train(path, progress=False, **config)
        vectors = model.vectors
    return {
        "seconds": sum(record.seconds for record in model.history),
        "cpu_seconds": clock.cpu_seconds,
        "amount": model.provenance.tokens * model.config.epoch_count(),
        "words": len(model.vocabulary),
        "config": model.config.to_dict(),
        **vars(score(vectors, tests, top, tags)),
    }


def encode(*, path: str, min_count: int, directory: str | None = None) -> dict[str, Any]:
    """Count and encode, into a directory that is kept or a temporary one."""
    with Clock() as clock:
        encoded = encode_corpus(TextCorpus(path), min_count=min_count, directory=directory, threads=1)
    with encoded:
        return {"seconds": clock.seconds, "amount": encoded.raw_tokens}


class _Twin(TextCorpus):
    """Raw text read by the readable twin of the compiled tokenizer."""

    def byte_chunks(self) -> None:
        """Return None: the twin reads strings."""

    def _split(self, text: str, name: str) -> list[str]:
        return words_of(text, lowercase=True)


def words(*, path: str, twin: bool) -> dict[str, Any]:
    """Count and encode raw text, lower-cased, with the tokenizer `words` or its twin; seconds of the processor."""
    corpus = (_Twin if twin else TextCorpus)(path, tokenizer="words", lowercase=True)
    split_words("é", lowercase=True)  # makes the tables
    words_of("क", lowercase=True)  # and the expressions
    with Clock() as clock:
        encoded = encode_corpus(corpus, min_count=SHARED["min_count"], threads=1)
    with encoded:
        return {"seconds": clock.cpu_seconds, "amount": encoded.raw_tokens}


class _LibraryMarkup:
    """Leaves all wikitext to mwparserfromhell."""

    def __init__(self, *_: object) -> None:
        pass

    def visible(self, text: str) -> tuple[str, str]:
        """Return what is visible of plain markup, none, and the rest."""
        return "", text


class _DumpTwin(WikiCorpus):
    """A dump read by one process, as lists of str."""

    def byte_chunks(self) -> None:
        """Return None: the twin reads strings."""


def dump(*, path: str, workers: int, twin: bool) -> dict[str, Any]:
    """Count and encode a MediaWiki dump, lower-cased; for one worker, seconds of the processor.

    The twin has no workers, and no threads that decompress for it.
    """
    if twin:
        wikitext.PlainMarkup = _LibraryMarkup  # type: ignore[assignment, misc]
    corpus = _DumpTwin(path, lowercase=True) if twin else WikiCorpus(path, lowercase=True, workers=workers)
    split_words("é", lowercase=True)  # makes the tables
    with Clock() as clock:
        encoded = encode_corpus(corpus, min_count=SHARED["min_count"])
    with encoded:
        return {"seconds": clock.cpu_seconds if workers == 1 else clock.seconds, "amount": encoded.raw_tokens}


def reading(*, paths: list[str], words: bool, threads: int) -> dict[str, Any]:
    """Count and encode files in threads; raw text with the tokenizer `words`, lower-cased."""
    corpus = TextCorpus(paths, tokenizer="words" if words else "whitespace", lowercase=words)
    split_words("é", lowercase=True)  # makes the tables
    with Clock() as clock:
        encoded = encode_corpus(corpus, min_count=SHARED["min_count"], threads=threads)
    with encoded:
        return {"seconds": clock.seconds, "cpu_seconds": clock.cpu_seconds, "amount": encoded.raw_tokens}


# phrases


def _learnt(path: str) -> PhraseModel:
    model = learn_phrases(TextCorpus(path), threads=1)
    list(model.apply([[]]))  # makes the tables that joining needs
    return model


def learn(*, path: str) -> dict[str, Any]:
    """Read a file and find its phrases, up to the tables that join them."""
    with Clock() as clock:
        model = _learnt(path)
    return {"seconds": clock.seconds, "amount": sum(map(len, sentences_of(path))), "found": len(model.passes[0])}


def join(*, path: str) -> dict[str, Any]:
    """Join the phrases of sentences that are lists in memory."""
    model, sentences = _learnt(path), sentences_of(path)
    with Clock() as clock:
        joined = sum(map(len, model.apply(sentences)))
    return {"seconds": clock.seconds, "amount": sum(map(len, sentences)), "found": joined}


# files of vectors


def made_up_vectors(words: int, dim: int) -> WordVectors:
    """Return normally distributed vectors, the same every time."""
    matrix = np.random.default_rng(1).standard_normal((words, dim), dtype=np.float32)
    return WordVectors([f"word{number}" for number in range(words)], matrix)


def write(*, path: str, words: int, dim: int) -> dict[str, Any]:
    """Write, in the shortest form that reads back as the same float32."""
    vectors = made_up_vectors(words, dim)
    with Clock() as clock:
        word2vec_text.write(vectors, path)
    return {"seconds": clock.seconds, "amount": words * dim}


def read(*, path: str) -> dict[str, Any]:
    """Read a text file."""
    with Clock() as clock:
        vectors = word2vec_text.read(path)
    return {"seconds": clock.seconds, "amount": len(vectors) * vectors.dim}


# the bare kernels


def aligned_rows(rows: int, dim: int, seed: int) -> NDArray[np.float32]:
    """Return float32[rows, stride] on a cache line, uniform in +-0.5 up to `dim` and zero beyond."""
    stride = stride_of(dim)
    memory = np.zeros(rows * stride * 4 + _CACHE_LINE, np.uint8)
    first = -memory.ctypes.data % _CACHE_LINE
    matrix = memory[first : first + rows * stride * 4].view(np.float32).reshape(rows, stride)
    _kernels.fill_uniform(matrix, dim, 0.5, seed, np.arange(len(matrix)))
    return matrix


def windows(*, path: str, shapes: list[tuple[str, int, int, bool]], dims: list[int], seconds: float) -> dict[str, Any]:
    """Return nanoseconds a window on a SIMD path, by kernel and dim: its rows stay in the first-level cache.

    Shapes are names, input vectors, output rows, and whether the mean of the inputs is trained; `seconds` is about how
    long to repeat each of them, in ten pieces of which the fastest counts.
    """
    found: dict[str, dict[str, float]] = {}
    for name, nx, ny, mean in shapes:
        for dim in dims:
            x, y = aligned_rows(nx, dim, 1), aligned_rows(ny, dim, 2)

            def taken(repeats: int) -> float:
                started = time.perf_counter()
                _kernels.train_window(x, y, _LR, 1.0, path, mean, repeats, dim)  # noqa: B023
                return time.perf_counter() - started

            taken(_FIRST_REPEATS)  # fetches code and rows
            repeats = max(1, int(seconds / _PIECES * _FIRST_REPEATS / taken(_FIRST_REPEATS)))
            # the least: whatever interrupts a piece is not the kernel's doing
            found.setdefault(name, {})[str(dim)] = min(taken(repeats) for _ in range(_PIECES)) / repeats * 1e9
    return {"nanoseconds": found}
