"""Count a text and write its provisional ids: lists of words, or chunks in threads (:mod:`embed.text.in_order`).

Each hand counts with a table of its own, unless it is alone; csrc/text_merge.h has the method. The words of a table
must be met in the order of the text, so a hand that reads ahead in another lane takes another table for it. A table
that has grown large is put aside; its counts are added when its last chunk has been joined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from embed.corpora import PIECE_TOKENS
from embed.corpora.lanes import Chunk, lanes_of
from embed.corpora.text import CHUNK_BYTES
from embed.errors import CorpusError
from embed.text import _text
from embed.text.bounded_counting import Numberings
from embed.text.encoded_corpus import ID_TYPE
from embed.text.encoded_folder import writing, writing_ids
from embed.text.in_order import in_order
from embed.text.renumbering import Numbering, Stretch

__all__ = ["count_chunks", "count_sentences"]

WORDS_OF_TABLE = 1 << 19
"""A thread's table with more words is put aside: it takes some 45 MB, and fills caches that hot words need."""
_SENTENCES_TOKENS = 1 << 16
"""Tokens of Python sentences that are counted before their ids are written."""


def _overflow(error: OverflowError, name: str | None, tokens: int) -> CorpusError:
    """Return the error for too many words, or for a word that is too long."""
    return CorpusError(
        f"{f'{name}: ' if name else ''}{error}, after {tokens:,} tokens (the limit is "
        f"{_text.MAX_WORDS:,} distinct words of up to {_text.MAX_WORD_BYTES:,} bytes); check that this is text"
    )


def count_chunks(
    path: Path,
    counter: _text.TokenCounter,
    chunks: Iterator[bytes],
    threads: int,
    bytes_read: Callable[[], int],
    progress: Callable[[int, int], object] | None,
    stretches: list[Stretch] | None = None,
) -> float:
    """Count chunks of valid UTF-8 and write the provisional ids in the last numbering of the counter.

    Parameters
    ----------
    path : Path
        The file of ids.
    counter : TokenCounter
        Without words; gets them all.
    chunks : iterator of bytes
        As :meth:`embed.corpora.TextCorpus.byte_chunks` returns it.
    threads : int
    bytes_read : callable
        Returns the bytes of the input read so far.
    progress : callable or None
        Called with tokens and bytes.
    stretches : list or None
        Becomes the stretches of the file that have ids of their own, if there are any; saves their translation. None:
        all ids are those of the counter.

    Returns
    -------
    float
        The share of reading in the time; the rest is counting.

    Raises
    ------
    CorpusError
        The input is unreadable or malformed, or has too many words or a word that is too long.
    FormatError
        The file cannot be written.
    """

    def watch() -> None:
        if progress is not None and counter.tokens:
            progress(counter.tokens, bytes_read())

    with _writing_numbered(path) as (_, numberings), ExitStack() as files:
        if counter.is_bound:
            stretches = None
        opened = [files.enter_context(writing_ids(path, "r+b")) for _ in range(threads)]
        hands = [_Counting(path, file, counter, numberings, stretches, alone=threads == 1) for file in opened]
        try:
            share = in_order(lanes_of(chunks, CHUNK_BYTES, threads), hands, watch)
        finally:
            for hand in hands:
                hand.finish()
        watch()
    return share


def count_sentences(
    path: Path,
    counter: _text.TokenCounter,
    sentences: Iterable[list[str]],
    bytes_read: Callable[[], int],
    progress: Callable[[int, int], object] | None,
) -> None:
    """Count lists of words in the present thread, and write their provisional ids, as `count_chunks` does.

    Raises
    ------
    CorpusError
        As `count_chunks`; also if a word cannot be encoded.
    FormatError
        The file cannot be written.
    """
    with _writing_numbered(path) as (file, numberings):

        def drain() -> None:
            with writing(path.parent):
                before = file.tell() // ID_TYPE.itemsize
                counter.pour(file.write)
                file.flush()
                if (moved := counter.moved()) is not None:
                    numberings.add(before, moved)
            if progress is not None:
                progress(counter.tokens, bytes_read())

        waiting = 0
        try:
            for sentence in sentences:
                try:
                    counter.add_sentence(sentence)
                except UnicodeEncodeError as error:
                    raise CorpusError(
                        f"cannot encode the word {error.object!r:.60} as UTF-8; remove its lone surrogates"
                    ) from error
                waiting += len(sentence)
                if waiting >= _SENTENCES_TOKENS:
                    drain()
                    waiting = 0
            drain()
        except OverflowError as error:
            raise _overflow(error, getattr(sentences, "current_name", None), counter.tokens) from error


