"""The word2vec formats, atomic files and the choice of a format."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embed import formats
from embed.errors import ConfigError, FormatError
from embed.files.atomic import atomic_write, atomic_write_text
from embed.files.compressed import ByteStream
from embed.formats import word2vec_binary, word2vec_text
from embed.formats.escaping import escape_word, unescape_word
from embed.vectors import WordVectors

EXTENSIONS = [".txt", ".vec", ".glove", ".bin", ".embed"]
SPECIAL = [0.0, -0.0, 1e-45, -1e-45, 1.1754942e-38, 1.1754944e-38, 1.0, 0.1, 1e-5, 123456789.0, 16777216.0]
ODD_WORDS = [
    "a",
    "日本語",
    "naïve",
    "no\u00a0break",
    "\u2028",
    "\x85",
    "\ufeffbom",
    "1",
    "2.5",
    "nan",
    "\\",
    '"q"',
    "[",
    "😀",
]


def bits(matrix: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(matrix).view(np.uint32)


def assert_same(found: WordVectors, expected: WordVectors) -> None:
    assert found.words == expected.words
    np.testing.assert_array_equal(bits(found.matrix), bits(expected.matrix))


def sample(words: int = 300, dim: int = 7, seed: int = 0) -> WordVectors:
    rng = np.random.default_rng(seed)
    return WordVectors([f"w{i}" for i in range(words)], rng.normal(size=(words, dim)).astype(np.float32))


def spans(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Make blocks so small that a little file has many."""
    monkeypatch.setattr(word2vec_text, "READ_BYTES", size)
    monkeypatch.setattr(word2vec_text, "WRITE_NUMBERS", size)
    monkeypatch.setattr(word2vec_binary, "BLOCK_BYTES", size)
    monkeypatch.setattr("embed.formats.reading.FIRST_ROWS", 1)


# round trips


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_odd_words_and_numbers_round_trip_bit_for_bit(tmp_path: Path, extension: str) -> None:
    numbers = np.array([SPECIAL[i % len(SPECIAL)] for i in range(3 * len(ODD_WORDS))], np.float32)
    vectors = WordVectors(ODD_WORDS, numbers.reshape(-1, 3))
    path = tmp_path / f"vectors{extension}"
    formats.save(vectors, path)
    assert_same(formats.load(path), vectors)


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_blocks_join_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extension: str, size: int) -> None:
    spans(monkeypatch, size)
    vectors = sample()
    path = tmp_path / f"vectors{extension}"
    formats.save(vectors, path)
    assert_same(formats.load(path), vectors)


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize(("words", "dim"), [(1, 1), (1, 50), (500, 1)])
def test_small_shapes(tmp_path: Path, extension: str, words: int, dim: int) -> None:
    vectors = sample(words, dim)
    formats.save(vectors, tmp_path / f"v{extension}")
    assert_same(formats.load(tmp_path / f"v{extension}"), vectors)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_padded_rows_are_written_without_their_padding(tmp_path: Path, extension: str) -> None:
    padded = np.random.default_rng(0).normal(size=(20, 16)).astype(np.float32)
    vectors = WordVectors([f"w{i}" for i in range(20)], padded[:, :5])
    formats.save(vectors, tmp_path / f"v{extension}")
    assert_same(formats.load(tmp_path / f"v{extension}"), vectors)


