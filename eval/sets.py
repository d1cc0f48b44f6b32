"""Test sets as values: pairs with a human score, or analogy questions in sections.

A set is loaded by name (Google analogies, WordSim353 and SimLex-999, which arrive with the gensim wheel: they
are read from its folder, gensim itself is never imported), by path, or made from Python values.

Rejected: downloading sets (an evaluation must run offline and give the same numbers next year), and
bundling them here (their licences differ; gensim's wheel already carries them everywhere).
"""

from __future__ import annotations

import errno
import importlib.util
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from embed.errors import ConfigError, FormatError, MissingExtraError, cannot_open
from embed.eval.files import read_set

__all__ = ["NAMED_SETS", "AnalogySet", "SimilaritySet", "TestSet", "load_set", "load_sets"]

# name -> file in gensim's folder of test data
NAMED_SETS = {"google": "questions-words.txt", "wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}

_GENSIM_FOLDER = ("test", "test_data")
_SYNTACTIC_PREFIX = "gram"  # Google's convention: gram1-adjective-to-adverb, ...


@dataclass(frozen=True)
class SimilaritySet:
    """Pairs of words with the similarity that people gave them.

    Attributes
    ----------
    name : str
    pairs : tuple of (str, str)
    scores : tuple of float
        One per pair, on any scale.
    """

    name: str
    pairs: tuple[tuple[str, str], ...]
    scores: tuple[float, ...]

    @classmethod
    def from_pairs(cls, name: str, pairs: Iterable[tuple[str, str, float]]) -> SimilaritySet:
        """Make a set from (word, word, score) triples."""
        triples = list(pairs)
        return cls(name, tuple((a, b) for a, b, _ in triples), tuple(float(score) for *_, score in triples))

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
    """

    name: str
    questions: tuple[tuple[str, str, str, str], ...]
    sections: tuple[str, ...]

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
        """Whether a section counts as syntactic: its name starts with "gram", as in Google's file."""
        return section.startswith(_SYNTACTIC_PREFIX)

    def has_totals(self) -> bool:
        """Whether the file tells semantic from syntactic sections at all (some are named gram...)."""
        return any(self.is_syntactic(section) for section in set(self.sections))


TestSet = SimilaritySet | AnalogySet


def load_sets(
    sets: str | os.PathLike[str] | TestSet | Sequence[str | os.PathLike[str] | TestSet] | None,
) -> list[TestSet]:
    """Load the named sets, or the three of :data:`NAMED_SETS` if `sets` is None.

    Raises
    ------
    ConfigError
        If a name is unknown, or no set is given.
    FormatError
        If a file cannot be read or holds a malformed line.
    MissingExtraError
        If a set by name needs gensim's data and gensim is not installed.
    """
    if sets is None:
        chosen: Sequence[str | os.PathLike[str] | TestSet] = list(NAMED_SETS)
    elif isinstance(sets, str | os.PathLike | SimilaritySet | AnalogySet):
        chosen = [sets]
    else:
        chosen = list(sets)
    if not chosen:
        raise ConfigError(f"no test set was given; allowed are the names {_names()}, or the path of a file")
    return [load_set(one) for one in chosen]


def load_set(source: str | os.PathLike[str] | TestSet) -> TestSet:
    """Load one set by name or path; a set that is already loaded passes through. Raises as `load_sets`."""
    if isinstance(source, SimilaritySet | AnalogySet):
        return source
    text = os.fspath(source)
    if text in NAMED_SETS:
        return _from_file(_gensim_data(text), name=text)
    if not os.path.exists(text):
        missing = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), text)
        raise cannot_open(
            ConfigError, f"unknown test set {text!r}: it is neither a file nor one of the names {_names()}", missing
        )
    return _from_file(Path(text), name=Path(text).stem)


def _from_file(path: Path, name: str) -> TestSet:
    content = read_set(path)
    if content.questions:
        questions = tuple((a, b, c, d) for _, (a, b, c, d) in content.questions)
        return AnalogySet(name, questions, tuple(section for section, _ in content.questions))
    return SimilaritySet.from_pairs(name, content.pairs)


def _gensim_data(name: str) -> Path:
    file = NAMED_SETS[name]
    spec = importlib.util.find_spec("gensim")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(
            f"the test set {name!r} comes with gensim, which is not installed: run "
            "'pip install train-embeddings[gensim]', or give the path of a test file instead"
        )
    path = Path(next(iter(spec.submodule_search_locations))).joinpath(*_GENSIM_FOLDER, file)
    if not path.is_file():
        raise FormatError(f"the installed gensim has no {path}: give the path of a copy of {file} instead of {name!r}")
    return path


def _names() -> str:
    return ", ".join(NAMED_SETS)
