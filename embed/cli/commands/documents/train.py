"""Train a model of documents, and write it with its run card."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from embed.choices import DOCUMENT_FREEZES
from embed.cli.document_flags import SOURCE_HELP, add_columns, columns_given, load_model
from embed.cli.flags import HelpAll, add_training, given_options, given_parameters
from embed.cli.parser import PROGRAM
from embed.cli.writing import check_corpus_outputs, check_inputs, training_outputs, write_card
from embed.config.documents import DOCUMENT_DEFAULTS, NOT_FOR_DOCUMENTS
from embed.config.durations import TimeBudget
from embed.config.run import RunOptions
from embed.config.train import read_toml
from embed.errors import ConfigError
from embed.messages import printable

__all__ = ["add_arguments", "run"]

_MAIN = frozenset(("column", "objective", "dim", "epochs", "min_count", "binary"))
"""The options and parameters in the short help, which must fit a screen; --help-all shows all."""
_CONTINUING: dict[str, dict[str, Any]] = {
    "--continue-from": {"metavar": "MODEL", "help": "add the documents to this model"},
    "--freeze": {
        "choices": DOCUMENT_FREEZES,
        "help": "with --continue-from: train the words further (none), or infer the new documents alone (all) [none]",
    },
}


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the documents, the model, and a flag for each parameter."""
    parser.usage, parser.description = f"{PROGRAM} documents train SOURCE -o MODEL [flags]", None
    parser.add_argument("source", metavar="SOURCE", help=SOURCE_HELP)
    parser.add_argument("-o", "--output", metavar="MODEL", required=True, help="write the model to this file")
    parser.add_argument("--config", metavar="TOML", help="read parameters from this file; flags override it")
    add_columns(parser, tags=True)
    for flag, settings in _CONTINUING.items():
        parser.add_argument(flag, **(settings if show_all else settings | {"help": argparse.SUPPRESS}))
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--help-all", action=HelpAll, declare=add_arguments, help="list every parameter, by group")
    add_training(parser, _MAIN, show_all=show_all, without=NOT_FOR_DOCUMENTS, defaults=DOCUMENT_DEFAULTS)


def run(arguments: argparse.Namespace) -> None:
    """Train on the documents; write the model and the run card."""
    flags, chosen = given_parameters(arguments), given_options(arguments)
    continued = arguments.continue_from
    if continued is None and arguments.freeze is not None:
        raise ConfigError("--freeze needs a model to continue; name it with --continue-from")
    if continued is not None and arguments.config is not None:
        raise ConfigError("--continue-from takes the parameters from the model; omit --config")
    if arguments.config is not None:
        flags = read_toml(arguments.config, flags)
    if "time_budget" in chosen:
        chosen["time_budget"] = TimeBudget.of(chosen["time_budget"], models=(arguments.output,))
    if arguments.quiet:
        chosen["progress"] = False
    options, _ = RunOptions.split({**chosen, **flags})

    from embed.checkpoints.checkpoint_folder import checkpoints_in
    from embed.documents.continuing import continue_documents
    from embed.documents.train import train_documents
    from embed.formats.registry import NATIVE, refuse_ending

    resumed = options.resume if options.resume != options.checkpoint else None
    others = [arguments.config, continued, *([] if resumed is None else map(str, checkpoints_in(resumed)))]
    check_inputs(arguments.config, continued, arguments.source)
    check_corpus_outputs(training_outputs(None, arguments.output, options), [arguments.source], others)
    refuse_ending(arguments.output, NATIVE)
    settings: dict[str, Any] = {**columns_given(arguments), **chosen, **flags}
    if continued is None:
        model = train_documents(arguments.source, **settings)
    else:
        model = continue_documents(
            load_model(continued), arguments.source, freeze=arguments.freeze or "none", **settings
        )
    model.save(arguments.output)
    write_card([arguments.output], model.run_card())
    if not arguments.quiet:
        summary = f"{len(model.documents):,} documents, {model.config.dim} dimensions: {arguments.output}"
        print(printable(summary), file=sys.stderr)
