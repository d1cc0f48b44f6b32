"""fastText's files: read and written to the byte, with the vectors that fastText and gensim find in them."""

from __future__ import annotations

import dataclasses
import gzip
import importlib.util
import struct
from pathlib import Path

import numpy as np
import pytest

import embed
from embed import formats
from embed.errors import ConfigError, FormatError
from embed.formats import fasttext_bin, fasttext_model
from embed.formats.fasttext_file import Arguments, FastTextFile, ProductQuantiser, Quantised
from embed.model import Model
from embed.vectors import WordVectors
from embed.vectors.ngram_rows import Subwords
from embed.vocabulary.ngrams import FloretScheme, SubwordScheme

WORDS = ["the", "</s>", "straße", "日本語", "x"]
SCHEME = SubwordScheme(2, 4, 50)
UNKNOWN = ["unheard", "日本", "ß"]


def normal(rows: int, dim: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32)


def file_of(
    *, version: int = 12, subword: bool = True, loss: int = 2, kind: int = 2, words: list[str] = WORDS
) -> FastTextFile:
    dim, buckets = 6, SCHEME.buckets if subword else 0
    arguments = Arguments(dim, 5, 5, 1, 5, 1, loss, kind, buckets, 2, 4 if subword else 0, 100, 1e-4)
    counts = np.arange(len(words), 0, -1)
    rows, outputs = normal(len(words) + buckets, dim), normal(len(words), dim, 1)
    return FastTextFile(version, arguments, [word.encode() for word in words], counts, 0, 99, None, rows, outputs)


