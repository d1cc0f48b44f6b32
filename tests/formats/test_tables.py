"""Formats of named arrays and tables: safetensors, npz, Parquet, Arrow; what comes back, what is mapped, damage."""

from __future__ import annotations

import itertools
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed import formats
from embed.errors import FormatError, MissingExtraError
from embed.formats import _safetensors, arrow, npz
from embed.vectors import WordVectors

ENDINGS = [".safetensors", ".npz", ".parquet", ".arrow"]
MAPPED = {".safetensors", ".npz", ".arrow"}
ODD_WORDS = ["the", "", "a b", "\n", "\0", "日本語", "trailing\0", "a\tb"]


def need(ending: str) -> None:
    if ending in (".parquet", ".arrow"):
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")


def sample(words: int = 200, dim: int = 5, *, counts: bool = True) -> WordVectors:
    names = [*ODD_WORDS, *(f"w{i}" for i in range(words))][:words]
    matrix = np.random.default_rng(dim).normal(size=(words, dim)).astype(np.float32)
    return WordVectors(names, matrix, counts=np.arange(words)[::-1] * 10**10 if counts else None)


def is_mapped(array: Any) -> bool:
    while array is not None and not isinstance(array, np.memmap):
        array = array.base
    return array is not None


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("shape", [(200, 5), (1, 1), (3, 64)])
def test_round_trip(tmp_path: Path, ending: str, counts: bool, shape: tuple[int, int]) -> None:
    need(ending)
    vectors = sample(*shape, counts=counts)
    path = tmp_path / f"v{ending}"
    formats.save(vectors, path)
    path = path.rename(tmp_path / "renamed")  # content decides
    assert formats.detect(path) == formats.format_of(f"v{ending}")
    found = formats.load(path)
    assert found.words == vectors.words
    np.testing.assert_array_equal(found.matrix, vectors.matrix)
    np.testing.assert_array_equal(found.counts, vectors.counts)
    assert is_mapped(found.matrix) == (ending in MAPPED)
    formats.save(found, path, formats.format_of(f"v{ending}"))  # onto the file that is mapped
    np.testing.assert_array_equal(formats.load(path).matrix, vectors.matrix)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_vectors_give_the_same_bytes(tmp_path: Path, ending: str) -> None:
    need(ending)
    for name in ("a", "b"):
        formats.save(sample(), tmp_path / f"{name}{ending}")
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


