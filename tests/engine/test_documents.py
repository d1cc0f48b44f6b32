"""Documents in the core: its twin, the derivatives, codes, inference, and rounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embed.engine import _kernels, reference
from embed.engine.problem import Problem, Projection
from embed.engine.reference import code, code_slope
from tests.engine.core_problem import DIM, DOCUMENTS, WORDS, changed, core_worker, problem, run_epoch
from tests.engine.test_gradients import LENGTHS, check_derivative
from tests.engine.test_twin import agree

DBOW: dict[str, Any] = {"cbow": True, "window": 0, "most_tags": 1, "noise_run": 2}
SEVERAL: dict[str, Any] = {"cbow": False, "window": 0, "most_tags": 3}
KINDS: list[dict[str, Any]] = [
    DBOW,
    SEVERAL,
    {**SEVERAL, "max_norm": 0.8},
    {**DBOW, "max_norm": 0.7, "noise_run": 1},
    {"cbow": True, "most_tags": 2, "subword": True, "max_norm": 0.6},
    {**DBOW, "loss": "hs"},
    {**DBOW, "most_tags": 3, "loss": "both"},
    {"cbow": False, "most_tags": 2, "noise_run": 4},
    {"cbow": False, "most_tags": 2, "subword": True, "gradient_power": 0.5},
    {"cbow": False, "most_tags": 1, "sides": 2},
    {"cbow": True, "most_tags": 2},
    {"cbow": True, "most_tags": 2, "noise_run": 2},
    {"cbow": True, "most_tags": 1, "noise_run": 2, "negatives": 8},
    {"cbow": True, "most_tags": 1, "noise_run": 2, "context_sum": True, "max_norm": 0.6},
    {"cbow": True, "most_tags": 2, "subword": True, "gradient_power": 0.0, "noise_run": 2},
    {"cbow": True, "most_tags": 2, "subword": True, "sums": True, "gradient_power": 0.0},
    {"cbow": True, "most_tags": 2, "context_sum": True},
    {"cbow": True, "most_tags": 2, "weighted": True, "gradient_power": 0.5},
    {**DBOW, "noise_sentences": 4},
    {"cbow": True, "most_tags": 2, "noise_run": 2, "noise_sentences": 2},
    {"cbow": False, "most_tags": 2, "noise_sentences": 3},
]
PROJECTED: list[dict[str, Any]] = [
    {**DBOW, "bits": 7, "code_size": 0.4},
    {**DBOW, "bits": DIM, "code_size": 0.4, "noise_run": 1},
    {**DBOW, "bits": 16, "code_size": 0.15, "loss": "hs"},
    {**SEVERAL, "bits": 12, "code_size": 0.4},
]
IN_PAIRS = [each for each in KINDS if each.get("noise_run") == 2 and "window" not in each]
EXACT = [each for each in KINDS if each.get("gradient_power", 1) == 1 and "max_norm" not in each]


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_the_core_agrees_with_its_twin(settings: dict[str, Any]) -> None:
    agree(problem(**settings))


# without the runs of which a number is so near to zero that single precision has another sign
@pytest.mark.parametrize("settings", [each for each in EXACT if "sides" not in each], ids=str)
@pytest.mark.parametrize("size", [0.15, 0.6])
def test_they_agree_on_codes(settings: dict[str, Any], size: float) -> None:
    agree(problem(**settings, code_size=size))


@pytest.mark.parametrize("settings", PROJECTED, ids=str)
@pytest.mark.parametrize("more", [{}, {"inference": True}, {"replica_share": 0.5, "replicated_words": 0}], ids=str)
def test_they_agree_on_projections(settings: dict[str, Any], more: dict[str, Any]) -> None:
    if settings["cbow"] or "inference" not in more:
        agree(problem(**settings, **more))


@pytest.mark.parametrize("settings", PROJECTED, ids=str)
def test_what_codes_move_by_goes_back_to_vectors_and_their_projection(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a smooth code, of which the slope is the derivative, so are the steps: -dL/dx = P^T e, -dL/dP = e x^T."""
    monkeypatch.setattr(reference, "code", lambda u, size: size * np.tanh(u))
    trained = problem(**settings, sentence_lengths=LENGTHS)
    trained = changed(trained, rate=1.0)
    assert trained.tokens.tags is not None
    check_derivative(trained, "inputs", (int(trained.tokens.tags.vectors[0]), WORDS + DOCUMENTS + 3))


