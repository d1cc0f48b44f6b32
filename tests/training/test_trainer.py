"""A whole training: what it learns, what it promises, how it stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from embed import _core
from embed.config import TrainConfig
from embed.corpora import SyntheticCorpus
from embed.engine import _kernels
from embed.engine.machine import simd
from embed.engine.problem import Matrices, Noise, Problem, Settings, Targets, Tokens, Units
from embed.errors import AdviceWarning, ConfigError, CorpusError, DivergenceError, PoorVectorsWarning
from embed.model import EpochRecord, Model
from embed.model.parameters import Parameters
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.training.train import train
from embed.training.trainer import Trainer

SENTENCES = [
    [f"{kind}{(i * j) % 7}" for j in range(1, 12)] for i in range(200) for kind in ("a", "b")
]  # enough for the mechanics
SMALL: dict[str, Any] = {
    "window_kind": "dynamic",
    "dim": 16,
    "epochs": 2,
    "min_count": 1,
    "threads": 1,
    "buckets": 500,
    "subsample": 0.0,
}
MODELS = [
    {"objective": objective, "gradient": gradient, "subword": subword}
    for objective in ("sg", "cbow")
    for gradient in ("exact", "sqrt", "historic")
    for subword in (False, True)
] + [{"loss": "hs"}, {"loss": "hs", "objective": "cbow"}, {"loss": "hs", "subword": True}]
MODELS += [{"subword": True, "composition": "sum", "objective": objective} for objective in ("sg", "cbow")]
MODELS += [{"objective": "cbow", "position_weights": True, "loss": loss} for loss in ("ns", "hs")]
MODELS += [{"structured": True}, {"structured": True, "subword": True, "loss": "hs"}]


@pytest.fixture(scope="module")
def planted() -> SyntheticCorpus:
    return SyntheticCorpus(seed=3, sentences=20_000)


@pytest.fixture(scope="module")
def planted_encoded(planted: SyntheticCorpus) -> EncodedCorpus:
    return encode(planted, min_count=5)


@pytest.mark.parametrize("settings", MODELS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_every_model_trains_and_is_the_same_to_the_bit_on_one_thread(settings: dict[str, Any]) -> None:
    first, second = (train(SENTENCES, **SMALL, **settings) for _ in range(2))
    assert first.input.tobytes() == second.input.tobytes()
    assert first.output.tobytes() == second.output.tobytes()
    assert [record.loss for record in first.history] == [record.loss for record in second.history]
    assert first.history[-1].loss < first.history[0].loss
    assert first.vectors.matrix.shape == (14, 16)
    assert np.isfinite(first.vectors.matrix).all()


def test_another_seed_gives_other_vectors() -> None:
    first, second = (train(SENTENCES, **SMALL, seed=seed) for seed in (1, 2))
    assert not np.allclose(first.input, second.input)


def test_the_vector_of_a_subword_model_is_the_mean_of_its_rows() -> None:
    model = train(SENTENCES, **SMALL, subword=True)
    scheme = model.parameters.scheme
    assert scheme is not None
    for i, word in enumerate(model.vocabulary.words):
        places = np.searchsorted(model.parameters.buckets, scheme.buckets_of(word))
        rows = [i, *(len(model.vocabulary) + places)]
        np.testing.assert_allclose(model.vectors[word], model.input[rows].mean(axis=0), atol=1e-6)
    buckets = scheme.buckets_of("a99")
    known = buckets[np.isin(buckets, model.parameters.buckets)]
    assert 0 < len(known) < len(buckets)
    rows = len(model.vocabulary) + np.searchsorted(model.parameters.buckets, known)
    expected = model.input[rows].sum(axis=0) / len(buckets)  # n-grams that no word trained count as zeros
    np.testing.assert_allclose(model.vectors.vector("a99"), expected, atol=1e-6)


@pytest.mark.parametrize("settings", [{}, {"subword": True}, {"structured": True}], ids=str)
def test_averaged_vectors_lie_midway_between_input_and_output(settings: dict[str, Any]) -> None:
    model = train(SENTENCES, **SMALL, **settings)
    outputs = model.output if not settings.get("structured") else (model.output[::2] + model.output[1::2]) / 2
    halves = [matrix / np.linalg.norm(matrix, axis=1, keepdims=True) / 2 for matrix in (model.vectors.matrix, outputs)]
    averaged = model.averaged_vectors()
    np.testing.assert_allclose(averaged.matrix, sum(halves), atol=1e-6)
    assert averaged.words == model.vectors.words
    assert averaged.counts.tolist() == model.vocabulary.counts.tolist()
    assert averaged.subwords is None


def test_a_tree_has_no_output_vector_of_a_word() -> None:
    with pytest.raises(ConfigError, match="need a model trained with loss='ns'"):
        train(SENTENCES, **SMALL, loss="hs").averaged_vectors()


@pytest.mark.parametrize(
    "settings",
    [
        {"objective": "sg"},
        {"objective": "cbow"},
        {"objective": "cbow", "gradient": "historic"},
        {"objective": "sg", "subword": True},
        {"objective": "cbow", "subword": True},
        {"objective": "sg", "subword": True, "composition": "sum"},
        {"objective": "cbow", "subword": True, "composition": "sum"},
        {"objective": "cbow", "position_weights": True},
        {"structured": True},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
@pytest.mark.parametrize(("threads", "replicated"), [(1, False), (2, False), (2, True)])
def test_planted_structure_is_recovered(
    planted: SyntheticCorpus,
    planted_encoded: EncodedCorpus,
    settings: dict[str, Any],
    threads: int,
    replicated: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if replicated:  # as for a text of millions of tokens
        monkeypatch.setattr("embed.training.backends.problem._REPLICATED_FROM", 0)
    # the text has so few words that each is frequent: CBOW's own threshold, for languages, would drop most tokens
    common = {"dim": 50, "epochs": 5, "threads": threads, "buckets": 20_000, "subsample": 1e-3}
    vectors = train(planted_encoded, **common, **settings).vectors
    pairs = planted.similarity_pairs(400, top=100)
    found, truth = [vectors.similarity(a, b) for a, b, _ in pairs], [value for *_, value in pairs]
    questions = planted.analogy_questions(400, top=100)
    answers = [vectors.analogy(a, b, c, n=1)[0][0] for a, b, c, _ in questions]
    # chance is 0 for both; the models reach 0.79 to 0.96 and 0.74 to 0.98
    assert stats.spearmanr(found, truth).statistic > 0.7
    assert np.mean([answer == d for answer, (*_, d) in zip(answers, questions, strict=True)]) > 0.6


def test_the_rate_falls_linearly_to_its_end() -> None:
    model = train(SENTENCES, **{**SMALL, "epochs": 4}, lr=0.1, min_lr=0.02)
    assert [record.lr for record in model.history] == pytest.approx([0.08, 0.06, 0.04, 0.02])


def test_the_held_out_loss_falls_and_is_repeatable(planted_encoded: EncodedCorpus) -> None:
    settings: dict[str, Any] = {"dim": 20, "epochs": 3, "held_out": 0.1, "threads": 1}
    trainer = Trainer(planted_encoded, TrainConfig(**settings))
    untrained = trainer.held_out_loss()
    assert untrained == pytest.approx(
        6 * np.log(2), rel=5e-3
    )  # less a little: noise that equals the target is left out
    history = trainer.run().history
    losses = [record.held_out_loss for record in history]
    assert all(loss is not None and loss < untrained for loss in losses)
    assert losses == sorted(losses, reverse=True)
    assert trainer.held_out_loss() == losses[-1]


def test_held_out_tokens_are_not_trained_on() -> None:
    # the last sentence has words of its own, which must keep their initial vectors
    sentences = [*SENTENCES, *[["never", "trained", "here"] * 20] * 8]
    model = train(sentences, **SMALL, held_out=0.1)
    initial = Parameters.initial(model.vocabulary, model.config).inputs[:, :16]
    i, j = model.vocabulary["never"], model.vocabulary["a1"]
    np.testing.assert_array_equal(model.input[i], initial[i])
    assert np.abs(model.input[j] - initial[j]).max() > 1e-3


def test_a_corpus_that_cannot_be_divided_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"held_out is 0\.5, but 1 sentences cannot be divided so"):
        train([["a", "b"] * 10], **SMALL, held_out=0.5)


def test_callbacks_see_each_epoch_and_can_end_the_training() -> None:
    seen: list[tuple[int, float]] = []

    def callback(record: EpochRecord, model: Model) -> bool:
        seen.append((record.epoch, float(np.abs(model.output).sum())))
        return record.epoch == 3

    model = train(SENTENCES, **{**SMALL, "epochs": 10}, callbacks=[callback])
    assert [epoch for epoch, _ in seen] == [1, 2, 3]
    assert seen[0][1] < seen[1][1] < seen[2][1]
    assert len(model.history) == 3


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"dim": 0}, "dim must be at least 1 and at most 16384, not 0"),
        ({"lr": float("nan")}, "lr must be greater than 0"),
        ({"epoch": 3}, "unknown parameter 'epoch'; did you mean 'epochs'"),
        ({"objective": "glove"}, "objective must be one of 'sg', 'cbow', 'dbow', not 'glove'"),
        ({"subword": True, "min_n": 5, "max_n": 3}, "min_n is 5 but max_n is 3"),
    ],
)
def test_bad_parameters_are_refused_before_any_work(overrides: dict[str, Any], message: str) -> None:
    def corpus() -> Any:
        raise AssertionError("the corpus has been read")
        yield

    with pytest.raises(ConfigError, match=message):
        train(corpus(), **overrides)


@pytest.mark.parametrize(
    ("words", "chosen", "kept"),
    [(30, {"objective": "cbow"}, 10), (100, {}, None), (4000, {"objective": "cbow"}, None)],
)
def test_subsampling_that_drops_most_of_a_text_is_told(words: int, chosen: dict[str, Any], kept: int | None) -> None:
    rng = np.random.default_rng(0)
    text = [[f"w{word}" for word in rng.integers(words, size=1000)] for _ in range(60)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train(text, **{**SMALL, "epochs": 1, "subsample": None}, **chosen)
    said = [str(warning.message) for warning in caught if warning.category is not PoorVectorsWarning]
    if kept is None:
        assert not said
    else:
        assert said == [
            f"subsample is 0.0003, which keeps only {kept}% of the tokens of a text with {words} distinct words: raise "
            "subsample, or set it to 0 to keep all"
        ]


def test_divergence_is_an_error_that_says_where_and_why() -> None:
    with (
        pytest.raises(
            DivergenceError, match=r"diverged in epoch 1, .*lower the learning rates \(lr is 10, input_lr is 100\)"
        ),
        pytest.warns(AdviceWarning),
    ):
        train(
            SENTENCES,
            **{**SMALL, "epochs": 50},
            objective="cbow",
            gradient="historic",
            lr=10.0,
            input_lr=100.0,
        )


def test_an_infinite_parameter_is_noticed() -> None:
    with encode(SENTENCES, min_count=1) as encoded:
        trainer = Trainer(encoded, TrainConfig(**SMALL))
        trainer.parameters.outputs[3, 2] = np.inf
        with pytest.raises(DivergenceError, match="diverged in epoch 1"):
            trainer.run()


def test_the_instruction_set_can_be_chosen_and_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _kernels.simd_names():
        monkeypatch.setenv("EMBED_SIMD", name)
        assert simd() == name
        model = train(SENTENCES, **SMALL)
        assert model.provenance is not None
        assert model.provenance.simd_path == name
    monkeypatch.setenv("EMBED_SIMD", "mmx")
    with pytest.raises(ConfigError, match=r"EMBED_SIMD is 'mmx', which this processor cannot run: set it to one of"):
        train(SENTENCES, **SMALL)


def test_the_run_card_tells_how_the_vectors_came_about() -> None:
    card = train(SENTENCES, **SMALL, objective="cbow").run_card()
    assert card["config"]["objective"] == "cbow"
    assert card["vocabulary"] == {"words": 14, "tokens": 4400}
    assert [epoch["epoch"] for epoch in card["epochs"]] == [1, 2]
    assert card["provenance"]["simd_path"] in _kernels.simd_names()
    assert card["provenance"]["corpus_fingerprint"]


def test_progress_is_silent_unless_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    train(SENTENCES, **SMALL)
    assert capfd.readouterr() == ("", "")
    train(SENTENCES, **SMALL, progress=True)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "epoch 2/2" in shown.err
    assert "tok/s" in shown.err
    assert "loss=" in shown.err


def test_threads_from_several_trainers_do_not_disturb_each_other() -> None:
    results: dict[int, bytes] = {}

    def run(number: int) -> None:
        results[number] = train(SENTENCES, **SMALL, seed=1 + number % 2).input.tobytes()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results[0] == results[2] != results[1] == results[3]


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_an_interrupt_ends_the_training(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import signal
        from embed.training.train import train
        signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may ignore it
        sentences = [[f"w{(i * 7 + j) % 500}" for j in range(50)] for i in range(2000)]
        try:
            train(sentences, epochs=100_000, dim=300, callbacks=[lambda *_: print("epoch", flush=True)])
        except KeyboardInterrupt:
            print("stopped", flush=True)
        """
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "epoch\n"
        process.send_signal(signal.SIGINT)
        lines = process.stdout.read().splitlines()
    assert process.returncode == 0
    assert lines[-1] == "stopped"


