"""Small files of vectors take little memory, whatever they expand to, and want of memory is our error."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed import formats
from embed.errors import FormatError
from embed.files import bounds
from embed.formats import _safetensors, fasttext_bin, word_blob
from embed.formats.registry import FORMATS
from embed.vectors import WordVectors
from embed.vectors.quantize import quantize_pq
from tests.hostile.limits import MIB, bomb, has_limits

BOUND = 24 * MIB


def refused(path: Path) -> str:
    """Load in a bounded number of bytes, and return the message of the error."""
    tracemalloc.start()
    try:
        with pytest.raises(FormatError) as caught:
            formats.load(path)
        assert tracemalloc.get_traced_memory()[1] < BOUND
    finally:
        tracemalloc.stop()
    assert path.name in str(caught.value)
    return str(caught.value)


def npy(shape: tuple[int, ...], dtype: str, data: bytes | None = None, version: int = 1) -> bytes:
    header = io.BytesIO()
    write = np.lib.format.write_array_header_1_0 if version == 1 else np.lib.format.write_array_header_2_0
    write(header, {"descr": dtype, "fortran_order": False, "shape": shape})
    return header.getvalue() + (bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize) if data is None else data)


def npz(path: Path, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name.replace('_', '.')}.npy", content)
    return path


WORDS = {"words_bytes": npy((2,), "|u1", b"ab"), "words_offsets": npy((3,), "<i8", struct.pack("<3q", 0, 1, 2))}
ROWS = npy((2, 3), "<f4", np.arange(6, dtype="<f4").tobytes())


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_arrays_that_are_no_part_of_vectors_are_not_decompressed(tmp_path: Path, method: int) -> None:
    """450 bytes took 517 MiB: each array was decompressed, wanted or not."""
    path = npz(tmp_path / "v.npz", method, junk=npy((64 * MIB,), "|u1"))
    assert "holds junk, but not vectors" in refused(path)
    path = npz(tmp_path / "v.npz", junk=npy((64 * MIB,), "|u1"), vectors=ROWS, **WORDS)
    tracemalloc.start()
    assert formats.load(path).words == ["a", "b"]
    assert tracemalloc.get_traced_memory()[1] < BOUND
    tracemalloc.stop()


def test_wanted_arrays_of_npz_are_looked_at_before_they_are_decompressed(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        path = npz(tmp_path / "v.npz", method, vectors=npy((2, 8 * MIB), "<f4"), **WORDS)
        assert "NumPy does not use its compression" in refused(path)
    path = npz(tmp_path / "v.npz", vectors=npy((2, 3), "<c8"), **WORDS)
    assert "not numbers" in refused(path)
    head = b"\x93NUMPY\x02\x00" + struct.pack("<I", 64 * MIB)  # a header of 64 MiB
    assert "damaged" in refused(npz(tmp_path / "v.npz", vectors=head + b" " * (64 * MIB), **WORDS))
    deep = b"\x93NUMPY\x01\x00" + struct.pack("<H", 9000) + b"(" * 9000
    assert "header" in refused(npz(tmp_path / "v.npz", vectors=deep, **WORDS))
    objects = npy((2, 3), "<f4").replace(b"'<f4'", b"'|O' ", 1)
    assert "objects" in refused(npz(tmp_path / "v.npz", vectors=objects, **WORDS))


def test_vectors_of_zeros_that_compress_well_still_load(tmp_path: Path) -> None:
    """What gzip, and NumPy, can make of plain vectors is no bomb."""
    words = [f"w{number}" for number in range(20_000)]
    zeros = WordVectors(words, np.zeros((20_000, 100), np.float32))
    for name in ("v.txt.gz", "v.bin.gz", "v.txt.bz2", "v.bin.xz", "v.bin.zst"):
        formats.save(zeros, tmp_path / name)
        assert len(formats.load(tmp_path / name)) == 20_000
    blob = word_blob.pack_words(words)
    np.savez_compressed(tmp_path / "v.npz", vectors=zeros.matrix, **blob)
    assert formats.load(tmp_path / "v.npz").matrix.shape == (20_000, 100)


HEADER = struct.pack("<2i", fasttext_bin.MAGIC, 12)
ARGUMENTS = struct.pack("<12id", 100, 5, 5, 1, 5, 1, 2, 2, 0, 0, 0, 100, 1e-4)


@pytest.mark.parametrize("compression", ["bzip2", "xz", "zstd", "gzip"])
def test_a_compressed_fasttext_file_is_looked_at_before_it_is_decompressed(tmp_path: Path, compression: str) -> None:
    """237 bytes took 289 MiB before the arguments were seen to be impossible."""
    compress = {"bzip2": bz2.compress, "xz": lzma.compress}.get(compression)
    path = tmp_path / "v.bin"
    if compress is not None:
        path.write_bytes(compress(HEADER + b"\xff" * 60 + bytes(64)) + compress(bytes(MIB)) * 64)
        assert "dim is -1, but must be" in refused(path)
        sizes = struct.pack("<3iqq", 9, 9, 0, 9, -1)
        path.write_bytes(compress(HEADER + ARGUMENTS + sizes) + compress(b"a" * MIB) * 12)
        assert "beyond the limit of 2048 times" in refused(path)
    else:
        path.write_bytes(bomb(compression, HEADER + b"\xff" * 56, 32))
        assert "dim is -1, but must be" in refused(path)


@pytest.mark.parametrize("compression", ["bzip2", "xz", "zstd"])
@pytest.mark.parametrize("kind", ["text", "binary"])
def test_a_bomb_of_one_long_row_is_given_up(tmp_path: Path, compression: str, kind: str) -> None:
    path = tmp_path / "v.dat"
    path.write_bytes(bomb(compression, b"1 1 " if kind == "text" else b"\0" * 4, 60))
    with pytest.raises(FormatError):
        formats.load(path, kind)
    assert path.name in refused(path)


def pq_file(path: Path, rows: int, dim: int) -> Path:
    arrays: dict[str, Any] = {**word_blob.pack_words([f"{row:x}" for row in range(rows)])}
    one = np.ones((1, dim), np.float16)
    arrays |= {"vectors.lengths": np.ones((1, 256), np.float32)}
    arrays |= {"vectors.head.codes": np.zeros((0, 2), np.uint8), "vectors.head.centroids": one}
    arrays |= {"vectors.tail.codes": np.zeros((rows, 2), np.uint8), "vectors.tail.centroids": one}
    quantization = json.dumps({"method": "pq", "dim": dim})
    metadata = {"format": "train-embeddings", "version": "1", "kind": "quantized", "quantization": quantization}
    _safetensors.write(path, arrays, metadata)
    return path


def mapped_folder(path: Path, tokens: int, dim: int, **more: Any) -> Path:
    path.mkdir(exist_ok=True)
    arrays = {"embeddings": np.ones((1, dim), np.int8), "mapping": np.zeros(tokens, np.int32), **more}
    _safetensors.write(path / "model.safetensors", arrays, {})
    vocabulary = {f"w{number}": number for number in range(tokens)}
    (path / "tokenizer.json").write_text(json.dumps({"model": {"type": "WordLevel", "vocab": vocabulary}}))
    return path


@pytest.mark.parametrize(("rows", "dim"), [(4000, 1 << 16), (20_000, 1 << 14), (50_000, 1 << 20)])
def test_codes_that_decode_to_far_more_than_the_file_are_refused(tmp_path: Path, rows: int, dim: int) -> None:
    """316 KB decoded to 958 MiB, and 5.6 MB asked for 391 GiB: a MemoryError of NumPy's."""
    for path in (pq_file(tmp_path / "q.embed", rows, dim), mapped_folder(tmp_path / "m", rows, dim)):
        tracemalloc.start()
        with pytest.raises(FormatError, match="more than 256 times the file"):
            formats.load(path)
        assert tracemalloc.get_traced_memory()[1] < BOUND + 20 * path.stat().st_size
        tracemalloc.stop()


