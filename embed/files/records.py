"""Records from plain values of JSON, with their types checked: what a file says is a claim until then."""

from __future__ import annotations

import types
import typing
from typing import Any, TypeVar

__all__ = ["made"]

_Kind = TypeVar("_Kind")


def made(kind: type[_Kind], values: Any) -> _Kind:
    """Return a dataclass `kind` of stored `values`; raises TypeError or ValueError unless they are of its types."""
    if not isinstance(values, dict):
        raise ValueError(f"{kind.__name__} must be a JSON object")
    record = kind(**values)
    for key, hint in typing.get_type_hints(kind).items():
        value = getattr(record, key)
        allowed = typing.get_args(hint) if isinstance(hint, types.UnionType) else (typing.get_origin(hint) or hint,)
        if not isinstance(value, (*allowed, int) if float in allowed else allowed):
            raise ValueError(f"{key} of {kind.__name__} cannot be {value!r:.60}")
    return record
