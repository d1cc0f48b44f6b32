"""Draw a text from an encoded one, sentence by sentence with replacement: a bootstrap of the text, without a copy.

As many sentences are drawn as there are, so that each is drawn Poisson(1) times, roughly: 37 % not at all. The drawn
sentences stand in the order of the text. Training visits each as often as it was drawn, from where it stands in the
file of the encoded corpus; only its place there and its position in the drawn text are stored, 16 bytes a sentence.

- *The words are those of the whole text*, so that the vectors of several draws can be compared row by row.
- *The counts are those of the draw*, because subsampling and noise are a part of what is learnt from a text (the
  plug-in principle: Efron & Tibshirani 1993, chapter 4). A word that was not drawn counts once: it can be noise.
- *The order is that of the text*, so that the file is read from its begin to its end, and what is held out, the end of
  the text, holds no sentence of what is trained.

Drawing the documents of a corpus with replacement, to see how far word similarities depend on single documents, is what
Antoniak & Mimno (2018) do ("Evaluating the Stability of Embedding-based Word Similarities", TACL 6).

Rejected: writing the drawn text (N copies of the corpus), a random order (a disk would be read in single sentences),
weights of sentences instead of repetitions (a step of twice the length is not two steps).
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from embed.errors import CorpusError
from embed.text.encoded_corpus import ID_TYPE, OFFSET_TYPE, EncodedCorpus

__all__ = ["DrawnCorpus", "times_drawn"]

_PURPOSE = b"sentences"
_BLOCK = 1 << 22
"""Draws, or tokens, at a time."""


class DrawnCorpus(EncodedCorpus):
    """A text of sentences that were drawn from an encoded corpus with replacement.

    It reads the files of that corpus, and must not outlive it. Closing it leaves that corpus open.

    Attributes
    ----------
    ids : int32[N], memory-mapped
        The tokens of the encoded corpus.
    offsets : int64[S+1]
        The first position of each sentence in the drawn text.
    starts : int64[S]
        The begin of each sentence in `ids`.
    vocabulary : Vocabulary
        That of the encoded corpus, with its counts.
    counts : int64[V]
        Occurrences of each word in the drawn text; 1 for words that do not occur.
    raw_tokens : int
        In proportion to those of the encoded corpus, since the words outside the vocabulary are not stored.
    fingerprint : str
        Identifies the corpus and the draw.

    Parameters
    ----------
    whole : EncodedCorpus
    seed : int
        Of the draw.

    Raises
    ------
    CorpusError
        The corpus has a single sentence, which every draw would repeat.
    """

    def __init__(self, whole: EncodedCorpus, seed: int) -> None:
        if whole.sentences < 2:
            raise CorpusError(
                "cannot draw sentences from a text of a single one: every draw would be the text itself; give a text "
                "with one sentence a line"
            )
        times = times_drawn(whole.sentences, seed)
        drawn = np.repeat(np.arange(whole.sentences), times)
        self.directory, self.vocabulary = whole.directory, whole.vocabulary
        self.count_error, self.least_count = whole.count_error, whole.least_count
        self.ids = whole.ids
        self.starts = whole.offsets[drawn]
        self.offsets = np.zeros(len(drawn) + 1, np.int64)
        np.cumsum(whole.offsets[drawn + 1] - self.starts, out=self.offsets[1:])
        self._counts = np.maximum(_counted(whole, times), 1)
        self.raw_tokens = max(round(whole.raw_tokens * self.tokens / whole.tokens), self.tokens)
        digest = hashlib.blake2b(times.astype("<i4").data, digest_size=16).hexdigest()
        self.fingerprint = f"{whole.fingerprint} drawn {digest}"

    @property
    def counts(self) -> NDArray[np.int64]:
        """Occurrences of each word in the drawn text, at least 1."""
        return self._counts

    def close(self) -> None:
        """Let go of the encoded corpus, which stays open. Closing twice is allowed."""
        self.ids, self.starts = np.empty(0, ID_TYPE), np.empty(0, OFFSET_TYPE)
        self.offsets = np.zeros(1, OFFSET_TYPE)


def times_drawn(sentences: int, seed: int) -> NDArray[np.int32]:
    """Return how often each of S sentences is drawn in S draws with replacement, int32[S].

    A draw is the high half of a raw 64-bit number of PCG64, whose stream NumPy never changes, scaled to the sentences:
    none is favoured by more than 1 / 2**32.
    """
    source = np.random.PCG64([seed, *_PURPOSE])
    times = np.zeros(sentences, np.int32)
    for first in range(0, sentences, _BLOCK):
        numbers = source.random_raw(min(_BLOCK, sentences - first)) >> np.uint64(32)
        np.add.at(times, (numbers * np.uint64(sentences)) >> np.uint64(32), 1)
    return times


def _counted(whole: EncodedCorpus, times: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return how often each word occurs in sentences that are repeated so often, int64[V]."""
    offsets, counts = whole.offsets, np.zeros(len(whole.vocabulary))
    for first in range(0, whole.tokens, _BLOCK):
        last = min(first + _BLOCK, whole.tokens)
        inside = slice(int(np.searchsorted(offsets, first, "right")) - 1, int(np.searchsorted(offsets, last)))
        ends = np.clip(offsets[inside.start : inside.stop + 1], first, last)
        weights = np.repeat(times[inside], np.diff(ends))
        counts += np.bincount(whole.ids[first:last], weights, minlength=len(counts))
    return counts.astype(np.int64)
