"""Learn or load phrases, print the best, and join them in the corpus."""

from __future__ import annotations

import argparse

from embed.cli.argument_types import positive
from embed.cli.flags import CORPUS_HELP, add_option, add_parameter, given_parameters
from embed.cli.parser import PROGRAM
from embed.cli.writing import check_corpus_outputs, check_inputs
from embed.config.train import PHRASES, TEXT, TrainConfig, parameters
from embed.errors import ConfigError
from embed.messages import option, tsv_field

__all__ = ["add_arguments", "run"]

_MAIN_PARAMETERS = frozenset(("phrases", "phrase_threshold", "lowercase"))
"""The parameters in the help, which must fit a screen."""


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the corpus, the phrases, and the parameters of both."""
    parser.usage = f"{PROGRAM} phrases CORPUS... [flags]"
    parser.description = (
        f"{parser.description} Prints score, count and phrase, best first. More flags, of phrases and text: "
        "train --help-all."
    )
    parser.add_argument("corpus", nargs="+", metavar="CORPUS", help=CORPUS_HELP)
    add_option(parser, "column")
    add_option(parser, "delimiter")
    parser.add_argument("-n", type=positive, default=20, metavar="N", help="how many to print (default: %(default)s)")
    parser.add_argument("--model", metavar="PATH", help="use the phrases in this file instead of learning them")
    parser.add_argument("--save", metavar="PATH", help="save the learnt phrases, for use with --model")
    parser.add_argument("--apply", metavar="OUT", help="write the corpus with joined phrases, one sentence a line")
    for name, parameter, value_type in parameters():
        if parameter.group in (PHRASES, TEXT):
            add_parameter(parser, name, parameter, value_type, shown=show_all or name in _MAIN_PARAMETERS)


def run(arguments: argparse.Namespace) -> None:
    """Learn or load phrases, print the best, and join them in the corpus."""
    from embed.corpora import open_configured
    from embed.corpora.files import find_files
    from embed.files.atomic import atomic_write
    from embed.files.outputs import Output
    from embed.formats.registry import refuse_vectors_ending
    from embed.text.phrases.learning import PhraseSettings, learn_phrases, load_phrases

    given = given_parameters(arguments)
    config = TrainConfig.from_dict({"phrases": 1, **given})
    if not config.phrases:
        raise ConfigError("--phrases must be at least 1, not 0")
    if arguments.model is not None and (unused := [name for name in given if name.startswith("phrase")]):
        raise ConfigError(
            f"{option(unused[0])} has no effect on --model, whose phrases are already learnt; omit one of the two"
        )
    named = ((arguments.save, "the phrases"), (arguments.apply, "the joined corpus"))
    outputs = [Output(path, what) for path, what in named if path is not None]
    check_inputs(arguments.model, *arguments.corpus)
    check_corpus_outputs(outputs, arguments.corpus, [arguments.model])
    if arguments.save is not None:
        refuse_vectors_ending(arguments.save, "a phrase model", ".phrases")  # before the work of learning
    if arguments.model is None and arguments.apply is not None:
        for file in find_files(arguments.corpus):
            if file.reads_once:
                raise ConfigError(f"{file.name} can be read only once; learn with --save, then join with --model")
    text = open_configured(arguments.corpus, config, column=arguments.column, delimiter=arguments.delimiter)
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
