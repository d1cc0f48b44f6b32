"""The kernel of one window against float64 NumPy, for every shape of tile and every SIMD path."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from embed.engine import _kernels
from tests.engine.core_problem import padded

PATHS = _kernels.simd_names()
MAX_SCORE = 30.0
SIGMOID_ERROR = 3e-7
LOSS_ERROR = 5e-6


def expected(x: np.ndarray, y: np.ndarray, lr: float, ratio: float) -> tuple[float, np.ndarray, np.ndarray]:
    x, y = x.astype(np.float64), y.astype(np.float64)
    scores = np.clip(x @ y.T, -MAX_SCORE, MAX_SCORE)
    labels = np.zeros(len(y))
    labels[0] = 1
    g = lr * (labels - 1 / (1 + np.exp(-scores)))
    loss = float(np.logaddexp(0, np.where(labels == 1, -scores, scores)).sum())
    return loss, x + ratio * g @ y, y + g.T @ x


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dim", [1, 4, 15, 16, 17, 25, 100])
def test_a_window_of_any_shape(path: str, dim: int) -> None:
    rng = np.random.default_rng(dim)
    for inputs in (*range(1, 11), 37):
        for targets in (1, 2, 5, 6, 7, 12, 13, 40):
            x, y = padded(inputs, dim), padded(targets, dim)
            x[:, :dim] = rng.normal(0, 0.5, (inputs, dim))
            y[:, :dim] = rng.normal(0, 0.5, (targets, dim))
            loss, new_x, new_y = expected(x, y, 0.05, 3.0)
            assert _kernels.train_window(x, y, 0.05, 3.0, path, dim=dim) == pytest.approx(loss, rel=1e-5)
            np.testing.assert_allclose(x, new_x, rtol=0, atol=1e-5, err_msg=f"{inputs} x {targets}")
            np.testing.assert_allclose(y, new_y, rtol=0, atol=1e-5, err_msg=f"{inputs} x {targets}")


@pytest.mark.parametrize("path", PATHS)
def test_the_error_of_the_sigmoid_and_of_the_loss(path: str) -> None:
    worst_sigmoid = worst_loss = 0.0
    for score in np.linspace(-MAX_SCORE - 2, MAX_SCORE + 2, 4001).astype(np.float32):
        x, y = padded(1, 1), padded(1, 1)
        x[0, 0], y[0, 0] = score, 1
        loss = _kernels.train_window(x, y, 1.0, 0.0, path)
        # y += (1 - sigmoid(score)) * x
        if abs(score) > 1:
            found = 1 - (float(y[0, 0]) - 1) / float(score)
            worst_sigmoid = max(worst_sigmoid, abs(found - 1 / (1 + np.exp(-float(score)))))
        exact_loss = np.logaddexp(0, -np.clip(float(score), -MAX_SCORE, MAX_SCORE))
        worst_loss = max(worst_loss, abs(loss - exact_loss))
    assert worst_sigmoid < SIGMOID_ERROR
    assert worst_loss < LOSS_ERROR


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("poison", [np.nan, np.inf])
@pytest.mark.parametrize("inputs", [1, 5])
def test_a_number_that_is_not_finite_is_not_hidden(path: str, poison: float, inputs: int) -> None:
    x, y = padded(inputs, 20), padded(6, 20)
    x[:, :20] = y[:, :20] = 0.1
    x[0, 3] = poison
    loss = _kernels.train_window(x, y, 0.05, 1.0, path)
    assert not np.isfinite(loss) or not np.isfinite(y).all()


@pytest.mark.parametrize("path", PATHS)
def test_the_rows_of_subwords_are_averaged(path: str) -> None:
    rng = np.random.default_rng(0)
    inputs, out = padded(12, 20), padded(3, 20)
    inputs[:, :20] = rng.normal(size=(12, 20))
    rows = np.array([0, 5, 6, 1, 2, 11, 11, 7], np.int32)
    _kernels.compose_rows(inputs, np.array([0, 3, 4, 8]), rows, out, 20, path)
    for word, part in enumerate((rows[:3], rows[3:4], rows[4:])):
        np.testing.assert_allclose(out[word], inputs[part].mean(axis=0), rtol=0, atol=1e-6)


def test_weighted_sums_of_rows_are_those_of_a_sparse_product() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(12, 20)).astype(np.float32)
    offsets = np.array([0, 0, 3, 4, 90, 90])
    rows, weights = rng.integers(0, 12, 90, np.int32), rng.random(90)
    out = np.full((5, 20), np.nan)
    _kernels.sum_rows(matrix, offsets, rows, weights, out)
    np.testing.assert_allclose(out, csr_array((weights, rows, offsets), (5, 12)) @ matrix.astype(float), rtol=1e-13)
    assert not out[[0, 4]].any()
    with pytest.raises(ValueError, match="each listed row needs a weight"):
        _kernels.sum_rows(matrix, offsets, rows, weights[1:], out)
    with pytest.raises(ValueError, match="out must have one row an entry"):
        _kernels.sum_rows(matrix, offsets, rows, weights, out[:4])


def bfloat16(values: np.ndarray) -> np.ndarray:
    """Round float32 to 8 bits, halves to even, in floating point: what is added and taken away again cuts the rest."""
    exponents = np.frexp(values)[1]
    return np.ldexp(np.rint(np.ldexp(values.astype(np.float64), 8 - exponents)), exponents - 8).astype(np.float32)


@pytest.mark.parametrize("path", _kernels.simd_names())
def test_changes_are_rounded_to_the_nearest(path: str) -> None:
    rng = np.random.default_rng(0)
    now = (rng.normal(size=4096) * 10.0 ** rng.integers(-20, 3, 4096)).astype(np.float32)
    now[:4] = 1 + np.array([1, 3, -1, 5]) / 256  # halves: 1, 1 + 4/256, and so on
    before = np.where(rng.random(4096) < 0.5, 0, now * rng.random(4096)).astype(np.float32)
    before[:4] = 0
    row, start = np.zeros(4096, np.float32), rng.normal(size=4096).astype(np.float32)
    _kernels.add_change(row, now, before, 1.0, path)
    np.testing.assert_array_equal(row, bfloat16(now - before))
    assert row[:4].tolist() == [1, 1 + 4 / 256, 1 - 1 / 256, 1 + 4 / 256]
    row = start.copy()
    _kernels.add_change(row, now, before, 0.25, path)
    np.testing.assert_allclose(row, start + 0.25 * bfloat16(now - before), rtol=1e-6)


@pytest.mark.parametrize("path", _kernels.simd_names())
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_a_change_that_is_no_number_stays_none(path: str, poison: float) -> None:
    row, now, before = np.zeros(16, np.float32), np.full(16, poison, np.float32), np.zeros(16, np.float32)
    _kernels.add_change(row, now, before, 1.0, path)
    assert not np.isfinite(row).any()


@pytest.mark.parametrize("path", _kernels.simd_names())
@pytest.mark.parametrize("count", [1, 3, 8])
def test_values_are_merged(path: str, count: int) -> None:
    rng = np.random.default_rng(count)
    row, values = rng.normal(size=64).astype(np.float32), rng.normal(size=(count, 64)).astype(np.float32)
    weights = rng.normal(size=count).astype(np.float32)
    expected = -0.5 * row + weights @ values
    _kernels.merge_values(row, -0.5, values, weights, path)
    np.testing.assert_allclose(row, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("path", _kernels.simd_names())
def test_a_single_new_row_replaces_the_old_one_to_the_bit(path: str) -> None:
    rng = np.random.default_rng(0)
    row, values = rng.normal(size=64).astype(np.float32), rng.normal(size=(1, 64)).astype(np.float32)
    _kernels.merge_values(row, 0.0, values, np.ones(1, np.float32), path)
    assert row.tobytes() == values.tobytes()


@pytest.mark.parametrize("path", _kernels.simd_names())
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_stays_none(path: str, poison: float) -> None:
    row, values = np.zeros(16, np.float32), np.full((1, 16), poison, np.float32)
    _kernels.merge_values(row, 0.5, values, np.ones(1, np.float32), path)
    assert not np.isfinite(row).any()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("count", [1, 2, 5, 7, 16, 17, 31, 40, 2000])
@pytest.mark.parametrize("spread", [0.1, 3.0, 20.0])
def test_the_rates_of_a_softmax(path: str, count: int, spread: float) -> None:
    scores = np.random.default_rng(count).normal(0, spread, count).astype(np.float32)
    label = count * 2 // 3
    rates, loss = _kernels.softmax_rates(scores, label, 0.5, path)
    exponents = scores.astype(np.float64) - scores.max()
    shares = np.exp(exponents) / np.exp(exponents).sum()
    np.testing.assert_allclose(0.5 * (np.arange(count) == label) - rates, 0.5 * shares, rtol=1e-5, atol=1e-7)
    assert loss == pytest.approx(np.log(np.exp(exponents).sum()) - exponents[label], rel=1e-6, abs=2e-7)


@pytest.mark.parametrize("path", PATHS)
def test_an_exponential_is_exact_down_to_the_smallest(path: str) -> None:
    # the relative error is that of the polynomial, and of rounding the exponent
    scores = np.concatenate([[0.0], np.linspace(-86.9, 0, 4000)]).astype(np.float32)
    rates, _ = _kernels.softmax_rates(scores, 0, -1.0, path)
    expected = np.exp(scores.astype(np.float64))
    np.testing.assert_allclose(rates[1:], (expected / expected.sum())[1:], rtol=8e-6)


@pytest.mark.parametrize("path", PATHS)
def test_extreme_scores_of_a_softmax(path: str) -> None:
    largest = np.finfo(np.float32).max
    scores = np.array([-largest, largest, -np.inf, 0, largest], np.float32)
    rates, loss = _kernels.softmax_rates(scores, 1, 1.0, path)
    np.testing.assert_allclose(rates, [0, 0.5, 0, 0, -0.5], atol=1e-7)
    assert loss == pytest.approx(np.log(2))
    _, loss = _kernels.softmax_rates(np.array([0, -1000], np.float32), 1, 1.0, path)
    assert loss == pytest.approx(1000)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("count", [3, 16, 33])
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_softmax_of_no_number_is_none(path: str, count: int, poison: float) -> None:
    for place in range(count):
        scores = np.zeros(count, np.float32)
        scores[place] = poison
        rates, loss = _kernels.softmax_rates(scores, 0, 1.0, path)
        assert np.isnan(rates).all()
        assert np.isnan(loss)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("count", [1, 5, 16, 19, 2000])
def test_the_rates_of_a_sigmoid_each(path: str, count: int) -> None:
    random = np.random.default_rng(count)
    scores, labels = random.normal(0, 8, count).astype(np.float32), random.integers(0, 2, count).astype(np.uint8)
    rates, loss = _kernels.sigmoid_rates(scores, labels, 0.5, path)
    exact = np.clip(scores.astype(np.float64), -MAX_SCORE, MAX_SCORE)
    np.testing.assert_allclose(rates, 0.5 * (labels - 1 / (1 + np.exp(-exact))), rtol=0, atol=SIGMOID_ERROR)
    assert loss == pytest.approx(np.logaddexp(0, np.where(labels == 1, -exact, exact)).sum(), rel=LOSS_ERROR)


@pytest.mark.parametrize("path", PATHS)
def test_a_sigmoid_of_no_number_is_none(path: str) -> None:
    scores = np.array([0, 1, np.nan, 100, -100], np.float32)
    rates, loss = _kernels.sigmoid_rates(scores, np.zeros(5, np.uint8), 1.0, path)
    assert np.isnan(rates).tolist() == [False, False, True, False, False]
    assert np.isnan(loss)


def test_scores_without_their_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="there is no score 3 among 3"):
        _kernels.softmax_rates(np.zeros(3, np.float32), 3, 1.0, PATHS[0])
    with pytest.raises(ValueError, match="3 scores need a label each, not 2"):
        _kernels.sigmoid_rates(np.zeros(3, np.float32), np.zeros(2, np.uint8), 1.0, PATHS[0])


@pytest.mark.parametrize("path", _kernels.simd_names())
@pytest.mark.parametrize("dim", [1, 2, 3, 7])
@pytest.mark.parametrize("k", [1, 36, 256])
def test_the_nearest_centroid_is_found(path: str, dim: int, k: int) -> None:
    rng = np.random.default_rng(dim)
    points, centroids = (rng.normal(size=shape).astype(np.float32) for shape in ((dim, 512), (k, dim)))
    centroids[k // 2 :] = centroids[: k - k // 2]  # each twice: the first is meant
    codes = np.full(512, 255, np.uint8)
    _kernels.nearest(points, centroids, codes, path)
    distances = ((points.T[:, None].astype(np.float64) - centroids) ** 2).sum(axis=2)
    np.testing.assert_allclose(distances[np.arange(512), codes], distances.min(axis=1), rtol=1e-5)
    assert codes.max() < max(1, k // 2)


@pytest.mark.parametrize(("points", "centroids", "codes"), [((2, 60), (9, 2), 60), ((2, 64), (257, 2), 64)])
def test_points_that_the_kernel_cannot_search_are_refused(points: Any, centroids: Any, codes: int) -> None:
    arrays = np.zeros(points, np.float32), np.zeros(centroids, np.float32), np.zeros(codes, np.uint8)
    with pytest.raises(ValueError, match="there must be"):
        _kernels.nearest(*arrays, PATHS[0])


def test_initial_vectors_fill_their_range_and_no_more() -> None:
    matrix = padded(1000, 20)
    _kernels.fill_uniform(matrix, 20, 0.025, 3, np.arange(len(matrix)))
    inside = matrix[:, :20]
    assert -0.025 <= inside.min() < -0.0249
    assert 0.0249 < inside.max() < 0.025
    assert abs(inside.mean()) < 0.0005
    assert not matrix[:, 20:].any()
    assert len(np.unique(inside)) > 19_000
    part = padded(300, 20)
    _kernels.fill_uniform(part, 20, 0.025, 3, np.arange(700, 700 + len(part)))
    np.testing.assert_array_equal(part, matrix[700:])


def test_finite_and_not() -> None:
    matrix = padded(10, 20)
    assert _kernels.all_finite(matrix)
    for poison in (np.nan, np.inf, -np.inf):
        matrix[7, 19] = poison
        assert not _kernels.all_finite(matrix)


def test_an_unknown_path_is_refused() -> None:
    with pytest.raises(ValueError, match="does not have the instruction set 'mmx'"):
        _kernels.train_window(padded(1, 1), padded(1, 1), 0.1, 1.0, "mmx")


@pytest.mark.parametrize("dim", [0, 17])
def test_a_dim_that_does_not_fit_the_rows_is_refused(dim: int) -> None:
    with pytest.raises(ValueError, match="does not fit rows of 16 floats"):
        _kernels.train_window(padded(1, 1), padded(1, 1), 0.1, 1.0, PATHS[0], dim=dim)
