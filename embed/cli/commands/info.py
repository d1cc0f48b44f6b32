"""Describe the installation, a file of vectors, or the cost of a training run."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import embed
from embed.cli.argument_types import positive
from embed.cli.cost import asked_for, cost
from embed.cli.flags import add_option, add_parameters
from embed.cli.output import print_json
from embed.cli.vector_flags import add_reading, reading_options
from embed.config.train import TrainConfig
from embed.errors import FormatError, PoorVectorsWarning, advise
from embed.messages import printable

if TYPE_CHECKING:
    from embed.vectors.word_vectors import WordVectors

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the file to describe, and the run whose cost to estimate."""
    parser.add_argument("vectors", nargs="?", metavar="FILE", help="vectors or a model, in any readable format")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--corpus", nargs="+", metavar="CORPUS", help="estimate the cost of training; flags as for train"
    )
    add_option(parser, "column")
    add_option(parser, "delimiter")
    parser.add_argument("--tokens", type=positive, metavar="N", help="the same for N tokens, without a corpus")
    parser.add_argument("--vocab", type=positive, metavar="V", help="and V words")
    add_option(parser, "preset")
    add_parameters(parser, shown=False)
    add_reading(parser, show_all=show_all)


def run(arguments: argparse.Namespace) -> None:
    """Describe the installation, a file of vectors, or the cost of a training run."""
    if asked_for(arguments):
        facts = _installation() | cost(arguments)
    else:
        facts = (
            _installation()
            if arguments.vectors is None
            else _description(arguments.vectors, reading_options(arguments))
        )
    if arguments.json:
        print_json(facts)
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        print(printable(f"{name:<{width}}  {_plain(value)}"))


def _installation() -> dict[str, Any]:
    import numpy as np

    from embed.engine import _kernels
    from embed.engine.machine import huge_pages, simd

    return {
        "version": embed.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
        "processors": TrainConfig().thread_count(),
        "simd": simd(),
        "simd available": list(_kernels.simd_names()),
        "huge pages": huge_pages(),
    }


def _description(path: str, reading: dict[str, Any]) -> dict[str, Any]:
    from embed import formats
    from embed.files.inputs import Input
    from embed.files.json_text import parse_json
    from embed.formats.model_file import stored_run
    from embed.formats.replicates import are_replicates, load_replicates
    from embed.model.health import health_of_run

    if are_replicates(path):
        replicates = load_replicates(path)
        about = {"format": "replicates", "kind": "vectors of several trainings", "replicates": len(replicates)}
        return about | _facts(replicates[0])
    source = Input(path, FormatError)
    form = formats.detect(source)
    facts: dict[str, Any] = {"format": form, "kind": "vectors"}
    metadata = formats.native.read_metadata(source) if form == "native" else {}
    if metadata:
        facts["kind"] = metadata["kind"]
    vectors = formats.load(source, **reading)
    facts |= _facts(vectors)
    health = vectors.health()
    if "config" in metadata:
        try:
            facts["config"] = parse_json(metadata["config"])
        except ValueError as error:
            raise FormatError(f"{path}: damaged: the configuration is not JSON ({error})") from None
        if metadata["kind"] == "model":
            config, provenance, history = stored_run(source.name, metadata)
            health = health_of_run(vectors, config, provenance, len(history))
    numbers = (health.mean_cosine, health.hardly_trained, health.coverage)
    for name, value in zip(("mean cosine", "hardly trained", "coverage"), numbers, strict=True):
        if value is not None:
            facts[name] = round(value, 3)
    if problem := health.problem():
        advise(problem, PoorVectorsWarning)
    return facts


def _facts(vectors: WordVectors) -> dict[str, Any]:
    facts: dict[str, Any] = {"words": len(vectors), "dim": vectors.dim}
    if vectors.counts is not None:
        facts["tokens"] = int(vectors.counts.sum())
    if vectors.subwords is not None:
        facts["n-grams"] = vectors.subwords.scheme.to_dict()
    return facts


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_plain(item)}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
