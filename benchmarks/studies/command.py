"""``python -m benchmarks study NAME``: runs a study, or only makes its page."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.installed import TREE
from benchmarks.lib.machine import describe
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import fill
from benchmarks.lib.scoring import named_sets
from benchmarks.studies.cbow import CbowStudy
from benchmarks.studies.fasttext import FastTextStudy
from benchmarks.studies.held_out_words import hold_out
from benchmarks.studies.place import Place
from benchmarks.studies.runner import Runner
from benchmarks.studies.setting import MAIN, Text
from benchmarks.studies.small import PIECE_TOKENS, SmallStudy, cut
from benchmarks.studies.structured import StructuredStudy
from benchmarks.studies.study import Study
from benchmarks.studies.subword import GERMAN, HELD_OUT, SubwordStudy
from embed.config.train import processors

STUDIES: dict[str, Callable[..., Study]] = {
    "cbow": CbowStudy,
    "subword": SubwordStudy,
    "fasttext": FastTextStudy,
    "small": SmallStudy,
    "structured": StructuredStudy,
}
_FACTS = ("processor", "processors usable", "SIMD path", "Python", "train-embeddings", "gensim", "fasttext-community")
_PAGES = TREE / "docs" / "studies"
_NOTICES = "notices"
_MINUTE = 60.0


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`."""
    parser.add_argument("study", choices=tuple(STUDIES))
    parser.add_argument("--corpus", type=Path, metavar="FILE", help="plain text, a sentence a line")
    parser.add_argument("--sets", nargs="+", default=[], metavar="[NAME=]PATH", help="more test sets")
    parser.add_argument("--german", type=Path, metavar="FILE", help="subword, fasttext: a German text")
    parser.add_argument(
        "--german-sets", nargs="+", default=[], metavar="NAME=PATH", help="subword, fasttext: its test sets"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="results, and what is made on the way")
    parser.add_argument("--page", type=Path, help="(default: docs/studies/STUDY.md)")
    parser.add_argument(
        "--seeds", type=int, help="runs of each finalist (default: cbow, subword, fasttext, structured 5, small 2)"
    )
    parser.add_argument("--pieces", type=int, default=5, help="small: of a million tokens each (default: 5)")
    parser.add_argument("--top", type=int, default=30_000, help="analogies among so many words (default: 30,000)")
    parser.add_argument("--jobs", type=int, help="runs side by side (default: processors / threads)")
    parser.add_argument("--threads", type=int, default=1, help="of each run (default: 1, which a seed repeats)")
    parser.add_argument("--budget", type=float, metavar="MINUTES", help="begin no run after so long")
    parser.add_argument("--render-only", action="store_true", help="make the page of the results that there are")


def run(options: argparse.Namespace) -> None:
    """Run a study as far as the budget goes, and make its page.

    Raises
    ------
    BenchmarkError
        If there is nothing to run on, or the folder or the page is not one of a study.
    """
    study: Study = STUDIES[options.study](**({} if options.seeds is None else {"seeds": options.seeds}))
    notices: list[str] = []
    if options.render_only:
        place = Place.open(options.out)
    else:
        if options.corpus is None:
            raise BenchmarkError("study needs --corpus FILE, unless it is --render-only")
        texts = _texts(options)
        place = Place.make(options.out, texts, _known(options), options.top)
        jobs = options.jobs or max(1, processors() // options.threads)
        budget = None if options.budget is None else options.budget * _MINUTE
        runner = Runner(place, jobs, options.threads, budget)
        if not runner.perform(study.stages()):
            print(f"{study.name}: the budget is used up; the same command goes on", file=sys.stderr)
        notices = runner.notices
    render(study, place, options.page or _PAGES / f"{study.name}.md", notices)


def render(study: Study, place: Place, page: Path, notices: list[str]) -> None:
    """Put what a study found between the markers of its page."""
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise BenchmarkError(f"{page}: {error.strerror}; a page of a study needs its markers") from error
    bodies = study.bodies(place, page.with_suffix(""))
    bodies[_NOTICES] = "\n".join(f"- {sentence}" for sentence in notices) or "Nothing was left out."
    bodies["command"] = f"```sh\n{place.facts['command']}\n```"
    fill(page, text, bodies)
    print(f"wrote {page} from {len(place.store.records)} results")


def _known(options: argparse.Namespace) -> dict[str, str]:
    """Return the facts of the machine, and the command line with file names for paths."""
    facts = {name: value for name, value in describe().items() if name in _FACTS}
    parts = ["python", "-m", "benchmarks", "study", options.study, "--corpus", options.corpus.name]
    for flag in ("sets", "german_sets"):
        given = getattr(options, flag)
        if given:
            parts += [f"--{flag.replace('_', '-')}", *(_short(item) for item in given)]
    if options.german is not None:
        parts += ["--german", options.german.name]
    if options.study == "small":
        parts += ["--pieces", str(options.pieces)]
    if options.seeds is not None:
        parts += ["--seeds", str(options.seeds)]
    return {**facts, "command": f"{shlex.join(parts)} --out DIR"}


def _short(item: str) -> str:
    name, equals, path = item.partition("=")
    return f"{name}={Path(path).name}" if equals else Path(item).name


def _texts(options: argparse.Namespace) -> dict[str, Text]:
    sets = named_sets(options.sets)
    for path in (options.corpus, options.german):
        if path is not None and not path.is_file():
            raise BenchmarkError(f"there is no file {path}")
    if options.study == "small":
        return {
            path.stem: Text.read(path, f"tokens of {options.corpus.name}, piece {number} of {PIECE_TOKENS:,}", sets)
            for number, path in enumerate(cut(options.corpus, options.out / "pieces", options.pieces), 1)
        }
    if options.study == "cbow":
        return {MAIN: Text.read(options.corpus, options.corpus.name, sets)}
    texts = {}
    given = {MAIN: (options.corpus, sets)}
    if options.german is not None:
        given[GERMAN] = (options.german, named_sets(options.german_sets)[len(named_sets([])) :])
    for name, (path, its_sets) in given.items():
        made = hold_out(path, its_sets, options.out / "held-out", name)
        asked = [*its_sets, *made.sets]
        texts[name] = Text.read(path, path.name, asked)
        less = f"{path.name} without {made.words:,} words ({made.removed:,} tokens) of its similarity sets"
        texts[name + HELD_OUT] = Text.read(made.path, less, asked)
    return texts
