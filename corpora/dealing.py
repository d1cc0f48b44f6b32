"""Deal the files of a text to several readers, so that each reads its own part and together they read all of it.

The parts follow each other in the text. A plain file is cut at a line end, where every sentence ends. A compressed
file, a dump, a table or a URL is read whole by one reader. A pipe is read by one process, so it cannot be dealt.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from embed.errors import CorpusError, cannot_open
from embed.files._digest import SUM_BLOCK, SUM_BYTES, ContentDigest
from embed.files.compressed import DIGEST_BYTES
from embed.files.extents import Extent, line_begin
from embed.files.inputs import Input

from . import MixedCorpus, open_configured
from .columns import ColumnCorpus, is_paths
from .files import FileCorpus, find_files, fingerprint_of
from .mediawiki import WikiCorpus
from .text import TextCorpus

if TYPE_CHECKING:
    from embed.config.train import TrainConfig

__all__ = ["Piece", "Share", "deal", "fingerprint_of_shares", "open_share", "read_digests", "why_unreadable"]

_MARK_BYTES = 1 << 12
_LEAST_BYTES = 1 << 24
"""Of a share, where readers get several: each has a table of words of its own."""


@dataclass(frozen=True)
class Piece:
    """A file of a reader, or a stretch of one.

    Attributes
    ----------
    path : str
        Absolute, or a URL.
    mark : str
        Tells the file from another one of the same name elsewhere; empty for a URL.
    begin, end : int
        The bytes to read; both 0 for a whole file.
    """

    path: str
    mark: str
    begin: int = 0
    end: int = 0


Share = tuple[Piece, ...]
"""What one reader reads, in the order of the text; may be empty."""

Digest = tuple[int, str] | tuple[bytes, bytes, bytes]
"""Size and digest of a whole file, or the sums of a stretch (:class:`embed.files._digest.BlockSums`)."""


def deal(source: Any, corpus: Iterable[Any], readers: int, most: int = 1) -> list[Share] | None:
    """Return what several readers read of a text, in shares of about as many bytes; None if one has to read it all.

    Parameters
    ----------
    source : path or list of paths
        What `corpus` was opened from. Anything else has no files that others could open.
    corpus : iterable
        The reader that :func:`embed.corpora.open_corpus` has made of it.
    readers : int
    most : int
        Shares of a reader, at most: fewer of a short text.

    Raises
    ------
    CorpusError
        A file cannot be read.
    """
    if not is_paths(source):
        return None
    files = _files_of(source, corpus)
    if any(file.reads_once for file, _ in files) or (len(files) == 1 and not files[0][1]):
        return None
    known = [size for file, _ in files if (size := file.size()) is not None]
    usual = max(sum(known) // max(len(known), 1), 1)
    sizes = [usual if (size := file.size()) is None else size for file, _ in files]
    count = min(readers * most, max(readers, sum(sizes) // _LEAST_BYTES))
    cuts = _cuts([(file.path, size, cut) for (file, cut), size in zip(files, sizes, strict=True)], count)
    marks = ["" if file.is_remote else _checked_mark(file.path) for file, _ in files]
    shares = []
    for (first, begin), (last, end) in pairwise(cuts):
        share = []
        for number in range(first, min(last + 1, len(files))):
            file, is_plain = files[number]
            stretch = (begin if number == first else 0, end if number == last else sizes[number])
            path = file.path if file.is_remote else os.path.abspath(file.path)
            if not is_plain and number < last:
                share.append(Piece(path, marks[number]))
            elif is_plain and stretch[0] < stretch[1]:
                share.append(Piece(path, marks[number], *stretch))
        shares.append(tuple(share))
    return shares


def _files_of(source: Any, corpus: Iterable[Any]) -> list[tuple[Input, bool]]:
    """Return the files of a corpus, and whether each can be cut at line ends."""
    if isinstance(corpus, ColumnCorpus):
        return [(file, False) for file in find_files(source)]
    parts = corpus.parts if isinstance(corpus, MixedCorpus) else [corpus]
    return [
        (file, isinstance(part, TextCorpus) and file.size() is not None and file.compression is None)
        for part in parts
        if isinstance(part, FileCorpus)
        for file in part.files
    ]


def _cuts(files: Sequence[tuple[str, int, bool]], shares: int) -> list[tuple[int, int]]:
    """Return where each share begins, and where the last one ends: (file, offset), for files of (path, size, plain).

    A file that cannot be cut belongs to the share in which its middle would be.
    """
    total, before, cuts = sum(size for _, size, _ in files), 0, [(0, 0)]
    for number, (path, size, is_plain) in enumerate(files):
        while len(cuts) < shares and (wanted := total * len(cuts) // shares) < before + size:
            if is_plain:
                offset = line_begin(path, wanted - before)
                cut = (number, offset) if offset < size else (number + 1, 0)
            else:
                cut = (number + (wanted - before > size // 2), 0)
            cuts.append(max(cut, cuts[-1]))
        before += size
    return [*cuts, *[(len(files), 0)] * (shares + 1 - len(cuts))]


def _checked_mark(path: str) -> str:
    try:
        return mark_of(path)
    except OSError as error:
        raise cannot_open(CorpusError, f"cannot read {path}: {error.strerror or error}", error) from error


def mark_of(path: str) -> str:
    """Return what tells a file from others: its size, and a digest of its begin and its end.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest = blake2b(file.read(_MARK_BYTES), digest_size=16)
        file.seek(max(size - _MARK_BYTES, 0))
        digest.update(file.read(_MARK_BYTES))
    return f"{size} {digest.hexdigest()}"


