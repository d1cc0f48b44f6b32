"""The native format: what comes back, what is mapped, and damage of every kind."""

from __future__ import annotations

import contextlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed import formats
from embed.errors import ConfigError, FormatError
from embed.formats import _safetensors, native
from embed.vectors import WordVectors
from embed.vectors.ngram_rows import Subwords
from embed.vocabulary.ngrams import SubwordScheme

WORDS = ["the", "", "a b", "\n", "\0", "日本語", "trailing\0"]
SCHEME = SubwordScheme(3, 5, 11)


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def is_mapped(array: np.ndarray) -> bool:
    while array is not None and not isinstance(array, np.memmap):
        array = array.base
    return array is not None


def parts(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return the header and the data of a file."""
    content = path.read_bytes()
    end = 8 + struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8:end]), content[end:]


def put(path: Path, header: dict[str, Any] | bytes, data: bytes) -> None:
    """Write a file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.embed"


@pytest.fixture
def saved(path: Path) -> WordVectors:
    vectors = WordVectors(
        WORDS, normal(len(WORDS), 6), counts=range(len(WORDS)), subwords=Subwords(SCHEME, normal(11, 6))
    )
    native.write_vectors(vectors, path, metadata={"config": "{}"})
    return vectors


def test_vectors_round_trip_with_counts_and_ngrams(saved: WordVectors, path: Path) -> None:
    found = formats.load(path)
    assert found.words == WORDS
    np.testing.assert_array_equal(found.matrix, saved.matrix)
    assert found.counts.tolist() == list(range(len(WORDS)))
    assert found.subwords.scheme == SCHEME
    np.testing.assert_array_equal(found.vector("unknown"), saved.vector("unknown"))
    assert is_mapped(found.matrix)
    assert is_mapped(found.subwords.matrix)
    assert found.nearest("the") == saved.nearest("the")
    metadata = native.read_metadata(path)
    assert metadata["format"] == "train-embeddings"
    assert metadata["kind"] == "vectors"
    assert metadata["config"] == "{}"
    with pytest.raises(FormatError, match="vectors only"):
        native.read_model_arrays(path)


def test_a_mapped_file_can_be_replaced(saved: WordVectors, path: Path) -> None:
    found = formats.load(path)
    formats.save(WordVectors(["x"], np.ones((1, 6))), path)
    np.testing.assert_array_equal(found.matrix, saved.matrix)
    assert formats.load(path).words == ["x"]


@pytest.mark.parametrize("subword", [False, True])
def test_models_round_trip_and_read_as_vectors(path: Path, subword: bool) -> None:
    words = ["a", "b", "c"]
    rows = 3 + (SCHEME.buckets if subword else 0)
    padded = normal(rows, 16)
    inputs, output, composed = padded[:, :5], normal(3, 5), normal(3, 5)
    extra = {"scheme": SCHEME, "vectors": composed} if subword else {}
    native.write_model_arrays(
        path,
        words=words,
        counts=[9, 5, 2],
        input=inputs,
        output=output,
        metadata={"config": "{}", "x": "é"},
        **extra,
    )
    model = native.read_model_arrays(path)
    assert model.words == words
    assert model.counts.tolist() == [9, 5, 2]
    np.testing.assert_array_equal(model.input, inputs)
    np.testing.assert_array_equal(model.output, output)
    assert is_mapped(model.input)
    assert model.input.ctypes.data % 64 == 0
    assert model.metadata == {"config": "{}", "x": "é"}
    vectors = formats.load(path)
    assert vectors.counts.tolist() == [9, 5, 2]
    if subword:
        assert model.scheme == SCHEME
        np.testing.assert_array_equal(model.vectors, composed)
        np.testing.assert_array_equal(vectors.matrix, composed)
        np.testing.assert_array_equal(vectors.subwords.matrix, inputs[3:])
    else:
        assert model.scheme is None
        assert model.vectors is None
        assert vectors.subwords is None
        np.testing.assert_array_equal(vectors.matrix, inputs)


def test_inconsistent_models_are_not_written(path: Path) -> None:
    good: dict[str, Any] = {
        "words": ["a", "b"],
        "counts": [2, 1],
        "input": normal(2, 3),
        "output": normal(2, 3),
        "metadata": {},
    }
    for change, message in (
        ({"input": normal(3, 3)}, r"input of 2 words and 0 buckets must be float32 of shape \(2, 3\)"),
        ({"output": normal(2, 4)}, "output of 2 words"),
        ({"output": normal(3, 3)}, r"output of 2 words and 0 buckets must be float32 of shape \(2, 3\)"),
        ({"output": normal(4, 4)}, r"output of 2 words and 0 buckets must be float32 of shape \(4, 3\)"),
        ({"output": normal(2, 3).astype(np.float64)}, "not float64"),
        ({"counts": [1]}, "2 words, but counts of shape"),
        ({"scheme": SCHEME}, "needs both scheme and vectors"),
        ({"input": np.full((2, 3), np.nan, np.float32)}, "row 0 of input holds NaN"),
        ({"words": ["a", "a"]}, "duplicate word 'a'"),
        ({"words": ["a", "\ud800"]}, "word 1, .*lone surrogate"),
        ({"metadata": {"kind": "x"}}, "'kind' is reserved"),
        ({"metadata": {"x": 1}}, "metadata must be strings"),
    ):
        with pytest.raises(FormatError, match=message):
            native.write_model_arrays(path, **{**good, **change})
        assert not path.exists()


def test_the_layout_is_the_documented_one(saved: WordVectors, path: Path) -> None:
    header, data = parts(path)
    assert (len(path.read_bytes()) - len(data)) % 8 == 0
    assert set(header) == {"__metadata__", "vectors", "counts", "words.bytes", "words.offsets", "ngrams"}
    assert all(type(value) is str for value in header["__metadata__"].values())
    assert json.loads(header["__metadata__"]["subwords"]) == {"min_n": 3, "max_n": 5, "buckets": 11}
    begin, end = header["vectors"]["data_offsets"]
    assert header["vectors"] == {"dtype": "F32", "shape": [7, 6], "data_offsets": [begin, end]}
    assert np.frombuffer(data[begin:end], "<f4").tolist() == saved.matrix.ravel().tolist()
    begin, end = header["words.bytes"]["data_offsets"]
    assert data[begin:end].decode() == "".join(WORDS)


def test_every_cut_is_noticed(saved: WordVectors, path: Path) -> None:
    content = path.read_bytes()
    for length in range(0, len(content), 3):
        path.write_bytes(content[:length])
        with pytest.raises(FormatError, match=r"file\.embed: "):
            native.read_vectors(path)
    path.write_bytes(content + b"\0")
    with pytest.raises(FormatError, match="the tensors take"):
        native.read_vectors(path)


HUGE = 1 << 62


@pytest.mark.parametrize(
    ("tensor", "entry", "message"),
    [
        ("vectors", {"shape": [7, HUGE]}, "bytes, but its shape"),
        ("vectors", {"shape": [HUGE, HUGE]}, "bytes, but its shape"),
        ("vectors", {"shape": [6, 7]}, "vectors has the shape"),
        ("vectors", {"shape": [42]}, "vectors is 1-dimensional"),
        ("vectors", {"shape": [7, 3, 2]}, "one or two dimensions"),
        ("vectors", {"shape": [-7, -6]}, "one or two dimensions"),
        ("vectors", {"shape": [7, 6.0]}, "one or two dimensions"),
        ("vectors", {"shape": [True, 42]}, "one or two dimensions"),
        ("vectors", {"shape": 42}, "one or two dimensions"),
        ("vectors", {"dtype": "BF16"}, "one of the dtypes I64, F64, I32, F32, F16, I8, U8"),
        ("vectors", {"dtype": ["F32"]}, "one of the dtypes I64, F64, I32, F32, F16, I8, U8"),
        ("vectors", {"data_offsets": [0, 168]}, "begins at byte"),
        ("vectors", {"data_offsets": [168, 0]}, "the second not before the first"),
        ("vectors", {"data_offsets": [0]}, "two data_offsets"),
        ("vectors", {"more": 1}, "and nothing else"),
        ("vectors", None, "and nothing else"),
        ("words.bytes", {"shape": [HUGE], "data_offsets": [600, 600 + HUGE]}, "begins at byte|ends at byte"),
    ],
)
def test_wrong_header_is_refused_before_allocation(
    saved: WordVectors, path: Path, tensor: str, entry: dict[str, Any] | None, message: str
) -> None:
    header, data = parts(path)
    header[tensor] = entry if entry is None else {**header[tensor], **entry}
    put(path, header, data)
    with pytest.raises(FormatError, match=message):
        native.read_vectors(path)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"[1,2,3]", "not a JSON object"),
        (b"{" * 100_000, "not JSON|nested too deeply"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deeply|not JSON|train-embeddings did not write"),
        (b'{"a":NaN}', "NaN is not JSON"),
        (b'{"__metadata__":{},"__metadata__":{}}', "duplicate name"),
        (b'{"__metadata__":{"a":1}}', "must hold strings"),
        (b'{"__metadata__":[]}', "must hold strings"),
        (b'{"\xff":1}', "not UTF-8"),
        (b'{"a":' + b"9" * 10_000 + b"}", "not JSON|nothing else"),
        (b"{}", "train-embeddings did not write"),
        (b'{"__metadata__":{"format":"train-embeddings","version":"2"}}', "version '2'"),
        (b'{"__metadata__":{"format":"train-embeddings","version":"1"}}', "kind must be"),
        (
            b'{"__metadata__":{"format":"train-embeddings","version":"1","kind":"model"}}',
            "words.bytes is missing",
        ),
    ],
)
def test_bad_headers(path: Path, header: bytes, message: str) -> None:
    put(path, header, b"")
    with pytest.raises(FormatError, match=message) as caught:
        native.read_vectors(path)
    assert "file.embed" in str(caught.value)


