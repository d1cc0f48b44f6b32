"""Train vectors on text, and write vectors, model and run card."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from embed.choices import FREEZES, VOCABULARIES
from embed.cli.flags import CORPUS_HELP, HelpAll, add_training, given_options, given_parameters
from embed.cli.parser import PROGRAM
from embed.cli.writing import check_corpus_outputs, check_inputs, save_or_rescue, training_outputs, write_card
from embed.config.defaults import ADAPTED, BY_SIZE, KIND
from embed.config.durations import TimeBudget
from embed.config.run import RunOptions
from embed.config.train import TrainConfig, as_flags
from embed.errors import ConfigError
from embed.messages import printable

if TYPE_CHECKING:
    from embed.model.model import Model
    from embed.training.run import Start

__all__ = ["add_arguments", "run"]


_MAIN = frozenset(
    ("encoded_dir", "objective", "subword", "dim", "window", "epochs", "min_count", "tokenizer", "lowercase")
)
"""The options and parameters in `train --help`, which must fit a screen; --help-all shows all."""

_MORE: dict[str, dict[str, Any]] = {
    "--continue-from": {"metavar": "MODEL", "help": "continue training this model, or these vectors"},
    "--vocabulary": {
        "choices": VOCABULARIES,
        "default": "old",
        "help": "with --continue-from: only the words of MODEL, or also those of CORPUS [old]",
    },
    "--freeze": {
        "choices": FREEZES,
        "default": "none",
        "help": "with --continue-from: keep the rows of MODEL's words (old), or only their output rows, so that the "
        "vectors of several texts can be compared (outputs) [none]",
    },
    "--replicates": {
        "type": int,
        "metavar": "N",
        "help": "train N times, on lines drawn with replacement, into a folder OUT that answers with intervals",
    },
}


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the corpus, the outputs, and a flag for each parameter."""
    parser.usage, parser.description = f"{PROGRAM} train CORPUS... -o OUT [flags]", None
    parser.add_argument("corpus", nargs="+", metavar="CORPUS", help=CORPUS_HELP)
    parser.add_argument("-o", "--output", metavar="OUT", help="write vectors: .txt .vec .bin .embed (with n-grams)")
    parser.add_argument("--save-model", metavar="PATH", help="write the whole model, to continue or export it")
    parser.add_argument("--config", metavar="TOML", help="read parameters from this file; flags override it")
    for flag, settings in _MORE.items():
        parser.add_argument(flag, **(settings if show_all else settings | {"help": argparse.SUPPRESS}))
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--help-all", action=HelpAll, declare=add_arguments, help="list every parameter, by group")
    add_training(parser, _MAIN, show_all=show_all)


