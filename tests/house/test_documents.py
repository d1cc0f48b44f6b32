"""README, CONTRIBUTING and docs/ are true: links and paths lead somewhere, commands parse, figures are recorded."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from embed.cli.parser import parse
from embed.formats.registry import FORMATS

TREE = Path(__file__).parents[2]
README = TREE / "README.md"
PAGES = [README, TREE / "CONTRIBUTING.md", *sorted((TREE / "docs").rglob("*.md"))]
OF_ITS_TIME = ("decisions", "studies")  # written once, about the tree of that day

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
PATH = re.compile(
    r"(?:^|`)((?:embed|eval|corpora|tests|benchmarks|docs)/[\w./*-]+)", re.MULTILINE
)  # a word in capitals stands for a name
SHELL = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
GOALS = {
    "skip-gram": "skip-gram-100",
    "CBOW": "cbow-100",
    "skip-gram with n-grams": "subword-skip-gram-100",
    "CBOW with n-grams": "subword-cbow-100",
}
"""Row of the README -> row of the goals; the row after it is the peer's."""

pytestmark = pytest.mark.skipif(not README.is_file(), reason="needs the source tree")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    lost = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert not lost


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name not in OF_ITS_TIME], ids=lambda p: p.name)
def test_paths_of_the_tree_exist(page: Path) -> None:
    lost = [path for path in PATH.findall(page.read_text(encoding="utf-8")) if not list(TREE.glob(path))]
    assert not [path for path in lost if not Path(path).stem.isupper()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_parse(page: Path) -> None:
    for block in SHELL.findall(page.read_text(encoding="utf-8")):
        for line in block.splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words and words[0] == "train-embeddings":
                parse(words[1:])


def test_the_page_of_the_formats_has_every_format() -> None:
    table = (
        (TREE / "docs" / "formats.md").read_text("utf-8").partition("## Formats of vectors")[2].partition("\n## ")[0]
    )
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(FORMATS)


def test_the_readme_has_the_speeds_and_the_picture_of_the_record() -> None:
    recorded = pytest.importorskip("benchmarks.lib.recorded", reason="needs the source tree on the path")
    goals = recorded.read_goals(TREE / "docs" / "benchmarks.md")
    picture = (TREE / "docs" / "speed.svg").read_text(encoding="utf-8")
    table = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in README.read_text("utf-8").splitlines()]
    for name, row in GOALS.items():
        at = next(number for number, cells in enumerate(table) if cells[:1] == [name] and len(cells) == 6)
        found = goals.rows[row]
        times = f"{float(found['ratio']):.1f} times"
        assert table[at][1] == f"{found['ours/s']} ({times})"
        assert table[at + 1][0].split(",")[0] == found["against"]
        assert table[at + 1][1] == found["other/s"]
        assert f"train-embeddings {recorded.number(found['ours/s']) / 1e6:.2f}  ({times})" in picture
    assert goals.date in picture
    assert goals.date in README.read_text("utf-8")
