"""Files of vectors as the world has them: spaces in words, words twice, other encodings, and files of another kind."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import sqlite3
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed import formats
from embed.cli import main
from embed.compat import fasttext
from embed.compat.gensim import KeyedVectors, Word2Vec, load_facebook_model
from embed.compat.gensim.errors import WordFileError
from embed.errors import ConfigError, CorpusError, EmbedError, FormatError
from embed.files.compressed import ByteStream
from embed.formats import word_blob
from embed.formats.foreign import ForeignFileError
from embed.formats.registry import FORMATS
from embed.vectors import WordVectors


def words_of(tmp_path: Path, content: str | bytes, **options: object) -> list[str]:
    path = tmp_path / "v.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(formats.load(path, **options))  # type: ignore[arg-type]


# words with spaces


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the 1 2 3\nNew York 4 5 6\n. . . 7 8 9\n", ["the", "New York", ". . ."]),
        ("New York 4 5 6\nthe 1 2 3\nold 1 2 4\n", ["New York", "the", "old"]),
        ("New York 4 5 6\nold town 1 2 4\n", ["New York", "old town"]),
        ("New York\t4\t5\t6\r\nthe\t1\t2\t3\r\n", ["New York", "the"]),
        ("\ufeffthe 1 2\ncat 3 4\n", ["the", "cat"]),
        ("1980 1 2\n1990 3 4\n", ["1980", "1990"]),
    ],
)
def test_spaces_in_words_without_a_header(tmp_path: Path, text: str, words: list[str]) -> None:
    assert words_of(tmp_path, text) == words
    keyed = KeyedVectors.load_word2vec_format(tmp_path / "v.txt", no_header=True)
    assert keyed.index_to_key == words
    np.testing.assert_array_equal(keyed.vectors, formats.load(tmp_path / "v.txt").matrix)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "catch 22 1 2 3\ncat 1 2 3\ndog 4 5 6\n",
            "line 1: 4 numbers after the word, not 3; if words hold numbers, set dim to",
        ),
        ("a 1 2\nb 3 4 5\nc 5 6 7 8\n", "the first lines end with 2, 3, 4 ... numbers, so .*: set dim to"),
        ("cat 1 2\ncat 3 x dog 1 2\n", "line 2: the word 'cat 3 x dog' holds numbers, .*set dim=2"),
        ("0.5 1.5 2.5\n0.25 1.0 3.0\n", "the lines hold numbers alone: give words and matrix .*dim=2"),
        ("0 a 1.5 2\n1 b 2.5 3\n2 c 3 4\n", "a line number precedes each word: remove it.*dim=2"),
        ("the 0,5 1,5\ncat 0,25 3,0\n", "line 1: the numbers have decimal commas: write points"),
        ("the [0.5, 1.5]\ncat [1., 2.]\n", "line 1: the numbers are in brackets: remove them"),
        ("2 2\ra 1 2\rb 3 4\r", "the lines end with a carriage return alone: convert them"),
    ],
)
def test_ambiguous_text_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        words_of(tmp_path, text)


def test_given_dim_resolves_ambiguous_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "catch 22 1 2 3\ncat 4 5 6\n"
    assert words_of(tmp_path, text, dim=3) == ["catch 22", "cat"]
    assert main(["info", str(tmp_path / "v.txt"), "--dim", "3"]) == 0
    assert "dim          3\n" in capsys.readouterr().out
    assert main(["info", str(tmp_path / "v.txt")]) != 0
    assert "if words hold numbers, set --dim to" in capsys.readouterr().err
    vectors = WordVectors(["a"], np.ones((1, 3), np.float32))
    for name in ("v.embed", "v.npz", "v.bin"):
        formats.save(vectors, tmp_path / name)
        assert formats.load(tmp_path / name, dim=3).dim == 3
        with pytest.raises(FormatError, match=rf"{name}: the vectors have 3 dimensions, not 2"):
            formats.load(tmp_path / name, dim=2)
    for wrong in (0, -1, True, "3", 1.5, 10**30):
        with pytest.raises(ConfigError, match="dim must be "):
            formats.load(tmp_path / "v.embed", dim=wrong)  # type: ignore[arg-type]


# words that come twice, and bytes that are no words


def test_equal_words_are_refused_or_the_first_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "4 2\n| 1 2\ncat 3 4\n| 5 6\ncat 7 8\n"
    with pytest.raises(FormatError, match=r"line 4: duplicate word '\|'; keep the first with keep_first=True"):
        words_of(tmp_path, text)
    source = str(tmp_path / "v.txt")
    assert main(["convert", source, str(tmp_path / "o.vec")]) != 0
    assert "keep the first with --keep-first" in capsys.readouterr().err
    assert main(["convert", source, str(tmp_path / "o.vec"), "--keep-first"]) == 0
    assert (tmp_path / "o.vec").read_text() == "2 2\n| 1.0 2.0\ncat 3.0 4.0\n"
    with pytest.raises(ConfigError, match="keep_first must be of type bool"):
        words_of(tmp_path, text, keep_first="last")


@pytest.mark.parametrize("name", ["v.txt", "v.glove", "v.bin", "v.npz", "v.safetensors", "v.arrow", "v.parquet"])
def test_every_reader_keeps_the_first(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name in ("v.arrow", "v.parquet"):
        pytest.importorskip("pyarrow")
    vectors = WordVectors(["aa", "bb", "ab"], np.arange(6, dtype=np.float32).reshape(3, 2), counts=np.array([3, 2, 1]))
    monkeypatch.setattr(vectors, "_words", ["aa", "bb", "aa"])  # as no file of ours has it
    monkeypatch.setattr(word_blob, "word_index", lambda _: None)
    formats.save(vectors, tmp_path / name)
    with pytest.raises(FormatError, match=rf"{name}.*'aa'.*keep the first with keep_first=True"):
        formats.load(tmp_path / name)
    found = formats.load(tmp_path / name, keep_first=True)
    assert found.words == ["aa", "bb"]
    assert found.matrix.tolist() == [[0, 1], [2, 3]]
    assert found.counts is None or found.counts.tolist() == [3, 2]


def test_replaced_words_stay_distinct(tmp_path: Path) -> None:
    content = b"4 2\ncaf\xe9 1 2\ncaf\xe8 3 4\n\xef\xbf\xbd 5 6\n\xff 7 8\n"
    with pytest.raises(FormatError, match=r"line 2: .*caf\\xe9.*decode_errors='replace', or set the encoding"):
        words_of(tmp_path, content)
    assert words_of(tmp_path, content, decode_errors="replace") == ["caf\ufffd", "caf\\xe8", "\ufffd", "\\xff"]
    assert words_of(tmp_path, content.replace(b"\xef\xbf\xbd", b"x"), encoding="latin-1") == ["café", "cafè", "x", "ÿ"]
    equal = b"2 2\n\xe9 1 2\n\xe9 3 4\n"
    with pytest.raises(FormatError, match="duplicate word"):
        words_of(tmp_path, equal, decode_errors="replace")
    assert words_of(tmp_path, equal, decode_errors="replace", keep_first=True) == ["\ufffd"]


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf-16", "which changes ASCII"),
        ("none", "must name an encoding"),
        (None, "must be of type str"),
        ("rot13", "must name an encoding"),
    ],
)
def test_encodings_that_cannot_be_read(tmp_path: Path, encoding: object, message: str) -> None:
    with pytest.raises(ConfigError, match=f"encoding .*{message}"):
        words_of(tmp_path, "a 1 2\n", encoding=encoding)


@pytest.mark.parametrize(
    "command",
    [
        ["info", "IN"],
        ["nearest", "IN", "the"],
        ["analogy", "IN", "the", "cafe", "the"],
        ["convert", "IN", "OUT.npz"],
        ["quantize", "IN", "OUT.embed", "--method", "int8"],
        ["evaluate", "IN", "SET"],
        ["compare", "IN", "IN", "SET"],
    ],
)
@pytest.mark.parametrize("flags", [["--encoding", "latin-1"], ["--decode-errors", "replace"]])
def test_every_command_that_reads_vectors_takes_the_options(
    tmp_path: Path, command: list[str], flags: list[str]
) -> None:
    (tmp_path / "v.txt").write_bytes(b"3 2\nthe 1 2\ncaf\xe9 3 4\ncafe 4 3\n")
    (tmp_path / "set.tsv").write_text("the\tcafe\t3\ncafe\tthe\t2\nthe\tthe\t5\n")
    places = {"IN": "v.txt", "SET": "set.tsv", "OUT.npz": "o.npz", "OUT.embed": "o.embed"}
    arguments = [str(tmp_path / places[part]) if part in places else part for part in command]
    assert main(arguments) != 0
    assert main([*arguments, *flags]) == 0


def test_stand_in_names_the_invalid_word(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_bytes(b"2 2\nthe 1 2\ncaf\xe9 3 4\n")
    with pytest.raises(
        UnicodeDecodeError, match=r"v\.txt: the word b'caf\\xe9' is not valid utf.*unicode_errors="
    ) as caught:
        KeyedVectors.load_word2vec_format(tmp_path / "v.txt")
    assert isinstance(caught.value, EmbedError)
    keyed = KeyedVectors.load_word2vec_format(tmp_path / "v.txt", encoding="latin-1")
    assert keyed.index_to_key == ["the", "café"]


def test_long_words_are_quoted_shortened(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"the word b'x{58}\.\.\. is not valid UTF-8"):
        words_of(tmp_path, b"1 2\n" + b"x" * 99 + b"\xe9 1 2\n")


def test_npz_of_other_arrays_lists_them(tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", emb=np.ones((2, 2), np.float32), vocab=np.zeros(2))
    with pytest.raises(
        FormatError,
        match=r"holds emb, vocab, but not vectors, words.bytes, .*WordVectors\(words, matrix\)",
    ):
        embed.load(tmp_path / "v.npz")


# binary or text


def test_text_is_not_read_as_binary(tmp_path: Path) -> None:
    """Rows of text that have as many bytes as binary ones were garbage words, in silence."""
    for name in ("v.txt", "v.bin"):
        path = tmp_path / name
        for text in ("2 3\na 0.1 0.2 0.3\nb 0.4 0.5 0.6\n", "2 2\naa 0.123 4\nb 5 6.5\n"):
            path.write_text(text)
            with pytest.raises(WordFileError, match="is text; read it with binary=False"):
                KeyedVectors.load_word2vec_format(path, binary=True)
            with pytest.raises(WordFileError, match="binary=False"):
                KeyedVectors.load_word2vec_format(path, binary=True, limit=1)
            with pytest.raises(FormatError, match="in the format 'text'"):
                formats.load(path, "binary")
            assert len(formats.load(path)) == 2


def test_the_right_call_for_a_file_of_another_format(tmp_path: Path) -> None:
    vectors = WordVectors(["a", "b"], np.array([[1, 2.5], [-1, 3]], np.float32))
    for name in ("v.vec", "v.embed", "v.npz", "v.floret.bin"):
        formats.save(vectors, tmp_path / name, "fasttext" if name == "v.floret.bin" else None)
    word2vec_binary = tmp_path / "w.bin"
    formats.save(vectors, word2vec_binary)
    read = KeyedVectors.load_word2vec_format
    with pytest.raises(WordFileError, match="is binary; read it with binary=True"):
        read(word2vec_binary)
    with pytest.raises(WordFileError, match=r"load_facebook_vectors\(path\)"):
        read(tmp_path / "v.floret.bin", binary=True)
    with pytest.raises(WordFileError, match=r"KeyedVectors\.load\(path\)"):
        read(tmp_path / "v.embed", binary=True)
    with pytest.raises(WordFileError, match=r"embed\.load\(path\)"):
        read(tmp_path / "v.npz")
    for load in (KeyedVectors.load, Word2Vec.load, fasttext.load_model, load_facebook_model, embed.load_model):
        with pytest.raises(FormatError, match=r"in the format 'text': read it with embed\.load"):
            load(str(tmp_path / "v.vec"))
    with pytest.raises(FormatError, match="in the format 'npz'"):
        formats.load(tmp_path / "v.npz", "native")


# the first words alone


@pytest.mark.parametrize(
    "name", [name for name, form in FORMATS.items() if form.read and form.write and name != "floret"]
)
def test_every_reader_keeps_the_first_words(tmp_path: Path, name: str) -> None:
    if name in ("arrow", "parquet"):
        pytest.importorskip("pyarrow")
    words = [f"w{number}" for number in range(300)]
    vectors = WordVectors(words, np.arange(600, dtype=np.float32).reshape(300, 2), counts=np.arange(300, 0, -1))
    path = tmp_path / f"v.{name}"
    formats.save(vectors, path, name)
    for limit in (1, 299, 300, 1000):
        found = formats.load(path, limit=limit)
        assert found.words == words[:limit]
        np.testing.assert_array_equal(found.matrix, vectors.matrix[:limit])


def test_a_limit_ends_the_reading(tmp_path: Path) -> None:
    text = "a 1 2\na 3 4\nb 5 6\nthe rest is damaged\n"
    assert words_of(tmp_path, text, limit=2, keep_first=True, dim=2) == ["a", "b"]
    with pytest.raises(FormatError, match="line 4"):
        words_of(tmp_path, text, limit=3, keep_first=True, dim=2)
    head = b"3 1\n" + b"".join(word + b" " + bytes(4) for word in (b"a", b"b")) + b"cut short"
    assert formats.load(written(tmp_path, head), "binary", limit=2).words == ["a", "b"]
    with pytest.raises(FormatError, match="cut short"):
        formats.load(written(tmp_path, b"9 1\na 1\n"), "text", limit=1)  # the header claims more than the file holds
    for wrong in (0, -1, True, "3"):
        with pytest.raises(ConfigError, match="limit must be "):
            formats.load(tmp_path / "v.txt", limit=wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="unknown parameter 'limits'; did you mean 'limit'"):
        formats.load(tmp_path / "v.txt", limits=3)  # type: ignore[call-arg]


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "v.file"
    path.write_bytes(content)
    return path


def test_every_command_that_reads_vectors_has_the_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, b"caf\xe9 1 2\nb 3 4\nb 5 7\nc 1\n")
    flags = ["--encoding", "latin-1", "--keep-first", "--limit", "2", "--dim", "2", "--decode-errors", "strict"]
    asked = {
        "nearest": ["b"],
        "similarity": ["b", "caf\xe9"],
        "analogy": ["b", "b", "caf\xe9"],
        "vector": ["caf\xe9"],
        "synonyms": [],
        "info": [],
        "convert": [str(tmp_path / "o.vec")],
        "evaluate": ["--json"],
        "compare": [str(path)],
    }
    for command, more in asked.items():
        assert main([command, str(path), *more, *flags]) == 0, capsys.readouterr().err
    assert (tmp_path / "o.vec").read_text(encoding="utf-8") == "2 2\ncafé 1.0 2.0\nb 3.0 4.0\n"


# a zip archive of one file


class Pipe(io.RawIOBase):
    """A file that cannot be read out of order."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self.data.readinto(buffer)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self.data.write(data)


