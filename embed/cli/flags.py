"""Derive the flags of training from the fields of :class:`~embed.config.TrainConfig` and of RunOptions.

A field determines the type, choices, help and group of its flag. The fields check bounds, not argparse.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from embed.cli.argument_types import word
from embed.config.parameter import declared
from embed.config.run import PATHS, RunOptions
from embed.config.tokenizers import allow_function
from embed.config.train import Parameter, TrainConfig, parameters

__all__ = [
    "CORPUS_HELP",
    "OPTIONS",
    "HelpAll",
    "add_option",
    "add_parameter",
    "add_parameters",
    "add_run_parameters",
    "add_training",
    "given_options",
    "given_parameters",
]

CORPUS_HELP = "text or MediaWiki XML; files, folders, globs, -"
OPTIONS = {name: (details, kind) for name, details, kind in declared(RunOptions)}
"""The options of a run that have a flag."""
_NO_DEFAULTS: Mapping[str, Any] = MappingProxyType({})


class HelpAll(argparse.Action):
    """``--help-all``: print the help of a command with all flags.

    Parameters
    ----------
    declare : callable
        The ``add_arguments`` of the command.
    """

    def __init__(
        self, option_strings: Sequence[str], dest: str, declare: Callable[..., None], help: str | None = None
    ) -> None:
        super().__init__(option_strings, dest=argparse.SUPPRESS, default=argparse.SUPPRESS, nargs=0, help=help)
        self._declare = declare

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print and exit."""
        full = type(parser)(prog=parser.prog)
        self._declare(full, show_all=True)
        full.print_help()
        parser.exit()


def add_training(
    parser: argparse.ArgumentParser,
    main: Container[str],
    *,
    show_all: bool,
    without: Container[str] = (),
    defaults: Mapping[str, Any] = _NO_DEFAULTS,
) -> None:
    """Add the flag of every option and parameter of a run.

    Parameters
    ----------
    parser : ArgumentParser
    main : container of str
        Those in the short help, which must fit a screen and has no headings.
    show_all : bool
        Whether the help shows all of them, by group.
    without : container of str
        Those that do not apply to what is trained, and have no flag.
    defaults : mapping
        The defaults in the help that differ from those of TrainConfig.
    """
    groups: dict[str, argparse._ArgumentGroup] = {}

    def heading(group: str) -> argparse._ActionsContainer:
        if show_all and group not in groups:
            groups[group] = parser.add_argument_group(group)
        return groups.get(group, parser)

    for name, (details, _) in OPTIONS.items():
        if name not in without:
            add_option(heading(details.group), name, shown=show_all or name in main)
    for name, parameter, value_type in parameters():
        if name not in without:
            shown = show_all or name in main
            add_parameter(heading(parameter.group), name, parameter, value_type, shown=shown, defaults=defaults)


def add_option(group: argparse._ActionsContainer, name: str, *, shown: bool = True) -> None:
    """Add the flag of one field of RunOptions, hidden from the help unless `shown`."""
    details, kind = OPTIONS[name]
    settings: dict[str, Any] = {"dest": name, "help": details.help if shown else argparse.SUPPRESS}
    if kind is bool:
        settings |= {"action": "store_true", "default": None}
    elif details.choices:
        settings["choices"] = details.choices
    else:
        settings["metavar"] = details.metavar
        if name not in PATHS:  # a path keeps its bytes, by which the system finds it
            settings["type"] = int if kind is int else word
    group.add_argument(details.flag or f"--{name.replace('_', '-')}", **settings)


def add_parameters(parser: argparse.ArgumentParser, *, shown: bool) -> None:
    """Add the flag of every field of TrainConfig."""
    for name, parameter, value_type in parameters():
        add_parameter(parser, name, parameter, value_type, shown=shown)


def add_run_parameters(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add the flags of these fields of TrainConfig to a command that asks a model."""
    for name, parameter, value_type in parameters():
        if name in names:
            add_parameter(parser, name, parameter, value_type, shown=True, defaults={name: None})


def add_parameter(
    group: argparse._ActionsContainer,
    name: str,
    parameter: Parameter,
    value_type: type,
    *,
    shown: bool,
    defaults: Mapping[str, Any] = _NO_DEFAULTS,
) -> None:
    """Add the flag of one field of a configuration, hidden from the help unless `shown`; see `add_training`.

    `defaults` has the default of a field that TrainConfig does not have.
    """
    flag = "--" + name.replace("_", "-")
    default = defaults[name] if name in defaults else getattr(TrainConfig, name)
    help = argparse.SUPPRESS
    if shown:
        text = parameter.help.replace("%", "%%")
        if name in defaults and default is not None:
            text = text.partition(" (default: ")[0]
        help = text if default is None or value_type is bool else f"{text} [{default}]"
    if value_type is bool:
        group.add_argument(flag, dest=name, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=help)
    else:
        numbers = {int: "N", float: "X"}
        metavar = "|".join(parameter.choices) or parameter.metavar or numbers.get(value_type)
        group.add_argument(
            flag,
            dest=name,
            type=word if value_type is str else value_type,
            choices=parameter.choices or None,
            default=argparse.SUPPRESS,
            metavar=metavar,
            help=help,
        )


def given_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return only the options of a run that the command line sets."""
    return {name: value for name in OPTIONS if (value := getattr(arguments, name, None)) is not None}


def given_parameters(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return only the training parameters that the command line sets."""
    given = {name: getattr(arguments, name) for name, _, _ in parameters() if hasattr(arguments, name)}
    allow_function(given.get("tokenizer"))
    return given
