"""What a worker does with gensim: train from a file, train and score, scan."""

from __future__ import annotations

import importlib
import time
from typing import Any

from benchmarks.clock import Clock
from benchmarks.scoring import load, score
from embed.text.encoded_corpus import EncodedCorpus
from embed.vectors import WordVectors

__all__ = ["all_in_gensim", "quality_gensim", "rate_gensim", "scan_gensim", "train_gensim"]


def _model(settings: dict[str, Any]) -> Any:
    return importlib.import_module("gensim.models").Word2Vec(**settings)


def _train(model: Any, path: str, epochs: int) -> Clock:
    with Clock() as clock:
        model.train(
            corpus_file=path,
            total_examples=model.corpus_count,
            total_words=model.corpus_total_words,
            epochs=epochs,
        )
    return clock


def _tokens(model: Any) -> int:
    """Return the tokens of the text that are in the vocabulary."""
    return int(sum(model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key))


def train_gensim(*, path: str, epochs: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train in ``corpus_file`` mode and return the seconds of ``train``, without ``build_vocab``."""
    started = time.perf_counter()
    model = _model(settings)
    model.build_vocab(corpus_file=path)
    prepared = time.perf_counter() - started
    return {
        "seconds": _train(model, path, epochs).seconds,
        "amount": _tokens(model) * epochs,
        "prepare_seconds": prepared,
        "words": len(model.wv.index_to_key),
    }


def rate_gensim(*, directory: str, path: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Train once in ``corpus_file`` mode on the text at `path`, with the vocabulary of the encoded corpus.

    The text may be the beginning of what was encoded: speed depends on the vocabulary, not on the length.
    """
    with EncodedCorpus.open(directory) as encoded:
        counts = dict(zip(encoded.vocabulary.words, map(int, encoded.vocabulary.counts), strict=True))
    with open(path, encoding="utf-8") as file:
        lines = [line.split() for line in file]
    model = _model(settings)
    model.build_vocab_from_freq(counts, corpus_count=len(lines))
    model.corpus_total_words = sum(map(len, lines))
    tokens = sum(token in counts for line in lines for token in line)
    return {"seconds": _train(model, path, 1).seconds, "amount": tokens, "words": len(model.wv.index_to_key)}


def all_in_gensim(*, path: str, output: str, epochs: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Text file to saved vectors, in word2vec's text format."""
    importlib.import_module("gensim.models")  # not what is measured
    started = time.perf_counter()
    model = _model({**settings, "corpus_file": path, "epochs": epochs})
    model.wv.save_word2vec_format(output)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "amount": _tokens(model) * epochs, "words": len(model.wv.index_to_key)}


def quality_gensim(
    *, path: str, epochs: int, seed: int, settings: dict[str, Any], sets: list[list[str]], top: int
) -> dict[str, Any]:
    """Train in ``corpus_file`` mode and score."""
    model = _model({**settings, "seed": seed})
    model.build_vocab(corpus_file=path)
    return {
        **_train(model, path, epochs).times(),
        "amount": _tokens(model) * epochs,
        "words": len(model.wv.index_to_key),
        **score(WordVectors(model.wv.index_to_key, model.wv.vectors), load(sets), top).to_dict(),
    }


def scan_gensim(*, path: str, min_count: int) -> dict[str, Any]:
    """Count the words of a file, without building the vocabulary after it."""
    word2vec = importlib.import_module("gensim.models.word2vec")
    model = word2vec.Word2Vec(min_count=min_count)
    sentences = word2vec.LineSentence(path)
    started = time.perf_counter()
    tokens, _ = model.scan_vocab(corpus_iterable=sentences)
    return {"seconds": time.perf_counter() - started, "amount": int(tokens)}
