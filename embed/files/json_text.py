"""JSON in and out, by the standard library alone.

Written JSON is UTF-8 with its letters as they are. For people, what must not reach a terminal raw, and a lone
surrogate (a file name that is no UTF-8 has them), become JSON's escapes: any text can be printed and stored. NaN and
infinity, which JSON lacks, become null.

Rejected: orjson (faster where it does not matter; no wheel for free-threaded Python; NumPy's float32 are formatted by
:mod:`embed.formats._floats`).
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from embed.messages import json_safe

__all__ = ["json_bytes", "json_text", "parse_json"]

_SHOWN = 60


def json_text(value: Any) -> str:
    """Return a value as JSON for people, indented; NumPy's numbers and arrays and dataclasses are taken, too."""
    return json_safe(json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, indent=2))


def json_bytes(value: Any) -> bytes:
    """Return a value of plain types as JSON for programs, without white space.

    Raises
    ------
    ValueError
        A string holds a lone surrogate, or a number is not finite; in a sentence.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        around = text[max(0, error.start - 10) : error.end + 10]
        raise ValueError(f"a lone surrogate, which is no character, cannot be stored ({around!a})") from None


def parse_json(data: bytes | str) -> Any:
    """Read JSON that others wrote.

    Raises
    ------
    ValueError
        With a sentence: no UTF-8, no JSON, nested too deeply, NaN, infinity, a number out of all bounds, or a lone
        surrogate.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_not_a_number, parse_float=_finite, parse_int=_integer)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    except UnicodeEncodeError:
        raise ValueError("a string holds a lone surrogate, which is no character") from None
    except RecursionError:
        raise ValueError("values are nested too deeply") from None
    return value


def _plain(value: Any) -> Any:
    """Return what the standard library can write; numbers that JSON lacks become None."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if hasattr(value, "tolist"):  # of NumPy
        return _plain(value.tolist())
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text:.{_SHOWN}} is out of all bounds")
    return number


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:  # of more digits than Python reads
        raise ValueError(f"an integer has {len(text)} digits") from None


def _not_a_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")
