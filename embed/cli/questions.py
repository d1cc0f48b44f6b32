"""Read questions of a few words each, and print the answers: the loop of `nearest`, `analogy` and their kin.

The questions are the words of the command line, or else the lines of standard input, or else what is typed at a prompt.
All of them are answered. A question that has no answer is told in one sentence on standard error, and decides the exit
code.

An answer is rows of columns, each after the words that were asked; with ``--json``, one object on one line, also for a
question without an answer. Replicates (:mod:`embed.vectors.replicates`) answer with intervals, in columns of their own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from embed.cli.argument_types import positive, word
from embed.cli.notices import report_composed
from embed.cli.output import print_json_line, print_message
from embed.cli.prompt import at_terminal, typed_lines
from embed.cli.vector_flags import add_vectors, reading_options
from embed.errors import ConfigError, CorpusError, EmbedError, MissingWordError
from embed.messages import tsv_field

if TYPE_CHECKING:
    from embed.vectors.replicates import Replicates
    from embed.vectors.word_vectors import WordVectors

__all__ = [
    "Answer",
    "add_questions",
    "add_ranking",
    "answer_all",
    "estimate",
    "load_answering",
    "load_vectors",
    "ranking",
    "restrictions",
]

_LONGEST_QUESTION = 1 << 16
"""The most bytes of a line of standard input."""
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Answer:
    """The answer to one question.

    Attributes
    ----------
    rows : list of tuple of str
        The columns of each line after the words that were asked.
    json : dict
        What the object on the line says besides these words.
    """

    rows: list[tuple[str, ...]]
    json: dict[str, Any]


def add_questions(parser: argparse.ArgumentParser, *names: str, show_all: bool) -> None:
    """Add the vectors, the words of a question called `names`, and the form of the answers."""
    add_vectors(parser, show_all=show_all)
    help = "default: a question on each line of standard input, or at a prompt"
    parser.add_argument("words", nargs="*", type=word, metavar="WORD", help=help)
    parser.add_argument("--json", action="store_true", help="print a JSON object for each question, one a line")
    parser.set_defaults(names=names)


def add_ranking(parser: argparse.ArgumentParser, least: str) -> None:
    """Add the number of answers, and which words to search; `least` names what --least bounds."""
    parser.add_argument("-n", type=positive, default=10, metavar="N", help="how many to print (default: %(default)s)")
    parser.add_argument("--top", type=positive, metavar="N", help="search only the N most frequent words")
    parser.add_argument("--among", metavar="FILE", help="search only the words of this file, one a line")
    parser.add_argument("--least", type=float, metavar="X", help=f"leave out words with a {least} below X")


def load_vectors(arguments: argparse.Namespace) -> WordVectors:
    """Read the vectors, after checking that standard input is not asked for twice."""
    from embed import formats
    from embed.cli.writing import check_inputs

    reads_questions = not arguments.words and not at_terminal()
    check_inputs(arguments.vectors, getattr(arguments, "among", None), "-" if reads_questions else None)
    return formats.load(arguments.vectors, **reading_options(arguments))


def load_answering(arguments: argparse.Namespace) -> tuple[WordVectors, WordVectors | Replicates]:
    """Read vectors or a folder of replicates; return the vectors that know the words, and what answers."""
    from embed.formats.replicates import are_replicates, load_replicates

    if not are_replicates(arguments.vectors):
        vectors = load_vectors(arguments)
        return vectors, vectors
    replicates = load_replicates(arguments.vectors)
    return replicates[0], replicates


def restrictions(arguments: argparse.Namespace, vectors: WordVectors) -> dict[str, Any]:
    """Return the keywords of a search that the command line sets; report words of --among without a vector."""
    from embed.arguments import real_number

    found: dict[str, Any] = {"n": arguments.n, "top": arguments.top}
    if arguments.least is not None:
        found["least"] = real_number("least", arguments.least)
    if arguments.among is not None:
        words = _words_of(arguments.among)
        unknown = [one for one in words if all(other not in vectors for other in (one, *vectors.spellings(one)))]
        if len(unknown) == len(words):
            raise ConfigError(f"{arguments.among}: no word of this file is in the vocabulary; write one word a line")
        if unknown:
            print_message(
                f"{arguments.among}: {len(unknown):,} of {len(words):,} words are not in the vocabulary, such as "
                f"{unknown[0]!r:.60}"
            )
        found["among"] = words
    return found


def ranking(
    found: Sequence[tuple[str, float] | tuple[str, float, float, float, int, int]], list_name: str, score_name: str
) -> Answer:
    """Return the answer that is a list of words and scores, the best first; those of replicates have intervals."""
    rows, listed = [], []
    for answer, score, *spread in found:
        columns, facts = _interval(spread[:2])
        if spread:
            agreed, of = spread[2:]
            columns, facts = (*columns, f"{agreed} of {of}"), {**facts, "found": agreed, "of": of}
        rows.append((tsv_field(answer), f"{score:.4f}", *columns))
        listed.append({"word": answer, score_name: round(score, 4), **facts})
    return Answer(rows, {list_name: listed})


def estimate(found: float | tuple[float, float, float], name: str) -> Answer:
    """Return the answer that is a number; that of replicates has an interval."""
    value, *spread = found if isinstance(found, tuple) else (found,)
    columns, facts = _interval(spread)
    return Answer([(f"{value:.4f}", *columns)], {name: round(value, 4), **facts})


def _interval(ends: Sequence[float]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the columns and the JSON of an interval; none if it has no ends."""
    facts = dict(zip(("low", "high"), (round(end, 4) for end in ends), strict=False))
    return tuple(f"{end:.4f}" for end in ends), facts


