"""Check that a text has examples to learn from: raise without any, warn if subsampling drops most of the text.

An example needs two tokens of a sentence after subsampling, or one token of a document. A text of one token a line has
none, nor has a text of which subsampling keeps only scattered tokens: the vectors would stay random.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.errors import NoExamplesError, advise
from embed.messages import option
from embed.text.encoded_corpus import EncodedCorpus
from embed.vocabulary.sampling import keep_probabilities

__all__ = ["advise_of_few_kept", "few_kept", "loss_tolerance", "no_examples", "refuse_without_pairs"]

_FEW_KEPT = 0.2
"""Warn if subsampling keeps less than this share. Wikipedia keeps half with 1e-4, three quarters with 1e-3."""
_SMALLEST_ROUNDED = 0.1
_TOLERATED_ERRORS = 4.0


def refuse_without_pairs(corpus: EncodedCorpus, config: TrainConfig, tokens: int, *, has_documents: bool) -> None:
    """Raise NoExamplesError if the first `tokens` of a corpus, whole sentences, hold no example, whatever is drawn."""
    if config.loss == "hs" and len(corpus.vocabulary) == 1:
        raise NoExamplesError(
            f"nothing to learn: the vocabulary has a single word, {corpus.vocabulary.words[0]!r:.60}, and hierarchical "
            f"softmax needs two; train on more text, or lower {option('min_count')}"
        )
    if has_documents:  # a document is a context of each of its words
        return
    end = corpus.first_pair()
    if end is not None and end <= tokens:
        return
    raise NoExamplesError(
        f"nothing to learn: none of the {corpus.sentences:,} sentences has two words of the vocabulary; if the text "
        f"has one token a line, join each sentence to one line; if words are rare, lower {option('min_count')}"
    )


def no_examples(corpus: EncodedCorpus, subsample: float) -> NoExamplesError:
    """Return the error of a training that found no example."""
    kept = _kept_share(corpus.counts, subsample)
    if kept < 1:
        return NoExamplesError(
            f"nothing to learn: subsampling left no sentence with two words ({option('subsample')} is {subsample:g}, "
            f"which keeps {_percent(kept)} of the tokens); raise {option('subsample')}, or set it to 0 to keep all"
        )
    return NoExamplesError("nothing to learn: no window held two words; train on more text")


def few_kept(counts: NDArray[np.int64], subsample: float) -> str:
    """Return the warning for a threshold that drops most of a text; empty otherwise."""
    kept = _kept_share(counts, subsample)
    if kept >= _FEW_KEPT:
        return ""
    return (
        f"{option('subsample')} is {subsample:g}, which keeps only {_percent(kept)} of the tokens of a text with "
        f"{len(counts):,} distinct words: raise {option('subsample')}, or set it to 0 to keep all"
    )


def advise_of_few_kept(counts: NDArray[np.int64], subsample: float) -> bool:
    """Warn if subsampling drops most of a text, as a threshold for large vocabularies does; return whether it does."""
    if told := few_kept(counts, subsample):
        advise(told)
    return bool(told)


def loss_tolerance(loss: float, examples: int, config: TrainConfig) -> float:
    """Return how far a mean loss may exceed its expectation by chance: four standard errors.

    The standard deviation of an example's loss is at most about its mean. The examples of a center share their noise
    and count as one.
    """
    centers = examples / config.window if config.objective == "sg" else examples
    return _TOLERATED_ERRORS * loss / math.sqrt(max(centers, 1.0))


def _kept_share(counts: NDArray[np.int64], subsample: float) -> float:
    return float(np.average(keep_probabilities(counts, subsample), weights=counts))


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= _SMALLEST_ROUNDED else f"{share * 100:.2g}%"
