"""Quantised vectors and pruned n-grams: what is kept, what is lost, what a file of them answers."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed import formats
from embed.cli import main
from embed.errors import ConfigError, FormatError
from embed.formats import native
from embed.formats.quantized import save_quantized, write_codes
from embed.vectors import WordVectors, quantize
from embed.vectors.ngram_rows import Subwords
from embed.vectors.pruning import prune_ngrams
from embed.vectors.quantize import Codes, quantize_binary, quantize_int8, quantize_pq, quantizer
from embed.vocabulary.ngrams import FloretScheme, SubwordScheme

SCHEME = SubwordScheme(3, 5, 3000)
SETTINGS = {"int8": [{"scale": "row"}, {"scale": "column"}], "binary": [{}], "pq": [{"row_bytes": 9}, {}]}
CASES = [(method, settings) for method, several in SETTINGS.items() for settings in several]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantize, "ITERATIONS", 4)
    monkeypatch.setattr(quantize, "BLOCK_BYTES", 1 << 14)


def clustered(words: int, dim: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(20, dim))
    lengths = rng.uniform(0.5, 4, size=(words, 1))
    return ((centers[rng.integers(20, size=words)] + 0.4 * rng.normal(size=(words, dim))) * lengths).astype(np.float32)


def sample(words: int = 700, dim: int = 24) -> WordVectors:
    names = ["", "a b", "日本語", *(f"word{i}" for i in range(words))][:words]
    ngrams = Subwords(SCHEME, clustered(SCHEME.buckets, dim, 1))
    return WordVectors(names, clustered(words, dim), counts=np.arange(words, 0, -1), subwords=ngrams)


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(axis=-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


# the codes


def test_int8_error_is_at_most_half_a_step() -> None:
    matrix = clustered(300, 24)
    for scale, axis in (("row", 1), ("column", 0)):
        step = np.abs(matrix).max(axis=axis, keepdims=True) / 127
        codes = quantize_int8(matrix, scale)
        assert (np.abs(codes.decode() - matrix) <= step / 2 * 1.001).all()
        assert codes.nbytes == matrix.size + 4 * (300 if scale == "row" else 24)
    with pytest.raises(ConfigError, match="scale must be 'row' or 'column', not 'both'"):
        quantize_int8(matrix, "both")


def test_binary_keeps_the_signs_about_the_mean() -> None:
    matrix = clustered(300, 21) + 3
    codes = quantize_binary(matrix)
    mean = matrix.mean(axis=0)
    np.testing.assert_array_equal(codes.decode() > mean, matrix > mean)
    assert codes.arrays["codes"].shape == (300, 3)
    assert (cosines(codes.decode() - mean, matrix - mean) > 0.5).all()


def test_pq_is_an_eighth_and_close_the_head_closer() -> None:
    matrix = clustered(6000, 100)
    codes = quantize_pq(matrix)
    found = codes.decode()
    rows_only = codes.arrays["head.codes"].nbytes + codes.arrays["tail.codes"].nbytes
    assert matrix.nbytes / rows_only >= 8
    close = cosines(found, matrix)
    assert close[:2000].mean() > close[2000:].mean() > 0.97
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), np.linalg.norm(matrix, axis=1), rtol=0.02)
    alike = quantize_pq(matrix, head_share=0)
    assert alike.arrays["head.codes"].shape[0] == 0
    assert alike.arrays["tail.codes"].shape[1] == quantize.default_bytes(100)


def test_pq_of_few_distinct_rows_is_exact_but_for_float16() -> None:
    matrix = np.repeat(np.eye(5, dtype=np.float32) * [[1], [2], [3], [4], [0]], 2, axis=0)
    np.testing.assert_allclose(quantize_pq(matrix, 6, head_share=0).decode(), matrix, atol=0.01)


def test_the_seed_decides() -> None:
    matrix = clustered(400, 12)
    first, again, other = (quantize_pq(matrix, seed=seed).arrays for seed in (1, 1, 2))
    assert all((first[name] == again[name]).all() for name in first)
    assert any((first[name] != other[name]).any() for name in first)


@pytest.mark.parametrize(("rows", "dim"), [(1, 1), (2, 3), (300, 1), (5, 40)])
@pytest.mark.parametrize(("method", "settings"), CASES)
def test_any_shape(rows: int, dim: int, method: str, settings: dict[str, Any]) -> None:
    if settings.get("row_bytes", 0) > dim + 1:
        return
    matrix = clustered(rows, dim)
    found = quantizer(method, **settings)(matrix, True).decode()
    assert found.shape == matrix.shape
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    zeros = quantizer(method, **settings)(np.zeros((rows, dim), np.float32), True).decode()
    assert not zeros.any()


def test_settings_are_checked() -> None:
    matrix = clustered(10, 8)
    for size in (1, 10, True, 2.0):
        with pytest.raises(ConfigError, match="bytes of a row must be a whole number from 2 to 9"):
            quantize_pq(matrix, size)
    with pytest.raises(ConfigError, match="method must be one of 'int8', 'binary', 'pq', not 'int4'"):
        quantizer("int4")
    with pytest.raises(ConfigError, match="the method 'binary' has no setting 'seed'"):
        quantizer("binary", seed=1)
    for name, change in (
        ("codes", np.zeros((10, 7), np.int8)),
        ("codes", np.zeros((10, 8), np.uint8)),
        ("scales", np.zeros((8, 1), np.float32)),
        ("scales", None),
    ):
        arrays = {**quantize_int8(matrix).arrays, name: change}
        with pytest.raises(FormatError, match="codes"):
            Codes("int8", 10, 8, {key: array for key, array in arrays.items() if array is not None})
    arrays = dict(quantize_pq(matrix).arrays)
    arrays["tail.codes"] = np.full_like(arrays["tail.codes"], 255)
    with pytest.raises(FormatError, match="do not form a matrix"):
        Codes("pq", 10, 8, arrays)


# pruning


def test_pruning_drops_what_no_word_has_and_keeps_the_vocabulary() -> None:
    vectors = sample(60)
    pruned = prune_ngrams(vectors)
    used = {int(bucket) for word in vectors.words for bucket in SCHEME.buckets_of(word)}
    assert set(pruned.subwords.kept.tolist()) == used
    np.testing.assert_array_equal(pruned.matrix, vectors.matrix)
    buckets = SCHEME.buckets_of("word4xyz")
    left = [bucket for bucket in buckets if bucket in used]
    assert 0 < len(left) < len(buckets)
    expected = vectors.subwords.matrix[left].sum(axis=0) / len(buckets)
    np.testing.assert_allclose(pruned.vector("word4xyz"), expected, rtol=1e-5)
    strange = [word for word in ("qqq", "zzz", "jjj", "vvv") if not used & set(SCHEME.buckets_of(word).tolist())]
    assert strange
    assert not any(pruned.can_compose(word) for word in strange)


def test_pruning_keeps_the_ngrams_of_most_words() -> None:
    vectors = sample()
    kept = prune_ngrams(vectors, 12).subwords.kept
    assert len(kept) == 12
    assert set(SCHEME.buckets_of("word").tolist()) & set(kept.tolist())
    again = prune_ngrams(prune_ngrams(vectors, 40), 12).subwords.kept
    assert again.tolist() == kept.tolist()
    np.testing.assert_array_equal(prune_ngrams(vectors, 12).vector("a b"), vectors.vector("a b"))


def test_vectors_that_cannot_be_pruned_are_refused() -> None:
    words_only = WordVectors(["a"], [[1.0]])
    floret = WordVectors(["a"], [[1.0]], subwords=Subwords(FloretScheme(3, 5, 10, 2), np.ones((10, 1), np.float32)))
    for vectors in (words_only, floret):
        with pytest.raises(ConfigError, match="no n-grams of fastText's kind"):
            prune_ngrams(vectors)
    with pytest.raises(ConfigError, match="at least 1, not 0"):
        prune_ngrams(sample(), 0)


# files


@pytest.mark.parametrize(("method", "settings"), CASES)
def test_a_file_of_codes_answers_like_vectors(tmp_path: Path, method: str, settings: dict[str, Any]) -> None:
    vectors = prune_ngrams(sample(), 500)
    path = tmp_path / "q.embed"
    encode = quantizer(method, **settings)
    save_quantized(vectors, path, encode)
    assert formats.detect(path) == "native"
    assert native.read_metadata(path)["kind"] == "quantized"
    found = formats.load(path)
    assert found.words == vectors.words
    assert found.counts.tolist() == vectors.counts.tolist()
    np.testing.assert_array_equal(found.matrix, encode(vectors.matrix, True).decode())
    assert found.subwords.kept.tolist() == vectors.subwords.kept.tolist()
    least = 0.6 if method == "binary" else 0.9
    assert cosines(found.vector("word9z"), vectors.vector("word9z")) > least
    for word in ("qqqqq", "zz", "word9z", "jjj"):
        assert found.can_compose(word) == vectors.can_compose(word)
    expected = [word for word, _ in vectors.nearest("word5", 20)]
    assert len({word for word, _ in found.nearest("word5", 20)} & set(expected)) >= (5 if method == "binary" else 12)
    assert sum(native.array_bytes(path).values()) < path.stat().st_size
    with pytest.raises(FormatError, match="vectors only"):
        native.read_model_arrays(path)


def test_pruned_float32_vectors_round_trip(tmp_path: Path) -> None:
    vectors = prune_ngrams(sample(), 300)
    formats.save(vectors, tmp_path / "p.embed")
    found = formats.load(tmp_path / "p.embed")
    np.testing.assert_array_equal(found.vector("word9z"), vectors.vector("word9z"))
    assert (tmp_path / "p.embed").stat().st_size < 4 * 24 * (700 + 300) + 40_000


def test_codes_of_another_shape_are_refused(tmp_path: Path) -> None:
    vectors = sample(20)
    with pytest.raises(FormatError, match="the codes of vectors are 19 x 24 of method int8, not 20 x 24"):
        write_codes(vectors, tmp_path / "q.embed", quantize_int8(vectors.matrix[:19]))
    codes = quantize_int8(vectors.matrix)
    with pytest.raises(FormatError, match="the codes of ngrams are 20 x 24 of method int8, not 3000 x 24"):
        write_codes(vectors, tmp_path / "q.embed", codes, codes)
    assert not (tmp_path / "q.embed").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('\\"dim\\": 24', '\\"dim\\": 25', "do not form a matrix of 20 x 25"),
        ('\\"method\\": \\"int8\\"', '\\"method\\": \\"int9\\"', "must be one of int8, binary, pq, not 'int9'"),
        ('\\"dim\\"', '\\"dam\\"', "quantization must give method and dim"),
        ('"vectors.scales"', '"vectors.scalex"', "need scales"),
        ('"quantized"', '"quantizes"', "its kind must be"),
    ],
)
def test_damaged_files_of_codes(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "q.embed"
    save_quantized(WordVectors([f"w{i}" for i in range(20)], clustered(20, 24)), path, quantizer("int8"))
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = data[8 : 8 + length].decode()
    assert json.loads(header)
    assert old in header
    path.write_bytes(data[:8] + header.replace(old, new).encode() + data[8 + length :])
    with pytest.raises(FormatError, match=message) as caught:
        formats.load(path)
    assert "q.embed" in str(caught.value)


def test_kept_buckets_that_do_not_rise_are_damage(tmp_path: Path) -> None:
    vectors = prune_ngrams(sample(), 50)
    formats.save(vectors, tmp_path / "p.embed")
    data = (tmp_path / "p.embed").read_bytes()
    kept = vectors.subwords.kept.tobytes()
    assert kept in data
    (tmp_path / "p.embed").write_bytes(data.replace(kept, kept[4:] + kept[:4]))
    with pytest.raises(FormatError, match=r"ngrams.kept must rise within 0 to 2999"):
        formats.load(tmp_path / "p.embed")


# the command


def test_the_command_quantises_and_prunes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "v.embed", tmp_path / "q.embed"
    formats.save(sample(), source)
    for flags in (["int8", "--scale", "column"], ["pq", "--bytes", "9", "--seed", "3"], ["binary", "--ngrams", "40"]):
        assert main(["quantize", str(source), str(target), "--method", *flags]) == 0
        found = formats.load(target)
        assert len(found.subwords.kept) == (40 if "--ngrams" in flags else len(prune_ngrams(sample()).subwords.kept))
        assert main(["info", str(target)]) == 0
        assert "quantized" in capsys.readouterr().out
    assert main(["quantize", str(source), str(target), "--method", "int8", "--bytes", "9"]) == 2
    assert "the method 'int8' has no setting 'row_bytes'" in capsys.readouterr().err
    assert main(["quantize", str(source), str(source), "--method", "int8"]) == 2


def test_the_command_converts_with_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "v.embed"
    formats.save(sample(), source)
    flags = ["--to", "npz", "--postprocess", "abtt:1,pca:5", "--unit", "--sif", "1e-3"]
    assert main(["convert", str(source), str(tmp_path / "out"), *flags]) == 0
    found = formats.load(tmp_path / "out")
    assert found.dim == 5
    assert (found.norms < 1).all()
    for _ in range(2):  # the second time onto the folder
        assert main(["convert", str(source), str(tmp_path / "m"), "--to", "model2vec"]) == 0
    assert formats.load(tmp_path / "m").words == sample().words
    assert main(["convert", str(source), str(tmp_path / "m"), "--to", "npz"]) == 2
    assert main(["convert", str(source), str(tmp_path / "x"), "--to", "pickle"]) == 2
    assert "--to must be one of" in capsys.readouterr().err
