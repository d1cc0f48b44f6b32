"""Replicates of vectors: means, intervals, agreement, their mean in one space, and their folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import embed
from embed.errors import ConfigError, EmbedError, FormatError, MissingWordError
from embed.formats.replicates import files_of
from embed.vectors import Replicates, WordVectors
from embed.vectors.ngram_rows import Subwords
from embed.vectors.replicates import prediction_interval
from embed.vocabulary.ngrams import SubwordScheme

WORDS = [f"w{i}" for i in range(40)]
COUNT = 5


def made(noise: float = 0.3, seed: int = 1, subwords: Subwords | None = None) -> Replicates:
    """Return vectors that differ by noise, each turned in a way of its own."""
    rng = np.random.default_rng(seed)
    truth, members = rng.normal(size=(40, 8)), []
    for _ in range(COUNT):
        turn, _ = np.linalg.qr(rng.normal(size=(8, 8)))
        matrix = (truth + noise * rng.normal(size=truth.shape)) @ turn
        table = None if subwords is None else Subwords(subwords.scheme, (subwords.matrix @ turn).astype(np.float32))
        members.append(WordVectors(WORDS, matrix, counts=np.arange(40, 0, -1), subwords=table))
    return Replicates(members)


@pytest.fixture(scope="module")
def replicates() -> Replicates:
    return made()


def cosines(replicates: Replicates, word: str) -> np.ndarray:
    return np.array([[member.similarity(word, other) for other in WORDS] for member in replicates])


def test_neighbours_are_ranked_by_their_mean_cosine(replicates: Replicates) -> None:
    found, expected = replicates.nearest("w3", 7), cosines(replicates, "w3")
    order = [row for row in np.argsort(-expected.mean(axis=0)) if row != 3]
    assert [answer.word for answer in found] == [WORDS[row] for row in order[:7]]
    for answer, row in zip(found, order, strict=False):
        values = expected[:, row]
        assert answer.score == pytest.approx(values.mean(), abs=1e-6)
        half = stats.t.ppf(0.975, COUNT - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / COUNT)
        assert (answer.low, answer.high) == pytest.approx(
            (values.mean() - half, min(values.mean() + half, 1)), abs=1e-5
        )
        nearest = [[word for word, _ in member.nearest("w3", 7)] for member in replicates]
        assert answer.found == sum(answer.word in words for words in nearest)
        assert answer.of == COUNT
    assert {answer.word for answer in replicates.nearest("w3", 19, top=20)} == {*WORDS[:20]} - {"w3"}
    assert len(replicates.nearest("w3", 99)) == 39


def test_among_and_least_restrict_the_answers_of_all_replicates(replicates: Replicates) -> None:
    every = {answer.word: answer for answer in replicates.nearest("w3", 99)}
    some = ["w5", "w3", "nobody", "w20", "w11"]
    found = replicates.nearest("w3", 2, among=some)
    expected = sorted({"w5", "w20", "w11"}, key=lambda word: -every[word].score)
    assert [answer.word for answer in found] == expected[:2]
    best_two = [[word for word, _ in member.nearest("w3", 2, among=some)] for member in replicates]
    assert [answer.found for answer in found] == [sum(answer.word in words for words in best_two) for answer in found]
    cut = sorted((answer.score for answer in every.values()), reverse=True)[4] - 1e-6
    assert len(replicates.nearest("w3", 99, least=cut)) == 5
    assert replicates.analogy("w1", "w2", "w3", among=["w9"])[0].word == "w9"


def test_several_words_are_averaged(replicates: Replicates) -> None:
    found = replicates.nearest(["w3", "w4"], 3)
    means = np.mean([[dict(each.nearest(["w3", "w4"], 99))[a.word] for a in found] for each in replicates], axis=0)
    assert [answer.score for answer in found] == pytest.approx(means.tolist(), abs=1e-6)
    assert not {"w3", "w4"} & {answer.word for answer in found}


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_an_analogy_counts_the_first_answers(replicates: Replicates, method: str) -> None:
    found = replicates.analogy("w1", "w2", "w3", n=40, method=method)
    firsts = [member.analogy("w1", "w2", "w3", n=1, method=method)[0][0] for member in replicates]
    assert {answer.word: answer.found for answer in found if answer.found} == {
        word: firsts.count(word) for word in firsts
    }
    assert found == replicates.analogy(positive=["w2", "w3"], negative=["w1"], n=40, method=method)
    scores = [dict(member.analogy("w1", "w2", "w3", n=40, method=method))[found[0].word] for member in replicates]
    assert found[0].score == pytest.approx(np.mean(scores), abs=1e-6)


def test_a_similarity_has_an_interval_within_the_cosines(replicates: Replicates) -> None:
    estimate = replicates.similarity("w1", "w2")
    values = cosines(replicates, "w1")[:, 2]
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.low < values.mean() < estimate.high
    assert replicates.similarity("w1", "w1") == pytest.approx((1, 1, 1))
    narrow = replicates.similarity("w1", "w2", confidence=0.5)
    assert estimate.low < narrow.low < narrow.high < estimate.high
    noisy = made(noise=4).similarity("w1", "w2")
    assert noisy.low >= -1
    assert noisy.high <= 1


def test_the_interval_holds_another_value_as_often_as_it_says() -> None:
    drawn = np.random.default_rng(1).normal(2, 3, size=(7, 20_000))
    low, high = prediction_interval(drawn[:-1], 0.9)
    share = ((low < drawn[-1]) & (drawn[-1] < high)).mean()
    assert abs(share - 0.9) < 4 * np.sqrt(0.9 * 0.1 / 20_000)


def test_the_mean_undoes_the_turns() -> None:
    exact = made(noise=0)
    np.testing.assert_allclose(exact.mean().matrix, exact[0].matrix, atol=1e-5)
    # the mean of noisy vectors is nearer to what they have in common than any of them
    truth, noisy = made(noise=0)[0], made(noise=0.5)

    def error(vectors: WordVectors) -> float:
        return float(np.abs(vectors.unit() @ vectors.unit().T - truth.unit() @ truth.unit().T).mean())

    assert error(noisy.mean()) < 0.7 * min(error(member) for member in noisy)
    assert noisy.mean().counts is not None


def test_the_mean_composes_unknown_words() -> None:
    scheme = SubwordScheme(3, 3, 50)
    table = Subwords(scheme, np.random.default_rng(2).normal(size=(50, 8)).astype(np.float32))
    exact = made(noise=0, subwords=table)
    assert exact.can_compose("unknown")
    np.testing.assert_allclose(exact.mean().vector("unknown"), exact[0].vector("unknown"), atol=1e-5)
    assert exact.nearest("unknown", 3)[0].found == COUNT
    pruned = WordVectors(WORDS, exact[1].matrix)
    with pytest.raises(FormatError, match="replicate 2 has other n-grams"):
        Replicates([exact[0], pruned]).mean()


def test_wrong_questions_are_refused(replicates: Replicates) -> None:
    with pytest.raises(MissingWordError, match="did you mean 'w1'"):
        replicates.nearest("w1x")
    with pytest.raises(ConfigError, match=r"must be words, not array\(.*each has its own space"):
        replicates.nearest([replicates[0]["w1"]])
    with pytest.raises(ConfigError, match="confidence must be a number above 0 and below 1, not 1"):
        replicates.nearest("w1", confidence=1)
    for call in (
        lambda: replicates.nearest([]),
        lambda: replicates.nearest("w1", 0),
        lambda: replicates.analogy("w1", "w2"),
        lambda: replicates.analogy("w1", "w2", "w3", method="sum"),
    ):
        with pytest.raises(ConfigError):
            call()


def test_only_replicates_of_the_same_words_go_together(replicates: Replicates) -> None:
    other = WordVectors([*WORDS[:-1], "other"], replicates[0].matrix)
    with pytest.raises(FormatError, match=r"replicate 2 has other words .*: train them together"):
        Replicates([replicates[0], other])
    with pytest.raises(ConfigError, match="of at least two trainings, not of 1"):
        Replicates([replicates[0]])
    with pytest.raises(ConfigError, match="must be a WordVectors"):
        Replicates(["w1", "w2"])


def test_what_a_single_model_has_is_named(replicates: Replicates) -> None:
    assert (len(replicates), replicates.dim, replicates.words, len(replicates[1:3])) == (COUNT, 8, WORDS, 2)
    assert repr(replicates) == "<Replicates: 5 x 40 words x 8 dimensions, words only>"
    with pytest.raises(AttributeError, match=r"no 'matrix': use replicates\[0\]\.matrix or mean\(\)\.matrix"):
        _ = replicates.matrix
    with pytest.raises(AttributeError, match="'Replicates' object has no attribute 'nothing'"):
        _ = replicates.nothing


# files


def test_a_folder_is_read_as_it_was_written(replicates: Replicates, tmp_path: Path) -> None:
    path = tmp_path / "some.replicates"
    replicates.cards = [{"number": i} for i in range(COUNT)]
    embed.save(replicates, path)
    read = Replicates.load(path)
    assert sorted(os.listdir(path)) == sorted(files_of(COUNT))
    assert read.cards == replicates.cards
    for one, other in zip(read, replicates, strict=True):
        np.testing.assert_array_equal(one.matrix, other.matrix)
    assert read.nearest("w1") == replicates.nearest("w1")
    np.testing.assert_array_equal(embed.load(path / "replicate-002.embed").matrix, replicates[1].matrix)
    Replicates(replicates[:2]).save(path)  # over the older one, with more files
    assert sorted(os.listdir(path)) == ["replicate-001.embed", "replicate-002.embed", "replicates.json"]
    assert Replicates.load(path).cards == [{}, {}]


def test_a_folder_is_told_from_vectors_and_from_other_folders(replicates: Replicates, tmp_path: Path) -> None:
    path = tmp_path / "some.replicates"
    replicates.save(path)
    with pytest.raises(
        FormatError, match=r"holds replicates of word vectors, not vectors: .* embed\.Replicates\.load, or convert"
    ):
        embed.load(path)
    with pytest.raises(FormatError, match=r"the extension \.vec means vectors .* such as \.replicates"):
        replicates.save(tmp_path / "some.vec")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(FormatError, match=r"the folder holds 'notes\.txt', which would be lost"):
        replicates.save(tmp_path / "mine")
    assert os.listdir(tmp_path / "mine") == ["notes.txt"]
    for wrong in (tmp_path / "mine", tmp_path / "none", tmp_path / "mine" / "notes.txt"):
        with pytest.raises(FormatError):
            Replicates.load(wrong)


@pytest.mark.parametrize(
    "listing",
    [
        b"",
        b"[" * 100_000,
        b"[]",
        b'{"format": "x"}',
        b'{"format": "train-embeddings replicates", "version": 2}',
        b'{"format": "train-embeddings replicates", "version": {}, "files": []}',
        b'{"format": "train-embeddings replicates", "version": 1}',
        b'{"format": "train-embeddings replicates", "version": 1, "files": ["replicate-001.embed"]}',
        b'{"format": "train-embeddings replicates", "version": 1, "files": ["../a.embed", "replicate-002.embed"]}',
        b'{"format": "train-embeddings replicates", "version": 1, "files": [1, 2]}',
        b'{"format": "train-embeddings replicates", "version": 1, "cards": 1, '
        b'"files": ["replicate-001.embed", "replicate-002.embed"]}',
        b'{"format": "train-embeddings replicates", "version": 1, '
        b'"files": ["replicate-001.embed", "replicate-002.embed", "replicate-003.embed", "replicate-004.embed", '
        b'"replicate-005.embed", "replicate-006.embed"]}',
    ],
)
def test_a_damaged_list_is_refused_in_a_sentence(replicates: Replicates, tmp_path: Path, listing: bytes) -> None:
    path = tmp_path / "some.replicates"
    replicates.save(path)
    (path / "replicates.json").write_bytes(listing)
    with pytest.raises(EmbedError) as caught:
        Replicates.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_replicates_of_different_trainings_in_a_folder_are_refused(replicates: Replicates, tmp_path: Path) -> None:
    path = tmp_path / "some.replicates"
    replicates.save(path)
    WordVectors(["a"], [[1.0]]).save(path / "replicate-002.embed")
    with pytest.raises(FormatError, match=r"some\.replicates: replicate 2 has other words"):
        Replicates.load(path)
    content = json.loads((path / "replicates.json").read_text())
    assert content["files"][1] == "replicate-002.embed"