def run(arguments: argparse.Namespace) -> None:
    """Train on the corpus; write vectors, model and run card."""
    flags, chosen = given_parameters(arguments), given_options(arguments)
    files = {"vectors": arguments.output, "models": arguments.save_model}
    if "time_budget" in chosen:
        written = {name: (path,) for name, path in files.items() if path is not None}
        chosen["time_budget"] = TimeBudget.of(chosen["time_budget"], **written)
    if arguments.quiet:
        chosen["progress"] = False
    options, given = RunOptions.split({**chosen, **flags})
    if arguments.continue_from and arguments.config:
        raise ConfigError("--continue-from takes the parameters from the model; omit --config")
    outputs = [path for path in files.values() if path is not None]
    if not outputs:
        raise ConfigError("no output is named; name the vectors with -o OUT, or the model with --save-model PATH")

    if arguments.replicates is not None:
        _replicate(arguments, options, flags, given)
        return

    from embed import formats
    from embed.checkpoints.checkpoint_folder import checkpoints_in
    from embed.formats.model_file import save_model
    from embed.formats.registry import NATIVE
    from embed.training.run import begun
    from embed.training.run import run as train

    resumed = options.resume if options.resume != options.checkpoint else None
    others = [
        arguments.continue_from,
        arguments.config,
        *([] if resumed is None else map(str, checkpoints_in(resumed))),
    ]
    check_inputs(arguments.config, arguments.continue_from, *arguments.corpus)
    check_corpus_outputs(training_outputs(arguments.output, arguments.save_model, options), arguments.corpus, others)
    if arguments.output is not None:
        formats.format_of(arguments.output)
    if arguments.save_model is not None:
        formats.refuse_ending(arguments.save_model, NATIVE)
    start = _start(arguments, options, flags, given)
    with begun(options) as progress:
        model = train(start, arguments.corpus, options, progress)
        with progress.timing("saving"):
            if arguments.save_model is not None:
                save_model(model, arguments.save_model)
            if arguments.output is not None:
                save_or_rescue(model.vectors, arguments.output)
    write_card(outputs, {**model.run_card(), "seconds": progress.spent})
    if not arguments.quiet:
        print(
            printable(f"{len(model.vocabulary):,} words, {model.config.dim} dimensions: {', '.join(outputs)}"),
            file=sys.stderr,
        )
        print(progress.times(), file=sys.stderr)
        if not arguments.config and not arguments.continue_from:
            print(_choices(model, flags), file=sys.stderr)


def _start(
    arguments: argparse.Namespace, options: RunOptions, flags: Mapping[str, Any], given: Mapping[str, Any]
) -> Start:
    """Return the start of a run: a model to continue from, a configuration, or neither."""
    from embed.training.continue_training import ModelStart
    from embed.training.train import FreshStart

    if arguments.continue_from:
        return ModelStart(arguments.continue_from, arguments.vocabulary, arguments.freeze, options, given)
    if arguments.freeze != "none":
        raise ConfigError("--freeze has no effect without --continue-from: name the model")
    config = TrainConfig.from_toml(arguments.config, **flags) if arguments.config else None
    return FreshStart(arguments.corpus, config, options, given if config is None else {})


def _replicate(
    arguments: argparse.Namespace, options: RunOptions, flags: Mapping[str, Any], given: Mapping[str, Any]
) -> None:
    """Train replicates into a folder."""
    if arguments.save_model is not None:
        raise ConfigError("--save-model is for a single model: leave it out, or --replicates")

    from embed.arguments import whole_number
    from embed.training.replicates import output_of, train_replicates
    from embed.training.run import outputs_of
    from embed.vectors.replicates import MOST

    count = whole_number("replicates", arguments.replicates, 2, MOST)
    check_inputs(arguments.config, arguments.continue_from, *arguments.corpus)
    outputs = [output_of(arguments.output, count), *outputs_of(options)]
    check_corpus_outputs(outputs, arguments.corpus, [arguments.config, arguments.continue_from])
    start = _start(arguments, options, flags, given)

    def began(number: int) -> None:
        if not arguments.quiet:
            print(f"replicate {number} of {count}", file=sys.stderr)

    found = train_replicates(start, arguments.corpus, options, count, arguments.output, began)
    if not arguments.quiet:
        size = f"{count} x {len(found.words):,} words, {found.dim} dimensions"
        print(printable(f"{size}: {arguments.output}"), file=sys.stderr)


def _choices(model: Model, given: Mapping[str, Any]) -> str:
    """Return a line of what was chosen for the text."""
    assert model.provenance is not None  # a model that has just been trained
    values = {name: getattr(model.config, name) for name in BY_SIZE}
    values |= {name: model.provenance.decisions[name] for name in ADAPTED if name in model.provenance.decisions}
    default = TrainConfig()
    chosen = {name: value for name, value in values.items() if name not in given and value != getattr(default, name)}
    whole = "" if given.keys() & KIND else " (--objective sg or cbow trains whole words)"
    return f"chosen for {model.provenance.tokens:,} tokens: {as_flags(chosen)}{whole}"
