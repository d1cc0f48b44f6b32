"""Read and write the file of a phrase model: one line of magic, version and checksum, then JSON (docs/phrases.md)."""

from __future__ import annotations

import hashlib
import os

from embed.arguments import file_path
from embed.errors import FormatError, cannot_open
from embed.files.atomic import atomic_write
from embed.files.bounds import in_memory
from embed.files.json_text import json_bytes, parse_json
from embed.files.own_kinds import PHRASES_MARK, refuse_another_kind
from embed.files.saved import room_behind
from embed.text.phrases.phrase_model import Passes, Phrase, PhraseSettings

__all__ = ["read_phrases", "write_phrases"]

MAGIC, VERSION = PHRASES_MARK, b"1"
_DIGEST_BYTES = 32


def write_phrases(
    path: str | os.PathLike[str], settings: PhraseSettings, passes: Passes, count_errors: tuple[int, ...]
) -> None:
    """Write a phrase model; the same model gives the same bytes.

    Raises
    ------
    FormatError
        The file cannot be written, or a word contains a lone surrogate.
    """
    path = file_path("path", path)
    room_behind("endings").refuse_vectors_ending(path, "a phrase model", ".phrases")
    content = {
        "settings": settings.to_dict(),
        "count_errors": list(count_errors),
        "passes": [[[list(p.words), p.score, p.count] for p in phrases] for phrases in passes],
    }
    try:
        data = json_bytes(content)
    except ValueError as error:
        raise FormatError(f"{os.fspath(path)}: cannot write the phrase model: {error}") from None
    with atomic_write(path) as file:
        file.write(b" ".join((MAGIC, VERSION, _digest(data))) + b"\n" + data)


@in_memory
def read_phrases(path: str | os.PathLike[str]) -> tuple[PhraseSettings, Passes, tuple[int, ...]]:
    """Read the settings, passes and count errors of a phrase model.

    Raises
    ------
    FormatError
        The file cannot be read, is not a phrase model, has another version, or is damaged.
    """
    name = file_path("path", path)
    refuse_another_kind(path, "a phrase model", "phrases")
    try:
        with open(path, "rb") as file:
            whole = file.read()
    except OSError as error:
        raise cannot_open(
            FormatError, f"{name}: cannot read the phrase model: {error.strerror or error}", error
        ) from error
    head, _, data = whole.partition(b"\n")
    if not head.startswith(MAGIC + b" "):
        raise FormatError(
            f"{name}: not a phrase model (it does not begin with {MAGIC.decode()!r}); name a file that "
            "'train-embeddings phrases --save' wrote"
        )
    version, _, digest = head[len(MAGIC) + 1 :].partition(b" ")
    if version != VERSION:
        raise FormatError(
            f"{name}: the phrase model has version {version.decode('ascii', 'backslashreplace'):.20}, but this program "
            f"reads version {VERSION.decode()}; learn the phrases again"
        )
    if digest != _digest(data):
        raise FormatError(f"{name}: the phrase model is damaged: its checksum is wrong; learn the phrases again")
    try:
        return _content(parse_json(data))
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"{name}: the phrase model is invalid: {error!s:.200}; learn the phrases again") from error


def _content(content: dict[str, object]) -> tuple[PhraseSettings, Passes, tuple[int, ...]]:
    settings = PhraseSettings(**content["settings"])  # type: ignore[arg-type]
    connectors = set(settings.connectors)
    passes: list[tuple[Phrase, ...]] = []
    for phrases in content["passes"]:  # type: ignore[attr-defined]
        found = []
        for words, score, count in phrases:
            if len(words) < 2 or not all(isinstance(word, str) and word for word in words):
                raise ValueError("a phrase needs at least two words")
            if not {words[0], words[-1]}.isdisjoint(connectors) or not connectors.issuperset(words[1:-1]):
                raise ValueError("a phrase begins or ends with a connector, or has another word inside")
            if not isinstance(score, float) or type(count) is not int:
                raise ValueError("a phrase needs a score and a count")
            found.append(Phrase(tuple(words), score, count))
        passes.append(tuple(found))
    errors: tuple[int, ...] = tuple(content["count_errors"])  # type: ignore[arg-type]
    if len(passes) != settings.passes or len(errors) != len(passes) or not all(type(e) is int for e in errors):
        raise ValueError("the number of passes does not match the settings")
    return settings, tuple(passes), errors


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest().encode()
