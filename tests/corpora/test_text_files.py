"""Reading text files: formats, files and folders, bad input, long lines."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed.corpora import PIECE_TOKENS, MixedCorpus, SentenceCorpus, TextCorpus, open_corpus
from embed.corpora import text as text_module
from embed.errors import ConfigError, CorpusError
from embed.files.zstd import zstd_module

TEXT = "der hund bellt\n\n  die Katze\tschläft \nein Satz ohne Ende"
SENTENCES = [["der", "hund", "bellt"], ["die", "Katze", "schläft"], ["ein", "Satz", "ohne", "Ende"]]


def zstd(data: bytes) -> bytes:
    compressed: bytes = zstd_module("a test").compress(data)
    return compressed


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}
COMPRESSED = [name for name in COMPRESSORS if name != "plain"]


def slow(corpus: TextCorpus) -> list[list[str]]:
    return list(corpus)


def fast(corpus: TextCorpus) -> list[list[str]]:
    """Split what the fast path hands to the compiled tokenizer the plainest way."""
    chunks = corpus.byte_chunks()
    assert chunks is not None
    lines = [line.split() for line in b"".join(chunks).split(b"\n")]
    pieces = [line[k : k + PIECE_TOKENS] for line in lines for k in range(0, len(line), PIECE_TOKENS)]
    return [[token.decode() for token in piece] for piece in pieces]


PATHS = pytest.mark.parametrize("read", [slow, fast])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(data: str | bytes, name: str = "corpus.txt") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return write


def standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# formats


@PATHS
@pytest.mark.parametrize("compression", COMPRESSORS)
def test_compression_is_recognised_by_content_and_the_last_token_is_kept(
    read: Callable[[TextCorpus], list[list[str]]], compression: str, write: Callable[..., Path]
) -> None:
    corpus = TextCorpus(write(COMPRESSORS[compression](TEXT.encode()), "misleading.png"))
    assert read(corpus) == SENTENCES
    assert read(corpus) == SENTENCES  # a second pass


@pytest.mark.parametrize("compression", COMPRESSED)
def test_members_in_a_row_are_all_read(compression: str, write: Callable[..., Path]) -> None:
    compress = COMPRESSORS[compression]
    data = compress(b"a b\nc ") + compress(b"") + compress(b"d\ne")
    assert slow(TextCorpus(write(data))) == [["a", "b"], ["c", "d"], ["e"]]


@pytest.mark.parametrize("compression", COMPRESSORS)
def test_standard_input_is_recognised_and_reads_once(compression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, COMPRESSORS[compression](TEXT.encode()))
    corpus = open_corpus("-")
    assert isinstance(corpus, TextCorpus)
    assert corpus.total_bytes is None
    assert corpus.fingerprint() is None
    assert list(corpus) == SENTENCES
    with pytest.raises(CorpusError, match="only once"):
        list(corpus)


def test_standard_input_from_a_pipe_that_delivers_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as source, open(writing, "wb", buffering=0) as sink:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(source))
        sink.write(b"\x1f")
        sink.write(gzip.compress(b"a b\nc")[1:])
        sink.close()
        assert list(open_corpus("-")) == [["a", "b"], ["c"]]


@pytest.mark.parametrize("compression", COMPRESSED)
def test_a_compressed_file_cut_short_is_an_error(compression: str, write: Callable[..., Path]) -> None:
    whole = COMPRESSORS[compression](os.urandom(1000).hex().encode() + b"\n")
    for size in (len(whole) // 2, len(whole) - 1):
        with pytest.raises(CorpusError, match=rf"corpus\.txt: the {compression} data is cut short after"):
            list(TextCorpus(write(whole[:size])))


@pytest.mark.parametrize("compression", COMPRESSED)
def test_damaged_compressed_data_is_an_error(compression: str, write: Callable[..., Path]) -> None:
    data = bytearray(COMPRESSORS[compression](os.urandom(100_000).hex().encode()))
    middle = slice(len(data) // 2, len(data) // 2 + 16)
    data[middle] = bytes(byte ^ 0xFF for byte in data[middle])
    with pytest.raises(CorpusError, match=rf"corpus\.txt.*{compression}"):
        # zstd without a checksum may only show the damage as text that is no UTF-8
        list(TextCorpus(write(bytes(data))))


def test_the_only_file_in_an_archive_is_text(write: Callable[..., Path]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("text8", "some words\nand more\n")
    assert list(TextCorpus(write(packed.getvalue()))) == [["some", "words"], ["and", "more"]]
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("text9", "more words\n")
    with pytest.raises(CorpusError, match=r"the zip archive holds 2 files, not one: unpack it"):
        list(TextCorpus(write(packed.getvalue())))
    with pytest.raises(CorpusError, match=r"the zip data is cut short"):
        list(TextCorpus(write(b"PK\x03\x04 and so on")))


def test_text_that_starts_like_bzip2_is_text(write: Callable[..., Path]) -> None:
    assert slow(TextCorpus(write("BZh91 is a word\n"))) == [["BZh91", "is", "a", "word"]]


# files, folders, globs


def test_folders_are_read_in_byte_order_without_hidden_files(tmp_path: Path, write: Callable[..., Path]) -> None:
    for name in ("b.txt", "a/z.txt", "a/é.txt", "a.txt", "B.txt", ".hidden", ".git/config"):
        write(name + "\n", "folder/" + name)
    assert [s[0] for s in slow(TextCorpus(tmp_path / "folder"))] == [
        "B.txt",
        "a/z.txt",
        "a/é.txt",
        "a.txt",
        "b.txt",
    ]


def test_a_linked_folder_is_followed_once(tmp_path: Path, write: Callable[..., Path]) -> None:
    write("one\n", "folder/1.txt")
    write("two\n", "elsewhere/2.txt")
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "folder")
    assert slow(TextCorpus(tmp_path / "folder")) == [["one"], ["two"]]


def test_lists_and_globs(tmp_path: Path, write: Callable[..., Path]) -> None:
    for name in ("2.txt", "10.txt", "deep/er/3.txt", "x[1].txt"):
        write(name, name)

    def names(*sources: str) -> list[str]:
        return [s[0] for s in slow(TextCorpus([str(tmp_path / source) for source in sources]))]

    assert names("1*.txt", "2.txt") == ["10.txt", "2.txt"]
    assert names("?.txt", "deep") == ["2.txt", "deep/er/3.txt"]
    assert names("**/*.txt") == ["10.txt", "2.txt", "deep/er/3.txt", "x[1].txt"]
    assert names("**") == ["10.txt", "2.txt", "deep/er/3.txt", "x[1].txt"]
    assert names("x[1].txt") == ["x[1].txt"]  # a file of that name wins over the pattern
    assert names("2.txt", "2.txt") == ["2.txt", "2.txt"]


def test_sources_that_lead_nowhere(tmp_path: Path, write: Callable[..., Path]) -> None:
    (tmp_path / "empty" / "er").mkdir(parents=True)
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    for source, message in [
        ("missing.txt", "does not exist"),
        ("empty", "has no files"),
        ("*.nothing", "matches no file"),
        ("dangling", "symbolic link"),
    ]:
        with pytest.raises(CorpusError, match=message):
            TextCorpus(tmp_path / source)
    with pytest.raises(CorpusError, match="no corpus was given"):
        TextCorpus([])
    with pytest.raises(CorpusError, match="more than once"):
        TextCorpus(["-", "-"])
    with pytest.raises(CorpusError, match="not int"):
        TextCorpus([1])  # type: ignore[list-item]


def test_an_unreadable_file_is_named(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("text")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("builtins.open", refuse)  # root may read anything, so a mode does not do
    with pytest.raises(CorpusError, match=r"corpus\.txt: cannot read: Permission denied"):
        list(TextCorpus(path))


@pytest.mark.skipif(sys.platform == "win32", reason="needs /proc")
def test_an_error_while_reading_is_named() -> None:
    if not os.path.exists("/proc/self/mem"):
        pytest.skip("needs /proc")
    with pytest.raises(CorpusError, match="/proc/self/mem: cannot read"):
        list(TextCorpus("/proc/self/mem"))


# bad bytes


@PATHS
@pytest.mark.parametrize("compression", ["plain", "gzip"])
def test_invalid_utf8_is_an_error_with_its_offset(
    read: Callable[[TextCorpus], list[list[str]]],
    compression: str,
    write: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text_module, "CHUNK_BYTES", 7)
    path = write(COMPRESSORS[compression]("ein großer Hügel ".encode() + b"\xff\n"))
    where = "byte 19" + (" of the decompressed gzip data" if compression == "gzip" else r" \(0xff\)")
    with pytest.raises(CorpusError, match=rf"corpus\.txt: {where}.*decode_errors='replace' or decode_errors='skip'"):
        read(TextCorpus(path))


@PATHS
@pytest.mark.parametrize("chunk", [1, 2, 3, 1 << 20])
@pytest.mark.parametrize(
    ("data", "replaced", "skipped"),
    [
        (b"a\xffb c", ["a\ufffdb", "c"], ["ab", "c"]),
        (b"a \xe2\x82", ["a", "\ufffd"], ["a"]),  # cut at the end of the file
        (
            b"\xe2\x82\xac \xed\xa0\x80x",
            ["€", "\ufffd\ufffd\ufffdx"],
            ["€", "x"],
        ),  # a surrogate is no character
        (b"x\0y z", ["x", "y", "z"], ["x", "y", "z"]),
    ],
)
def test_replace_and_skip(
    read: Callable[[TextCorpus], list[list[str]]],
    chunk: int,
    data: bytes,
    replaced: list[str],
    skipped: list[str],
    write: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text_module, "CHUNK_BYTES", chunk)
    assert read(TextCorpus(write(data), decode_errors="replace")) == [replaced]
    assert read(TextCorpus(write(data), decode_errors="skip")) == [skipped]
    with pytest.raises(CorpusError, match="byte"):
        read(TextCorpus(write(data)))


def test_nul_and_utf16_are_explained(write: Callable[..., Path]) -> None:
    with pytest.raises(CorpusError, match=r"byte 3 is NUL, so the file is UTF-16 or binary"):
        list(TextCorpus(write(b"abc\0def")))
    with pytest.raises(CorpusError, match=r"byte 0 \(0xff\).*looks like UTF-16"):
        list(TextCorpus(write("text".encode("utf-16"))))
    with pytest.raises(CorpusError, match="byte 1 is NUL"):
        list(TextCorpus(write(b"a\0\xff")))


@PATHS
def test_a_byte_order_mark_is_dropped_at_the_start_only(
    read: Callable[[TextCorpus], list[list[str]]], write: Callable[..., Path]
) -> None:
    assert read(TextCorpus(write(b"\xef\xbb\xbfa \xef\xbb\xbfb"))) == [["a", "\ufeffb"]]
    assert read(TextCorpus(write(b"\xef\xbb\xbf"))) == []


# long lines and chunks


@PATHS
@pytest.mark.parametrize("tokens", [PIECE_TOKENS - 1, PIECE_TOKENS, PIECE_TOKENS + 1, 2 * PIECE_TOKENS, 25_123])
def test_an_endless_line_is_cut_and_no_token_is_lost(
    read: Callable[[TextCorpus], list[list[str]]], tokens: int, write: Callable[..., Path]
) -> None:
    words = [f"w{k}" for k in range(tokens)]
    sentences = read(TextCorpus(write(" ".join(words))))
    assert [word for sentence in sentences for word in sentence] == words
    assert [len(s) for s in sentences[:-1]] == [PIECE_TOKENS] * (len(sentences) - 1)
    assert 0 < len(sentences[-1]) <= PIECE_TOKENS


@given(
    data=st.text(alphabet="ab \n\r\t\v\fßΣς\u00a0\u2028İ", max_size=60),
    chunk=st.integers(1, 9),
    lowercase=st.booleans(),
)
def test_both_paths_agree_whatever_the_chunks(
    data: str, chunk: int, lowercase: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "chunks.txt"
    path.write_bytes(data.encode())
    plain = data.lower() if lowercase else data
    for space in "\r\t\v\f":
        plain = plain.replace(space, " ")
    expected = [[word for word in line.split(" ") if word] for line in plain.split("\n")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_module, "CHUNK_BYTES", chunk)
        patch.setattr(text_module, "LONG_PART", 5)
        corpus = TextCorpus(path, lowercase=lowercase)
        assert slow(corpus) == [sentence for sentence in expected if sentence]
        chunks = corpus.byte_chunks()
        assert chunks is not None
        lines = b"".join(chunks).decode().split("\n")
    found = [line.encode().split() for line in lines]
    assert [[word.decode() for word in s] for s in found if s] == [s for s in expected if s]


@pytest.mark.parametrize("read", [iter, TextCorpus.byte_chunks])
def test_the_length_of_a_line_does_not_matter_for_memory(
    read: Callable[[TextCorpus], Iterator[object]], write: Callable[..., Path]
) -> None:
    def peak(megabytes: int) -> int:
        corpus = TextCorpus(write(gzip.compress(b"an endless line " * (megabytes << 16), 1)))
        tracemalloc.start()
        try:
            assert sum(1 for _ in read(corpus)) >= megabytes
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(8) < 1.1 * peak(3)


# tokenizers


def words(text: str, write: Callable[..., Path], **options: object) -> list[str]:
    return [w for s in TextCorpus(write(text), tokenizer="words", **options) for w in s]  # type: ignore[arg-type]


def test_words_are_unicode_words(write: Callable[..., Path]) -> None:
    assert words("Don't stop, l’homme! (3.14) e-mail", write) == ["Don't", "stop", "l’homme", "3.14", "e", "mail"]
    assert words("'quoted' __init__ new_york _x_ a__b", write) == ["quoted", "init", "new_york", "x", "a__b"]
    assert words("cafe\u0301 naïve", write) == ["café", "naïve"]
    assert words("हिन्दी में, கணினி ภาษาไทย نمی‌خواهم", write) == ["हिन्दी", "में", "கணினி", "ภาษาไทย", "نمی‌خواهم"]
    assert words("कि_ब _कि_", write) == ["कि_ब", "कि"]
    assert words("STRASSE Straße ΌΣΟΣ", write, lowercase=True) == ["strasse", "straße", "όσος"]


def test_a_callable_gets_whole_lines_and_is_checked(write: Callable[..., Path]) -> None:
    path = write("A,B\n\nC " + "x" * 50)
    assert list(TextCorpus(path, tokenizer=lambda line: [w for w in line.split(",") if w])) == [
        ["A", "B"],
        ["C " + "x" * 50],
    ]
    assert list(TextCorpus(path, tokenizer=str.split, lowercase=True)) == [["a,b"], ["c", "x" * 50]]
    assert TextCorpus(path, tokenizer=str.split).byte_chunks() is None
    assert TextCorpus(path, tokenizer=str.split).fingerprint() is None
    with pytest.raises(CorpusError, match=r"corpus\.txt.*empty string"):
        list(TextCorpus(path, tokenizer=lambda line: line.split(",")))
    with pytest.raises(CorpusError, match="is str"):
        list(TextCorpus(path, tokenizer=lambda line: line))  # type: ignore[arg-type, return-value]


def test_unknown_settings_are_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match=r"tokenizer must be one of 'whitespace', 'words', .* not 'spaces'"):
        TextCorpus(write("x"), tokenizer="spaces")
    with pytest.raises(ConfigError, match="decode_errors must be one of"):
        TextCorpus(write("x"), decode_errors="ignore")


# fingerprints


def test_the_fingerprint_depends_on_content_and_settings_only(tmp_path: Path, write: Callable[..., Path]) -> None:
    first, second = write("a b\n", "1.txt"), write("c\n", "2.txt")
    corpus = TextCorpus([first, second])
    prints = {
        corpus.fingerprint(),
        TextCorpus([second, first]).fingerprint(),
        TextCorpus(first).fingerprint(),
        TextCorpus([first, second], lowercase=True).fingerprint(),
        TextCorpus([first, second], tokenizer="words").fingerprint(),
        TextCorpus([first, second], decode_errors="skip").fingerprint(),
    }
    assert len(prints) == 6
    assert None not in prints
    assert corpus.read_fingerprint() is None
    assert list(corpus) == [["a", "b"], ["c"]]
    assert corpus.read_fingerprint() == corpus.fingerprint()
    assert corpus.bytes_read == corpus.total_bytes == 6
    copied = [write("a b\n", "copy/x"), write("c\n", "copy/y")]
    assert TextCorpus(copied).fingerprint() == corpus.fingerprint()


def test_trailing_bytes_count_in_the_fingerprint_of_a_pass(write: Callable[..., Path]) -> None:
    corpus = TextCorpus(write(gzip.compress(b"a b\n") + bytes(512)))  # gzip allows zeros at the end
    assert list(corpus) == [["a", "b"]]
    assert corpus.read_fingerprint() == corpus.fingerprint()


# Python data


def test_iterables_of_lists_pass_through_uncut() -> None:
    long = [["w"] * (PIECE_TOKENS + 5), ["new york", "x"]]
    assert list(open_corpus(long)) == long
    assert list(open_corpus(tuple(s) for s in long)) == long  # type: ignore[arg-type]
    assert list(open_corpus([["A"]], lowercase=True)) == [["a"]]
    corpus = open_corpus(iter([["x"]]))
    assert isinstance(corpus, SentenceCorpus)
    assert open_corpus(corpus) is corpus


def test_strings_in_place_of_lists_are_explained() -> None:
    with pytest.raises(CorpusError, match=r"sentence 2 is str .*a sentence is a list of words"):
        list(open_corpus([["a"], "a sentence"]))  # type: ignore[list-item]
    with pytest.raises(CorpusError, match="sentence 1 is str"):
        list(open_corpus(iter(["a sentence"])))
    with pytest.raises(CorpusError, match="does not exist; to pass text instead of a path"):
        open_corpus(["the cat sat", "on the mat"])
    with pytest.raises(CorpusError, match="sentence 1, word 2 is int"):
        list(open_corpus([["a", 1]]))  # type: ignore[list-item]
    with pytest.raises(CorpusError, match="sentence 1, word 1 is an empty string"):
        list(open_corpus([[""]]))
    with pytest.raises(CorpusError, match="not int"):
        open_corpus(5)  # type: ignore[arg-type]


def test_text_and_dumps_may_be_mixed(write: Callable[..., Path]) -> None:
    pytest.importorskip("mwparserfromhell")
    dump = write(
        "<mediawiki><page><title>T</title><ns>0</ns>"
        "<revision><text>Two, '''three'''.</text></revision></page></mediawiki>"
    )
    corpus = open_corpus([write("one,\n", "1.txt"), dump])
    assert isinstance(corpus, MixedCorpus)
    assert list(corpus) == [["one,"], ["Two", "three"]]
    assert corpus.fingerprint() is not None
    assert corpus.bytes_read == corpus.total_bytes
