"""A section of results as a value; its views as text, JSON and Markdown; and documents that take in its table.

The table of section NAME goes between ``<!-- NAME:begin -->`` and ``<!-- NAME:end -->`` of a document, so that no
figure is ever typed. Markers of ``NAME-PATH`` take the place of those of NAME for a run on that SIMD path, so that a
document can show processors of several kinds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.lib.bounds import MISSED
from benchmarks.lib.processes import BenchmarkError
from embed.eval.render import aligned
from embed.files.atomic import atomic_write_text

JSON_NAME, MARKDOWN_NAME = "benchmarks.json", "benchmarks.md"
DOCUMENT = Path("docs/benchmarks.md")
_FACTS = ("date", "processor", "processors usable", "SIMD path", "train-embeddings", "gensim", "fasttext-community")
_INDENT = re.compile("^ +")


@dataclass(frozen=True)
class Section:
    """The results of one command.

    Attributes
    ----------
    name : str
        The command.
    title : str
    definitions : tuple of str
        What the numbers mean, a sentence each; a table is never shown without them. A document says it by itself.
    head : tuple of str
    rows : tuple of tuple of str
        As wide as `head`.
    verdicts : tuple of str
        Of every figure that has a bound.
    data : mapping
        All measurements, JSON-able.
    remarks : tuple of str
        What a reader must know of this run.
    """

    name: str
    title: str
    definitions: tuple[str, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    verdicts: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def missed(self) -> int:
        """How many bounds were missed."""
        return self.verdicts.count(MISSED)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; cells beyond the second column are aligned to the right."""
    ruler = ["---" if i < 2 else "---:" for i in range(len(head))]
    return "\n".join("| " + " | ".join(map(_cell, row)) + " |" for row in [head, ruler, *rows])


def _cell(cell: str) -> str:
    return _INDENT.sub(lambda blanks: "&nbsp;" * len(blanks[0]), cell.replace("|", "\\|"))


def to_text(section: Section) -> str:
    """Return the section as an aligned table."""
    return "\n".join(
        [section.title, "", aligned(section.head, section.rows), "", *section.definitions, *section.remarks]
    )


def to_markdown(sections: Sequence[Section], machine: Mapping[str, str]) -> str:
    """Return everything as Markdown."""
    parts = ["# Benchmarks", _list([f"{name}: {value}" for name, value in machine.items()])]
    for section in sections:
        parts += [
            f"## {section.title}",
            markdown(section.head, section.rows),
            _list([*section.definitions, *section.remarks]),
        ]
    return "\n\n".join(parts) + "\n"


def to_json(sections: Sequence[Section], machine: Mapping[str, str]) -> str:
    """Return everything as JSON text, without NaN."""
    made = {
        section.name: {
            "title": section.title,
            "definitions": section.definitions,
            "remarks": section.remarks,
            "verdicts": section.verdicts,
            "head": section.head,
            "table": section.rows,
            **section.data,
        }
        for section in sections
    }
    return json.dumps({"machine": machine, "sections": made}, indent=2, allow_nan=False) + "\n"


def write(sections: Sequence[Section], machine: Mapping[str, str], folder: Path) -> list[Path]:
    """Write the JSON and the Markdown file into `folder` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {JSON_NAME: to_json(sections, machine), MARKDOWN_NAME: to_markdown(sections, machine)}
    for name, text in texts.items():
        atomic_write_text(folder / name, text)
    return [folder / name for name in texts]


def refresh(results: Path, document: Path) -> list[str]:
    """Put the tables of a run into `document` and return the names of the sections that are new in it.

    Raises
    ------
    BenchmarkError
        If `results` is not what the benchmarks write, `document` cannot be read, or none of its markers fits.
    """
    try:
        content = json.loads(results.read_text(encoding="utf-8"))
        text = document.read_text(encoding="utf-8")
        machine, bodies = content["machine"], {}
        facts = ", ".join(f"{name} {machine[name]}" for name in _FACTS if name in machine)
        for name, section in content["sections"].items():
            own = f"{name}-{machine.get('SIMD path')}"
            sentences = _list([*section["remarks"], f"Measured on: {facts}."])
            body = f"{markdown(section['head'], section['table'])}\n\n{sentences}"
            bodies[own if f"<!-- {own}:begin -->" in text else name] = body
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchmarkError(f"cannot put {results} into {document}: {error}") from error
    return fill(document, text, bodies)


def fill(document: Path, text: str, bodies: Mapping[str, str]) -> list[str]:
    """Put each body between its markers in the text of a document, write it, and return the names that are new.

    Raises
    ------
    BenchmarkError
        If there are markers for none of them.
    """
    changed = []
    for name, body in bodies.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if found and closed:
            text = f"{before}{begin}\n{body}\n{end}{after}"
            changed.append(name)
    if not changed:
        name = next(iter(bodies))
        raise BenchmarkError(f"{document} has no markers for {', '.join(bodies)}, like <!-- {name}:begin -->")
    atomic_write_text(document, text)
    return changed


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)
