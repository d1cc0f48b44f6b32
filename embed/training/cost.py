"""Estimate memory and time of a training run before it starts.

Memory follows from the sizes of the arrays, exactly for the words of a text; for a mere number of words, the n-gram
rows are estimated. Time comes from a run of about a second with the same settings on made-up tokens
(:mod:`embed.text.made_up`), with smaller matrices; larger vocabularies miss the caches a little more often.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from embed.config.train import TrainConfig
from embed.errors import AdviceWarning
from embed.model.parameters import output_count, stride_of
from embed.text.made_up import made_up_words, zipf_corpus
from embed.training.trainer import Trainer
from embed.vocabulary.ngrams import scheme_of
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["Estimate", "estimate", "tokens_per_second"]

_FLOAT, _ID, _OFFSET = 4, 4, 8
_WORD_TABLES = 8 + 4 + 8
"""Bytes per word: an entry of the noise table, a keep threshold, a count."""
_STRING = 49 + 8
"""Bytes of a Python string besides its ASCII letters, and of the list's pointer to it (CPython, 64 bits)."""
_SAMPLED_WORDS = 20_000
_TRIAL_WORDS, _TRIAL_BUCKETS, _TRIAL_TOKENS, _TRIAL_SECONDS, _TRIAL_RATE = 200_000, 500_000, 200_000, 1.0, 0.01


@dataclass(frozen=True)
class Estimate:
    """The cost of a run.

    Attributes
    ----------
    matrices : int
        Bytes of input and output rows, padded.
    vocabulary : int
        Bytes of the words, their tables and their lists of input rows.
    composed : int
        Bytes of the word vectors composed at the end; 0 if they are the input rows.
    corpus : int
        Bytes of the encoded corpus on disk, mapped into memory as far as there is room.
    tokens_per_second : float
        Corpus tokens in the vocabulary, before subsampling.
    seconds : float
        The time of all epochs, without reading the text.
    """

    matrices: int
    vocabulary: int
    composed: int
    corpus: int
    tokens_per_second: float
    seconds: float

    @property
    def memory(self) -> int:
        """Bytes that the run needs, without the interpreter, its libraries and the mapped corpus."""
        return self.matrices + self.vocabulary + self.composed


def estimate(config: TrainConfig, tokens: int, vocabulary: Vocabulary | int, sentences: int = 0) -> Estimate:
    """Estimate the cost of a run.

    Parameters
    ----------
    config : TrainConfig
    tokens : int
        Tokens of an epoch in the vocabulary.
    vocabulary : Vocabulary or int
        The words, or their number, for words of eight letters.
    sentences : int
        Sentences of the corpus, if known.
    """
    words = vocabulary if isinstance(vocabulary, int) else len(vocabulary)
    row = stride_of(config.dim) * _FLOAT
    sample = made_up_words(min(words, _SAMPLED_WORDS)) if isinstance(vocabulary, int) else vocabulary.words
    share = words / len(sample)
    letters = share * sum(map(len, sample))
    scheme = scheme_of(config)
    entries, rows = float(words), words
    if scheme is not None:
        _, sample_rows, buckets = scheme.found_rows(sample)
        entries = share * len(sample_rows)
        rows = scheme.word_rows(words) + min(int(share * len(buckets)), scheme.buckets)
    rate = tokens_per_second(config, words)
    return Estimate(
        matrices=(rows + output_count(words, config)) * row,
        vocabulary=int(words * (_WORD_TABLES + _STRING + _OFFSET) + letters + entries * _ID),
        composed=0 if scheme is None else words * row,
        corpus=tokens * _ID + (sentences + 1) * _OFFSET,
        tokens_per_second=rate,
        seconds=tokens * config.epoch_count() / rate,
    )


def tokens_per_second(config: TrainConfig, words: int) -> float:
    """Measure the speed of training on made-up tokens, for about a second."""
    trial = config.replace(
        epochs=1,
        held_out=0.0,
        buckets=min(config.buckets, _TRIAL_BUCKETS),
        # rates at which no made-up text diverges
        lr=_TRIAL_RATE,
        input_lr=_TRIAL_RATE,
        min_lr=None,
    )
    # Advice about made-up tokens does not apply to the run.
    with (
        warnings.catch_warnings(action="ignore", category=AdviceWarning),
        zipf_corpus(min(words, _TRIAL_WORDS), _TRIAL_TOKENS) as corpus,
    ):
        trainer = Trainer(corpus, trial)
        trainer.run()
        first = trainer.history[0]
        epochs = int(_TRIAL_SECONDS / first.seconds)
        if epochs < 2:
            return first.tokens_per_second
        trainer = Trainer(corpus, trial.replace(epochs=epochs), parameters=trainer.parameters)
        trainer.run()
    return float(np.median([record.tokens_per_second for record in trainer.history]))
