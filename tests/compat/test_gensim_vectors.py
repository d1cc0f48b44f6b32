"""KeyedVectors and Phrases of embed.compat.gensim, where gensim's own tests do not look."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.compat.gensim import ENGLISH_CONNECTOR_WORDS, FastTextKeyedVectors, FrozenPhrases, KeyedVectors, Phrases
from embed.compat.gensim.errors import WordFileError
from embed.errors import ConfigError, FormatError, MissingWordError

WORDS = ["north", "east", "south", "west", "northeast", "nowhere"]
ROWS = np.array([[0, 2], [1, 0], [0, -1], [-1, 0], [1, 1], [0, 0]], np.float32)


@pytest.fixture
def compass() -> KeyedVectors:
    vectors = KeyedVectors(2)
    vectors.add_vectors(
        WORDS, ROWS, extras={"count": np.arange(6, 0, -1), "degrees": np.array([0, 90, 180, 270, 45, -1])}
    )
    return vectors


def test_weights_come_as_pairs_or_in_a_dict(compass: KeyedVectors) -> None:
    expected = compass.most_similar([np.array([3.0, 1.0])], topn=6)
    for query in ([("east", 3), ("north", 1)], {"east": 3.0, "north": 1.0}):
        found = compass.most_similar(query, topn=4)
        assert found == [pair for pair in expected if pair[0] not in ("east", "north")]
    assert compass.most_similar({"east": -1}, topn=1)[0][0] == "west"
    assert compass.most_similar("east", negative="north", topn=1)[0][0] == "south"


def test_all_similarities_come_as_an_array_and_ranges_limit_the_answers(compass: KeyedVectors) -> None:
    np.testing.assert_allclose(compass.most_similar("east", topn=None), [0, 1, 0, -1, np.sqrt(0.5), 0], atol=1e-6)
    assert [word for word, _ in compass.most_similar("east", topn=9, clip_start=2, clip_end=5)] == [
        "northeast", "south", "west",
    ]  # fmt: skip
    assert [word for word, _ in compass.most_similar("east", restrict_vocab=1)] == ["north"]

    class Index:
        def most_similar(self, vector: Any, topn: int) -> Any:
            return vector.tolist(), topn

    assert compass.most_similar("east", topn=3, indexer=Index()) == ([1, 0], 3)


def test_the_zero_vector_is_similar_to_nothing(compass: KeyedVectors) -> None:
    assert compass.similarity("nowhere", "north") == 0
    assert compass.get_normed_vectors()[5].tolist() == [0, 0]
    assert dict(compass.most_similar("nowhere"))["north"] == 0


def test_a_missing_word_is_a_key_error_with_advice(compass: KeyedVectors) -> None:
    with pytest.raises(KeyError, match="did you mean 'north'"):
        compass["norht"]
    with pytest.raises(MissingWordError):
        compass.most_similar("norht")


def test_vectors_cannot_be_changed_through_an_answer(compass: KeyedVectors) -> None:
    with pytest.raises(ValueError, match="read-only"):
        compass["north"][0] = 1
    compass["north"] = np.array([5, 5])
    assert compass.similarity("north", "northeast") == pytest.approx(1)


def test_word_movers_distance_is_the_cheapest_transport(compass: KeyedVectors) -> None:
    assert compass.wmdistance(["north", "east"], ["east", "north"]) == pytest.approx(0, abs=1e-9)
    assert compass.wmdistance(["north"], ["east"]) == pytest.approx(np.sqrt(2))
    # a half of east stays, the other half goes to south
    assert compass.wmdistance(["east"], ["east", "south"]) == pytest.approx(np.sqrt(2) / 2)
    assert compass.wmdistance(["unheard"], ["east"]) == float("inf")


def test_saved_vectors_keep_attributes_and_are_read_by_load(compass: KeyedVectors, tmp_path: Path) -> None:
    compass.save(tmp_path / "compass.embed")
    loaded = KeyedVectors.load(tmp_path / "compass.embed")
    assert loaded.index_to_key == WORDS
    assert loaded.get_vecattr("south", "degrees") == 180
    assert loaded.get_vecattr("south", "count") == 4
    np.testing.assert_array_equal(loaded.vectors, ROWS)
    loaded.vectors[0] = 1
    assert not KeyedVectors.load(tmp_path / "compass.embed", mmap="r").vectors.flags.writeable
    np.testing.assert_array_equal(embed.load(tmp_path / "compass.embed").matrix, ROWS)


def test_subword_vectors_are_saved_with_their_ngrams(tmp_path: Path) -> None:
    config = {"dim": 16, "min_count": 1, "epochs": 1, "subword": True, "buckets": 64, "threads": 1}
    model = embed.train([["night", "nightly"]] * 20, **config)
    vectors = FastTextKeyedVectors.from_word_vectors(model.vectors)
    np.testing.assert_allclose(vectors.vectors_vocab, model.input[:2], atol=1e-6)
    vectors.save(tmp_path / "v.embed")
    loaded = FastTextKeyedVectors.load(tmp_path / "v.embed")
    for word in ("night", "nights"):
        np.testing.assert_array_equal(loaded[word], model.vectors[word])
    adjusted = loaded.vectors.copy()
    loaded.adjust_vectors()
    np.testing.assert_allclose(loaded.vectors, adjusted, atol=1e-6)
    assert "unheard" in loaded
    assert not loaded.has_index_for("unheard")


def test_word2vec_files_are_sorted_and_words_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    vectors = KeyedVectors(1)
    vectors.add_vectors(["rare", "often"], [[1], [2]], extras={"count": np.array([1, 9])})
    vectors.save_word2vec_format(tmp_path / "v.txt", fvocab=tmp_path / "counts.txt", prefix="*")
    assert (tmp_path / "v.txt").read_text() == "2 1\n*often 2.0\n*rare 1.0\n"
    assert (tmp_path / "counts.txt").read_text() == "*often 9\n*rare 1\n"
    vectors.add_vector("two words", [3])
    with pytest.raises(FormatError, match="two words"):
        vectors.save_word2vec_format(tmp_path / "v.txt")


@pytest.mark.parametrize("binary", [False, True])
def test_word2vec_files_are_written_in_parts(binary: bool, tmp_path: Path, compass: KeyedVectors) -> None:
    others = KeyedVectors(2)
    others.add_vectors(["up", "down"], [[2, 2], [-2, -2]])
    compass.save_word2vec_format(tmp_path / "v", binary=binary, total_vec=8)
    with pytest.raises(EOFError):
        KeyedVectors.load_word2vec_format(tmp_path / "v", binary=binary)
    others.save_word2vec_format(tmp_path / "v", binary=binary, append=True)
    both = KeyedVectors.load_word2vec_format(tmp_path / "v", binary=binary, binary_chunk_size=7)
    assert both.index_to_key == [*WORDS, "up", "down"]
    np.testing.assert_array_equal(both.vectors, np.vstack([ROWS, others.vectors]))
    with pytest.raises(ConfigError, match="a binary file needs its header"):
        others.save_word2vec_format(tmp_path / "v", binary=True, write_header=False)


@pytest.mark.parametrize("binary", [False, True])
def test_damaged_word2vec_files_are_told(binary: bool, tmp_path: Path, compass: KeyedVectors) -> None:
    path = tmp_path / "v"
    compass.save_word2vec_format(path, binary=binary)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WordFileError, match=str(path)):
        KeyedVectors.load_word2vec_format(path, binary=binary)
    assert len(KeyedVectors.load_word2vec_format(path, binary=binary, limit=2)) == 2
    path.write_bytes(b"nonsense\n")
    with pytest.raises(EOFError):
        KeyedVectors.load_word2vec_format(path, binary=binary)
    if not binary:
        path.write_text("3 1\na 1\nb x\nc 3\n")
        with pytest.raises(WordFileError, match="row 2 of the words holds a field that is not a number"):
            KeyedVectors.load_word2vec_format(path)
        path.write_text("3 1\na 1\na 2\nc 3\n")
        assert KeyedVectors.load_word2vec_format(path)["a"].tolist() == [1]


def test_analogies_honour_the_method_that_gensim_ignores(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    vectors = KeyedVectors(4)
    vectors.add_vectors([f"w{i}" for i in range(40)], random.normal(size=(40, 4)))
    path = tmp_path / "questions.txt"
    asked = [tuple(f"w{i}" for i in row) for row in random.permutation(40)[:30].reshape(10, 3)]
    added = [(a, b, c, vectors.most_similar([b, c], [a], topn=1)[0][0]) for a, b, c in asked]
    path.write_text(": some\n" + "\n".join(map(" ".join, added)) + "\nw1 w2 w3 unheard\n")
    score, sections = vectors.evaluate_word_analogies(path, case_insensitive=False)
    assert (score, sections[-1]["correct"], sections[0]["section"]) == (1, added, "some")
    multiplied = [q for q in added if vectors.most_similar_cosmul([q[1], q[2]], [q[0]], topn=1)[0][0] == q[3]]
    score, sections = vectors.evaluate_word_analogies(path, similarity_function="most_similar_cosmul")
    assert 0 < score == len(multiplied) / 10 < 1
    assert len(vectors.evaluate_word_analogies(path, dummy4unknown=True)[1][-1]["incorrect"]) == 1
    with pytest.raises(ConfigError):
        vectors.evaluate_word_analogies(path, similarity_function="other")


def test_phrases_cross_connector_words_and_are_saved_as_json(tmp_path: Path) -> None:
    text = [["bank", "of", "america"], ["the", "bank", "of", "america"], ["a", "river"]] * 5
    phrases = Phrases(text, min_count=1, threshold=0.3, connector_words=ENGLISH_CONNECTOR_WORDS)
    assert phrases[["the", "bank", "of", "america", "of"]] == ["the", "bank_of_america", "of"]
    assert list(phrases[text[:1]]) == [["bank_of_america"]]
    phrases.save(tmp_path / "phrases.json")
    loaded = Phrases.load(tmp_path / "phrases.json")
    assert loaded.export_phrases() == phrases.export_phrases() != {}
    loaded.add_vocab([["new", "york"]] * 9)
    assert "new_york" in loaded.export_phrases()
    frozen = phrases.freeze()
    frozen.save(tmp_path / "frozen.json")
    assert FrozenPhrases.load(tmp_path / "frozen.json").phrasegrams == frozen.phrasegrams
    with pytest.raises(FormatError, match="FrozenPhrases"):
        Phrases.load(tmp_path / "frozen.json")


def test_a_scoring_function_is_given_again_to_load(tmp_path: Path) -> None:
    def score(
        worda_count: int, wordb_count: int, bigram_count: int, len_vocab: int, min_count: int, corpus_word_count: int
    ) -> float:
        return bigram_count

    phrases = Phrases([["a", "b"]] * 3, min_count=1, threshold=2, scoring=score)
    phrases.save(tmp_path / "phrases.json")
    with pytest.raises(ConfigError, match="scoring="):
        Phrases.load(tmp_path / "phrases.json")
    assert Phrases.load(tmp_path / "phrases.json", scoring=score).export_phrases() == {"a_b": 3}
    with pytest.raises(ConfigError, match="len_vocab"):
        Phrases(scoring=lambda bigram_count: 1.0)


def scored_by_count(
    worda_count: int, wordb_count: int, bigram_count: int, len_vocab: int, min_count: int, corpus_word_count: int
) -> float:
    return bigram_count


def test_a_scoring_function_is_found_in_a_module_that_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phrases, path = Phrases([["a", "b"]] * 3, min_count=1, threshold=2, scoring=scored_by_count), tmp_path / "p.json"
    phrases.save(path)
    assert Phrases.load(path).scoring is scored_by_count
    assert Phrases.load(path).export_phrases() == {"a_b": 3}
    FrozenPhrases(phrases).save(tmp_path / "f.json")
    assert FrozenPhrases.load(tmp_path / "f.json").scoring is scored_by_count
    written, stored = path.read_text(), f'["{__name__}","scored_by_count"]'
    assert stored in written
    for place in (
        ["os", "system"],
        ["this", "d"],
        ["builtins", "exec"],
        ["", ""],
        ["json", "loads"],
        [1, 2],
        "os",
        None,
    ):
        path.write_text(written.replace(stored, json.dumps(place)))
        with pytest.raises(ConfigError, match=r"p\.json: .*scor"):
            Phrases.load(path)
    assert "this" not in sys.modules
    path.write_text(written)
    monkeypatch.delitem(sys.modules, __name__)
    with pytest.raises(ConfigError, match=r"scored_by_count', which no imported module has: import its module before"):
        Phrases.load(path)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Phrases("new york"),
        lambda: Phrases(["new york"] * 9),
        lambda: Phrases().add_vocab(b"new york"),
        lambda: Phrases([["new", "york"]] * 9)["new york"],
        lambda: Phrases([["new", "york"]] * 9).freeze()["new york"],
    ],
)
def test_phrases_refuse_a_text(call: Any) -> None:
    """Its letters were counted as words."""
    with pytest.raises(TypeError, match=r"not of the letters of b?'new york': give a list"):
        call()


def test_phrases_forget_the_rarest_when_there_are_too_many() -> None:
    phrases = Phrases([["common", "pair"]] * 20 + [[f"w{i}"] for i in range(30)], max_vocab_size=10)
    assert len(phrases.vocab) <= 10
    assert phrases.vocab["common_pair"] == 20