def zipped(*names: str, kind: str = "plain") -> bytes:
    """Return an archive; kind "pipe" has the sizes after the data, "large" in fields of 8 bytes."""
    target = Pipe() if kind == "pipe" else io.BytesIO()
    method = zipfile.ZIP_STORED if kind == "stored" else zipfile.ZIP_LZMA if kind == "lzma" else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(target, "w", method) as packed:  # type: ignore[arg-type]
        for name in names:
            with packed.open(name, "w", force_zip64=kind == "large") as entry:
                entry.write(b"" if name.endswith("/") else LINES)
    return (target.data if isinstance(target, Pipe) else target).getvalue()


LINES = "".join(f"w{number} {number / 7} {number * 3.1}\n" for number in range(9000)).encode()


@pytest.mark.parametrize("kind", ["plain", "stored", "pipe", "large"])
def test_the_only_file_in_a_zip_is_read(tmp_path: Path, kind: str) -> None:
    data = zipped("folder/v.txt", kind=kind)
    found = formats.load(written(tmp_path, data))
    assert (len(found), found.words[-1]) == (9000, "w8999")
    with ByteStream(Pipe(data), "pipe") as stream:
        assert (stream.compression, stream.read(1 << 30)) == ("zip", LINES)
    assert formats.load(written(tmp_path, zipped("a/", "a/v.txt", "__MACOSX/._v.txt")), limit=1).words == ["w0"]


