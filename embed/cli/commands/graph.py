"""Train vectors of the nodes of a graph on random walks, and write them with their run card."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from typing import Any

from embed.cli.argument_types import word
from embed.cli.flags import HelpAll, add_parameter, add_training, given_options, given_parameters
from embed.cli.parser import PROGRAM
from embed.cli.writing import check_corpus_outputs, check_inputs, save_or_rescue, training_outputs, write_card
from embed.config.graph import GRAPH_DEFAULTS, NOT_FOR_GRAPHS, SUBSAMPLE, WALKS, WalkConfig
from embed.config.run import RunOptions
from embed.config.train import TrainConfig
from embed.messages import printable

__all__ = ["add_arguments", "run"]

_MAIN = frozenset(("dim", "window", "epochs"))
"""The options and parameters of training in the short help, which must fit a screen; --help-all shows all."""
_DEFAULTS: dict[str, Any] = {item.name: item.default for item in fields(WalkConfig)}


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the edges, the output, and a flag for each parameter."""
    parser.usage, parser.description = f"{PROGRAM} graph EDGES... -o OUT [flags]", None
    parser.add_argument(
        "edges", nargs="+", metavar="EDGES", help="lines of two nodes and, if there is one, a weight; or tables"
    )
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="write vectors: .txt .vec .bin .embed")
    parser.add_argument(
        "--columns", type=word, metavar="A,B[,W]", help="columns of a table: the nodes of an edge, and its weight"
    )
    walks = parser.add_argument_group("walks") if show_all else parser
    for name, (details, kind) in WALKS.items():
        add_parameter(walks, name, details, kind, shown=True, defaults=_DEFAULTS)
    parser.add_argument("--config", metavar="TOML", help="read training parameters from this file; flags override it")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--help-all", action=HelpAll, declare=add_arguments, help="list every parameter, by group")
    defaults = {**GRAPH_DEFAULTS, "subsample": f"{SUBSAMPLE} / nodes"}
    add_training(parser, _MAIN, show_all=show_all, without=NOT_FOR_GRAPHS, defaults=defaults)


def run(arguments: argparse.Namespace) -> None:
    """Walk and train; write the vectors and the run card."""
    flags, chosen = given_parameters(arguments), given_options(arguments)
    how = {name: getattr(arguments, name) for name in WALKS if hasattr(arguments, name)}
    if arguments.columns is not None:
        how["columns"] = arguments.columns.split(",")
    if arguments.quiet:
        chosen["progress"] = False
    options, given = RunOptions.split({**chosen, **flags})
    config = TrainConfig.from_toml(arguments.config, **flags) if arguments.config else None

    from embed import formats
    from embed.graph.train import run_graph
    from embed.training.run import begun
    from embed.vectors.word_vectors import WordVectors

    check_inputs(arguments.config, *arguments.edges)
    outputs = training_outputs(arguments.output, None, options)
    check_corpus_outputs(outputs, arguments.edges, [arguments.config])
    formats.format_of(arguments.output)
    settings: Any = {**chosen, **how, **(given if config is None else {})}
    with begun(options) as progress:
        model, graph = run_graph(arguments.edges, config, settings, progress)
        nodes = [str(graph.nodes[int(number)]) for number in model.vocabulary.words]
        vectors = WordVectors(nodes, model.vectors.matrix, counts=model.vectors.counts)
        with progress.timing("saving"):
            save_or_rescue(vectors, arguments.output)
    write_card([arguments.output], {**model.run_card(), "seconds": progress.spent})
    if not arguments.quiet:
        size = f"{len(nodes):,} nodes, {graph.edges:,} edges, {model.config.dim} dimensions"
        print(printable(f"{size}: {arguments.output}"), file=sys.stderr)
        print(progress.times(), file=sys.stderr)