def quantised(rows: int, dim: int, part_dim: int, *, norms: bool) -> Quantised:
    rng = np.random.default_rng(3)
    parts = -(-dim // part_dim)
    last = dim - (parts - 1) * part_dim
    return Quantised(
        (rows, dim),
        rng.integers(0, 256, (rows, parts), np.uint8),
        ProductQuantiser(dim, parts, part_dim, last, normal(256, dim).ravel()),
        rng.integers(0, 256, rows, np.uint8) if norms else None,
        ProductQuantiser(1, 1, 1, 1, normal(256, 1).ravel()) if norms else None,
    )


def subword_vectors() -> WordVectors:
    subwords = Subwords(SCHEME, normal(SCHEME.buckets, 6, 2))
    return WordVectors(WORDS, normal(len(WORDS), 6), counts=range(9, 4, -1), subwords=subwords)


def trained(objective: str, *, subword: bool, hash_count: int = 0) -> Model:
    rng = np.random.default_rng(0)
    words = [f"wort{chr(ord('ä') + i)}" for i in range(20)]
    sentences = [[words[i] for i in rng.integers(0, 20, 12)] for _ in range(60)]
    settings = {"objective": objective, "subword": subword, "hash_count": hash_count, "buckets": 300}
    return embed.train(sentences, dim=16, epochs=1, threads=1, subsample=0.0, **settings)


# round trips


@pytest.mark.parametrize("version", [12, 11, 0])
def test_fasttext_file_round_trip_is_exact(tmp_path: Path, version: int) -> None:
    fasttext_bin.write(file_of(version=version), tmp_path / "a.bin")
    assert formats.detect(tmp_path / "a.bin") == "fasttext"
    read = fasttext_bin.read(tmp_path / "a.bin")
    assert read.version == version
    assert read.arguments == file_of().arguments
    assert read.words == file_of().words
    np.testing.assert_array_equal(read.input, file_of().input)
    fasttext_bin.write(read, tmp_path / "b.bin")
    assert (tmp_path / "a.bin").read_bytes() == (tmp_path / "b.bin").read_bytes()


@pytest.mark.parametrize("norms", [False, True])
@pytest.mark.parametrize("part_dim", [2, 4, 6])
def test_quantised_fasttext_file_decodes_and_round_trips(tmp_path: Path, part_dim: int, norms: bool) -> None:
    matrix = quantised(len(WORDS) + SCHEME.buckets, 6, part_dim, norms=norms)
    file = dataclasses.replace(file_of(), input=matrix)
    fasttext_bin.write(file, tmp_path / "a.ftz")
    read = fasttext_bin.read(tmp_path / "a.ftz")
    fasttext_bin.write(read, tmp_path / "b.ftz")
    assert (tmp_path / "a.ftz").read_bytes() == (tmp_path / "b.ftz").read_bytes()
    expected = np.empty(6)
    for column in range(6):
        part, place = divmod(column, part_dim)
        size = matrix.quantiser.last_part_dim if part == matrix.codes.shape[1] - 1 else part_dim
        code = int(matrix.codes[2, part])
        expected[column] = matrix.quantiser.centroids[256 * part * part_dim + code * size + place]
    if matrix.norm_codes is not None and matrix.norm_quantiser is not None:
        expected *= matrix.norm_quantiser.centroids[matrix.norm_codes[2]]
    np.testing.assert_allclose(read.input[np.array([2])][0], expected, rtol=1e-6)
    with pytest.raises(FormatError, match="quantised"):
        embed.load_model(tmp_path / "a.ftz")


def test_a_word_is_the_mean_of_its_rows_and_the_end_of_a_sentence_its_own_row(tmp_path: Path) -> None:
    file = file_of()
    fasttext_bin.write(file, tmp_path / "m.bin")
    vectors = formats.load(tmp_path / "m.bin")
    assert vectors.words == WORDS
    assert vectors.counts is not None
    assert vectors.counts.tolist() == [5, 4, 3, 2, 1]
    assert isinstance(file.input, np.ndarray)
    for number, word in enumerate(WORDS):
        ngrams = [] if word == "</s>" else (SCHEME.buckets_of(word) + len(WORDS)).tolist()
        expected = file.input[[number, *ngrams]].mean(axis=0, dtype=np.float64)
        np.testing.assert_allclose(vectors[word], expected, atol=1e-6)
    rows = SCHEME.buckets_of("unheard") + len(WORDS)
    np.testing.assert_allclose(vectors["unheard"], file.input[rows].mean(axis=0), atol=1e-6)


def test_vectors_round_trip(tmp_path: Path) -> None:
    vectors = subword_vectors()
    formats.save(vectors, tmp_path / "v.bin", "fasttext")
    found = formats.load(tmp_path / "v.bin")
    assert found.words == vectors.words
    np.testing.assert_array_equal(found.counts, vectors.counts)
    for word in WORDS + UNKNOWN:
        np.testing.assert_allclose(found[word], vectors[word], atol=2e-6)
    plain = WordVectors(["a b", "", "c"], normal(3, 4))
    formats.save(plain, tmp_path / "p.bin", "fasttext")
    found = formats.load(tmp_path / "p.bin")
    assert found.words == plain.words  # a NUL ends a word: spaces and nothing are fine
    assert found.subwords is None
    np.testing.assert_array_equal(found.matrix, plain.matrix)


@pytest.mark.parametrize("objective", ["sg", "cbow"])
@pytest.mark.parametrize("subword", [False, True])
def test_model_round_trip_has_everything_to_train_further(tmp_path: Path, objective: str, subword: bool) -> None:
    model = trained(objective, subword=subword)
    embed.save_model(model, tmp_path / "m.bin", format="fasttext")
    found = embed.load_model(tmp_path / "m.bin")
    np.testing.assert_array_equal(found.input, model.input)
    np.testing.assert_array_equal(found.output, model.output)
    assert found.vocabulary == model.vocabulary
    for name in ("objective", "subword", "dim", "window", "negatives", "epochs"):
        assert getattr(found.config, name) == getattr(model.config, name), name
    assert found.config.subsample == model.config.subsample_threshold()
    assert found.least_count() == model.least_count()
    if subword:
        assert found.parameters.scheme == model.parameters.scheme
    np.testing.assert_array_equal(found.vectors.matrix, model.vectors.matrix)
    fasttext_model.write_model(found, tmp_path / "again.bin")
    assert (tmp_path / "again.bin").read_bytes() == (tmp_path / "m.bin").read_bytes()


def test_a_compressed_file(tmp_path: Path) -> None:
    fasttext_bin.write(file_of(), tmp_path / "m.bin")
    (tmp_path / "m.bin.gz").write_bytes(gzip.compress((tmp_path / "m.bin").read_bytes()))
    assert formats.detect(tmp_path / "m.bin.gz") == "fasttext"
    np.testing.assert_array_equal(formats.load(tmp_path / "m.bin.gz").matrix, formats.load(tmp_path / "m.bin").matrix)


def test_n_gram_rows_are_mapped_not_read(tmp_path: Path) -> None:
    fasttext_bin.write(file_of(), tmp_path / "m.bin")
    subwords = formats.load(tmp_path / "m.bin").subwords
    assert subwords is not None
    assert not subwords.matrix.flags.owndata
    assert not subwords.matrix.flags.writeable


def test_words_that_are_not_utf8(tmp_path: Path) -> None:
    file = dataclasses.replace(file_of(), words=[b"the", b"</s>", "straße".encode("cp1252"), b"ok", b"x"])
    fasttext_bin.write(file, tmp_path / "m.bin")
    with pytest.raises(FormatError, match=r"m\.bin: word 2: the word b'stra\\xdfe' is not valid UTF-8"):
        formats.load(tmp_path / "m.bin")
    assert formats.load(tmp_path / "m.bin", decode_errors="replace").words[2] == "stra\ufffde"
    vectors = fasttext_model.read_vectors(tmp_path / "m.bin", encoding="cp1252")
    rows = SCHEME.buckets_of("straße".encode("cp1252")) + len(WORDS)
    expected = file.input[np.array([2, *rows])].mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(vectors["straße"], expected, atol=1e-6)
    with pytest.raises(ConfigError, match="encoding must name an encoding, such as 'latin-1', not 'cp-none'"):
        fasttext_model.read_vectors(tmp_path / "m.bin", encoding="cp-none")


# refusals


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "m.bin"
    for name, file in (
        ("dense", file_of()),
        ("quantised", dataclasses.replace(file_of(), input=quantised(55, 6, 4, norms=True))),
    ):
        fasttext_bin.write(file, path)
        whole = path.read_bytes()
        for end in range(8, len(whole), 31):
            path.write_bytes(whole[:end])
            with pytest.raises(FormatError, match=r"m\.bin, byte \d+"):
                fasttext_bin.read(path)
        path.write_bytes(whole + b"\0")
        with pytest.raises(FormatError, match="1 more bytes after the end of the model"):
            fasttext_bin.read(path)
        assert name


SIZES_AT, PRUNED_AT = 8 + 56, 8 + 56 + 20
MATRIX_AT = PRUNED_AT + 8 + sum(len(word.encode()) + 10 for word in WORDS)


@pytest.mark.parametrize(
    ("at", "form", "value", "message"),
    [
        (4, "i", 13, "version 13 of the format; this program reads versions 11 and 12"),
        (8, "i", 0, "dim is 0, but must be from 1 to"),
        (8, "i", 1 << 30, "dim is 1073741824, but must be from 1 to"),
        (8 + 24, "i", 9, "unknown loss 9"),
        (8 + 28, "i", 7, "unknown model 7"),
        (8 + 32, "i", -1, "buckets is -1"),
        (8 + 32, "i", 51, "the input matrix has 55 rows, not one for each of 5 words and 51 buckets"),
        (SIZES_AT, "i", (1 << 31) - 1, "impossible dictionary: 2147483647 entries, 5 words"),
        (SIZES_AT, "2i", (1 << 31) - 1, "the 2147483647 entries of the dictionary would take"),
        (SIZES_AT + 4, "i", -5, "impossible dictionary: 5 entries, -5 words"),
        (PRUNED_AT, "q", -2, "the number of n-grams left is -2"),
        (PRUNED_AT, "q", 1 << 60, "the n-grams that are left would take"),
        (PRUNED_AT + 8 + 3, "b", 33, "impossible count"),
        (PRUNED_AT + 8 + 4, "q", -1, "impossible count -1 or type 0 of entry 1"),
        (PRUNED_AT + 8 + 12, "b", 1, "impossible count 5 or type 1 of entry 1"),
        (MATRIX_AT, "b", 2, "the flag of quantised input is 2"),
        (MATRIX_AT + 1, "q", 1 << 61, "a matrix of .* x 6 would take"),
        (MATRIX_AT + 1, "q", -1, "a matrix of -1 x 6"),
        (MATRIX_AT + 9, "q", 5, "a matrix of 55 x 5 in a model of 6 dimensions"),
    ],
)  # fmt: skip
def test_impossible_sizes_are_refused_before_allocation(
    tmp_path: Path, at: int, form: str, value: int, message: str
) -> None:
    path = tmp_path / "m.bin"
    fasttext_bin.write(file_of(), path)
    data = bytearray(path.read_bytes())
    struct.pack_into("<" + form, data, at, *[value] * (2 if form[0] == "2" else 1))
    path.write_bytes(data)
    with pytest.raises(FormatError, match=message):
        fasttext_bin.read(path)


def test_models_that_cannot_be_trained_further_are_refused() -> None:
    with pytest.raises(FormatError, match="cannot train a model with the loss 'hs' further"):
        fasttext_model.to_model(file_of(loss=1))
    with pytest.raises(FormatError, match="cannot train a classifier further"):
        fasttext_model.to_model(file_of(loss=3, kind=3))
    with pytest.raises(FormatError, match="word 2: duplicate word 'a', so the model cannot be trained further"):
        fasttext_model.to_model(file_of(words=["a", "b", "a"]))
    wrong = file_of()
    wrong.output[1, 2] = np.nan
    with pytest.raises(FormatError, match="row 1 of the output matrix holds NaN"):
        fasttext_model.to_model(wrong)


def test_words_and_models_that_a_fasttext_file_cannot_store(tmp_path: Path) -> None:
    path = tmp_path / "v.bin"
    with pytest.raises(FormatError, match="holds a NUL"):
        formats.save(WordVectors(["a\0b"], [[1.0]]), path, "fasttext")
    with pytest.raises(FormatError, match="lone surrogate"):
        formats.save(WordVectors(["a\udc80b"], [[1.0]]), path, "fasttext")
    table = Subwords(FloretScheme(3, 5, 10, 2), normal(10, 2))
    with pytest.raises(FormatError, match="a floret table does not fit"):
        formats.save(WordVectors(["a"], [[1.0, 2.0]], subwords=table), path, "fasttext")
    with pytest.raises(FormatError, match="a floret table does not fit"):
        embed.save_model(trained("sg", subword=True, hash_count=2), path, format="fasttext")
    with pytest.raises(ConfigError, match="'native' or 'fasttext', not 'binary'"):
        embed.save_model(trained("sg", subword=False), path, format="binary")
    assert not path.exists()


# the others read ours, we read theirs


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


@pytest.fixture(scope="module")
def fixtures() -> Path:
    gensim = importlib.util.find_spec("gensim")
    if gensim is None or gensim.origin is None:
        pytest.skip("gensim, whose wheel has files of fastText, is not installed")
    return Path(gensim.origin).parent / "test" / "test_data"


GENSIM = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning"),
]
FIXTURES = ["lee_fasttext", "lee_fasttext_new", "non_ascii_fasttext", "crime-and-punishment", "toy-model"]
OTHER_FIXTURES = ["toy-model-pretrained", "cp852_fasttext", "pang_lee_polarity_fasttext"]


