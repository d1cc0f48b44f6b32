"""Print the documents of labels that keywords describe, or the label of each document."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

from embed.cli.argument_types import positive
from embed.cli.document_flags import add_model, add_texts, id_field, json_id, load_model, open_source
from embed.cli.output import print_json
from embed.cli.parser import PROGRAM
from embed.errors import ConfigError
from embed.messages import printable, tsv_field

if TYPE_CHECKING:
    from embed.documents.labels import LabelReport, LabelSearch
    from embed.documents.model import DocumentModel
    from embed.documents.reading import Document

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the model, the keywords, and what to label."""
    parser.usage = f"{PROGRAM} documents labels MODEL KEYWORDS [SOURCE] [flags]"
    parser.description = (
        "Print label, id, score of the documents nearest to each label; with SOURCE or --all, print id, label, score."
    )
    add_model(parser)
    parser.add_argument("keywords", metavar="KEYWORDS", help="on each line a label, a tab, and words")
    add_texts(parser, help="label these new documents", nargs="?")
    parser.add_argument("--all", action="store_true", help="label every document of MODEL")
    parser.add_argument("--report", action="store_true", help="print what each label claims")
    parser.add_argument("-n", type=positive, default=10, metavar="N", help="documents of each label [%(default)s]")
    parser.add_argument("--examples", type=positive, metavar="N", help="documents that shape a label [at most 200]")
    parser.add_argument("--threshold", type=float, metavar="X", help="only those X deviations above the mean")
    parser.add_argument("--clean", action="store_true", help="without outliers (needs scikit-learn)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> None:
    """Print the documents of each label, or the label of each document."""
    asked = [flag for flag, is_on in (("SOURCE", arguments.source), *_switches(arguments)) if is_on]
    if len(asked) > 1:
        raise ConfigError(f"{' and '.join(asked)} exclude each other; give one of them")

    from embed.cli.writing import check_inputs
    from embed.documents.keywords import read_keywords
    from embed.documents.labels import LabelSearch

    check_inputs(arguments.model, arguments.keywords, arguments.source)
    model = load_model(arguments.model)
    config = model.config
    keywords = read_keywords(arguments.keywords, tokenizer=config.tokenizer, lowercase=config.lowercase)
    search = LabelSearch(
        model, keywords, examples=arguments.examples, threshold=arguments.threshold, clean=arguments.clean
    )
    for name, unknown in search.unknown.items():
        if unknown:
            print(printable(f"{name}: no vector for the keywords {', '.join(unknown)}"), file=sys.stderr)
    if arguments.source is not None:
        found = _of_texts(model, search, open_source(arguments, config))
    elif arguments.all:
        found = _labelled(search, model.documents.ids, search.scores())
    else:
        _print_report(search.report(arguments.n), arguments)
        return
    if arguments.json:
        print_json([{"id": json_id(one), "label": label, "score": round(score, 4)} for one, label, score in found])
        return
    for one, label, score in found:
        print(id_field(one), tsv_field(label or ""), f"{score:.4f}", sep="\t")


def _switches(arguments: argparse.Namespace) -> list[tuple[str, bool]]:
    return [("--all", arguments.all), ("--report", arguments.report)]


def _of_texts(
    model: DocumentModel, search: LabelSearch, documents: Iterable[Document]
) -> Iterable[tuple[Hashable, str | None, float]]:
    """Yield the id, label and score of new documents, batch by batch."""
    from embed.vectors.sentences import batches

    for batch in batches(documents):
        yield from _labelled(search, [document.tags[0] for document in batch], search.scores(model.infer(batch)))


def _labelled(
    search: LabelSearch, ids: Iterable[Hashable], scores: Any
) -> Iterable[tuple[Hashable, str | None, float]]:
    """Yield the id, label and score of documents; a document without a known word has no label."""
    numbers = {label: number for number, label in enumerate(search.labels)}
    for one, label, row in zip(ids, search.labels_of(scores), scores, strict=True):
        yield one, label, 0.0 if label is None else float(row[numbers[label]])


def _print_report(report: LabelReport, arguments: argparse.Namespace) -> None:
    if arguments.json:
        told = report.to_dict()
        for label in told["labels"]:
            label["nearest"] = [{"id": json_id(one), "score": round(score, 4)} for one, score in label["nearest"]]
        print_json({**told, "unclaimed": list(map(json_id, report.unclaimed))})
    elif arguments.report:
        print(report)
    else:
        for label in report.labels:
            for one, score in label.nearest:
                print(tsv_field(label.label), id_field(one), f"{score:.4f}", sep="\t")
