"""Print the documents nearest to documents of the model, or to new texts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from embed.cli.argument_types import positive, word
from embed.cli.document_flags import add_model, find_id, id_field, json_id, load_model
from embed.cli.output import print_json
from embed.cli.parser import PROGRAM
from embed.errors import ConfigError
from embed.messages import tsv_field

if TYPE_CHECKING:
    from embed.documents.model import DocumentModel

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the model, and what is asked."""
    parser.usage = f"{PROGRAM} documents nearest MODEL [ID ... | --text TEXT] [flags]"
    parser.description = (
        "Print the documents nearest to each ID, or to TEXT, or else to each line of standard input: what was asked "
        "(the ID, or the number of the text, from 0), id, cosine."
    )
    add_model(parser)
    parser.add_argument("ids", nargs="*", type=word, metavar="ID", help="documents of MODEL")
    parser.add_argument("--text", type=word, metavar="TEXT", help="a new text")
    parser.add_argument("-n", type=positive, default=10, metavar="N", help="how many to print (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> None:
    """Print the documents nearest to each document or text."""
    if arguments.ids and arguments.text is not None:
        raise ConfigError("give either IDs or --text, not both")
    model = load_model(arguments.model)
    answers = []
    for asked, found in _answers(model, arguments):
        if arguments.json:
            near = [{"id": json_id(document), "cosine": round(cosine, 4)} for document, cosine in found]
            answers.append({"asked": asked, "nearest": near})
            continue
        for document, cosine in found:
            print(tsv_field(str(asked)), id_field(document), f"{cosine:.4f}", sep="\t")
    if arguments.json:
        print_json(answers)


def _answers(model: DocumentModel, arguments: argparse.Namespace) -> Iterator[tuple[Any, list[tuple[Any, float]]]]:
    """Yield what was asked and its answers; those to the lines of standard input as they come."""
    for asked in arguments.ids:
        yield asked, model.documents.nearest(find_id(model, asked), arguments.n)
    if not arguments.ids:
        texts = _lines() if arguments.text is None else iter([arguments.text])
        for number, text in enumerate(texts):
            vector = model.infer([text])[0]
            if vector.any():
                yield number, model.documents.nearest_to(vector, arguments.n)
            elif arguments.text is None:
                print(f"text {number:,} has no word of the vocabulary", file=sys.stderr)
            else:
                raise ConfigError("the text has no word of the vocabulary; give a longer one")


def _lines() -> Iterator[str]:
    from embed.corpora.text import text_lines
    from embed.files.inputs import STANDARD_INPUT, Input

    with Input(STANDARD_INPUT).open() as stream:
        yield from text_lines(stream, "replace")
