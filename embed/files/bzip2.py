"""Decompress bzip2 block by block, the next blocks ahead in threads.

A stream is a row of blocks that need nothing of one another, but they begin at any bit, and nothing says where they
end. Each begins with a mark of 48 bits, and so does the end of the stream. What is between two marks becomes a stream
of one block, which any thread decompresses by itself; its checksum says whether it is right. A mark may also be a
coincidence within a block: what is then in front of it is no block, and is tried again up to the next mark. The
checksum of the stream is compared with those of its blocks.

One thread takes the same steps, so texts and errors do not depend on threads.

Rejected: threads that look for marks in parts of a file of their own (files are read once, and may be pipes).
"""

from __future__ import annotations

import bz2
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from embed.files import members
from embed.files.members import PieceReader, Source

__all__ = ["Bzip2Reader"]

LONGEST_BLOCK = 2_400_000
"""More raw bytes than a block has: 900,000 symbols of at most 20 bits, and their tables."""
MOST_COINCIDENCES = 3
"""Marks within one block; one would be found in 2^48 bits."""

_BLOCK, _END, _MARK_BITS = 0x314159265359, 0x177245385090, 48
_CRC_BITS = 32
_HEADER_BYTES = 4
_DAMAGED = "Invalid data stream"
"""The message of bz2."""


