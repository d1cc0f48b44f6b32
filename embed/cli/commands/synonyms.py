"""Write words that are each other's neighbours as a synonym file of Solr and Elasticsearch."""

from __future__ import annotations

import argparse
from typing import get_args

from embed.choices import PhraseDelimiter
from embed.cli.argument_types import positive
from embed.cli.output import print_message
from embed.cli.vector_flags import add_vectors, reading_options
from embed.config.synonyms import LEAST, NEIGHBOURS

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors, the output, and what makes two words synonyms."""
    parser.description = f"{parser.description} Opposites are neighbours too: read the file before an engine does."
    add_vectors(parser, show_all=show_all)
    parser.add_argument("-o", "--output", metavar="OUT", help="write to this file, such as synonyms.txt")
    parser.add_argument(
        "-n", type=positive, default=NEIGHBOURS, metavar="N", help="each is among the other's N nearest [%(default)s]"
    )
    parser.add_argument(
        "--least", type=float, default=LEAST, metavar="X", help="leave out pairs with a cosine below X [%(default)s]"
    )
    parser.add_argument("--top", type=positive, metavar="N", help="only the N most frequent words")
    parser.add_argument(
        "--phrase-delimiter", choices=get_args(PhraseDelimiter), help="write phrases such as new_york with spaces"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the pairs of words."""
    from embed import formats
    from embed.cli.writing import check_vector_output
    from embed.files.atomic import atomic_write_text
    from embed.formats.registry import refuse_vectors_ending
    from embed.formats.synonyms import synonym_lines
    from embed.messages import option
    from embed.vectors.synonyms import mutual_neighbours

    if arguments.output is not None:
        refuse_vectors_ending(arguments.output, "a list of synonyms", ".txt")
        check_vector_output(arguments.output, None, [arguments.vectors])
    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    pairs = mutual_neighbours(vectors, arguments.n, least=arguments.least, top=arguments.top)
    lines, left_out = synonym_lines(pairs, phrase_delimiter=arguments.phrase_delimiter)
    settings = f"neighbours {arguments.n}, cosine at least {arguments.least:g}"
    text = "".join(f"{line}\n" for line in (f"# mutual neighbours: {settings}", *lines))
    if arguments.output is None:
        print(text, end="")
    else:
        atomic_write_text(arguments.output, text)
    if left_out:
        print_message(
            f"left out {len(left_out):,} words without a letter or digit, or that a line cannot hold, such as "
            f"{left_out[0]!r:.60}"
        )
    if not lines:
        print_message(f"no two words are this near to each other; lower {option('least')} or raise {option('n')}")
