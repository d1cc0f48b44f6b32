"""Take every so many sentences of an encoded corpus, and all of its end, as a corpus of its own, without a copy."""

from __future__ import annotations

import numpy as np

from embed.text.encoded_corpus import ID_TYPE, OFFSET_TYPE, EncodedCorpus

__all__ = ["SpreadCorpus"]


class SpreadCorpus(EncodedCorpus):
    """A share of the sentences of an encoded corpus, spread evenly, and all from one sentence on.

    It reads the files of that corpus, and must not outlive it. Closing it leaves that corpus open. Vocabulary and
    counts are those of the whole.

    Parameters
    ----------
    whole : EncodedCorpus
        Whose sentences stand at their offsets.
    share : float
        Of the sentences before `tail`, above 0 and at most 1.
    tail : int
        The first of the sentences that are all taken.

    Attributes
    ----------
    tail_tokens : int
        The tokens of the end.
    """

    def __init__(self, whole: EncodedCorpus, share: float, tail: int) -> None:
        self.directory, self.vocabulary = whole.directory, whole.vocabulary
        self.count_error, self.least_count = whole.count_error, whole.least_count
        self.ids = whole.ids
        numbers = np.floor(np.arange(tail + 1) * share)
        taken = np.concatenate([np.flatnonzero(np.diff(numbers) > 0), np.arange(tail, whole.sentences)])
        self.starts = whole.offsets[taken]
        self.offsets = np.zeros(len(taken) + 1, np.int64)
        np.cumsum(whole.offsets[taken + 1] - self.starts, out=self.offsets[1:])
        self.tail_tokens = whole.tokens - int(whole.offsets[tail])
        self.raw_tokens = max(round(whole.raw_tokens * self.tokens / whole.tokens), self.tokens)
        self.fingerprint = f"{whole.fingerprint} spread {share!r} {tail}"

    def close(self) -> None:
        """Let go of the encoded corpus, which stays open. Closing twice is allowed."""
        self.ids, self.starts = np.empty(0, ID_TYPE), np.empty(0, OFFSET_TYPE)
        self.offsets = np.zeros(1, OFFSET_TYPE)
