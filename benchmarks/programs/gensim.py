"""What a fresh process does with gensim."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.lib.machine import Clock
from benchmarks.lib.scoring import load, score
from benchmarks.programs import sentences_of
from benchmarks.programs.ours import made_up_vectors
from embed.text.encoded_corpus import EncodedCorpus
from embed.vectors import WordVectors


def _model(settings: dict[str, Any]) -> Any:
    return importlib.import_module("gensim.models").Word2Vec(**settings)


def _train(model: Any, path: str, epochs: int) -> Clock:
    counts = {"total_examples": model.corpus_count, "total_words": model.corpus_total_words}
    with Clock() as clock:
        model.train(corpus_file=path, **counts, epochs=epochs)
    return clock


def _documents(path: str, settings: dict[str, Any]) -> Any:
    """Return an untrained model of the lines of a text, and the lines."""
    doc2vec = importlib.import_module("gensim.models.doc2vec")
    lines = sentences_of(path)
    tagged = [doc2vec.TaggedDocument(words, [number]) for number, words in enumerate(lines)]
    model = doc2vec.Doc2Vec(**settings)
    model.build_vocab(tagged)
    return model, tagged


def documents(*, path: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Train a vector for each line of a text, in ``corpus_file`` mode, which is its fastest."""
    model, _ = _documents(path, settings)
    return {"seconds": _train(model, path, model.epochs).seconds, **_done(model, model.epochs)}


def infer(*, path: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Train on the lines of a text, and time how long inferring them takes, one call each."""
    model, tagged = _documents(path, settings)
    _train(model, path, model.epochs)
    with Clock() as clock:
        for document in tagged:
            model.infer_vector(document.words, epochs=model.epochs)
    return {"seconds": clock.seconds, "amount": _done(model, model.epochs)["amount"]}


def _done(model: Any, epochs: int) -> dict[str, int]:
    """Return the tokens of the text that are in the vocabulary, and the words of that."""
    words = model.wv.index_to_key
    return {"amount": epochs * int(sum(model.wv.get_vecattr(word, "count") for word in words)), "words": len(words)}


def rate(*, directory: str, path: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Train once in ``corpus_file`` mode on the text at `path`, with the vocabulary of the encoded corpus.

    The text may be the beginning of what was encoded: speed depends on the vocabulary, not on the length.
    """
    with EncodedCorpus.open(directory) as encoded:
        counts = dict(zip(encoded.vocabulary.words, map(int, encoded.vocabulary.counts), strict=True))
    lines = sentences_of(path)
    model = _model(settings)
    model.build_vocab_from_freq(counts, corpus_count=len(lines))
    model.corpus_total_words = sum(map(len, lines))
    tokens = sum(token in counts for line in lines for token in line)
    return {"seconds": _train(model, path, 1).seconds, "amount": tokens, "words": len(model.wv.index_to_key)}


def classes(*, package: str, of: str, path: str, epochs: int, settings: dict[str, Any], locked: bool) -> dict[str, Any]:
    """Train a class of gensim, or our stand-in for it, with one call; seconds of the processor.

    The call counts as a whole: it reads the text, too. With `locked`, every second word keeps its vector.
    """
    model = getattr(importlib.import_module(package), of)(**settings)
    model.build_vocab(corpus_file=path)
    if locked:
        model.wv.vectors_lockf = (np.arange(len(model.wv)) % 2).astype(np.float32)
    return {"seconds": _train(model, path, epochs).cpu_seconds, **_done(model, epochs)}


def all_in(
    *, path: str, output: str, epochs: int, settings: dict[str, Any], raw_tokens: int | None = None
) -> dict[str, Any]:
    """Text file to saved vectors, in word2vec's text format; raw text, of so many tokens, by `simple_preprocess`."""
    importlib.import_module("gensim.models")  # not what is measured
    preprocess = importlib.import_module("gensim.utils").simple_preprocess
    with Clock() as clock:
        if raw_tokens is None:
            source: dict[str, Any] = {"corpus_file": path}
        else:
            with open(path, encoding="utf-8") as lines:
                source = {"sentences": [preprocess(line) for line in lines]}
        model = _model({**settings, **source, "epochs": epochs})
        model.wv.save_word2vec_format(output)
    done = _done(model, epochs)
    return {"seconds": clock.seconds, **done, "amount": done["amount"] if raw_tokens is None else raw_tokens * epochs}


def quality(
    *,
    path: str,
    epochs: int,
    seed: int,
    settings: dict[str, Any],
    sets: list[list[str]],
    top: int,
    tags: Sequence[str] = (),
) -> dict[str, Any]:
    """Train in ``corpus_file`` mode and score."""
    model = _model({**settings, "seed": seed})
    model.build_vocab(corpus_file=path)
    times = _train(model, path, epochs).times()
    scores = score(WordVectors(model.wv.index_to_key, model.wv.vectors), load(sets), top, tags)
    return {**times, **_done(model, epochs), **vars(scores)}


def encode(*, path: str, min_count: int) -> dict[str, Any]:
    """Count the words of a file, without building the vocabulary after it."""
    word2vec = importlib.import_module("gensim.models.word2vec")
    model, sentences = word2vec.Word2Vec(min_count=min_count), word2vec.LineSentence(path)
    with Clock() as clock:
        tokens, _ = model.scan_vocab(corpus_iterable=sentences)
    return {"seconds": clock.seconds, "amount": int(tokens)}


def _phrases(path: str) -> Any:
    lines = importlib.import_module("gensim.models.word2vec").LineSentence(path)
    return importlib.import_module("gensim.models.phrases").Phrases(lines).freeze()


def learn(*, path: str) -> dict[str, Any]:
    """Read a file and find its phrases, up to the frozen ones."""
    with Clock() as clock:
        model = _phrases(path)
    return {"seconds": clock.seconds, "amount": sum(map(len, sentences_of(path))), "found": len(model.phrasegrams)}


def join(*, path: str) -> dict[str, Any]:
    """Join the phrases of sentences that are lists in memory."""
    model, sentences = _phrases(path), sentences_of(path)
    with Clock() as clock:
        joined = sum(map(len, model[sentences]))
    return {"seconds": clock.seconds, "amount": sum(map(len, sentences)), "found": joined}


def write(*, path: str, words: int, dim: int) -> dict[str, Any]:
    """Write with KeyedVectors.save_word2vec_format."""
    vectors = made_up_vectors(words, dim)
    keyed = importlib.import_module("gensim.models").KeyedVectors(dim)
    keyed.add_vectors(vectors.words, vectors.matrix)
    with Clock() as clock:
        keyed.save_word2vec_format(path)
    return {"seconds": clock.seconds, "amount": words * dim}


def read(*, path: str) -> dict[str, Any]:
    """Read a text file with KeyedVectors.load_word2vec_format."""
    keyed = importlib.import_module("gensim.models").KeyedVectors
    with Clock() as clock:
        vectors = keyed.load_word2vec_format(path)
    return {"seconds": clock.seconds, "amount": int(vectors.vectors.size)}
