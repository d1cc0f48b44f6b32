"""Check the inputs and outputs of commands before anything is read, and rescue vectors that a file cannot store."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from embed.errors import ConfigError, FormatError

if TYPE_CHECKING:
    from embed.config.run import RunOptions
    from embed.files.outputs import Output
    from embed.formats.registry import Format
    from embed.vectors.word_vectors import WordVectors

__all__ = [
    "check_corpus_outputs",
    "check_inputs",
    "check_vector_output",
    "save_or_rescue",
    "training_outputs",
    "write_card",
]

_RESCUE = ".embed"
"""The ending of the file that rescues vectors: its format can store any word."""


def training_outputs(vectors: str | None, model: str | None, options: RunOptions) -> list[Output]:
    """Return the outputs of a training run: vectors, model, run card, encoded corpus, checkpoints."""
    from embed import formats
    from embed.files.outputs import CARD, Output, card_of
    from embed.training.run import outputs_of

    beside: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    if vectors is not None:
        with suppress(FormatError):  # an unknown ending, which is reported after checking the files
            form = formats.FORMATS[formats.format_of(vectors)]
            beside, holds = form.beside, form.files
    named = [(vectors, "the vectors", _RESCUE), (model, "the model", "")]
    given = [(path, what, rescue) for path, what, rescue in named if path is not None]
    card = card_of(path for path, _, _ in given)
    outputs = [
        Output(
            path,
            what,
            beside=(*(beside if rescue else ()), *((CARD,) if f"{path}{CARD}" == card else ())),
            rescue=rescue,
            holds=holds if rescue else (),
        )
        for path, what, rescue in given
    ]
    return outputs + outputs_of(options)


def write_card(outputs: Sequence[str], card: Mapping[str, Any]) -> None:
    """Write the run card beside the first output that is a file."""
    from embed.files.atomic import atomic_write_text
    from embed.files.json_text import json_text
    from embed.files.outputs import card_of

    if (path := card_of(outputs)) is not None:
        atomic_write_text(path, json_text(card) + "\n")


def check_inputs(*paths: str | None) -> None:
    """Raise ConfigError if a command would read one pipe twice: the second read would be empty, or block."""
    from embed.files.inputs import Input, refuse_repeated

    refuse_repeated([Input(path, ConfigError) for path in paths if path is not None], ConfigError)


def check_corpus_outputs(outputs: Sequence[Output], corpus: list[str], others: Sequence[str | None] = ()) -> None:
    """Check the outputs of a command that reads a corpus and other files; raise as `check_outputs` does."""
    from embed.corpora.belonging import files_of, root_of
    from embed.files.outputs import check_outputs

    inputs = [*files_of(corpus), *(path for path in others if path is not None)]
    check_outputs(outputs, inputs, partial(root_of, corpus))


def check_vector_output(path: str, form: Format | None, inputs: Sequence[str]) -> None:
    """Check the output path of vectors (of a chart, without a format); raise as `check_outputs` does."""
    from embed.files.outputs import Output, check_outputs

    files = [os.path.join(each, name) for each in inputs if os.path.isdir(each) for name in os.listdir(each)]
    output = Output(path, "the vectors") if form is None else Output(path, "the vectors", form.beside, holds=form.files)
    check_outputs([output], [*inputs, *files])


def save_or_rescue(vectors: WordVectors, path: str) -> None:
    """Write the vectors of a run; if the format cannot store a word, write them to a new file in another format.

    Raises
    ------
    FormatError
        The vectors are in another file, which the message names.
    """
    from embed import formats

    try:
        formats.save(vectors, path)
    except FormatError as error:
        rescue, number = f"{path}{_RESCUE}", 1
        while os.path.lexists(rescue):
            number += 1
            rescue = f"{path}.{number}{_RESCUE}"
        try:
            formats.save(vectors, rescue)
        except FormatError:  # the disk is probably full
            raise error from None
        raise FormatError(f"{error}; the vectors are in {rescue} instead") from error
