"""Training in rounds: the readable twin's numbers, and the same bits whatever the number of workers."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import numpy as np
import pytest

from embed import _core
from embed.engine import _kernels, _rounds
from embed.engine.problem import Problem
from embed.engine.reference import ReferenceWorker
from tests.engine.core_problem import DIM, copied, core_worker, problem

MOST = 2e-5
COMBINATIONS = list(itertools.product((False, True), (1.0, 0.5, 0.0), (False, True)))
# more than three rounds, and blocks that begin in one round and end in the next
ROUND, TILES = 4096, 8
LONG: dict[str, Any] = {"sentence_lengths": (3, 700, 0, 1500, 90, 5, 3000, ROUND, 1)}
# the same in shorter rounds, for the twin, which is slow; some rows still change in more tiles of a round than the cap
SHORT_ROUND, SHORT_LR = 512, 0.005
SHORT: dict[str, Any] = {"sentence_lengths": (3, 150, 0, 300, 90, 5, 600, SHORT_ROUND, 1)}


def run_rounds(
    trained: Problem,
    parts: int,
    *,
    path: str | None = None,
    stop: np.ndarray | None = None,
    cuts: tuple[int, ...] = (),
    size: int = ROUND,
    tiles: int = TILES,
    lr: float = 0.01,
) -> tuple[np.ndarray, np.ndarray, list[Any], list[int]]:
    """Run two epochs with so many workers that share their matrices; return the position weights behind the inputs."""
    shared = copied(trained, path)
    inputs, outputs, places = shared.matrices.inputs, shared.matrices.outputs, shared.matrices.position_weights
    workers = [_core.Worker(shared) for _ in range(parts)]
    stop = np.zeros(1, np.int32) if stop is None else stop
    ends = [0] * parts
    for epoch in range(2):
        rounds = _rounds.Rounds(parts, 2, len(inputs) + len(outputs) + len(places), 0, size, tiles)

        def work(part: int, epoch: int = epoch, rounds: Any = rounds) -> None:
            for first, last in itertools.pairwise((0, *cuts, len(trained.tokens.ids))):
                ends[part] = workers[part].run_rounds(epoch, first, last, lr, -1e-6, 1.5, stop, rounds, part)
                if ends[part] < last:
                    break

        threads = [threading.Thread(target=work, args=(part,)) for part in range(parts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return np.concatenate([inputs, places]), outputs, workers, ends


def agree(trained: Problem, rel: float = 1e-5, tiles: int = TILES) -> None:
    """Run two epochs of the twin, and of two workers of the core on every SIMD path."""
    twin = ReferenceWorker(trained)
    for epoch in range(2):
        twin.run_rounds(epoch, SHORT_LR, -1e-6, 1.5, SHORT_ROUND, tiles)
    for path in _kernels.simd_names():
        inputs, outputs, workers, _ = run_rounds(trained, 2, path=path, size=SHORT_ROUND, tiles=tiles, lr=SHORT_LR)
        expected = np.concatenate([twin.inputs, twin.position_weights])
        for ours, theirs in ((inputs, expected), (outputs, twin.outputs)):
            np.testing.assert_allclose(ours[:, :DIM], theirs, rtol=0, atol=MOST, err_msg=path)
        assert workers[0].loss == pytest.approx(twin.loss, rel=rel)
        assert sum(worker.examples for worker in workers) == twin.examples
        assert sum(worker.centers for worker in workers) == twin.centers


@pytest.mark.parametrize(
    "settings",
    [
        {"window": 0, "cbow": True},
        {"cbow": False},
        {"cbow": True, "subword": True},
        {"window": 0, "cbow": True, "code_size": 0.4, "bits": 12},
    ],
    ids=str,
)
def test_rounds_agree_with_the_twin_on_documents(settings: dict[str, Any]) -> None:
    agree(problem(**{"cbow": True, "most_tags": 2, **settings, **SHORT}), rel=1e-4)


@pytest.mark.parametrize("loss", ["ns", "hs"])
@pytest.mark.parametrize(("cbow", "power", "subword"), COMBINATIONS)
def test_rounds_agree_with_the_twin(cbow: bool, power: float, subword: bool, loss: Any) -> None:
    agree(problem(subword=subword, cbow=cbow, gradient_power=power, loss=loss, **SHORT))


@pytest.mark.parametrize("tiles", [1, 2, 16])
def test_rounds_agree_with_the_twin_for_any_number_of_tiles(tiles: int) -> None:
    agree(problem(**SHORT), tiles=tiles)


@pytest.mark.parametrize("settings", [{"loss": "both"}, {"cbow": True, "context_sum": True, "subword": True}], ids=str)
def test_rounds_agree_with_the_twin_on_two_losses_and_on_sums_of_contexts(settings: dict[str, Any]) -> None:
    agree(problem(**settings, **SHORT))


@pytest.mark.parametrize("cbow", [False, True])
def test_rounds_agree_with_the_twin_on_sums_of_rows(cbow: bool) -> None:
    agree(problem(subword=True, sums=True, cbow=cbow, **SHORT))


@pytest.mark.parametrize("loss", ["ns", "hs"])
@pytest.mark.parametrize(("power", "subword"), [(1.0, False), (1.0, True), (0.0, False)])
def test_rounds_agree_with_the_twin_on_weights_of_places(power: float, subword: bool, loss: Any) -> None:
    settings: dict[str, Any] = {"subword": subword, "gradient_power": power, "loss": loss}
    agree(problem(cbow=True, weighted=True, **settings, **SHORT))


@pytest.mark.parametrize("loss", ["ns", "hs"])
@pytest.mark.parametrize("subword", [False, True])
def test_rounds_agree_with_the_twin_on_structured_skip_gram(subword: bool, loss: Any) -> None:
    agree(problem(sides=2, subword=subword, loss=loss, **SHORT))


@pytest.mark.parametrize("factors", ["frozen", "between"])
@pytest.mark.parametrize(("cbow", "subword", "sums"), [(False, False, False), (False, True, True), (True, True, False)])
def test_rounds_agree_with_the_twin_on_row_factors(cbow: bool, subword: bool, sums: bool, factors: Any) -> None:
    trained = problem(cbow=cbow, subword=subword, sums=sums, factors=factors, **SHORT)
    agree(trained)
    inputs, outputs, *_ = run_rounds(trained, 2, size=SHORT_ROUND)
    before = trained.matrices
    for found, start, each in (
        (inputs, before.inputs, before.factors.inputs),
        (outputs, before.outputs, before.factors.outputs),
    ):
        frozen = np.flatnonzero(each == 0)
        assert found[frozen].tobytes() == start[frozen].tobytes()


@pytest.mark.parametrize("tiles", [2, TILES])
@pytest.mark.parametrize(("cbow", "power", "subword"), COMBINATIONS)
def test_any_number_of_workers_gives_the_same_bits(cbow: bool, power: float, subword: bool, tiles: int) -> None:
    trained = problem(subword=subword, cbow=cbow, gradient_power=power, weighted=cbow, **LONG)
    for path in _kernels.simd_names():
        results = set()
        for parts in (1, 2, 3, 8, 16):
            inputs, outputs, workers, _ = run_rounds(trained, parts, path=path, tiles=tiles)
            results.add((inputs.tobytes(), outputs.tobytes(), workers[0].loss))
        assert len(results) == 1, path


def test_a_stop_ends_all_workers_after_the_same_round() -> None:
    *_, ends = run_rounds(problem(**LONG), 3, stop=np.ones(1, np.int32))
    assert ends == [ROUND] * 3


def test_rounds_continue_in_another_call() -> None:
    trained, size = problem(**LONG), ROUND
    whole = run_rounds(trained, 3)
    cut = run_rounds(trained, 3, cuts=(size, 2 * size))
    assert [matrix.tobytes() for matrix in cut[:2]] == [matrix.tobytes() for matrix in whole[:2]]
    assert cut[2][0].loss == whole[2][0].loss


def test_no_call_trains_after_a_stop() -> None:
    trained, size = problem(**LONG), ROUND
    stopped, cut = (run_rounds(trained, 3, stop=np.ones(1, np.int32), cuts=cuts) for cuts in ((), (size,)))
    assert cut[3] == [size] * 3
    assert sum(worker.examples for worker in cut[2]) == sum(worker.examples for worker in stopped[2])
    assert cut[0].tobytes() == stopped[0].tobytes()


def test_rounds_begin_where_they_always_do() -> None:
    worker, _ = core_worker(problem(**LONG))
    with pytest.raises(ValueError, match="multiples of"):
        worker.run_rounds(0, 1, 2, 0.1, 0.0, 1.0, np.zeros(1, np.int32), _rounds.Rounds(1, 1, 100, 0, ROUND, TILES), 0)


def test_rounds_of_other_matrices_are_refused() -> None:
    worker, _ = core_worker(problem(**LONG))
    with pytest.raises(ValueError, match="for 3 rows"):
        worker.run_rounds(0, 0, 2, 0.1, 0.0, 1.0, np.zeros(1, np.int32), _rounds.Rounds(1, 1, 3, 0, ROUND, TILES), 0)
