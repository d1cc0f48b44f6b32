"""Declare the arguments of commands that read documents or a model of them, and print its ids."""

from __future__ import annotations

import argparse
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from embed.cli.argument_types import positive, word
from embed.cli.flags import add_option
from embed.messages import tsv_field

if TYPE_CHECKING:
    import numpy.typing as npt

    from embed.config.train import TrainConfig
    from embed.documents.model import DocumentModel
    from embed.documents.reading import Documents

__all__ = [
    "SOURCE_HELP",
    "add_bits",
    "add_columns",
    "add_model",
    "add_texts",
    "columns_given",
    "find_id",
    "id_field",
    "id_text",
    "json_id",
    "load_model",
    "open_source",
    "write_array",
]

_MOST_DIGITS = 20
SOURCE_HELP = "lines of text; a folder or glob of files; a table; a MediaWiki dump; -"
_COLUMNS = {
    "--id-column": "the column of a table that holds the ids",
    "--tag-column": "the column of tags beside the id, such as topics; a list, or t1|t2",
}


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the model of documents."""
    parser.add_argument("model", metavar="MODEL", help="a file of documents train")


def add_bits(parser: argparse.ArgumentParser) -> None:
    """Add the length of codes."""
    parser.add_argument("--bits", type=positive, metavar="N", help="length of a code (default: dim)")


def load_model(path: str) -> DocumentModel:
    """Read a model of documents; raises FormatError if the file is another."""
    from embed.documents.model import DocumentModel

    return DocumentModel.load(path)


def add_columns(parser: argparse.ArgumentParser, *, tags: bool = False) -> None:
    """Add the columns of ids and, if `tags`, of tags; those of the texts are options of a run."""
    for flag, help in _COLUMNS.items():
        if tags or flag == "--id-column":
            parser.add_argument(flag, type=word, metavar="NAME", help=help)


def columns_given(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the columns of ids and tags that the command line names."""
    found = {name: getattr(arguments, name, None) for name in ("id_column", "tag_column")}
    return {name: column for name, column in found.items() if column is not None}


def add_texts(parser: argparse.ArgumentParser, **settings: Any) -> None:
    """Add the documents that a model is asked about, and the columns of a table of them."""
    parser.add_argument("source", metavar="SOURCE", **{"help": SOURCE_HELP, **settings})
    add_option(parser, "column")
    add_columns(parser)
    add_option(parser, "delimiter")


def open_source(arguments: argparse.Namespace, config: TrainConfig) -> Documents:
    """Open the documents of `add_texts`, to be read as those of the training were."""
    from embed.documents.reading import open_documents

    return open_documents(
        arguments.source,
        tokenizer=config.tokenizer,
        lowercase=config.lowercase,
        decode_errors=config.decode_errors,
        column=arguments.column,
        delimiter=arguments.delimiter,
        **columns_given(arguments),
    )


def id_text(document: Hashable) -> str:
    """Return an id as text: a string as it is, other values as Python writes them."""
    return document if isinstance(document, str) else str(document)


def id_field(document: Hashable) -> str:
    """Return an id as a field of tab-separated values."""
    return tsv_field(id_text(document))


def json_id(document: Hashable) -> Any:
    """Return an id as a value of JSON: a string, a number or a truth value as it is, other values as text."""
    return document if isinstance(document, (str, int, float)) else str(document)


def find_id(model: DocumentModel, asked: str) -> Hashable:
    """Return the id that a word of the command line means: a string, or else a number such as that of a line."""
    is_number = asked.isdecimal() and len(asked) < _MOST_DIGITS and asked not in model.documents
    return int(asked) if is_number and int(asked) in model.documents else asked


def write_array(path: str, array: npt.NDArray[Any]) -> None:
    """Write an array to a .npy file, whole or not at all."""
    import numpy as np

    from embed.files.atomic import atomic_write

    with atomic_write(path) as file:
        np.lib.format.write_array(file, array, allow_pickle=False)
