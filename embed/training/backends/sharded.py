"""Read a text on the workers of a cluster: each counts and encodes shares of it, and this process sees no token.

The steps are those of :mod:`embed.text.encoding`: count, choose the words, replace provisional ids. Workers do the
first and the last with their shares (:mod:`embed.text.shard`); the words are chosen here, from the sums of all counts,
and so are phrases, from those of all pairs. Then each lane gets its sentences: those that it would get of a text
encoded here (:mod:`embed.text.part_corpus`), so that the vectors are the same. Most of them are in the worker's own
shards, and workers give each other the rest.

A worker begins with the shares of one stretch of the text, and takes the next one when it has counted the last. If none
is left there, it takes one of the stretch that has most left. The shares of a worker that dies are read again by
others, or by the one that comes in its place.
"""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
from embed.text.phrases._phrases import PairCounter
from embed.text.phrases.phrase_model import PhraseSettings, choose, enough_ids
from embed.text.shard import Counted, Encoded
from embed.training.backends.crew import Crew, Handle, WorkerLost
from embed.training.backends.texts import too_few_sentences
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["ShardedCorpus", "Shards", "read_shards", "why_unshared"]

_POLL_SECONDS, _LOOK_SECONDS = 0.1, 1.0
_BLOCK_TOKENS = 1 << 22
"""Tokens of a piece that workers give each other."""
_MOST_LOSSES = 5
"""Workers that may die while the text is read, for each that there should be."""

Arguments = Callable[[int], tuple[Any, ...]]
"""Returns the arguments of a method for the shard with this number."""


@dataclass(frozen=True)
class _Step:
    """A method that has been called of all shards, with its arguments, and what it returned."""

    method: str
    arguments: Arguments
    results: list[Any]


