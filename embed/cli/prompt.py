"""Read lines from a prompt, with the words of the vocabulary completed by Tab."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from embed.cli.parser import PROGRAM
from embed.messages import printable

if TYPE_CHECKING:
    from embed.vectors.word_vectors import WordVectors

__all__ = ["Completer", "at_terminal", "typed_lines"]

MOST_COMPLETIONS = 50
"""Completions of a prefix; the most frequent words come first, and more would fill the screen."""


class Completer:
    """Complete the beginnings of words, as readline calls it: ``completer(prefix, 0)``, ``completer(prefix, 1)`` ...

    Parameters
    ----------
    words : sequence of str
        The most frequent first. Those that are not safe on a terminal are left out.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._found: list[str] = []

    def __call__(self, prefix: str, number: int) -> str | None:
        if number == 0:
            matching = (word for word in self._words if word.startswith(prefix) and printable(word) == word)
            self._found = list(islice(matching, MOST_COMPLETIONS))
        return self._found[number] if number < len(self._found) else None


def at_terminal() -> bool:
    """Return whether standard input is a terminal, where somebody can type."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def typed_lines(arguments: argparse.Namespace, vectors: WordVectors) -> Iterator[str]:
    """Yield each line that is typed, until the end of the input (Ctrl-D)."""
    print(f"{PROGRAM}: {' '.join(arguments.names)} on each line; Tab completes, Ctrl-D ends", file=sys.stderr)
    with _completing(vectors.words, "" if len(arguments.names) == 1 else " \t"):
        while True:
            try:
                yield input(_prompt())
            except EOFError:
                print(file=sys.stderr)
                return


def _prompt() -> str:
    """Return the prompt for `input`, which writes to standard output: to a file goes no prompt."""
    return "> " if sys.stdout.isatty() else ""


@contextmanager
def _completing(words: Sequence[str], delimiters: str) -> Iterator[None]:
    """Let Tab complete words until the block ends, where there is a readline; the history stays in memory."""
    try:
        import readline
    except ImportError:  # Windows
        yield
        return
    before: tuple[Any, str] = readline.get_completer(), readline.get_completer_delims()
    readline.set_completer(Completer(words))
    readline.set_completer_delims(delimiters)
    is_libedit = "libedit" in (readline.__doc__ or "")  # of macOS
    readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
    try:
        yield
    finally:
        readline.set_completer(before[0])
        readline.set_completer_delims(before[1])
