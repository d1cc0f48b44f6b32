"""The trainer of labelled lines: gradients, losses, and the same steps as its readable twin on each SIMD path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from embed.engine import _kernels
from embed.engine._lines import LineWorker
from embed.engine.lines import LineProblem, LineReplicas, textbook_step
from embed.engine.problem import Noise
from embed.model.parameters import padded_matrix
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.sampling import alias_table

DIM, LABELS, ROWS = 21, 9, 12
LR = 0.3


def _problem(loss: str, **changes: Any) -> LineProblem:
    noise = Noise(alias_table(np.full(LABELS, 1 / LABELS)), 4, 1) if loss == "ns" else None
    tree = HuffmanTree.from_counts(np.arange(LABELS, 0, -1)) if loss == "hs" else None
    values: dict[str, Any] = {
        "offsets": np.array([0, 5, 6]),
        "rows": np.array([3, 0, 7, 11, 2, 7], np.int32),
        "weights": np.array([1, 2, 1, 1, 3, 1], np.float32),
        "shares": np.array([1 / 8, 1], np.float32),
        "label_offsets": np.array([0, 2, 3]),
        "labels": np.array([4, 1, 0], np.int32),
        "label_count": LABELS,
        "dim": DIM,
        "loss": loss,
        "noise": noise,
        "tree": tree,
        "seed": 5,
    }
    return LineProblem(**{**values, **changes})


def _matrices() -> tuple[Any, Any]:
    random = np.random.default_rng(1)
    inputs, outputs = padded_matrix(ROWS, DIM), padded_matrix(LABELS, DIM)
    for matrix in (inputs, outputs):
        matrix[:, :DIM] = random.normal(0, 0.5, (len(matrix), DIM))
    return inputs, outputs


@pytest.mark.parametrize("simd", _kernels.simd_names())
@pytest.mark.parametrize("loss", ["softmax", "ova", "hs"])
def test_a_step_is_that_of_the_twin(loss: str, simd: str) -> None:
    problem, (inputs, outputs) = _problem(loss), _matrices()
    rows, weights = problem.rows[:5], problem.weights[:5].astype(np.float64)
    before = inputs[:, :DIM].astype(np.float64), outputs[:, :DIM].astype(np.float64)
    found = LineWorker(problem, inputs, outputs, simd).train(np.array([0]), LR, LR, 0)
    # the line has two labels, of which all losses but "ova" draw one
    candidates = [[4, 1]] if loss == "ova" else [[4], [1]]
    matches = 0
    for labels in candidates:
        targets, wanted = np.arange(LABELS), np.isin(np.arange(LABELS), labels).astype(np.float64)
        if problem.tree is not None:
            path = slice(problem.tree.offsets[labels[0]], problem.tree.offsets[labels[0] + 1])
            targets, wanted = problem.tree.nodes[path], problem.tree.labels[path].astype(np.float64)
        expected, by_rows, by_targets = textbook_step(
            before[0][rows], weights, before[1][targets], wanted, softmax=loss == "softmax"
        )
        after = before[0].copy(), before[1].copy()
        after[0][rows] -= LR * by_rows
        after[1][targets] -= LR * by_targets
        if np.isclose(found, expected, rtol=1e-5):
            matches += 1
            np.testing.assert_allclose(inputs[:, :DIM], after[0], atol=2e-6)
            np.testing.assert_allclose(outputs[:, :DIM], after[1], atol=2e-6)
    assert matches == 1
    assert not inputs[:, DIM:].any()


@pytest.mark.parametrize("softmax", [True, False])
def test_gradients_are_the_slopes_of_the_loss(softmax: bool) -> None:
    random = np.random.default_rng(0)
    rows, weights, targets = random.normal(size=(3, 4)), np.array([1.0, 3.0, 1.0]), random.normal(size=(5, 4))
    wanted = np.eye(5)[2]
    _, by_rows, by_targets = textbook_step(rows, weights, targets, wanted, softmax=softmax)
    for array, gradient in ((rows, by_rows), (targets, by_targets)):
        for at in np.ndindex(array.shape):
            kept, losses = array[at], []
            for step in (1e-5, -1e-5):
                array[at] = kept + step
                losses.append(textbook_step(rows, weights, targets, wanted, softmax=softmax)[0])
            array[at] = kept
            assert gradient[at] == pytest.approx((losses[0] - losses[1]) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("loss", ["softmax", "ova", "ns", "hs"])
def test_a_row_that_is_no_number_is_noticed(loss: str) -> None:
    problem, (inputs, outputs) = _problem(loss), _matrices()
    inputs[7, 2] = np.nan
    worker = LineWorker(problem, inputs, outputs, _kernels.simd_names()[0])
    assert np.isnan(worker.train(np.array([1]), LR, LR, 0))
    assert np.isfinite(LineWorker(problem, *_matrices(), _kernels.simd_names()[0]).train(np.array([1]), LR, LR, 0))


def test_noise_pushes_other_labels_away() -> None:
    problem, (inputs, outputs) = _problem("ns"), _matrices()
    old = outputs.copy()
    worker = LineWorker(problem, inputs, outputs, _kernels.simd_names()[0])
    worker.train(np.array([1]), LR, LR, 0)
    hidden = _matrices()[0][7, :DIM]
    moved = (outputs - old)[:, :DIM] @ hidden
    assert moved[0] > 0  # its label
    assert (moved[1:] <= 0).all()
    assert 1 <= (moved[1:] < 0).sum() <= 4


def test_a_label_of_several_is_drawn_anew_in_each_epoch() -> None:
    drawn = set()
    for epoch in range(20):
        problem, (inputs, outputs) = _problem("softmax"), _matrices()
        outputs[:] = 0
        LineWorker(problem, inputs, outputs, "sse2" if "sse2" in _kernels.simd_names() else "neon").train(
            np.array([0]), LR, LR, epoch
        )
        drawn.add(int((outputs[:, :DIM] @ _matrices()[0][7, :DIM]).argmax()))
    assert len(drawn) >= 2


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": np.array([4, 1, LABELS], np.int32)},
        {"label_offsets": np.array([0, 3, 3])},
        {"offsets": np.array([0, 5, 7])},
        {"rows": np.array([3, 0, 7, 11, 2, -1], np.int32)},
        {"shares": np.ones(1, np.float32)},
        {"noise": Noise(alias_table(np.full(LABELS, 1 / LABELS)), 4, 1)},
        {"tree": HuffmanTree.from_counts(np.ones(LABELS))},
        {"replicas": LineReplicas(inputs=np.array([ROWS], np.int32))},
        {"replicas": LineReplicas(outputs=np.array([LABELS], np.int32))},
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|needs?"):
        LineWorker(_problem("softmax", **changes), *_matrices(), _kernels.simd_names()[0])


def test_an_order_out_of_range_is_refused() -> None:
    worker = LineWorker(_problem("softmax"), *_matrices(), _kernels.simd_names()[0])
    with pytest.raises(ValueError, match="must name lines"):
        worker.train(np.array([0, 2]), LR, LR, 0)
    assert worker.train(np.empty(0, np.int64), LR, LR, 0) == 0


EVERY_ROW_TWICE = np.array([0, 1] * 5)


def _trained(problem: LineProblem) -> tuple[Any, Any]:
    """Return the matrices after some passes over both lines."""
    inputs, outputs = _matrices()
    LineWorker(problem, inputs, outputs, _kernels.simd_names()[0]).train(EVERY_ROW_TWICE, LR, LR / 2, 0)
    return inputs, outputs


def _in_replicas(problem: LineProblem, **replicas: Any) -> LineProblem:
    """Return the problem with replicas of input rows 7 and 3, which are numbers 0 and 1 then, and of some outputs."""
    named = LineReplicas(inputs=np.array([7, 3], np.int32), outputs=np.array([4, 0, 7], np.int32), **replicas)
    rows = np.array([{7: 0, 3: 1}.get(row, row + 2) for row in problem.rows.tolist()], np.int32)
    return replace(problem, rows=rows, replicas=named)


@pytest.mark.parametrize("lines", [1, 3, 100])
@pytest.mark.parametrize("loss", ["softmax", "ova", "ns", "hs"])
def test_one_worker_alone_learns_the_same_in_replicas(loss: str, lines: int) -> None:
    problem = _problem(loss)
    expected, found = _trained(problem), _trained(_in_replicas(problem, lines=lines))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=2e-6)


def test_input_rows_move_by_the_mean_and_output_rows_by_the_sum() -> None:
    problem, before = _problem("softmax"), _matrices()
    whole, (inputs, outputs) = _trained(problem), _trained(_in_replicas(problem, threads=4, lines=100))
    for row in range(ROWS):
        share = 4 if row in (7, 3) else 1
        expected = before[0][row] + (whole[0][row] - before[0][row]) / share
        np.testing.assert_allclose(inputs[row], expected, rtol=0, atol=2e-6)
    np.testing.assert_allclose(outputs, whole[1], rtol=0, atol=2e-6)


def test_rows_that_few_lines_have_get_no_replicas() -> None:
    lines = 1000
    own = np.arange(10, lines + 10)
    rows = np.stack([np.full(lines, 4), own // 20 + 10, own], axis=1).reshape(-1).astype(np.int32)
    problem = _problem(
        "softmax",
        offsets=np.arange(0, 3 * lines + 1, 3),
        rows=rows,
        weights=np.ones(3 * lines, np.float32),
        shares=np.full(lines, 1 / 3, np.float32),
        label_offsets=np.arange(lines + 1),
        labels=np.zeros(lines, np.int32),
    )
    met = np.array([0.5, 0.001, 1, 0, 0, 0, 0, 0, 0])
    replicated = problem.replicated(met, 3)
    assert replicated.replicas.inputs.tolist() == [4]
    assert replicated.replicas.outputs.tolist() == [2, 0]
    assert (replicated.replicas.threads, replicated.replicas.lines) == (3, 125)
    np.testing.assert_array_equal(replicated.rows, np.where(rows == 4, 0, rows + 1))
    assert problem.replicated(met, 250).replicas.lines == 1
    assert not len(problem.replicated(met, 250).replicas.inputs)


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"lines": 0}])
def test_replicas_need_threads_and_lines(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="replicas need"):
        LineReplicas(**wrong)
