"""Read the JSON metadata of the stand-ins' native files, and refuse pickles.

Loading never runs code. gensim's files are pickles, which may run any code, so they are recognised by their first
bytes and refused, with advice on how to convert them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from embed.compat.errors import given_path
from embed.compat.gensim.store import Array
from embed.compat.gensim.tokens import keys_of_texts, texts_of_keys
from embed.errors import FormatError
from embed.formats import native
from embed.formats.detect import hinted
from embed.formats.reading import not_opened
from embed.formats.registry import NATIVE

__all__ = ["check_saved", "numbers_metadata", "read_attributes", "read_json", "read_keys"]

PICKLE = b"\x80"
"""The first byte of a pickle of protocol 2 or later."""
_NUMBERS = "number_keys"
_HEAD = 9
"""The size of the header of a native file, and the bracket that opens it."""


def check_saved(path: str | os.PathLike[str]) -> None:
    """Raise FormatError for a pickle, with advice; the reader checks other files."""
    name = os.fspath(given_path(path))
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
            # A native file begins with the size of its header, whose first byte may be the same.
            is_pickle = head[:1] == PICKLE and head[-1:] != b"{"
    except OSError as error:
        raise not_opened(path, error) from error
    if is_pickle:
        raise FormatError(
            f"{name}: a pickle of gensim's, which could run any code and is not opened: to convert it, load it with "
            "gensim and export vectors with save_word2vec_format, or a FastText model with save_facebook_model"
        )


def read_json(path: str | os.PathLike[str], key: str) -> dict[str, Any] | None:
    """Return the JSON object under `key` of the metadata, or None if there is none."""
    try:
        text = native.read_metadata(path).get(key)
    except FormatError as error:
        raise hinted(error, path, NATIVE) from None
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{os.fspath(path)}: damaged: {key} is not JSON ({error})") from None
    if not isinstance(value, dict):
        raise FormatError(f"{os.fspath(path)}: damaged: {key} must be a JSON object")
    return value


def numbers_metadata(keys: Sequence[Any]) -> dict[str, str]:
    """Return the metadata that says which keys are whole numbers, if any are."""
    rows = texts_of_keys(keys)[1]
    return {_NUMBERS: json.dumps({"rows": rows})} if rows else {}


def read_keys(path: str | os.PathLike[str], texts: Sequence[str]) -> list[Any]:
    """Return the keys that `KeyedVectors.save` wrote as `texts`."""
    try:
        return keys_of_texts(texts, (read_json(path, _NUMBERS) or {}).get("rows", ()))
    except (TypeError, ValueError, IndexError) as error:
        raise FormatError(f"{os.fspath(path)}: damaged: the keys that are whole numbers ({error})") from None


def read_attributes(path: str | os.PathLike[str], keys: int) -> dict[str, Array]:
    """Return the attributes of the keys that `KeyedVectors.save` wrote."""
    found = {}
    for name, entry in (read_json(path, "attributes") or {}).items():
        try:
            dtype, values = entry
            found[name] = np.array(values, dtype=np.dtype(dtype))
        except (TypeError, ValueError) as error:
            raise FormatError(f"{os.fspath(path)}: damaged: the attribute {name!r} ({error})") from None
        if found[name].shape != (keys,) or found[name].dtype.kind not in "biuf":
            raise FormatError(f"{os.fspath(path)}: damaged: the attribute {name!r} must be {keys} numbers")
    return found
