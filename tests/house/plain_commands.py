"""Run what the plain install does, in a process that may import nothing but its dependencies.

``python tests/house/plain_commands.py`` prints each command; a status of 1 means that one of them failed.
``.ci/check-wheel`` runs it where only the wheel is installed, and test_packaging.py in the developer environment.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

PLAIN = ("numpy", "tqdm", "shtab", "backports")
"""The packages that the dependencies of the plain install bring: backports has zstd."""
_OWN = "embed"

TRAIN = "--dim 8 --epochs 2 --min-count 1 --min-n 3 --max-n 4 --buckets 100 --threads 1 --quiet"
COMMANDS = (
    "info",
    "completion bash",
    f"train text.txt -o a.embed --subword {TRAIN} --seed 1",
    f"train text.txt.zst -o b.embed --subword {TRAIN} --seed 2",
    f"train text.txt -o words.txt --save-model whole.embed {TRAIN} --senses 2 --sense-min-count 20",
    f"train text.txt -o three --replicates 3 {TRAIN}",
    f"train text.txt -o more --replicates 3 {TRAIN} --seed 3",
    "info a.embed",
    "nearest a.embed a1",
    "nearest three a1",
    "similarity three a1 a2",
    "analogy a.embed a1 a2 b1",
    "evaluate a.embed pairs.tsv questions.txt",
    "evaluate a.embed sts.tsv --task sts",
    "compare a.embed b.embed pairs.tsv questions.txt",
    "drift three more a1",
    "align a.embed b.embed",
    "quantize a.embed small.embed --method int8",
    "senses whole.embed a1",
    "embed-text a.embed text.txt",
    "graph edges.txt -o nodes.embed --dim 8 --quiet",
    "phrases text.txt",
    "synonyms a.embed",
    "documents train lines.txt -o documents.embed --dim 8 --epochs 2 --min-count 1 --quiet",
    "documents nearest documents.embed 1",
    *(f"convert a.embed out{ending}" for ending in (".txt", ".bin", ".npz", ".safetensors", ".model2vec", ".web")),
    "nearest out.model2vec a1",
)
_SCIPY = "pip install 'train-embeddings[scipy]'"
NEED = {
    "evaluate a.embed tags.txt --task tag": f"tasks with labels need SciPy: {_SCIPY}",
    "evaluate a.embed labels.tsv --task classify": f"tasks with labels need SciPy: {_SCIPY}",
    "evaluate a.embed": "[gensim]",
    "report a.embed -o page.html": "[report]",
    "convert a.embed out.parquet": "[parquet]",
}
"""Commands that need an extra, and what their message holds."""


class _PlainFinder:
    """A finder of modules that finds those of the standard library and of the plain install alone."""

    def __init__(self, finder: Any) -> None:
        self._finder = finder

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        root = name.partition(".")[0]
        is_plain = root in (*PLAIN, _OWN) or root in sys.stdlib_module_names or root.startswith("_sysconfigdata")
        found: ModuleSpec | None = self._finder.find_spec(name, path, target) if is_plain else None
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)


def _write_inputs() -> None:
    from embed.files.zstd import zstd_module

    lines = [" ".join(f"{'ab'[n % 2]}{(n * k + k) % 7}" for k in range(1, 12)) for n in range(200)]
    text = "".join(f"{line}\n" for line in lines)
    Path("text.txt").write_text(text, encoding="utf-8")
    Path("text.txt.zst").write_bytes(zstd_module("text.txt.zst").compress(text.encode()))
    Path("lines.txt").write_text("".join(f"{line}\n" for line in lines[:30]), encoding="utf-8")
    pairs = [(f"a{n}", f"{'ab'[n % 2]}{n - 1}", n) for n in range(1, 7)]
    Path("pairs.tsv").write_text("".join(f"{a}\t{b}\t{score}\n" for a, b, score in pairs), encoding="utf-8")
    Path("questions.txt").write_text(": letters\n" + "a1 b1 a2 b2\na3 b3 a4 b4\na1 b1 a5 b5\n", encoding="utf-8")
    Path("sts.tsv").write_text("".join(f"{n}\t{lines[n]}\t{lines[3 * n]}\n" for n in range(9)), encoding="utf-8")
    Path("labels.tsv").write_text("".join(f"{n % 2}\t{line}\n" for n, line in enumerate(lines)), encoding="utf-8")
    Path("tags.txt").write_text("a1 A\nb1 B\n\n" * 9, encoding="utf-8")
    Path("edges.txt").write_text("".join(f"n{n} n{(n * k + 1) % 40}\n" for n in range(40) for k in (1, 3)), "utf-8")


def _run(main: Any, command: str) -> tuple[int, str]:
    """Return the status of a command and what it printed."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            status = main(command.split())
        except SystemExit as error:  # a mistake in the arguments
            status = error.code
    return int(status or 0), printed.buffer.getvalue().decode()


def _check_python() -> None:
    """Use the package from Python: what no command does."""
    import numpy as np

    import embed
    from embed.compat.gensim import Word2Vec
    from embed.eval.retrieval import cosine_scores, evaluate_retrieval

    vectors = embed.load("a.embed")
    assert embed.sentence_vectors(["a1 a2", "b1"], vectors).shape == (2, 8)
    assert evaluate_retrieval(cosine_scores(np.eye(4)), [0, 0, 1, frozenset({0, 1})]).map > 0
    model = Word2Vec([["a", "b", "c"]] * 50, vector_size=8, min_count=1, epochs=1, sample=0)
    assert len(model.wv.most_similar("a")) == 2
    message = ""
    try:
        model.wv.wmdistance(["a"], ["b"])
    except embed.errors.MissingExtraError as error:
        message = str(error)
    assert message == f"Word Mover's Distance needs SciPy: {_SCIPY}", message


def main() -> int:
    """Run everything in a temporary folder."""
    sys.meta_path[:] = [_PlainFinder(finder) for finder in sys.meta_path]
    from embed.cli import main as command_line

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, contextlib.chdir(folder):
        _write_inputs()
        failed = 0
        for command in COMMANDS:
            status, printed = _run(command_line, command)
            print(f"{status} {command}")
            failed += status != 0
            if status:
                print(printed)
        for command, need in NEED.items():
            status, printed = _run(command_line, command)
            *_, told = printed.splitlines()
            print(f"{status} {command}: {told}")
            failed += status != 7 or need not in told
        _check_python()
    foreign = {name.partition(".")[0] for name in sys.modules} & {"scipy", "gensim", "sklearn", "bokeh"}
    if foreign:
        print(f"imported: {', '.join(sorted(foreign))}")
    return int(bool(failed or foreign))


if __name__ == "__main__":
    sys.exit(main())
