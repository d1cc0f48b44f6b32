"""Every tutorial of the documentation runs as it is written, and the site has every page and public name.

``python`` blocks run in order in one namespace, and the commands of ``console`` blocks between them. What a tutorial
asserts must hold. Of the output shown under a command each line but ``...`` must be printed, with numbers that are
about the same: those of a training differ from one processor to the next.

First vectors goes first: the others start from the files that it leaves, and so does the session of the README.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib.util
import inspect
import io
import os
import pkgutil
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.demo import find_dump
from embed.engine import _kernels
from embed.errors import MissingExtraError
from embed.eval.similarity import SimilarityResult
from embed.vectors import WordVectors
from embed.vectors.ngram_rows import Subwords

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
README = Path(__file__).parents[2] / "README.md"
SITE = Path(__file__).parents[2] / "mkdocs.yml"
FIRST = "first-vectors"
OTHERS = sorted({path.stem for path in TUTORIALS.glob("*.md")} - {FIRST})
MOST_BYTES = 60_000_000
NEEDS = {"search-with-exported-vectors": "usearch"}

SESSION = re.compile(r"^```pycon\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"<?[-+]?\d[\d,]*(\.\d+)?")

SHARE, POINTS, COSINE = 0.1, 1.5, 0.05
"""How far a number may be from the one shown: by a tenth, or by this much with one decimal (a score in percent points),
or with several (a cosine)."""

pytestmark = pytest.mark.skipif(not TUTORIALS.is_dir(), reason="the tutorials are not beside the tests")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which First vectors has run."""
    try:
        find_dump()
    except MissingExtraError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp(FIRST)
    _run(FIRST, folder)
    return folder


def test_first_vectors(first: Path) -> None:
    assert {"wiki.txt", "vectors.embed"} <= set(os.listdir(first))


def test_the_file_of_first_vectors_is_small_and_scores_as_with_a_row_for_every_bucket(first: Path) -> None:
    """It held every row that a hash might fall on: 120 MB with 9,000 words, and 1.6 GB with --subword alone."""
    assert (first / "vectors.embed").stat().st_size < MOST_BYTES
    vectors = embed.load(first / "vectors.embed")
    assert vectors.subwords is not None
    assert vectors.subwords.kept is not None
    scheme, words = vectors.subwords.scheme, len(vectors)
    # A bucket that the text does not hit keeps the numbers that it began with.
    rows = np.zeros((scheme.buckets, vectors.dim), np.float32)
    _kernels.fill_uniform(rows, vectors.dim, 0.5 / vectors.dim, 1, words + np.arange(scheme.buckets))
    rows[vectors.subwords.kept] = vectors.subwords.matrix
    every = WordVectors(vectors.words, vectors.matrix, subwords=Subwords(scheme, rows))
    for name in ("wordsim353", "simlex999"):
        found, expected = (embed.eval.evaluate(some, name, resamples=10).results[0] for some in (vectors, every))
        assert isinstance(found, SimilarityResult)
        assert isinstance(expected, SimilarityResult)
        assert found.composed == expected.composed > 50
        assert found.spearman == expected.spearman
        assert found.spearman_all.value == pytest.approx(expected.spearman_all.value, abs=0.2)  # percent points


@pytest.mark.parametrize("name", OTHERS)
def test_tutorial(name: str, first: Path, tmp_path: Path) -> None:
    if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed")
    shutil.copytree(first, tmp_path, dirs_exist_ok=True)
    _run(name, tmp_path)


@pytest.mark.skipif(not README.is_file(), reason="needs the source tree")
def test_session_of_the_readme(first: Path, tmp_path: Path) -> None:
    shutil.copy(first / "wiki.txt", tmp_path / "corpus.txt")
    shutil.copy(first / "vectors.embed", tmp_path)  # what the command before the session makes of that text
    (session,) = SESSION.findall(README.read_text(encoding="utf-8"))
    with contextlib.chdir(tmp_path):
        _run_session(session)


@pytest.mark.skipif(not SITE.is_file(), reason="needs the source tree")
def test_the_site_leads_to_every_page() -> None:
    listed = SITE.read_text(encoding="utf-8")
    pages = {path.relative_to(TUTORIALS.parent).as_posix() for path in TUTORIALS.parent.rglob("*.md")}
    assert pages == set(re.findall(r": (\S+\.md)$", listed, re.MULTILINE))


