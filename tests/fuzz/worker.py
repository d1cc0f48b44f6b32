"""One target under atheris, for ``python -m tests.fuzz``: ``tests.fuzz.worker TARGET SECONDS FINDINGS SCRATCH``."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["embed", "tomllib", "zipfile", "tests.fuzz.targets"]):
    from tests.fuzz import targets
from tests.fuzz.__main__ import MOST_BYTES, MOST_MEGABYTES, MOST_SECONDS
from tests.fuzz.seeds import TOKENS, seeds


def main(name: str, seconds: str, findings: str, scratch: str) -> None:
    """Hand over to libFuzzer, which ends the process."""
    folder, corpus, words = Path(scratch) / "files", Path(scratch) / "corpus", Path(scratch) / "words"
    folder.mkdir()
    corpus.mkdir()
    for number, seed in enumerate(seeds(name)):
        (corpus / str(number)).write_bytes(seed)
    known = Path(__file__).parent / "regressions" / name
    words.write_text("".join(f'"{_quoted(token)}"\n' for token in TOKENS.get(name, ["\\x00"])), encoding="ascii")
    target = targets.TARGETS[name]
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={MOST_BYTES}",
        f"-timeout={MOST_SECONDS}",
        f"-rss_limit_mb={MOST_MEGABYTES}",
        f"-artifact_prefix={findings}/{name}-",
        f"-dict={words}",
        "-print_final_stats=1",
        "-seed=1",
    ]
    atheris.Setup(
        [sys.argv[0], *options, str(corpus), *([str(known)] if known.is_dir() else [])],
        lambda data: targets.attempt(target, data, folder) and None,
    )
    atheris.Fuzz()


def _quoted(token: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token.encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
