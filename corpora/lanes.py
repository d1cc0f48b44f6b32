"""Part the chunks of a text by what reads them in order (a lane), and by what any thread may do with a chunk.

A reader that gives :class:`LanedChunks` can be read by several threads: one at a time advances a lane, and gets a chunk
whose tokens are whole; any thread makes the text of the chunk. Whoever iterates the chunks gets their text in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .tokenizers import ASCII_SPACE

__all__ = ["Chunk", "Lane", "LanedChunks", "after_last_space", "lanes_of", "whole_tokens"]

_SPACES = [bytes([byte]) for byte in ASCII_SPACE.encode()]
_NEAR_BYTES = 1 << 10
"""Where to look for white space first: nearly all text has some there."""


@dataclass(frozen=True)
class Chunk:
    """A part of a text whose tokens are whole.

    Attributes
    ----------
    data : bytes
        Valid UTF-8.
    separate : callable or None
        Makes of it the tokens with white space between them, and the line ends; None: it is that.
    name : str
        The input in messages, empty if unknown.
    """

    data: bytes
    separate: Callable[[bytes], bytes] | None = None
    name: str = ""

    def text(self) -> bytes:
        """Return the tokens with ASCII white space between them, and the line ends."""
        return self.data if self.separate is None else self.separate(self.data)


@dataclass(frozen=True)
class Lane:
    """Chunks that are read one after the other.

    Attributes
    ----------
    chunks : iterable of Chunk
        Iterated once.
    is_ready : bool
        Whether any thread may read the lane, and before the lanes in front of it are at their end. A pipe is not.
    """

    chunks: Iterable[Any]
    is_ready: bool = False


class LanedChunks(Iterator[bytes]):
    """The text of lanes: an iterator of its chunks for one thread, `lanes` for several.

    Parameters
    ----------
    lanes : callable
        Called with the number of threads that read; returns an iterable of Lane, in the order of the text.
    """

    def __init__(self, lanes: Callable[[int], Iterable[Lane]]) -> None:
        self.lanes = lanes
        self._texts: Iterator[bytes] | None = None

    def __next__(self) -> bytes:
        if self._texts is None:
            self._texts = (chunk.text() for lane in self.lanes(1) for chunk in lane.chunks)
        return next(self._texts)


def lanes_of(chunks: Iterator[bytes], size: int, threads: int) -> Iterable[Lane]:
    """Return the lanes of an iterator of bytes for some threads; if it has none, its chunks get about `size` bytes."""
    if isinstance(chunks, LanedChunks):
        return chunks.lanes(threads)
    return [Lane(Chunk(data) for data in whole_tokens(chunks, size))]


def whole_tokens(chunks: Iterable[bytes], size: int, most: int | None = None) -> Iterator[bytes]:
    """Join and cut valid UTF-8 to chunks of about `size` bytes that end at white space, but for the last.

    If more than `most` bytes have no white space, the chunk ends amid them.
    """
    held: list[bytes] = []
    held_bytes, open_bytes = 0, 0  # and those since the last white space
    for chunk in chunks:
        cut = after_last_space(chunk)
        open_bytes = len(chunk) - cut if cut else open_bytes + len(chunk)
        if cut and held_bytes + cut >= size:
            yield b"".join([*held, memoryview(chunk)[:cut]])
            held, held_bytes = [chunk[cut:]] if open_bytes else [], open_bytes
        else:
            held.append(chunk)
            held_bytes += len(chunk)
        if most is not None and open_bytes > most:
            yield b"".join(held)
            held, held_bytes, open_bytes = [], 0, 0
    if held:
        yield b"".join(held)


def after_last_space(data: bytes) -> int:
    """Return the offset after the last ASCII white space, 0 if there is none."""
    end = data[-_NEAR_BYTES:]
    near = max(end.rfind(space) for space in _SPACES) + 1
    if near:
        return len(data) - len(end) + near
    return max(data.rfind(space) for space in _SPACES) + 1
