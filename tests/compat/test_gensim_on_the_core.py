"""Every kind of model that gensim trains is trained by the compiled core, and lands on the numbers of its twin."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from embed.compat.gensim import FastText, Word2Vec
from embed.compat.gensim.errors import NotReadyError
from embed.engine.problem import Problem
from embed.engine.reference import ReferenceWorker
from embed.training.backends import threads
from embed.vocabulary.huffman import HuffmanTree

WORDS, DIM = 30, 12
TREE: dict[str, Any] = {"hs": 1, "negative": 0}
BOTH: dict[str, Any] = {"hs": 1, "negative": 3}
COMBINATIONS = [
    dict(itertools.chain.from_iterable(part.items() for part in parts))
    for parts in itertools.product(
        ({"sg": 1}, {"sg": 0}, {"sg": 0, "cbow_mean": 0}), ({"negative": 3}, TREE, BOTH), ({}, {"locked": True})
    )
]


def sentences() -> list[list[str]]:
    random = np.random.default_rng(1)
    chances = 1 / np.arange(1.0, WORDS + 1)
    return [
        [f"w{word}" for word in random.choice(WORDS, size=random.integers(2, 12), p=chances / chances.sum())]
        for _ in range(60)
    ]


@pytest.fixture
def problems(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Problem, ReferenceWorker]]:
    """The problems that the core is given, each with the twin made of the rows as they are then."""
    given: list[tuple[Problem, ReferenceWorker]] = []
    original = threads.problem_of

    def problem_of(*arguments: Any, **named: Any) -> Problem:
        problem = original(*arguments, **named)
        given.append((problem, ReferenceWorker(problem)))
        return problem

    monkeypatch.setattr(threads, "problem_of", problem_of)
    return given


def small(kind: type[Word2Vec], *, locked: bool = False, **arguments: Any) -> Word2Vec:
    more: dict[str, Any] = {"bucket": 20} if kind is FastText else {}
    model = kind(vector_size=DIM, min_count=1, workers=1, window=3, sample=0, seed=3, **more, **arguments)
    model.build_vocab(sentences())
    if locked:
        factors = np.resize(np.array([0, 1, 0.5], np.float32), len(model.wv))
        if isinstance(model, FastText):
            model.wv.vectors_vocab_lockf = factors
        else:
            model.wv.vectors_lockf = factors
    return model


@pytest.mark.parametrize("kind", [Word2Vec, FastText])
@pytest.mark.parametrize("arguments", COMBINATIONS, ids=lambda given: "-".join(f"{k}={v}" for k, v in given.items()))
def test_the_core_trains_every_kind_of_model(
    kind: type[Word2Vec], arguments: dict[str, Any], problems: list[tuple[Problem, ReferenceWorker]]
) -> None:
    model = small(kind, **arguments)
    before = model.wv.vectors.copy()
    model.train(sentences(), total_examples=60, epochs=1, start_alpha=0.05, end_alpha=0.05)
    ((problem, twin),) = problems
    negative, hs = arguments["negative"], arguments.get("hs", 0)
    assert (problem.targets.noise is not None, problem.targets.tree is not None) == (negative > 0, hs == 1)
    assert problem.settings.cbow == (arguments["sg"] == 0)
    assert problem.settings.context_sum == ("cbow_mean" in arguments)
    ratio = {Word2Vec: 1.0, FastText: 12.0}[kind]  # of skip-gram, and of sums, whose contexts share no gradient
    if problem.settings.cbow and not problem.settings.context_sum:
        ratio = {Word2Vec: 8.0, FastText: 160.0}[kind]
    twin.run(0, 0.05, 0.0, ratio)
    assert not np.allclose(model.wv.vectors, before)
    trained = problem.matrices.inputs[:, :DIM]
    np.testing.assert_allclose(trained, twin.inputs, rtol=0, atol=2e-5)
    if negative:
        np.testing.assert_allclose(model.syn1neg, twin.outputs[: len(model.wv)], rtol=0, atol=2e-5)
    if hs:
        np.testing.assert_allclose(model.syn1, twin.outputs[-len(model.wv) :], rtol=0, atol=2e-5)
    if "locked" in arguments and kind is Word2Vec:
        np.testing.assert_array_equal(model.wv.vectors[::3], before[::3])


@pytest.mark.parametrize("arguments", [{"sg": 1}, {"sg": 0}, {"sg": 0, "cbow_mean": 0}, {"sg": 1, "negative": 3}])
def test_score_is_the_log_probability_of_each_sentence(arguments: dict[str, Any]) -> None:
    model = small(Word2Vec, **{**TREE, **arguments})
    model.train(sentences(), total_examples=60, epochs=5)
    tree = HuffmanTree.from_counts(model.vocabulary.counts)
    vectors, nodes = model.wv.vectors.astype(float), model.syn1.astype(float)

    def expected(sentence: list[str]) -> float:
        rows, total = [model.wv.get_index(word) for word in sentence if word != "unknown"], 0.0
        for place, center in enumerate(rows):
            contexts = vectors[rows[max(0, place - 3) : place] + rows[place + 1 : place + 4]]
            if arguments["sg"] == 0 and len(contexts):
                contexts = contexts.sum(axis=0, keepdims=True) / (len(contexts) if "cbow_mean" not in arguments else 1)
            path = slice(tree.offsets[center], tree.offsets[center + 1])
            signs = 1 - 2.0 * tree.turns[path]
            total -= np.logaddexp(0, -signs * (contexts @ nodes[tree.nodes[path]].T)).sum()
        return total

    asked = [*sentences()[:8], ["unknown", "w1", "w0"], ["w1"], []]
    found = model.score(asked)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [expected(sentence) for sentence in asked], rtol=1e-5)
    assert model.score(iter(asked), total_sentences=3).tolist() == found[:3].tolist()
    assert model.score([]).shape == (0,)


def test_score_needs_a_tree() -> None:
    with pytest.raises(NotReadyError, match="hs=1"):
        small(Word2Vec).score(sentences())
    with pytest.raises(NotReadyError, match="vocabulary"):
        Word2Vec(**TREE).score(sentences())
    with pytest.raises(TypeError, match="iterable of lists"):
        small(Word2Vec, **TREE).score("a text")
