"""Print the senses of words: how frequent each is, and the words nearest to it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from embed.cli.argument_types import positive, word
from embed.cli.output import print_json, print_message
from embed.cli.parser import PROGRAM
from embed.errors import ConfigError
from embed.messages import tsv_field

if TYPE_CHECKING:
    from embed.senses import Example, Sense, SenseVectors

__all__ = ["add_arguments", "run"]

_SENSES_HELP = "a model trained with --senses"
_EXAMPLES = 3


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the model, the words and the text of examples."""
    parser.usage = f"{PROGRAM} senses MODEL WORD ... [flags]"
    parser.description = (
        "Print each sense of each WORD: its name, its share of the occurrences, the words nearest to it; with --text, "
        "below each its clearest occurrences: the name, the probability of the sense, the text."
    )
    parser.add_argument("model", metavar="MODEL", help=_SENSES_HELP)
    parser.add_argument("words", nargs="+", type=word, metavar="WORD")
    parser.add_argument("-n", type=positive, default=10, metavar="N", help="words to print (default: %(default)s)")
    parser.add_argument("--top", type=positive, metavar="N", help="search only the N most frequent words")
    parser.add_argument("--text", metavar="FILE", help="find examples in this text, as train reads it")
    parser.add_argument("--examples", type=positive, metavar="N", help=f"examples of each sense [{_EXAMPLES}]")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> None:
    """Print the senses of each word."""
    if arguments.examples is not None and arguments.text is None:
        raise ConfigError("--examples has no effect without --text: give both")

    from embed.cli.writing import check_inputs
    from embed.senses import SenseVectors

    check_inputs(arguments.model, arguments.text)
    model = SenseVectors.load(arguments.model)
    senses = {asked: model.senses(asked, arguments.n, arguments.top) for asked in dict.fromkeys(arguments.words)}
    for asked, found in senses.items():
        if not found:
            print_message(f"{asked}: has no senses, but one vector")
    examples = _examples(model, list(senses), arguments)
    if arguments.json:
        print_json([_json(asked, found, examples.get(asked)) for asked, found in senses.items()])
        return
    for asked, found in senses.items():
        for sense in found:
            near = " ".join(tsv_field(neighbour) for neighbour, _ in sense.nearest)
            print(tsv_field(sense.name), f"{sense.prior:.4f}", near, sep="\t")
            for example in examples[asked][sense.number - 1] if asked in examples else ():
                print(tsv_field(sense.name), f"{example.probability:.4f}", tsv_field(str(example)), sep="\t")


def _examples(model: SenseVectors, words: list[str], arguments: argparse.Namespace) -> dict[str, list[list[Example]]]:
    if arguments.text is None:
        return {}
    from embed.corpora import open_configured

    corpus = open_configured(arguments.text, model.config)
    return model.examples(corpus, words, _EXAMPLES if arguments.examples is None else arguments.examples)


def _json(word: str, senses: list[Sense], examples: list[list[Example]] | None) -> dict[str, Any]:
    told = []
    for sense in senses:
        near = [{"word": neighbour, "cosine": round(cosine, 4)} for neighbour, cosine in sense.nearest]
        one: dict[str, Any] = {"name": sense.name, "prior": round(sense.prior, 4), "nearest": near}
        if examples is not None:
            one["examples"] = [
                {"probability": round(example.probability, 4), "text": str(example)}
                for example in examples[sense.number - 1]
            ]
        told.append(one)
    return {"word": word, "senses": told}
