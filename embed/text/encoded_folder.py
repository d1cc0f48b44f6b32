"""Write an encoded corpus into a directory: a temporary one, or a persistent one that the next run reuses.

One process at a time fills a persistent directory, and holds its lock meanwhile. Processes that need the same corpus
wait and then use it; others get an error. The directory must be new, empty, or filled by this package; other files in
it stay. The files are first written to a temporary folder inside the directory, so that links to other disks and mount
points are filled in place. Complete files are moved into the directory and take effect once
:data:`~embed.text.encoded_corpus.META` names them.

Rejected: renaming a new directory over the old one (fails for mount points, replaces links, loses other files, and a
process killed between two renames leaves no directory).
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from embed.errors import EmbedError, FormatError, cannot_open
from embed.files import _digest
from embed.files.atomic import flush_folder
from embed.files.folders import strangers
from embed.files.locks import MARK, FolderLock, SharedLock, note_at
from embed.files.temporary import is_temporary, remove_run_folder, run_folder, temporary_folder
from embed.text import _text
from embed.text.encoded_corpus import (
    COUNTS,
    DATA_FILES,
    FORMAT_NAME,
    FORMAT_VERSION,
    IDS,
    META,
    OFFSET_TYPE,
    WORD_OFFSETS,
    WORDS,
    EncodedCorpus,
    data_file,
    is_data_file,
    read_meta,
)
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["describe", "fingerprint_with", "persistent", "temporary", "write_vocabulary", "writing", "writing_ids"]

Encode = Callable[[Path, str | None], tuple[dict[str, Any], Vocabulary]]
"""Writes a corpus into a folder: (folder, generation of its files) -> (values of META, vocabulary)."""

POLL_SECONDS = 0.05
"""How often a waiting process checks whether the directory is ready."""
_HOLDS = "an encoded corpus"
_WORDS_BLOCK = 1 << 16
"""Words written at a time."""
_HASH_BYTES = 1 << 20


def temporary(encode: Encode) -> EncodedCorpus:
    """Encode into a directory in TMPDIR, which is removed when the corpus is closed."""
    with writing("the directory for temporary files (TMPDIR)"):
        work, lock = run_folder()
    try:
        meta, vocabulary = encode(work, None)
        return EncodedCorpus(work, meta, vocabulary, temporary=lock)
    except BaseException:
        remove_run_folder(work, lock)
        raise


def persistent(target: Path, corpus: Any, settings: dict[str, Any], encode: Encode) -> EncodedCorpus:
    """Open the corpus in a directory if it was made from `corpus` with `settings`; else encode into the directory.

    Raises
    ------
    FormatError
        The directory holds other files or a damaged corpus, cannot be written, or is in use by a process that encodes
        another corpus.
    """
    fingerprint = functools.cache(getattr(corpus, "fingerprint", lambda: None))
    reading = getattr(corpus, "settings", None)
    key = _digest_of([settings, reading() if callable(reading) else None])
    while True:
        if (found := _found(target, fingerprint, settings)) is not None:
            return found
        is_new = _make(target)
        with writing(target):
            try:
                lock = FolderLock.take(target, {"holds": _HOLDS, "key": key})
            except FileNotFoundError:  # a process that failed to encode has just removed the directory
                continue
        if lock is None:
            _refuse_others(target, key)
            time.sleep(POLL_SECONDS)
            continue
        try:
            if (found := _found(target, fingerprint, settings)) is not None:
                return found
            _refuse_in_use(target)
            return _fill(target, encode)
        except BaseException:
            lock.release()
            if is_new:
                _unmake(target)
            raise
        finally:
            lock.release()


def _found(target: Path, fingerprint: Callable[[], str | None], settings: dict[str, Any]) -> EncodedCorpus | None:
    """Return the corpus in a directory if it matches, None if not; raise FormatError if the directory is foreign."""
    if not os.path.exists(target):  # also for a broken link
        return None
    try:
        if target.is_dir() and not (target / META).exists() and not _is_foreign(target):
            return None
    except OSError as error:
        raise cannot_open(FormatError, f"{target}: cannot read: {error.strerror or error}", error) from error
    meta = read_meta(target)
    if meta["version"] != FORMAT_VERSION or (source := fingerprint()) is None:
        return None
    wanted = fingerprint_with(source, settings)
    if meta["fingerprint"] != wanted:
        return None
    encoded = EncodedCorpus.open(target)
    if encoded.fingerprint == wanted:
        return encoded
    encoded.close()  # another process has just replaced the corpus
    return None


def _is_foreign(target: Path) -> bool:
    """Return whether a directory holds files, but neither our lock file nor META.

    The checks follow the order in which a process fills a directory, the lock file first and META last, so that a
    directory that is being filled never seems foreign.
    """
    return bool(strangers(target)) and MARK not in os.listdir(target) and not (target / META).exists()


def _make(target: Path) -> bool:
    with writing(target):
        if os.path.isdir(target):
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            # a link may lead to a folder that does not exist yet
            Path(os.path.realpath(target)).mkdir()
            return True
        return False


def _unmake(target: Path) -> None:
    """Remove a directory that `_make` created, if it is empty."""
    with contextlib.suppress(OSError):
        Path(os.path.realpath(target)).rmdir()


def _refuse_others(target: Path, key: str) -> None:
    """Raise FormatError if the process that holds the directory's lock does not encode the same corpus."""
    note = note_at(target)
    if not note or (note.get("holds") == _HOLDS and note.get("key") == key):
        return
    does = "encodes with other settings" if note.get("holds") == _HOLDS else f"stores {note.get('holds')!s:.60}"
    raise FormatError(
        f"{target} is in use: process {note.get('process')!s:.20} on {note.get('host')!s:.60} {does} there; "
        "name another directory for the encoded corpus"
    )


