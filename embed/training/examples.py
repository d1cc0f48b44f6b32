"""What a text gives to learn from: where that is nothing, a run is refused; where it is little, it is told.

An example needs two tokens of one sentence that subsampling leaves. A text of one token a line has none, nor has one of
which subsampling leaves a token here and there: vectors would come out as random as they went in.
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
"""Less than this share is told. Wikipedia keeps half with 1e-4, three quarters with 1e-3."""
_SMALLEST_ROUNDED = 0.1
_BLOCK_SENTENCES = 1 << 16
_TOLERATED_ERRORS = 4.0


def refuse_without_pairs(corpus: EncodedCorpus, config: TrainConfig, tokens: int) -> None:
    """Raise NoExamplesError if there is no example in the first `tokens` of a corpus, whatever is drawn."""
    if config.loss == "hs" and len(corpus.vocabulary) == 1:
        raise NoExamplesError(
            f"nothing can be learnt: {corpus.vocabulary.words[0]!r:.60} is the only word that counts, and hierarchical "
            f"softmax tells words apart; train on more text, or lower {option('min_count')}"
        )
    offsets: NDArray[np.int64] = corpus.offsets
    for first in range(0, len(offsets) - 1, _BLOCK_SENTENCES):
        ends = np.minimum(offsets[first : first + _BLOCK_SENTENCES + 1], tokens)
        if (np.diff(ends) > 1).any():
            return
    raise NoExamplesError(
        f"nothing can be learnt: none of the {corpus.sentences:,} sentences has two words that count; if the text has "
        f"one token a line, join the tokens of a sentence to one line; if words are rare, lower {option('min_count')}"
    )


def no_examples(corpus: EncodedCorpus, subsample: float) -> NoExamplesError:
    """Return the error of a training that has met no example."""
    kept = _kept_share(corpus.vocabulary.counts, subsample)
    if kept < 1:
        return NoExamplesError(
            f"nothing was learnt: subsampling left no two words of a sentence ({option('subsample')} is {subsample:g}, "
            f"which keeps {_percent(kept)} of the tokens); give a larger value, or 0 to keep every token"
        )
    return NoExamplesError("nothing was learnt: no window held two words; train on more text")


def few_kept(counts: NDArray[np.int64], subsample: float) -> str:
    """Return what to say of a threshold that drops most of a text; empty if it does not."""
    kept = _kept_share(counts, subsample)
    if kept >= _FEW_KEPT:
        return ""
    return (
        f"{option('subsample')} is {subsample:g}, which keeps {_percent(kept)} of the tokens of a text with "
        f"{len(counts):,} distinct words; a larger value keeps more, and 0 keeps all"
    )


def advise_of_few_kept(counts: NDArray[np.int64], subsample: float) -> None:
    """Warn if subsampling drops most of a text, as a threshold for large vocabularies does to a small one."""
    if told := few_kept(counts, subsample):
        advise(told)


def loss_tolerance(loss: float, examples: int, config: TrainConfig) -> float:
    """Return by how much a mean loss may lie above what it ought to be by chance: four standard errors.

    The loss of an example has a standard deviation of about its mean at most. The examples of a center share its noise,
    and count as one.
    """
    centers = examples if config.objective == "cbow" else examples / config.window
    return _TOLERATED_ERRORS * loss / math.sqrt(max(centers, 1.0))


def _kept_share(counts: NDArray[np.int64], subsample: float) -> float:
    return float(np.average(keep_probabilities(counts, subsample), weights=counts))


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= _SMALLEST_ROUNDED else f"{share * 100:.2g}%"
