"""The commands: what to measure, on which text, how often, and where to put the results."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from benchmarks import (
    goal_rows,
    growth,
    instructions,
    kernels,
    memory,
    phrases,
    quality,
    quantize,
    report,
    scaling,
    smoke,
    speed,
    startup,
    text,
)
from benchmarks.chart import draw
from benchmarks.corpus import TextSource
from benchmarks.goals import GOALS
from benchmarks.machine import describe
from benchmarks.processes import BenchmarkError
from benchmarks.refresh import DOCUMENT, refresh
from benchmarks.report import Section
from benchmarks.studies import command as study
from embed.errors import EmbedError

__all__ = ["main", "parser"]

MISSED_STATUS = 1
FAILED_STATUS = 2
_NONE = "-"
DEFAULT_OUTPUT = Path("build/benchmarks")
_Measure = Callable[[TextSource, argparse.Namespace], Section]


def main(arguments: Sequence[str]) -> int:
    """Run a command; returns the exit status."""
    options = parser().parse_args(arguments)
    started = time.perf_counter()
    try:
        if options.command == "chart":
            draw(options.results, options.picture)
            return 0
        if options.command == "refresh":
            print("\n".join(f"refreshed {name}" for name in refresh(options.results, options.document)))
            return 0
        if options.command == "study":
            study.run(options)
            return 0
        missed = _run(options)
    except (BenchmarkError, EmbedError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return FAILED_STATUS
    print(f"\n{options.command} took {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return MISSED_STATUS if missed and (options.strict or options.command == "growth") else 0


def _run(options: argparse.Namespace) -> int:
    """Measure, print and write; returns how many acceptance floors were missed."""
    facts = describe()
    print("\n".join(f"{name}: {value}" for name, value in facts.items()), flush=True)
    sections: list[Section] = []
    with tempfile.TemporaryDirectory(prefix="embed-benchmarks-") as folder:
        for section in _measure(Path(folder), options):
            print(f"\n{report.to_text(section)}", flush=True)
            sections.append(section)
    missed = sum(section.missed for section in sections)
    judged = sum(verdict != _NONE for section in sections for verdict in section.verdicts)
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
    if options.command == "startup":
        yield startup.run()
        return
    if options.command in _WITHOUT_TEXT:
        settings, measure = _WITHOUT_TEXT[options.command]
        yield measure(settings(**_chosen(settings, options)))
        return
    if options.command == "quantize":
        chosen = _chosen(quantize.QuantizeSettings, options)
        chosen["sets"] = quality.named_sets(chosen.get("sets", ()))
        yield quantize.run(quantize.QuantizeSettings(**chosen))
        return
    source = TextSource(
        folder, options.corpus, options.synthetic, tokenizer=options.tokenizer, lowercase=options.lowercase
    )
    if options.command == "goals":
        yield _goals(source, options)
        return
    for one in _MEASURES.values() if options.command == "all" else [_MEASURES[options.command]]:
        yield one(source, options)


def _goals(source: TextSource, options: argparse.Namespace) -> Section:
    return goal_rows.run(source, goal_rows.GoalSettings(**_chosen(goal_rows.GoalSettings, options)))


def _chosen(settings: type[Any], options: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of a settings class that the command line gives."""
    names = {item.name for item in fields(settings)}
    return {name: value for name, value in vars(options).items() if name in names and value is not None}


def _speed(source: TextSource, options: argparse.Namespace) -> Section:
    return speed.run(source, speed.SpeedSettings(**_chosen(speed.SpeedSettings, options)))


def _quality(source: TextSource, options: argparse.Namespace) -> Section:
    chosen = _chosen(quality.QualitySettings, options)
    chosen["sets"] = quality.named_sets(chosen.get("sets", ()))
    return quality.run(source, quality.QualitySettings(**chosen))


def _memory(source: TextSource, options: argparse.Namespace) -> Section:
    return memory.run(source, memory.MemorySettings(**_chosen(memory.MemorySettings, options)))


def _text(source: TextSource, options: argparse.Namespace) -> Section:
    return text.run(source, text.TextSettings(**_chosen(text.TextSettings, options)))


def _phrases(source: TextSource, options: argparse.Namespace) -> Section:
    return phrases.run(source, phrases.PhraseBenchmark(**_chosen(phrases.PhraseBenchmark, options)))