def _refuse_in_use(target: Path) -> None:
    """Raise FormatError if another process uses the corpus that would be replaced."""
    if not (target / META).exists():
        return
    try:
        ids = SharedLock.hold(data_file(target, IDS, read_meta(target)))
    except OSError:  # missing, and therefore unused
        return
    if ids.is_shared():
        raise FormatError(
            f"cannot replace the encoded corpus {target}, which has another text or other settings: another process is "
            "using it; name another directory, or wait until that process has ended"
        )


def _fill(target: Path, encode: Encode) -> EncodedCorpus:
    generation = (
        secrets.token_hex(4) if any(is_data_file(name) or name == META for name in os.listdir(target)) else None
    )
    with contextlib.ExitStack() as stack:
        with writing(target):
            work = stack.enter_context(temporary_folder(target))
        meta, vocabulary = encode(work, generation)
        with writing(target):
            encoded = EncodedCorpus(target, meta, vocabulary, written_in=work)
            _publish(work, target, meta)
        return encoded


def _publish(work: Path, target: Path, meta: dict[str, Any]) -> None:
    """Move the files from `work` into the directory, and remove the files that they replace."""
    named = {name: data_file(target, name, meta) for name in DATA_FILES}
    try:
        for name, path in named.items():
            os.rename(work / name, path)
        flush_folder(target)
        os.replace(work / META, target / META)
    except BaseException:
        with contextlib.suppress(FormatError):
            if read_meta(target) == meta:  # interrupted just after the last step
                raise
        for path in named.values():
            with contextlib.suppress(OSError):
                path.unlink()
        raise
    flush_folder(target)
    for name in os.listdir(target):
        if is_data_file(name) and target / name not in named.values():
            with contextlib.suppress(OSError):  # mapped, on Windows; the next run removes it
                (target / name).unlink()


# the files


@contextlib.contextmanager
def writing(where: object) -> Iterator[None]:
    """Turn an OSError into a FormatError that names the directory."""
    try:
        yield
    except EmbedError:  # about the text
        raise
    except OSError as error:
        if isinstance(where, Path) and is_temporary(where.name):  # a name unknown to the user
            where = where.parent
        raise FormatError(f"cannot write the encoded corpus to {where}: {error.strerror or error}") from error


@contextlib.contextmanager
def writing_ids(path: Path, mode: Literal["wb", "r+b"] = "wb") -> Iterator[BinaryIO]:
    """Open the file of ids; on a full disk, flushing its buffer fails again when it is closed."""
    with writing(path.parent):
        # not in a `with`: errors of opening and closing are reported differently from errors in between
        file = open(path, mode)  # noqa: SIM115
    try:
        yield file
    finally:
        with writing(path.parent):
            file.close()


def write_vocabulary(work: Path, vocabulary: Vocabulary) -> None:
    """Write the words and their counts."""
    with open(work / WORDS, "wb") as words, open(work / WORD_OFFSETS, "wb") as offsets:
        end = 0
        offsets.write(np.zeros(1, dtype=OFFSET_TYPE).tobytes())
        for start in range(0, len(vocabulary), _WORDS_BLOCK):
            part, ends = _text.utf8_of(vocabulary.words[start : start + _WORDS_BLOCK])
            words.write(part)
            offsets.write((end + ends).astype(OFFSET_TYPE, copy=False).data)
            end += len(part)
    (work / COUNTS).write_bytes(vocabulary.counts.astype(OFFSET_TYPE, copy=False).data)


def describe(
    work: Path,
    corpus: Any,
    settings: dict[str, Any],
    facts: dict[str, int],
    *,
    generation: str | None = None,
    durable: bool,
) -> dict[str, Any]:
    """Write META for the data files in a folder, and return its values; if `durable`, flush all files to disk."""
    read_fingerprint = getattr(corpus, "read_fingerprint", None) or getattr(corpus, "fingerprint", None)
    source = read_fingerprint() if read_fingerprint else None
    meta = {
        "format": FORMAT_NAME,
        "version": FORMAT_VERSION,
        "fingerprint": fingerprint_with(source, settings) if source else _content_hash(work),
        **settings,
        **facts,
        **({} if generation is None else {"generation": generation}),
        "sizes": {name: os.stat(work / name).st_size for name in DATA_FILES},
    }
    (work / META).write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    if durable:
        for name in (*DATA_FILES, META):
            with open(work / name, "rb+") as file:
                os.fsync(file.fileno())
    return meta


def fingerprint_with(source: Any, settings: dict[str, Any]) -> str:
    """Return the fingerprint of an encoded corpus, from what identifies its text, ready for JSON, and its settings."""
    return _digest_of([FORMAT_NAME, FORMAT_VERSION, source, settings])


def _digest_of(value: Any) -> str:
    content = json.dumps(value, sort_keys=True)
    return hashlib.blake2b(content.encode(), digest_size=32).hexdigest()


def _content_hash(work: Path) -> str:
    digest = _digest.ContentDigest(32)
    for name in DATA_FILES:
        with open(work / name, "rb") as file:
            while chunk := file.read(_HASH_BYTES):
                digest.update(chunk)
    return digest.hexdigest()