def answer_all(arguments: argparse.Namespace, vectors: WordVectors, answer: Callable[[tuple[str, ...]], Answer]) -> int:
    """Answer every question of the command line, of standard input or of the prompt.

    Parameters
    ----------
    arguments : Namespace
        Of a parser with `add_questions`.
    vectors : WordVectors
    answer : callable
        Answers a question, whose words all have vectors; raises an EmbedError if it cannot.

    Returns
    -------
    int
        The exit code: 0, that of an unknown word if there was any, or that of the first question without an answer.
    """
    codes = []
    names: tuple[str, ...] = arguments.names
    for asked in _questions(arguments, vectors, len(names)):
        failures: list[EmbedError] = []
        told = None
        if len(asked) != len(names):
            failures.append(
                ConfigError(
                    f"a question needs {len(names)} words, not {len(asked)} ({' '.join(asked)!r:.60}): separate them "
                    "by spaces or tabs"
                )
            )
        else:
            failures += _unknown(vectors, asked)
        if not failures:
            try:
                told = answer(asked)
            except EmbedError as error:
                failures.append(error)
        codes += [failure.exit_code for failure in failures]
        for failure in failures:
            print_message(str(failure))
        if told is not None:
            composed = report_composed(vectors, asked)
            _print(arguments, asked, Answer(told.rows, {**told.json, "composed": composed}))
        elif arguments.json:
            _print(arguments, asked, Answer([], {"error": "; ".join(map(str, failures))}))
        if not arguments.words:
            sys.stdout.flush()  # who asks one question after another waits for the answer
    return MissingWordError.exit_code if MissingWordError.exit_code in codes else codes[0] if codes else 0


def _print(arguments: argparse.Namespace, asked: tuple[str, ...], answer: Answer) -> None:
    if arguments.json:
        words = dict(zip(arguments.names, asked, strict=True)) if len(asked) == len(arguments.names) else {}
        print_json_line({**(words or {"words": list(asked)}), **answer.json})
        return
    for row in answer.rows:
        print(*map(tsv_field, asked), *row, sep="\t")


def _unknown(vectors: WordVectors, asked: Sequence[str]) -> list[EmbedError]:
    """Return an error for each word that has no vector."""
    failures: list[EmbedError] = []
    for one in dict.fromkeys(asked):
        try:
            vectors.vector(one)
        except MissingWordError as error:
            failures.append(error)
    return failures


def _questions(arguments: argparse.Namespace, vectors: WordVectors, size: int) -> Iterator[tuple[str, ...]]:
    """Yield the words of each question."""
    if arguments.words:
        given = arguments.words
        if len(given) % size:
            needed = f"{size} words, or a multiple of {size}" if size > 1 else "words"
            raise ConfigError(f"a question needs {needed}, not {len(given)}: {' '.join(given)!r:.60}")
        yield from (tuple(given[start : start + size]) for start in range(0, len(given), size))
        return
    lines = typed_lines(arguments, vectors) if at_terminal() else _piped_lines()
    for line in lines:
        if line.strip():
            yield _split(line, size)


def _split(line: str, size: int) -> tuple[str, ...]:
    """Return the words of a line: the line, if a question is one word; else at tabs, or without any at white space."""
    if size == 1:
        return (line.strip(),)
    return tuple(field.strip() for field in line.strip().split("\t")) if "\t" in line.strip() else tuple(line.split())


def _piped_lines() -> Iterator[str]:
    """Yield the lines of standard input as they come."""
    if sys.stdin is None or sys.stdin.closed:
        raise CorpusError("standard input is closed; name the words, or pipe them in")
    stream = cast(BinaryIO, getattr(sys.stdin, "buffer", sys.stdin))
    for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_QUESTION + 1), b""), 1):
        if len(line) > _LONGEST_QUESTION:
            raise CorpusError(
                f"standard input, line {number}: longer than {_LONGEST_QUESTION:,} bytes; write one question a line"
            )
        text = line.decode("utf-8", "replace")
        yield text.removeprefix(_BYTE_ORDER_MARK) if number == 1 else text


def _words_of(path: str) -> list[str]:
    """Return the words of a file, one a line; blank lines do not count."""
    from embed.corpora.text import text_lines
    from embed.files.inputs import Input

    with Input(path).open() as stream:
        words = [found for line in text_lines(stream, "strict") if (found := line.strip())]
    if not words:
        raise CorpusError(f"{path}: holds no word; write one word a line")
    return words