def test_codes_in_the_fewest_bytes_still_load(tmp_path: Path) -> None:
    rows, dim = 3000, 300
    assert formats.load(pq_file(tmp_path / "q.embed", rows, dim)).matrix.shape == (rows, dim)
    assert formats.load(mapped_folder(tmp_path / "m", rows, dim)).matrix.shape == (rows, dim)
    assert quantize_pq(np.ones((300, 300), np.float32), row_bytes=2).decode().shape == (300, 300)


EMBEDDINGS = np.ones((3, 4), np.float32)
VOCABULARY: dict[str, Any] = {"a": 0, "b": 1, "c": 2}


@pytest.mark.parametrize(
    ("tensors", "vocabulary"),
    [
        ({"embeddings": EMBEDDINGS, "weights": np.ones((3, 2), np.float32)}, VOCABULARY),
        ({"embeddings": EMBEDDINGS, "weights": np.ones((3, 4), np.float32)}, VOCABULARY),
        ({"embeddings": EMBEDDINGS, "weights": np.full(3, np.nan, np.float32)}, VOCABULARY),
        ({"embeddings": EMBEDDINGS, "weights": np.ones(2, np.float32)}, VOCABULARY),
        ({"embeddings": EMBEDDINGS, "mapping": np.zeros((3, 1), np.int32)}, VOCABULARY),
        ({"embeddings": EMBEDDINGS, "mapping": np.zeros(3, np.float32)}, VOCABULARY),
        ({"embeddings": EMBEDDINGS, "mapping": np.full(3, -1, np.int64)}, VOCABULARY),
        ({"embeddings": np.ones((3, 0), np.float32)}, VOCABULARY),
        ({"embeddings": np.ones(3, np.float32)}, VOCABULARY),
        ({"embeddings": EMBEDDINGS}, {"a": 0.0, "b": 1.0, "c": 2.0}),
        ({"embeddings": EMBEDDINGS}, {"a": False, "b": True, "c": 2}),
        ({"embeddings": EMBEDDINGS}, {"a": -1, "b": 0, "c": 1}),
        ({"embeddings": EMBEDDINGS}, {"a": [0], "b": [1], "c": [2]}),
        ({"embeddings": EMBEDDINGS}, {"a": None, "b": 1, "c": 2}),
        ({"embeddings": EMBEDDINGS}, {"a": 0, "b": 1, "c": 2**63}),
        ({"embeddings": EMBEDDINGS}, [[1, 0], [2, 0], [3, 0]]),
        ({"embeddings": EMBEDDINGS}, [[[1], 0], [[2], 0], [[3], 0]]),
        ({"embeddings": EMBEDDINGS}, 5),
    ],
)  # fmt: skip
def test_a_model2vec_folder_that_contradicts_itself_is_refused(
    tmp_path: Path, tensors: dict[str, Any], vocabulary: Any
) -> None:
    """Weights of two dimensions ended in a ValueError of NumPy's."""
    path = tmp_path / "m"
    path.mkdir()
    _safetensors.write(path / "model.safetensors", tensors, {})
    (path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}}))
    assert "m" in refused(path)


