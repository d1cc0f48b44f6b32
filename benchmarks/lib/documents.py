"""Sets of labelled documents, given by the user: folders of files with a label, a tab and a text in each line.

A set is a folder with ``train.tsv`` and ``test.tsv``, or one of them, compressed or not; ``keywords.tsv`` has a label,
a tab and its keywords in each line. A folder of sets is searched for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.lib.processes import BenchmarkError
from embed.corpora.text import text_lines
from embed.documents.keywords import read_keywords
from embed.files.inputs import Input

__all__ = ["DocumentSet", "sets_in"]

_PARTS = ("train", "test")
_KEYWORDS = "keywords.tsv"


@dataclass(frozen=True)
class DocumentSet:
    """A set on disk.

    Attributes
    ----------
    name : str
    parts : dict of str to path
        "train", "test" or both.
    keywords : path or None
    """

    name: str
    parts: dict[str, Path]
    keywords: Path | None

    def read(self, *parts: str) -> tuple[list[str], list[str]]:
        """Return the labels and texts of some parts, one after the other (default: all)."""
        labels, texts = [], []
        for part in parts or tuple(self.parts):
            for label, text in _lines(self.parts[part]):
                labels.append(label)
                texts.append(text)
        return labels, texts

    def keywords_of(self) -> dict[str, list[str]]:
        """Return the keywords of each label."""
        if self.keywords is None:
            raise BenchmarkError(f"{self.name}: there is no {_KEYWORDS}")
        return read_keywords(self.keywords)


def sets_in(folder: str) -> list[DocumentSet]:
    """Return the sets in a folder; raises BenchmarkError if there is none."""
    home = Path(folder)
    found = [one for path in (home, *sorted(home.glob("*/"))) if (one := _set(path)) is not None]
    if not found:
        raise BenchmarkError(f"{folder}: holds no train.tsv or test.tsv, in itself or in a folder of its own")
    return found


def _set(path: Path) -> DocumentSet | None:
    parts = {part: next(iter(sorted(path.glob(f"{part}.tsv*"))), None) for part in _PARTS}
    there = {part: file for part, file in parts.items() if file is not None}
    keywords = path / _KEYWORDS
    return DocumentSet(path.name, there, keywords if keywords.is_file() else None) if there else None


def _lines(path: Path) -> list[tuple[str, str]]:
    with Input.of(path).open() as stream:
        pairs = [line.rstrip("\r\n").partition("\t") for line in text_lines(stream, "strict") if line.strip()]
    if any(not tab for _, tab, _ in pairs):
        raise BenchmarkError(f"{path}: a line has no tab: it must have a label, a tab and a text")
    return [(label, text) for label, _, text in pairs]