class Shards:
    """Calls methods of all shards where they are, again elsewhere if a worker dies.

    Parameters
    ----------
    crew : Crew
        Whose workers have been started.
    shares : int
        The number of shards.

    Attributes
    ----------
    crew : Crew
    shares : range
    size : int
        How many workers there should be.
    owners : dict of int
        The worker of each shard whose share has been taken.
    """

    def __init__(self, crew: Crew, shares: int) -> None:
        self.crew, self.shares = crew, range(shares)
        self.owners: dict[int, int] = {}
        self.size = len(crew.workers)
        cuts = [shares * number // self.size for number in range(self.size + 1)]
        self._left = {
            worker: [*range(first, last)] for worker, (first, last) in zip(crew.workers, pairwise(cuts), strict=True)
        }
        self._blank: set[int] = set()  # given to a worker that has not read them
        self._steps: list[_Step] = []
        self._losses = 0

    def each(self, method: str, arguments: Arguments, watch: Callable[[], object] = lambda: None) -> list[Any]:
        """Call a method of each shard, again elsewhere if its worker dies; return the results.

        Shares that nobody has taken are handed out by need.

        Parameters
        ----------
        method : str
        arguments : callable
        watch : callable
            Called regularly.

        Raises
        ------
        ClusterError
            Workers keep dying, or a new one finds another text.
        """
        waiting = {number: self._start(number, method, arguments) for number in self.owners}
        results: dict[int, Any] = {}
        while waiting or any(self._left.values()):
            self.crew.join(self.size - len(self.crew.workers))
            for worker in [*self.crew.workers]:
                if worker not in self.crew.workers:  # it has died since
                    continue
                number = next((number for number in waiting if self.owners[number] == worker), None)
                if number is None:
                    if (number := self._taken(worker)) is None:
                        continue
                    waiting[number] = self._start(number, method, arguments)
                try:
                    handle = waiting[number]
                    if handle is None:
                        raise WorkerLost
                    if not self.crew.wait([handle], _POLL_SECONDS):
                        watch()
                        continue
                    [found] = self.crew.values([handle])
                except WorkerLost:
                    waiting |= {moved: self._start(moved, method, arguments) for moved in self._read_again([worker])}
                    continue
                _check_same(number, results.setdefault(number, found), found)
                del waiting[number]
        found = [results[number] for number in self.shares]
        self._steps.append(_Step(method, arguments, found))
        return found

    def ask(self, number: int, method: str, *arguments: Any, results: int = 1) -> list[Any]:
        """Return the results of a method of one shard, which changes nothing there."""
        while True:
            try:
                self.again([number])
                return self.crew.values(self.call(number, method, *arguments, results=results))
            except WorkerLost:
                self._read_again([self.owners[number]])

    def call(self, number: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        """Call a method of a shard; see :meth:`Crew.call`."""
        return self.crew.call(self.owners[number], "shard", number, method, *arguments, results=results)

    def pass_on(self, worker: int) -> set[int]:
        """Give the shards of a worker that has left to those that have fewest; return their numbers."""
        moved = {number for number, owner in self.owners.items() if owner == worker}
        for number in moved:
            owned = Counter(self.owners.values())
            self.owners[number] = min(self.crew.workers, key=lambda other: owned[other])
        self._blank |= moved
        return moved

    def again(self, numbers: Collection[int]) -> None:
        """Let workers do what has been done with those shards that others had; raises WorkerLost and ClusterError."""
        numbers = sorted(self._blank.intersection(numbers))
        self.crew.values([self.crew.call(self.owners[number], "drop", number)[0] for number in numbers])
        for step in self._steps:
            handles = [self.call(number, step.method, *step.arguments(number))[0] for number in numbers]
            for number, found in zip(numbers, self.crew.values(handles), strict=True):
                _check_same(number, step.results[number], found)
        self._blank.difference_update(numbers)

    def results(self, method: str) -> list[Any]:
        """Return what `each` has found."""
        return next(step.results for step in self._steps if step.method == method)

    def _taken(self, worker: int) -> int | None:
        """Let a worker take a share: the next of its own stretch, or the last of that which has most left."""
        own = self._left.get(worker)
        left: list[int] = own or max(self._left.values(), key=len)
        if not left:
            return None
        number = left.pop(0 if left is own else -1)
        self.owners[number] = worker
        return number

    def _start(self, number: int, method: str, arguments: Arguments) -> Handle | None:
        try:
            return self.call(number, method, *arguments(number))[0]
        except WorkerLost:
            return None

    def _read_again(self, lost: list[int]) -> set[int]:
        """Let other workers do again what these have done, which are lost; return the shards."""
        crew, moved = self.crew, set[int]()
        while True:
            self._losses += max(len(lost), 1)
            if self._losses > _MOST_LOSSES * self.size:
                raise ClusterError(
                    f"workers have died {self._losses} times while they read the text: see the logs of the cluster for "
                    "the reason (often too little memory)"
                )
            for worker in lost:
                advise(f"worker {worker + 1} has died; its share of the text is read again", ClusterWarning)
                crew.leave(worker)
            crew.join(self.size - len(crew.workers), waits=not crew.workers)
            for worker in lost:
                moved |= self.pass_on(worker)
            try:
                self.again(moved)
            except WorkerLost:
                lost = [worker for worker in crew.workers if not crew.is_alive(worker)]
            else:
                return moved


def _check_same(number: int, before: Any, found: Any) -> None:
    """Raise ClusterError if a shard is not what it was."""
    if found != before:
        raise _lost(f"share {number + 1} of the text, read again after a worker has died, has changed")


def why_unshared(crew: Crew, shares: Sequence[Share], workers: int) -> str:
    """Start so many workers; return why some cannot read all shares, in a few words, empty if they can."""
    crew.start(workers)
    files = tuple({(piece.path, piece.mark): piece for share in shares for piece in share}.values())
    found = Shards(crew, len(crew.workers)).each("why_unreadable", lambda _: (files,))
    return next((why for why in found if why), "")


def read_shards(
    crew: Crew,
    corpus: Any,
    shares: Sequence[Share],
    config: TrainConfig,
    columns: tuple[str | None, str | None],
    progress: Callable[[int, int], object],
) -> ShardedCorpus:
    """Read a text on the workers, who take its shares by need.

    Parameters
    ----------
    crew : Crew
        Whose workers have been started, and closed with the result.
    corpus : iterable
        The reader of the text, which is not read here.
    shares : sequence of Share
        In the order of the text.
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
        seen = [found for worker in crew.workers if (found := crew.look(worker, "progress")) is not None]
        if any(tokens for tokens, _ in seen):
            progress(sum(tokens for tokens, _ in seen), sum(size for _, size in seen))

    counted: list[Counted] = shards.each("count", lambda number: (shares[number], config, *columns), watch)
    phrases = PhraseSettings.of(config)
    counter, ids = _joined(shards, counted, config)
    if phrases is not None:
        for _ in range(phrases.passes):
            if _join_phrases(shards, counter, ids, phrases):
                counter, ids = _joined(shards, counted, config)
    del ids
    raw_tokens, error = counter.tokens, counter.error
    vocabulary, _ = ranked(counter, corpus, config.min_count, config.max_vocab)
    if error:
        vocabulary = _counted_again(shards, vocabulary)
    del counter
    chosen = None if config.min_count else least_count(raw_tokens)
    given = crew.put(vocabulary)
    encoded: list[Encoded] = shards.each("encode", lambda _: (given,))
    source = fingerprint_of_shares(corpus, shares, [part.digests for part in counted])
    settings: dict[str, Any] = {"min_count": config.min_count, "max_vocab": config.max_vocab}
    if phrases is not None:
        settings["phrases"] = phrases.to_dict()
    fingerprint = fingerprint_with(source or [part.digest for part in encoded], settings)
    found = ShardedCorpus(shards, encoded, vocabulary, raw_tokens, error, chosen, fingerprint)
    warn_of_error(found)
    return found


def _joined(
    shards: Shards, counted: Sequence[Counted], config: TrainConfig
) -> tuple[_text.TokenCounter, list[NDArray[np.int32]]]:
    """Return the sums of all tables, and the ids there of the words of each."""
    counter = _text.TokenCounter(PIECE_TOKENS)
    if config.max_vocab is not None:
        counter.bound(words_held(config.max_vocab))
    ids = []
    for number, part in enumerate(counted):
        utf8, ends, counts, floors = shards.ask(number, "table", results=4)
        ids.append(counter.join_table(utf8, ends, counts, floors, part.tokens, part.error))
    return counter, ids


def _join_phrases(
    shards: Shards, counter: _text.TokenCounter, ids: Sequence[NDArray[np.int32]], settings: PhraseSettings
) -> bool:
    """Find the phrases of one pass and join them in all shards; return whether there are any."""
    shards.each("count_pairs", lambda _: (settings,))
    pairs = PairCounter(settings.max_pairs)
    for number in shards.shares:
        table, links, error = shards.ask(number, "pairs", results=3)
        pairs.join(table, links, ids[number], error)
    with enough_ids():
        phrases = choose(pairs, counter, settings)
    if phrases:
        given = shards.crew.put(phrases)
        shards.each("join", lambda _: (given, settings))
    return bool(phrases)


def _counted_again(shards: Shards, vocabulary: Vocabulary) -> Vocabulary:
    """Return the words with the sums of the counts of all shards.

    A word that was dropped while tables were joined, and came back, has lost what earlier shards had counted.
    """
    words = shards.crew.put(vocabulary.words)
    counts = sum(shards.ask(number, "counts_of", words)[0] for number in shards.shares)
    return Vocabulary.from_counts(vocabulary.words, counts.tolist())


class ShardedCorpus(EncodedCorpus):
    """An encoded text whose tokens are on the disks of the workers that have read it, in shards.

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
        [begin] = self.shards.ask(shard, "begin_of", sentence - int(self._sentences_before[shard]))
        return int(self._tokens_before[shard]) + int(begin)

    def _find(self, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how many sentences begin before each position, and the tokens of these, int64[n] both."""
        where = np.maximum(np.searchsorted(self._tokens_before, positions) - 1, 0)
        sentences, tokens = np.empty_like(positions), np.empty_like(positions)
        for shard in np.unique(where).tolist():
            here = where == shard
            before = self._tokens_before[shard]
            found = self.shards.ask(shard, "find", positions[here] - before, results=2)
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
            found = self.shards.ask(shard, "sentences", begin, end, results=2)
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

    def lose(self, worker: int) -> None:
        """Note that a worker has left; its shards go to others, which read them again when they are needed."""
        self._shards.pass_on(worker)

    def give(self, moves: Mapping[int, int]) -> None:
        """Give the texts, and check that together all lanes have each token once."""
        vocabulary = self._shards.crew.put(self._vocabulary)
        self._shards.again({shard for lane in moves for shard, _, _ in self._plans[lane]})
        total, left = np.zeros(len(self._vocabulary), np.int64), dict(moves)
        while left:
            now = {worker: lane for lane, worker in reversed(left.items())}  # the next text of each worker
            left = {lane: worker for lane, worker in left.items() if now[worker] != lane}
            for lane, counts in self._given(now, vocabulary).items():
                if counts.sum() != self.lengths[lane]:
                    raise _lost(f"part {lane + 1} of the text has {counts.sum():,} tokens, not {self.lengths[lane]:,}")
                total += counts
        is_whole = len(moves) == len(self.lengths) and self.lengths.sum() == self._vocabulary.total
        if is_whole and not np.array_equal(total, self._vocabulary.counts):
            raise _lost("the parts of the text have other words than were counted")

    def _given(self, lanes: Mapping[int, int], vocabulary: Handle) -> dict[int, NDArray[np.int64]]:
        """Give each worker the text of a lane: worker -> lane; return how often each lane has each word."""
        crew = self._shards.crew
        written = {worker: lane for worker, lane in lanes.items() if not self._has_all(worker, lane)}
        crew.values([crew.call(worker, "begin_text")[0] for worker in written])
        moves = {worker: self._moves(lane) for worker, lane in written.items()}
        while any(moves.values()):
            crew.values([self._move(worker, *left.pop(0)) for worker, left in moves.items() if left])
        held = {lane: crew.call(worker, "hold_text", lane, vocabulary)[0] for worker, lane in written.items()}
        for worker, lane in lanes.items():
            if worker not in written:
                [held[lane]] = crew.call(worker, "hold_shard", lane, self._plans[lane][0][0])
        return dict(zip(held, crew.values([*held.values()]), strict=True))

    def _has_all(self, worker: int, lane: int) -> bool:
        """Return whether a lane is one whole shard of a worker."""
        [(shard, first, last), *more] = self._plans[lane]
        is_whole = first == 0 and last == self._shards.results("encode")[shard].sentences
        return is_whole and not more and self._shards.owners[shard] == worker

    def _moves(self, lane: int) -> list[tuple[int, int, int]]:
        """Return the pieces of a lane, in blocks."""
        crew, moves = self._shards.crew, []
        for shard, first, last in self._plans[lane]:
            [cuts] = crew.values(self._shards.call(shard, "blocks", first, last, _BLOCK_TOKENS))
            moves += [(shard, begin, end) for begin, end in pairwise(cuts)]
        return moves

    def _move(self, worker: int, shard: int, first: int, last: int) -> Handle:
        """Add sentences of a shard to the text that a worker writes."""
        crew = self._shards.crew
        if self._shards.owners[shard] == worker:
            return crew.call(worker, "add_own", shard, first, last)[0]
        return crew.call(worker, "text.add", *self._shards.call(shard, "sentences", first, last, results=2))[0]


def _lost(what: str) -> ClusterError:
    return ClusterError(f"{what}: train again, and leave the files as they are meanwhile")
