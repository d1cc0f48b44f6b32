"""Read vectors in one format, change them as asked, and write them in another."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from embed.cli.parser import reading_options
from embed.cli.writing import check_vector_output

if TYPE_CHECKING:
    from embed.vectors.word_vectors import WordVectors

__all__ = ["run"]


def run(arguments: argparse.Namespace) -> None:
    """Read vectors in one format, change them as asked, and write them in another."""
    from embed import formats

    form = (
        formats.FORMATS[formats.format_of(arguments.target)] if arguments.to is None else formats.by_name(arguments.to)
    )
    formats.refuse_ending(arguments.target, form.name)
    check_vector_output(arguments.target, form, [arguments.source])
    if arguments.average_outputs:
        from embed.formats.model_file import load_model

        vectors = load_model(arguments.source).averaged_vectors()
    else:
        vectors = formats.load(arguments.source, **reading_options(arguments))
    vectors = _postprocessed(vectors, arguments)
    formats.save(vectors, arguments.target, form.name, on_bad_word="escape" if arguments.escape else "refuse")


def _postprocessed(vectors: WordVectors, arguments: argparse.Namespace) -> WordVectors:
    """Apply what the flags ask for, in the order in which the help lists them."""
    from embed.vectors import postprocess

    if arguments.center:
        vectors = postprocess.center(vectors)
    if arguments.remove_components is not None:
        vectors = postprocess.all_but_the_top(vectors, arguments.remove_components)
    if arguments.pca is not None:
        vectors = postprocess.pca(vectors, arguments.pca)
    if arguments.unit:
        vectors = postprocess.unit_length(vectors)
    if arguments.sif is not None:
        vectors = postprocess.sif(vectors, arguments.sif)
    return vectors
