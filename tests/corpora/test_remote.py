"""Corpora at URLs: read from a server of the test's own, and every failure is one sentence."""

from __future__ import annotations

import base64
import contextlib
import gzip
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import embed
from embed.corpora import TextCorpus, open_corpus
from embed.errors import CorpusError, FormatError, MissingExtraError
from embed.files import remote
from embed.files.remote import is_remote, shown_url

TEXT = b"first line\nsecond line\n" * 2000
FILES = {"/plain.txt": TEXT, "/packed": gzip.compress(TEXT), "/cut": gzip.compress(TEXT)[:-20]}


STOP = threading.Event()
"""Set when the server ends."""
REQUESTS: list[str] = []
AUTHORIZATIONS: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        REQUESTS.append(self.path)
        AUTHORIZATIONS.append(self.headers["Authorization"])
        if self.path == "/ends-early":
            self.send_response(200)
            self.send_header("Content-Length", "10")
            self.end_headers()
            self.wfile.write(b"1 1\na 1")
            return
        if self.path.startswith(("/silent", "/slow")):
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"a few words\n")
            with contextlib.suppress(OSError):  # the client has left
                while not STOP.wait(0.02):
                    self.wfile.write(b"a " if self.path == "/slow" else b"")
            return
        body = FILES.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    STOP.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        STOP.set()
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


def test_an_unreadable_url_is_named(server: str) -> None:
    with pytest.raises(CorpusError, match=r"cannot read http://127\.0\.0\.1.*/nothing: HTTP Error 404"):
        list(open_corpus(f"{server}/nothing"))
    with pytest.raises(CorpusError, match=r"/cut: the gzip data is cut short"):
        list(open_corpus(f"{server}/cut"))


def test_a_scheme_that_smart_open_does_not_know_is_an_error() -> None:
    pytest.importorskip("smart_open", reason="needs the extra remote")
    for url in ("nowhere://x/y", "nowhere://me:hidden@host/x?key=hidden"):
        with pytest.raises(CorpusError, match="cannot read nowhere://") as caught:
            list(open_corpus(url))
        assert "hid" not in str(caught.value)


def test_a_missing_extra_is_a_helpful_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smart_open", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'train-embeddings\[remote\]'"):
        open_corpus("s3://bucket/key.txt")


@pytest.mark.parametrize("url", ["http://", "https://user:secret@", "http://?token=secret", "http:///", "http://#"])
def test_a_url_without_a_host_is_a_sentence(url: str) -> None:
    with pytest.raises(CorpusError, match=r"cannot read http") as caught:
        list(open_corpus(url))
    assert "secret" not in str(caught.value)


def test_the_package_that_smart_open_advises_is_named() -> None:
    assert remote._needed(ImportError("Try:\n\n    pip install smart_open[gcs]\n")) == "smart_open[gcs]"


def test_urls_are_recognised() -> None:
    assert is_remote("s3://bucket/key") and is_remote("HTTPS://host/file.gz")  # noqa: PT018
    assert not any(map(is_remote, ["corpus.txt", "-", "/a//b", "C:\\text", "c://text", "a:b"]))


def test_a_url_is_requested_once_a_pass(server: str) -> None:
    REQUESTS.clear()
    embed.train([f"{server}/packed", f"{server}/plain.txt"], dim=16, epochs=1, threads=1, progress=False)
    assert REQUESTS == ["/packed", "/plain.txt"]


def test_vectors_are_read_from_a_url(server: str) -> None:
    REQUESTS.clear()
    FILES["/vectors.txt"] = b"2 2\na 1 2\nb 3 4\n"
    assert embed.load(f"{server}/vectors.txt").words == ["a", "b"]
    assert REQUESTS == ["/vectors.txt"]
    with pytest.raises(FormatError, match=r"cannot read http://.*/nothing: HTTP Error 404"):
        embed.load(f"{server}/nothing")


def test_a_server_of_http_needs_no_extra(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smart_open", None)
    FILES["/vectors.txt"] = b"2 2\na 1 2\nb 3 4\n"
    assert embed.load(f"{server.replace('http', 'HTTP')}/vectors.txt", limit=1).words == ["a"]
    with pytest.raises(FormatError, match="the connection ended 3 bytes before the end"):
        embed.load(f"{server}/ends-early")


def test_a_user_and_password_are_sent_to_the_server(server: str) -> None:
    corpus = open_corpus(f"{server.replace('://', '://me:a%40b@')}/plain.txt")
    assert len(list(corpus)) == 4000
    assert AUTHORIZATIONS[-1] == f"Basic {base64.b64encode(b'me:a@b').decode()}"


def test_a_silent_server_is_an_error(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SILENT_SECONDS", 0.1)
    with pytest.raises(CorpusError, match=r"/silent: the server did not answer for 0\.1 seconds; try again later"):
        list(open_corpus(f"{server}/silent"))


def test_a_slow_server_is_an_error(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SLOW_SECONDS", 0.1)
    with pytest.raises(CorpusError, match=r"/slow: the server sent [1-9]\d* bytes in 0 seconds"):
        list(open_corpus(f"{server}/slow"))


def test_passwords_and_tokens_of_a_url_are_not_quoted(server: str) -> None:
    host = server.removeprefix("http://")
    nobody = "127.0.0.1:1"  # nothing listens there
    for url in (
        f"http://me:hidden@{host}/nothing?token=hidden",
        f"http://me:hidden@{nobody}/x?token=hidden",
        f"http://me:hid/den@{nobody}/x",
    ):
        with pytest.raises(CorpusError) as caught:
            list(open_corpus(url))
        assert "hid" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/a.txt", "https://host/a.txt"),
        ("https://u:p@host:80/a?k=1", "https://host:80/a?..."),
        ("https://u:p/w@host/a", "https://host/a"),
        ("https://u:p?w@host/a", "https://host/a"),
        ("https://u:p@[::1]:80/a", "https://[::1]:80/a"),
        ("s3://bucket/me@home.txt", "s3://bucket/me@home.txt"),
        ("me:p@host/a?b", "me:p@host/a?b"),
    ],
)
def test_secrets_of_a_url_are_hidden(url: str, shown: str) -> None:
    assert shown_url(url) == shown
