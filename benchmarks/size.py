"""How large is an installation: the plain one, and with each extra?

The wheel in ``dist/`` is installed into a fresh folder with what it depends on, once for each extra, as pip does with
the pinned versions; the package index must be in reach. Compiled ``.pyc`` files, which Python writes later, do not
count.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from benchmarks.installed import TREE
from benchmarks.lib.options import option
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import Section

EXTRAS = {
    "scipy": "tagging and classifying as tests of vectors; Word Mover's Distance and p-values of the gensim stand-in",
    "wiki": "dumps of Wikipedia as text",
    "gensim": "the named test sets, which its wheel holds; vectors to and from gensim; the demo",
    "parquet": "Parquet and Arrow files, as text and as vectors",
    "ann": "an index for approximate search (usearch)",
    "remote": "`s3://`, `gs://` and others; each store needs an extra of smart_open as well",
    "sklearn": "scikit-learn's transformer; labels of documents without outliers",
    "cluster": "training on several machines (Ray)",
    "chinese": "the tokenizer `jieba`",
    "japanese": "the tokenizer `fugashi`",
    "thai": "the tokenizer `pythainlp`",
    "lbl2vec": "the stand-in for lbl2vec",
    "plot": "loss curves as .svg, .png and .pdf (matplotlib)",
    "report": "reports, the page to explore, pictures (Bokeh, t-SNE)",
}
"""What each extra is for; those of developers are missing."""
_PINS = ("requirements-dev.txt", "requirements-cluster.txt", "requirements-segmenters.txt")
_LARGEST = 3


@dataclass(frozen=True)
class Settings:
    """Which extras to install."""

    rows: Sequence[str] = option(tuple(EXTRAS), "extras (default: all)")


def run(settings: Settings) -> Section:
    """Install the wheel alone, then with each extra."""
    found = list((TREE / "dist").glob("*.whl"))
    if len(found) != 1:
        raise BenchmarkError("dist/ must hold one wheel: run `make wheel` first")
    plain = _installed(found[0], "")
    rows, data = [_row("none", "", plain, {})], {"none": plain}
    for extra in settings.rows:
        data[extra] = _installed(found[0], f"[{extra}]")
        rows.append(_row(f"`{extra}`", EXTRAS[extra], data[extra], plain))
    version = ".".join(map(str, sys.version_info[:2]))
    return Section(
        name="size",
        title="Size",
        definitions=(
            "Megabytes of installed files, without .pyc files: of the plain install, then what each extra adds to it "
            "if it is the only one, the number of packages it adds, and the largest of them.",
        ),
        head=("extra", "for", "MB", "packages", "of which"),
        rows=tuple(rows),
        data={"bytes": data},
        remarks=(f"Python {version} on {sys.platform}, with the versions of requirements-dev.txt and its kin.",),
    )


def _row(name: str, purpose: str, sizes: dict[str, int], without: dict[str, int]) -> tuple[str, ...]:
    added = {package: size for package, size in sizes.items() if package not in without}
    largest = sorted(added, key=added.__getitem__, reverse=True)[:_LARGEST]
    names = ", ".join(f"{package} {added[package] / 1e6:.1f}" for package in largest)
    return name, purpose, f"{sum(added.values()) / 1e6:.1f}", str(len(added)), names


def _installed(wheel: Path, extra: str) -> dict[str, int]:
    """Return the bytes of each package that an install has."""
    pins = [part for file in _PINS for part in ("--constraint", str(TREE / file))]
    with tempfile.TemporaryDirectory(prefix="embed-benchmarks-") as folder:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        done = subprocess.run(
            [*command, "--target", folder, *pins, f"{wheel}{extra}"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BenchmarkError(f"pip could not install {wheel.name}{extra}: {done.stderr.strip()[-300:]}")
        return {
            one.name: sum(path.stat().st_size for file in one.files or () if (path := Path(folder, file)).is_file())
            for one in distributions(path=[folder])
        }
