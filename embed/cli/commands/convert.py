"""Read vectors in one format, process them if requested, and write them in another."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from embed.cli.argument_types import word
from embed.cli.vector_flags import VECTORS_HELP, add_reading, reading_options
from embed.cli.writing import check_vector_output
from embed.config.postprocessing import NONE, STEPS
from embed.errors import ConfigError

if TYPE_CHECKING:
    from embed.vectors.word_vectors import WordVectors

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare both files, their formats, and the processing of the vectors."""
    parser.description = f"{parser.description} OUT's ending chooses it, or --to."
    parser.add_argument("source", metavar="IN", help=VECTORS_HELP)
    parser.add_argument("target", metavar="OUT")
    add_reading(parser, show_all=show_all)
    parser.add_argument("--escape", action="store_true", help="escape words that OUT's format cannot store")
    parser.add_argument(
        "--to", metavar="NAME", help="the format of OUT: binary, model2vec, npz ... (default: by ending)"
    )
    parser.add_argument(
        "--average-outputs", action="store_true", help="for a model: mean of unit input and output vectors"
    )
    parser.add_argument(
        "--senses", action="store_true", help="for a model with senses: a vector for each, named word#1 ..."
    )
    parser.add_argument("--postprocess", type=word, default=NONE, metavar="STEPS", help=STEPS)
    parser.add_argument("--unit", action="store_true", help="scale each vector to length 1")
    parser.add_argument("--sif", type=float, metavar="A", help="weight each word by A/(A + its share of the tokens)")


def run(arguments: argparse.Namespace) -> None:
    """Read vectors in one format, process them if requested, and write them in another."""
    from embed import formats
    from embed.formats.model_file import load_model, run_card_of
    from embed.formats.replicates import are_replicates, load_replicates

    form = (
        formats.FORMATS[formats.format_of(arguments.target)] if arguments.to is None else formats.by_name(arguments.to)
    )
    formats.refuse_ending(arguments.target, form.name)
    check_vector_output(arguments.target, form, [arguments.source])
    if arguments.senses and arguments.average_outputs:
        raise ConfigError("--senses and --average-outputs exclude each other: senses have no outputs; give one of them")
    if arguments.senses:
        from embed.senses import SenseVectors

        vectors = SenseVectors.load(arguments.source).vectors()
    elif arguments.average_outputs:
        vectors = load_model(arguments.source).averaged_vectors()
    elif are_replicates(arguments.source):
        replicates = load_replicates(arguments.source)
        print(f"the mean of {len(replicates)} replicates, turned to the first", file=sys.stderr)
        vectors = replicates.mean()
    else:
        vectors = formats.load(arguments.source, **reading_options(arguments))
    vectors = _postprocessed(vectors, arguments)
    formats.save(
        vectors,
        arguments.target,
        form.name,
        on_bad_word="escape" if arguments.escape else "refuse",
        run_card=run_card_of(arguments.source) if "run_card" in form.options else None,
    )


def _postprocessed(vectors: WordVectors, arguments: argparse.Namespace) -> WordVectors:
    """Apply the processing that the flags request, in the order of the help."""
    from embed.vectors import postprocess

    vectors = postprocess.postprocess(vectors, arguments.postprocess)
    if arguments.unit:
        vectors = postprocess.unit_length(vectors)
    if arguments.sif is not None:
        vectors = postprocess.sif(vectors, arguments.sif)
    return vectors