def _places() -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return whether two bytes, as a number, may be the third and fourth of a mark, which begins in the first."""
    may_be = np.zeros(1 << 16, np.bool_)
    for mark in (_BLOCK, _END):
        for shift in range(8):
            may_be[(mark << 8 - shift) >> 24 & 0xFFFF] = True
    return may_be


_MAY_BE_MARK = _places()


class _Bits:
    """Raw bytes, of which some are held, and the marks in them. Bits are counted from the first byte."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._held = bytearray()
        self._first = 0  # the number of the first byte held
        self._marks: list[int] = []
        self._last_mark = -1
        self.is_at_end = False

    def number(self, bit: int, bits: int) -> int | None:
        """Return the number that bits are; None if the data end before."""
        end = bit + bits
        while 8 * (self._first + len(self._held)) < end:
            if not self._read():
                return None
        held = int.from_bytes(self._between(bit // 8, -(-end // 8)), "big")
        return held >> -end % 8 & (1 << bits) - 1

    def some(self, byte: int, size: int) -> bytes:
        """Return bytes from a place on, fewer at the end."""
        while self._first + len(self._held) < byte + size and self._read():
            pass
        return self._between(byte, byte + size)

    def mark_after(self, bit: int) -> int | None:
        """Return the next mark that begins after a bit; None if the data end, or `LONGEST_BLOCK` bytes have none."""
        while (at := bisect_right(self._marks, bit)) == len(self._marks):
            if self._first + len(self._held) > bit // 8 + LONGEST_BLOCK or not self._read():
                return None
        return self._marks[at]

    def drop(self, mark: int) -> None:
        """Forget a mark that is none."""
        self._marks.remove(mark)

    def forget(self, bit: int) -> None:
        """Hold nothing before a bit."""
        size = bit // 8 - self._first
        if size >= members.READ_BYTES:
            del self._held[:size]
            self._first += size
            del self._marks[: bisect_right(self._marks, bit - 1)]

    def _between(self, begin: int, end: int) -> bytes:
        return bytes(memoryview(self._held)[begin - self._first : end - self._first])

    def _read(self) -> bool:
        data = self._source.read(members.READ_BYTES)
        searched = max(0, len(self._held) - _MARK_BITS // 8)
        self._held += data
        self.is_at_end = not data
        if data:
            self._find(searched)
        return bool(data)

    def _find(self, start: int) -> None:
        """Find the marks that end after the byte held at `start` + 6, as those before it are known."""
        held = np.frombuffer(self._held, np.uint8, offset=start).copy()
        pairs = held[2:-1].astype(np.uint16) << 8
        pairs |= held[3:]
        for place in np.flatnonzero(_MAY_BE_MARK[pairs]).tolist():
            seen = held[place : place + 7].tobytes().ljust(7, b"\0")
            window, end = int.from_bytes(seen, "big"), 8 * (len(held) - place)
            for shift in range(min(8, end - _MARK_BITS + 1)):
                mark = 8 * (self._first + start + place) + shift
                if window >> 8 - shift & (1 << _MARK_BITS) - 1 in (_BLOCK, _END) and mark > self._last_mark:
                    self._marks.append(mark)
                    self._last_mark = mark


@dataclass(frozen=True)
class _Place:
    """A place in the data: at the start of a stream, which has no header yet, or at a mark in it."""

    bit: int = 0
    header: bytes = b""
    crc: int = 0  # of the blocks of the stream before it


@dataclass(frozen=True)
class _Block:
    """The block at a place, as a stream of its own, if a mark is behind it; else all bytes up to the end."""

    place: _Place
    end: int | None
    stream: bytes


@dataclass(frozen=True)
class _Run:
    """Blocks in a row that a helper decompresses."""

    blocks: list[_Block]
    end: _Place


class Bzip2Reader(PieceReader[_Run]):
    """Decompresses streams in a row, ahead if there are helpers.

    Parameters
    ----------
    source : source
        Returns no bytes only at the end.
    """

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._bits = _Bits(source)
        self._place = _Place()
        self._block: _Block | None = None  # that the present thread decompresses
        self._texts: Iterator[bytes] = iter(())
        self._is_begun = False  # whether some of its text has been returned
        self._coincidences = 0
        self._alone_until = 0  # the bit up to which there are no pieces

    def _own_part(self) -> bytes | None:
        if self._block is None:
            found = self._next_block(self._place)
            if found is None:
                return None
            self._block, self._place = found
            self._texts, self._is_begun = _texts(self._block), False
        try:
            part = next(self._texts, None)
        except OSError:
            if self._block.end is None or self._is_begun or self._coincidences == MOST_COINCIDENCES:
                raise
            self._coincidences += 1
            self._bits.drop(self._block.end)
            self._place, self._block = self._block.place, None
            return b""
        if part is not None:
            self._is_begun |= bool(part)
            return part
        if self._block.end is None:
            if self._bits.is_at_end:
                raise EOFError
            raise OSError(_DAMAGED)
        self._block, self._coincidences = None, 0
        self._bits.forget(self._place.bit)
        return b""

    def _may_cut(self) -> bool:
        return self._block is None and self._place.bit >= self._alone_until

    def _take_piece(self) -> _Run | None:
        blocks: list[_Block] = []
        place, size = self._place, 0
        try:
            while size < members.PIECE_BYTES and (found := self._next_block(place)) and found[0].end is not None:
                blocks.append(found[0])
                size += len(found[0].stream)
                place = found[1]
        except (OSError, EOFError):
            pass  # the present thread meets the same in its turn
        if not blocks:
            self._alone_until = self._place.bit + 1
            return None
        self._place = place
        return _Run(blocks, place)

    def _text_of(self, piece: _Run) -> list[bytes] | None:
        return members.whole((part for block in piece.blocks for part in _texts(block)), members.MOST_BYTES)

    def _give_back(self, piece: _Run) -> None:
        self._place = piece.blocks[0].place

    def _is_taken(self, piece: _Run) -> None:
        self._bits.forget(piece.end.bit)

    def _be_alone(self, piece: _Run) -> None:
        self._alone_until = piece.end.bit

    def _next_block(self, place: _Place) -> tuple[_Block, _Place] | None:
        """Return the next block and the place behind it; None at the end.

        Raises
        ------
        OSError
            There is no block.
        EOFError
            The data end before it.
        """
        while True:
            if not place.header:
                header = self._bits.some(place.bit // 8, _HEADER_BYTES)
                if not header:
                    return None
                bz2.BZ2Decompressor().decompress(header)  # refuses a wrong one
                if len(header) < _HEADER_BYTES:
                    raise EOFError
                place = _Place(place.bit + 8 * _HEADER_BYTES, header)
            mark = self._bits.number(place.bit, _MARK_BITS)
            crc = self._bits.number(place.bit + _MARK_BITS, _CRC_BITS)
            if mark is None or crc is None or mark == _BLOCK:
                break
            if mark != _END or crc != place.crc:
                raise OSError(_DAMAGED)
            place = _Place(-(-(place.bit + _MARK_BITS + _CRC_BITS) // 8) * 8)
        end = self._bits.mark_after(place.bit) if crc is not None else None
        if end is None or crc is None:
            return _Block(place, None, self._rest(place)), place
        bits = end - place.bit
        held = int.from_bytes(self._bits.some(place.bit // 8, -(-end // 8) - place.bit // 8), "big")
        content = held >> -end % 8 & (1 << bits) - 1
        content = (content << _MARK_BITS | _END) << _CRC_BITS | crc
        bits += _MARK_BITS + _CRC_BITS
        stream = place.header + (content << -bits % 8).to_bytes(-(-bits // 8), "big")
        following = _Place(end, place.header, (place.crc << 1 & 0xFFFFFFFF | place.crc >> 31) ^ crc)
        return _Block(place, end, stream), following

    def _rest(self, place: _Place) -> bytes:
        """Return a stream of the whole bytes that follow, as far as a block may reach."""
        rest = self._bits.some(place.bit // 8, LONGEST_BLOCK)
        bits = 8 * len(rest) - place.bit % 8
        content = int.from_bytes(rest, "big") & (1 << bits) - 1
        return place.header + (content >> bits % 8).to_bytes(bits // 8, "big")


def _texts(block: _Block) -> Iterator[bytes]:
    """Yield the text of a block in parts.

    Raises
    ------
    OSError
        It is damaged, or none.
    """
    decompressor, data = bz2.BZ2Decompressor(), block.stream
    while not decompressor.eof:
        yield decompressor.decompress(data, members.TEXT_BYTES)
        data = b""
        if decompressor.needs_input and not decompressor.eof:
            if block.end is None:
                return
            raise OSError(_DAMAGED)
    if decompressor.unused_data:
        raise OSError(_DAMAGED)