@pytest.mark.skipif(not SITE.is_file(), reason="needs the source tree")
def test_the_reference_has_every_public_name() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in (TUTORIALS.parent / "reference").glob("*.md"))
    shown: list[object] = [pkgutil.resolve_name(name) for name in re.findall(r"^::: (\S+)$", pages, re.MULTILINE)]
    members = [value for module in shown if inspect.ismodule(module) for value in vars(module).values()]
    for name in embed.__all__:
        public = getattr(embed, name)
        assert any(public is one for one in [*shown, *members]), f"embed.{name} is on no page in docs/reference"


def _run(name: str, folder: Path) -> None:
    blocks = BLOCK.findall((TUTORIALS / f"{name}.md").read_text(encoding="utf-8"))
    assert blocks
    names: dict[str, object] = {"__name__": name}
    with contextlib.chdir(folder):
        for number, (language, text) in enumerate(blocks, 1):
            if language == "python":
                exec(compile(text, f"{name}.md, block {number}", "exec"), names)
            else:
                _run_commands(text)


def _run_session(text: str) -> None:
    """Run a session of Python; it must print what it shows, with numbers that are about the same."""
    names: dict[str, object] = {}
    for example in doctest.DocTestParser().get_examples(text):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(example.source, "session", "single"), names)
        assert _lines(printed.getvalue()) == _lines(example.want), example.source
        assert not _missing(example.want, printed.getvalue()), f"{example.source} printed {printed.getvalue()}"


TRAINED: dict[str, bytes] = {}
"""Command -> the file it made: two pages train the same models of the same text."""
TRAINS_WIKI = re.compile(r"train wiki\.txt -o (\S+) .*--threads 1 --quiet")


def _train_once(command: str) -> bool:
    """Tell whether another page has run this command, whose file is then there."""
    found = TRAINS_WIKI.search(command)
    if found is None or "--encoded" in command:
        return False
    if command not in TRAINED:
        assert main(shlex.split(command)[1:]) == 0, command
        TRAINED[command] = Path(found[1]).read_bytes()
    Path(found[1]).write_bytes(TRAINED[command])
    return True


def _run_commands(text: str) -> None:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        program, *arguments = shlex.split(command)
        assert program == "train-embeddings"
        if _train_once(command):
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            assert main(arguments) == 0, command
        missing = _missing(shown, printed.getvalue())
        assert not missing, f"{command} printed {printed.getvalue()}, not {missing}"


def _missing(shown: str, printed: str) -> list[str]:
    """Return the lines of a page that were not printed, nor with numbers that are about the same."""
    found = [line for line in printed.splitlines() if line.strip()]
    return [
        line
        for line in shown.splitlines()
        if line.strip() not in ("", "...") and not any(_are_alike(line, other) for other in found)
    ]


def _are_alike(shown: str, printed: str) -> bool:
    """Return whether two lines have the same words, and numbers that differ as from one processor to another."""
    if _lines(shown) != _lines(printed):
        return False
    pairs = zip(NUMBER.finditer(shown), NUMBER.finditer(printed), strict=True)
    return all(_is_near(one[0], other[0]) for one, other in pairs)


def test_numbers_of_a_page_are_compared() -> None:
    assert not _missing(
        "simlex999  17.6  [-2.5, +12.0]\n...\n0 Apollo  0.74\n", "simlex999 17.9 [-2.4, +12.2]\n0 Apollo 0.71"
    )
    for shown in ("a  0.74", "a 17.6", "a 900 items"):
        for printed in ("a 0.6", "a 15.6", "a 700 items"):
            assert _missing(shown, printed)


def _is_near(shown: str, printed: str) -> bool:
    one, other = (float(text.lstrip("<").replace(",", "")) for text in (shown, printed))
    decimals = len(shown.partition(".")[2])
    return abs(one - other) <= max(SHARE * abs(one), POINTS if decimals == 1 else COSINE if decimals else 0)


def _lines(text: str) -> list[str]:
    return [" ".join(NUMBER.sub("#", line).split()) for line in text.splitlines() if line.strip()]