def test_a_zip_that_is_not_one_file_or_damaged_is_an_error(tmp_path: Path) -> None:
    whole = zipped("v.txt")
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 255
    for data, fault in (
        (zipped("v.txt", "w.txt"), "holds (2|several) files"),
        (zipped("v.txt", kind="lzma"), "compressed by the method 14: unpack it"),
        (zipped("v/"), "holds (0 files|no file)"),
        (whole[: len(whole) // 2], "the zip data is cut short"),
        (whole[: whole.index(b"PK\x01\x02")], "the zip data is cut short"),
        (bytes(changed), "the zip data is damaged"),
        (whole[:6] + b"\x01" + whole[7:], "encrypted"),
    ):
        with pytest.raises(FormatError, match=fault):
            formats.load(written(tmp_path, data), "text")
        with pytest.raises(CorpusError, match=fault), ByteStream(Pipe(data), "pipe") as stream:
            stream.read(1 << 30)


# files of another kind


def archive(*write: str) -> bytes:
    buffer = io.BytesIO()
    if write == ("tar",):
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("v.vec"), io.BytesIO())
    else:
        with zipfile.ZipFile(buffer, "w") as packed:
            for name in write:
                packed.writestr(name, "x")
    return buffer.getvalue()


def array_file() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ones((2, 2)))
    return buffer.getvalue()