@pytest.mark.parametrize("path", _kernels.simd_names())
def test_a_projection_keeps_its_bits_in_inference(path: str) -> None:
    trained = problem(**PROJECTED[0], inference=True)
    worker, matrices = core_worker(trained, path)
    matrices.inputs[-1] = -0.0  # a sum with 0 would turn it to 0
    before = matrices.inputs[-7:].tobytes()
    run_epoch(worker, trained, 0, 0.05)
    assert matrices.inputs[-7:].tobytes() == before
    assert (matrices.inputs[WORDS : WORDS + DOCUMENTS] != trained.matrices.inputs[WORDS : WORDS + DOCUMENTS]).any()


@pytest.mark.parametrize("settings", [each for each in KINDS if each["cbow"]], ids=str)
@pytest.mark.parametrize("size", [0.0, 0.4])
def test_they_agree_on_inference(settings: dict[str, Any], size: float) -> None:
    agree(problem(**settings, inference=True, code_size=size))


@pytest.mark.parametrize("settings", [KINDS[7], *IN_PAIRS], ids=str)
@pytest.mark.parametrize("side", [-1, 1])
def test_they_agree_on_contexts_of_one_side(settings: dict[str, Any], side: int) -> None:
    """The first or the last center of a sentence without documents has no context then."""
    agree(problem(**settings, context_side=side))


@pytest.mark.parametrize("settings", [KINDS[1], KINDS[5], KINDS[7], KINDS[8], KINDS[10], KINDS[11]], ids=str)
def test_they_agree_on_row_factors(settings: dict[str, Any]) -> None:
    agree(problem(**settings, factors="between"))


@pytest.mark.parametrize("settings", EXACT, ids=str)
@pytest.mark.parametrize("matrix", ["inputs", "outputs"])
def test_the_exact_update_is_the_derivative(settings: dict[str, Any], matrix: str) -> None:
    trained = problem(**settings | {"window": min(3, settings.get("window", 3))}, sentence_lengths=LENGTHS)
    assert trained.tokens.tags is not None
    of_longest = int(np.argmax(np.diff(trained.tokens.offsets) * (np.diff(trained.tokens.tags.offsets) > 0)))
    tag = trained.tokens.tags.vectors[trained.tokens.tags.offsets[of_longest]]
    rows = {"inputs": (len(trained.matrices.inputs) - DOCUMENTS + int(tag) - WORDS,), "outputs": (0,)}
    if settings.get("loss") == "hs":
        rows["outputs"] = (WORDS - 2, WORDS - 5)
    check_derivative(trained, matrix, rows[matrix])


def test_the_slope_of_a_code_is_that_of_a_smooth_sign() -> None:
    u, size, step = np.linspace(-1, 1, 41), 0.3, 1e-6
    slope = size * (np.tanh(u + step) - np.tanh(u - step)) / (2 * step)
    np.testing.assert_allclose(code_slope(u, size), slope, rtol=0.02)
    assert set(np.abs(code(u[u != 0], size))) == {size}
    assert (np.diff(code_slope(np.linspace(0, 50, 99), size)) < 0).all()


@pytest.mark.parametrize("path", _kernels.simd_names())
@pytest.mark.parametrize("settings", [each for each in KINDS if each["cbow"]], ids=str)
def test_inference_moves_documents_alone(settings: dict[str, Any], path: str) -> None:
    trained = problem(**settings, inference=True, replicated_words=0)
    worker, matrices = core_worker(trained, path)
    matrices.inputs[3] = matrices.outputs[3] = -0.0  # a sum with 0 would turn it to 0
    before = [matrices.inputs.tobytes(), matrices.outputs.tobytes(), matrices.position_weights.tobytes()]
    documents = matrices.inputs[-DOCUMENTS:].copy()
    run_epoch(worker, trained, 0, 0.05)
    assert (matrices.inputs[-DOCUMENTS:] != documents).any(axis=1).sum() >= 1
    matrices.inputs[-DOCUMENTS:] = documents
    assert before == [matrices.inputs.tobytes(), matrices.outputs.tobytes(), matrices.position_weights.tobytes()]


