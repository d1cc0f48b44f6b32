"""Decompress members in a row, the next ones ahead in threads.

A compressed file is a row of members: gzip members, xz streams, zstd frames (:mod:`embed.files.bzip2` has its own
way). bgzip and pzstd write many, and so does who joins files. Threads decompress a *piece* each: the bytes from the
start of a member to what looks like the start of a later one. That may be a coincidence, so a piece counts only if its
members end exactly where it does, and then its text is what one thread reads there. Any other piece, one that is
damaged or that expands too far, is read again by the present thread as if there were no others. So bytes and errors do
not depend on threads, nor on how well starts are guessed.

Memory is bounded by the number of pieces that wait, their size, and how far they may expand. A member without another
one nearby is read by the present thread.

Rejected: the sizes in the headers of bgzip and pzstd (the guess needs no case for each writer), rapidgzip and
indexed_bzip2 (see docs/decisions/0055-members-in-threads.md).
"""

from __future__ import annotations

import io
import re
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Generic, Protocol, TypeVar

__all__ = ["Decompressor", "Helpers", "MemberKind", "MemberReader", "PieceReader", "Source", "whole"]

P = TypeVar("P")
"""What is taken of the raw data for a piece."""

READ_BYTES = 1 << 18
"""Raw bytes given to a decompressor at once."""
TEXT_BYTES = 1 << 20
"""The most decompressed bytes taken from it at once: after each time, a thread waits for the interpreter's lock."""
FIRST_BYTES = 1 << 15
"""Raw bytes given to a new decompressor: a member of bgzip has no more."""
PIECE_BYTES = 1 << 18
"""The least raw bytes of a piece."""
LOOK_BYTES = 1 << 24
"""The most raw bytes of a piece. Blocks of ``xz -6`` have some 7 MiB."""
LONGEST_START = 16
"""Raw bytes that are more than the start of a member."""
MOST_BYTES = 1 << 25
"""The most decompressed bytes of a piece; blocks of ``xz -6`` have 24 MiB."""


class Decompressor(Protocol):
    """The common interface of the decompressors of bz2, lzma and zstd."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Source(Protocol):
    """What raw bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class MemberKind:
    """What the members of a compressed format are.

    Attributes
    ----------
    new : callable
        Makes the decompressor of a member.
    start : pattern
        The first bytes of a member, with few coincidences.
    padding : bytes
        A byte that may stand between members any number of times; may be empty.
    """

    new: Callable[[], Decompressor]
    start: re.Pattern[bytes]
    padding: bytes = b""


class Helpers:
    """Threads that decompress pieces of the inputs of a pass; a context manager, which each input enters.

    Parameters
    ----------
    threads : int
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._free = threading.Semaphore(threads + 1)
        self._lock = threading.Lock()
        self._inputs = 0
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Helpers:
        with self._lock:
            self._inputs += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inputs -= 1
            pool, self._pool = (self._pool, None) if not self._inputs else (None, self._pool)
        if pool is not None:
            pool.shutdown(cancel_futures=True)

    def claim(self) -> bool:
        """Claim a place for a piece, until `release`, if there is one."""
        return self._free.acquire(blocking=False)

    def release(self) -> None:
        """Give back the place of a piece."""
        self._free.release()

    def submit(self, work: Callable[[], list[bytes] | None]) -> Future[list[bytes] | None] | None:
        """Let a thread work; return None if the system gives none."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="members")
            try:
                return self._pool.submit(work)
            except RuntimeError:
                return None


class PieceReader(ABC, Generic[P]):
    """Decompresses data in a row, no further than requested, or pieces ahead if there are helpers."""

    def __init__(self) -> None:
        self._ready = memoryview(b"")
        self._parts: deque[bytes] = deque()
        self._helpers: Helpers | None = None
        self._pieces: deque[tuple[P, Future[list[bytes] | None]]] = deque()

    def help(self, helpers: Helpers) -> None:
        """Let helpers decompress what is still to be read."""
        self._helpers = helpers

    def read(self, size: int) -> bytes:
        """Return some decompressed bytes, none at the end.

        Raises
        ------
        EOFError
            The data are cut short.
        Exception
            What the decompressor raises for damaged data.
        """
        while not self._ready:
            part = self._next_part()
            if part is None:
                return b""
            self._ready = memoryview(part)
        ready, self._ready = self._ready[:size], self._ready[size:]
        return bytes(ready)

    def close(self) -> None:
        """Give up the pieces."""
        self._restore()

    @abstractmethod
    def _own_part(self) -> bytes | None:
        """Decompress something in the present thread; return it, perhaps none; None at the end."""

    @abstractmethod
    def _may_cut(self) -> bool:
        """Return whether there may be a piece where the present thread is."""

    @abstractmethod
    def _take_piece(self) -> P | None:
        """Take the next piece, if there is one."""

    @abstractmethod
    def _text_of(self, piece: P) -> list[bytes] | None:
        """Decompress a piece, in any thread; return None if that fails."""

    @abstractmethod
    def _give_back(self, piece: P) -> None:
        """Put back the piece taken last."""

    @abstractmethod
    def _be_alone(self, piece: P) -> None:
        """Let the present thread read what was a piece."""

    @abstractmethod
    def _is_taken(self, piece: P) -> None:
        """Learn that the text of a piece is good."""

    def _next_part(self) -> bytes | None:
        """Return the next decompressed bytes, perhaps none; None at the end."""
        if self._parts:
            return self._parts.popleft()
        if self._next_piece():
            return b""
        return self._own_part()

    def _next_piece(self) -> bool:
        """Get the text of the next piece; return False if the present thread must read on."""
        self._cut()
        if not self._pieces:
            return False
        piece, becoming = self._pieces[0]
        text = becoming.result()
        if text is None:
            self._restore()
            self._be_alone(piece)
            return False
        self._parts.extend(text)
        self._pieces.popleft()
        self._release()
        self._is_taken(piece)
        self._cut()
        return True

    def _cut(self) -> None:
        """Give pieces to the helpers as long as there are both."""
        while self._helpers is not None and self._may_cut() and self._helpers.claim():
            piece = self._take_piece()
            text = None if piece is None else self._helpers.submit(partial(self._text_of, piece))
            if piece is None or text is None:
                self._release()
                if piece is not None:
                    self._give_back(piece)
                return
            self._pieces.append((piece, text))

    def _restore(self) -> None:
        """Let the present thread read the pieces that wait."""
        while self._pieces:
            piece, text = self._pieces.pop()
            text.cancel()
            self._give_back(piece)
            self._release()

    def _release(self) -> None:
        assert self._helpers is not None
        self._helpers.release()