@given(
    arrays(
        np.uint32,
        st.tuples(st.integers(1, 5), st.integers(1, 4)),
        # Every finite float32, by its bits, with the subnormal ones and the edges as likely as the rest.
        elements=st.one_of(
            st.integers(0, 0x7F7FFFFF),
            st.integers(0, 0x007FFFFF),
            st.sampled_from([0x7F7FFFFF, 0x15AE43FD, 0]),
        ).flatmap(lambda x: st.sampled_from([x, x | 0x80000000])),
    )
)
def test_every_float32_survives_text(tmp_path_factory: pytest.TempPathFactory, numbers: np.ndarray) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    rows = numbers.view(np.float32)
    lines = word2vec_text.format_lines([b"w%d" % i for i in range(len(rows))], rows)
    path.write_bytes(b"%d %d\n" % rows.shape + lines)
    if np.sqrt((rows.astype(np.float64) ** 2).sum(axis=1)).max() <= np.finfo(np.float32).max:
        np.testing.assert_array_equal(bits(word2vec_text.read(path).matrix), numbers)
    through_float64 = [[float(field) for field in line.split()[1:]] for line in lines.splitlines()]
    np.testing.assert_array_equal(bits(np.array(through_float64).astype(np.float32)), numbers)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7.038531e-26", 0x15AE43FD),  # its float64 lies halfway, and to even would be a bit less
        ("-7.038531e-26", 0x95AE43FD),
        ("1.00000005960464477539062500001", 0x3F800001),  # just above halfway between 1 and the next
        ("1.000000059604644775390625", 0x3F800000),  # exactly halfway: to even
        ("1.00000017881393432617187499999", 0x3F800001),  # just below halfway, and even is above
        ("1e-46", 0),
        ("7.006492321624085354619e-46", 1),  # a hair above half of the smallest
        (
            "7.0064923216240853546186479164495806564013097093825788587853e-46",
            0,
        ),  # exactly half of it, to even
    ],
)
@pytest.mark.parametrize("around", ["{}", "+{}", "{} "])
def test_decimals_are_rounded_once(tmp_path: Path, text: str, expected: int, around: str) -> None:
    if text.startswith("-") and around.startswith("+"):
        around = "{}"
    path = tmp_path / "v.txt"
    path.write_text(f"x 1 {around.format(text)}\n")
    assert bits(word2vec_text.read(path).matrix)[0, 1] == expected


def test_numbers_are_written_shortest(tmp_path: Path) -> None:
    word2vec_text.write(WordVectors(["a"], [[0.1, -0.0, 1e-7, 1e20, 2.0]]), tmp_path / "v.txt")
    assert (tmp_path / "v.txt").read_bytes() == b"1 5\na 0.1 -0.0 1e-7 1e+20 2.0\n"


# reading what others write


