"""gensim's own tests on our stand-ins: what they pass is held exactly, against the list in docs/compat-gensim.md."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LIST = REPOSITORY / "docs" / "compat-gensim.md"
MODULES = ("test_word2vec", "test_fasttext", "test_doc2vec", "test_keyedvectors", "test_phrases")
GENSIM = "4.4.0"
LEAST_SHARE = 0.85
# Set in the environment, everything that says something about the stand-ins is run, the slow tests included.
FULL = "GENSIM_FULL" in os.environ


def _section(heading: str) -> str:
    return LIST.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]


def _listed(heading: str) -> list[str]:
    """Return the names in the first column of the table under a heading."""
    return re.findall(r"^\| `([^`]+)` \|", _section(heading), re.MULTILINE)


@pytest.mark.skipif(not LIST.is_file(), reason="the list is not part of the wheel")
def test_the_published_sums_are_those_of_the_list() -> None:
    failed = Counter(name.partition(".")[0] for name in _listed("Not passed"))
    pickles = Counter(re.findall(r"^\| `(\w+)\.py::[^`]+` \| a pickle of", _section("Not passed"), re.MULTILINE))
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \| (\d+) \|$", _section("gensim's own tests"), re.MULTILINE)
    assert [name for name, *_ in rows] == [*MODULES[:2], *MODULES[3:], MODULES[2]]
    for name, concern, passed, need_pickle in rows:
        assert (int(concern) - int(passed), int(need_pickle)) == (failed[name], pickles[name])
    concern, passed, need_pickle = (sum(int(row[column]) for row in rows[:4]) for column in (1, 2, 3))
    text = _section("gensim's own tests")
    assert f"| these four | {concern} | {passed} ({100 * passed / concern:.1f} %) | {need_pickle} |" in text
    assert f"{concern - need_pickle} ({100 * (1 - need_pickle / concern):.1f} %) is the most" in text
    assert f"{passed} pass\n({100 * passed / (concern - need_pickle):.1f} %)" in text


@pytest.mark.skipif(not LIST.is_file(), reason="the list is not part of the wheel")
def test_gensims_tests_pass_but_for_the_published_list(tmp_path: Path) -> None:
    gensim = pytest.importorskip("gensim")
    pytest.importorskip("testfixtures")
    if gensim.__version__ != GENSIM:
        pytest.skip(f"the list is of the tests of gensim {GENSIM}, not of {gensim.__version__}")
    left_out = _listed("Left out") + ([] if FULL else _listed("Slow"))
    outcomes = _run(tmp_path, left_out)
    failed = {name for name, outcome in outcomes.items() if outcome == "failed"}
    passed = {name for name, outcome in outcomes.items() if outcome == "passed"}
    expected = {name for name in _listed("Not passed") if not name.startswith(tuple(left_out))}
    assert failed == expected, (
        f"unexpected failures: {sorted(failed - expected)}; unexpectedly passed: {sorted(expected - failed)}"
    )
    assert len(passed) > 100
    assert len(passed) >= LEAST_SHARE * len(passed | failed)


def _run(folder: Path, left_out: list[str]) -> dict[str, str]:
    """Run gensim's modules of tests side by side and return the outcomes."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    options = ["-q", "-p", "gensim_plugin", "-p", "no:cacheprovider", "-c", "pytest.ini", "-W", "ignore", "--tb=no"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "OPENBLAS_NUM_THREADS": "1"}
    running = []
    for module in MODULES:
        exchange = folder / f"{module}.json"
        exchange.write_text(json.dumps(left_out))
        command = [sys.executable, "-m", "pytest", *options, "--pyargs", f"gensim.test.{module}"]
        temporary = folder / module  # the names of their temporary files are fixed
        temporary.mkdir()
        one = {**environment, "GENSIM_PLUGIN": str(exchange), "TMPDIR": str(temporary)}
        output = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running.append(subprocess.Popen(command, cwd=folder, env=one, **output))
    outcomes: dict[str, str] = {}
    for module, process in zip(MODULES, running, strict=True):
        process.wait()
        found = json.loads((folder / f"{module}.json").read_text())
        assert isinstance(found, dict), f"gensim's {module} could not be run"
        outcomes |= found
    return outcomes


def test_the_stand_ins_never_import_gensim() -> None:
    code = "import sys, embed.compat.gensim; sys.exit(any(name.split('.')[0] == 'gensim' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