@pytest.mark.parametrize("name", FIXTURES + OTHER_FIXTURES)
def test_files_written_by_fasttext_round_trip_byte_for_byte(fixtures: Path, tmp_path: Path, name: str) -> None:
    source = fixtures / f"{name}.bin"
    fasttext_bin.write(fasttext_bin.read(source), tmp_path / "copy.bin")
    assert (tmp_path / "copy.bin").read_bytes() == source.read_bytes()
    assert formats.detect(source) == "fasttext"


@pytest.mark.parametrize("name", FIXTURES)
def test_we_and_gensim_find_the_same_vectors(fixtures: Path, name: str) -> None:
    from gensim.models.fasttext import load_facebook_vectors

    vectors = formats.load(fixtures / f"{name}.bin")
    theirs = load_facebook_vectors(str(fixtures / f"{name}.bin"))
    assert vectors.words == theirs.index_to_key
    assert any(not word.isascii() for word in vectors.words) or "lee" in name or "toy" in name
    # gensim gives the end-of-sentence token n-grams, which fastText does not.
    known = [number for number, word in enumerate(vectors.words) if word != "</s>"]
    np.testing.assert_allclose(vectors.matrix[known], theirs.vectors[known], atol=1e-6)
    for word in ("unheardof", "řeka", "日本語の"):
        np.testing.assert_allclose(vectors[word], theirs.get_vector(word), atol=1e-6)


