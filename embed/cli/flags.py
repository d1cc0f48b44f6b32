"""How the command line calls what Python calls a parameter, and how it hears the words of a user.

A flag is found in the parser of the command itself; `_ELSEWHERE` has the few that have another name than the parameter.
"""

from __future__ import annotations

import argparse
import os
import shlex
from contextlib import suppress
from typing import Any

from embed.messages import UNSET, Style

__all__ = ["flag_style", "word"]

# (parameter, value) -> flag; with `UNSET` for any value, which then follows the flag
_ELSEWHERE: dict[tuple[str, Any], str] = {
    ("on_bad_word", "escape"): "--escape",
    ("encoded_dir", UNSET): "--encoded",
    ("directory", UNSET): "--encoded",
}


def flag_style(parser: argparse.ArgumentParser) -> Style:
    """Return the style in which messages name parameters to who typed a command: ``--dim 8``.

    What the command has no flag for is named in words, without Python's syntax.
    """
    flags = {
        action.dest: action.option_strings[-1 if not isinstance(action, argparse.BooleanOptionalAction) else 0]
        for action in parser._actions
        if action.option_strings
    }

    def style(name: str, value: Any) -> str:
        if (name, value) in _ELSEWHERE:
            return _ELSEWHERE[name, value]
        flag = _ELSEWHERE.get((name, UNSET)) or flags.get(name)
        if flag is None:
            words = name.replace("_", " ")
            return words if value is UNSET else f"{words} {value}"
        if value is UNSET or value is True:
            return flag
        if value is False:
            return f"--no-{flag.removeprefix('--')}"
        text = ",".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)
        return f"{flag} {shlex.quote(text)}"

    return style


def word(text: str) -> str:
    """Return a word of the command line as UTF-8, whatever the locale took its bytes for.

    In a locale that is not UTF-8, Python holds the bytes it cannot decode as lone surrogates. A path must stay so,
    since that is how the system finds the file; a word is looked up among words of UTF-8.
    """
    with suppress(UnicodeError):
        text.encode()
        return text
    with suppress(UnicodeError):
        return os.fsencode(text).decode()
    return text
