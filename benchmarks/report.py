"""A section of results as a value, and its three views: text table, JSON, Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.floors import MISSED
from benchmarks.markdown import markdown
from embed.eval.render import aligned
from embed.files.atomic import atomic_write_text

__all__ = ["Section", "to_json", "to_markdown", "to_text", "write"]

JSON_NAME, MARKDOWN_NAME = "benchmarks.json", "benchmarks.md"


@dataclass(frozen=True)
class Section:
    """The results of one command.

    Attributes
    ----------
    name : str
        The command.
    title : str
    definitions : tuple of str
        What the numbers mean, a sentence each; a table is never shown without them.
    head : tuple of str
    rows : tuple of tuple of str
        As wide as `head`.
    verdicts : tuple of str
        Of every figure that has a floor.
    data : mapping
        All measurements, JSON-able.
    """

    name: str
    title: str
    definitions: tuple[str, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    verdicts: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def missed(self) -> int:
        """How many acceptance floors were missed."""
        return self.verdicts.count(MISSED)


def to_text(section: Section) -> str:
    """Return the section as an aligned table."""
    return "\n".join([section.title, "", aligned(section.head, section.rows), "", *section.definitions])


def to_markdown(sections: Sequence[Section], machine: dict[str, Any]) -> str:
    """Return everything as Markdown."""
    parts = ["# Benchmarks", "\n".join(f"- {name}: {value}" for name, value in machine.items())]
    for section in sections:
        parts += [f"## {section.title}", markdown(section.head, section.rows)]
        parts.append("\n".join(f"- {sentence}" for sentence in section.definitions))
    return "\n\n".join(parts) + "\n"


def to_json(sections: Sequence[Section], machine: dict[str, Any]) -> str:
    """Return everything as JSON text, without NaN."""
    content = {
        "machine": machine,
        "sections": {
            section.name: {
                "title": section.title,
                "definitions": section.definitions,
                "verdicts": section.verdicts,
                "head": section.head,
                "table": section.rows,
                **section.data,
            }
            for section in sections
        },
    }
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def write(sections: Sequence[Section], machine: dict[str, Any], folder: Path) -> list[Path]:
    """Write the JSON and the Markdown file into `folder` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {JSON_NAME: to_json(sections, machine), MARKDOWN_NAME: to_markdown(sections, machine)}
    for name, text in texts.items():
        atomic_write_text(folder / name, text)
    return [folder / name for name in texts]
