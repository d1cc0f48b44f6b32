"""Score how strongly two words belong together: the discounted score (two scalings) and normalised mutual information.

All functions have the signature of gensim's scoring functions, so that users can pass their own.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable

from embed.errors import ConfigError

__all__ = ["SCORERS", "Scorer", "npmi_scorer", "original_scorer", "scorer_of", "word2phrase_scorer"]

Scorer = Callable[..., float]
SCORER_ARGUMENTS = ("worda_count", "wordb_count", "bigram_count", "len_vocab", "min_count", "corpus_word_count")


def original_scorer(
    worda_count: float,
    wordb_count: float,
    bigram_count: float,
    len_vocab: float,
    min_count: float,
    corpus_word_count: float,
) -> float:
    """Return (count of the pair - min_count) / (product of the counts of its words) * size of the vocabulary.

    Equation 6 of Mikolov et al. 2013 with delta = min_count, scaled as in gensim: the size is the number of distinct
    words plus distinct pairs.
    """
    product = worda_count * wordb_count
    return (bigram_count - min_count) / product * len_vocab if product else -math.inf


def word2phrase_scorer(
    worda_count: float,
    wordb_count: float,
    bigram_count: float,
    len_vocab: float,
    min_count: float,
    corpus_word_count: float,
) -> float:
    """Return the same score, scaled by the number of tokens of the corpus, as in word2phrase.c."""
    return original_scorer(worda_count, wordb_count, bigram_count, corpus_word_count, min_count, corpus_word_count)


def npmi_scorer(
    worda_count: float,
    wordb_count: float,
    bigram_count: float,
    len_vocab: float,
    min_count: float,
    corpus_word_count: float,
) -> float:
    """Return the normalised pointwise mutual information, from -1 to 1 (Bouma 2009)."""
    if bigram_count < min_count or not worda_count or not wordb_count or not 0 < bigram_count < corpus_word_count:
        return -math.inf
    together = bigram_count / corpus_word_count
    return math.log(together * corpus_word_count**2 / (worda_count * wordb_count)) / -math.log(together)


SCORERS: dict[str, Scorer] = {"default": original_scorer, "npmi": npmi_scorer}


def scorer_of(scoring: str | Scorer) -> Scorer:
    """Return the scoring function with this name, or check a given function; raise ConfigError if it is invalid."""
    if isinstance(scoring, str):
        if scoring not in SCORERS:
            raise ConfigError(f"scoring must be one of {', '.join(SCORERS)} or a function, not {scoring!r}")
        return SCORERS[scoring]
    missing = set(SCORER_ARGUMENTS) - set(inspect.signature(scoring).parameters)
    if missing:
        raise ConfigError(f"the scoring function must also take the arguments {', '.join(sorted(missing))}")
    return scoring