def whole(parts: Iterable[bytes], most: int) -> list[bytes] | None:
    """Return all decompressed bytes; None if there are more than `most`, or an error."""
    found: list[bytes] = []
    size = 0
    try:
        for part in parts:
            found.append(part)
            size += len(part)
            if size > most:
                return None
    except Exception:  # who reads the piece in its turn meets it again
        return None
    return found


class MemberReader(PieceReader[bytes]):
    """Decompresses members in a row; pieces of several members are given to helpers.

    Parameters
    ----------
    source : source
        Returns no bytes only at the end.
    kind : MemberKind
    """

    def __init__(self, source: Source, kind: MemberKind) -> None:
        super().__init__()
        self._raw = _Raw(source)
        self._kind = kind
        self._member: Decompressor | None = None
        self._alone_until = 0  # the raw offset up to which there are no pieces

    def _own_part(self) -> bytes | None:
        data = b""
        if self._member is None:
            self._raw.skip(self._kind.padding)
            data = self._raw.take(FIRST_BYTES)
            if not data:
                return None
            self._member = self._kind.new()
        elif self._member.needs_input:
            data = self._raw.take(READ_BYTES)
            if not data:
                raise EOFError
        part = self._member.decompress(data, TEXT_BYTES)
        if self._member.eof:
            self._raw.give_back(self._member.unused_data)
            self._member = None
        return part

    def _may_cut(self) -> bool:
        return self._member is None and self._raw.offset >= self._alone_until

    def _take_piece(self) -> bytes | None:
        return self._raw.take(self._piece_bytes()) or None

    def _text_of(self, piece: bytes) -> list[bytes] | None:
        reader = MemberReader(io.BytesIO(piece), self._kind)
        return whole(iter(reader._next_part, None), MOST_BYTES)

    def _give_back(self, piece: bytes) -> None:
        self._raw.give_back(piece)

    def _be_alone(self, piece: bytes) -> None:
        self._alone_until = self._raw.offset + len(piece)

    def _is_taken(self, piece: bytes) -> None:
        pass

    def _piece_bytes(self) -> int:
        """Return the size of the next piece, 0 if there is none."""
        ahead, searched = 0, PIECE_BYTES
        while searched < LOOK_BYTES:
            ahead = self._raw.look(searched + READ_BYTES)
            found = self._raw.find(self._kind.start, searched)
            if found is not None:
                return found
            if ahead < searched + READ_BYTES:
                if self._pieces:
                    return ahead  # the end
                break
            searched = ahead - LONGEST_START
        self._alone_until = self._raw.offset + max(1, ahead - PIECE_BYTES)
        return 0


class _Raw:
    """Raw bytes that may be looked at before they are taken, and given back.

    Attributes
    ----------
    offset : int
        The number of bytes taken and not given back.
    """

    def __init__(self, source: Source) -> None:
        self.offset = 0
        self._source = source
        self._held = bytearray()
        self._at = 0  # the next byte; some of those before it are kept, as they are often given back

    def look(self, size: int) -> int:
        """Hold at least the next `size` bytes, fewer at the end; return how many."""
        if size > len(self._held) - self._at:
            del self._held[: max(0, self._at - READ_BYTES)]
            self._at = min(self._at, READ_BYTES)
        while size > (held := len(self._held) - self._at) and (data := self._source.read(max(size - held, READ_BYTES))):
            self._held += data
        return len(self._held) - self._at

    def find(self, pattern: re.Pattern[bytes], least: int) -> int | None:
        """Return how many bytes are before a match among those held, at least `least`."""
        found = pattern.search(self._held, self._at + least)
        return None if found is None else found.start() - self._at

    def take(self, size: int) -> bytes:
        """Take the next `size` bytes, fewer at the end."""
        self.look(size)
        data = bytes(memoryview(self._held)[self._at : self._at + size])
        self._at += len(data)
        self.offset += len(data)
        return data

    def give_back(self, data: bytes) -> None:
        """Put back the bytes taken last."""
        self.offset -= len(data)
        missing = len(data) - self._at
        self._at = max(0, -missing)
        if missing > 0:
            self._held[:0] = data[:missing]

    def skip(self, byte: bytes) -> None:
        """Take a byte as often as it comes next."""
        while byte and (data := self.take(FIRST_BYTES)):
            rest = data.lstrip(byte)
            self.give_back(rest)
            if rest:
                return
