"""Declare and print evaluations: the common part of `evaluate` and `compare`."""

from __future__ import annotations

import argparse
import csv
import importlib.util
import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from embed.choices import ANALOGY_METHODS, NAMED_SETS, TASK_NAMES, TEXT_WEIGHTINGS
from embed.cli.argument_types import positive, word
from embed.errors import ConfigError
from embed.messages import option

if TYPE_CHECKING:
    from embed.eval import Task

__all__ = ["add_evaluation", "evaluation_settings", "input_files", "print_report", "refuse_protocol", "task_of"]


def add_evaluation(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Add the test sets, the protocol, the tasks, and the form of the report."""
    parser.description = f"{parser.description} For tasks: {', '.join(_TASK)}."
    # gensim's wheel has the files of the named sets; the newest Pythons have no wheel of gensim
    missing = "" if importlib.util.find_spec("gensim") else " - unavailable: gensim, which has their files, is missing"
    parser.add_argument(
        "sets",
        nargs="*",
        metavar="SET",
        help=f"files of pairs or analogies, or the names {', '.join(NAMED_SETS)} (default: all three){missing}",
    )
    parser.add_argument("--sets", dest="folder", metavar="DIR", help="score each test file in a folder, too")
    for flag, settings in _PROTOCOL.items():
        parser.add_argument(flag, default=argparse.SUPPRESS, **settings)
    tasks = _either(TASK_NAMES)
    parser.add_argument("--task", choices=TASK_NAMES, metavar="T", help=f"solve a task with the vectors: {tasks}")
    for flag, settings in _TASK.items():
        hidden = {} if show_all else {"help": argparse.SUPPRESS}
        parser.add_argument(flag, default=argparse.SUPPRESS, **{**settings, **hidden})
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print a Markdown table")


def _columns(text: str) -> tuple[str, ...]:
    return tuple(next(csv.reader([word(text)], skipinitialspace=True), ()))


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _top(text: str) -> int | None:
    return None if text == "all" else positive(text)


_top.__name__ = positive.__name__

_PROTOCOL: dict[str, dict[str, Any]] = {
    "--columns": {
        "type": _columns,
        "metavar": "A,B,C",
        "help": "columns of the words and the score, if ambiguous",
    },
    "--top": {"type": _top, "metavar": "N", "help": "answer analogies with the N most frequent words"},
    "--method": {
        "choices": ANALOGY_METHODS,
        "metavar": "M",
        "help": f"how to answer analogies: {_either(ANALOGY_METHODS)}",
    },
}


_TASK: dict[str, dict[str, Any]] = {
    "--train": {"metavar": "FILE", "help": "train on FILE (default: cross-validate each SET)"},
    "--folds": {"type": positive, "metavar": "N", "help": "parts of the cross-validation (default: 5)"},
    "--window": {"type": int, "metavar": "N", "help": "tag: words on either side (default: 2)"},
    "--label": {"type": positive, "metavar": "N", "help": "tag: column of the label (default: UPOS, else the last)"},
    "--weighting": {"choices": TEXT_WEIGHTINGS, "help": "how words count (default: classify mean, sts sif)"},
}
"""The options of tasks: fields of the classes in embed.eval.TASKS."""


def evaluation_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the sets, and the keywords of `evaluate` and `compare` that the command line sets."""
    from embed.eval import load_folder

    settings = _given(arguments, _PROTOCOL)
    chosen: list[Any] = list(arguments.sets)
    if arguments.folder is not None:
        chosen += load_folder(arguments.folder, settings.get("columns"))
    return {"sets": chosen or None, **settings}


def task_of(arguments: argparse.Namespace) -> Task | None:
    """Return the task that the command line asks for, with its options.

    Raises
    ------
    ConfigError
        An option does not belong to the task, or is out of bounds.
    """
    from embed.eval import TASKS

    given = _given(arguments, _TASK)
    if arguments.task is None:
        for name in given:
            raise ConfigError(f"{option(name)} is an option of tasks; choose one with {option('task')}")
        return None
    make = TASKS[arguments.task]
    known = inspect.signature(make).parameters
    for name in (*_given(arguments, _PROTOCOL), *given):
        if name not in known:
            raise ConfigError(f"{option(name)} does not apply to {option('task', arguments.task)}; leave it out")
    return make(**given)


def refuse_protocol(arguments: argparse.Namespace, flag: str) -> None:
    """Raise ConfigError if the command line has a task or a flag of other evaluations beside `flag`."""
    given = [*_given(arguments, _PROTOCOL), *_given(arguments, _TASK), *(["task"] if arguments.task else [])]
    for name in given:
        raise ConfigError(f"{option(name)} does not apply to {flag}; leave it out")


def input_files(arguments: argparse.Namespace) -> list[str]:
    """Return the test files and the folder of a task."""
    return [*arguments.sets, *([] if arguments.folder is None else [arguments.folder])]


def _given(arguments: argparse.Namespace, flags: dict[str, dict[str, Any]]) -> dict[str, Any]:
    names = [flag.removeprefix("--") for flag in flags]
    return {name: getattr(arguments, name) for name in names if hasattr(arguments, name)}


def print_report(report: Any, arguments: argparse.Namespace) -> None:
    """Print a report as a table, JSON or Markdown, as the command line requests."""
    form = report.to_json if arguments.json else report.to_markdown if arguments.markdown else report.table
    print(form().rstrip("\n"))
