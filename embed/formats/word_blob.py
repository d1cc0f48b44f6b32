"""Pack words into two arrays: a block of UTF-8 and the offsets at which words begin and end.

Any string can be a word: empty, with spaces, line breaks or NUL. Only a lone surrogate has no UTF-8 form.

Rejected: NumPy's arrays of strings (drop trailing NULs, pad all words to the longest) and of objects (are pickled in
a file, and loading them runs code).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError
from embed.vectors.word_rows import word_index

__all__ = ["OFFSETS", "TEXT", "encoded", "pack_words", "unpack_words"]

TEXT, OFFSETS = "words.bytes", "words.offsets"
"""The names of the two arrays in a file."""


def encoded(words: Sequence[str]) -> list[bytes]:
    """Encode the words as UTF-8; raises FormatError for a word with a lone surrogate."""
    found = []
    for row, word in enumerate(words):
        try:
            found.append(word.encode())
        except UnicodeEncodeError:
            raise FormatError(f"word {row}, {word!r}, holds a lone surrogate, which has no UTF-8 form") from None
    return found


def pack_words(words: Sequence[str], text: str = TEXT, bounds: str = OFFSETS) -> dict[str, npt.NDArray[Any]]:
    """Return the words as arrays.

    Parameters
    ----------
    words : sequence of str, length V
    text, bounds : str
        The names of the two arrays.

    Returns
    -------
    dict
        `text`: uint8 array, shape (B,), the words in UTF-8, without separators. `bounds`: int64 array, shape
        (V + 1,): word i is the bytes from ``offsets[i]`` to ``offsets[i + 1]``.

    Raises
    ------
    FormatError
        A word holds a lone surrogate, or is a duplicate.
    """
    texts = encoded(words)
    word_index(words)  # raises for duplicates
    offsets = np.zeros(len(words) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    return {text: np.frombuffer(b"".join(texts), np.uint8), bounds: offsets}


def unpack_words(name: str, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> list[str]:
    """Return the words of the file `name`; raises FormatError if the arrays do not match or are not UTF-8."""
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != len(data) or (np.diff(offsets) < 0).any():
        raise FormatError(f"{name}: damaged: {OFFSETS} must rise from 0 to the length of {TEXT}")
    text, ends = data.tobytes(), offsets.tolist()
    if text.isascii():  # each byte is a character
        characters = text.decode("ascii")
        return [characters[begin:end] for begin, end in itertools.pairwise(ends)]
    words: list[str] = []
    try:
        for begin, end in itertools.pairwise(ends):
            words.append(text[begin:end].decode())
    except UnicodeDecodeError as error:
        raise FormatError(f"{name}: damaged: word {len(words)} is not valid UTF-8 ({error.reason})") from None
    return words
