"""Read and write JSON with the standard library.

JSON is written as UTF-8, with non-ASCII letters unescaped. JSON for people escapes whatever is unsafe on a terminal,
and lone surrogates (from file names that are not UTF-8), so that any text can be printed and stored. NaN and infinity,
which JSON lacks, become null.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from embed.messages import json_safe

__all__ = ["json_bytes", "json_line", "json_text", "parse_json"]

_SHOWN = 60


def json_text(value: Any) -> str:
    """Return a value as indented JSON for people; also accepts dataclasses and NumPy's numbers and arrays."""
    return json_safe(json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, indent=2))


def json_line(value: Any) -> bytes:
    """Return a value as JSON in one line that is safe on a terminal; accepts what `json_text` does."""
    return json_safe(json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)).encode()


def json_bytes(value: Any) -> bytes:
    """Return a value of plain types as JSON for programs, without white space.

    Raises
    ------
    ValueError
        A string holds a lone surrogate, or a number is not finite.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        around = text[max(0, error.start - 10) : error.end + 10]
        raise ValueError(f"a string holds a lone surrogate, which is not a character ({around!a})") from None


def parse_json(data: bytes | str) -> Any:
    """Parse untrusted JSON.

    Raises
    ------
    ValueError
        The data is not UTF-8 or not JSON, is nested too deeply, or holds NaN, infinity, a number that is too large, or
        a lone surrogate. The message is fit for users.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_not_a_number, parse_float=_finite, parse_int=_integer)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    except UnicodeEncodeError:
        raise ValueError("a string holds a lone surrogate, which is not a character") from None
    except RecursionError:
        raise ValueError("values are nested too deeply") from None
    return value


def _plain(value: Any) -> Any:
    """Convert a value to types that the standard library can write; numbers that JSON lacks become None."""
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
        raise ValueError(f"the number {text:.{_SHOWN}} is too large")
    return number


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:  # more digits than Python reads
        raise ValueError(f"an integer has too many digits ({len(text)})") from None


def _not_a_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not valid JSON")
