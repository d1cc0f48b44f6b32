"""What the version before the rooms wrote, which was given the modules new addresses and no file another format.

The files in ``tests/fixtures/before_rooms`` are of commit 66ea7f2: 60 sentences, skip-gram with 50 buckets of
n-grams, two epochs with a checkpoint after the first.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import embed
from embed.checkpoints.checkpoint_folder import checkpoints_in

FILES = Path(__file__).parents[1] / "fixtures" / "before_rooms"
EXPECTED = json.loads((FILES / "expected.json").read_text())


def test_a_model_and_its_vectors_are_read() -> None:
    model = embed.load_model(FILES / "model.embed")
    assert model.config.dim == 16
    assert [record.epoch for record in model.history] == [1, 2]
    for vectors in (model.vectors, embed.load(FILES / "vectors.embed")):
        assert vectors.words[:3] == EXPECTED["words"]
        assert vectors["w0"] == pytest.approx(EXPECTED["row"], abs=1e-6)
        assert np.isfinite(vectors["w0w1"]).all()  # composed of n-grams


def test_an_encoded_corpus_is_opened(tmp_path: Path) -> None:
    shutil.copytree(FILES / "encoded", tmp_path / "encoded")
    with embed.EncodedCorpus.open(tmp_path / "encoded") as encoded:
        assert len(encoded.ids) == 540
        assert encoded.sentences == 60
        assert embed.train(encoded, objective="sg", dim=16, epochs=1, min_count=1, subsample=0).history


def test_a_run_is_resumed(tmp_path: Path) -> None:
    shutil.copytree(FILES / "checkpoints", tmp_path / "checkpoints")
    shutil.copy(FILES / "text.txt", tmp_path)
    settings = {"objective": "sg", "subword": True, "buckets": 50, "dim": 16, "epochs": 2, "min_count": 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        model = embed.train(
            "text.txt", **settings, threads=1, subsample=0, seed=5, resume="checkpoints", resume_anyway=True
        )
    assert [record.epoch for record in model.history] == [1, 2]
    assert model.vectors["w0"] == pytest.approx(EXPECTED["row"], abs=1e-4)


def test_phrases_are_read() -> None:
    assert embed.load_phrases(FILES / "phrases.txt").passes
    assert len(checkpoints_in(FILES / "checkpoints")) == 1
