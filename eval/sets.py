"""Load test sets: pairs with human scores, or analogy questions in sections.

A set is loaded by name, from a path, or from Python values. The named sets (Google analogies, WordSim353 and
SimLex-999) are read from the folder of the gensim wheel, without importing gensim. A folder is a set of analogies with
one section per file, as BATS is published.

Rejected: downloading sets (an evaluation must run offline and give the same numbers next year), bundling them (their
licences differ, and gensim's wheel already has them).
"""

from __future__ import annotations

import errno
import importlib.util
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embed.errors import ConfigError, FormatError, MissingExtraError, advise, cannot_open
from embed.messages import printable

from .columns import Columns
from .files import FileContent, read_set
from .folders import each_set

__all__ = ["NAMED_SETS", "AnalogySet", "SimilaritySet", "TestSet", "load_folder", "load_set", "load_sets"]

# name -> file in gensim's folder of test data
NAMED_SETS = {"google": "questions-words.txt", "wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}

_GENSIM_FOLDER = ("test", "test_data")
_GENSIM_SOURCE = "https://github.com/piskvorky/gensim/tree/develop/gensim/test/test_data"
_FILES_OF_A_FOLDER = "*.txt"
_SYNTACTIC_PREFIX = "gram"  # Google's convention: gram1-adjective-to-adverb, ...


@dataclass(frozen=True)
class SimilaritySet:
    """Pairs of words with their similarity as rated by people.

    Attributes
    ----------
    name : str
    pairs : tuple of (str, str)
    scores : tuple of float
        One per pair, on any scale.
    columns : tuple of str
        The columns of the words and the score in a file.
    notes : tuple of str
        How a file was read, for readers of the scores.

    Raises
    ------
    ConfigError
        A pair is not two strings, or has no finite score.
    """

    name: str
    pairs: tuple[tuple[str, str], ...]
    scores: tuple[float, ...]
    columns: tuple[str, ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        _check_words(self.name, self.pairs, 2)
        if len(self.pairs) != len(self.scores):
            raise ConfigError(
                f"the set {self.name!r:.60} has {len(self.pairs)} pairs but {len(self.scores)} scores; give each pair "
                "one score"
            )
        for pair, score in zip(self.pairs, self.scores, strict=True):
            if not math.isfinite(score):
                raise ConfigError(
                    f"the set {self.name!r:.60}: the score of {pair!r:.80} is {score}; omit pairs without a score"
                )

    @classmethod
    def from_pairs(cls, name: str, pairs: Iterable[tuple[str, str, float]]) -> SimilaritySet:
        """Make a set from (word, word, score) triples; raise ConfigError for anything else."""
        triples = list(pairs)
        try:
            return cls(name, tuple((a, b) for a, b, _ in triples), tuple(float(score) for *_, score in triples))
        except (TypeError, ValueError) as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(
                f"the set {name!r:.60} must consist of triples of word, word and number: {error!s:.100}"
            ) from None

    def __len__(self) -> int:
        return len(self.pairs)


@dataclass(frozen=True)
class AnalogySet:
    """Questions "a is to b as c is to d", each in a section.

    Attributes
    ----------
    name : str
    questions : tuple of (str, str, str, str)
        a, b, c and the expected answer d.
    sections : tuple of str
        The section of each question.
    others : tuple of tuple of str
        Further right answers to each question beside d; empty if no question has any.
    notes : tuple of str
        How a file was read, for readers of the scores.

    Raises
    ------
    ConfigError
        A question is not four strings, or has no section.
    """

    name: str
    questions: tuple[tuple[str, str, str, str], ...]
    sections: tuple[str, ...]
    others: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        _check_words(self.name, self.questions, 4)
        if len(self.questions) != len(self.sections) or len(self.others) not in (0, len(self.questions)):
            raise ConfigError(
                f"the set {self.name!r:.60} must have a section for each of its {len(self.questions)} questions"
            )

    @classmethod
    def from_sections(cls, name: str, sections: Mapping[str, Iterable[tuple[str, str, str, str]]]) -> AnalogySet:
        """Make a set from questions by section."""
        labelled = [(section, question) for section, questions in sections.items() for question in questions]
        return cls(name, tuple(question for _, question in labelled), tuple(section for section, _ in labelled))

    def __len__(self) -> int:
        return len(self.questions)

    def section_names(self) -> list[str]:
        """Return the sections in order of appearance."""
        return list(dict.fromkeys(self.sections))

    @staticmethod
    def is_syntactic(section: str) -> bool:
        """Return whether a section counts as syntactic: its name starts with "gram", as in Google's file."""
        return section.startswith(_SYNTACTIC_PREFIX)

    def has_totals(self) -> bool:
        """Return whether the set has semantic and syntactic totals, because some sections are named gram..."""
        return any(self.is_syntactic(section) for section in set(self.sections))


TestSet = SimilaritySet | AnalogySet


def load_sets(
    sets: str | os.PathLike[str] | TestSet | Sequence[str | os.PathLike[str] | TestSet] | None,
    columns: Columns | None = None,
) -> list[TestSet]:
    """Load the named sets, or the three of :data:`NAMED_SETS` if `sets` is None; `columns` as in `load_set`.

    Raises
    ------
    ConfigError
        A name is unknown, or no set is given.
    FormatError
        A file cannot be read, or has a malformed line.
    MissingExtraError
        A named set needs gensim's data, and gensim is not installed.
    """
    if sets is None:
        chosen: Sequence[str | os.PathLike[str] | TestSet] = list(NAMED_SETS)
    elif isinstance(sets, str | os.PathLike | SimilaritySet | AnalogySet):
        chosen = [sets]
    elif isinstance(sets, Iterable) and not isinstance(sets, (bytes, Mapping)):
        chosen = list(sets)
    else:
        raise ConfigError(f"test sets must be names, paths or sets, or a list of these, not {sets!r:.60}")
    if not chosen:
        raise ConfigError(f"no test set was given; name a file, or one of {_names()}")
    return [load_set(one, columns) for one in chosen]


def load_folder(folder: str | os.PathLike[str], columns: Columns | None = None) -> list[TestSet]:
    """Load each test set in a folder: its files, and its subfolders of analogies; `columns` as in `load_set`.

    Raises
    ------
    ConfigError
        There is no such folder.
    FormatError
        The folder has no test set.

    Warns
    -----
    AdviceWarning
        For each file that is no test set, with the reason.
    """
    return each_set(Path(folder), lambda path: load_set(path, columns))


def load_set(source: str | os.PathLike[str] | TestSet, columns: Columns | None = None) -> TestSet:
    """Load one set by name or path; return a loaded set unchanged.

    Parameters
    ----------
    source : name, path or set
    columns : sequence of int or str, optional
        The columns to read if they are ambiguous: numbers from one, or names of the header. Two words and a score (or
        several scores, which are averaged); the four words of a question, perhaps after their section; or the two words
        of a relation, for which each ordered pair of rows is a question.

    Raises
    ------
    ConfigError, FormatError, MissingExtraError
        As `load_sets`.
    """
    if isinstance(source, SimilaritySet | AnalogySet):
        return source
    if not isinstance(source, (str, os.PathLike)) or not isinstance(text := os.fspath(source), str):
        raise ConfigError(f"a test set must be a name, a path, a SimilaritySet or an AnalogySet, not {source!r:.60}")
    if text in NAMED_SETS:
        return _as_set(text, read_set(_gensim_data(text)))
    if columns is not None and (isinstance(columns, str) or not isinstance(columns, Sequence)):
        raise ConfigError(f"columns must be a list of numbers or names, such as (1, 2, 4), not {columns!r:.60}")
    path = Path(text)
    if not text or not path.exists():
        missing = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), text)
        raise cannot_open(ConfigError, f"unknown test set {text!r}; name a file, or one of {_names()}", missing)
    return _as_set(path.stem, _of_folder(path, columns) if path.is_dir() else read_set(path, columns))


