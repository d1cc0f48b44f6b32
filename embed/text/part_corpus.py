"""Take a part of an encoded corpus, from one sentence to another, as a corpus of its own."""

from __future__ import annotations

import numpy as np

from embed.text.encoded_corpus import ID_TYPE, OFFSET_TYPE, EncodedCorpus

__all__ = ["PartCorpus", "parts"]


class PartCorpus(EncodedCorpus):
    """Consecutive sentences of an encoded corpus, with the vocabulary of the whole and its counts.

    It reads the files of that corpus, and must not outlive it. Closing it leaves that corpus open.

    Parameters
    ----------
    whole : EncodedCorpus
        Whose sentences stand at their offsets.
    first, last : int
        The sentences first..last-1.
    """

    def __init__(self, whole: EncodedCorpus, first: int, last: int) -> None:
        self.directory, self.vocabulary = whole.directory, whole.vocabulary
        self.count_error, self.least_count = whole.count_error, whole.least_count
        begin, end = int(whole.offsets[first]), int(whole.offsets[last])
        self.offsets = whole.offsets[first : last + 1] - begin
        self.ids = whole.ids[begin:end]
        self.raw_tokens = max(round(whole.raw_tokens * self.tokens / whole.tokens), self.tokens)
        self.fingerprint = f"{whole.fingerprint} sentences {first} to {last}"

    def close(self) -> None:
        """Let go of the encoded corpus, which stays open. Closing twice is allowed."""
        self.ids, self.offsets = np.empty(0, ID_TYPE), np.zeros(1, OFFSET_TYPE)


def parts(whole: EncodedCorpus, tokens: int, count: int) -> list[range]:
    """Cut the first `tokens` tokens, which end with a sentence, into up to `count` parts of about the same length.

    Returns
    -------
    list of range
        The sentences of each part; none is empty.
    """
    wanted = np.arange(1, count + 1) * tokens // count
    ends = np.unique(np.searchsorted(whole.offsets, wanted))
    return [range(int(first), int(last)) for first, last in zip([0, *ends[:-1]], ends, strict=True) if last > first]