def test_a_header_length_beyond_the_file_is_not_read(path: Path) -> None:
    for length in (0, 1, 50, 99_999_999, (1 << 64) - 1):
        path.write_bytes(struct.pack("<Q", length) + b'{"a":1}')
        with pytest.raises(FormatError, match="cut short within its header"):
            native.read_vectors(path)


def test_damaged_words_are_refused(saved: WordVectors, path: Path) -> None:
    header, data = parts(path)
    begin, end = header["words.offsets"]["data_offsets"]
    offsets = np.frombuffer(data[begin:end], "<i8")
    for position, value in ((0, 1), (2, -5), (2, HUGE), (3, 1), (-1, 1), (-1, HUGE)):
        changed = offsets.copy()
        changed[position] = value
        put(path, header, data[:begin] + changed.tobytes() + data[end:])
        with pytest.raises(FormatError, match=r"words\.offsets must rise"):
            native.read_vectors(path)
    text, _ = header["words.bytes"]["data_offsets"]
    put(path, header, data[:text] + b"\xff" + data[text + 1 :])
    with pytest.raises(FormatError, match="word 0 is not valid UTF-8"):
        native.read_vectors(path)
    changed = offsets.copy()
    changed[1:3] = 0  # the second word, empty, becomes equal to the first
    put(path, header, data[:begin] + changed.tobytes() + data[end:])
    with pytest.raises(FormatError, match=r"file\.embed: duplicate word ''"):
        native.read_vectors(path)


