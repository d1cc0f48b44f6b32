"""What a worker does with phrases, ours and gensim's: learn them from a file, join them in lists of words."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable
from typing import Any

from embed.corpora import TextCorpus
from embed.text.phrases.learning import PhraseModel, learn_phrases

__all__ = ["join_gensim", "join_ours", "learn_gensim", "learn_ours"]


def _learnt_ours(path: str) -> PhraseModel:
    model = learn_phrases(TextCorpus(path))
    list(model.apply([[]]))  # makes the tables that joining needs
    return model


def _learnt_gensim(path: str) -> Any:
    lines = importlib.import_module("gensim.models.word2vec").LineSentence(path)
    return importlib.import_module("gensim.models.phrases").Phrases(lines).freeze()


def _sentences(path: str) -> list[list[str]]:
    with open(path, encoding="utf-8") as file:
        return [line.split() for line in file]


def learn_ours(*, path: str) -> dict[str, Any]:
    """Read a file and find its phrases, up to the tables that join them."""
    started = time.perf_counter()
    model = _learnt_ours(path)
    return _result(time.perf_counter() - started, _sentences(path), len(model.passes[0]))


def learn_gensim(*, path: str) -> dict[str, Any]:
    """Do the same with gensim, up to its frozen phrases."""
    started = time.perf_counter()
    model = _learnt_gensim(path)
    return _result(time.perf_counter() - started, _sentences(path), len(model.phrasegrams))


def join_ours(*, path: str) -> dict[str, Any]:
    """Join the phrases of sentences that are lists in memory."""
    model, sentences = _learnt_ours(path), _sentences(path)
    started = time.perf_counter()
    joined = _drained(model.apply(sentences))
    return _result(time.perf_counter() - started, sentences, joined)


def join_gensim(*, path: str) -> dict[str, Any]:
    """Do the same with gensim's frozen phrases."""
    model, sentences = _learnt_gensim(path), _sentences(path)
    started = time.perf_counter()
    joined = _drained(model[sentences])
    return _result(time.perf_counter() - started, sentences, joined)


def _drained(sentences: Iterable[list[str]]) -> int:
    return sum(map(len, sentences))


def _result(seconds: float, sentences: list[list[str]], found: int) -> dict[str, Any]:
    return {"seconds": seconds, "amount": sum(map(len, sentences)), "found": found}