def _check_words(name: str, rows: Sequence[Sequence[str]], width: int) -> None:
    for row in rows:
        if not isinstance(row, tuple) or len(row) != width or not all(isinstance(word, str) for word in row):
            raise ConfigError(f"the set {name!r:.60} must have {width} strings a row, not {row!r:.80}")


def notes_on(tests: Sequence[TestSet]) -> tuple[str, ...]:
    """Return how the files of the sets were read: the columns of the pairs, and what was skipped."""
    notes = []
    for test in tests:
        columns = (f"read from {', '.join(test.columns)}",) if isinstance(test, SimilaritySet) and test.columns else ()
        notes += [f"{printable(test.name)}: {printable(note)}." for note in (*columns, *test.notes)]
    return tuple(notes)


def warn_of_nothing_covered(name: str, known: NDArray[np.bool_]) -> None:
    """Warn if the vectors cover no item of a set, because of another language or spelling, or the wrong columns."""
    if len(known) and not known.any():
        advise(
            f"the vectors cover no item of the set {name!r}; check that its language and spelling are those of the "
            "vectors, and that its columns are right"
        )


def _as_set(name: str, content: FileContent) -> TestSet:
    if not content.questions:
        triples = content.pairs
        words, scores = tuple((a, b) for a, b, _ in triples), tuple(score for *_, score in triples)
        return SimilaritySet(name, words, scores, content.columns, tuple(content.notes))
    others = tuple(question.others for question in content.questions)
    return AnalogySet(
        name,
        tuple(question.words for question in content.questions),
        tuple(question.section for question in content.questions),
        others if any(others) else (),
        tuple(content.notes),
    )


def _of_folder(folder: Path, columns: Columns | None) -> FileContent:
    """Read the relation files in a folder and its subfolders, sorted by name, without hidden files and pipes."""
    below = sorted(path for path in folder.rglob(_FILES_OF_A_FOLDER) if not path.is_fifo())  # reading one could block
    paths = [path for path in below if not any(part[0] == "." for part in path.relative_to(folder).parts)]
    if not paths:
        raise FormatError(f"the folder {folder} has no files {_FILES_OF_A_FOLDER}; name a test file")
    found = FileContent()
    for path in paths:
        content = read_set(path, columns)
        if not content.questions:
            raise FormatError(f"{path} has scored pairs, but a folder must hold analogies; name the file itself")
        found.questions += content.questions
        found.notes += [f"{path.name}: {note}" for note in content.notes]
    return found


def _gensim_data(name: str) -> Path:
    file = NAMED_SETS[name]
    spec = importlib.util.find_spec("gensim")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(
            f"the test set {name!r} needs gensim's files; install them with: pip install 'train-embeddings[gensim]', "
            f"or, where gensim has no wheel, download {file} from {_GENSIM_SOURCE} and name its path"
        )
    path = Path(next(iter(spec.submodule_search_locations))).joinpath(*_GENSIM_FOLDER, file)
    if not path.is_file():
        raise FormatError(f"the installed gensim lacks {path}; name the path of a copy of {file} instead of {name!r}")
    return path


def _names() -> str:
    return ", ".join(NAMED_SETS)
