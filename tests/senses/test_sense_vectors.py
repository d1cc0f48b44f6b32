"""A trained model of senses: what it answers of words and texts, its files, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed import SenseVectors
from embed.errors import ConfigError, CorpusError, FormatError, MissingWordError
from embed.eval import (
    ContextPair,
    ContextSet,
    InductionSet,
    Instance,
    evaluate_scws,
    evaluate_sense_induction,
)
from tests.senses.made_up import MEANINGS, SETTINGS, TOPICS, WORD, model, sentences, topic_of

NEW = sentences(400, seed=9)


@pytest.fixture(scope="module")
def senses() -> SenseVectors:
    return SenseVectors.of(model())


@pytest.fixture(scope="module")
def numbers(senses: SenseVectors) -> dict[str, int]:
    """The number of the sense of each meaning."""
    shared = {
        topic: [sum(word in TOPICS[topic] for word, _ in sense.nearest) for sense in senses.senses(WORD, 5)]
        for topic in MEANINGS
    }
    return {topic: int(np.argmax(counts)) + 1 for topic, counts in shared.items()}


def _cosine(a: Any, b: Any) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def test_training_tells_the_meanings_of_a_word_apart(senses: SenseVectors, numbers: dict[str, int]) -> None:
    assert sorted(numbers.values()) == [1, 2]
    chosen = {topic: set[int | None]() for topic in TOPICS}
    for sentence, found in zip(NEW, senses.disambiguate_all(NEW), strict=True):
        assert [number is not None for number in found] == [word == WORD for word in sentence]
        chosen[topic_of(sentence)] |= set(found) - {None}
    assert chosen == {"river": {numbers["river"]}, "money": {numbers["money"]}, "sport": set(), "food": set()}


def test_the_senses_of_a_word_have_priors_and_neighbours(senses: SenseVectors, numbers: dict[str, int]) -> None:
    found = senses.senses(WORD, 3)
    assert [sense.name for sense in found] == ["bank#1", "bank#2"]
    assert found[0].prior >= found[1].prior > 0.3
    assert sum(sense.prior for sense in found) == pytest.approx(1, abs=1e-6)
    for topic, number in numbers.items():
        assert {word for word, _ in found[number - 1].nearest} <= set(TOPICS[topic])
        nearest = senses.nearest(WORD, number, 3)
        assert {word for word, _ in nearest} <= set(TOPICS[topic])
        word, cosine = nearest[0]
        assert cosine == pytest.approx(_cosine(senses.vector(WORD, number), senses.words[word]), abs=1e-5)
    assert senses.senses("goal") == []
    assert (senses.count(WORD), senses.count("goal")) == (2, 0)
    assert [len(sense.nearest) for sense in senses.senses(WORD, 3, top=2)] == [1, 1]  # the first is the word itself
    assert repr(senses) == "<SenseVectors: 33 words x 16 dimensions, 1 of them with 2 senses>"


def test_words_shown_are_those_of_a_sense_moved_away_from_its_word(senses: SenseVectors) -> None:
    words, count = senses.words, len(senses.words)
    moved = 2 * senses.vector(WORD, 1) - words.vector(WORD)
    (found,) = words.nearest_batch(moved[None], 4, count)
    shown = senses.senses(WORD, 3, top=count)[0].nearest
    expected = [one for one in found if one[0] != WORD][:3]
    assert [word for word, _ in shown] == [word for word, _ in expected]
    assert [cosine for _, cosine in shown] == pytest.approx([cosine for _, cosine in expected], abs=1e-5)


def test_the_vector_of_a_word_is_the_mean_of_its_senses(senses: SenseVectors) -> None:
    trained = model().parameters.senses
    assert trained is not None
    row = model().vocabulary[WORD]
    own = slice(trained.offsets[row], trained.offsets[row + 1])
    distance = trained.vectors[own][0] - trained.vectors[own][1]
    order = [1, -1] if trained.priors[own][0] >= trained.priors[own][1] else [-1, 1]
    np.testing.assert_allclose(senses.vector(WORD, 1) - senses.vector(WORD, 2), distance * order[0], atol=1e-5)
    priors = [sense.prior for sense in senses.senses(WORD)]
    mean = priors[0] * senses.vector(WORD, 1) + priors[1] * senses.vector(WORD, 2)
    np.testing.assert_allclose(mean, senses.words[WORD], atol=1e-5)


@pytest.mark.parametrize("settings", [{"subword": True}, {"postprocess": "pca:8"}], ids=str)
def test_senses_lie_around_their_word_with_ngrams_and_after_postprocessing(settings: dict[str, Any]) -> None:
    found = SenseVectors.of(
        embed.train(sentences(1600), progress=False, **{**SETTINGS, **settings, "sense_min_count": 500})
    )
    mean = sum(sense.prior * found.vector(WORD, sense.number) for sense in found.senses(WORD))
    np.testing.assert_allclose(mean, found.words[WORD], atol=1e-5)
    assert all(len({topic_of([word]) for word, _ in sense.nearest}) == 1 for sense in found.senses(WORD, 3))
    assert found.vectors().dim == found.words.dim


def test_a_text_is_split_as_the_training_text_and_its_words_keep_their_case(senses: SenseVectors) -> None:
    text = f"the  River {WORD} of\tthe boat"
    assert senses.tokens(text) == ["the", "River", "bank", "of", "the", "boat"]
    number = senses.disambiguate(text)[2]
    assert list(senses.mark([text, "", "no such words"])) == [
        f"the River bank#{number} of the boat",
        "",
        "no such words",
    ]
    assert list(senses.mark(["Bank RIVER flood"])) == [f"Bank#{senses.disambiguate('bank river flood')[0]} RIVER flood"]
    assert senses.disambiguate("") == []
    assert list(senses.disambiguate_all([])) == []


def test_probabilities_add_up_and_choose(senses: SenseVectors, numbers: dict[str, int]) -> None:
    sentence = ["river", "fish", WORD, "flood"]
    p = senses.probabilities(sentence)
    assert [one is not None for one in p] == [False, False, True, False]
    assert p[2] is not None
    assert p[2].sum() == pytest.approx(1, abs=1e-6)
    assert p[2].argmax() + 1 == senses.disambiguate(sentence)[2] == numbers["river"]


def test_a_sentence_has_the_same_senses_alone_and_in_a_batch(
    senses: SenseVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = list(senses.disambiguate_all(NEW))
    assert [senses.disambiguate(sentence) for sentence in NEW[:20]] == together[:20]
    monkeypatch.setattr("embed.senses.occurrences._BATCH_TOKENS", 25)
    monkeypatch.setattr("embed.senses.occurrences._MOST_SEEN", 5)
    assert list(SenseVectors.of(model()).disambiguate_all(iter(NEW))) == together


def test_examples_are_the_clearest_occurrences(senses: SenseVectors, numbers: dict[str, int]) -> None:
    found = senses.examples(iter(NEW), [WORD, "goal"], 3)
    assert found["goal"] == []
    for topic, number in numbers.items():
        examples = found[WORD][number - 1]
        assert len(examples) == 3
        assert examples == sorted(examples, key=lambda example: -example.probability)
        occurrences = [senses.probabilities(sentence)[4] for sentence in NEW if topic_of(sentence) == topic]
        assert examples[0].probability == max(float(p[number - 1]) for p in occurrences if p is not None)
        for example in examples:
            assert set(example.left) | set(example.right) <= set(TOPICS[topic])
            assert str(example) == f"{' '.join(example.left)} [bank] {' '.join(example.right)}"


def test_similarity_in_context_takes_the_meaning_into_account(senses: SenseVectors) -> None:
    def alike(word: str, context: str, kind: Any = None) -> float:
        return senses.similarity(WORD, word, (("", context), ("", context)), kind)

    for kind in ("avgSimC", "localSim"):
        assert alike("boat", "river fish", kind) > alike("boat", "loan debt", kind)
        assert alike("fund", "river fish", kind) < alike("fund", "loan debt", kind)
    assert alike("boat", "river fish") == alike("boat", "river fish", "avgSimC")
    units = [(one := (senses.words[WORD] + senses.vector(WORD, number)) / 2) / np.linalg.norm(one) for number in (1, 2)]
    cosines = [_cosine(unit, senses.words["boat"]) for unit in units]
    assert senses.similarity(WORD, "boat") == pytest.approx(sum(cosines) / 2, abs=1e-5)
    assert senses.similarity(WORD, "boat", kind="maxSim") == pytest.approx(max(cosines), abs=1e-5)
    assert senses.similarity("goal", "match") == pytest.approx(senses.words.similarity("goal", "match"), abs=1e-5)


def test_the_evaluations_take_the_methods(senses: SenseVectors) -> None:
    instances = [
        Instance(WORD, f"{WORD}.{number}", WORD, "", (tuple(one[:4]), tuple(one[5:])), ((topic_of(one), 1.0),))
        for number, one in enumerate(one for one in NEW if WORD in one)
    ]
    induced = evaluate_sense_induction(
        senses.disambiguate_word, InductionSet("made up", tuple(instances)), resamples=10
    )
    assert induced.headline.value == 100
    assert senses.disambiguate_word("goal", [((), ()), (("a",), ())]) == [1, 1]
    assert senses.disambiguate_word("unheard-of", [((), ())]) == [None]
    assert senses.disambiguate_word(WORD, []) == []

    def pair(word: str, context: str, rating: float) -> ContextPair:
        return ContextPair((WORD, word), (((), tuple(context.split())), ((), ())), rating)

    pairs = (pair("boat", "river", 9), pair("boat", "debt", 1), pair("cash", "loan", 9), pair("cash", "fish", 1))
    rated = evaluate_scws(senses.similarities, ContextSet("made up", (*pairs, pair("unheard-of", "", 5))), resamples=10)
    assert rated.covered == 4
    assert rated.covered_scores["Spearman"].value == pytest.approx(89.4, abs=0.1)  # the most with ties among ratings
    assert senses.similarities([], "maxSim") == []


def test_a_file_of_the_model_gives_the_same_answers(senses: SenseVectors, tmp_path: Path) -> None:
    senses.save(tmp_path / "m.embed")
    model().save(tmp_path / "model.embed")
    assert (tmp_path / "m.embed").read_bytes() == (tmp_path / "model.embed").read_bytes()
    loaded = SenseVectors.load(tmp_path / "m.embed")
    assert list(loaded.disambiguate_all(NEW)) == list(senses.disambiguate_all(NEW))
    assert loaded.senses(WORD) == senses.senses(WORD)


@pytest.mark.parametrize("name", ["senses.txt", "senses.npz"])
def test_vectors_of_senses_answer_all_but_texts(name: str, senses: SenseVectors, tmp_path: Path) -> None:
    embed.save(senses.vectors(), tmp_path / name)
    found = SenseVectors.from_vectors(embed.load(tmp_path / name))
    np.testing.assert_allclose(found.vector(WORD, 2), senses.vector(WORD, 2), atol=1e-5)
    assert [word for word, _ in found.nearest(WORD, 1, 3)] == [word for word, _ in senses.nearest(WORD, 1, 3)]
    assert found.similarity(WORD, "boat") == pytest.approx(senses.similarity(WORD, "boat"), abs=0.02)
    for ask in (
        lambda: found.disambiguate([WORD]),
        lambda: found.tokens("a text"),
        lambda: found.disambiguate_word(WORD, [((), ())]),
        lambda: found.similarity(WORD, "boat", (((), ()), ((), ()))),
        lambda: found.save(tmp_path / "m.embed"),
        lambda: found.examples(NEW, [WORD]),
    ):
        with pytest.raises(ConfigError, match="load the model that they are of"):
            ask()
    assert not (tmp_path / "m.embed").exists()


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda s: s.senses("unheard-of"), MissingWordError, "unheard-of"),
        (lambda s: s.senses(WORD, 0), ConfigError, "n must be a whole number of at least 1, not 0"),
        (lambda s: s.vector(WORD, 3), ConfigError, "sense must be a whole number from 1 to 2, as 'bank' has so many"),
        (lambda s: s.vector(WORD, 0), ConfigError, "sense must be a whole number from 1 to 2"),
        (lambda s: s.nearest("goal", 1), ConfigError, "the word 'goal' has no senses: ask words for its one vector"),
        (lambda s: s.disambiguate(7), CorpusError, "a sentence must be a text or a list of tokens, not 7"),
        (lambda s: s.disambiguate(b"bank"), CorpusError, "a sentence must be a text or a list of tokens"),
        (lambda s: s.disambiguate(["bank", 1]), CorpusError, "a sentence must be a text or a list of tokens"),
        (lambda s: list(s.disambiguate_all("bank")), CorpusError, "sentences must be a list of texts"),
        (lambda s: list(s.disambiguate_all(7)), CorpusError, "sentences must be a list of texts"),
        (lambda s: s.examples(NEW, "bank"), ConfigError, "words must be a list of words"),
        (lambda s: s.similarity(WORD, "boat", kind="avgSimC"), ConfigError, "kind='avgSimC' needs contexts"),
        (
            lambda s: s.similarity(WORD, "boat", ((), ()), kind="maxSim"),
            ConfigError,
            "kind='maxSim' takes no contexts: leave them out",
        ),
        (lambda s: s.similarity(WORD, "boat", kind="cosine"), ConfigError, "kind must be one of 'avgSim'"),
        (lambda s: s.similarity(WORD, "unheard-of"), MissingWordError, "unheard-of"),
        (lambda s: SenseVectors.of(s), ConfigError, "model must be a Model"),
    ],
)
def test_a_wrong_question_is_answered_in_a_sentence(
    ask: Callable[[SenseVectors], Any], error: type[Exception], message: str, senses: SenseVectors
) -> None:
    with pytest.raises(error) as caught:
        ask(senses)
    assert message in str(caught.value)


def test_a_model_without_senses_says_how_to_train_some(tmp_path: Path) -> None:
    plain = embed.train([["a", "b", "c", "d"]] * 30, objective="sg", dim=16, min_count=1, epochs=1, progress=False)
    with pytest.raises(ConfigError, match="the model has one vector for each word: train it with senses=5"):
        SenseVectors.of(plain)
    plain.save(tmp_path / "plain.embed")
    with pytest.raises(ConfigError, match=r"plain\.embed: the model has one vector for each word"):
        SenseVectors.load(tmp_path / "plain.embed")
    plain.vectors.save(tmp_path / "words.embed")
    with pytest.raises(FormatError, match="holds word vectors, not a whole model"):
        SenseVectors.load(tmp_path / "words.embed")
