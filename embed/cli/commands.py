"""What each command does, once its arguments are parsed. One function per command, named after it."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import embed
from embed.cli.cost import asked_for, cost
from embed.cli.curve import curve
from embed.cli.parser import build_parser, given_parameters, reading_options
from embed.cli.resuming import budget_settings, checkpoint_settings
from embed.cli.writing import check_corpus_outputs, check_inputs, check_vector_output, save_or_rescue, training_outputs
from embed.config.presets import NAMES, PRESETS
from embed.config.train import TrainConfig, as_flags
from embed.errors import ConfigError, FormatError
from embed.messages import option, printable, tsv_field

__all__ = [
    "analogy",
    "compare",
    "completion",
    "convert",
    "curve",
    "demo",
    "evaluate",
    "info",
    "nearest",
    "phrases",
    "quantize",
    "train",
]

if TYPE_CHECKING:
    from embed.model.model import Model
    from embed.vectors.word_vectors import WordVectors


def train(arguments: argparse.Namespace) -> None:
    """Train on the corpus, write what was asked for and the run card beside it."""
    flags = given_parameters(arguments)
    budget, checkpoints = budget_settings(arguments, flags), checkpoint_settings(arguments)
    if arguments.preset and (arguments.continue_from or arguments.config):
        raise ConfigError("--preset goes with neither --continue-from nor --config")
    if arguments.continue_from and (arguments.config or arguments.encoded):
        raise ConfigError(
            "--continue-from takes the parameters from the model, and goes with neither --config nor --encoded"
        )
    outputs = [path for path in (arguments.output, arguments.save_model) if path is not None]
    if not outputs:
        raise ConfigError("nothing would be kept: name the vectors with -o OUT, or the model with --save-model PATH")

    from embed import formats
    from embed.checkpoints.checkpoint_folder import checkpoints_in
    from embed.files.outputs import card_of
    from embed.formats.model_file import save_model
    from embed.formats.registry import NATIVE
    from embed.training.continue_training import continue_training
    from embed.training.train import train

    resumed = arguments.resume if arguments.resume != arguments.checkpoint else None
    others = [
        arguments.continue_from,
        arguments.config,
        *([] if resumed is None else map(str, checkpoints_in(resumed))),
    ]
    check_inputs(arguments.config, arguments.continue_from, *arguments.corpus)
    check_corpus_outputs(training_outputs(arguments), arguments.corpus, others)
    config = TrainConfig.from_toml(arguments.config, **flags) if arguments.config else None
    if arguments.output is not None:
        formats.format_of(arguments.output)
    if arguments.save_model is not None:
        formats.refuse_ending(arguments.save_model, NATIVE)
    progress = False if arguments.quiet else None
    if arguments.continue_from:
        model = continue_training(
            arguments.continue_from,
            arguments.corpus,
            column=arguments.column,
            delimiter=arguments.delimiter,
            vocabulary=arguments.vocabulary,
            freeze=arguments.freeze,
            progress=progress,
            **checkpoints,
            **budget,
            **flags,
        )
    else:
        model = train(
            arguments.corpus,
            config,
            preset=arguments.preset,
            column=arguments.column,
            delimiter=arguments.delimiter,
            encoded_dir=arguments.encoded,
            progress=progress,
            **checkpoints,
            **budget,
            **({} if config is not None else flags),
        )
    if arguments.save_model is not None:
        save_model(model, arguments.save_model)
    if arguments.output is not None:
        save_or_rescue(model.vectors, arguments.output)
    if (card := card_of(outputs)) is not None:
        _write_json(Path(card), model.run_card())
    if not arguments.quiet:
        print(
            printable(f"{len(model.vocabulary)} words of {model.config.dim} numbers: {', '.join(outputs)}"),
            file=sys.stderr,
        )
        if arguments.preset is None and (told := _preset_told(model)):
            print(told, file=sys.stderr)


def phrases(arguments: argparse.Namespace) -> None:
    """Learn phrases or read them, print the best, and join them in the corpus."""
    from embed.corpora import open_corpus
    from embed.corpora.files import find_files
    from embed.files.atomic import atomic_write
    from embed.files.outputs import Output
    from embed.text.phrases.learning import PhraseSettings, learn_phrases, load_phrases

    given = given_parameters(arguments)
    config = TrainConfig.from_dict({"phrases": 1, **given})
    if not config.phrases:
        raise ConfigError("--phrases must be at least 1 to find any, not 0")
    if arguments.model is not None and (unused := [name for name in given if name.startswith("phrase")]):
        raise ConfigError(
            f"{option(unused[0])} is a setting of learning, and the phrases of --model are learnt already"
        )
    named = ((arguments.save, "the phrases"), (arguments.apply, "the corpus with its phrases"))
    outputs = [Output(path, what) for path, what in named if path is not None]
    check_inputs(arguments.model, *arguments.corpus)
    check_corpus_outputs(outputs, arguments.corpus, [arguments.model])
    if arguments.model is None and arguments.apply is not None:
        for file in find_files(arguments.corpus):
            if file.reads_once:
                raise ConfigError(f"{file.name} can be read only once: learn with --save, then join with --model")
    text = open_corpus(
        arguments.corpus,
        tokenizer=config.tokenizer,
        lowercase=config.lowercase,
        decode_errors=config.decode_errors,
        column=arguments.column,
        delimiter=arguments.delimiter,
    )
    model = learn_phrases(text, PhraseSettings.of(config)) if arguments.model is None else load_phrases(arguments.model)
    if arguments.save is not None:
        model.save(arguments.save)
    if arguments.apply is not None:
        with atomic_write(arguments.apply) as joined:
            for sentence in model.apply(text):
                joined.write(" ".join(sentence).encode() + b"\n")
    for phrase in sorted((p for found in model.passes for p in found), key=lambda p: (-p.score, p.words))[
        : arguments.n
    ]:
        print(f"{phrase.score:.4g}", phrase.count, tsv_field(model.settings.delimiter.join(phrase.words)), sep="\t")


def evaluate(arguments: argparse.Namespace) -> None:
    """Print the scores of one file of vectors."""
    from embed import formats
    from embed.eval import evaluate

    check_inputs(arguments.vectors, *arguments.sets)
    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    _tell_of_ngrams(vectors)
    settings = _evaluation_settings(arguments)
    _print_report(evaluate(vectors, arguments.sets or None, name=arguments.vectors, **settings), arguments)


def compare(arguments: argparse.Namespace) -> None:
    """Print the scores of two files of vectors, their differences and how sure these are."""
    from embed import formats
    from embed.eval import compare

    check_inputs(arguments.first, arguments.second, *arguments.sets)
    first, second = (formats.load(path, **reading_options(arguments)) for path in (arguments.first, arguments.second))
    _tell_of_ngrams(first, second)
    settings = _evaluation_settings(arguments)
    names = (arguments.first, arguments.second)
    _print_report(compare(first, second, arguments.sets or None, names=names, **settings), arguments)


def nearest(arguments: argparse.Namespace) -> None:
    """Print the neighbours of each word."""
    from embed import formats

    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    _tell_of_composed(vectors, arguments.words)
    for word in arguments.words:
        for neighbour, score in vectors.nearest(word, arguments.n, top=arguments.top):
            print(tsv_field(word), tsv_field(neighbour), f"{score:.4f}", sep="\t")


def analogy(arguments: argparse.Namespace) -> None:
    """Print the answers to one analogy question."""
    from embed import formats

    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    _tell_of_composed(vectors, (arguments.a, arguments.b, arguments.c))
    answers = vectors.analogy(
        arguments.a, arguments.b, arguments.c, n=arguments.n, method=arguments.method, top=arguments.top
    )
    for word, score in answers:
        print(tsv_field(word), f"{score:.4f}", sep="\t")


def convert(arguments: argparse.Namespace) -> None:
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


def quantize(arguments: argparse.Namespace) -> None:
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


def info(arguments: argparse.Namespace) -> None:
    """Describe the installation, a file of vectors, or what a training run would cost."""
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


def demo(arguments: argparse.Namespace) -> None:
    """Run the demonstration."""
    from embed.demo import run

    run(Path(arguments.output))


def completion(arguments: argparse.Namespace) -> None:
    """Print the completion script of a shell."""
    import shtab

    parser = build_parser(show_all=True)
    for action in _actions(parser):
        if action.metavar in ("CORPUS", "VECTORS", "FILE", "IN", "OUT", "PATH", "TOML", "SET"):
            action.complete = shtab.FILE
        elif action.metavar in ("DIR", "FOLDER"):
            action.complete = shtab.DIRECTORY
    print(shtab.complete(parser, shell=arguments.shell))


def _tell_of_composed(vectors: WordVectors, words: Sequence[str]) -> None:
    """Say on standard error which words are not in the vocabulary, though they have vectors."""
    if composed := [word for word in dict.fromkeys(words) if word not in vectors and vectors.can_compose(word)]:
        names = ", ".join(map(repr, composed))
        verb, vectors_are = ("is", "its vector is") if len(composed) == 1 else ("are", "their vectors are")
        told = f"{names} {verb} not in the vocabulary: {vectors_are} composed of n-grams"
        print(printable(told), file=sys.stderr)


def _tell_of_ngrams(*files: WordVectors) -> None:
    """Say on standard error that unknown words of a test set count, if they do."""
    if any(vectors.subwords is not None for vectors in files):
        told = "words of the test sets that are not in the vocabulary are composed of n-grams where they have some"
        print(told, file=sys.stderr)


def _preset_told(model: Model) -> str:
    """Return what to say of a preset that nobody asked for; empty if there is none."""
    name = None if model.provenance is None else model.provenance.decisions.get("preset")
    if name not in NAMES:  # none, or what a damaged checkpoint has
        return ""
    values = {key: value for key in PRESETS[name] if (value := getattr(model.config, key)) is not None}
    decisions = {} if model.provenance is None else model.provenance.decisions
    flags = as_flags(values | {key: decisions[key] for key in ("subsample",) if key in decisions})
    return f"preset {name}, as nothing else was asked for: {flags} (--objective sg or cbow: words alone)"


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


def _evaluation_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(arguments, name) for name in ("columns", "top", "method") if hasattr(arguments, name)}


def _print_report(report: Any, arguments: argparse.Namespace) -> None:
    form = report.to_json if arguments.json else report.to_markdown if arguments.markdown else report.table
    print(form().rstrip("\n"))


def _installation() -> dict[str, Any]:
    import numpy as np

    from embed.engine import _kernels
    from embed.engine.machine import huge_pages, simd_path

    return {
        "version": embed.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
        "processors": TrainConfig().thread_count(),
        "simd": simd_path(),
        "simd available": list(_kernels.simd_paths()),
        "huge pages": huge_pages(),
    }


def _description(path: str, reading: dict[str, Any]) -> dict[str, Any]:
    from embed import formats
    from embed.files.inputs import Input
    from embed.files.json_text import parse_json

    source = Input(path, FormatError)
    form = formats.detect(source)
    facts: dict[str, Any] = {"format": form, "kind": "vectors"}
    metadata = formats.native.read_metadata(source) if form == "native" else {}
    if metadata:
        facts["kind"] = metadata["kind"]
    vectors = formats.load(source, **reading)
    facts |= {"words": len(vectors), "dim": vectors.dim}
    if vectors.counts is not None:
        facts["tokens"] = int(vectors.counts.sum())
    if vectors.subwords is not None:
        facts["n-grams"] = vectors.subwords.scheme.to_dict()
    if "config" in metadata:
        try:
            facts["config"] = parse_json(metadata["config"])
        except ValueError as error:
            raise FormatError(f"{path}: damaged: the configuration is not JSON ({error})") from None
    return facts


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_plain(item)}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _actions(parser: argparse.ArgumentParser) -> list[Any]:
    """Return the actions of a parser and of its sub-parsers; untyped, because shtab adds an attribute."""
    found: list[Any] = list(parser._actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                found += _actions(sub)
    return found


def print_json(value: Any) -> None:
    """Print a value, indented."""
    from embed.files.json_text import json_text

    print(json_text(value))


def _write_json(path: Path, value: Any) -> None:
    from embed.files.atomic import atomic_write_text
    from embed.files.json_text import json_text

    atomic_write_text(path, json_text(value) + "\n")
