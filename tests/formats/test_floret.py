"""floret's scheme and its table: hashes, files, training; floret and spaCy find the same vectors."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import embed
from embed import formats
from embed.config import TrainConfig
from embed.errors import ConfigError, FormatError
from embed.formats import floret
from embed.model import Model
from embed.vectors import WordVectors
from embed.vectors.ngram_rows import Subwords
from embed.vocabulary.ngrams import FloretScheme, SubwordScheme, scheme_from_dict, scheme_of

# The first buckets that floret 0.10.5 itself gives (get_subwords), of n-grams of 3 to 4 characters, four hashes each.
FLORET = {
    "the": [
        333553, 828185, 864704, 824672, 650523, 364650, 1386, 662982, 568350, 136821, 704728, 372249, 79938,
        318265, 130264, 383846,
    ],
    "日本語": [
        185246, 360239, 274041, 138765, 962218, 83096, 497470, 975321, 307263, 80528, 703457, 71901, 299865,
        43630, 522209, 12622,
    ],
    "a-word-of-more-than-thirty-two-bytes": [
        292293, 107088, 797995, 5541, 440864, 111165, 209646, 654326, 755804, 424904, 413993, 495915, 383590,
        740691, 973084, 857513,
    ],
    "": [2342, 806688, 900218, 617812],
}  # fmt: skip
GOLDEN = FloretScheme(3, 4, 1_000_003, 4)
SCHEME = FloretScheme(3, 5, 40, 2)
ODD_WORDS = ["the", "日本語", "straße", "x", "", "y" * 50, "</s>"]


def table(dim: int = 6, scheme: FloretScheme = SCHEME) -> WordVectors:
    rows = np.random.default_rng(0).normal(size=(scheme.buckets, dim)).astype(np.float32)
    return WordVectors([], np.empty((0, dim), np.float32), subwords=Subwords(scheme, rows))


def trained(objective: str = "sg", hash_count: int = 2) -> Model:
    rng = np.random.default_rng(0)
    words = [f"wort{chr(ord('ä') + i)}" for i in range(20)]
    sentences = [[words[i] for i in rng.integers(0, 20, 12)] for _ in range(60)]
    settings = {"objective": objective, "hash_count": hash_count, "subword": True, "buckets": 100}
    return embed.train(sentences, dim=16, epochs=2, threads=1, subsample=0.0, **settings)


# hashes


@pytest.mark.parametrize("word", FLORET)
def test_buckets_are_those_of_floret(word: str) -> None:
    found = GOLDEN.buckets_of(word)
    assert found.dtype == np.int32
    assert len(found) == 4 * len(GOLDEN.ngrams(word))
    assert found[: len(FLORET[word])].tolist() == FLORET[word]


def _murmur(data: bytes, seed: int) -> list[int]:
    """MurmurHash3_x64_128, as its author defines it."""
    c1, c2, mask = 0x87C37B91114253D5, 0x4CF5AD432745937F, (1 << 64) - 1

    def rotated(value: int, bits: int) -> int:
        return (value << bits | value >> (64 - bits)) & mask

    def final(value: int) -> int:
        value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & mask
        value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & mask
        return value ^ value >> 33

    first = second = seed
    whole = len(data) // 16 * 16
    for start in range(0, whole, 16):
        one, two = (int.from_bytes(data[start + i : start + i + 8], "little") for i in (0, 8))
        first ^= rotated(one * c1 & mask, 31) * c2 & mask
        first = ((rotated(first, 27) + second) * 5 + 0x52DCE729) & mask
        second ^= rotated(two * c2 & mask, 33) * c1 & mask
        second = ((rotated(second, 31) + first) * 5 + 0x38495AB5) & mask
    one, two = (int.from_bytes(data[whole + i : whole + i + 8], "little") for i in (0, 8))
    first ^= rotated(one * c1 & mask, 31) * c2 & mask ^ len(data)
    second ^= rotated(two * c2 & mask, 33) * c1 & mask ^ len(data)
    first = (first + second) & mask
    second = (second + first) & mask
    first, second = final(first), final(second)
    first = (first + second) & mask
    second = (second + first) & mask
    return [first & 0xFFFFFFFF, first >> 32, second & 0xFFFFFFFF, second >> 32]


def test_the_definition_gives_the_known_values() -> None:
    first, second, third, fourth = _murmur(b"The quick brown fox jumps over the lazy dog", 0)
    assert (second << 32 | first, fourth << 32 | third) == (0xE34BBC7BBC071B6C, 0x7A433CA9C49A9347)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.integers(1, 5),
    st.integers(0, 4),
    st.integers(1, 2**31 - 1),
    st.integers(1, 4),
    st.integers(0, 2**32 - 1),
)
def test_the_compiled_hash_agrees_with_the_definition(
    word: str, min_n: int, more: int, buckets: int, count: int, seed: int
) -> None:
    scheme = FloretScheme(min_n, min_n + more, buckets, count, seed)
    expected = [value % buckets for ngram in scheme.ngrams(word) for value in _murmur(ngram.encode(), seed)[:count]]
    assert scheme.buckets_of(word).tolist() == expected


def test_the_whole_word_comes_first() -> None:
    assert FloretScheme(3, 4, 9, 1).ngrams("ab") == ["<ab>", "<ab", "<ab>", "ab>"]
    assert len(FloretScheme(3, 4, 9, 3).buckets_of("a" * 100)) == 3 * len(FloretScheme(3, 4, 9, 1).ngrams("a" * 100))


def test_rows_of_a_vocabulary() -> None:
    offsets, rows = SCHEME.rows(ODD_WORDS)
    for number, word in enumerate(ODD_WORDS):
        assert rows[offsets[number] : offsets[number + 1]].tolist() == SCHEME.buckets_of(word).tolist()
    assert SCHEME.word_rows(7) == 0
    assert FloretScheme(3, 3, 2**31 - 1, 1).rows(["a", "b"])[0][-1] > 0  # words take no rows of the 2**31


def test_schemes_from_their_fields() -> None:
    for scheme in (SCHEME, SubwordScheme(2, 4, 7)):
        assert scheme_from_dict(scheme.to_dict()) == scheme
    with pytest.raises(ConfigError, match="no n-gram scheme has the fields buckets, min_n"):
        scheme_from_dict({"min_n": 1, "buckets": 2})
    assert scheme_of(TrainConfig()) is None
    assert scheme_of(TrainConfig(subword=True, buckets=9)) == SubwordScheme(3, 6, 9)
    assert scheme_of(TrainConfig(subword=True, buckets=9, hash_count=2)) == FloretScheme(3, 6, 9, 2)


@pytest.mark.parametrize(
    ("values", "name"), [((3, 5, 9, 0), "hash_count"), ((3, 5, 9, 5), "hash_count"), ((3, 5, 9, 1, -1), "hash_seed")]
)
def test_bounds(values: tuple[int, ...], name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        FloretScheme(*values)
    with pytest.raises(ConfigError, match="hash_count is 2 but subword is off"):
        TrainConfig(hash_count=2)


# files


@pytest.mark.parametrize("name", ["t.floret", "t.floret.gz"])
def test_floret_table_round_trip(tmp_path: Path, name: str) -> None:
    vectors = table()
    formats.save(vectors, tmp_path / name)
    assert formats.detect(tmp_path / name) == "floret"
    found = formats.load(tmp_path / name)
    assert found.subwords is not None
    assert vectors.subwords is not None
    assert found.subwords.scheme == SCHEME
    np.testing.assert_array_equal(found.subwords.matrix, vectors.subwords.matrix)
    assert (len(found), found.dim) == (0, 6)
    for word in ODD_WORDS:
        rows = vectors.subwords.matrix[SCHEME.buckets_of(word)]
        np.testing.assert_allclose(found[word], rows.mean(axis=0), atol=1e-6)
    if name == "t.floret":
        assert (tmp_path / name).read_bytes().startswith(b"40 6 3 5 2 2166136261 < >\n0 ")


def test_floret_table_composes_given_words(tmp_path: Path) -> None:
    floret.write(table(), tmp_path / "t.floret")
    found = formats.load(tmp_path / "t.floret")
    assert found.nearest("the") == found.nearest_batch(["the"])[0] == []
    found = floret.read(tmp_path / "t.floret", words=["the", "then", "日本語"])
    assert {word for word, _ in found.nearest("the", 5)} == {"then", "日本語"}
    np.testing.assert_array_equal(found.matrix[2], table()["日本語"])


def test_a_table_without_words_in_the_other_formats(tmp_path: Path) -> None:
    formats.save(table(), tmp_path / "t.embed")
    np.testing.assert_array_equal(formats.load(tmp_path / "t.embed")["the"], table()["the"])
    with pytest.raises(FormatError, match="there are no words, only an n-gram table"):
        formats.save(table(), tmp_path / "t.txt")
    with pytest.raises(FormatError, match="the vectors have no floret table"):
        formats.save(WordVectors(["a"], [[1.0]]), tmp_path / "t.floret")
    fasttext = Subwords(SubwordScheme(3, 5, 4), np.ones((4, 1), np.float32))
    with pytest.raises(FormatError, match="the vectors have no floret table"):
        formats.save(WordVectors(["a"], [[1.0]], subwords=fasttext), tmp_path / "t.floret")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2 1 3 5 2 7 < >\n0 1\n", "the file ends after 1|take at least"),
        ("2 1 3 5 2 7 < >\n0 1\n1 2\n2 3\n", "line 4: one line more"),
        ("2 1 3 5 2 7 < >\n0 1\n0 2\n", "line 3: duplicate word '0'"),
        ("2 1 3 5 2 7 < >\n1 1\n0 2\n", "line 2: expected row 0, but found '1'"),
        ("2 1 3 5 2 7 < >\n0 1\n1 nan\n", "line 3: 'nan' is not finite"),
        ("2 1 3 5 2 7 < >\n0 1 2\n1 2\n", "line 2: 2 numbers after the word"),
        ("2 1 3 5 9 7 < >\n0 1\n1 2\n", "line 1: hash_count must be a whole number from 1 to 4, not 9"),
        ("2 1 6 5 1 7 < >\n0 1\n1 2\n", "line 1: max_n"),
        ("2 0 3 5 1 7 < >\n0\n1\n", "line 1: dim is 0, but must be from 1 to"),
        ("2 1 3 5 1 7 [ ]\n0 1\n1 2\n", "line 1: the boundaries must be < and >"),
        ("2000000000 300 3 5 1 7 < >\n0 1\n", "take at least 1202000000000 bytes, but the file has"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.floret").write_text(text)
    with pytest.raises(FormatError, match=message):
        formats.load(tmp_path / "t.floret")
    (tmp_path / "other").write_text("a 1 2\n")
    with pytest.raises(FormatError, match="line 1: expected the settings of a floret table"):
        floret.read(tmp_path / "other")


# training


@pytest.mark.parametrize("objective", ["sg", "cbow"])
def test_a_model_is_its_table(tmp_path: Path, objective: str) -> None:
    model = trained(objective)
    assert model.input.shape == (95, 16)  # five of the 100 rows hold no n-gram
    assert model.history[-1].loss < model.history[0].loss
    assert model.vectors.subwords is not None
    for word in model.vocabulary.words:
        np.testing.assert_allclose(model.vectors[word], model.vectors.subwords.compose(word), atol=1e-6)
    embed.save_model(model, tmp_path / "m.embed")
    found = embed.load_model(tmp_path / "m.embed")
    assert found.config == model.config
    np.testing.assert_array_equal(found.input, model.input)
    mapped = embed.load(tmp_path / "m.embed")
    assert mapped.subwords is not None
    assert mapped.subwords.scheme == FloretScheme(3, 6, 100, 2)
    np.testing.assert_array_equal(mapped.matrix, model.vectors.matrix)
    np.testing.assert_array_equal(mapped["neu"], model.vectors["neu"])
    embed.save(mapped, tmp_path / "m.floret")
    for word in [*model.vocabulary.words, "neu"]:
        np.testing.assert_allclose(embed.load(tmp_path / "m.floret")[word], model.vectors[word], atol=1e-6)


# the others


def test_floret_finds_the_same_vectors(tmp_path: Path) -> None:
    theirs = pytest.importorskip("floret", reason="floret is not installed")
    text = tmp_path / "text"
    text.write_text("die straße nach 日本語 ist lang und die wörter sind es auch\n" * 20)
    settings = {"mode": "floret", "hashCount": 2, "bucket": 300, "minn": 2, "maxn": 4, "dim": 8, "minCount": 1}
    # Below eleven threads floret leaves a part of its matrix uninitialised.
    model = theirs.train_unsupervised(str(text), epoch=1, thread=11, verbose=0, **settings)
    scheme = FloretScheme(2, 4, 300, 2)
    words = model.get_words()
    rows = model.get_input_matrix()[len(words) :]
    exact = WordVectors([], np.empty((0, 8), np.float32), subwords=Subwords(scheme, rows))
    model.save_floret_vectors(str(tmp_path / "t.floret"))
    rounded = formats.load(tmp_path / "t.floret")
    # floret gives the word of id 0, and </s>, rows that are not in the table.
    for word in [*(word for word in words[1:] if word != "</s>"), "unbekannt", "日本", "ß"]:
        buckets = model.get_subwords(word)[1] - len(words)
        assert scheme.buckets_of(word).tolist() == buckets.tolist()
        np.testing.assert_allclose(exact[word], model.get_word_vector(word), atol=1e-5)
        np.testing.assert_allclose(rounded[word], model.get_word_vector(word), atol=1e-5)


@pytest.mark.skipif(importlib.util.find_spec("spacy") is None, reason="spaCy is not installed")
@pytest.mark.filterwarnings("ignore")
def test_spacy_finds_the_same_vectors(tmp_path: Path) -> None:
    spacy = importlib.import_module("spacy")
    initialize = importlib.import_module("spacy.training.initialize")
    model = trained()
    formats.save(model.vectors, tmp_path / "m.floret")
    pipeline = spacy.blank("xx")
    initialize.convert_vectors(pipeline, tmp_path / "m.floret", truncate=0, prune=-1, mode="floret")
    for word in [*model.vocabulary.words, "neu", "日本語", "x"]:
        np.testing.assert_allclose(pipeline.vocab[word].vector, model.vectors[word], atol=1e-5)
