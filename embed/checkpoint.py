"""Checkpoints of a run: what they say, when they are due, which are kept, and what a run may go on from.

A checkpoint is taken where all tokens before a place are done and none after it. The workers wait only while the
matrices are copied to memory set aside for that; a thread of its own then checks, writes and flushes the copy, and
removes the oldest files, while training goes on. A run has a folder of its own, ``checkpoint-000001.ckpt`` and
so on; what a killed process leaves there (``.embed-*.tmp``) goes with the next start.

Rejected: writing from the matrices themselves (they change meanwhile, and the disk decides how long the pause is),
``fork`` (not on every system, and unsafe with threads), names by epoch and token (a run that goes on from an
older checkpoint would be taken for the older one).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import threading
import time
import warnings
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed import _kernels, checkpoint_file
from embed.config import TrainConfig
from embed.durations import seconds_of
from embed.errors import CheckpointWarning, ConfigError, EmbedError, FormatError
from embed.interrupts import Interrupted, NotedSignals
from embed.model import EpochRecord, Provenance
from embed.parameters import padded_matrix
from embed.records import made
from embed.vocab import Vocabulary

__all__ = [
    "Checkpoint",
    "Every",
    "Place",
    "Plan",
    "Saver",
    "checkpoints_in",
    "newest_in",
    "read",
    "restore",
    "vocabulary_digest",
]

Float32s = NDArray[np.float32]

DEFAULT_EVERY, DEFAULT_KEEP = "5m", 2
_NAME = re.compile(r"checkpoint-(\d{6,18})\.ckpt")
_TOKENS = re.compile(r"(\d{1,18})\s*tokens")
CONTINUED_FROM = "continued_from"
"""The decision that says what a continued training started from."""
_COPY_ROWS = 1 << 14
_HASH_WORDS = 1 << 16

_RATES, _NOISE = ("lr", "input_lr", "min_lr"), ("negatives", "noise_exponent", "subsample")
CHANGEABLE = frozenset(("epochs", "threads", "window", "window_kind", "gradient", "seed", *_RATES, *_NOISE))
"""Parameters that a run may go on with changed, if the user insists: they leave the meaning of the rows and of a
place in the corpus alone."""


@dataclass(frozen=True)
class Every:
    """How often a checkpoint is due: after so many seconds or tokens, or, with neither, after each epoch."""

    seconds: float | None = None
    tokens: int | None = None

    @classmethod
    def parse(cls, text: str) -> Every:
        """Read ``"90s"``, ``"5m"``, ``"1h"``, ``"2000000 tokens"`` or ``"epoch"``; raises ConfigError for others."""
        if text == "epoch":
            return cls()
        match = _TOKENS.fullmatch(text)
        if match is not None and int(match[1]):
            return cls(tokens=int(match[1]))
        if (seconds := seconds_of(text)) is not None:
            return cls(seconds=seconds)
        raise ConfigError(f"checkpoint_every must be like 90s, 5m, 1h, 2000000tokens or epoch, not {text!r:.60}")


@dataclass(frozen=True)
class Place:
    """How far a run has come: everything before it is done, and nothing after.

    Attributes
    ----------
    epoch : int
        Epochs that are done.
    position : int
        The token of the running epoch up to which the blocks that begin before it are done.
    loss, examples, seconds : float, int, float
        The sums of the running epoch.
    """

    epoch: int = 0
    position: int = 0
    loss: float = 0.0
    examples: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint says beside its matrices: the run it is of, and how far that has come."""

    config: TrainConfig
    vocabulary: str
    provenance: Provenance
    place: Place
    history: tuple[EpochRecord, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "config": self.config.to_dict(),
            "vocabulary": self.vocabulary,
            "provenance": asdict(self.provenance),
            "place": asdict(self.place),
            "history": [asdict(record) for record in self.history],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Checkpoint:
        """Build it from plain values; raises KeyError, TypeError or ValueError unless they make sense."""
        with warnings.catch_warnings(action="ignore"):  # advice was given when the run began
            config = TrainConfig.from_dict(values["config"])
        provenance, place = made(Provenance, values["provenance"]), made(Place, values["place"])
        history = tuple(made(EpochRecord, record) for record in values["history"])
        if not 0 <= place.epoch == len(history) or not 0 <= place.position <= provenance.tokens or place.examples < 0:
            raise ValueError(f"{place} of a run of {provenance.tokens} tokens with {len(history)} epochs done")
        if not isinstance(provenance.decisions.get(CONTINUED_FROM, {}), dict):
            raise ValueError(f"{CONTINUED_FROM} must be a JSON object")
        if not math.isfinite(place.loss) or not math.isfinite(place.seconds):
            raise ValueError(f"{place} is not finite")
        return cls(config, str(values["vocabulary"]), provenance, place, history)

    def differences(self, other: Checkpoint) -> tuple[list[str], list[str]]:
        """Return in what another run differs: what it may go on with if the user insists, and what it may not."""
        mild: list[str] = []
        grave: list[str] = []
        for item in fields(TrainConfig):
            mine, others = getattr(self.config, item.name), getattr(other.config, item.name)
            if item.name == "threads" and self.config.deterministic:
                continue
            if mine != others:
                changeable = item.name in CHANGEABLE and not (item.name == "window" and self.config.position_weights)
                (mild if changeable else grave).append(_difference(item.name, mine, others))
        for name in ("sentences", "tokens"):
            mine, others = getattr(self.provenance, name), getattr(other.provenance, name)
            if mine != others:
                grave.append(_difference(f"{name} of the corpus", mine, others))
        starts = [run.provenance.decisions.get(CONTINUED_FROM) or {} for run in (self, other)]
        grave += [
            _difference(f"{CONTINUED_FROM}.{' '.join(name.split()):.40}", starts[0].get(name), starts[1].get(name))
            for name in dict.fromkeys((*starts[0], *starts[1]))
            if starts[0].get(name) != starts[1].get(name)
        ]
        if self.vocabulary != other.vocabulary:
            grave.append("vocabulary")
        if self.provenance.corpus_fingerprint != other.provenance.corpus_fingerprint:
            mild.append("corpus (its fingerprint)")
        if self.provenance.simd_path != other.provenance.simd_path:
            mild.append(_difference("simd_path", self.provenance.simd_path, other.provenance.simd_path))
        own = "train-embeddings"
        if self.provenance.versions.get(own) != other.provenance.versions.get(own):
            mild.append(_difference("version", self.provenance.versions.get(own), other.provenance.versions.get(own)))
        return mild, grave


def _difference(name: str, mine: Any, others: Any) -> str:
    return f"{name} ({mine!r:.40} there, {others!r:.40} here)"


def vocabulary_digest(vocabulary: Vocabulary) -> str:
    """Return what words and counts hash to, in hexadecimal."""
    digest = hashlib.blake2b(np.ascontiguousarray(vocabulary.counts, "<i8").data, digest_size=32)
    for start in range(0, len(vocabulary), _HASH_WORDS):
        digest.update(json.dumps(vocabulary.words[start : start + _HASH_WORDS]).encode())
    return digest.hexdigest()


def _number_of(name: str) -> int | None:
    """Return the number in the name of a checkpoint; None for other names."""
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else None


def checkpoints_in(directory: str | os.PathLike[str]) -> list[Path]:
    """Return the checkpoints of a folder, oldest first; none if there is no such folder."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise FormatError(f"{os.fspath(directory)}: cannot be read: {error.strerror or error}") from error
    found = [(number, name) for name in names if (number := _number_of(name)) is not None]
    return [Path(directory, name) for _, name in sorted(found)]


def read(path: str | os.PathLike[str]) -> Checkpoint:
    """Read what a checkpoint says, without its matrices.

    Raises
    ------
    FormatError
        If it cannot be read, is damaged in its header, cut short, or says what makes no sense.
    """
    header = checkpoint_file.read_header(path)
    try:
        return Checkpoint.from_dict(header)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{os.fspath(path)}: damaged: not the header of a checkpoint: {error!s:.200}") from error


def newest_in(directory: str | os.PathLike[str]) -> tuple[Path, Checkpoint] | None:
    """Return the newest checkpoint of a folder whose header is whole; a damaged one is told when it is read whole."""
    for path in reversed(checkpoints_in(directory)):
        with contextlib.suppress(FormatError):
            return path, read(path)
    return None


def restore(
    directory: str | os.PathLike[str], here: Checkpoint, matrices: Mapping[str, Float32s], *, anyway: bool
) -> tuple[Checkpoint, list[Path]]:
    """Read the newest checkpoint that is whole; a damaged one gives a CheckpointWarning.

    Parameters
    ----------
    directory : path
    here : Checkpoint
        The run that wants to go on, as it begins.
    matrices : mapping of str to float32[rows, stride]
        Filled.
    anyway : bool
        Go on in spite of differences in what is CHANGEABLE.

    Returns
    -------
    Checkpoint, list of Path
        Where the run stood, and the newer files that are damaged.

    Raises
    ------
    ConfigError
        If the configuration or the corpus is another.
    FormatError
        If no checkpoint is whole.
    """
    damaged: list[Path] = []
    reasons: list[str] = []
    for path in reversed(checkpoints_in(directory)):
        try:
            found = read(path)
            _refuse_differences(path, found, here, anyway=anyway)
            checkpoint_file.read_into(path, matrices, here.config.dim)
            if not all(_kernels.all_finite(matrix) for matrix in matrices.values()):
                raise FormatError(f"{path}: damaged: a number is NaN or infinite")
        except FormatError as error:
            damaged.append(path)
            reasons.append(str(error))
            continue
        if reasons:
            message = f"{reasons[0]}; going on from the checkpoint before, {path}"
            warnings.warn(message, CheckpointWarning, stacklevel=4)
        return found, damaged
    if not reasons:
        raise FormatError(f"{os.fspath(directory)}: there is no checkpoint to go on from")
    raise FormatError(f"none of the checkpoints ({len(reasons)}) is whole; the newest: {reasons[0]}")


def _refuse_differences(path: Path, there: Checkpoint, here: Checkpoint, *, anyway: bool) -> None:
    mild, grave = there.differences(here)
    if grave:
        differing = ", ".join(grave + mild)
        raise ConfigError(f"{path} is of another run, which cannot be gone on with: it differs in {differing}")
    if mild and not anyway:
        raise ConfigError(
            f"{path} is of another run: it differs in {', '.join(mild)}; --resume-anyway (resume_anyway=True) insists"
        )


class Saver:
    """Writes the checkpoints of one run, and notes the signals that ask it to end; a context manager.

    Parameters
    ----------
    directory : path
        Made if it does not exist.
    every : Every
    keep : int
        So many files are kept.
    damaged : iterable of Path
        Files that are not whole; they go when there is a newer one that is.

    Attributes
    ----------
    diverged : bool
        A copy was not finite. It has not been written.
    pauses : list of float
        How long (seconds) the workers waited for each copy.

    Raises
    ------
    FormatError
        If the folder cannot be made.
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
        _make_folder(self.directory)
        present = checkpoints_in(self.directory)
        self._last = next((path for path in reversed(present) if path not in self._damaged), None)
        self._number = max((number for path in present if (number := _number_of(path.name)) is not None), default=0)
        self._next_time = time.monotonic() + (every.seconds or 0)

    def __enter__(self) -> Saver:
        self._signals.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.wait()
        finally:
            self._signals.__exit__(kind, error, trace)
        if self._signals.number is not None and error is None:
            raise Interrupted(self._signals.number, " after the last epoch")

    def prepare(self, matrices: Mapping[str, Float32s], dim: int) -> None:
        """Set memory for the copies aside and touch it: a system that is short of it would take its time in a pause."""
        for name, matrix in matrices.items():
            self._copies[name] = padded_matrix(len(matrix), dim)
            self._copies[name].fill(0)

    def is_due(self) -> bool:
        """Return whether the run should be paused now: for a checkpoint by time, or because a signal came."""
        if self._signals.number is not None:
            return True
        if self._writer is not None and not self._writer.is_alive():
            self.wait()
        # a disk slower than the interval delays the next checkpoint, not the training
        return self.every.seconds is not None and self._writer is None and time.monotonic() >= self._next_time

    def next_stop(self, before: int, position: int, last: int) -> int:
        """Return where in position+1..last a checkpoint is due by tokens; `before` are those of earlier epochs."""
        if self.every.tokens is None:
            return last
        return min(last, (before + position) // self.every.tokens * self.every.tokens + self.every.tokens - before)

    def is_due_after_epoch(self, tokens: int) -> bool:
        """Return whether a checkpoint is due at the end of an epoch, `tokens` after the start of the run."""
        by_tokens = self.every.tokens is not None and tokens % self.every.tokens == 0
        return self.every == Every() or by_tokens or self.is_due()

    def save(self, checkpoint: Checkpoint, matrices: Mapping[str, Float32s]) -> None:
        """Copy the matrices of `prepare`, and begin to write; then heed a signal that has come.

        Raises
        ------
        Interrupted
            When the checkpoint of a run that a signal asked to end has been written.
        """
        self.wait()
        started = time.perf_counter()
        for name, matrix in matrices.items():
            _copy(matrix, self._copies[name], checkpoint.provenance.threads)
        self.pauses.append(time.perf_counter() - started)
        number = self._number
        self._writer = threading.Thread(target=self._write, args=(checkpoint,))
        self._writer.start()
        self._next_time = time.monotonic() + (self.every.seconds or 0)
        if self._signals.number is not None:
            self.wait()
            place = checkpoint.place
            where = f" in epoch {place.epoch + 1} at token {place.position:,}"
            if place.epoch >= checkpoint.config.epoch_count():
                where = " after the last epoch"
            raise Interrupted(self._signals.number, where if self._number > number else f"{where} without a checkpoint")

    def wait(self) -> None:
        """Wait until what is being written is on the disk; a failure gives a CheckpointWarning."""
        if self._writer is not None:
            self._writer.join()
            self._writer = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            kept = "there is no older one" if self._last is None else f"{self._last} stays"
            message = f"{str(failure) or 'out of memory'}: this checkpoint is missing, {kept}"
            warnings.warn(message, CheckpointWarning, stacklevel=4)

    def _write(self, checkpoint: Checkpoint) -> None:
        if not all(_kernels.all_finite(copy) for copy in self._copies.values()):
            self.diverged = True
            return
        path = self.directory / f"checkpoint-{self._number + 1:06d}.ckpt"
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
                with contextlib.suppress(OSError):  # the next one tries again
                    old.unlink(missing_ok=True)


def _make_folder(directory: Path) -> None:
    """Make the folder, remove what a killed process has left half written in it, and see that it takes files."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for leftover in directory.glob(".embed-*.tmp"):
            leftover.unlink()
        if not os.access(directory, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise FormatError(f"{directory}: cannot hold checkpoints: {error.strerror or error}") from error


def _copy(source: Float32s, target: Float32s, threads: int) -> None:
    """Copy in several threads: one alone does not use what the memory can do."""

    def copy(first: int) -> None:
        target[first : first + _COPY_ROWS] = source[first : first + _COPY_ROWS]

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(copy, range(0, len(source), _COPY_ROWS)))


@dataclass(frozen=True)
class Plan:
    """What a caller asks for; see :func:`embed.train`.

    Raises
    ------
    ConfigError
        If `every` or `keep` makes no sense.
    """

    directory: Path | None
    every: Every
    keep: int
    resume: Path | None
    anyway: bool

    @classmethod
    def of(
        cls,
        directory: str | os.PathLike[str] | None,
        every: str,
        keep: int,
        resume: str | os.PathLike[str] | None,
        anyway: bool,
    ) -> Plan:
        """Check what a caller gives."""
        if keep < 1:
            raise ConfigError(f"checkpoint_keep must be at least 1, not {keep}")
        paths = [None if path is None else Path(path) for path in (directory, resume)]
        return cls(paths[0], Every.parse(every), keep, paths[1], anyway)

    def is_resumed(self, config: TrainConfig | None, continued_from: Mapping[str, Any] | None = None) -> bool:
        """Return whether there is a checkpoint to go on from, before hours are spent on the corpus.

        Parameters
        ----------
        config : TrainConfig or None
            None if the corpus decides on it: `restore` compares it then.
        continued_from : mapping or None
            What the run starts from, if that is a model.

        Raises
        ------
        ConfigError
            If the newest checkpoint is of a run with another configuration, or the folder for new ones has some
            of a run that is not gone on with.
        FormatError
            If there should be a checkpoint, and is none; if the folder for new ones cannot be made or written to.
        """
        same = self.resume is not None and self.directory is not None and _same(self.resume, self.directory)
        if self.directory is not None and not same and checkpoints_in(self.directory):
            raise ConfigError(
                f"{self.directory} holds checkpoints of a run: go on with it by --resume {self.directory} "
                "(resume=), or name another folder for new ones"
            )
        if self.directory is not None:
            _make_folder(self.directory)
        if self.resume is None:
            return False
        present = checkpoints_in(self.resume)
        if not present and not same:
            raise FormatError(f"{self.resume}: there is no checkpoint to go on from")
        if not present:
            message = f"{self.resume} has no checkpoint yet: the run begins at the beginning"
            warnings.warn(message, CheckpointWarning, stacklevel=4)
        if config is None:
            return bool(present)
        if (newest := newest_in(self.resume)) is not None:
            path, found = newest
            decisions = {**found.provenance.decisions, CONTINUED_FROM: continued_from}
            provenance = replace(found.provenance, decisions=decisions)
            here = Checkpoint(config, found.vocabulary, provenance, found.place, found.history)
            _refuse_differences(path, found, here, anyway=self.anyway)
        return bool(present)


def _same(first: Path, second: Path) -> bool:
    return os.path.realpath(first) == os.path.realpath(second)
