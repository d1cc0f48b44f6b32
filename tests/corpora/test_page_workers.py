"""Pages that other processes read: the same text in the same order, and what happens when they fail."""

from __future__ import annotations

import bz2
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from pathlib import Path

import pytest

pytest.importorskip("mwparserfromhell")

from embed.config import TrainConfig
from embed.corpora import WikiCorpus, mediawiki, open_configured, page_workers
from embed.errors import CorpusError
from embed.messages import speaking, toml_key
from embed.text.encoding import encode

pytestmark = pytest.mark.usefixtures("no_thread_is_left")

PAGES = 60


def page(number: int, text: str | None = None) -> str:
    text = text or f"Page {number}: [[Link|words]] ''of'' É{number} <b>bold</b>.\n* item &amp; {{{{x}}}}\n<p>open " * 3
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<page><title>Title {number}</title><ns>0</ns><revision><text>{escaped}</text></revision></page>"


@pytest.fixture
def dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that writes a dump, of which the workers get all pages but the first."""
    monkeypatch.setattr(page_workers, "ALONE_CHARACTERS", 1)
    monkeypatch.setattr(page_workers, "BATCH_CHARACTERS", 500)
    has_started = page_workers._Pool.has_started

    def waiting(pool: page_workers._Pool) -> bool:
        wait(pool._starts)
        return has_started(pool)

    monkeypatch.setattr(page_workers._Pool, "has_started", waiting)

    def write(*pages: str) -> Path:
        path = tmp_path / "dump.xml"
        path.write_text(
            "<mediawiki><siteinfo><namespaces><namespace key='6'>Datei</namespace></namespaces></siteinfo>"
            + "".join(pages or map(page, range(PAGES)))
            + "</mediawiki>",
            encoding="utf-8",
        )
        return path

    return write


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Record the processes, and check that none is left."""
    processes: list[subprocess.Popen[bytes]] = []

    class Recorded(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    yield processes
    assert all(process.poll() is not None for process in processes)


def texts(path: Path, workers: int, **options: bool | str) -> list[bytes]:
    chunks = WikiCorpus(path, workers=workers, **options).byte_chunks()
    assert chunks is not None
    return list(chunks)


@pytest.mark.parametrize("tokenizer", ["words", "whitespace"])
@pytest.mark.parametrize("lowercase", [False, True])
def test_workers_give_the_same_texts_in_the_same_order(
    dump: Callable[..., Path], started: list[object], tokenizer: str, lowercase: bool
) -> None:
    path = dump()
    alone = texts(path, 1, tokenizer=tokenizer, lowercase=lowercase)
    assert not started
    assert texts(path, 2, tokenizer=tokenizer, lowercase=lowercase) == alone
    assert 1 <= len(started) <= 2
    assert len(alone) == PAGES
    sentences = [line.decode().split() for text in alone for line in text.split(b"\n") if line.strip()]
    assert sentences == list(WikiCorpus(path, tokenizer=tokenizer, lowercase=lowercase))


def test_an_encoded_corpus_is_the_same_with_workers(dump: Callable[..., Path], started: list[object]) -> None:
    path = dump()
    found = []
    for threads in (1, 3):
        config = TrainConfig(tokenizer="words", threads=threads)
        with encode(open_configured(path, config), min_count=1) as encoded:
            found.append((encoded.ids.tolist(), encoded.offsets.tolist(), encoded.vocabulary.words))
    assert found[0] == found[1]
    assert 1 <= len(started) <= 3


def test_prefixes_of_the_dump_reach_the_workers(dump: Callable[..., Path], started: list[object]) -> None:
    path = dump(*(page(number, f"a [[Datei:f{number}.png|thumb|gone]] b") for number in range(4)))
    assert [text.split() for text in texts(path, 2)] == [[b"a", b"b"]] * 4
    assert started


def test_pages_are_read_while_workers_start(
    dump: Callable[..., Path], started: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = dump()
    expected = texts(path, 1)
    looks = iter([False] * 7 + [True])
    monkeypatch.setattr(page_workers._Pool, "has_started", lambda pool: wait(pool._starts) and next(looks))
    assert texts(path, 2) == expected
    assert next(looks, None) is None
    monkeypatch.setattr(page_workers._Pool, "has_started", lambda pool: False)  # the dump ends before
    assert texts(path, 2) == expected
    assert started


@pytest.mark.parametrize(("waited_for", "workers"), [(0, 3), (PAGES, 1)])
def test_another_worker_starts_when_this_process_has_waited(
    dump: Callable[..., Path],
    started: list[object],
    monkeypatch: pytest.MonkeyPatch,
    waited_for: int,
    workers: int,
) -> None:
    monkeypatch.setattr(page_workers, "BATCHES_WAITED_FOR", waited_for)
    path = dump()
    assert texts(path, 3) == texts(path, 1)
    assert len(started) == workers


def test_a_small_dump_is_read_alone(tmp_path: Path, started: list[object]) -> None:
    path = tmp_path / "dump.xml"
    path.write_text(f"<mediawiki>{page(1)}{page(2)}</mediawiki>", encoding="utf-8")
    assert len(texts(path, 2)) == 2
    assert not started


def test_an_error_of_a_page_is_a_sentence_with_its_title(dump: Callable[..., Path], started: list[object]) -> None:
    path = dump(*map(page, range(9)), page(9, "a &#xD800; b"), *map(page, range(10, 20)))
    for workers in (1, 2):
        with pytest.raises(CorpusError, match=r"^the article 'Title 9' holds a lone surrogate \('\\ud800'\), which"):
            texts(path, workers, tokenizer="whitespace")
    assert b"a b" in texts(path, 2)[9]


def test_a_parser_that_fails_is_a_sentence_with_the_title(
    dump: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[str]:
        raise RecursionError("too deep")

    monkeypatch.setattr(page_workers, "plain_text", fail)
    with pytest.raises(CorpusError, match=r"^cannot parse the article 'Title 0' \(RecursionError: too deep\); remove"):
        texts(dump(), 1)


def test_compressed_dumps_are_read_ahead(dump: Callable[..., Path], started: list[object]) -> None:
    path = dump()
    expected = texts(path, 1)
    data = bz2.compress(path.read_bytes())
    path.write_bytes(data)
    assert texts(path, 2) == expected
    chunks = WikiCorpus(path, workers=2).byte_chunks()
    assert chunks is not None
    assert [next(chunks), next(chunks)] == expected[:2]
    del chunks
    path.write_bytes(data[:-10])
    with pytest.raises(CorpusError, match="bzip2 data is cut short"):
        texts(path, 2)
    assert started


def test_malformed_xml_ends_the_workers(dump: Callable[..., Path], started: list[object]) -> None:
    path = dump()
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(CorpusError, match="malformed XML"):
        texts(path, 2)
    assert started


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_worker_that_is_killed_is_an_error_with_the_title(
    dump: Callable[..., Path], started: list[subprocess.Popen[bytes]]
) -> None:
    chunks = WikiCorpus(dump(), workers=2).byte_chunks()
    assert chunks is not None
    message = r"^the process that read the article 'Title \d+' was killed \(signal 9\); it may have .* threads = 1, or"
    with speaking(toml_key):
        for _ in range(3):
            next(chunks)
        for process in started:
            process.kill()
        with pytest.raises(CorpusError, match=message):
            list(chunks)


def test_a_worker_that_cannot_work_is_an_error(
    dump: Callable[..., Path], started: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_workers, "_START", "raise SystemExit(7)")
    with pytest.raises(CorpusError, match=r"'Title 1' ended with exit code 7; .* or remove the article from the dump$"):
        texts(dump(), 2)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(CorpusError, match=r"^cannot start a process that reads pages \(No such file or directory\);"):
        texts(dump(), 2)
    monkeypatch.setattr(sys, "executable", "")
    assert len(texts(dump(), 2)) == PAGES


def test_who_stops_reading_leaves_no_process(dump: Callable[..., Path], started: list[object]) -> None:
    chunks = WikiCorpus(dump(), workers=2).byte_chunks()
    assert chunks is not None
    for _ in range(5):
        next(chunks)
    assert started
    del chunks  # the fixture looks


def test_the_pages_ahead_are_bounded(dump: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    taken = 0
    read = mediawiki.read_pages

    def counted(stream: object, **options: object) -> Iterator[object]:
        nonlocal taken
        for found in read(stream, **options):
            taken += 1
            yield found

    monkeypatch.setattr(mediawiki, "read_pages", counted)
    monkeypatch.setattr(page_workers, "BATCH_CHARACTERS", 1)
    chunks = WikiCorpus(dump(), workers=2).byte_chunks()
    assert chunks is not None
    next(chunks)
    next(chunks)
    assert taken <= 2 + 2 * page_workers.BATCHES_AHEAD + 1
    list(chunks)
    assert taken == PAGES


def test_workers_end_while_threads_still_run(dump: Callable[..., Path], tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        from embed.corpora import WikiCorpus, page_workers
        page_workers.ALONE_CHARACTERS = page_workers.BATCH_CHARACTERS = 1
        close = page_workers._Pool.close
        page_workers._Pool.close = lambda pool: (print(sys.is_finalizing(), flush=True), close(pool))
        chunks = WikiCorpus({str(dump())!r}, workers=2).byte_chunks()
        next(chunks), next(chunks)
        """),
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, cwd=tmp_path, timeout=60
    )
    assert done.stdout.split()[0] == "False"


def test_a_script_needs_no_guard_and_ctrl_c_leaves_nothing(dump: Callable[..., Path], tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
        from embed.corpora import WikiCorpus, page_workers
        page_workers.ALONE_CHARACTERS = page_workers.BATCH_CHARACTERS = 1
        print("run", flush=True)
        chunks = WikiCorpus({str(dump())!r}, workers=2).byte_chunks()
        print(sum(len(text.split()) for text in chunks), flush=True)
        """),
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, cwd=tmp_path)
    words = sum(len(text.split()) for text in texts(tmp_path / "dump.xml", 1))
    assert done.stdout.split() == ["run", str(words)]
    assert not done.stderr
    heed = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"  # the background may ignore it
    code = heed + script.read_text(encoding="utf-8").partition("print(sum")[0]
    # in a loop: a signal that arrives just before one long wait would not end it
    ending = "import time\nnext(chunks); next(chunks); print('on', flush=True)\nfor _ in range(6000): time.sleep(0.01)"
    script.write_text(code + ending, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdout is not None
        assert [running.stdout.readline() for _ in "12"] == ["run\n", "on\n"]
        group = os.getpgid(running.pid)
        os.killpg(group, signal.SIGINT)
        running.wait(60)
        assert running.stderr is not None
        assert "KeyboardInterrupt" in running.stderr.read()
    with pytest.raises(ProcessLookupError):  # nothing of the group is left
        os.killpg(group, 0)


def test_a_worker_ends_with_its_input(dump: Callable[..., Path]) -> None:
    """As when the process that reads the dump is killed."""
    code = page_workers._START.format(path=list(map(str, sys.path)), tokenizer="words", lowercase=False)
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.communicate(b"")[0] == page_workers._NUMBER.pack(0)  # it is ready
    assert worker.returncode == 0
