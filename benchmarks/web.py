"""How large is the folder that a page in a browser reads, and how fast does the page answer?

The vectors are made up: neither size nor time depends on their numbers. Without a browser only sizes are measured.
"""

from __future__ import annotations

import gzip
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.installed import import_from_tree
from benchmarks.lib.options import option, positive
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import Section
from benchmarks.programs.ours import made_up_vectors
from embed import formats

_SCRIPT = """
const done = arguments[arguments.length - 1], asked = arguments[0];
(async () => {
  const began = performance.now();
  const { load } = await import("./vectors.js");
  const vectors = await load();
  const loaded = performance.now() - began, times = [];
  for (let query = 0; query < asked; query++) {
    const word = vectors.words[Math.floor(query * vectors.words.length / asked)], start = performance.now();
    vectors.nearest(word);
    times.push(performance.now() - start);
  }
  return { loaded, times };
})().then(done, (error) => done(String(error)));
"""
_LONGEST_SECONDS = 300


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    words: Sequence[int] = option((50_000, 500_000), "sizes of the vocabulary (default: 50000 500000)", type=positive)
    dim: int = option(100, "length of a vector")
    queries: int = option(30, "questions to the page; the first two do not count")


def run(settings: Settings) -> Section:
    """Write a folder of each size, and ask its reader in a browser."""
    rows, data = [], {}
    browser = import_from_tree("tests.browser.chromium")
    lacking = browser.missing()
    for words in settings.words:
        with tempfile.TemporaryDirectory(prefix="embed-benchmarks-") as folder:
            path = Path(folder) / "vectors.web"
            formats.save(made_up_vectors(words, settings.dim), path)
            sizes = {file.name: file.stat().st_size for file in path.iterdir()}
            packed = len(gzip.compress((path / "words.json").read_bytes()))
            found = None if lacking else _asked(browser, path, Path(folder) / "profile", settings.queries)
        data[str(words)] = {"bytes": sizes, "words.json compressed": packed, "browser": found}
        times = ("-", "-", "-")
        if found is not None:
            warm = found["times"][2:]
            times = (f"{found['loaded']:.0f}", f"{statistics.median(warm):.1f}", f"{max(warm):.1f}")
        scripts = sum(size for name, size in sizes.items() if name.endswith((".js", ".css", ".html")))
        numbers = (sizes["vectors.i8"] / 1e6, sizes["words.json"] / 1e6, packed / 1e6, scripts / 1e3)
        rows.append((f"{words:,}", *(f"{number:.1f}" for number in numbers), *times))
    return Section(
        name="web",
        title="Vectors in a page",
        definitions=(
            f"Made-up vectors of {settings.dim} dimensions; megabytes of the 8-bit vectors and of the words, as they "
            "are and as a server compresses them; kilobytes of page, style and scripts.",
            "Milliseconds in Chromium: from the import of the reader until it can answer, from a server on the same "
            "machine, and of a question for 10 neighbours among all words, median and most.",
        ),
        head=("words", "vectors MB", "words MB", "compressed MB", "scripts KB", "load ms", "query ms", "most ms"),
        rows=tuple(rows),
        data=data,
        remarks=() if lacking is None else (f"Sizes alone, because a browser {lacking}.",),
    )


def _asked(browser: ModuleType, path: Path, profile: Path, queries: int) -> dict[str, Any]:
    """Return how long the page took to read the vectors and to answer, in milliseconds."""
    driver = browser.started(profile)
    try:
        driver.set_script_timeout(_LONGEST_SECONDS)
        with browser.serving(path) as address:
            driver.get(address + "page.css")  # a page of this server that does not read the vectors itself
            found = driver.execute_async_script(_SCRIPT.replace("./vectors.js", address + "vectors.js"), queries)
    finally:
        driver.quit()
    if not isinstance(found, dict):
        raise BenchmarkError(f"the page failed: {found}")
    return found
