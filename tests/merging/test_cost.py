"""What a merge costs: the sums of docs/scaling.md, and what more lanes than workers add."""

from __future__ import annotations

import pytest

from embed.merging.cost import merge_cost

ROWS, STRIDE = 144_000, 112
MODEL = ROWS * STRIDE * 4


@pytest.mark.parametrize("workers", [2, 16])
def test_lane_a_worker_costs_what_the_page_says(workers: int) -> None:
    cost = merge_cost(ROWS, STRIDE, workers, 1, 1.25e9, workers)
    assert cost.sent == pytest.approx(MODEL * (workers - 1) / workers)
    assert cost.seconds == pytest.approx(cost.sent / 1.25e9 + cost.arithmetic)
    assert MODEL < cost.memory <= 2.5 * MODEL


def test_each_lane_more_is_extracted_kept_and_sent() -> None:
    one, four = (merge_cost(ROWS, STRIDE, 4, 1, 1.25e9, lanes) for lanes in (4, 16))
    assert four.sent == pytest.approx(one.sent * 5 / 2)
    assert four.arithmetic > one.arithmetic + 3 * 2 * MODEL / 4e9
    assert four.memory > one.memory + 1.5 * MODEL


def test_lanes_of_one_worker_are_not_sent() -> None:
    cost = merge_cost(ROWS, STRIDE, 1, 1, 1.25e9, 4)
    assert cost.sent == cost.network == 0 < cost.arithmetic
    assert merge_cost(ROWS, STRIDE, 1, 1, 1.25e9, 1).seconds == 0
