"""Read vectors and write them in fewer bytes."""

from __future__ import annotations

import argparse

from embed.cli.parser import reading_options
from embed.cli.writing import check_vector_output

__all__ = ["run"]


def run(arguments: argparse.Namespace) -> None:
    """Read vectors and write them in fewer bytes."""
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
