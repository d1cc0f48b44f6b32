"""The server of the local page: what it answers, and whom."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from embed import Model
from embed.cli import main
from embed.errors import ConfigError
from tests.pages.made_up import HOSTILE, model
from tests.pages.serving import exploring

pytest.importorskip("tornado", reason="the page needs the extra report")


@pytest.fixture(scope="module")
def trained() -> Model:
    return model()


@pytest.fixture(scope="module")
def saved(trained: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explore") / "m.embed"
    trained.save(path)
    return path


@pytest.fixture(scope="module")
def address(saved: Path) -> Iterator[str]:
    with exploring(saved) as (found, _):
        yield found


def _get(address: str, path: str, **headers: str) -> tuple[int, str, Any]:
    """Return the status, the text and the headers of an answer."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode(), answer.headers
    connection.close()
    return found


def test_questions_are_answered_as_the_model_answers(address: str, trained: Model) -> None:
    status, found, headers = _get(address, "/ask?model=0&text=tree1&plus=tree1")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    answers = json.loads(found)["answers"]
    nearest = trained.vectors.nearest("tree1", 12)
    assert [(each["word"], each["cosine"]) for each in answers] == nearest
    assert all(each["only"] for each in answers)
    for word in HOSTILE:
        _, found, _ = _get(address, f"/ask?text={quote(word)}&plus={quote(word)}")
        assert json.loads(found)["asked"][0]["word"] == word
    assert json.loads(_get(address, "/complete?prefix=ship1")[1])[0].startswith("ship1")
    assert json.loads(_get(address, "/cosines?word=tree1&word=tree2")[1])["rows"][0][1] == pytest.approx(
        trained.vectors.similarity("tree1", "tree2"), abs=1e-6
    )


def test_the_page_loads_only_what_is_its_own(address: str) -> None:
    status, page, headers = _get(address, "/")
    assert status == 200
    assert "default-src 'none'; script-src 'self'" in headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in headers
    assert "http" not in page
    for name in ("page.js", "page.css", "bokeh.js"):
        assert _get(address, f"/{name}")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.org"},
        {"Host": "127.0.0.1.example.org"},
        {"Host": "127.0.0.1:1"},
        {"Origin": "http://example.org"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_a_foreign_host_and_a_foreign_origin_are_refused(address: str, headers: dict[str, str]) -> None:
    for path in ("/", "/models", "/page.js", "/ask?text=tree1&plus=tree1", "/nothing"):
        status, found, _ = _get(address, path, **headers)
        assert (status, found) == (403, "this page answers to its own address alone\n")


def test_its_own_names_are_allowed(address: str) -> None:
    port = urlsplit(address).port
    assert _get(address, "/models", Host=f"localhost:{port}", Origin=f"http://localhost:{port}")[0] == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ask?model=1&plus=a", 400),
        ("/ask?model=-1&plus=a", 400),
        ("/ask?model=x&plus=a", 400),
        ("/ask?model=%D9%A1", 400),
        ("/ask?plus=%FF", 400),
        (f"/complete?prefix={'a' * 30_000}", 400),
        ("/documents?text=a", 200),
        ("/ask", 200),
        ("/nothing", 404),
        ("/%00", 404),
        ("/../../etc/passwd", 404),
    ],
)
def test_wrong_questions_are_told(address: str, path: str, status: int) -> None:
    found, text, _ = _get(address, path)
    assert found == status
    assert "Traceback" not in text


def test_the_map_is_laid_out_in_the_background(address: str) -> None:
    for _ in range(600):
        found = json.loads(_get(address, "/map?model=0")[1])
        if "item" in found:
            break
        assert 0 <= found["share"] <= 1
        time.sleep(0.05)
    assert found["item"]["doc"]["roots"]


def test_it_listens_on_the_loopback_interface_alone(address: str) -> None:
    others = {entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for other in others:
        with socket.socket() as tried:
            tried.settimeout(5)
            assert tried.connect_ex((other, urlsplit(address).port or 0)) != 0


def test_ctrl_c_ends_it_cleanly(saved: Path) -> None:
    with exploring(saved) as (address, process):
        _get(address, "/map?model=0")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "the page has ended\n")


def test_a_port_that_is_taken_is_told(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["explore", str(saved), "--port", str(port), "--no-browser"]) == ConfigError.exit_code
    said = capsys.readouterr().err
    assert f"cannot listen on port {port}" in said
    assert "choose another port" in said
    assert main(["explore", str(saved), "--port", "70000", "--no-browser"]) == ConfigError.exit_code


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "no.embed").write_bytes(b"nothing")
    command = [sys.executable, "-m", "embed", "explore", "--no-browser", str(tmp_path / "no.embed")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 4
    assert "Traceback" not in found.stderr