def test_rows_beyond_four_billion_floats(tmp_path: Path) -> None:
    # a sparse file gives the address space of 2**32 floats for the price of the pages that are touched
    dim = 1024
    words = 2**32 // dim + 64
    rows = [words - 1, words - 2, words - 3]
    matrices = []
    for name in ("inputs", "outputs"):
        path = tmp_path / name
        with path.open("wb") as file:
            file.truncate(words * dim * 4)
        matrices.append(np.memmap(path, np.float32, "r+", shape=(words, dim)))
    inputs, outputs = matrices
    inputs[rows] = 0.1
    table = np.zeros((words, 2), np.uint32)
    table[:, 1] = rows[2]  # all noise is the third word
    worker = _core.Worker(
        Problem(
            Tokens(np.array(rows[:2] * 20, np.int32), np.array([0, 40]), np.full(words, 0xFFFFFFFF, np.uint32)),
            Units(np.arange(words + 1), np.arange(words, dtype=np.int32)),
            Targets(words, Noise(table, negatives=1, windows=8)),
            Matrices(inputs, outputs, np.zeros((0, dim), np.float32), dim, spread=12),
            Settings(cbow=False, window=2, seed=1, simd=_kernels.simd_names()[0]),
        )
    )
    worker.run(0, 0, 40, 0.05, 0, 1, np.zeros(1, np.int32))
    assert (outputs[rows[:2]] > 0).all()
    assert (outputs[rows[2]] < 0).all()
    assert (inputs[rows[:2]] != 0.1).any()
    # rows at the places that 32-bit arithmetic would have wrapped to
    assert not outputs[:64].any()
    assert not inputs[:64].any()
