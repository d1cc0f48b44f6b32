"""Every dotted path that the documents name resolves after ``import embed`` alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import embed

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "decisions")]
PATH = re.compile(r"(?<![\w/.-])embed(?:\.[A-Za-z]\w*)+(?!\.?\w)")
IMPORT = re.compile(r"^\s*(?:>>> )?(?:from|import) .*$", re.MULTILINE)
RESOLVE = """
import sys

import embed

for path in sys.argv[1:]:
    found = embed
    for name in path.split(".")[1:]:
        found = getattr(found, name)
"""
NAMED = ["embed.eval", "embed.corpora", "embed.formats", "embed.postprocess", "embed.compat"]


def resolve(*paths: str) -> None:
    done = subprocess.run([sys.executable, "-c", RESOLVE, *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not PAGES[0].is_file(), reason="needs the source tree")
def test_every_path_in_the_documents_resolves() -> None:
    files = ("embed.py", "embed.md", "embed.html")
    text = "".join(IMPORT.sub("", page.read_text(encoding="utf-8")) for page in PAGES)
    paths = sorted({path for path in PATH.findall(text) if path not in files})
    assert len(paths) > 40
    resolve("embed.eval.retrieval.evaluate_retrieval", *NAMED, *reversed(paths))


def test_a_module_that_is_not_there_is_an_attribute_error() -> None:
    for owner, name in ((embed, "evaluation"), (embed.eval, "retrievel"), (embed.vectors, "_private")):
        with pytest.raises(AttributeError, match=rf"has no attribute '{name}'"):
            getattr(owner, name)


def test_the_import_loads_no_other_module_of_the_package() -> None:
    code = "import sys, embed; print(sorted(name for name in sys.modules if name.split('.')[0] in ('embed', 'numpy')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['embed']"