@pytest.mark.parametrize(
    "text", ["[]", "{}", "x", '{"min_n":3,"max_n":2,"buckets":11}', '{"min_n":3,"max_n":5,"buckets":12}']
)
def test_damaged_subwords_are_refused(saved: WordVectors, path: Path, text: str) -> None:
    header, data = parts(path)
    header["__metadata__"]["subwords"] = text
    put(path, header, data)
    with pytest.raises(FormatError, match=r"file\.embed: damaged"):
        native.read_vectors(path)


@given(st.binary(min_size=1, max_size=60), st.integers(0, 700))
def test_random_bytes_give_an_error_or_vectors(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, place: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.embed"
    native.write_vectors(WordVectors(["ab", "c"], [[1, 2, 3], [4, 5, 6]], counts=[2, 1]), path)
    content = path.read_bytes()
    path.write_bytes((content[:place] + noise + content[place + len(noise) :])[: len(content)])
    with contextlib.suppress(FormatError, ConfigError):  # anything else fails the test
        vectors = native.read_vectors(path)
        assert vectors.matrix.shape == (2, 3)
        vectors.nearest(vectors.words[0])


def test_other_orders_and_odd_places_are_read(path: Path) -> None:
    arrays = {"b": np.arange(3, dtype=np.uint8), "a": np.arange(4, dtype=np.int64)}
    _safetensors.write(path, arrays, {})
    header, data = parts(path)
    assert header["a"]["data_offsets"] == [0, 32]
    header["b"]["data_offsets"], header["a"]["data_offsets"] = [0, 3], [3, 35]
    put(path, header, data[32:] + data[:32])
    found, metadata = _safetensors.read_mapped(path)
    assert metadata == {}
    assert found["a"].tolist() == [0, 1, 2, 3]
    assert found["b"].tolist() == [0, 1, 2]


def test_the_safetensors_library_reads_it(saved: WordVectors, path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy", reason="the safetensors package is not installed")
    loaded = library.load_file(path)
    np.testing.assert_array_equal(loaded["vectors"], saved.matrix)
    assert loaded["words.bytes"].tobytes().decode() == "".join(WORDS)
