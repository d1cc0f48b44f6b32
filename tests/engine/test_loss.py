"""The derivation to read first is right, and the twin trains by it."""

from __future__ import annotations

import numpy as np
import pytest

from embed.engine.loss import loss_and_gradients
from embed.engine.reference import ReferenceWorker
from tests.engine.core_problem import DIM, changed, problem

CONTEXTS, TARGETS = [[0], [1, 6, 7], [2, 6, 6]], [3, 0, 4, 4]
STEP, LR = 1e-6, 1e-9


@pytest.mark.parametrize("labels", [[1, 0, 0, 0], [0, 1, 1, 1]], ids=str)
@pytest.mark.parametrize("cbow", [False, True])
def test_gradients_are_the_derivatives_of_the_loss(cbow: bool, labels: list[int]) -> None:
    rng = np.random.default_rng(1)
    matrices = [rng.normal(size=(8, 3)), rng.normal(size=(5, 3))]

    def at(inputs: np.ndarray, outputs: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        return loss_and_gradients(inputs, outputs, CONTEXTS, TARGETS, np.array(labels, float), cbow=cbow)

    _, *gradients = at(*matrices)
    for matrix, gradient in zip(matrices, gradients, strict=True):
        for place in np.ndindex(matrix.shape):
            before = matrix[place]
            matrix[place] = before + STEP
            above, *_ = at(*matrices)
            matrix[place] = before - STEP
            below, *_ = at(*matrices)
            matrix[place] = before
            assert gradient[place] == pytest.approx((above - below) / (2 * STEP), abs=1e-8)


@pytest.mark.parametrize("loss", ["ns", "hs"])
@pytest.mark.parametrize("subword", [False, True])
@pytest.mark.parametrize("cbow", [False, True])
def test_the_twin_takes_the_textbooks_step(cbow: bool, subword: bool, loss: str) -> None:
    # a sentence of three words with a fixed window of 2: each is the center of the two others
    trained = problem(cbow=cbow, subword=subword, loss=loss, window=2, fixed_window=True, subsample=0)  # type: ignore[arg-type]
    trained = changed(trained, ids=np.array([9, 30, 4], np.int32), offsets=np.array([0, 3]))
    if trained.targets.noise is not None:  # all noise is word 7
        table = np.zeros_like(trained.targets.noise.table)
        table[:, 1] = 7
        table[7, 0] = 0xFFFFFFFF
        trained = changed(trained, table=table)
    twin = ReferenceWorker(trained)
    before = [twin.inputs.copy(), twin.outputs.copy()]
    twin.run(0, LR, 0.0, 1.0)

    units, targets, tree = trained.units, trained.targets, trained.targets.tree
    loss_sum, sums = 0.0, [np.zeros_like(matrix) for matrix in before]
    words = trained.tokens.ids.tolist()
    for center in words:
        contexts = [units.rows[units.offsets[w] : units.offsets[w + 1]].tolist() for w in words if w != center]
        if tree is None:
            assert targets.noise is not None
            met, labels = [center] + [7] * targets.noise.negatives, [1.0] + [0.0] * targets.noise.negatives
        else:
            path = slice(tree.offsets[center], tree.offsets[center + 1])
            met, labels = tree.nodes[path].tolist(), tree.labels[path].tolist()
        value, *gradients = loss_and_gradients(*before, contexts, met, np.array(labels, float), cbow=cbow)
        loss_sum += value
        for total, gradient in zip(sums, gradients, strict=True):
            total += gradient
    assert twin.loss == pytest.approx(loss_sum, rel=1e-6)
    for after, start, total in zip((twin.inputs, twin.outputs), before, sums, strict=True):
        np.testing.assert_allclose((after - start) / LR, -total, rtol=0, atol=1e-5 * np.abs(total).max() + 1e-6)
    assert sums[0].shape[1] == DIM
