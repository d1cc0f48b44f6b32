"""Write parameters as flags in the messages of a command.

The flag of a parameter is looked up in the command's parser; `_ELSEWHERE` lists flags with other names.
"""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from embed.messages import OF_VECTORS, UNSET, Style

__all__ = ["flag_style"]

# (parameter, value) -> a flag that takes no value
_SWITCHES: dict[tuple[str, Any], str] = {("on_bad_word", "escape"): "--escape"}

# the command that has all flags for reading and writing vectors
_CONVERT = "train-embeddings convert"

# parameter -> flag, if the command has this flag
_ELSEWHERE = {
    "encoded_dir": "--encoded",
    "format": "--to",
    "a": "--sif",
    "passes": "--phrases",
    "threshold": "--phrase-threshold",
    "score": "--phrase-score",
    "connectors": "--phrase-connectors",
    "max_pairs": "--phrase-max-pairs",
}


def flag_style(parser: argparse.ArgumentParser) -> Style:
    """Return the style of parameters in messages of a command: ``--dim 8``.

    A parameter for which the command has no flag is named in words, without Python's syntax; a parameter of files of
    vectors is named as a flag of ``convert``.
    """
    flags = {
        action.dest: action.option_strings[-1 if not isinstance(action, argparse.BooleanOptionalAction) else 0]
        for action in parser._actions
        if action.option_strings
    }
    taken = {option for action in parser._actions for option in action.option_strings}

    def of_vectors(name: str, value: Any) -> str:
        flag = _SWITCHES.get((name, value)) if isinstance(value, str) else None
        if flag is None:
            flag = f"--{name.replace('_', '-')}"
            flag += "" if value is UNSET or value is True else f" {shlex.quote(str(value))}"
        known = "--keep-first" in taken and flag.partition(" ")[0] in taken
        return flag if known else f"{_CONVERT} {flag}"

    def style(name: str, value: Any) -> str:
        if name.startswith(OF_VECTORS):
            return of_vectors(name.removeprefix(OF_VECTORS), value)
        flag = _ELSEWHERE.get(name)
        flag = flag if flag in taken else flags.get(name)
        if flag is None:
            words = name.replace("_", " ")
            return words if value is UNSET or value is True else f"{words} {value}"
        if value is UNSET or value is True:
            return flag
        if value is False:
            return f"--no-{flag.removeprefix('--')}"
        text = ",".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)
        return f"{flag} {shlex.quote(text)}"

    return style
