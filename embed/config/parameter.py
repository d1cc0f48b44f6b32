"""Declare parameters with help, bounds and advice, and check values against them.

A parameter is a field of a frozen dataclass whose default comes from :func:`parameter`. The field's type gives the
scalar type, whether None is allowed, and, as a ``Literal``, the choices. A value out of bounds raises
:class:`~embed.errors.ConfigError`, a value outside the advice warns. Command-line flags, TOML keys, the run card and
the tables of the documents are derived from the same fields.

Rejected: a plain keyword list (validated in one place, documented in a second, parsed in a third), and pydantic (a
heavy dependency for some thirty scalars).
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any

from embed.arguments import plain, shown
from embed.errors import ConfigError, advise
from embed.messages import option

__all__ = [
    "Parameter",
    "as_flags",
    "check_fields",
    "check_values",
    "close_name",
    "declared",
    "parameter",
    "reject_unknown",
    "whole_bounds",
]

_LONGEST_NAME = 60

# The names of our parameters in word2vec.c, fastText and gensim, unless they are almost the same.
NAMES_ELSEWHERE = {
    "size": "dim",
    "vector_size": "dim",
    "ws": "window",
    "iter": "epochs",
    "alpha": "lr",
    "min_alpha": "min_lr",
    "sample": "subsample",
    "t": "subsample",
    "neg": "negatives",
    "ns_exponent": "noise_exponent",
    "hs": "loss",
    "minn": "min_n",
    "maxn": "max_n",
    "sg": "objective",
    "cbow": "objective",
}


@dataclass(frozen=True)
class Parameter:
    """The declaration of a parameter, besides its name, type and default.

    Attributes
    ----------
    help : str
        One line for ``--help`` and the documentation.
    group : str
        The heading under which the parameter is listed.
    low, high : float or None
        Bounds, both included unless `open_low`.
    open_low : bool
        The lower bound itself is not allowed.
    advised : tuple of (float, float) or None
        The range known to work well; a value outside it warns.
    choices : tuple of str
        The allowed values of a string parameter, filled in by `declared` from the field's ``Literal``.
    metavar : str
        The placeholder of the value in ``--help``; by default the choices, or N or X for a number.
    flag : str
        The command-line flag, if it is not the name with hyphens.
    """

    help: str
    group: str
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    advised: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    metavar: str = ""
    flag: str = ""

    def allowed(self) -> str:
        """Describe the allowed values in words."""
        if self.choices:
            return "one of " + ", ".join(repr(choice) for choice in self.choices)
        parts = []
        if self.low is not None:
            parts.append(f"{'greater than' if self.open_low else 'at least'} {_shown_bound(self.low)}")
        if self.high is not None:
            parts.append(f"at most {_shown_bound(self.high)}")
        return " and ".join(parts)


def _shown_bound(bound: float) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


def parameter(
    default: Any,
    help: str,
    group: str,
    *,
    low: float | None = None,
    high: float | None = None,
    open_low: bool = False,
    advised: tuple[float, float] | None = None,
    metavar: str = "",
    flag: str = "",
) -> Any:
    """Declare a field of a dataclass as a parameter; see `Parameter`."""
    details = Parameter(help, group, low, high, open_low, advised, metavar=metavar, flag=flag)
    return field(default=default, metadata={"parameter": details})


@cache
def declared(kind: type) -> tuple[tuple[str, Parameter, type], ...]:
    """Return (name, parameter, scalar type) of every parameter of a dataclass, in order of declaration."""
    hints = typing.get_type_hints(kind)
    found = []
    for item in fields(kind):
        if "parameter" not in item.metadata:
            continue
        parameter, hint = item.metadata["parameter"], hints[item.name]
        if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
            hint = next(part for part in typing.get_args(hint) if part is not type(None))
        if typing.get_origin(hint) is typing.Literal:
            parameter, hint = replace(parameter, choices=typing.get_args(hint)), str
        found.append((item.name, parameter, hint))
    return tuple(found)


def whole_bounds(kind: type, name: str) -> tuple[int, int]:
    """Return the lowest and the highest whole number that a parameter of a dataclass can be, for who shares them."""
    parameter = next(parameter for known, parameter, _ in declared(kind) if known == name)
    if parameter.low is None or parameter.high is None:
        raise ValueError(f"{name} is not bounded")
    return int(parameter.low), int(parameter.high)


def check_fields(parameters: Any, prefix: str = "") -> None:
    """Check every parameter of a frozen dataclass, in its ``__post_init__``, and store it as its plain type.

    `prefix` precedes the name of a parameter in messages; see `embed.messages.OF_VECTORS`.

    Raises
    ------
    ConfigError
        A value is out of bounds or of the wrong type.
    """
    kind: type = type(parameters)
    given = {name: getattr(parameters, name) for name, _, _ in declared(kind)}
    for name, value in check_values(kind, given, prefix).items():
        object.__setattr__(parameters, name, value)


def check_values(kind: type, values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return parameter values as their plain types; raises ConfigError as `check_fields` does."""
    may_be_none = {item.name for item in fields(kind) if item.default is None}
    found = {}
    for name, parameter, value_type in declared(kind):
        if name in values:
            is_none = values[name] is None and name in may_be_none
            found[name] = None if is_none else _checked(prefix + name, parameter, value_type, values[name])
    return found


def _checked(name: str, parameter: Parameter, value_type: type, value: Any) -> Any:
    value = plain(value, value_type)
    if type(value) is not value_type:
        kind = type(value).__name__
        raise ConfigError(f"{option(name)} must be of type {value_type.__name__}, not {kind} ({shown(value)})")
    if parameter.choices and value not in parameter.choices:
        raise ConfigError(f"{option(name)} must be {parameter.allowed()}, not {shown(value)}")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_number(name, parameter, value)
    return value


def _check_number(name: str, parameter: Parameter, value: float) -> None:
    low = -math.inf if parameter.low is None else parameter.low
    high = math.inf if parameter.high is None else parameter.high
    # An integer may be too large for a float; a comparison is exact, and false for NaN.
    if not low <= value <= high or value in (math.inf, -math.inf) or (parameter.open_low and value == low):
        raise ConfigError(f"{option(name)} must be {parameter.allowed()}, not {shown(value)}")
    if parameter.advised and not parameter.advised[0] <= value <= parameter.advised[1]:
        low, high = parameter.advised
        message = f"{option(name)} is {value!r}; values from {low:g} to {high:g} are known to work well"
        advise(message)


def reject_unknown(names: Iterable[str], *kinds: type) -> None:
    """Raise ConfigError for a name that is not a field of the dataclasses."""
    known = {item.name for kind in kinds for item in fields(kind)}
    for name in names:
        if name not in known:
            meant = close_name(str(name), known)
            hint = f"; did you mean {meant!r}?" if meant else ""
            raise ConfigError(f"unknown parameter {name!r:.60}{hint}")


def close_name(name: str, known: Collection[str]) -> str | None:
    """Return the `known` name (with underscores) that `name` probably means: another program's name, or the closest."""
    import difflib

    name = name[:_LONGEST_NAME].lower().replace("-", "_")
    name = NAMES_ELSEWHERE.get(name, name)
    return name if name in known else next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.7)), None)


def as_flags(values: Mapping[str, Any]) -> str:
    """Return parameter values as flags of ``train-embeddings train``."""
    words = []
    for name, value in values.items():
        flag = name.replace("_", "-")
        words.append(f"--{'' if value else 'no-'}{flag}" if isinstance(value, bool) else f"--{flag} {value}")
    return " ".join(words)