@pytest.mark.parametrize(
    "text",
    [
        "2 3\na 1 2 3\nb 4 5 6\n",
        "2 3\na 1 2 3\nb 4 5 6",
        "a 1 2 3\nb 4 5 6",
        "2 3\na 1 2 3 \nb 4 5 6 \n",
        "2 3\r\na 1 2 3\r\nb 4 5 6\r\n",
        "2 3 \na\t1\t2\t3\nb  4 5  6\n\n \n",
        "\ufeff2 3\na 1.0 +2 3e0\nb 4. .5e1 6E+0\n",
    ],
)
def test_text_of_other_programs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "v.txt"
    path.write_bytes(text.encode())
    vectors = formats.load(path)
    assert vectors.words == ["a", "b"]
    assert vectors.matrix.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_minus_zero_without_a_point(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("a -0 1\nb 1 -0\n")
    assert np.signbit(formats.load(tmp_path / "v.txt").matrix).tolist() == [[True, False], [False, True]]


def test_spaces_in_words_where_the_dimension_is_known(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_text("2 2\nnew  york 1 2\n1 000 3 4\n")
    assert formats.load(path).words == ["new  york", "1 000"]
    path.write_text("a 5 6\n. . 1 2\n")
    assert word2vec_text.read(path, dim=2).words == ["a", ". ."]
    assert word2vec_text.read(path).words == ["a", ". ."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("\n", "line 1: neither a header"),
        ("hello\n", "line 1: neither a header"),
        ("hello world\n", "line 1: neither a header"),
        ("2 2\na 1 2\n", "cut short|but the file ends after 1"),
        ("3 2\na 1.000 2\nb 1 2.000\n", "the header says 3 words, but the file ends after 2"),
        ("1 2\na 1 2\nb 3 4\n", "line 3: one line more than the 1 words"),
        ("2 2\na 1 2\nb 3\n", "line 3: 1 numbers after the word, not 2"),
        ("2 2\na 1.5 2 3.5\nb 3 4\n", "line 2: 3 numbers after the word, not 2"),
        ("a 1 2\nb 3 4 5\n", "line 2: 3 numbers"),
        ("a 1 2\nb 3 x\n", "line 2: 'x' is not a number"),
        ("a 1 2\nb 3 1_0\n", "line 2: '1_0' is not a number"),
        ("a 1 2\nb 3 0x1\n", "line 2: '0x1' is not a number"),
        ("a 1 2\nb true 1\n", "line 2: 'true' is not a number"),
        ("a 1 2\nb null 1\n", "line 2: 'null' is not a number"),
        ('a 1 2\nb "1" 1\n', "line 2: '\"1\"' is not a number"),
        ("a 1 2\nb 1,5 1\n", "line 2: '1,5' is not a number"),
        ("a 1 2\nb [1 2]\n", r"line 2: '\[1' is not a number"),
        ("a 1 2\nb nan 1\n", "line 2: 'nan' is not finite"),
        ("a 1 2\nb 1 -Infinity\n", "line 2: '-Infinity' is not finite"),
        ("a 1 2\nb 1 4e38\n", "line 2: '4e38' is too large for a float32"),
        ("a 1 2\nb 1 1e999\n", "line 2: '1e999' is too large for a float32"),
        ("a 1 2\nb 3 4\na 5 6\n", "line 3: duplicate word 'a'"),
        ("a 1 2\n\nb 3 4\n", "line 2: the line is blank"),
        ("2 2\na 1 2\n 3 4\n", "line 3: 1 numbers after the word|line 3: the word is empty"),
        ("0 5\n", "at least 1 word"),
        ("5 0\n", "at least 1 word"),
        ("1 99999999\na 1\n", "1 to 1048576 dimensions"),
        ("999999999999 1000000\na 1\n", "at least .* bytes, but only 5 follow"),
    ],
)
def test_bad_text_names_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(text)
    with pytest.raises(FormatError, match=message) as caught:
        formats.load(path)
    assert "bad.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_lines_are_counted_over_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spans(monkeypatch, 32)
    path = tmp_path / "v.txt"
    path.write_text("".join(f"w{i} {i} 1.5\n" for i in range(50)) + "w7 1 1\n")
    with pytest.raises(FormatError, match="line 51: duplicate word 'w7'"):
        formats.load(path)


def test_invalid_utf8_in_a_word(tmp_path: Path) -> None:
    for name, data in {"v.txt": b"1 1\n\xff\xfea 1\n", "v.bin": b"1 1\n\xff\xfea " + bytes(4)}.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(FormatError, match=r"not valid UTF-8|neither text"):
            formats.load(path)
        format = "text" if name == "v.txt" else "binary"
        assert formats.load(path, format, decode_errors="replace").words == ["\ufffd\ufffda"]
    with pytest.raises(ConfigError, match="decode_errors must be"):
        formats.load(path, decode_errors="ignore")


@pytest.mark.parametrize("extension", [".txt", ".vec", ".glove", ".bin"])
@pytest.mark.parametrize("more", [".gz", ".zst", ".bz2", ".xz", ".GZ"])
def test_the_name_says_that_a_file_is_compressed(tmp_path: Path, extension: str, more: str) -> None:
    vectors = sample()
    formats.save(vectors, tmp_path / f"v{extension}")
    paths = [tmp_path / f"{name}{extension}{more}" for name in ("a.b", "c")]
    for path in paths:
        assert formats.format_of(path) == formats.format_of(f"v{extension}")
        formats.save(vectors, path)
        assert_same(formats.load(path), vectors)
        with ByteStream(path.open("rb"), "file") as stream:
            assert stream.compression == {".bz2": "bzip2", ".zst": "zstd", ".xz": "xz"}.get(more, "gzip")
            assert stream.read(1 << 20) == (tmp_path / f"v{extension}").read_bytes()
    assert paths[0].read_bytes() == paths[1].read_bytes()  # neither name nor time is in it
    with pytest.raises(FormatError, match="a space"):
        formats.save(WordVectors(["a b"], [[1]]), paths[0])
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("extension", [".txt", ".bin"])
@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_are_recognised(tmp_path: Path, extension: str, compress: object) -> None:
    vectors = sample()
    plain, packed = tmp_path / f"v{extension}", tmp_path / "packed"
    formats.save(vectors, plain)
    data = compress(plain.read_bytes())
    packed.write_bytes(data)
    assert_same(formats.load(packed), vectors)
    packed.write_bytes(data[: len(data) // 2])
    with pytest.raises(FormatError, match="packed"):
        formats.load(packed)
    packed.write_bytes(compress(b"99999999999 1000000\nw 1 2 3"))  # a claim nobody can check against the size
    with pytest.raises(FormatError, match="packed"):
        formats.load(packed, "binary" if extension == ".bin" else "text")


def test_binary_with_and_without_line_breaks(tmp_path: Path) -> None:
    row = np.array([1.5, -2], "<f4").tobytes()
    for data in (
        b"2 2\na " + row + b"\nb " + row + b"\n",
        b"2 2\na " + row + b"b " + row,
        b"2 2\r\na " + row + b"\nb " + row,
    ):
        (tmp_path / "v.bin").write_bytes(data)
        vectors = formats.load(tmp_path / "v.bin")
        assert vectors.words == ["a", "b"]
        assert vectors.matrix.tolist() == [[1.5, -2]] * 2


def test_binary_rows_may_hold_any_bytes(tmp_path: Path) -> None:
    tricky = np.frombuffer(b"\n\n\n\n    \n \n 1.25====", "<f4")  # line breaks, spaces, digits
    for dim in (1, 5):
        numbers = tricky.reshape(-1, dim)
        vectors = WordVectors([f"w{i}" for i in range(len(numbers))], numbers)
        formats.save(vectors, tmp_path / "v.bin")
        assert_same(formats.load(tmp_path / "v.bin"), vectors)
    vectors = WordVectors(["a"], np.frombuffer(b"1.25", "<f4").reshape(1, 1))
    formats.save(vectors, tmp_path / "v.bin")
    assert_same(formats.load(tmp_path / "v.bin"), vectors)


def test_bad_binary_names_the_byte(tmp_path: Path) -> None:
    row = np.array([1.5, -2], "<f4").tobytes()
    good = b"2 2\na " + row + b"\nb " + row + b"\n"
    path = tmp_path / "bad.bin"
    for data, message in {
        b"": "empty",
        b"hello": "header",
        good[:-1] + b"c " + row: "byte 25: more data after the last of the 2 words",
        good.replace(b"2 2", b"999999999 2"): "bytes, but only",
        good.replace(b"2 2", b"2 99999"): "bytes, but only",
        good.replace(b"2 2", b"3 1"): "byte",
        good.replace(b"\nb", b"\na"): "byte 14: duplicate word 'a'",
        good.replace(b"\nb", b"\n"): "byte 14: the word is empty",
        good.replace(row, np.array([1, np.nan], "<f4").tobytes(), 1): "row 0: the vector of 'a' holds NaN",
    }.items():
        path.write_bytes(data)
        with pytest.raises(FormatError, match=message) as caught:
            formats.load(path)
        assert "bad.bin" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [5, 1 << 20])
def test_a_binary_file_cut_anywhere_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    spans(monkeypatch, size)
    path = tmp_path / "v.bin"
    formats.save(sample(4, 3), path)
    data = path.read_bytes()
    for length in range(len(data) - 1):  # without the last line break it is whole
        path.write_bytes(data[:length])
        with pytest.raises(FormatError, match=r"cut short|ends within word \d of 4|header|empty|known format"):
            formats.load(path)
    path.write_bytes(data[:-1])
    assert len(formats.load(path)) == 4
    path.write_bytes(gzip.compress(data[:40]))
    with pytest.raises(FormatError, match="byte 40: the file ends within word 3 of 4"):
        formats.load(path)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such file"):
        formats.load(tmp_path / "nothing.txt")
    with pytest.raises(FormatError, match="this is a folder"):
        formats.load(tmp_path)
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(FormatError, match="neither text nor a known format"):
        formats.load(tmp_path / "noise")


# words that do not fit


@pytest.mark.parametrize("extension", [".txt", ".glove", ".bin"])
@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("", "is empty"),
        ("a b", "a space"),
        ("\t", "a tab"),
        ("a\nb", "a line break"),
        ("a\r", "a carriage return"),
        ("\0", "a NUL"),
        ("\x0b", "control character"),
        ("x\udc80", "a lone surrogate"),
    ],
)
def test_words_that_do_not_fit_are_refused_or_escaped(tmp_path: Path, extension: str, word: str, what: str) -> None:
    vectors = WordVectors(["good", word, escape_word(word)], np.ones((3, 2)))
    path = tmp_path / f"v{extension}"
    path.write_bytes(b"old")
    with pytest.raises(FormatError, match=f"word 1, .*{what}.*escape"):
        formats.save(vectors, path)
    assert path.read_bytes() == b"old"
    formats.save(vectors, path, on_bad_word="escape")
    assert formats.load(path).words == ["good", escape_word(word), escape_word(escape_word(word))]
    assert formats.load(path, unescape=True).words == vectors.words
    with pytest.raises(ConfigError, match="'refuse' or 'escape', not 'drop'"):
        formats.save(vectors, path, on_bad_word="drop")


@given(st.text(st.characters(), max_size=6) | st.text("\\eu0 \n", max_size=8))
def test_escaping_is_reversible(word: str) -> None:
    escaped = escape_word(word)
    assert unescape_word(escaped) == word
    assert escaped.encode().split() == [escaped.encode()]


def test_a_bad_escape_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("a\\x 1 2\n")
    assert formats.load(tmp_path / "v.txt").words == ["a\\x"]
    with pytest.raises(FormatError, match=r"line 1: .*cannot be unescaped"):
        formats.load(tmp_path / "v.txt", unescape=True)


def test_a_mapped_matrix_with_nan_is_not_written(tmp_path: Path) -> None:
    np.array([[1, np.nan]], np.float32).tofile(tmp_path / "m")
    for extension in EXTENSIONS:
        vectors = WordVectors(["a"], np.memmap(tmp_path / "m", np.float32, "r", shape=(1, 2)))
        with pytest.raises(FormatError, match="'a'"):
            formats.save(vectors, tmp_path / f"v{extension}")
        assert not (tmp_path / f"v{extension}").exists()


# the choice of a format


def test_content_decides_whatever_the_name(tmp_path: Path) -> None:
    vectors = sample()
    for format in ("text", "glove", "binary", "native"):
        formats.save(vectors, tmp_path / "plain", format)
        for name in ("plain", "v.txt", "v.vec"):
            os.replace(tmp_path / "plain", tmp_path / name)
            assert_same(formats.load(tmp_path / name), vectors)
            os.replace(tmp_path / name, tmp_path / "plain")


def test_unknown_names_list_what_is_known(tmp_path: Path) -> None:
    for name in ("v.xyz", "v", "v.embed.gz", "v.gz"):
        with pytest.raises(FormatError, match=r"\.txt, \.vec, \.glove, \.bin, .*\.embed, .*\.npz"):
            formats.save(sample(), tmp_path / name)
    with pytest.raises(ConfigError, match=r"'binary', .*'native', .*'text', .*not 'pickle'"):
        formats.save(sample(), tmp_path / "v.txt", "pickle")
    with pytest.raises(ConfigError, match="not 'pickle'"):
        formats.load(tmp_path / "v.txt", "pickle")


def test_convert(tmp_path: Path) -> None:
    formats.save(sample(), tmp_path / "a.bin")
    for source, target in (("a.bin", "b.embed"), ("b.embed", "c.txt"), ("c.txt", "d.bin")):
        formats.convert(tmp_path / source, tmp_path / target)
    assert (tmp_path / "a.bin").read_bytes() == (tmp_path / "d.bin").read_bytes()
    formats.convert(tmp_path / "b.embed", tmp_path / "b.embed")  # onto the file that is mapped
    assert_same(formats.load(tmp_path / "b.embed"), sample())
    with pytest.raises(FormatError, match="extension"):
        formats.convert(tmp_path / "a.bin", tmp_path / "x.y")


# atomic files


def fail_while_writing(path: Path, failure: BaseException) -> None:
    with atomic_write(path) as file:
        file.write(b"new")
        raise failure


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic_write_text(path, "old")
    with pytest.raises(RuntimeError):
        fail_while_writing(path, RuntimeError())
    with pytest.raises(KeyboardInterrupt):
        fail_while_writing(path, KeyboardInterrupt())
    with pytest.raises(FormatError, match="file: cannot write: No space"):
        fail_while_writing(path, OSError(errno.ENOSPC, "No space left on device"))
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_errors_about_other_files_are_not_blamed_on_the_target(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "file"):
        (tmp_path / "other" / "input").read_bytes()


def test_targets_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"the folder .*missing does not exist"):
        atomic_write_text(tmp_path / "missing" / "file", "")
    with pytest.raises(FormatError, match="this is a folder"):
        atomic_write_text(tmp_path, "")
    (tmp_path / "file").write_text("")
    with pytest.raises(FormatError, match=r"folder .* does not exist"):
        atomic_write_text(tmp_path / "file" / "below", "")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FormatError, match="Permission denied"):
        atomic_write_text(tmp_path / "file", "")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions, links and devices")
def test_permissions_links_and_devices_are_respected(tmp_path: Path) -> None:
    path = tmp_path / "file"
    old_mask = os.umask(0o027)
    try:
        atomic_write_text(path, "one")
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    link = tmp_path / "link"
    link.symlink_to(path)
    atomic_write_text(link, "two")
    assert link.is_symlink()
    assert path.read_text() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    atomic_write_text("/dev/null", "three")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
