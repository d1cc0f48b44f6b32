"""Write the checkpoints of a run while it trains: decide when one is due and which to keep.

The workers wait only while the matrices are copied in memory. A separate thread then checks, writes and flushes the
copy, and removes the oldest files, while training continues.

Rejected: writing from the matrices themselves (they change meanwhile, and the pause lasts as long as the disk needs),
``fork`` (not on every system, and unsafe with threads).
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from embed.checkpoints import checkpoint_file
from embed.checkpoints.checkpoint import Checkpoint
from embed.checkpoints.checkpoint_folder import checkpoint_name, checkpoints_in, make_folder, number_of
from embed.checkpoints.signals import Interrupted, NotedSignals
from embed.config.durations import Every
from embed.engine import _kernels
from embed.engine.threads import shared_out
from embed.errors import CheckpointWarning, EmbedError, advise
from embed.model.parameters import padded_matrix

__all__ = ["Saver"]

Float32s = NDArray[np.float32]

_COPY_ROWS = 1 << 14
_POLL_SECONDS = 0.1


class Saver:
    """Write the checkpoints of one run, and note the signals that ask the run to end; a context manager.

    Parameters
    ----------
    directory : path
        Made if it does not exist.
    every : Every
    keep : int
        How many files to keep.
    damaged : iterable of Path
        Damaged files, removed after the next checkpoint.

    Attributes
    ----------
    diverged : bool
        A copy was not finite, and was not written.
    pauses : list of float
        How long (seconds) the workers waited for each copy.

    Raises
    ------
    FormatError
        The folder cannot be made.
    """

    def __init__(
        self, directory: str | os.PathLike[str], every: Every, keep: int, damaged: Iterable[Path] = ()
    ) -> None:
        self.directory = Path(directory)
        self.every = every
        self.keep = keep
        self.diverged = False
        self.pauses: list[float] = []
        self._damaged = set(damaged)
        self._signals = NotedSignals()
        self._copies: dict[str, Float32s] = {}
        self._writer: threading.Thread | None = None
        self._failure: Exception | None = None
        make_folder(self.directory)
        present = checkpoints_in(self.directory)
        self._last = next((path for path in reversed(present) if path not in self._damaged), None)
        self._number = max((number for path in present if (number := number_of(path.name)) is not None), default=0)
        self._next_time = time.monotonic() + (every.seconds or 0)

    def __enter__(self) -> Saver:
        self._signals.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not isinstance(error, Interrupted):  # then all has been written, or there is no time to write
                self.wait()
        finally:
            self._signals.__exit__(kind, error, trace)
        if (number := self._signals.look()) is not None and error is None:
            raise Interrupted(number, " after the last epoch")

    def prepare(self, matrices: Mapping[str, Float32s], dim: int) -> None:
        """Allocate and touch the memory of the copies, which would otherwise lengthen the first pause."""
        for name, matrix in matrices.items():
            self._copies[name] = padded_matrix(len(matrix), dim)
            self._copies[name].fill(0)

    def is_due(self) -> bool:
        """Return whether to pause the run now, for a checkpoint by time or because a signal came."""
        if self._signals.look() is not None:
            return True
        if self._writer is not None and not self._writer.is_alive():
            self.wait()
        # a disk slower than the interval delays the next checkpoint, not the training
        return self.every.seconds is not None and self._writer is None and time.monotonic() >= self._next_time

    def next_stop(self, before: int, position: int, last: int) -> int:
        """Return the next position, up to `last`, for a checkpoint; `before` counts the tokens of earlier epochs."""
        if self.every.tokens is None:
            return last
        return min(last, (before + position) // self.every.tokens * self.every.tokens + self.every.tokens - before)

    def is_due_after_epoch(self, tokens: int) -> bool:
        """Return whether a checkpoint is due at the end of an epoch, `tokens` after the start of the run."""
        by_tokens = self.every.tokens is not None and tokens % self.every.tokens == 0
        return self.every == Every() or by_tokens or self.is_due()

    def save(self, checkpoint: Checkpoint, matrices: Mapping[str, Float32s]) -> None:
        """Copy the matrices of `prepare` and start to write them; then act on a signal that has come.

        Raises
        ------
        Interrupted
            A signal asked the run to end; the checkpoint has been written.
        """
        self.wait()
        started = time.perf_counter()
        for name, matrix in matrices.items():
            _copy(matrix, self._copies[name], checkpoint.provenance.threads)
        self.pauses.append(time.perf_counter() - started)
        number = self._number
        self._begin(checkpoint)
        self._next_time = time.monotonic() + (self.every.seconds or 0)
        if (signal := self._signals.look()) is not None:
            self.wait()
            place = checkpoint.place
            where = f" in epoch {place.epoch + 1} at token {place.position:,}"
            if place.epoch >= checkpoint.config.epoch_count():
                where = " after the last epoch"
            raise Interrupted(signal, where if self._number > number else f"{where} without a checkpoint")

    def wait(self) -> None:
        """Wait until the checkpoint being written is on the disk; a failure gives a CheckpointWarning."""
        if self._writer is not None:
            while self._writer.is_alive():
                self._writer.join(_POLL_SECONDS)
                self._signals.look()
            self._writer = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            last = "there is no other" if self._last is None else f"the last one is {self._last}"
            advise(f"{str(failure) or 'out of memory'}; this checkpoint is lost, {last}", CheckpointWarning)

    def _begin(self, checkpoint: Checkpoint) -> None:
        """Write the copies in a separate thread, or in this one if the system gives none."""
        # a daemon, so that a second signal does not wait for a stuck disk
        writer = threading.Thread(target=self._write, args=(checkpoint,), daemon=True)
        try:
            writer.start()
        except (RuntimeError, MemoryError):
            self._write(checkpoint)
        else:
            self._writer = writer

    def _write(self, checkpoint: Checkpoint) -> None:
        if not all(_kernels.all_finite(copy) for copy in self._copies.values()):
            self.diverged = True
            return
        path = self.directory / checkpoint_name(self._number + 1)
        try:
            checkpoint_file.write(path, checkpoint.to_dict(), self._copies, checkpoint.config.dim)
        except (EmbedError, OSError, MemoryError) as error:
            self._failure = error
            return
        self._number += 1
        self._last = path
        with contextlib.suppress(EmbedError):
            whole = [found for found in checkpoints_in(self.directory) if found not in self._damaged]
            for old in (*self._damaged, *whole[: -self.keep]):
                if checkpoint_file.has_mark(old):
                    with contextlib.suppress(OSError):  # the next checkpoint tries again
                        old.unlink(missing_ok=True)


def _copy(source: Float32s, target: Float32s, threads: int) -> None:
    """Copy in several threads: one does not saturate the memory."""

    def copy(first: int) -> None:
        target[first : first + _COPY_ROWS] = source[first : first + _COPY_ROWS]

    shared_out(copy, range(0, len(source), _COPY_ROWS), threads)
