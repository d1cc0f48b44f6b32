"""The synthetic corpus: the same text everywhere, and structure that is really there."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest

from embed.corpora import SyntheticCorpus, open_corpus
from embed.errors import ConfigError

SMALL = SyntheticCorpus(seed=7, sentences=4_000, vocabulary=600, topics=5)


def test_the_text_is_the_same_on_every_machine_and_version() -> None:
    digest = hashlib.blake2b(digest_size=16)
    for chunk in SyntheticCorpus(seed=3, sentences=20_000, vocabulary=5_000).byte_chunks():
        digest.update(chunk)
    assert digest.hexdigest() == "3912bbce132bfa291abb16588e45aaf3"


def test_seed_and_parameters_decide_the_text() -> None:
    def text(**changes: int) -> bytes:
        return b"".join(SyntheticCorpus(**{"seed": 1, "sentences": 50, **changes}).byte_chunks())  # type: ignore[arg-type]

    assert text() == text()
    assert len({text(), text(seed=2), text(vocabulary=300), text(topics=3), text(forms=2), text(phrases=3)}) == 6
    assert text(sentences=80).startswith(text())
    assert SyntheticCorpus().fingerprint() == SyntheticCorpus().fingerprint() != SyntheticCorpus(2).fingerprint()


def test_both_ways_of_reading_agree_and_count() -> None:
    sentences = list(open_corpus(SMALL))
    assert sentences == [line.split() for line in b"".join(SMALL.byte_chunks()).decode().split("\n")[:-1]]
    assert len(sentences) == SMALL.sentences
    assert all(SMALL.phrases <= len(sentence) <= 3 * SMALL.phrases for sentence in sentences)


def test_every_word_knows_its_class_and_sentences_have_one_topic() -> None:
    for sentence in list(SMALL)[:500]:
        classes = [SMALL.word_class(word) for word in sentence]
        assert len({c.topic for c in classes if c.topic is not None}) == 1
        for before, after in pairwise(classes):
            if before.lemma is None:  # a marker announces the form of the word after it
                assert before.form == after.form
            elif before.form is not None and after.form is None:
                assert before.lemma == after.lemma  # a companion follows its lemma
        for word, c in zip(sentence, classes, strict=True):
            if c.lemma is not None and c.form is not None:
                assert SMALL.word(c.lemma, c.form) == word
    for foreign in ("xyz", "q", "babaBA", "babababababa"):
        with pytest.raises(ConfigError, match="not a word"):
            SMALL.word_class(foreign)


def test_words_are_distinct_and_frequencies_fall_like_zipf() -> None:
    names = {SMALL.word(lemma, form) for lemma in range(SMALL.lemmas) for form in range(SMALL.forms)}
    assert len(names) == SMALL.lemmas * SMALL.forms
    lemmas = Counter(c.lemma for s in SMALL for c in map(SMALL.word_class, s) if c.form is not None and c.topic == 0)
    by_rank = np.array([lemmas[rank * SMALL.topics] for rank in range(4)])
    np.testing.assert_allclose(by_rank[0] / by_rank, [1, 2, 3, 4], rtol=0.12)


def test_unseen_words_never_occur_but_their_siblings_do() -> None:
    seen = {word for sentence in SMALL for word in sentence}
    unseen = SMALL.unseen_words()
    assert len(unseen) >= 5
    assert not seen & set(unseen)
    lemmas = [SMALL.word_class(word).lemma for word in unseen]
    assert all(SMALL.word(lemma, 0) in seen for lemma in lemmas if lemma is not None)


def test_the_truth_can_be_seen_in_the_text() -> None:
    neighbours: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in SMALL:
        for left, right in pairwise(sentence):
            neighbours[left][right] += 1
            neighbours[right][left] += 1

    def cosine(a: str, b: str) -> float:
        dot = sum(n * neighbours[b][w] for w, n in neighbours[a].items())
        norms = [sum(n * n for n in neighbours[w].values()) ** 0.5 for w in (a, b)]
        return dot / (norms[0] * norms[1])

    by_truth = defaultdict(list)
    for a, b, truth in SMALL.similarity_pairs(400, top=40):
        assert 0 <= truth <= 1
        by_truth[round(truth, 1)].append(cosine(a, b))
    assert set(by_truth) >= {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}
    assert np.mean(by_truth[1.0]) > np.mean(by_truth[0.8]) > np.mean(by_truth[0.0]) + 0.1
    assert np.mean(by_truth[0.2]) > np.mean(by_truth[0.0]) + 0.1


def test_analogy_questions_are_paradigms() -> None:
    questions = SMALL.analogy_questions(100, top=50)
    assert len(questions) == 100
    assert questions == SMALL.analogy_questions(100, top=50)
    for question in questions:
        a, b, c, d = map(SMALL.word_class, question)
        assert (a.lemma, c.lemma, a.form, b.form) == (b.lemma, d.lemma, c.form, d.form)
        assert a.lemma != c.lemma
        assert a.form != b.form
    with pytest.raises(ConfigError, match="two forms"):
        SyntheticCorpus(forms=1).analogy_questions()


def test_the_largest_vocabulary_starts_at_once() -> None:
    corpus = SyntheticCorpus(sentences=1_000, vocabulary=5_000_000)
    assert 4_990_000 < corpus.vocabulary <= 5_000_000
    assert len({word for sentence in corpus for word in sentence}) > 5_000


@pytest.mark.parametrize(
    "bad",
    [
        {"seed": -1},
        {"sentences": 0},
        {"vocabulary": 5_000_001},
        {"forms": 9},
        {"topics": 10_000},
        {"phrases": 1.5},
    ],
)
def test_bounds(bad: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=next(iter(bad))):
        SyntheticCorpus(**bad)
