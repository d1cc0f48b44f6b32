"""Corpora at URLs: read from a server of the test's own, and every failure is one sentence."""

from __future__ import annotations

import gzip
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import embed
from embed.corpora import TextCorpus, open_corpus
from embed.errors import CorpusError, MissingExtraError
from embed.files.remote import is_remote

pytest.importorskip("smart_open", reason="needs the extra remote")
pytest.importorskip("requests", reason="needs the extra remote")

TEXT = b"first line\nsecond line\n" * 2000
FILES = {"/plain.txt": TEXT, "/packed": gzip.compress(TEXT), "/cut": gzip.compress(TEXT)[:-20]}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = FILES.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.mark.parametrize("name", ["/plain.txt", "/packed"])
def test_a_url_is_read_as_a_file_is(server: str, name: str) -> None:
    corpus = open_corpus(server + name)
    for _ in range(2):
        assert list(corpus) == [["first", "line"], ["second", "line"]] * 2000
    assert isinstance(corpus, TextCorpus)
    assert corpus.fingerprint() is None


def test_a_url_trains(server: str) -> None:
    model = embed.train(f"{server}/packed", dim=16, epochs=1, threads=1, progress=False)
    assert model.vectors.words[0] == "line"


def test_what_cannot_be_read_is_told_with_its_url(server: str) -> None:
    with pytest.raises(CorpusError, match=r"cannot read http://127\.0\.0\.1.*/nothing: 404"):
        list(open_corpus(f"{server}/nothing"))
    with pytest.raises(CorpusError, match=r"/cut: the gzip data is cut short"):
        list(open_corpus(f"{server}/cut"))
    with pytest.raises(CorpusError, match="cannot read nowhere://x/y: "):
        list(open_corpus("nowhere://x/y"))


def test_a_missing_extra_is_a_helpful_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smart_open", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'train-embeddings\[remote\]'"):
        open_corpus("s3://bucket/key.txt")


def test_what_a_url_is() -> None:
    assert is_remote("s3://bucket/key") and is_remote("HTTPS://host/file.gz")  # noqa: PT018
    assert not any(map(is_remote, ["corpus.txt", "-", "/a//b", "C:\\text", "c://text", "a:b"]))
