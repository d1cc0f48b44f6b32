"""Files of word vectors: one module per format, each with `read` and `write`, and the choice between them.

======== ============================ ======================================================
name     extension                    what
======== ============================ ======================================================
text     .txt, .vec                   word2vec's text form (`word2vec_text`)
glove    .glove                       the same without the first line (`word2vec_text`)
binary   .bin                         word2vec's binary form (`word2vec_binary`)
native   .embed                       memory-mapped, with counts and n-grams (`native`)
======== ============================ ======================================================

`load` looks at the content of a file, `save` at the extension of its name.
"""

from __future__ import annotations

import os
from pathlib import Path

from embed.errors import ConfigError, FormatError
from embed.formats import native, word2vec_binary, word2vec_text
from embed.formats.detect import BINARY, GLOVE, NATIVE, TEXT, detect
from embed.vectors import WordVectors

__all__ = [
    "EXTENSIONS",
    "convert",
    "detect",
    "format_of",
    "load",
    "native",
    "save",
    "word2vec_binary",
    "word2vec_text",
]

EXTENSIONS = {".txt": TEXT, ".vec": TEXT, ".glove": GLOVE, ".bin": BINARY, ".embed": NATIVE}
"""The format that `save` writes, by the extension of the file name."""

_NAMES = sorted(set(EXTENSIONS.values()))


def load(
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    decode_errors: str = "strict",
    unescape: bool = False,
) -> WordVectors:
    """Read vectors from a file in any known format.

    Parameters
    ----------
    path : path
        Text and binary files may be compressed by gzip, bzip2, xz or zstd.
    format : {"text", "glove", "binary", "native"}, optional
        Default: found out from the content.
    decode_errors : {"strict", "replace"}
        A word in a text or binary file that is not valid UTF-8: raise, or put U+FFFD in place of the bytes.
    unescape : bool
        Undo what ``save(..., on_bad_word="escape")`` did to words.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or is in no known format; with file and line or byte.
    """
    chosen = detect(path) if format is None else _known(format)
    if chosen == NATIVE:
        return native.read_vectors(path)
    read = word2vec_binary.read if chosen == BINARY else word2vec_text.read
    return read(path, decode_errors=decode_errors, unescape=unescape)


def save(
    vectors: WordVectors,
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    on_bad_word: str = "refuse",
) -> None:
    """Write vectors to a file.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        Replaced when the whole file has been written.
    format : {"text", "glove", "binary", "native"}, optional
        Default: by the extension, .txt or .vec, .glove, .bin, .embed.
    on_bad_word : {"refuse", "escape"}
        Words that a text or binary file cannot hold: raise, or write them escaped.

    Raises
    ------
    FormatError
        The extension says no format, a word or number cannot be written, or the file cannot.
    """
    chosen = format_of(path) if format is None else _known(format)
    if chosen == NATIVE:
        native.write_vectors(vectors, path)
    elif chosen == BINARY:
        word2vec_binary.write(vectors, path, on_bad_word=on_bad_word)
    else:
        word2vec_text.write(vectors, path, header=chosen == TEXT, on_bad_word=on_bad_word)


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    format: str | None = None,
    *,
    on_bad_word: str = "refuse",
    decode_errors: str = "strict",
) -> WordVectors:
    """Read `source` in any format, write it to `target`, return the vectors; raises as `load` and `save`."""
    chosen = format_of(target) if format is None else _known(format)  # before the work of reading
    vectors = load(source, decode_errors=decode_errors)
    save(vectors, target, chosen, on_bad_word=on_bad_word)
    return vectors


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that `save` writes to a file of this name; raises FormatError if that is unknown."""
    extension = Path(path).suffix.lower()
    if extension not in EXTENSIONS:
        raise FormatError(
            f"{os.fspath(path)}: cannot tell the format from the extension {extension!r}: it must be one of "
            f"{', '.join(EXTENSIONS)}, or the format must be given: {', '.join(_NAMES)}"
        )
    return EXTENSIONS[extension]


def _known(format: str) -> str:
    if format not in _NAMES:
        raise ConfigError(f"format must be one of {', '.join(map(repr, _NAMES))}, not {format!r}")
    return format
