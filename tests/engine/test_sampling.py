"""What is drawn has the distribution it should: noise, kept tokens and windows, seen through the core's effects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from embed.engine.problem import Matrices, Noise, Problem, Targets, Tokens, Units
from embed.vocabulary.sampling import alias_table, keep_probabilities, noise_distribution, thresholds
from tests.engine.core_problem import core_worker, padded, problem, run_epoch

# The seeds are fixed, so these tests never fail by chance; the bound is where a wrong distribution shows.
MIN_P = 1e-4
TINY_LR = 1e-8
KEEP_ALL = 0xFFFFFFFF
COUNTS = np.array([10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10, 5, 5, 1, 1])


def plain_problem(
    ids: np.ndarray, offsets: np.ndarray, noise: Noise, inputs: np.ndarray, *, dim: int, **settings: Any
) -> Problem:
    """Return a problem of words that are one row each and all kept, with output rows of zero."""
    words = len(inputs)
    return Problem(
        Tokens(ids, offsets, np.full(words, KEEP_ALL, np.uint32)),
        Units(np.arange(words + 1), np.arange(words, dtype=np.int32)),
        Targets(words, noise),
        Matrices(inputs, np.zeros_like(inputs), padded(0, dim), dim),
        problem(**settings).settings,
    )


def test_keep_probabilities_are_those_of_word2vec_c() -> None:
    keep = keep_probabilities(COUNTS, 1e-3)
    total = COUNTS.sum()
    expected = (np.sqrt(COUNTS / (1e-3 * total)) + 1) * (1e-3 * total) / COUNTS
    np.testing.assert_allclose(keep, np.minimum(expected, 1))
    assert keep[0] < keep[3] < keep[-1] == 1
    np.testing.assert_array_equal(keep_probabilities(COUNTS, 0), 1)


def test_thresholds_are_exact_to_32_bits() -> None:
    probabilities = np.array([1.0, 0.5, 0.25, 1 / 3, 1e-12])
    realised = (thresholds(probabilities).astype(np.float64) + 1) / 2**32
    np.testing.assert_allclose(realised, probabilities, rtol=0, atol=2.0**-32)
    assert realised[0] == 1
    assert thresholds(np.array([1.0]))[0] == KEEP_ALL


@pytest.mark.parametrize("exponent", [0.75, 0.0, 1.0, -0.5])
def test_the_alias_table_realises_the_distribution_exactly(exponent: float) -> None:
    wanted = noise_distribution(COUNTS, exponent)
    np.testing.assert_allclose(wanted, COUNTS**exponent / (COUNTS**exponent).sum())
    table = alias_table(wanted)
    realised = np.zeros(len(COUNTS))
    for slot, (threshold, alias) in enumerate(table.tolist()):
        keep = (threshold + 1) / 2**32
        realised[slot] += keep / len(COUNTS)
        realised[alias] += (1 - keep) / len(COUNTS)
    np.testing.assert_allclose(realised, wanted, rtol=0, atol=1e-9)


def test_noise_is_drawn_by_the_distribution_and_never_equals_the_target() -> None:
    # Every output row starts at zero, so with a tiny rate a row's movement counts how often it was noise. Word 0 is
    # the only token: as the target its own draws must be left out.
    sentences, negatives = 400, 250
    inputs = padded(len(COUNTS), 1)
    inputs[:, 0] = 1
    noise = Noise(alias_table(noise_distribution(COUNTS, 0.75)), negatives, 8)
    trained = plain_problem(
        np.zeros(2 * sentences, np.int32), 2 * np.arange(sentences + 1), noise, inputs, dim=1, window=1
    )
    worker, matrices = core_worker(trained)
    run_epoch(worker, trained, 0, TINY_LR)
    moved = matrices.outputs
    windows = 2 * sentences
    assert worker.examples == windows
    # the target moves up by lr/2 in every window: nothing of the noise may have gone there
    assert moved[0, 0] == pytest.approx(windows * TINY_LR / 2, rel=1e-3)
    drawn = np.rint(-moved[1:, 0] / (TINY_LR / 2))
    probabilities = noise_distribution(COUNTS, 0.75)
    total = windows * negatives
    observed = np.append(drawn, total - drawn.sum())
    expected = np.append(probabilities[1:], probabilities[0]) * total
    assert stats.chisquare(observed, expected).pvalue > MIN_P


def test_tokens_are_kept_with_their_probability_and_anew_each_epoch() -> None:
    tokens = 20_000
    for keep in (0.9, 0.3, 0.01):
        threshold = np.full(50, thresholds(np.array([keep]))[0])
        trained = replace(problem(), tokens=Tokens(np.zeros(tokens, np.int32), np.array([0, tokens]), threshold))
        worker, _ = core_worker(trained)
        kept = []
        for epoch in range(3):
            worker.reset()
            run_epoch(worker, trained, epoch, 0.0)
            kept.append(worker.centers)
            assert stats.binomtest(worker.centers, tokens, keep).pvalue > MIN_P
        assert len(set(kept)) > 1


@pytest.mark.parametrize("fixed", [False, True])
def test_windows_have_the_right_reach_and_stay_in_their_sentence(fixed: bool) -> None:
    # Sentences 0 1 ... 10 and 11 12 ... 21 take turns. Inputs are one-hot and outputs start at zero, so with a
    # tiny rate outputs[t, c] counts how often c was a context of the target t; all noise is the word 22.
    window, length, turns = 4, 11, 3000
    words = 2 * length + 1
    inputs = padded(words, words)
    np.fill_diagonal(inputs, 1)
    nothing_but_the_last = np.zeros(words)
    nothing_but_the_last[-1] = 1
    trained = plain_problem(
        np.tile(np.arange(2 * length, dtype=np.int32), turns),
        length * np.arange(2 * turns + 1),
        Noise(alias_table(nothing_but_the_last), 1, 8),
        inputs,
        dim=words,
        window=window,
        fixed_window=fixed,
    )
    worker, matrices = core_worker(trained)
    run_epoch(worker, trained, 0, TINY_LR)
    counts = np.rint(matrices.outputs[: 2 * length, : 2 * length] / (TINY_LR / 2)).astype(int)
    for target in range(2 * length):
        for context in range(2 * length):
            distance = abs(target - context)
            if target == context or target // length != context // length or distance > window:
                assert counts[target, context] == 0
            elif fixed:
                assert counts[target, context] == turns
            else:
                # reach is uniform in 1..window, so a context at distance d is seen in (window - d + 1) / window
                expected = (window - distance + 1) / window
                assert stats.binomtest(counts[target, context], turns, expected).pvalue > MIN_P / 10


def test_a_cut_inside_a_long_sentence_loses_no_context() -> None:
    # with fixed windows and every token kept, all pairs within the window count, whatever the blocks
    tokens, window = 1000, 5
    kept = Tokens(np.arange(tokens, dtype=np.int32) % 50, np.array([0, tokens]), np.full(50, KEEP_ALL, np.uint32))
    trained = replace(problem(window=window, fixed_window=True), tokens=kept)
    worker, _ = core_worker(trained)
    run_epoch(worker, trained, 0, 0.0)
    assert worker.examples == 2 * window * tokens - window * (window + 1)