def test_weights_and_a_mapping_are_applied_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embed.formats.model2vec.BLOCK_NUMBERS", 8)
    rows = np.arange(8, dtype=np.int8).reshape(2, 4)
    mapping, weights = np.array([1, 0, 1, 1, 0], np.uint8), np.arange(5, dtype=np.float32)
    path = mapped_folder(tmp_path / "m", 5, 4, embeddings=rows, mapping=mapping, weights=weights)
    np.testing.assert_array_equal(formats.load(path).matrix, rows[mapping] * weights[:, None])


def test_every_reader_turns_want_of_memory_into_our_error(tmp_path: Path) -> None:
    def starved(_: object) -> None:
        raise MemoryError

    with pytest.raises(FormatError, match=r"v\.txt: not enough memory to read the file"):
        bounds.in_memory(starved)(tmp_path / "v.txt")
    for form in FORMATS.values():
        if form.read is not None and form.name != "fasttext":  # whose modules are imported when it is used
            assert hasattr(form.read, "__wrapped__"), form.name


@has_limits
@pytest.mark.parametrize("kind", ["text", "native", "npz", "pq"])
def test_a_process_without_room_ends_in_our_error(tmp_path: Path, kind: str) -> None:
    """What is honest and too large for the machine, and a limit of address space as `ulimit -v` sets it."""
    if kind == "pq":
        path = pq_file(tmp_path / "q.embed", 30_000, 2500)
    else:
        path = tmp_path / {"text": "v.txt", "native": "v.embed", "npz": "v.npz"}[kind]
        rows = np.zeros((1000, 64 * 256 if kind != "text" else 4096), np.float32)
        formats.save(WordVectors([f"w{row}" for row in range(len(rows))], rows), path)
    program = (
        "import resource, sys, embed.formats as f; pages = int(open('/proc/self/statm').read().split()[0]);"
        "limit = pages * resource.getpagesize() + (24 << 20); resource.setrlimit(resource.RLIMIT_AS, (limit, limit));"
        "import embed.errors\ntry: f.load(sys.argv[1]); print('read')\nexcept embed.errors.FormatError as e: print(e)"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert path.name in done.stdout or done.stdout == "read\n"
