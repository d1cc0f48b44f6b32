"""Write a text with the senses of its words marked."""

from __future__ import annotations

import argparse
from pathlib import PurePath

from embed.cli.parser import PROGRAM

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the model, the text and the output."""
    parser.usage = f"{PROGRAM} disambiguate MODEL [FILE] [-o OUT]"
    parser.description = (
        f"{parser.description} Each line is a sentence. Its tokens are split as the text of the training was, and "
        "written between spaces: those with senses as word#1, all others as they are. The number is that of `senses`."
    )
    parser.add_argument("model", metavar="MODEL", help="a model trained with --senses")
    parser.add_argument("text", nargs="?", default="-", metavar="FILE", help="a text (default: -)")
    parser.add_argument("-o", "--output", metavar="OUT", help="write to this file, compressed if it ends with .gz ...")


def run(arguments: argparse.Namespace) -> None:
    """Write each line of a text with its senses."""
    from embed.cli.writing import check_inputs, check_vector_output
    from embed.corpora.text import text_lines
    from embed.files.compressing import COMPRESSED_EXTENSIONS, compressing_write
    from embed.files.inputs import Input
    from embed.formats.registry import refuse_vectors_ending
    from embed.senses import SenseVectors

    check_inputs(arguments.model, arguments.text)
    if arguments.output is not None:
        path = PurePath(arguments.output)
        is_compressed = path.suffix.lower() in COMPRESSED_EXTENSIONS
        refuse_vectors_ending(path.with_suffix("") if is_compressed else path, "text", ".txt")
        check_vector_output(arguments.output, None, [arguments.model, arguments.text])
    model = SenseVectors.load(arguments.model)
    with Input(arguments.text).open() as stream:
        lines = model.mark(text_lines(stream, model.config.decode_errors))
        if arguments.output is None:
            for line in lines:
                print(line)
        else:
            with compressing_write(arguments.output) as out:
                for line in lines:
                    out.write(line.encode() + b"\n")