@pytest.mark.parametrize("settings", [{"window": 0}, {"window": 4}], ids=str)
def test_a_document_is_inferred_alike_wherever_it_stands(settings: dict[str, Any]) -> None:
    # the first blocks of sentences share their draws, unlike the last ones of a long sentence
    together = problem(**DBOW | settings, inference=True, sentence_lengths=(200, 2300, 7), subsample=0.01)
    assert together.tokens.tags is not None
    tags = type(together.tokens.tags)(np.arange(4), WORDS + np.arange(3, dtype=np.int32))
    together = changed(together, tags=tags)
    _, matrices = trained_once(together)
    first, last = together.tokens.offsets[1:3]
    alone = changed(
        together,
        ids=together.tokens.ids[first:last].copy(),
        offsets=np.array([0, last - first]),
        tags=type(tags)(np.arange(2), np.array([WORDS + 1], np.int32)),
    )
    _, own = trained_once(alone)
    np.testing.assert_array_equal(own.inputs[WORDS + 1], matrices.inputs[WORDS + 1])
    assert (own.inputs[WORDS + 1] != together.matrices.inputs[WORDS + 1]).any()


def trained_once(trained: Problem) -> tuple[Any, Any]:
    """Run a worker over the problem; return it and its matrices."""
    worker, matrices = core_worker(trained)
    run_epoch(worker, trained, 0, 0.05)
    return worker, matrices


@pytest.mark.parametrize("settings", [each for each in KINDS if "max_norm" in each], ids=str)
def test_no_document_is_longer_than_allowed(settings: dict[str, Any]) -> None:
    trained = problem(**settings)
    _, matrices = trained_once(trained)
    assert trained.tokens.tags is not None
    is_long = np.repeat(np.diff(trained.tokens.offsets) > 2, np.diff(trained.tokens.tags.offsets))
    rows = np.unique(trained.tokens.tags.vectors[is_long]) - WORDS + len(matrices.inputs) - DOCUMENTS
    lengths = np.linalg.norm(matrices.inputs[rows], axis=1)
    assert lengths.max() == pytest.approx(settings["max_norm"], rel=1e-5)


def test_words_that_are_no_contexts_keep_their_rows() -> None:
    trained = problem(**DBOW)
    _, matrices = trained_once(trained)
    np.testing.assert_array_equal(matrices.inputs[:WORDS], trained.matrices.inputs[:WORDS])
    assert (matrices.inputs[WORDS:, :DIM] != trained.matrices.inputs[WORDS:, :DIM]).any()


def test_tags_that_do_not_fit_are_refused() -> None:
    trained = problem(**DBOW)
    tags = trained.tokens.tags
    assert tags is not None
    with pytest.raises(ValueError, match=f"tags must be vectors {WORDS} to {WORDS + DOCUMENTS - 1}"):
        changed(trained, tags=type(tags)(tags.offsets, tags.vectors - DOCUMENTS))
    with pytest.raises(ValueError, match="tags must be vectors"):
        changed(trained, tags=type(tags)(tags.offsets, tags.vectors + DOCUMENTS))
    with pytest.raises(ValueError, match="a window of 0 needs tags"):
        changed(trained, tags=None)
    with pytest.raises(ValueError, match="sentences, but tags of"):
        changed(trained, tags=type(tags)(tags.offsets[:-1], tags.vectors[: tags.offsets[-2]]))
    with pytest.raises(ValueError, match="the offsets of tags must rise"):
        type(tags)(tags.offsets[::-1], tags.vectors)
    with pytest.raises(ValueError, match="inference is for CBOW"):
        changed(trained, cbow=False, inference=True)


def test_projections_that_do_not_fit_are_refused() -> None:
    trained = problem(**PROJECTED[0])
    for change in ({"first_vector": WORDS - 1}, {"first_vector": WORDS + DOCUMENTS + 1}):
        with pytest.raises(ValueError, match="a projection must be vectors of one row each"):
            changed(trained, **change)
    for settings in ({"code_size": 0.0}, {"window": 2}):
        with pytest.raises(ValueError, match="a projection needs a window of 0 and a code size"):
            changed(trained, **settings)
    with pytest.raises(ValueError, match="5 bits need rows as long, and no output past them"):
        changed(trained, bits=5)
    with pytest.raises(ValueError, match="a projection has rows and no negative rate"):
        Projection(WORDS, 0, 1.0)
