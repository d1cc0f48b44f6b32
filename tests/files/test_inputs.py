"""Inputs that give their bytes once: pipes, FIFOs, standard input. Nothing is lost, or read twice in silence.

The text is longer than what is looked at to recognise it, so that a reader that opens a pipe again loses its beginning.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import embed
import embed.eval
from embed import formats
from embed.cli import main
from embed.corpora import ColumnCorpus, MixedCorpus, TextCorpus, open_corpus
from embed.errors import AdviceWarning, CorpusError, FormatError
from embed.files.inputs import Input
from embed.formats.model_file import load_model, save_model
from embed.vectors import WordVectors

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs FIFOs")

LINES = [f"line {number} of a long text" for number in range(8_000)]
TEXT = "".join(f"{line}\n" for line in LINES).encode()
SENTENCES = [line.split() for line in LINES]

Fifo = Callable[..., str]


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Fifo]:
    """Return a function that makes a FIFO and writes `data` to it once, as `cat` would, from a thread."""
    threads: list[threading.Thread] = []
    paths: list[Path] = []

    def write(path: Path, data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError), open(path, "wb") as file:  # some readers leave early
            file.write(data)

    def make(data: bytes, name: str = "fifo") -> str:
        path = tmp_path / name
        os.mkfifo(path)
        paths.append(path)
        threads.append(threading.Thread(target=write, args=(path, data)))
        threads[-1].start()
        return str(path)

    yield make
    for path, thread in zip(paths, threads, strict=True):
        if thread.is_alive():  # nobody has read it
            os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        thread.join()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda data: gzip.compress(data) + gzip.compress(b"more\n")])
def test_a_fifo_is_read_whole_and_once(pack: Callable[[bytes], bytes], fifo: Fifo) -> None:
    corpus = open_corpus(fifo(pack(TEXT)))
    assert list(corpus)[: len(SENTENCES)] == SENTENCES
    with pytest.raises(CorpusError, match="fifo can be read only once; save it to a file to read it again"):
        list(corpus)


def test_a_fifo_counts_the_same_as_a_file(fifo: Fifo, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT)
    with embed.encode(open_corpus(fifo(TEXT))) as piped, embed.encode(open_corpus(path)) as read:
        assert np.array_equal(piped.ids, read.ids)
        assert len(piped.ids) > 0


def test_fifos_written_one_after_the_other_do_not_block(tmp_path: Path) -> None:
    paths = [tmp_path / "first", tmp_path / "second"]
    for path in paths:
        os.mkfifo(path)
    plain = tmp_path / "third"
    plain.write_bytes(TEXT)

    def write() -> None:
        for path in paths:
            path.write_bytes(TEXT)

    thread = threading.Thread(target=write)
    thread.start()
    corpus = open_corpus([*paths, plain])
    assert isinstance(corpus, MixedCorpus)
    chunks = corpus.byte_chunks()
    assert chunks is not None
    assert b"".join(chunks).split() == 3 * TEXT.split()
    thread.join()


def test_a_dump_after_a_pipe_is_recognised_in_its_turn(fifo: Fifo) -> None:
    pytest.importorskip("mwparserfromhell")
    page = "<page><title>T</title><ns>0</ns><revision><text>one, ''two''</text></revision></page>"
    names = [fifo(TEXT, "text"), fifo(f"<mediawiki>{page}</mediawiki>".encode(), "dump")]
    chunks = open_corpus(names).byte_chunks()
    assert chunks is not None
    assert b"".join(chunks).splitlines()[-1].split() == [b"one", b"two"]


def test_an_input_given_twice_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    for names in ([path, path], [path, f"{tmp_path}/./fifo"], ["-", "-"]):
        with pytest.raises(CorpusError, match="was given more than once but can be read only once; name it once"):
            open_corpus(list(map(str, names)))
    read, write = os.pipe()
    with os.fdopen(read) as stdin, os.fdopen(write, "w"):
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(CorpusError, match="was given more than once"):
            open_corpus(["-", f"/dev/fd/{read}"])


def test_a_pipe_read_twice_by_a_command_is_an_error(
    fifo: Fifo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = fifo(b"")
    for command in (
        ["train", path, "--continue-from", path, "-o", "v.txt"],
        ["train", path, "--config", path, "-o", "v.txt"],
        ["phrases", path, "--model", path],
        ["evaluate", path, path],
        ["evaluate", "set.txt", path, path],
        ["compare", path, path],
        ["compare", "-", "-"],
        ["curve", path, path],
    ):
        assert main(command) == 2, command
        assert "was given more than once but can be read only once; name it once" in capsys.readouterr().err


def test_a_copy_of_a_pipe_is_whole_or_an_error(fifo: Fifo, monkeypatch: pytest.MonkeyPatch) -> None:
    class AlmostFull(io.FileIO):
        room = 1000

        def write(self, data: memoryview) -> int:  # type: ignore[override]
            part = data[: min(self.room, 300)]
            self.room -= len(part)
            if data and not part:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(part)

    def temporary(buffering: int = -1) -> io.FileIO:
        descriptor = os.memfd_create("copy") if hasattr(os, "memfd_create") else pytest.skip("needs memfd_create")
        return AlmostFull(descriptor, "w+")

    monkeypatch.setattr(tempfile, "TemporaryFile", temporary)
    with Input(fifo(b"x" * 999)).open_seekable() as copy:
        assert copy.read() == b"x" * 999
    with pytest.raises(CorpusError, match="cannot copy to a temporary file: No space left on device"):
        Input(fifo(b"x" * 1001, "longer")).open_seekable()


def test_a_folder_of_relations_waits_for_no_pipe(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("king queen man woman\n")
    os.mkfifo(tmp_path / "b.txt")
    [found] = embed.eval.load_sets(tmp_path)
    assert len(found) == 1


def test_closed_standard_input_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CorpusError, match="standard input is closed"):
        open_corpus("-")


def test_an_empty_open_pipe_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.set_blocking(read, False)  # as a parent process may have left it
    with os.fdopen(read) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)

        def write_late() -> None:
            with os.fdopen(write, "wb") as file:
                file.write(b"late words\n")

        timer = threading.Timer(0.05, write_late)
        timer.start()
        assert list(open_corpus("-")) == [["late", "words"]]
        timer.join()


def test_an_empty_pipe_is_empty(fifo: Fifo) -> None:
    with pytest.raises(CorpusError, match="the corpus is empty"):
        embed.train(fifo(b""))


# the command


def test_phrases_of_a_pipe_are_refused_before_anything_is_written(
    fifo: Fifo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "joined.txt"
    output.write_text("older\n")
    assert main(["phrases", fifo(TEXT), "--apply", str(output), "--save", str(tmp_path / "model")]) == 2
    assert "can be read only once; learn with --save, then join with --model" in capsys.readouterr().err
    assert output.read_text() == "older\n"
    assert not (tmp_path / "model").exists()


def test_the_cost_of_a_pipe_counts_all_its_tokens(fifo: Fifo, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--corpus", fifo(TEXT), "--min-count", "1", "--json"]) == 0
    assert f'"tokens": {len(TEXT.split())}' in capsys.readouterr().out


# vectors


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    rng = np.random.default_rng(0)
    words = [f"word{number}" for number in range(2_000)]
    return WordVectors(words, rng.standard_normal((len(words), 12), np.float32), counts=np.arange(2_000, 0, -1))


@pytest.mark.parametrize("ending", [".txt", ".txt.gz", ".bin", ".bin.xz", ".glove", ".embed", ".npz", ".safetensors"])
def test_vectors_are_read_from_a_pipe(ending: str, vectors: WordVectors, fifo: Fifo, tmp_path: Path) -> None:
    path = tmp_path / f"vectors{ending}"
    formats.save(vectors, path)
    found = formats.load(fifo(path.read_bytes()))
    assert found.words == vectors.words
    assert np.array_equal(found.matrix, vectors.matrix)


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_tables_are_read_from_a_pipe(ending: str, vectors: WordVectors, fifo: Fifo, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / f"vectors{ending}"
    formats.save(vectors, path)
    assert formats.load(fifo(path.read_bytes())).words == vectors.words


def test_models_are_read_from_a_pipe(fifo: Fifo, tmp_path: Path) -> None:
    model = embed.train(SENTENCES, dim=16, epochs=1, threads=1, subword=True, buckets=100, hash_count=0, progress=False)
    for name, form in (("model.embed", "native"), ("model.bin", "fasttext")):
        save_model(model, tmp_path / name, form)
        data = (tmp_path / name).read_bytes()
        assert load_model(fifo(data, f"{form}-model")).vocabulary.words == model.vocabulary.words
        assert formats.load(fifo(data, f"{form}-vectors")).words == model.vectors.words
        start = fifo(data, f"{form}-start")
        further = embed.continue_training(start, SENTENCES, epochs=1, subsample=0, threads=1, progress=False)
        assert further.vocabulary.words == model.vocabulary.words


def test_info_of_a_pipe(vectors: WordVectors, fifo: Fifo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "vectors.embed"
    formats.save(vectors, path)
    assert main(["info", fifo(path.read_bytes()), "--json"]) == 0
    assert '"words": 2000' in capsys.readouterr().out


def test_vectors_are_read_from_standard_input(
    vectors: WordVectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    formats.save(vectors, tmp_path / "v.embed")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((tmp_path / "v.embed").read_bytes())))
    assert main(["nearest", "-", "word7", "-n", "1"]) == 0
    assert capsys.readouterr().out.startswith("word7\tword")


def test_an_input_read_before_is_refused(fifo: Fifo) -> None:
    source = Input(fifo(b"2 2\na 1 2\nb 3 4\n"), FormatError)
    assert formats.detect(source) == "text"
    assert formats.load(source).words == ["a", "b"]
    with pytest.raises(FormatError, match="can be read only once"):
        formats.load(source)


@pytest.mark.parametrize("ending", [".csv", ".json", ".jsonl", ".parquet", ""])
def test_columns_are_read_from_a_pipe(ending: str, fifo: Fifo, tmp_path: Path) -> None:
    texts = [f"row {number}" for number in range(9_000)]
    if ending == ".parquet":
        pa = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pa.table({"text": texts}), tmp_path / "table")
        data = (tmp_path / "table").read_bytes()
    elif ending == ".json":
        data = json.dumps([{"text": text} for text in texts]).encode()
    elif ending == ".jsonl":
        data = "".join(f'{{"text": "{text}"}}\n' for text in texts).encode()
    else:
        data = ("text\n" + "\n".join(texts) + "\n").encode()
    corpus = ColumnCorpus(fifo(data, f"pipe{ending}"), "text")
    assert list(corpus) == [text.split() for text in texts]


def test_looking_at_many_files_keeps_none_open(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.txt").write_text("some words\n")
    before = len(os.listdir("/dev/fd"))
    corpus = open_corpus(tmp_path)
    assert isinstance(corpus, TextCorpus)
    assert len(os.listdir("/dev/fd")) == before


# folders


def test_a_pipe_in_a_folder_is_skipped_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("some words\n")
    os.mkfifo(tmp_path / "pipe")
    for source in (tmp_path, f"{tmp_path}/*", f"{tmp_path}/**"):
        with pytest.warns(AdviceWarning, match="skipped .*pipe, which is not a regular file"):
            corpus = open_corpus(source)
        assert list(corpus) == [["some", "words"]]


def test_a_folder_may_be_as_deep_as_the_system_has_it(tmp_path: Path) -> None:
    here = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1_100):
            os.mkdir("a")
            os.chdir("a")
        Path("t.txt").write_text("deep words\n")
    finally:
        os.chdir(here)
    try:
        assert list(open_corpus(tmp_path / "a")) == [["deep", "words"]]
    finally:  # deeper than shutil.rmtree goes before Python 3.13
        for depth in range(1_100, 0, -1):
            folder = os.path.join(tmp_path, *["a"] * depth)
            if depth == 1_100:
                os.unlink(f"{folder}/t.txt")
            os.rmdir(folder)


def test_links_in_a_circle_and_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("some words\n")
    (tmp_path / "up").symlink_to(tmp_path)
    assert list(open_corpus(tmp_path)) == [["some", "words"]]
    (tmp_path / "self").symlink_to(tmp_path / "self")
    with pytest.raises(CorpusError, match="self is a symbolic link to nothing"):
        open_corpus(tmp_path)
    (tmp_path / "self").unlink()
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="gone is a symbolic link to a file that does not exist"):
        open_corpus(tmp_path)
