"""The commands: what to measure, on which text, how often, and where to put the results."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import (
    choices,
    classifiers,
    cluster,
    contests,
    defaults,
    graph,
    growth,
    instructions,
    kernels,
    labels,
    languages,
    links,
    memory,
    nodes,
    parity,
    quality,
    quantize,
    recommend,
    replicates,
    retrieval,
    scaling,
    senses,
    size,
    smoke,
    startup,
    web,
)
from benchmarks.chart import draw
from benchmarks.lib import report
from benchmarks.lib.bounds import NONE
from benchmarks.lib.corpus import TextSource
from benchmarks.lib.machine import describe
from benchmarks.lib.options import add_to, chosen, positive
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import DOCUMENT, Section
from benchmarks.lib.scoring import named_sets
from embed.errors import EmbedError

MISSED_STATUS, FAILED_STATUS = 1, 2
DEFAULT_OUTPUT = Path("build/benchmarks")


@dataclass(frozen=True)
class _Command:
    about: str
    run: Callable[..., Section | list[Section]]
    settings: Any
    reads: bool = False  # a text


COMMANDS: dict[str, _Command] = {
    **{
        name: _Command(about, partial(contests.run, name), contests.COMMANDS[name], reads=True)
        for name, about in {
            "goals": "every performance goal, beside what was measured",
            "speed": "training speed against gensim, fastText and fewer threads",
            "text": "counting, encoding and text files against gensim",
            "phrases": "finding and joining phrases against gensim",
            "compat": "the stand-ins against gensim, for every kind of model",
            "documents": "training and inferring vectors of documents against gensim",
        }.items()
    },
    "quality": _Command("scores over several seeds", quality.run, quality.Settings(), reads=True),
    "defaults": _Command("is no flag as good as an expert's?", defaults.run, defaults.Settings(), reads=True),
    "memory": _Command("what a run needs besides matrices and corpus", memory.run, memory.Settings(), reads=True),
    "scaling": _Command("how the cost grows with threads, dim, words and tokens", scaling.run, scaling.Settings()),
    "kernels": _Command("the bare kernels on every SIMD path", kernels.run, kernels.Settings()),
    "instructions": _Command("instructions a token, against the record", instructions.run, instructions.Settings()),
    "quantize": _Command("size and scores of quantised vectors", quantize.run, quantize.Settings("")),
    "labels": _Command("do a few keywords find their documents?", labels.run, labels.Settings()),
    "classifiers": _Command("are classifiers as good as fastText's?", classifiers.run, classifiers.Settings()),
    "graph": _Command("do vectors of nodes find hidden edges?", graph.run, graph.Settings()),
    "recommend": _Command("do items find the hidden item of a basket?", recommend.run, recommend.Settings()),
    "languages": _Command("do words find their translations?", languages.run, languages.Settings(), reads=True),
    "choices": _Command("which settings are best for documents?", choices.run, choices.Settings()),
    "parity": _Command("are documents as good as gensim's at its settings?", parity.run, parity.Settings()),
    "retrieval": _Command("do vectors and codes find documents of a group?", retrieval.run, retrieval.Settings()),
    "replicates": _Command(
        "which neighbours repeat on another draw of the text?", replicates.run, replicates.Settings(), reads=True
    ),
    "cluster": _Command("what do several workers cost in quality?", cluster.run, cluster.Settings(), reads=True),
    "nodes": _Command("does a node that is killed change anything?", nodes.run, nodes.Settings(), reads=True),
    "links": _Command("does a bad network change anything?", links.run, links.Settings(), reads=True),
    "senses": _Command("do senses tell meanings apart?", senses.run, senses.Settings(), reads=True),
    "startup": _Command("how long until --help and `import embed` are done", startup.run, startup.Settings()),
    "size": _Command("how large the plain install is, and each extra", size.run, size.Settings()),
    "web": _Command("size and speed of vectors in a page", web.run, web.Settings()),
    "growth": _Command("does the time of hostile input grow in proportion?", growth.run, growth.Settings()),
}
ALL = ("speed", "quality", "memory", "text", "phrases")
_STRICT = ("growth",)


def main(arguments: Sequence[str]) -> int:
    """Run a command; returns the exit status."""
    options = parser().parse_args(arguments)
    started = time.perf_counter()
    try:
        if options.command == "chart":
            draw(options.results, options.picture)
            return 0
        if options.command == "refresh":
            print("\n".join(f"refreshed {name}" for name in report.refresh(options.results, options.document)))
            return 0
        missed = _run(options)
    except (BenchmarkError, EmbedError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return FAILED_STATUS
    print(f"\n{options.command} took {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return MISSED_STATUS if missed and (options.strict or options.command in _STRICT) else 0


def _run(options: argparse.Namespace) -> int:
    """Measure, print and write; returns how many bounds were missed."""
    facts = describe()
    print("\n".join(f"{name}: {value}" for name, value in facts.items()), flush=True)
    sections: list[Section] = []
    with tempfile.TemporaryDirectory(prefix="embed-benchmarks-") as folder:
        for section in _measure(Path(folder), options):
            print(f"\n{report.to_text(section)}", flush=True)
            sections.append(section)
    missed = sum(section.missed for section in sections)
    judged = sum(verdict != NONE for section in sections for verdict in section.verdicts)
    if judged:
        print(f"\n{judged - missed} of {judged} figures reach what they have to")
    if options.output is not None:
        for path in report.write(sections, facts, options.output):
            print(f"wrote {path}")
    return missed


def _measure(folder: Path, options: argparse.Namespace) -> Iterator[Section]:
    if options.command == "smoke":
        yield from smoke.run(folder)
        return
    source = None
    for name in ALL if options.command == "all" else [options.command]:
        one = COMMANDS[name]
        settings = chosen(one.settings, options)
        if getattr(options, "sets", None) is not None and hasattr(settings, "sets"):
            settings = replace(settings, sets=named_sets(options.sets))
        if one.reads and source is None:
            how = {"tokenizer": options.tokenizer, "lowercase": options.lowercase}
            source = TextSource(folder, options.corpus, options.synthetic, **how)
        made = one.run(source, settings) if one.reads else one.run(settings)
        yield from [made] if isinstance(made, Section) else made


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    root = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, beside a peer in the same run.")
    commands = root.add_subparsers(dest="command", required=True)

    def command(name: str, about: str, *parts: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=about, description=about)
        one.add_argument("--output", type=Path, metavar="DIR", help="write JSON and Markdown there")
        one.add_argument("--strict", action="store_true", help="exit with 1 if a bound is missed")
        if any(COMMANDS[part].reads for part in parts):
            _add_source(one)
        for part in parts:
            add_to(one, COMMANDS[part].settings)
        return one

    for name, declared in COMMANDS.items():
        command(name, declared.about, name)
    command("all", "everything that reads a text but the goals, into JSON and Markdown", *ALL)
    for name in ("goals", "all"):
        commands.choices[name].set_defaults(output=DEFAULT_OUTPUT)
    command("smoke", "does everything still run? (tiny text, no figure decides)")
    one = commands.add_parser("chart", help="draw the speed, the scaling or the defaults")
    one.add_argument("results", type=Path, metavar="RESULTS", help="a document with the goals, or JSON of the others")
    one.add_argument("picture", type=Path, metavar="PICTURE", help="an .svg or .png file")
    one = commands.add_parser("refresh", help="put results into the document")
    one.add_argument("results", type=Path, metavar="JSON", help="what any of the others wrote")
    one.add_argument("document", type=Path, nargs="?", default=DOCUMENT, metavar="MARKDOWN", help=f"({DOCUMENT})")
    return root


def _add_source(one: argparse.ArgumentParser) -> None:
    which = one.add_mutually_exclusive_group()
    articles = "the Wikipedia articles in the gensim wheel"
    which.add_argument("--corpus", metavar="PATH", help=f"text to use (default: {articles})")
    which.add_argument("--synthetic", type=positive, metavar="N", help="generate N tokens")
    one.add_argument("--tokenizer", default="whitespace", choices=("whitespace", "words"), help="for --corpus")
    one.add_argument("--lowercase", action="store_true", help="for --corpus")
