"""From the words of a command line to the arguments of one command.

A command is a file in :mod:`embed.cli.commands`, which declares its arguments and runs; :data:`COMMANDS` has its line
of help. The file is imported when the command is called, or its completion is made: ``--help`` needs none of them.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import embed
from embed.cli.commands import COMMANDS
from embed.cli.exit_codes import help_line
from embed.messages import printable

__all__ = ["PROGRAM", "Parser", "build_parser", "command_module", "parse"]

PROGRAM = "train-embeddings"


class Formatter(argparse.HelpFormatter):
    """Help that uses a wide terminal and spends one line on a flag where it can."""

    _WIDEST, _FLAG_COLUMN = 110, 24

    def __init__(self, prog: str) -> None:
        width = min(shutil.get_terminal_size().columns, self._WIDEST) - 1
        super().__init__(prog, max_help_position=self._FLAG_COLUMN, width=width)

    def add_argument(self, action: argparse.Action) -> None:
        """Reckon the column of the help with the indent of the commands, which argparse forgets."""
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            self._action_max_length += self._indent_increment

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        # the commands stand below their title already: a line that says COMMAND would be one too many for a screen
        return text.partition("\n")[2] if isinstance(action, argparse._SubParsersAction) else text

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if isinstance(action, argparse.BooleanOptionalAction):
            return "--[no-]" + action.option_strings[0].removeprefix("--")
        if action.option_strings and action.nargs != 0:
            return ", ".join(action.option_strings) + " " + self._format_args(action, action.dest.upper())
        return super()._format_action_invocation(action)


_LONGEST_MISTAKE = 400
"""Characters of what argparse says, which quotes arguments of any length."""


class Parser(argparse.ArgumentParser):
    """argparse's parser, whose complaint is one sentence."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=Formatter, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Print the mistake and where to read more, and exit with argparse's code."""
        hint = ""
        if message.startswith("unrecognized arguments: "):
            flag = next((word for word in message.split()[2:] if word.startswith("-")), "")
            hint = self._hint(flag.partition("=")[0].lstrip("-"))
        self.exit(2, printable(f"{self.prog}: {message:.{_LONGEST_MISTAKE}}{hint} (see {self.prog} --help)") + "\n")

    def _hint(self, name: str) -> str:
        """Return a question for a flag of almost this name, or for what other trainers call so."""
        from embed.config.parameter import close_name

        flags = [option for action in self._actions for option in action.option_strings]
        known = {flag.lstrip("-").replace("-", "_"): flag for flag in flags}
        meant = close_name(name, known)
        return f"; did you mean {known[meant]}?" if meant else ""


def command_module(name: str) -> Any:
    """Return the module of a command: ``add_arguments(parser, show_all=...)`` and ``run(arguments)``."""
    return import_module(f"embed.cli.commands.{name}")


def build_parser(called: Sequence[str] = tuple(COMMANDS), *, show_all: bool = False) -> argparse.ArgumentParser:
    """Return the parser of the command line; the name of the chosen command is in ``arguments.command``.

    Parameters
    ----------
    called : sequence of str
        The commands that get their arguments; the others are only names with a line of help.
    show_all : bool
        The help of a command lists every flag, and so does the completion that is made from this parser.
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
    commands = parser.add_subparsers(title="commands", prog=PROGRAM, metavar="COMMAND", required=True)
    for name, help in COMMANDS.items():
        sub = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
        sub.set_defaults(command=name, parser=sub)
        if name in called:
            command_module(name).add_arguments(sub, show_all=show_all)
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; flags and words of a command may come in any order.

    Raises
    ------
    SystemExit
        After ``--help``, ``--version`` or a mistake.
    """
    called = argv[:1]
    parser = build_parser(called)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) and called and called[0] in action.choices:
            # argparse mixes flags and words only in a parser that has no commands below it.
            arguments: argparse.Namespace = action.choices[called[0]].parse_intermixed_args(argv[1:])
            return arguments
    return parser.parse_args(argv)
