"""Train vectors on text, and write what was asked for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embed.choices import FREEZES, VOCABULARIES
from embed.cli.parser import PROGRAM, Parser
from embed.cli.resuming import budget_settings, checkpoint_settings
from embed.cli.training_flags import COLUMN, CORPUS_HELP, DELIMITER, PRESET, add_parameter, given_parameters
from embed.cli.writing import check_corpus_outputs, check_inputs, save_or_rescue, training_outputs
from embed.config.presets import NAMES, PRESETS
from embed.config.train import TrainConfig, as_flags, parameters
from embed.errors import ConfigError
from embed.messages import printable

if TYPE_CHECKING:
    from embed.model.model import Model

__all__ = ["add_arguments", "run"]


_MAIN_PARAMETERS = frozenset(("objective", "subword", "dim", "window", "epochs", "min_count", "tokenizer", "lowercase"))
"""The parameters that `train --help` shows, which fits a screen; --help-all shows the others too."""

_MORE: dict[str, dict[str, Any]] = {
    "--column": COLUMN,
    "--delimiter": DELIMITER,
    "--preset": PRESET,
    "--time-budget": {
        "metavar": "TIME",
        "help": "as many epochs (at most 50, with n-grams 15) as fit into 90s, 10m, 1.5h ...",
    },
    "--continue-from": {"metavar": "MODEL", "help": "train this model, or these vectors, further"},
    "--vocabulary": {
        "choices": VOCABULARIES,
        "default": "old",
        "help": "with --continue-from: the words of MODEL, or those of CORPUS too [old]",
    },
    "--freeze": {
        "choices": FREEZES,
        "default": "none",
        "help": "with --vocabulary union: keep the vectors of the words of MODEL as they are (old) [none]",
    },
}
_CHECKPOINTS: dict[str, dict[str, Any]] = {
    "--checkpoint": {"metavar": "DIR", "help": "keep checkpoints of the run in this folder"},
    "--checkpoint-every": {"metavar": "TIME", "help": "90s, 5m, 1h, 2000000tokens or epoch [5m]"},
    "--checkpoint-keep": {"metavar": "K", "type": int, "help": "keep the latest K [2]"},
    "--resume": {"metavar": "DIR", "help": "go on from the newest whole checkpoint of this folder"},
    "--resume-anyway": {"action": "store_true", "help": "though epochs, rates, window, threads ... have changed"},
}


class HelpAll(argparse.Action):
    """``--help-all``: print the help of `train` with no flag left out."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest=argparse.SUPPRESS, default=argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print and exit."""
        full = Parser(prog=parser.prog)
        add_arguments(full, show_all=True)
        full.print_help()
        parser.exit()


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the corpus, what is written, and a flag for each parameter."""
    parser.usage, parser.description = f"{PROGRAM} train CORPUS... -o OUT [flags]", None
    parser.add_argument("corpus", nargs="+", metavar="CORPUS", help=CORPUS_HELP)
    parser.add_argument("-o", "--output", metavar="OUT", help="write vectors: .txt .vec .bin .embed (with n-grams)")
    parser.add_argument("--save-model", metavar="PATH", help="write the whole model, to go on with or export from")
    parser.add_argument("--config", metavar="TOML", help="read parameters from this file; flags win over it")
    parser.add_argument("--encoded", metavar="DIR", help="keep the encoded corpus here, to be reused next time")
    _add_all(parser, _MORE, show_all=show_all)
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--help-all", action=HelpAll, help="list every parameter, by group")
    _add_all(parser.add_argument_group("checkpoints") if show_all else parser, _CHECKPOINTS, show_all=show_all)
    groups: dict[str, argparse._ArgumentGroup] = {}
    for name, parameter, value_type in parameters():
        # Headings cost the lines that the short help does not have.
        if show_all and parameter.group not in groups:
            groups[parameter.group] = parser.add_argument_group(parameter.group)
        shown = show_all or name in _MAIN_PARAMETERS
        add_parameter(groups.get(parameter.group, parser), name, parameter, value_type, shown=shown)


def _add_all(group: argparse._ActionsContainer, flags: dict[str, dict[str, Any]], *, show_all: bool) -> None:
    """Add flags that the short help has no room for."""
    for flag, settings in flags.items():
        group.add_argument(flag, **(settings if show_all else settings | {"help": argparse.SUPPRESS}))


def run(arguments: argparse.Namespace) -> None:
    """Train on the corpus, write what was asked for and the run card beside it."""
    flags = given_parameters(arguments)
    budget, checkpoints = budget_settings(arguments, flags), checkpoint_settings(arguments)
    if arguments.preset and (arguments.continue_from or arguments.config):
        raise ConfigError("--preset goes with neither --continue-from nor --config")
    if arguments.continue_from and (arguments.config or arguments.encoded):
        raise ConfigError(
            "--continue-from takes the parameters from the model, and goes with neither --config nor --encoded"
        )
    outputs = [path for path in (arguments.output, arguments.save_model) if path is not None]
    if not outputs:
        raise ConfigError("nothing would be kept: name the vectors with -o OUT, or the model with --save-model PATH")

    from embed import formats
    from embed.checkpoints.checkpoint_folder import checkpoints_in
    from embed.files.outputs import card_of
    from embed.formats.model_file import save_model
    from embed.formats.registry import NATIVE
    from embed.training.continue_training import continue_training
    from embed.training.train import train

    resumed = arguments.resume if arguments.resume != arguments.checkpoint else None
    others = [
        arguments.continue_from,
        arguments.config,
        *([] if resumed is None else map(str, checkpoints_in(resumed))),
    ]
    check_inputs(arguments.config, arguments.continue_from, *arguments.corpus)
    check_corpus_outputs(training_outputs(arguments), arguments.corpus, others)
    config = TrainConfig.from_toml(arguments.config, **flags) if arguments.config else None
    if arguments.output is not None:
        formats.format_of(arguments.output)
    if arguments.save_model is not None:
        formats.refuse_ending(arguments.save_model, NATIVE)
    progress = False if arguments.quiet else None
    if arguments.continue_from:
        model = continue_training(
            arguments.continue_from,
            arguments.corpus,
            column=arguments.column,
            delimiter=arguments.delimiter,
            vocabulary=arguments.vocabulary,
            freeze=arguments.freeze,
            progress=progress,
            **checkpoints,
            **budget,
            **flags,
        )
    else:
        model = train(
            arguments.corpus,
            config,
            preset=arguments.preset,
            column=arguments.column,
            delimiter=arguments.delimiter,
            encoded_dir=arguments.encoded,
            progress=progress,
            **checkpoints,
            **budget,
            **({} if config is not None else flags),
        )
    if arguments.save_model is not None:
        save_model(model, arguments.save_model)
    if arguments.output is not None:
        save_or_rescue(model.vectors, arguments.output)
    if (card := card_of(outputs)) is not None:
        _write_json(Path(card), model.run_card())
    if not arguments.quiet:
        print(
            printable(f"{len(model.vocabulary)} words of {model.config.dim} numbers: {', '.join(outputs)}"),
            file=sys.stderr,
        )
        if arguments.preset is None and (told := _preset_told(model)):
            print(told, file=sys.stderr)


def _preset_told(model: Model) -> str:
    """Return what to say of a preset that nobody asked for; empty if there is none."""
    name = None if model.provenance is None else model.provenance.decisions.get("preset")
    if name not in NAMES:  # none, or what a damaged checkpoint has
        return ""
    values = {key: value for key in PRESETS[name] if (value := getattr(model.config, key)) is not None}
    decisions = {} if model.provenance is None else model.provenance.decisions
    flags = as_flags(values | {key: decisions[key] for key in ("subsample",) if key in decisions})
    return f"preset {name}, as nothing else was asked for: {flags} (--objective sg or cbow: words alone)"


def _write_json(path: Path, value: Any) -> None:
    from embed.files.atomic import atomic_write_text
    from embed.files.json_text import json_text

    atomic_write_text(path, json_text(value) + "\n")