@contextmanager
def _writing_numbered(path: Path) -> Iterator[tuple[BinaryIO, Numberings]]:
    """Open the file of ids, which get the last of their numberings at the end."""
    numberings = Numberings(path)
    with writing_ids(path) as file:
        yield file, numberings
    with writing(path.parent):
        numberings.apply()


@dataclass(slots=True)
class _Table:
    """The words of one thread, where it last counted, and how many of its chunks wait to be joined."""

    counter: _text.TokenCounter
    place: tuple[int, int] = (-1, 0)
    waiting: int = 0
    numbering: Numbering = field(default_factory=Numbering)


@dataclass(slots=True)
class _Counted:
    """A chunk that was counted, or why it cannot be."""

    chunk: Chunk
    table: _Table
    first: int
    ids: _text.CountedChunk | None = None
    error: OverflowError | None = None


class _Counting:
    """A :class:`embed.text.in_order.Hand`."""

    def __init__(
        self,
        path: Path,
        file: BinaryIO,
        common: _text.TokenCounter,
        numberings: Numberings,
        stretches: list[Stretch] | None,
        *,
        alone: bool,
    ) -> None:
        self._path, self._file = path, file
        self._common, self._numberings, self._alone = common, numberings, alone
        self._stretches = None if alone else stretches
        self._tables = [_Table(common)] if alone else []
        self._large: list[_Table] = []

    def begin(self, chunk: Chunk, place: tuple[int, int]) -> _Counted:
        """Count a chunk in a table of this thread."""
        table = self._table(place)
        counted = _Counted(chunk, table, self._common.tokens)
        table.place = place
        table.waiting += 1
        try:
            counted.ids = table.counter.count(chunk.text())
        except OverflowError as error:
            counted.error = error
        return counted

    def join(self, begun: _Counted) -> None:
        """Give the chunk's words their numbers."""
        if not self._alone:
            begun.first = self._common.tokens
        try:
            if begun.ids is None:
                raise begun.error or AssertionError
            self._common.join(begun.ids)
        except OverflowError as error:
            raise _overflow(error, begun.chunk.name, begun.first) from error
        if (moved := self._common.moved()) is not None:
            with writing(self._path.parent):
                self._numberings.add(begun.first, moved)
        if self._stretches is not None:
            self._stretches.append(Stretch(len(begun.ids), begun.table.numbering))
        begun.table.waiting -= 1
        for table in [table for table in self._large if not table.waiting]:
            self._large.remove(table)
            self._finish(table)

    def end(self, begun: _Counted) -> None:
        """Write the ids at their place."""
        assert begun.ids is not None
        ids = begun.ids.own() if self._stretches is not None else begun.ids.translated(self._common)
        if ids is not None:
            with writing(self._path.parent):
                self._write(ids, begun.first)

    def _write(self, ids: memoryview, first: int) -> None:
        self._file.seek(first * ID_TYPE.itemsize)
        self._file.write(ids)
        self._file.flush()

    def finish(self) -> None:
        """Add the counts that are not added yet."""
        for table in (*self._tables, *self._large):
            self._finish(table)

    def _finish(self, table: _Table) -> None:
        self._common.join_counts(table.counter)
        if self._stretches is not None:
            table.numbering.ids = table.counter.common_ids()

    def _table(self, place: tuple[int, int]) -> _Table:
        """Return a table whose words are all of the text before a place, best that which was last used in its lane."""
        if self._alone:
            return self._tables[0]
        for table in [table for table in self._tables if len(table.counter) > WORDS_OF_TABLE]:
            self._tables.remove(table)
            self._large.append(table)
        fit = [table for table in self._tables if table.place < place]
        if fit:
            return min(fit, key=lambda table: (table.place[0] != place[0], table.place))
        self._tables.append(_Table(_text.TokenCounter(PIECE_TOKENS)))
        return self._tables[-1]
