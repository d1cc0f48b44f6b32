"""Puts the tables of a run into a Markdown document, between markers, so that no figure is ever typed.

The table of section NAME goes between ``<!-- NAME:begin -->`` and ``<!-- NAME:end -->``; a section without markers,
and markers without a section, are left alone. Markers of ``NAME-PATH`` take the place of those of NAME for a run on
that SIMD path, so that a document can show processors of several kinds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.markdown import markdown
from benchmarks.processes import BenchmarkError
from embed.files.atomic import atomic_write_text

__all__ = ["DOCUMENT", "fill", "refresh"]

DOCUMENT = Path("docs/benchmarks.md")
_FACTS = ("date", "processor", "processors usable", "SIMD path", "train-embeddings", "gensim", "fasttext-community")


def refresh(results: Path, document: Path) -> list[str]:
    """Rewrite `document` and return the names of the sections that are new in it.

    Raises
    ------
    BenchmarkError
        If `results` is not what the benchmarks write, `document` cannot be read, or none of its markers fits.
    """
    try:
        content = json.loads(results.read_text(encoding="utf-8"))
        text = document.read_text(encoding="utf-8")
        sections = content["sections"]
        machine = content["machine"]
        made = {_marked(name, machine, text): _body(section, machine) for name, section in sections.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchmarkError(f"cannot put {results} into {document}: {error}") from error
    return fill(document, text, made)


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


def _marked(name: str, machine: Mapping[str, str], text: str) -> str:
    own = f"{name}-{machine.get('SIMD path')}"
    return own if f"<!-- {own}:begin -->" in text else name


def _body(section: dict[str, Any], machine: dict[str, str]) -> str:
    facts = ", ".join(f"{name} {machine[name]}" for name in _FACTS if name in machine)
    lines = "\n".join(f"- {sentence}" for sentence in section["definitions"])
    return f"{markdown(section['head'], section['table'])}\n\n{lines}\n- Measured on: {facts}."
