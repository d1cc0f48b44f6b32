"""Search for the parameters that suit a text within a time budget, and write them as a configuration.

The trials are in a folder beside the configuration: the same command resumes a search that was killed.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from embed.choices import HELD_OUT, NAMED_SETS
from embed.cli.argument_types import word
from embed.cli.flags import CORPUS_HELP, HelpAll, add_training, given_options, given_parameters
from embed.cli.parser import PROGRAM
from embed.cli.writing import check_corpus_outputs, check_inputs
from embed.config.run import RunOptions
from embed.config.train import TrainConfig
from embed.messages import printable

if TYPE_CHECKING:
    from embed.training.purposes import Purpose
    from embed.training.tuning import Tuned

__all__ = ["add_arguments", "run"]

_MAIN = frozenset(("dim", "min_count", "lowercase"))
_WITHOUT = (
    *("checkpoint", "checkpoint_every", "checkpoint_keep", "resume", "resume_anyway", "cluster", "preset", "log_json"),
    *("time_budget", "held_out", "patience", "min_delta", "binary", "code_bits", "max_norm"),
    *("workers", "lanes", "merge_tokens"),
)
"""What does not apply to a search."""


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the corpus, the output, the purpose, and a flag for each parameter, which then stays."""
    parser.usage = f"{PROGRAM} tune CORPUS... -o TOML --time-budget TIME [flags]"
    parser.description = "Search what is not given. Then: train CORPUS -o OUT --config TOML"
    parser.add_argument("corpus", nargs="+", metavar="CORPUS", help=CORPUS_HELP)
    parser.add_argument(
        "-o",
        "--output",
        metavar="TOML",
        required=True,
        help="write the best parameters here, the trials to TOML.trials",
    )
    parser.add_argument(
        "--for",
        dest="purpose",
        type=word,
        metavar="SETS",
        default=HELD_OUT,
        help=f"{', '.join(NAMED_SETS)} or files of test sets, between commas; or held-out, the loss [held-out]",
    )
    parser.add_argument(
        "--time-budget",
        dest="time",
        type=word,
        metavar="TIME",
        required=True,
        help="the time of the search: 90s, 10m, 1.5h ...",
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but the trials and the verdict")
    parser.add_argument("--help-all", action=HelpAll, declare=add_arguments, help="list every parameter, by group")
    add_training(parser, _MAIN, show_all=show_all, without=_WITHOUT)


def run(arguments: argparse.Namespace) -> None:
    """Search; print the trials, and write the best parameters after each rung."""
    flags, chosen = given_parameters(arguments), given_options(arguments)
    if arguments.quiet:
        chosen["progress"] = False
    options, given = RunOptions.split({**chosen, **flags})

    from embed.config.durations import TimeBudget
    from embed.eval import load_sets
    from embed.files.atomic import atomic_write_text, is_stream
    from embed.files.outputs import Output
    from embed.training.purposes import Loss, Sets
    from embed.training.run import begun, outputs_of
    from embed.training.train import FreshStart
    from embed.training.trials import TRIALS, folder_of
    from embed.training.tuning import tune

    seconds = TimeBudget.of(arguments.time).seconds
    named = [each for each in arguments.purpose.split(",") if each]
    sets = [] if named == [HELD_OUT] else [_set_named(each) for each in named]
    check_inputs(*arguments.corpus)
    directory = None if is_stream(arguments.output) else folder_of(arguments.output)
    outputs = [Output(arguments.output, "the configuration"), *outputs_of(options)]
    if directory is not None:
        outputs.append(Output(directory, "the trials", holds=(TRIALS,)))
    check_corpus_outputs(outputs, arguments.corpus, sets)
    purpose: Purpose = Sets(load_sets(sets)) if sets else Loss()
    start = FreshStart(arguments.corpus, None, options, given)
    base = start.config(None)

    def note(sentence: str) -> None:
        if not arguments.quiet:
            print(printable(sentence), file=sys.stderr)

    def write(found: Tuned) -> None:
        heading = (
            f"# Found by {PROGRAM} tune --for {arguments.purpose} --time-budget {arguments.time}",
            f"# in {len(found.trials)} trials; train with: {PROGRAM} train CORPUS -o OUT --config THIS",
            *(f"# {line}" for line in _verdict(found).splitlines()),
        )
        text = "\n".join((*map(printable, heading), *_lines(found.config), ""))
        atomic_write_text(arguments.output, text)
        latest[:] = [found]

    latest: list[Tuned] = []
    try:
        with begun(options) as progress, start.read(arguments.corpus, options, progress) as corpus:
            write(tune(corpus, purpose, base, given, seconds, directory=directory, note=note, found=write))
    finally:  # also what an interrupted search has found
        for found in latest:
            _show(found, purpose)


def _show(found: Tuned, purpose: Purpose) -> None:
    """Print the trials and the verdict."""
    print(found.table(purpose), _verdict(found), sep="\n\n")


def _verdict(found: Tuned) -> str:
    if found.best.number == 0:
        return "no trial was better than the defaults"
    if found.verdict is None:
        return f"the best trial is {found.best.number}; the defaults, or the best trial, could not be judged"
    return (
        f"trial {found.best.number}, on the half that did not choose:\n{found.verdict.text}\n{found.verdict.conclusion}"
    )


def _set_named(name: str) -> str:
    """Return the name of a set that a word begins, such as simlex, or the path as it is."""
    return next((known for known in NAMED_SETS if len(name) > 3 and known.startswith(name)), name)


def _lines(config: TrainConfig) -> list[str]:
    """Return the parameters that are not the defaults, and those that a search decides, as lines of TOML."""
    default, lines = TrainConfig(), []
    decided = ("objective", "subword", "structured", "dim", "window", "negatives", "epochs", "lr", "input_lr")
    for item in fields(config):
        value: Any = getattr(config, item.name)
        if value is not None and (item.name in decided or value != getattr(default, item.name)):
            lines.append(f"{item.name} = {_toml(value)}")
    return lines


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return (
        repr(value) if isinstance(value, (int, float)) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )
