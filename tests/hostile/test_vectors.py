"""Files of vectors that lie: sizes, numbers, words; what a small file may cost."""

from __future__ import annotations

import json
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from embed import formats
from embed.config import TrainConfig
from embed.errors import FormatError
from embed.formats import model_file, native
from embed.training.train import train
from embed.vectors import WordVectors
from tests.hostile.limits import MIB, at_most, bomb, gzipped, has_limits

HUGE = (
    b"9999999999 300\n",
    b"999999999999999999 999999999999999999\n",
    b"1 1048577\n",
    b"1 99999999999999999999\n",
    b"-1 5\n",
    b"0 5\n",
    b"5 0\n",
    b"5 -5\n",
    b"2147483648 1\n",
    b"4294967297 4294967297\n",
    b"3000000000 1048576\n",
)
BOUND = 24 * MIB
"""What reading a small file may allocate: two blocks of 4 MiB, their pieces, and the rows first set aside."""


def refused(path: Path, format: str | None = None) -> str:
    """Load, and return the message of the error and check what it cost."""
    tracemalloc.start()
    try:
        with at_most(256 * MIB), pytest.raises(FormatError) as caught:
            formats.load(path, format)
        assert tracemalloc.get_traced_memory()[1] < BOUND
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message.replace(str(path), "")
    assert len(message.replace(str(path), "")) < 400
    return message


@pytest.mark.parametrize("compress", [bytes, gzipped])
@pytest.mark.parametrize("format", ["text", "binary", None])
@pytest.mark.parametrize("header", HUGE)
def test_headers_that_promise_too_much_cost_nothing(
    tmp_path: Path, header: bytes, format: str | None, compress
) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "v.dat"
    path.write_bytes(compress(header + b"a 1 2\n" * 20))
    refused(path, format)


def test_a_header_of_a_billion_rows_is_compared_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_bytes(b"1000000000 300\na 1 2\n")
    assert "1000000000 words of 300 dimensions, at least" in refused(path)
    path.write_bytes(gzipped(b"1000000000 2\na 1 2\n"))
    assert "the file ends after 1" in refused(path)


def test_a_long_first_line_sets_aside_one_row_and_not_thousands(tmp_path: Path) -> None:
    """4096 rows of a million numbers were set aside before the second was seen: 16 GiB."""
    path = tmp_path / "v.txt"
    path.write_bytes(b"a" + b" 1" * 1_000_000 + b"\nb 1\n")
    with at_most(512 * MIB), pytest.raises(FormatError, match="1 numbers after the word, not 1000000"):
        formats.load(path, "text")
    path.write_bytes(gzipped(b"5 1000000\na" + bytes(1000)))
    refused(path, "binary")


@pytest.mark.parametrize(
    ("number", "message"),
    [("nan", "not finite"), ("-inf", "not finite"), ("1e39", "too large"), ("Infinity", "not finite")],
)
def test_numbers_that_are_not_finite_are_named_in_text(tmp_path: Path, number: str, message: str) -> None:
    (tmp_path / "v.txt").write_text(f"2 2\na 1 2\nb 3 {number}\n")
    assert f"line 3: '{number}' is {message}" in refused(tmp_path / "v.txt", "text")


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_named_in_binary_and_native_files(tmp_path: Path, number: float) -> None:
    row = np.array([1, number], "<f4").tobytes()
    (tmp_path / "v.bin").write_bytes(b"2 2\na " + np.ones(2, "<f4").tobytes() + b"b " + row)
    assert "row 1: the vector of 'b' holds NaN or infinity" in refused(tmp_path / "v.bin")
    formats.save(WordVectors(["a"], [[1, 2]]), tmp_path / "v.embed")
    data = (tmp_path / "v.embed").read_bytes().replace(np.array([1, 2], "<f4").tobytes(), row)
    (tmp_path / "v.embed").write_bytes(data)
    with pytest.raises(FormatError, match="NaN or infinity"):
        formats.load(tmp_path / "v.embed").nearest("a")


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
def test_words_that_come_twice_are_empty_or_no_utf8(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    one = b"1 2" if name == "v.txt" else np.ones(2, "<f4").tobytes()
    end = b"\n" if name == "v.txt" else b""

    def rows(*words: bytes) -> bytes:
        return b"%d 2\n" % len(words) + b"".join(word + b" " + one + end for word in words)

    for words, message in (
        ((b"a", b"b", b"a"), "duplicate word 'a'"),
        ((b"a", b"\xff\xfe"), "is not valid UTF-8"),
        ((b"a", b"\xed\xa0\x80"), "is not valid UTF-8"),
        ((b"a", b"x" * 5000 + b"\xff"), "is not valid UTF-8"),
    ):
        path.write_bytes(rows(*words))
        assert message in refused(path, {"v.txt": "text", "v.bin": "binary"}[name])
    path.write_bytes(rows(b"new york", b"a"))
    if name == "v.txt":  # the header gives the dimension, so a space belongs to the word
        assert formats.load(path, "text").words == ["new york", "a"]
    else:
        refused(path, "binary")


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "zstd"])
@has_limits
def test_a_compressed_file_without_a_line_end_is_given_up_early(tmp_path: Path, compression: str) -> None:
    """A line is read to 32 MiB and a word to 1 MiB, whatever the file expands to."""
    path = tmp_path / "v.dat"
    path.write_bytes(bomb(compression, b"1", 100))
    assert path.stat().st_size < MIB
    message = "longer than 33554432 bytes" if compression == "gzip" else "beyond the limit of 2048 times"
    with at_most(200 * MIB), pytest.raises(FormatError, match=message):
        formats.load(path, "text")
    with at_most(100 * MIB), pytest.raises(FormatError, match="does not start with a header"):
        formats.load(path, "binary")


# models


def _model_file(path: Path, **metadata: object) -> Path:
    """Write a model whose metadata are changed."""
    model = train([["a", "b", "a"]] * 3, objective="sg", dim=16, min_count=1, epochs=1, threads=1, progress=False)
    model_file.save_model(model, path)
    content = path.read_bytes()
    end = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:end])
    for key, value in metadata.items():
        header["__metadata__"][key] = value if isinstance(value, str) else json.dumps(value)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[end:])
    return path


RECORD = {"epoch": 1, "loss": 1.0, "held_out_loss": None, "lr": 1.0, "seconds": 1.0, "tokens_per_second": 1.0}
CONFIG = TrainConfig(dim=16, min_count=1, epochs=1, threads=1).to_dict()


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"config": {**CONFIG, "subword": True, "buckets": 1 << 30, "dim": 1024}}, "disagree on how to cut words"),
        ({"config": {**CONFIG, "dim": 1024}}, "the configuration says 2 x 1024"),
        ({"config": {**CONFIG, "structured": True}}, "the output matrix is 2 x 16, but the configuration says 4 x 16"),
        ({"config": "[" * 100_000}, "nested too deeply"),
        ({"config": []}, "metadata"),
        ({"config": {"lr": 10**400}}, "metadata"),
        ({"history": [{"epoch": "x"}]}, "metadata"),
        ({"history": [[1]]}, "must be a JSON object"),
        (
            {"history": [{**RECORD, "loss": "y"}]},
            "loss",
        ),
        ({"provenance": {"unknown": 1}}, "metadata"),
        ({"subwords": "[" * 100_000}, "subwords"),
    ],
)
def test_metadata_of_a_model_that_lie(tmp_path: Path, metadata: dict[str, object], message: str) -> None:
    path = _model_file(tmp_path / "m.embed", **metadata)
    with at_most(64 * MIB), pytest.raises(FormatError, match=message) as caught:
        model_file.load_model(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_the_arrays_of_a_model_are_checked(tmp_path: Path) -> None:
    path = _model_file(tmp_path / "m.embed")
    good = path.read_bytes()
    arrays = native.read_model_arrays(path)
    offsets, words = np.array([0, 1, 2], "<i8").tobytes(), "".join(arrays.words).encode()
    assert good.endswith(words)  # the smallest numbers are last
    assert offsets in good
    path.write_bytes(good[: -len(words)] + b"aa")
    with pytest.raises(FormatError, match="duplicate word 'a'"):
        model_file.load_model(path)
    path.write_bytes(good.replace(arrays.counts.tobytes(), np.array([-5, 2], "<i8").tobytes()))
    with pytest.raises(FormatError, match="negative"):
        model_file.load_model(path)
    row = arrays.input[0].tobytes()
    path.write_bytes(good.replace(row, np.full(16, np.nan, "<f4").tobytes()))
    with pytest.raises(FormatError, match="row 0 of input holds NaN"):
        model_file.load_model(path)
