"""A notebook that is executed in a real kernel: training shows a bar and what it decided, objects show themselves."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from typing import Any

import pytest

NEEDED = ("ipykernel", "nbclient")
CELLS = [
    "import sys, warnings\n"
    "warnings.simplefilter('error')\n"
    "sys.modules['ipywidgets'] = None  # no library of widgets\n"
    "import embed\n"
    "sentences = [[f'w{(i * 7 + j) % 50}' for j in range(20)] for i in range(2000)]\n"
    "options = dict(dim=16, min_count=1, threads=1, objective='sg')\n"
    "model = embed.train(sentences, epochs=4, held_out=.1, preset=None, **options)\n",
    "model",
    "embed.train(sentences, epochs=1, progress=False, **options);",
    "model.vectors",
    "model.config",
    "model.history",
]
_EXECUTE = """
import json, sys
import nbclient, nbformat
cells = [nbformat.v4.new_code_cell(source) for source in json.load(sys.stdin)]
book = nbformat.v4.new_notebook(cells=cells)
nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
print(json.dumps([cell.outputs for cell in book.cells]))
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[list[dict[str, Any]]]:
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        pytest.skip(f"needs {' and '.join(missing)}")
    home = tmp_path_factory.mktemp("home")
    places = {name: str(home) for name in ("HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")}
    done = subprocess.run(
        [sys.executable, "-c", _EXECUTE],
        input=json.dumps(CELLS),
        capture_output=True,
        text=True,
        cwd=home,
        env={**os.environ, **places},
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found: list[list[dict[str, Any]]] = json.loads(done.stdout)
    return found


def test_training_shows_one_bar_and_what_was_decided(outputs: list[list[dict[str, Any]]]) -> None:
    (shown,) = outputs[0]  # no line on standard error besides
    assert shown["output_type"] == "display_data"
    decided, last = shown["data"]["text/plain"].splitlines()
    assert decided.startswith(
        "training 50 words, 16 dimensions, sg, on 36,000 tokens with 1 thread; chosen for this text"
    )
    assert "lr=" in decided
    assert last.startswith("done after ")
    assert "epoch 4 of 4" in last
    assert 'value="1.0000"' in shown["data"]["text/html"]


def test_without_progress_nothing_is_shown(outputs: list[list[dict[str, Any]]]) -> None:
    assert outputs[2] == []


@pytest.mark.parametrize(
    ("cell", "plain", "html"),
    [
        (1, "<Model: 50 words x 16 dimensions, sg, 4 epochs>", "polyline"),
        (3, "<WordVectors: 50 words x 16 dimensions, words only>", "w0, "),
        (4, "TrainConfig(dim=16, ", "<th"),
        (5, "<History: 4 epochs, loss ", "held-out"),
    ],
)
def test_objects_show_themselves(outputs: list[list[dict[str, Any]]], cell: int, plain: str, html: str) -> None:
    (shown,) = outputs[cell]
    assert shown["output_type"] == "execute_result"
    assert shown["data"]["text/plain"].startswith(plain)
    assert "\n" not in shown["data"]["text/plain"]
    assert html in shown["data"]["text/html"]


def test_the_notebook_is_small(outputs: list[list[dict[str, Any]]]) -> None:
    assert len(json.dumps(outputs)) < 30_000
