"""Quantise vectors: write them in fewer bytes."""

from __future__ import annotations

import argparse

from embed.choices import QUANTIZE_METHODS, QUANTIZE_SCALES
from embed.cli.argument_types import positive
from embed.cli.vector_flags import VECTORS_HELP, add_reading, reading_options
from embed.cli.writing import check_vector_output

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare both files, and the quantisation."""
    parser.description = f"{parser.description} Drops n-gram rows that no word uses."
    parser.add_argument("source", metavar="IN", help=VECTORS_HELP)
    parser.add_argument("target", metavar="OUT", help="conventionally *.embed")
    add_reading(parser, show_all=show_all)
    parser.add_argument(
        "--method", choices=QUANTIZE_METHODS, required=True, help="1/4, about 1/30, and 1/8 of the size"
    )
    parser.add_argument("--scale", choices=QUANTIZE_SCALES, help="int8: one scale for each (default: row)")
    parser.add_argument("--bytes", type=positive, metavar="N", help="pq: bytes a vector (default: dim / 2 - 2)")
    parser.add_argument("--seed", type=int, metavar="N", help="pq: seed of the k-means (default: 1)")
    parser.add_argument("--ngrams", type=positive, metavar="N", help="keep the N n-gram rows used by most words")


def run(arguments: argparse.Namespace) -> None:
    """Quantise vectors."""
    from embed import formats
    from embed.formats.quantized import save_quantized
    from embed.formats.registry import NATIVE
    from embed.vectors.pruning import prune_ngrams
    from embed.vectors.quantize import quantizer

    given = {"scale": arguments.scale, "row_bytes": arguments.bytes, "seed": arguments.seed}
    encode = quantizer(arguments.method, **{name: value for name, value in given.items() if value is not None})
    formats.refuse_ending(arguments.target, NATIVE)
    check_vector_output(arguments.target, None, [arguments.source])
    vectors = formats.load(arguments.source, **reading_options(arguments))
    if arguments.ngrams is not None or vectors.subwords is not None:
        vectors = prune_ngrams(vectors, arguments.ngrams)
    save_quantized(vectors, arguments.target, encode)
