"""Train vectors on text, and write what was asked for."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embed.cli.parser import given_parameters
from embed.cli.resuming import budget_settings, checkpoint_settings
from embed.cli.writing import check_corpus_outputs, check_inputs, save_or_rescue, training_outputs
from embed.config.presets import NAMES, PRESETS
from embed.config.train import TrainConfig, as_flags
from embed.errors import ConfigError
from embed.messages import printable

if TYPE_CHECKING:
    from embed.model.model import Model

__all__ = ["run"]


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