@pytest.mark.parametrize("name", ["lee_fasttext", "crime-and-punishment", "pang_lee_polarity_fasttext"])
def test_we_find_the_vectors_that_fasttext_has_written_beside_the_file(fixtures: Path, name: str) -> None:
    encoding = "latin-1" if "pang" in name else "utf-8"  # a classifier, trained on text in Latin-1
    vectors = fasttext_model.read_vectors(fixtures / f"{name}.bin", encoding=encoding)
    first, *lines = (fixtures / f"{name}.vec").read_text(encoding).rstrip("\n").split("\n")
    assert [len(vectors), vectors.dim] == [int(field) for field in first.split()]
    for word, line in zip(vectors.words, lines, strict=True):
        theirs, *numbers = line.rstrip().split(" ")
        assert theirs == word
        if word == "</s>" and name == "lee_fasttext":
            continue  # had n-grams in the versions before 11, and has had none since
        np.testing.assert_allclose(vectors[word], [float(number) for number in numbers], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("what", ["model", "vectors"])
@pytest.mark.parametrize("subword", [True, False])
def test_gensim_reads_ours(tmp_path: Path, subword: bool, what: str) -> None:
    pytest.importorskip("gensim", reason="gensim is not installed")
    from gensim.models.fasttext import load_facebook_model, load_facebook_vectors

    model = trained("sg", subword=subword)
    path = str(tmp_path / "m.bin")
    if what == "model":
        embed.save_model(model, path, format="fasttext")
    else:
        formats.save(model.vectors, path, "fasttext")
    for theirs in (load_facebook_vectors(path), load_facebook_model(path).wv):
        assert theirs.index_to_key == model.vocabulary.words
        np.testing.assert_allclose(theirs.vectors, model.vectors.matrix, atol=1e-6)
        for word in UNKNOWN if subword else []:
            np.testing.assert_allclose(theirs.get_vector(word), model.vectors[word], atol=1e-6)


@pytest.mark.parametrize("what", ["model", "vectors"])
@pytest.mark.parametrize("subword", [True, False])
def test_fasttext_reads_ours(tmp_path: Path, subword: bool, what: str) -> None:
    fasttext = pytest.importorskip("fasttext", reason="fasttext-community is not installed")
    model = trained("cbow", subword=subword)
    path = str(tmp_path / "m.bin")
    if what == "model":
        embed.save_model(model, path, format="fasttext")
    else:
        formats.save(model.vectors, path, "fasttext")
    theirs = fasttext.load_model(path)
    assert theirs.get_words() == model.vocabulary.words
    matrix = theirs.get_input_matrix()
    if what == "model":
        np.testing.assert_array_equal(matrix[: len(model.vocabulary)], model.input[: len(model.vocabulary)])
        ngrams = matrix[len(model.vocabulary) :]
        buckets = model.parameters.buckets
        np.testing.assert_array_equal(ngrams[buckets], model.input[len(model.vocabulary) :])
        assert not np.delete(ngrams, buckets, axis=0).any()
        np.testing.assert_array_equal(theirs.get_output_matrix(), model.output)
    for word in model.vocabulary.words + (UNKNOWN if subword else []):
        # fasttext-community gives vectors of length 1: the mean is made of its own rows instead.
        rows = theirs.get_subwords(word)[1]
        np.testing.assert_allclose(matrix[rows].mean(axis=0), model.vectors[word], atol=1e-6)
        np.testing.assert_allclose(unit(theirs.get_word_vector(word)), unit(model.vectors[word]), atol=1e-6)


for _test in (test_we_and_gensim_find_the_same_vectors, test_gensim_reads_ours):
    for _mark in GENSIM:
        _mark(_test)