def why_unreadable(share: Share) -> str:
    """Return why a reader on this machine cannot read its share, in a few words; empty if it can."""
    for piece in share:
        if not piece.mark:
            continue
        try:
            if mark_of(piece.path) != piece.mark:
                return f"{piece.path} is another file"
        except OSError as error:
            return f"{piece.path}: {error.strerror or error}"
    return ""


def open_share(share: Share, config: TrainConfig, **columns: str | None) -> Iterable[list[str]]:
    """Return the reader of a share, with the parameters of text in a configuration; `columns` as `open_corpus`.

    Raises
    ------
    CorpusError
        A file cannot be read.
    """
    parts: list[Any] = []
    for is_plain, group in groupby(share, lambda piece: piece.end > 0):
        if is_plain:
            stretches: list[Input] = [Extent(piece.path, piece.begin, piece.end) for piece in group]
            parts.append(
                TextCorpus(
                    stretches,
                    tokenizer=config.tokenizer,
                    lowercase=config.lowercase,
                    decode_errors=config.decode_errors,
                )
            )
        else:
            parts.append(open_configured([piece.path for piece in group], config, **columns))
    return parts[0] if len(parts) == 1 else MixedCorpus(parts)


def read_digests(corpus: Any) -> list[Digest] | None:
    """Return the digest of each piece of an opened share, after a pass over it; None if one has none."""
    found: list[Digest] = []
    for part in corpus.parts if isinstance(corpus, MixedCorpus) else [corpus]:
        if not isinstance(part, (TextCorpus, WikiCorpus)) or (digests := part.digests()) is None:
            return None
        found += [
            file.sums.parts() if isinstance(file, Extent) else digest
            for file, digest in zip(part.files, digests, strict=True)
        ]
    return found


def fingerprint_of_shares(
    corpus: Iterable[Any], shares: Iterable[Share], digests: Iterable[Sequence[Digest] | None]
) -> str | None:
    """Return the fingerprint of a corpus that several readers have read: that of one pass, None if that has none."""
    if not isinstance(corpus, (TextCorpus, WikiCorpus)) or (settings := corpus.settings()) is None:
        return None
    read: list[Digest] = []
    for digest in digests:
        if digest is None:
            return None
        read += digest
    begins = [piece.begin for share in shares for piece in share]
    whole: list[tuple[int, str]] = []
    pieces = list(zip(begins, read, strict=True))[::-1]
    for file in corpus.files:
        if file.size() == 0 and isinstance(corpus, TextCorpus) and file.compression is None:
            whole.append((0, ContentDigest(DIGEST_BYTES).hexdigest()))
            continue
        stretches = [pieces.pop()[1]]
        while pieces and pieces[-1][0] > 0:
            stretches.append(pieces.pop()[1])
        whole.append(_joined(stretches))
    return fingerprint_of(settings, whole)


def _joined(stretches: Sequence[Digest]) -> tuple[int, str]:
    """Return the size and the digest of a file from those of its stretches."""
    size, digest = 0, ContentDigest(DIGEST_BYTES)
    for found in stretches:
        if len(found) == 2:
            return found
        head, sums, tail = found
        digest.update(head)
        if sums:
            digest.update_sums(sums)
        digest.update(tail)
        size += len(head) + len(tail) + len(sums) // SUM_BYTES * SUM_BLOCK
    return size, digest.hexdigest()
