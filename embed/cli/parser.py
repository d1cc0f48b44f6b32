"""Parse the command line into the arguments of one command.

A command is a module in :mod:`embed.cli.commands`, which declares its arguments and runs; :data:`COMMANDS` has its help
text, and :data:`BY_NAME_ALONE` those for which the help of the program has no room. A package there is a group of
commands, with a table of its own: ``documents train``. A module is imported only to run the command or to make its
completion, not for ``--help``.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import embed
from embed.cli.commands import BY_NAME_ALONE, COMMANDS
from embed.cli.exit_codes import help_line
from embed.messages import printable

__all__ = ["PROGRAM", "Parser", "build_parser", "command_module", "parse"]

PROGRAM = "train-embeddings"


class Formatter(argparse.HelpFormatter):
    """Formats help for wide terminals, with one line per flag where possible."""

    _WIDEST, _FLAG_COLUMN = 110, 24

    def __init__(self, prog: str) -> None:
        width = min(shutil.get_terminal_size().columns, self._WIDEST) - 1
        super().__init__(prog, max_help_position=self._FLAG_COLUMN, width=width)

    def add_argument(self, action: argparse.Action) -> None:
        """Include the indent of the commands in the column of the help, which argparse forgets."""
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            self._action_max_length += self._indent_increment

    def _format_action(self, action: argparse.Action) -> str:
        is_command = isinstance(action, argparse._SubParsersAction._ChoicesPseudoAction)
        if is_command and self._prog == PROGRAM and action.dest in BY_NAME_ALONE:
            return ""
        text = super()._format_action(action)
        # the commands already have a title; another line, "COMMAND", would not fit the screen
        return text.partition("\n")[2] if isinstance(action, argparse._SubParsersAction) else text

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if isinstance(action, argparse.BooleanOptionalAction):
            return "--[no-]" + action.option_strings[0].removeprefix("--")
        if action.option_strings and action.nargs != 0:
            return ", ".join(action.option_strings) + " " + self._format_args(action, action.dest.upper())
        return super()._format_action_invocation(action)


_LONGEST_MISTAKE = 400
"""The most characters of a message of argparse, which quotes arguments of any length."""


class Parser(argparse.ArgumentParser):
    """An argparse parser whose error message is one sentence."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=Formatter, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Print the mistake and the way to the help, and exit with argparse's code."""
        hint = ""
        if message.startswith("unrecognized arguments: "):
            flag = next((word for word in message.split()[2:] if word.startswith("-")), "")
            hint = self._hint(flag.partition("=")[0].lstrip("-"))
        self.exit(2, printable(f"{self.prog}: {message:.{_LONGEST_MISTAKE}}{hint} (see {self.prog} --help)") + "\n")

    def _hint(self, name: str) -> str:
        """Suggest a flag with a similar name, or the flag for a name used by other trainers."""
        from embed.config.parameter import close_name

        flags = [option for action in self._actions for option in action.option_strings]
        known = {flag.lstrip("-").replace("-", "_"): flag for flag in flags}
        meant = close_name(name, known)
        return f"; did you mean {known[meant]}?" if meant else ""


def command_module(name: str) -> Any:
    """Return the module of a command: ``add_arguments(parser, show_all=...)`` and ``run(arguments)``.

    A group of commands has ``COMMANDS`` instead; the name of a command in it is ``"documents train"``.
    """
    return import_module(f"embed.cli.commands.{name.replace('-', '_').replace(' ', '.')}")


def build_parser(called: Sequence[str] | None = None, *, show_all: bool = False) -> argparse.ArgumentParser:
    """Return the parser of the command line; ``arguments.command`` is the name of the chosen command.

    Parameters
    ----------
    called : sequence of str, optional
        The words that the command line begins with: only the arguments of the command that they name are declared.
        None: those of all commands.
    show_all : bool
        Whether the help of a command, and completion, list every flag.
    """
    # the usage names the two flags: a line of help for each would leave the screen no room for commands
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [-h] [--version] COMMAND ...",
        description="Train, score, query and convert word embeddings.",
        epilog=help_line(),
        add_help=False,
    )
    parser.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)
    version = f"{PROGRAM} {embed.__version__}"
    parser.add_argument("--version", action="version", version=version, help=argparse.SUPPRESS)
    _add_commands(parser, COMMANDS, "", called, show_all, description=f"also: {', '.join(BY_NAME_ALONE)}")
    return parser


def _add_commands(
    parser: argparse.ArgumentParser,
    table: Mapping[str, str],
    group: str,
    called: Sequence[str] | None,
    show_all: bool,
    description: str | None = None,
) -> None:
    """Add the commands of a table to the parser of the program, or of a group of commands."""
    prog = f"{PROGRAM} {group}".rstrip()
    commands = parser.add_subparsers(
        title="commands", prog=prog, metavar="COMMAND", required=True, description=description
    )
    for name, help in table.items():
        whole = f"{group} {name}".lstrip()
        sub = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
        sub.set_defaults(command=whole, parser=sub)
        if called is None or list(called[:1]) == [name]:
            module = command_module(whole)
            if (inner := getattr(module, "COMMANDS", None)) is not None:
                _add_commands(sub, inner, whole, None if called is None else called[1:], show_all)
            else:
                module.add_arguments(sub, show_all=show_all)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; flags and positional arguments of a command may come in any order.

    Raises
    ------
    SystemExit
        After ``--help``, ``--version`` or a mistake.
    """
    parser, rest = build_parser(argv), argv
    while commands := next((each for each in parser._actions if isinstance(each, argparse._SubParsersAction)), None):
        if not rest or rest[0] not in commands.choices:
            return parser.parse_args(rest)
        parser, rest = commands.choices[rest[0]], rest[1:]
    # argparse mixes flags and positional arguments only in a parser without subcommands
    return parser.parse_intermixed_args(rest)