@pytest.mark.parametrize("ending", ENDINGS)
def test_words_and_numbers_that_cannot_be_stored_are_refused(tmp_path: Path, ending: str) -> None:
    need(ending)
    path = tmp_path / f"v{ending}"
    with pytest.raises(FormatError, match=r"word 1, .*lone surrogate"):
        formats.save(WordVectors(["a", "\ud800"], np.ones((2, 2))), path)
    np.array([[1, np.nan]], np.float32).tofile(tmp_path / "m")
    with pytest.raises(FormatError, match="'a'"):
        formats.save(WordVectors(["a"], np.memmap(tmp_path / "m", np.float32, "r", shape=(1, 2))), path)
    assert not path.exists()


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_cut_anywhere_is_an_error(tmp_path: Path, ending: str) -> None:
    need(ending)
    path = tmp_path / f"v{ending}"
    formats.save(sample(20), path)
    data = path.read_bytes()
    read = formats.FORMATS[formats.format_of(path)].read
    for length in range(0, len(data) - 1, 37):
        path.write_bytes(data[:length])
        with pytest.raises(FormatError, match="v" + ending) as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_other_readers_of_npz_and_safetensors_see_the_same(tmp_path: Path) -> None:
    vectors = sample()
    formats.save(vectors, tmp_path / "v.npz")
    with np.load(tmp_path / "v.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["vectors"], vectors.matrix)
        offsets, text = archive["words.offsets"], archive["words.bytes"].tobytes()
        np.testing.assert_array_equal(archive["counts"], vectors.counts)
    assert [text[a:b].decode() for a, b in itertools.pairwise(offsets)] == vectors.words
    formats.save(vectors, tmp_path / "v.safetensors")
    library = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    tensors = library.load_file(tmp_path / "v.safetensors")
    np.testing.assert_array_equal(tensors["embeddings"], vectors.matrix)
    library.save_file(tensors, tmp_path / "theirs.safetensors")
    assert formats.load(tmp_path / "theirs.safetensors").words == vectors.words


def test_npz_of_numpy_itself_compressed_or_in_fortran_order(tmp_path: Path) -> None:
    arrays = {
        "vectors": np.asfortranarray(sample(2).matrix),
        "words.bytes": np.frombuffer(b"ab", np.uint8),
        "words.offsets": np.array([0, 1, 2]),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "v.npz", **arrays)
        found = formats.load(tmp_path / "v.npz")
        assert found.words == ["a", "b"]
        np.testing.assert_array_equal(found.matrix, arrays["vectors"])
    np.savez(tmp_path / "v.npz", **{**arrays, "vectors": np.array([["x", None]], dtype=object)})
    with pytest.raises(FormatError, match="objects, which are not loaded"):
        formats.load(tmp_path / "v.npz")
    for key, wrong, message in (
        ("vectors", None, "but not vectors"),
        ("vectors", np.zeros((2, 3)), "must be 2-dimensional float32"),
        ("vectors", np.zeros((3, 3), np.float32), "2 words need a matrix"),
        ("words.offsets", np.array([0, 9, 2]), "must rise"),
        ("words.bytes", np.frombuffer(b"\xffb", np.uint8), "word 0 is not valid UTF-8"),
        ("words.bytes", np.frombuffer(b"aa", np.uint8), "duplicate word 'a'"),
    ):
        np.savez(tmp_path / "v.npz", **{name: a for name, a in {**arrays, key: wrong}.items() if a is not None})
        with pytest.raises(FormatError, match=f"v.npz: .*{message}"):
            formats.load(tmp_path / "v.npz")


def test_npz_array_with_wrong_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    formats.save(sample(), path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries["vectors.npy"] = entries["vectors.npy"].replace(b"(200, 5)", b"(999, 5)")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    with pytest.raises(FormatError, match="its header says 4995 numbers"):
        formats.load(path)


def test_safetensors_without_words_lists_its_arrays(tmp_path: Path) -> None:
    _safetensors.write(tmp_path / "v.safetensors", {"weight": np.ones((2, 2), np.float32)}, {})
    with pytest.raises(FormatError, match=r"has no array 'embeddings', which vectors need, only weight"):
        formats.load(tmp_path / "v.safetensors")


def test_parquet_in_groups_and_of_other_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    import pyarrow.parquet as pq

    monkeypatch.setattr(arrow, "GROUP_ROWS", 64)
    vectors = sample()
    formats.save(vectors, tmp_path / "v.parquet")
    file = pq.ParquetFile(tmp_path / "v.parquet")
    assert file.num_row_groups == 4
    table = file.read()
    assert table.column("word").to_pylist() == vectors.words
    assert table.schema.field("vector").type.list_size == 5
    np.testing.assert_array_equal(formats.load(tmp_path / "v.parquet").matrix, vectors.matrix)
    batches = table.to_batches(max_chunksize=50)
    with pa.OSFile(str(tmp_path / "v.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    found = formats.load(tmp_path / "v.arrow")
    assert found.words == vectors.words
    np.testing.assert_array_equal(found.counts, vectors.counts)
    for change, message in (
        (table.drop_columns(["word"]), "the columns must be 'word' and 'vector'"),
        (table.slice(0, 0), "holds no words"),
        (table.set_column(2, "vector", [[[1.0]] * 200]), "must hold fixed-size lists of float32"),
        (table.set_column(0, "word", [list(range(200))]), "must hold strings, but row 0 is 0"),
        (table.set_column(1, "count", [[1.5] * 200]), "must be int64"),
    ):
        pq.write_table(change, tmp_path / "bad.parquet")
        with pytest.raises(FormatError, match=f"bad.parquet: .*{message}"):
            formats.load(tmp_path / "bad.parquet")


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    for ending in (".parquet", ".arrow"):
        with pytest.raises(MissingExtraError, match=r"pip install 'train-embeddings\[parquet\]'"):
            formats.save(sample(), tmp_path / f"v{ending}")


def test_rows_of_an_npz_file_are_aligned(tmp_path: Path) -> None:
    for words in (1, 7, 63):
        formats.save(sample(words), tmp_path / "v.npz")
        assert npz.read(tmp_path / "v.npz").matrix.ctypes.data % 64 == 0
