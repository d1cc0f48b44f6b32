"""Read a text on the workers of a cluster: each counts and encodes a share of it, and this process sees no token.

The steps are those of :mod:`embed.text.encoding`: count, choose the words, replace provisional ids. Each worker does
the first and the last with its share (:mod:`embed.text.shard`); the words are chosen here, from the sums of all counts.
Then each lane gets its sentences: those that it would get of a text encoded here (:mod:`embed.text.part_corpus`), so
that the vectors are the same. Nearly all are in the worker's own shard, and workers give each other the rest.

A worker that dies is replaced, and the new one reads the share again.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.config.defaults import least_count
from embed.config.train import TrainConfig
from embed.corpora import PIECE_TOKENS
from embed.corpora.dealing import Share, fingerprint_of_shares
from embed.errors import AdviceWarning, ClusterError, ClusterWarning, advise
from embed.text import _text
from embed.text.bounded_counting import words_held
from embed.text.encoded_corpus import ID_TYPE, OFFSET_TYPE, EncodedCorpus
from embed.text.encoded_folder import fingerprint_with
from embed.text.encoding import ranked, warn_of_error
from embed.text.shard import Counted, Encoded
from embed.training.backends.crew import Crew, Handle, LaneLost
from embed.training.backends.texts import too_few_sentences
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["ShardedCorpus", "Shards", "read_shards", "why_unshared"]

_POLL_SECONDS, _LOOK_SECONDS = 0.1, 1.0
_BLOCK_TOKENS = 1 << 22
"""Tokens of a piece that workers give each other."""
_MOST_LOSSES = 5
"""Workers that may die while the text is read, for each lane."""

Arguments = Callable[[int], tuple[Any, ...]]


@dataclass(frozen=True)
class _Step:
    """A method that all workers have done, with the arguments of each, and what it returned."""

    method: str
    arguments: Arguments
    results: list[Any]


class Shards:
    """Calls methods of all workers, and replaces those that die.

    Parameters
    ----------
    crew : Crew
        With a worker for each lane.
    lanes : int
    """

    def __init__(self, crew: Crew, lanes: int) -> None:
        self.crew, self.lanes = crew, range(lanes)
        self._steps: list[_Step] = []
        self._losses = 0

    def each(self, method: str, arguments: Arguments, watch: Callable[[], object] = lambda: None) -> list[Any]:
        """Call a method of each worker, again of one that takes the place of another; return the results.

        Parameters
        ----------
        method : str
        arguments : callable
            Returns those of a lane.
        watch : callable
            Called regularly.

        Raises
        ------
        ClusterError
            Workers keep dying, or a new one finds another text.
        """
        handles = {lane: self._start(lane, method, arguments) for lane in self.lanes}
        results: dict[int, Any] = {}
        while len(results) < len(self.lanes):
            for lane in self.lanes:
                if lane in results:
                    continue
                handle = handles[lane]
                try:
                    if handle is None:
                        raise LaneLost
                    if not self.crew.wait([handle], _POLL_SECONDS):
                        watch()
                        continue
                    [results[lane]] = self.crew.values([handle])
                except LaneLost:
                    self._replace(lane)
                    handles[lane] = self._start(lane, method, arguments)
        found = [results[lane] for lane in self.lanes]
        self._steps.append(_Step(method, arguments, found))
        return found

    def ask(self, lane: int, method: str, *arguments: Any, results: int = 1) -> list[Any]:
        """Return the results of a method of one worker, which changes nothing there."""
        while True:
            try:
                return self.crew.values(self.crew.call(lane, method, *arguments, results=results))
            except LaneLost:
                self._replace(lane)

    def again(self, lanes: Sequence[int]) -> None:
        """Let new workers do what the others have done; raises LaneLost and ClusterError."""
        for step in self._steps:
            handles = [self.crew.call(lane, step.method, *step.arguments(lane))[0] for lane in lanes]
            for lane, found in zip(lanes, self.crew.values(handles), strict=True):
                if found != step.results[lane]:
                    raise _lost(f"part {lane + 1} of the text, read again after a worker has died, has changed")

    def results(self, method: str) -> list[Any]:
        """Return what `each` has found."""
        return next(step.results for step in self._steps if step.method == method)

    def _start(self, lane: int, method: str, arguments: Arguments) -> Handle | None:
        try:
            return self.crew.call(lane, method, *arguments(lane))[0]
        except LaneLost:
            return None

    def _replace(self, lane: int) -> None:
        while True:
            self._losses += 1
            if self._losses > _MOST_LOSSES * len(self.lanes):
                raise ClusterError(
                    f"workers have died {self._losses} times while they read the text: see the logs of the cluster for "
                    "the reason (often too little memory)"
                )
            advise(f"the worker of part {lane + 1} has died; its part of the text is read again", ClusterWarning)
            try:
                self.crew.replace(lane)
                self.again([lane])
            except LaneLost:
                continue
            return


def why_unshared(crew: Crew, shares: Sequence[Share]) -> str:
    """Return why the workers cannot read their shares, in a few words; empty if they can."""
    crew.start(len(shares))
    found = Shards(crew, len(shares)).each("shard.why_unreadable", lambda lane: (shares[lane],))
    return next((why for why in found if why), "")


def read_shards(
    crew: Crew,
    corpus: Any,
    shares: Sequence[Share],
    config: TrainConfig,
    columns: tuple[str | None, str | None],
    progress: Callable[[int, int], object],
) -> ShardedCorpus:
    """Read a text on the workers, a share each.

    Parameters
    ----------
    crew : Crew
        Whose workers have been started, and closed with the result.
    corpus : iterable
        The reader of the text, which is not read here.
    shares : sequence of Share
        Of the workers, in the order of the text.
    config : TrainConfig
        With the parameters of text.
    columns : tuple
        The options `column` and `delimiter`.
    progress : callable
        Called with tokens and bytes.

    Raises
    ------
    CorpusError
        As :func:`embed.text.encoding.encode` does.
    ClusterError
        Workers keep dying.
    """
    shards = Shards(crew, len(shares))
    with warnings.catch_warnings(action="ignore", category=AdviceWarning):  # given when the run was made
        config = config.replace(threads=crew.threads)
    shown = time.monotonic()

    def watch() -> None:
        nonlocal shown
        if time.monotonic() < shown + _LOOK_SECONDS:
            return
        shown = time.monotonic()
        seen = [found for lane in shards.lanes if (found := crew.look(lane, "shard.progress")) is not None]
        if any(tokens for tokens, _ in seen):
            progress(sum(tokens for tokens, _ in seen), sum(size for _, size in seen))

    counted: list[Counted] = shards.each("shard.count", lambda lane: (shares[lane], config, *columns), watch)
    counter = _text.TokenCounter(PIECE_TOKENS)
    if config.max_vocab is not None:
        counter.bound(words_held(config.max_vocab))
    for lane, part in enumerate(counted):
        utf8, ends, counts, floors = shards.ask(lane, "shard.table", results=4)
        counter.join_table(utf8, ends, counts, floors, part.tokens, part.error)
    raw_tokens, error = counter.tokens, counter.error
    vocabulary, _ = ranked(counter, corpus, config.min_count, config.max_vocab)
    if error:
        vocabulary = _counted_again(shards, vocabulary)
    del counter
    chosen = None if config.min_count else least_count(raw_tokens)
    given = crew.put(vocabulary)
    encoded: list[Encoded] = shards.each("shard.encode", lambda _: (given,))
    source = fingerprint_of_shares(corpus, shares, [part.digests for part in counted])
    settings = {"min_count": config.min_count, "max_vocab": config.max_vocab}
    fingerprint = fingerprint_with(source or [part.digest for part in encoded], settings)
    found = ShardedCorpus(shards, encoded, vocabulary, raw_tokens, error, chosen, fingerprint)
    warn_of_error(found)
    return found


def _counted_again(shards: Shards, vocabulary: Vocabulary) -> Vocabulary:
    """Return the words with the sums of the counts of all shards.

    A word that was dropped while tables were joined, and came back, has lost what earlier shards had counted.
    """
    words = shards.crew.put(vocabulary.words)
    counts = sum(shards.ask(lane, "shard.counts_of", words)[0] for lane in shards.lanes)
    return Vocabulary.from_counts(vocabulary.words, counts.tolist())


class ShardedCorpus(EncodedCorpus):
    """An encoded text whose tokens are on the disks of the workers that have read it, a shard on each.

    Attributes
    ----------
    crew : Crew
        Closed with the corpus.
    shards : Shards
    directory : Path
        Where no file is.
    others
        As of an encoded corpus, without `ids` and `offsets`.
    """

    def __init__(
        self,
        shards: Shards,
        encoded: Sequence[Encoded],
        vocabulary: Vocabulary,
        raw_tokens: int,
        count_error: int,
        chosen_count: int | None,
        fingerprint: str,
    ) -> None:
        self.directory, self.vocabulary, self.raw_tokens = Path("of the workers"), vocabulary, raw_tokens
        self.count_error, self.least_count, self.fingerprint = count_error, chosen_count, fingerprint
        self.ids, self.offsets = np.empty(0, ID_TYPE), np.zeros(1, OFFSET_TYPE)
        self.crew, self.shards, self._encoded = shards.crew, shards, tuple(encoded)
        self._tokens_before = np.cumsum([0, *[part.tokens for part in encoded]])
        self._sentences_before = np.cumsum([0, *[part.sentences for part in encoded]])
        if self.tokens != vocabulary.total:
            raise _lost(f"the workers have encoded {self.tokens:,} tokens, but counted {vocabulary.total:,}")

    @property
    def sentences(self) -> int:
        """The number of sentences S."""
        return int(self._sentences_before[-1])

    @property
    def tokens(self) -> int:
        """The number of tokens in the vocabulary, N; 0 once closed."""
        return int(self._tokens_before[-1])

    def close(self) -> None:
        """End the workers, which remove their files."""
        self._tokens_before = np.zeros(1, np.int64)
        self.crew.close()

    def first_pair(self) -> int | None:
        """Return the end, in tokens, of the first sentence that has two; None if no sentence has."""
        ends = (
            int(before) + part.first_pair
            for before, part in zip(self._tokens_before, self._encoded, strict=False)
            if part.first_pair is not None
        )
        return next(ends, None)

    def boundary_near(self, wanted: float) -> int | None:
        """Return the position nearest to `wanted` where a sentence begins, other than the first; None if none is."""
        last = self.sentences
        after, _ = self._find(np.array([np.ceil(wanted)], np.int64))
        near = [self._begin_of(at) for at in (int(after[0]) - 1, int(after[0])) if 0 <= at <= last]
        boundary = min(near, key=lambda position: abs(position - wanted))
        return boundary if 0 < boundary < self.tokens else None

    def _begin_of(self, sentence: int) -> int:
        """Return the position where a sentence begins; that of the end for the last one plus 1."""
        shard = min(int(np.searchsorted(self._sentences_before, sentence, "right")) - 1, len(self._encoded) - 1)
        [begin] = self.shards.ask(shard, "shard.begin_of", sentence - int(self._sentences_before[shard]))
        return int(self._tokens_before[shard]) + int(begin)

    def _find(self, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how many sentences begin before each position, and the tokens of these, int64[n] both."""
        where = np.maximum(np.searchsorted(self._tokens_before, positions) - 1, 0)
        sentences, tokens = np.empty_like(positions), np.empty_like(positions)
        for shard in np.unique(where).tolist():
            here = where == shard
            before = self._tokens_before[shard]
            found = self.shards.ask(shard, "shard.find", positions[here] - before, results=2)
            sentences[here], tokens[here] = found[0] + self._sentences_before[shard], found[1] + before
        return sentences, tokens

    def texts(self, tokens: int, lanes: int) -> ShardedTexts:
        """Return the texts of lanes, of the first `tokens` tokens, which end with a sentence.

        Raises
        ------
        ClusterError
            The text has too few sentences.
        """
        ends, _ = self._find(np.arange(1, lanes + 1) * tokens // lanes)
        ends = np.unique(ends[ends > 0])
        if len(ends) < lanes:
            raise too_few_sentences(self.sentences, lanes)
        plans = [list(self._pieces(first, last)) for first, last in pairwise([0, *ends.tolist()])]
        lengths = np.diff([0, *[self._begin_of(end) for end in ends.tolist()]])
        return ShardedTexts(self.shards, self.vocabulary, plans, lengths)

    def _pieces(self, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        """Yield the pieces of the sentences first..last-1: shard, and first and last sentence there."""
        for shard, (before, after) in enumerate(pairwise(self._sentences_before.tolist())):
            if max(first, before) < min(last, after):
                yield shard, max(first, before) - before, min(last, after) - before

    def end(self, first: int) -> EncodedCorpus:
        """Return the sentences from position `first` on, at their positions, as a text of this process."""
        before, _ = self._find(np.array([first]))
        ids, lengths = [], []
        for shard, begin, end in self._pieces(int(before[0]), self.sentences):
            found = self.shards.ask(shard, "shard.sentences", begin, end, results=2)
            ids.append(found[0])
            lengths.append(found[1])
        return _End(self, first, np.concatenate(ids), np.concatenate(lengths))


class _End(EncodedCorpus):
    """The end of a text, at the positions that it has in the whole; before it stand repetitions of itself."""

    def __init__(self, whole: ShardedCorpus, first: int, ids: NDArray[np.int32], lengths: NDArray[np.int64]) -> None:
        self.directory, self.vocabulary, self.raw_tokens = whole.directory, whole.vocabulary, whole.raw_tokens
        self.count_error, self.least_count, self.fingerprint = 0, None, whole.fingerprint
        filling = np.arange(0, first, len(ids))
        self.ids = ids
        self.offsets = np.concatenate([filling, first + np.cumsum([0, *lengths])]).astype(OFFSET_TYPE)
        self.starts = np.concatenate([np.zeros(len(filling), np.int64), np.cumsum([0, *lengths[:-1]])])


class ShardedTexts:
    """The texts of lanes, whose sentences are in the shards of the workers; a :class:`Texts`.

    Parameters
    ----------
    shards : Shards
    vocabulary : Vocabulary
    plans : sequence of list
        For each lane, the pieces: (shard, first sentence there, last sentence there).
    lengths : int64[K]
        The tokens of each lane.
    """

    def __init__(
        self,
        shards: Shards,
        vocabulary: Vocabulary,
        plans: Sequence[list[tuple[int, int, int]]],
        lengths: NDArray[np.int64],
    ) -> None:
        self._shards, self._vocabulary, self._plans, self.lengths = shards, vocabulary, plans, lengths
        self._blank: set[int] = set()

    def lose(self, lane: int) -> None:
        """Note that the worker of a lane has been replaced, and has to read its share again."""
        self._blank.add(lane)

    def give(self, lanes: Sequence[int]) -> None:
        """Give the workers of these lanes their sentences, and check that together they have each token once."""
        crew, vocabulary = self._shards.crew, self._shards.crew.put(self._vocabulary)
        self._shards.again(sorted(self._blank))
        self._blank.clear()
        written = [lane for lane in lanes if not self._has_all(lane)]
        crew.values([crew.call(lane, "begin_text")[0] for lane in written])
        moves = {lane: self._moves(lane) for lane in written}
        while any(moves.values()):
            crew.values([self._move(lane, *left.pop(0)) for lane, left in moves.items() if left])
        ends = {lane: crew.call(lane, "end_text", vocabulary)[0] for lane in written}
        ends |= {lane: crew.call(lane, "take_shard")[0] for lane in lanes if lane not in ends}
        total = np.zeros(len(self._vocabulary), np.int64)
        for lane, handle in ends.items():
            [counts] = crew.values([handle])
            if counts.sum() != self.lengths[lane]:
                raise _lost(f"part {lane + 1} of the text has {counts.sum():,} tokens, not {self.lengths[lane]:,}")
            total += counts
        is_whole = len(lanes) == len(self.lengths) and self.lengths.sum() == self._vocabulary.total
        if is_whole and not np.array_equal(total, self._vocabulary.counts):
            raise _lost("the parts of the text have other words than were counted")

    def _has_all(self, lane: int) -> bool:
        """Return whether a lane is a shard, the one of its worker."""
        return self._plans[lane] == [(lane, 0, self._shards.results("shard.encode")[lane].sentences)]

    def _moves(self, lane: int) -> list[tuple[int, int, int]]:
        """Return the pieces of a lane, in blocks."""
        crew, moves = self._shards.crew, []
        for shard, first, last in self._plans[lane]:
            [cuts] = crew.values(crew.call(shard, "shard.blocks", first, last, _BLOCK_TOKENS))
            moves += [(shard, begin, end) for begin, end in pairwise(cuts)]
        return moves

    def _move(self, lane: int, shard: int, first: int, last: int) -> Handle:
        """Add sentences of a shard to the text of a lane."""
        crew = self._shards.crew
        if shard == lane:
            return crew.call(lane, "add_own", first, last)[0]
        return crew.call(lane, "text.add", *crew.call(shard, "shard.sentences", first, last, results=2))[0]


def _lost(what: str) -> ClusterError:
    return ClusterError(f"{what}: train again, and leave the files as they are meanwhile")
