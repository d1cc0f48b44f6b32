"""Write the bits of a model's documents, and their ids."""

from __future__ import annotations

import argparse
from pathlib import PurePath

from embed.cli.document_flags import add_bits, add_model, id_field, load_model, write_array
from embed.cli.parser import PROGRAM
from embed.errors import FormatError

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the model and the outputs."""
    parser.usage = f"{PROGRAM} documents codes MODEL -o CODES.npy [--ids FILE]"
    parser.description = (
        "Write codes of the documents of MODEL, packed, uint8[documents, bits / 8]: compare rows by the number of bits "
        "that differ."
    )
    add_model(parser)
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="write the codes to this .npy file")
    add_bits(parser)
    parser.add_argument("--ids", metavar="FILE", help="write the ids to this file, one a line, in the same order")


def run(arguments: argparse.Namespace) -> None:
    """Write the codes, and the ids."""
    from embed.files.atomic import atomic_write_text
    from embed.files.outputs import Output, check_outputs

    if PurePath(arguments.output).suffix.lower() != ".npy":
        raise FormatError(f"{arguments.output}: codes are written to .npy; name a file with this ending")
    outputs = [Output(arguments.output, "the codes")]
    if arguments.ids is not None:
        outputs.append(Output(arguments.ids, "the ids"))
    check_outputs(outputs, [arguments.model])
    model = load_model(arguments.model)
    write_array(arguments.output, model.codes(arguments.bits))
    if arguments.ids is not None:
        atomic_write_text(arguments.ids, "".join(f"{id_field(document)}\n" for document in model.documents.ids))
