"""Learn phrases or read them, print the best, and join them in the corpus."""

from __future__ import annotations

import argparse

from embed.cli.parser import given_parameters
from embed.cli.writing import check_corpus_outputs, check_inputs
from embed.config.train import TrainConfig
from embed.errors import ConfigError
from embed.messages import option, tsv_field

__all__ = ["run"]


def run(arguments: argparse.Namespace) -> None:
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
