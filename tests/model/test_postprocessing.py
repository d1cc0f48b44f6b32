"""A model keeps its rows as trained; its vectors, and what is written of them, are post-processed."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.errors import AdviceWarning, ConfigError, FormatError
from embed.formats import _safetensors
from embed.vectors.postprocess import postprocess

SENTENCES = [[f"word{(7 * i + j * j) % 23}" for j in range(9)] for i in range(80)]
SETTINGS = {"dim": 16, "epochs": 2, "min_count": 1, "threads": 1, "subsample": 0, "progress": False, "buckets": 300}
KINDS = {
    "words": {"objective": "sg"},
    "n-grams": {"subword": True},
    "n-grams, sum": {"subword": True, "composition": "sum"},
    "floret": {"subword": True, "hash_count": 2},
}
SPECIFICATIONS = ("center", "abtt:1,pca:5")


def trained(kind: str, **settings: object) -> embed.Model:
    return embed.train(SENTENCES, **{**SETTINGS, **KINDS[kind], **settings})


def same(found: embed.WordVectors, expected: embed.WordVectors, atol: float = 0) -> None:
    np.testing.assert_allclose(found.vectors(expected.words), expected.matrix, rtol=0, atol=atol)
    if expected.subwords is not None and found.subwords is not None:
        np.testing.assert_allclose(found.vector("word2345"), expected.vector("word2345"), rtol=0, atol=atol)


@pytest.mark.parametrize("specification", SPECIFICATIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_file_gives_the_vectors_of_the_model(kind: str, specification: str, tmp_path: Path) -> None:
    raw, model = trained(kind), trained(kind, postprocess=specification)
    np.testing.assert_array_equal(model.input, raw.input)
    np.testing.assert_array_equal(model.raw_vectors.matrix, raw.vectors.matrix)
    same(model.vectors, postprocess(raw.vectors, specification))
    if model.vectors.subwords is not None:  # a known word is the mean of mapped rows, too
        matrix, rows = model.postprocessing.rows(model.input), model.parameters.rows
        begin, end = model.parameters.row_offsets[:2]
        np.testing.assert_allclose(matrix[rows[begin:end]].mean(axis=0), model.vectors.matrix[0], atol=1e-6)
    model.save(tmp_path / "model.embed")
    same(embed.load(tmp_path / "model.embed"), model.vectors)
    same(embed.load_model(tmp_path / "model.embed").vectors, model.vectors)
    assert embed.load_model(tmp_path / "model.embed").run_card()["config"]["postprocess"] == specification
    formats = {"v.embed": None, "v.txt": None, "v.bin": None, "v.npz": None, "fasttext.bin": "fasttext"}
    if kind == "floret":
        del formats["fasttext.bin"]
        model.vectors.save(tmp_path / "v.floret")
        np.testing.assert_allclose(
            embed.load(tmp_path / "v.floret").vectors(["word1", "new"]),
            model.vectors.vectors(["word1", "new"]),
            atol=1e-5,
        )
    for name, form in formats.items():
        with warnings.catch_warnings(action="ignore", category=AdviceWarning):  # tables lose n-grams
            model.vectors.save(tmp_path / name, form)
        same(embed.load(tmp_path / name), model.vectors, 1e-5 if form else 0)


def test_a_model_continues_from_its_rows_as_trained(tmp_path: Path) -> None:
    for name, settings in (("raw", {}), ("centred", {"postprocess": "center"})):
        trained("n-grams", **settings).save(tmp_path / name)
    raw, centred = (
        embed.continue_training(tmp_path / name, SENTENCES, epochs=1, threads=1, progress=False)
        for name in ("raw", "centred")
    )
    np.testing.assert_array_equal(centred.input, raw.input)
    np.testing.assert_array_equal(centred.output, raw.output)
    same(centred.vectors, postprocess(raw.vectors, "center"))  # the mean of the new vectors
    again = embed.continue_training(centred, SENTENCES, epochs=1, threads=1, progress=False, postprocess="none")
    assert again.vectors.matrix.mean() != pytest.approx(0, abs=1e-6)
    with pytest.warns(AdviceWarning, match="rows as trained, without postprocess center"):
        centred.save(tmp_path / "model.bin", "fasttext")
    same(embed.load(tmp_path / "model.bin"), centred.raw_vectors, 1e-6)


def test_a_run_resumes_with_another_postprocessing(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, SENTENCES)))
    settings = {**SETTINGS, "objective": "sg", "checkpoint": tmp_path / "ck"}
    raw = embed.train(text, **settings)
    resumed = embed.train(text, **settings, resume=tmp_path / "ck", postprocess="center")
    same(resumed.vectors, postprocess(raw.vectors, "center"))


def test_averaged_vectors_are_processed_after_the_average() -> None:
    raw, model = trained("words"), trained("words", postprocess="abtt:2")
    same(model.averaged_vectors(), postprocess(raw.averaged_vectors(), "abtt:2"))


def test_too_small_a_vocabulary_is_refused_before_training() -> None:
    with pytest.raises(ConfigError, match="nothing of 3 words, since it needs at least 4: give postprocess='none'"):
        embed.train([["a", "b", "c"] * 9], **SETTINGS, objective="sg", postprocess="abtt:2")


@pytest.mark.parametrize("damage", ["missing", "shape", "nan"])
def test_damaged_postprocessing_is_refused(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "model.embed"
    trained("words", postprocess="pca:4").save(path)
    arrays, metadata = _safetensors.read_mapped(path)
    arrays = {name: np.array(array) for name, array in arrays.items()}
    projection = arrays.pop("postprocess.projection")
    if damage == "shape":
        arrays["postprocess.projection"] = projection[:3]
    elif damage == "nan":
        arrays["postprocess.projection"] = projection * np.float32("nan")
    _safetensors.write(path, arrays, metadata)
    with pytest.raises(FormatError, match="damaged"):
        embed.load_model(path)
    if damage != "missing":
        with pytest.raises(FormatError, match="damaged"):
            embed.load(path)


def test_the_commands_take_a_specification(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, raw, out = (str(tmp_path / name) for name in ("text.txt", "raw.embed", "out.embed"))
    Path(text).write_text("\n".join(map(" ".join, SENTENCES)))
    quick = ["--subword", "--buckets", "300", "--dim", "16", "--epochs", "2", "--min-count", "1", "--threads", "1"]
    assert main(["train", text, "-o", raw, "--quiet", *quick]) == 0
    assert main(["train", text, "-o", out, "--quiet", *quick, "--postprocess", "abtt:1,pca:5"]) == 0
    same(embed.load(out), postprocess(embed.load(raw), "abtt:1,pca:5"))
    assert main(["convert", raw, str(tmp_path / "v.embed"), "--postprocess", "abtt:1,pca:5"]) == 0
    same(embed.load(tmp_path / "v.embed"), embed.load(out))
    capsys.readouterr()
