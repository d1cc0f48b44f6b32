"""Make dataclasses from untrusted JSON values, and check their types."""

from __future__ import annotations

import types
import typing
from typing import Any, TypeVar

__all__ = ["made"]

_Kind = TypeVar("_Kind")


def made(kind: type[_Kind], values: Any) -> _Kind:
    """Return a dataclass `kind` of stored `values`; raise TypeError or ValueError if a type does not match."""
    if not isinstance(values, dict):
        raise ValueError(f"{kind.__name__} must be a JSON object")
    record = kind(**values)
    for key, hint in typing.get_type_hints(kind).items():
        value = getattr(record, key)
        allowed = typing.get_args(hint) if isinstance(hint, types.UnionType) else (typing.get_origin(hint) or hint,)
        if not isinstance(value, (*allowed, int) if float in allowed else allowed):
            raise ValueError(f"{key} of {kind.__name__} cannot be {value!r:.60}")
    return record
