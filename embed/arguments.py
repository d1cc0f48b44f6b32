"""Check the arguments of public functions: each check returns a plain value or raises a ConfigError.

NumPy's scalars, fractions and decimals are numbers. Truth values, strings and arrays are not.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Sequence
from typing import Any, TypeVar

from embed.errors import ConfigError
from embed.messages import option

__all__ = [
    "choice",
    "file_path",
    "iterable",
    "listed",
    "of_kind",
    "plain",
    "real_number",
    "shown",
    "text",
    "whole_number",
]

Kind = TypeVar("Kind")
Word = TypeVar("Word", bound=str)

LONGEST_SHOWN = 60
MOST_PATH_BYTES = 4096
"""The longest path that any system accepts."""


def shown(value: object) -> str:
    """Return the repr of `value` in one line of limited length."""
    try:
        text = " ".join(repr(value).split())
        return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."
    except (ValueError, RecursionError):  # an integer of more digits than Python prints, or a deep list
        return f"a very long {type(value).__name__}"


def plain(value: Any, value_type: type) -> Any:
    """Convert `value` to `value_type` (bool, int, float or str) if it stands for one; else return it unchanged."""
    if getattr(value, "shape", None) == () and hasattr(value, "item"):  # a scalar of NumPy
        value = value.item()
    if isinstance(value, str):
        return str(value) if value_type is str else value
    if isinstance(value, (bool, type)) or hasattr(value, "shape"):
        return value
    # a value that cannot be converted keeps its type: an integer beyond all floats, a signalling NaN, ...
    with contextlib.suppress(TypeError, ValueError, ArithmeticError):
        if value_type is float and hasattr(value, "__float__"):
            return float(value)
        if value_type is int and hasattr(value, "__index__"):
            return value.__index__()
    return value


def whole_number(name: str, value: object, low: int, high: int | None = None, *, otherwise: str = "") -> int:
    """Return `value` as an int from `low` to `high`; raise ConfigError otherwise, which also names `otherwise`."""
    number = plain(value, int)
    if type(number) is not int or number < low or (high is not None and number > high):
        bounds = f" of at least {low}" if high is None else f" from {low} to {high}"
        raise ConfigError(f"{option(name)} must be a whole number{bounds}{otherwise}, not {shown(value)}")
    return number


def real_number(name: str, value: object, *, above: float = -math.inf, below: float = math.inf) -> float:
    """Return `value` as a float strictly between `above` and `below`; raise ConfigError otherwise."""
    number = plain(value, float)
    if type(number) is not float or not above < number < below:
        between = [f"{side} {bound:g}" for side, bound in (("above", above), ("below", below)) if math.isfinite(bound)]
        allowed = f"number {' and '.join(between)}" if between else "finite number"
        raise ConfigError(f"{option(name)} must be a {allowed}, not {shown(value)}")
    return number


def choice(name: str, value: object, choices: Sequence[Word]) -> Word:
    """Return the choice that equals `value`; raise ConfigError if there is none."""
    found = next((word for word in choices if word == value), None) if isinstance(value, str) else None
    if found is None:
        allowed = " or ".join(map(repr, choices)) if len(choices) <= 2 else f"one of {', '.join(map(repr, choices))}"
        raise ConfigError(f"{option(name)} must be {allowed}, not {shown(value)}")
    return found


def text(name: str, value: object) -> str:
    """Return `value` as a plain str; raise ConfigError if it is no str."""
    if type(value) is str:
        return value
    if not isinstance(value, str):
        raise ConfigError(f"{option(name)} must be a string, not {shown(value)} of type {type(value).__name__}")
    return str(value)


def of_kind(name: str, value: Any, kind: type[Kind]) -> Kind:
    """Return `value` if it is an instance of `kind`; raise ConfigError otherwise."""
    if not isinstance(value, kind):
        raise ConfigError(
            f"{option(name)} must be a {kind.__name__}, not {shown(value)} of type {type(value).__name__}"
        )
    return value


def iterable(value: Any) -> bool:
    """Return whether `value` can be iterated, which an array of no dimension only seems to."""
    try:
        iter(value)
    except TypeError:
        return False
    return True


def listed(name: str, value: Any, of: str) -> list[Any]:
    """Return the items of an iterable as a list; raise ConfigError for a string or a number."""
    with contextlib.suppress(TypeError):
        if not isinstance(value, (str, bytes)):
            return list(value)
    raise ConfigError(f"{option(name)} must be a list of {of}, not {shown(value)}")


def file_path(name: str, value: object) -> str:
    """Return a path as a str; raise ConfigError for anything that no system accepts as a path."""
    if not isinstance(value, (str, os.PathLike)) or not isinstance(found := os.fspath(value), str):
        raise ConfigError(f"{option(name)} must be a path, not {shown(value)} of type {type(value).__name__}")
    try:
        size = len(os.fsencode(found))
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= MOST_PATH_BYTES or "\0" in found:
        raise ConfigError(
            f"{option(name)} must be a path of at most {MOST_PATH_BYTES:,} bytes without NUL, not {shown(found)}"
        )
    return found
