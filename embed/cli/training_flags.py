"""The flags of a training, derived from the fields of :class:`~embed.config.TrainConfig`, and those of its text.

A field gives its flag the type, choices, help and group. Bounds are TrainConfig's to check, not argparse's.
"""

from __future__ import annotations

import argparse
from typing import Any

from embed.cli.flags import word
from embed.config.presets import AUTO, NAMES
from embed.config.train import Parameter, TrainConfig, parameters

__all__ = ["COLUMN", "CORPUS_HELP", "DELIMITER", "PRESET", "add_parameter", "add_parameters", "given_parameters"]

CORPUS_HELP = "text or MediaWiki XML; files, folders, globs, -"
COLUMN: dict[str, Any] = {
    "type": word,
    "metavar": "NAME",
    "help": "read this column of CSV, TSV, JSON or Parquet files",
}
DELIMITER: dict[str, Any] = {"metavar": "C", "help": "between columns: a character or tab [by the name]"}
PRESET: dict[str, Any] = {
    "choices": (AUTO, *NAMES),
    "help": "parameters for a corpus of this size; flags win over them [small up to 5M tokens, "
    "if no flag says what is trained or how]",
}


def add_parameters(parser: argparse.ArgumentParser, *, shown: bool) -> None:
    """Add the flag of every field of TrainConfig."""
    for name, parameter, value_type in parameters():
        add_parameter(parser, name, parameter, value_type, shown=shown)


def add_parameter(
    group: argparse._ActionsContainer, name: str, parameter: Parameter, value_type: type, *, shown: bool
) -> None:
    """Add the flag of one field of TrainConfig, in the help or not."""
    flag = "--" + name.replace("_", "-")
    default = getattr(TrainConfig, name)
    help = argparse.SUPPRESS
    if shown:
        text = parameter.help.replace("%", "%%")
        help = text if default is None or value_type is bool else f"{text} [{default}]"
    if value_type is bool:
        group.add_argument(flag, dest=name, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=help)
    else:
        metavar = "|".join(parameter.choices) if parameter.choices else {int: "N", float: "X"}.get(value_type)
        group.add_argument(
            flag,
            dest=name,
            type=word if value_type is str else value_type,
            choices=parameter.choices or None,
            default=argparse.SUPPRESS,
            metavar=metavar,
            help=help,
        )


def given_parameters(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the training parameters that the command line sets, and no others."""
    return {name: getattr(arguments, name) for name, _, _ in parameters() if hasattr(arguments, name)}
