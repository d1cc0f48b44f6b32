"""Read and write replicates: a folder with a native file of vectors for each, and a JSON file that lists them.

======================= ===========================================================================
``replicate-001.embed`` the vectors of the first replicate, in the native format; and so on
``replicates.json``     ``format``, ``version``, ``files`` (their names) and ``cards`` (their run cards)
======================= ===========================================================================

Every file can be read as vectors by itself. A training writes each replicate when it has been trained, into a temporary
folder, which takes the name of the target once the last is written: a folder is whole or not there.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from embed.arguments import file_path, shown
from embed.errors import FormatError, cannot_open
from embed.files.atomic import atomic_write_text
from embed.files.folders import folder_write
from embed.files.json_text import json_text, parse_json
from embed.files.own_kinds import REPLICATES_NAME, refuse_another_kind
from embed.formats import native
from embed.formats.registry import refuse_vectors_ending
from embed.vectors.replicates import MOST, Replicates
from embed.vectors.word_vectors import WordVectors

__all__ = ["Writer", "are_replicates", "checked_name", "files_of", "load_replicates", "save_replicates", "writing"]

FORMAT, VERSION = "train-embeddings replicates", 1
ENDING = ".replicates"
"""The extension that messages suggest; a folder may have any that does not mean a format of vectors."""
_MOST_JSON_BYTES = 256 << 20
_FILE = re.compile(r"replicate-\d{3}\.embed")


def _name(number: int) -> str:
    return f"replicate-{number:03d}.embed"


def files_of(count: int) -> tuple[str, ...]:
    """Return the names of the files in a folder of so many replicates; the last lists the others."""
    return (*(_name(number) for number in range(1, count + 1)), REPLICATES_NAME)


def are_replicates(path: str | os.PathLike[str]) -> bool:
    """Return whether a path leads to a folder of replicates."""
    return os.path.isfile(os.path.join(path, REPLICATES_NAME))


def checked_name(path: str | os.PathLike[str]) -> str:
    """Return the path of a new folder; raises FormatError if its extension means vectors of one model."""
    path = file_path("path", path)
    refuse_vectors_ending(path, "a folder of replicates", ENDING)
    return path


class Writer:
    """Writes one replicate after the other into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._cards = folder, list[dict[str, Any]]()

    def add(self, vectors: WordVectors, card: Mapping[str, Any] | None = None) -> None:
        """Write the next replicate; `card` is its run card."""
        self._cards.append({} if card is None else dict(card))
        native.write_vectors(vectors, self._folder / _name(len(self._cards)))

    def finish(self) -> None:
        """Write the list of the replicates."""
        *files, listing = files_of(len(self._cards))
        content = {"format": FORMAT, "version": VERSION, "files": files, "cards": self._cards}
        atomic_write_text(self._folder / listing, json_text(content) + "\n")


@contextlib.contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[Writer]:
    """Write replicates to a folder, which replaces an older one when the block ends without an error.

    Raises
    ------
    FormatError
        The extension means vectors of one model, the folder holds other files, or it cannot be written.
    """
    path = checked_name(path)
    old = [name for name in os.listdir(path) if _FILE.fullmatch(name)] if os.path.isdir(path) else []
    with folder_write(path, tuple(dict.fromkeys((*sorted(old), *files_of(MOST))))) as folder:
        writer = Writer(folder)
        yield writer
        writer.finish()


def save_replicates(replicates: Replicates, path: str | os.PathLike[str]) -> None:
    """Write replicates to a folder; raises FormatError as `writing` does."""
    with writing(path) as writer:
        for number, vectors in enumerate(replicates):
            writer.add(vectors, replicates.cards[number] if number < len(replicates.cards) else None)


def load_replicates(path: str | os.PathLike[str]) -> Replicates:
    """Read a folder of replicates; the matrices are memory-mapped.

    Raises
    ------
    FormatError
        A file is missing or damaged, the version is another one, or the replicates have different words.
    """
    path = file_path("path", path)
    refuse_another_kind(path, "replicates", "replicates")
    listing = Path(path, REPLICATES_NAME)
    try:
        with open(listing, "rb") as file:
            content = parse_json(file.read(_MOST_JSON_BYTES))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise cannot_open(
            FormatError, f"{path}: no folder of replicates (it has no {REPLICATES_NAME}): name another folder", error
        ) from error
    except OSError as error:
        raise cannot_open(FormatError, f"{listing}: cannot read: {error.strerror or error}", error) from error
    except ValueError as error:
        raise FormatError(f"{listing}: damaged: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FormatError(f"{listing}: not a list of replicates: train again, or restore the file")
    if content.get("version") != VERSION:
        raise FormatError(
            f"{listing}: version {shown(content.get('version'))} of the format, but this program reads version "
            f"{VERSION}: install a newer train-embeddings"
        )
    files, cards = content.get("files"), content.get("cards", [])
    if not isinstance(files, list) or not 2 <= len(files) <= MOST or files != list(files_of(len(files))[:-1]):
        raise FormatError(f"{listing}: damaged: the names of the replicates are wrong")
    if not isinstance(cards, list) or not all(isinstance(card, dict) for card in cards):
        raise FormatError(f"{listing}: damaged: the run cards are no JSON objects")
    members = [native.read_vectors(os.path.join(path, name)) for name in files]
    try:
        return Replicates(members, cards)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