TEXT = "2 2\na 1 2\nb 3 4\n"
FOREIGN = {
    "gensim": (pickle.dumps({"gensim.models": 1}, 4), "gensim pickle, .*save_word2vec_format"),
    "pickle": (pickle.dumps([1, 2], 2), "a pickle, which can run any code and is never opened"),
    "pickle 0": (pickle.dumps({"a": [1]}, 0), "a pickle"),
    "pickle 5": (pickle.dumps(np.ones(3), 5), "a pickle"),
    "npy": (array_file(), "a NumPy array"),
    "tar": (archive("tar"), "a tar archive: unpack it"),
    "empty zip": (archive(), "an empty zip archive"),
    "torch": (archive("archive/data.pkl"), "a PyTorch file"),
    "UTF-16": (TEXT.encode("utf-16"), "text in UTF-16: convert it: iconv"),
    "UTF-16 LE": (TEXT.encode("utf-16-le"), "text in UTF-16"),
    "UTF-16 BE": (TEXT.encode("utf-16-be"), "text in UTF-16"),
    "UTF-32": (TEXT.encode("utf-32"), "text in UTF-32"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
    "page": (b"<!DOCTYPE html>\n<html><body>404</body></html>\n", "an HTML or XML page"),
    "page 2": (b"\n<?xml version='1.0'?>\n<Error>AccessDenied</Error>", "an HTML or XML page"),
    "answer": (b"<Error><Code>AccessDenied</Code></Error>", "an HTML or XML page"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "an HDF5 file"),
    "GGUF": (b"GGUF\x03\0\0\0" + bytes(99), "a GGUF file"),
    "ONNX": (b"\x08\x07\x12\x07pytorch" + bytes(99), "an ONNX model"),
    "JSON": (json.dumps({"a": [1, 2]}).encode(), "this is JSON"),
    "JSON lines": (b'{"word": "a", "vector": [1, 2]}\n' * 2, "this is JSON"),
    "lists": (b"[[1, 2], [3, 4]]", "this is JSON"),
    "CSV": (b"word,d0,d1\na,1,2\nb,3,4\n", "a table with commas or semicolons"),
    "semicolons": (b"a;1;2\nb;3;4\n", "a table with commas or semicolons"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "a PDF file"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_files_of_another_kind_are_named(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    data, message = FOREIGN[kind]
    for name in ("v.vec", "v.bin"):
        path = tmp_path / name
        path.write_bytes(data)
        for load in (embed.load, embed.load_model, KeyedVectors.load_word2vec_format):
            with pytest.raises(FormatError, match=f"{name}: this is .*{message}|{name}: .*{message}"):
                load(path)
        for load in (fasttext.load_model, load_facebook_model):
            with pytest.raises(FormatError, match=message):
                load(str(path))
        assert main(["info", str(path)]) != 0
        assert capsys.readouterr().err.count("\n") == 1
    packed = tmp_path / "v.gz"
    packed.write_bytes(gzip.compress(data))
    with pytest.raises(ForeignFileError, match=message):
        embed.load(packed)


def test_a_database_is_named(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "v.db")
    base.execute("create table vectors (word text)")
    base.commit()
    base.close()
    with pytest.raises(ForeignFileError, match="an SQLite database"):
        embed.load(tmp_path / "v.db")


def test_words_that_look_like_other_files_are_read(tmp_path: Path) -> None:
    words = ["GGUF", "ORC", "Obj", "<html>", "{", "[1,", "version", "a,1", "PK"]
    for first in words:
        others = [first, *(word for word in words if word != first)]
        text = "".join(f"{word} {number}.5 1\n" for number, word in enumerate(others))
        assert words_of(tmp_path, text) == others


@pytest.mark.parametrize("name", ["v.vec", "v.bin"])
def test_unknown_content_lists_all_formats(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(bytes(1000))
    with pytest.raises(FormatError) as caught:
        embed.load(tmp_path / name)
    for form in FORMATS.values():
        assert (form.name in str(caught.value)) == (form.read is not None)


# headers, names and blanks that lie


def test_rows_longer_than_the_header_are_refused(tmp_path: Path) -> None:
    text = "2 2\na 1 2 3\nb 4 5 6\n"
    with pytest.raises(FormatError, match="the header says 2 dimensions, but 3 numbers follow"):
        words_of(tmp_path, text)
    assert words_of(tmp_path, text, dim=2) == ["a 1", "b 4"]
    assert words_of(tmp_path, "2 2\napollo 11 2 3\nb 5 6\n") == ["apollo 11", "b"]


def test_header_is_compared_with_the_size_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="at least 19 bytes, but only 17 follow"):
        words_of(tmp_path, "2 4\na 1 2 3\nb 4 5 6\n")


def test_space_in_a_binary_word_is_refused(tmp_path: Path) -> None:
    rows = np.arange(1, 7, dtype="<f4").reshape(2, 3)
    data = b"2 3\n" + b"".join(
        word + b" " + row.tobytes() + b"\n" for word, row in zip((b"new york", b"b"), rows, strict=True)
    )
    with pytest.raises(FormatError, match="a word before it holds a space"):
        words_of(tmp_path, data)


def test_text_under_the_name_of_a_native_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "v.embed").write_text("a 1 2\nb 3 4\n")
    assert list(formats.load(tmp_path / "v.embed")) == ["a", "b"]
    (tmp_path / "v.embed").write_bytes(b"")
    with pytest.raises(FormatError, match="the file is empty"):
        formats.load(tmp_path / "v.embed")