# command -> its settings and what measures with them
_WITHOUT_TEXT: dict[str, tuple[type[Any], Callable[[Any], Section]]] = {
    "growth": (growth.GrowthSettings, growth.run),
    "instructions": (instructions.InstructionSettings, instructions.run),
    "kernels": (kernels.KernelSettings, kernels.run),
    "scaling": (scaling.ScalingSettings, scaling.run),
}
_MEASURES: dict[str, _Measure] = {
    "speed": _speed,
    "quality": _quality,
    "memory": _memory,
    "text": _text,
    "phrases": _phrases,
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    root = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, beside a peer in the same run.")
    commands = root.add_subparsers(dest="command", required=True)

    def command(name: str, about: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=about, description=about, parents=[_output(), *parents])

    source, runs, training = _source(), _runs(), _training()
    one = command("speed", "training speed against gensim, fastText and fewer threads", source, runs, training)
    one.add_argument("--tokens", type=_positive, help="text of all rows but one (default: 5,000,000)")
    one.add_argument("--subword-tokens", type=_positive, help="text of the row against fastText (default: 500,000)")
    _rows(one, speed.ROWS)

    one = command("quality", "scores over several seeds", source, training, _scoring())
    one.add_argument("--tokens", type=_positive, help="use the first so many tokens (default: all)")

    one = command("memory", "what a run needs besides matrices and corpus", source, training, _threads())
    one.add_argument("--tokens", type=_positive, help="use the first so many tokens (default: all)")
    _rows(one, memory.ROWS)

    one = command("text", "counting, encoding and text files against gensim", source, runs)
    one.add_argument("--tokens", type=_positive, help="use the first so many tokens (default: 5,000,000)")
    _rows(one, text.ROWS)

    one = command("phrases", "finding and joining phrases against gensim", source, runs)
    one.add_argument("--tokens", type=_positive, help="use the first so many tokens (default: 3,000,000)")
    _rows(one, phrases.ROWS)

    one = command("quantize", "size and scores of quantised vectors", _sets())
    one.add_argument("--vectors", required=True, metavar="PATH", help="a file in any format that can be read")

    one = command("goals", "every performance goal, beside what was measured", source, runs)
    one.add_argument("--tokens", type=_positive, help="length of the whole text (default: 5,000,000)")
    _rows(one, tuple(GOALS))
    one.set_defaults(output=DEFAULT_OUTPUT)

    one = command("scaling", "how the cost grows with threads, dim, words and tokens", runs)
    _rows(one, scaling.AXES)
    for axis in scaling.AXES:
        one.add_argument(f"--{axis}", nargs="+", type=_positive, help="values on that axis")

    one = command("kernels", "the bare kernels on every SIMD path", runs)
    one.add_argument("--dims", nargs="+", type=_positive, help="(default: 50 100 200 300)")

    one = command("instructions", "instructions a token, against the record")
    one.add_argument("--record", action="store_true", help="make these the record")

    one = command("all", "everything, into JSON and Markdown", source, runs, training, _scoring())
    one.set_defaults(output=DEFAULT_OUTPUT)
    command("startup", "how long until --help and `import embed` are done")
    command("growth", "does the time of hostile input grow in proportion? (status 1 if not)")
    command("smoke", "does everything still run? (tiny text, no figure decides)")
    about = "many settings over several seeds, and the page made of them; goes on where it was interrupted"
    study.add_parser(commands.add_parser("study", help=about, description=about))
    one = commands.add_parser("chart", help="draw results", description="Draw the speed or the scaling results.")
    one.add_argument(
        "results", type=Path, metavar="SOURCE", help=f"{DOCUMENT} (speed), or the JSON of `scaling --output DIR`"
    )
    one.add_argument("picture", type=Path, metavar="PICTURE", help="an .svg or .png file")
    one = commands.add_parser("refresh", help="put results into the document", description="Put results into it.")
    one.add_argument("results", type=Path, metavar="JSON", help="what any of the others wrote")
    one.add_argument("document", type=Path, nargs="?", default=DOCUMENT, metavar="MARKDOWN", help=f"({DOCUMENT})")
    return root


def _parent() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(add_help=False)


def _output() -> argparse.ArgumentParser:
    one = _parent()
    one.add_argument(
        "--output", type=Path, metavar="DIR", help=f"write JSON and Markdown there (all, goals: {DEFAULT_OUTPUT})"
    )
    one.add_argument("--strict", action="store_true", help="exit with 1 if a floor or a goal is missed")
    return one


def _source() -> argparse.ArgumentParser:
    one = _parent()
    which = one.add_mutually_exclusive_group()
    which.add_argument(
        "--corpus", metavar="PATH", help="text to use (default: the Wikipedia articles in the gensim wheel)"
    )
    which.add_argument("--synthetic", type=_positive, metavar="N", help="generate N tokens")
    one.add_argument("--tokenizer", default="whitespace", choices=("whitespace", "words"), help="for --corpus")
    one.add_argument("--lowercase", action="store_true", help="for --corpus")
    return one


def _runs() -> argparse.ArgumentParser:
    one = _parent()
    one.add_argument("--runs", type=_positive, help="turns of each row (default: 5; scaling: 3)")
    return one


def _training() -> argparse.ArgumentParser:
    one = _parent()
    one.add_argument("--dim", type=_positive, help="length of a vector (default: 100)")
    return one


def _threads() -> argparse.ArgumentParser:
    one = _parent()
    one.add_argument("--threads", type=_positive, help="worker threads (quality: 2; memory: all processors)")
    return one


def _sets() -> argparse.ArgumentParser:
    one = _parent()
    one.add_argument("--sets", nargs="+", metavar="[NAME=]PATH", help="more test sets; one named rarewords has a floor")
    one.add_argument("--top", type=_positive, help="analogies among so many words (default: 30,000)")
    return one


def _scoring() -> argparse.ArgumentParser:
    one = argparse.ArgumentParser(add_help=False, parents=[_threads(), _sets()])
    one.add_argument("--seeds", type=_positive, help="runs of each model (default: 3)")
    one.add_argument("--models", nargs="+", choices=tuple(quality.MODELS), help="ours to train (default: all)")
    one.add_argument("--peers", action="store_true", help="train and score gensim and fastText as well")
    one.add_argument("--epochs", type=_positive, help="(default: 5)")
    return one


def _rows(one: argparse.ArgumentParser, names: Sequence[str]) -> None:
    one.add_argument("--rows", nargs="+", choices=tuple(names), help="(default: all)")


def _positive(given: str) -> int:
    value = int(given.replace("_", ""))
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {given}")
    return value
