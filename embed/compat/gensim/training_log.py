"""Log the progress of a training under gensim's name, in the words that programs for gensim look for.

Seen in gensim 4.4 (gensim/models/word2vec.py): epochs count from 0; a line at most every `report_delay` seconds has the
share of the epoch and the words per second since it began, and a line at the end of an epoch its words and its time.
There are no queues here, so a line does not have their sizes.
"""

from __future__ import annotations

import logging

from embed.training.progress import Event, State

__all__ = ["TrainingLog"]

logger = logging.getLogger("gensim.models.word2vec")


class TrainingLog:
    """Logs the epochs of one training; a :class:`embed.training.progress.Sink`.

    Parameters
    ----------
    words, raw_words : int
        Tokens of an epoch: those in the vocabulary, and all.
    report_delay : float
        The least time between two lines (seconds).
    """

    def __init__(self, words: int, raw_words: int, report_delay: float) -> None:
        self._words, self._raw_words, self._delay = words, raw_words, report_delay
        self._epoch, self._began, self._seen, self._due = 0, 0.0, 0.0, report_delay

    def show(self, state: State) -> None:
        """Log a line if one is due."""
        if state.epoch is None or state.share_of_epoch is None:
            return
        if state.epoch != self._epoch:
            self._epoch, self._began = state.epoch, self._seen
        self._seen = state.seconds
        took = state.seconds - self._began
        if state.seconds >= self._due and took > 0:
            self._due = state.seconds + self._delay
            share = state.share_of_epoch
            logger.info(
                "EPOCH %i - PROGRESS: at %.2f%% examples, %.0f words/s",
                state.epoch - 1,
                100 * share,
                share * self._words / took,
            )

    def note(self, event: Event) -> None:
        """Log the end of an epoch."""
        if event.name == "epoch":
            seconds = event.facts["seconds"]
            logger.info(
                "EPOCH %i: training on %i raw words (%i effective words) took %.1fs, %.0f effective words/s",
                event.facts["epoch"] - 1,
                self._raw_words,
                self._words,
                seconds,
                self._words / seconds,
            )

    def finish(self) -> None:
        """Log nothing."""

    close = finish
