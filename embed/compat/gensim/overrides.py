"""What subclasses of gensim's models override of its training: followed where that is possible, refused otherwise.

gensim trains in Python threads, whose steps a subclass may override. Here the core trains, and most of these steps do
not exist: a subclass that overrides one would be trained as if it did not. `_scan_vocab`, which counts, and
`_do_train_job`, which gets the sentences of a batch and hands them on, are called.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from embed.compat.errors import NotHereError
from embed.compat.gensim.errors import NotReadyError
from embed.errors import ConfigError

if TYPE_CHECKING:
    from embed.compat.gensim.learnt import LearntModel

__all__ = ["HandedOn", "refuse_ngrams", "refuse_overrides"]

logger = logging.getLogger("gensim.models.word2vec")

Job = Callable[[Any, float, Any], object]
"""Takes the sentences of a batch, the learning rate, and gensim's working memory, which there is none of."""
_STEPS = (
    "_do_train_epoch",
    "_get_next_alpha",
    "_job_producer",
    "_train_epoch",
    "_train_epoch_corpusfile",
    "_worker_loop",
    "_worker_loop_corpusfile",
    "add_null_word",
    "create_binary_tree",
    "init_weights",
    "make_cum_table",
    "update_weights",
)
"""Steps of gensim's training that do not exist here."""
_NGRAMS = "recalc_char_ngram_buckets"
_SCAN, _HAND_ON = "_scan_vocab", "_do_train_job"
"""Steps that are called, of models of words."""


def refuse_overrides(cls: type, base: type, has_documents: bool) -> None:
    """Raise NotHereError if a subclass overrides a step of the training that is not called here."""
    steps = [name for name in _STEPS if hasattr(cls, name)]
    if has_documents:
        steps += [name for name in (_SCAN, _HAND_ON) if getattr(cls, name) is not getattr(base, name)]
    if steps:
        raise NotHereError(
            f"{cls.__name__}.{steps[0]} overrides a step of gensim's training that this stand-in does not have: "
            "override build_vocab or train, or train this class with gensim"
        )


def refuse_ngrams(vectors: type) -> None:
    """Raise NotHereError if a class of vectors cuts words into n-grams of its own."""
    if hasattr(vectors, _NGRAMS):
        raise NotHereError(
            f"{vectors.__name__}.{_NGRAMS} gives words other n-grams than those of their letters, which this stand-in "
            "does not train: use Word2Vec, or train with gensim"
        )


class HandedOn:
    """The sentences that a subclass's `_do_train_job` hands on to the one it overrides.

    Parameters
    ----------
    model : LearntModel
    job : callable
        The model's `_do_train_job`, called with batches of up to ``batch_words`` tokens.
    sentences : iterable of lists of tokens

    Raises
    ------
    NotReadyError
        While reading: `_do_train_job` hands nothing on.
    ConfigError
        It hands on another learning rate.
    """

    def __init__(self, model: LearntModel, job: Job, sentences: Iterable[Any]) -> None:
        self._model, self._job, self._sentences = model, job, sentences
        self._handed: list[Any] | None = None
        self._name = f"{type(model).__name__}.{_HAND_ON}"

    def __iter__(self) -> Iterator[Any]:
        if self._model.epochs > 1:
            logger.warning(
                "%s is called once for each sentence, not once in each of the %d epochs: what it makes of a sentence "
                "is the same in all epochs",
                self._name,
                self._model.epochs,
            )
        batch: list[Any] = []
        tokens = 0
        for sentence in self._sentences:
            if tokens + len(sentence) > self._model.batch_words and batch:
                yield from self._through(batch)
                batch, tokens = [], 0
            batch.append(sentence)
            tokens += len(sentence)
        if batch:
            yield from self._through(batch)

    def take(self, sentences: Iterable[Any], alpha: float) -> None:
        """Take the sentences that the override hands on."""
        if alpha != self._model.alpha:
            raise ConfigError(
                f"{self._name} hands on the learning rate {alpha:g}, but the rate falls from "
                f"alpha={self._model.alpha:g} by itself: set alpha and min_alpha, or train this class with gensim"
            )
        self._handed = [*(self._handed or ()), *sentences]

    def _through(self, batch: list[Any]) -> list[Any]:
        self._handed = None
        self._job(batch, self._model.alpha, (None, None))
        if self._handed is None:
            raise NotReadyError(
                f"{self._name} does not call super().{_HAND_ON}, so that no sentence is trained: let it hand its "
                "sentences on, or train this class with gensim"
            )
        return self._handed
