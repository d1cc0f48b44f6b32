"""What a file holds is what its name says, and what is left out or composed is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import embed
from embed import Model
from embed.cli import main
from embed.errors import AdviceWarning, ConfigError, FormatError

SETTINGS: dict[str, Any] = {"dim": 16, "min_count": 1, "epochs": 1, "threads": 1, "buckets": 100}
TEXT = [["night", "nightly", "day"], ["daily", "night", "today"]] * 40


@pytest.fixture(scope="module")
def model() -> Model:
    return embed.train(TEXT, **SETTINGS, subword=True)


@pytest.mark.parametrize("name", ["m.bin", "m.vec", "m.txt", "m.vec.gz", "m.npz", "m.floret", "m.parquet", "M.BIN"])
def test_native_model_with_extension_of_another_format_is_refused(name: str, model: Model, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="but the file would be 'native': use the extension"):
        embed.save_model(model, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "format"),
    [("v.bin", "native"), ("v.txt", "binary"), ("v.embed", "text"), ("v.txt.gz", "binary"), ("v.npz", "safetensors")],
)
def test_vectors_with_extension_of_another_format_are_refused(
    name: str, format: str, model: Model, tmp_path: Path
) -> None:
    with pytest.raises(FormatError, match=f"but the file would be '{format}': use the extension"):
        embed.save(model.vectors, tmp_path / name, format)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["m", "m.embed", "m.model", "model.v2.1"])
def test_other_extensions_are_allowed(name: str, model: Model, tmp_path: Path) -> None:
    embed.save_model(model, tmp_path / name)
    assert embed.load_model(tmp_path / name).vocabulary.words == model.vocabulary.words


def test_fasttext_model_needs_the_extension_bin(model: Model, tmp_path: Path) -> None:
    embed.save_model(model, tmp_path / "m.bin", format="fasttext")
    with pytest.raises(FormatError, match=r"the file would be 'fasttext': use the extension \.bin"):
        embed.save_model(model, tmp_path / "m.vec", format="fasttext")


def test_commands_refuse_such_names_before_any_work(
    model: Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    embed.save(model.vectors, tmp_path / "v.embed")
    (tmp_path / "text.txt").write_text("night day\n" * 40)
    text, source = str(tmp_path / "text.txt"), str(tmp_path / "v.embed")
    for command in (
        ["train", text, "--save-model", str(tmp_path / "m.bin")],
        ["quantize", source, str(tmp_path / "q.vec"), "--method", "int8"],
        ["convert", source, str(tmp_path / "c.bin"), "--to", "native"],
        ["convert", source, str(tmp_path / "c.npz"), "--to", "text"],
    ):
        assert main(command) == 4
        assert "use the extension" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.txt", "v.embed"]


def test_models_and_vectors_are_not_interchangeable(model: Model, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="save_model writes a whole model: write vectors with save"):
        embed.save_model(model.vectors, tmp_path / "v.embed")  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match=r"no 'nearest': use model\.vectors\.nearest"):
        model.nearest("night")
    with pytest.raises(AttributeError, match="'Model' object has no attribute 'neighbours'"):
        _ = model.neighbours
    assert repr(model) == "<Model: 5 words x 16 dimensions, sg with n-grams, 1 epochs>"


@pytest.mark.parametrize("name", ["v.vec", "v.bin", "v.npz", "v.vec.gz"])
def test_dropping_ngrams_warns(name: str, model: Model, tmp_path: Path) -> None:
    with pytest.warns(AdviceWarning, match=r"drops the n-grams.*: write 'fasttext' or 'native' to keep them"):
        embed.save(model.vectors, tmp_path / name)


def test_keeping_ngrams_does_not_warn(model: Model, tmp_path: Path) -> None:
    embed.save(model.vectors, tmp_path / "v.embed")
    embed.save(model.vectors, tmp_path / "v.bin", "fasttext")
    embed.save(embed.train(TEXT, **SETTINGS, objective="sg").vectors, tmp_path / "w.vec")


def test_composed_words_are_reported(model: Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "v.embed")
    embed.save(model.vectors, path)
    assert main(["nearest", path, "night", "nights"]) == 0
    told = "'nights' is not in the vocabulary: its vector is composed from n-grams"
    assert capsys.readouterr().err == f"{told}; close spellings in it: 'night', 'nightly'\n"
    assert main(["analogy", path, "night", "day", "nightday"]) == 0
    assert capsys.readouterr().err == told.replace("nights", "nightday") + "; close spellings in it: 'nightly'\n"
    assert main(["nearest", path, "night"]) == 0
    assert capsys.readouterr().err == ""
