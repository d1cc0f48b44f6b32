"""JSON of the standard library: the same strictness for every reader, and valid whatever is written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.compat.gensim.phrases import Phrases
from embed.errors import FormatError
from embed.files.json_text import json_bytes, json_text, parse_json

HOSTILE = {
    "NaN": ("[NaN]", "NaN is not valid JSON"),
    "infinity": ("[-Infinity]", "-Infinity is not valid JSON"),
    "beyond all floats": ("[1e999]", "the number 1e999 is too large"),
    "an integer of 5,001 digits": ("[1" + "0" * 5000 + "]", "an integer has too many digits (5001)"),
    "a lone surrogate": ('["\\udC80"]', "a string holds a lone surrogate, which is not a character"),
    "a pair the wrong way round": ('["\\uDE00\\uD83D"]', "a string holds a lone surrogate, which is not a character"),
    "bytes that are no UTF-8": (b'["\xff"]', "not UTF-8 at byte 2"),
    "nothing": (b"", "Expecting value: line 1 column 1 (char 0)"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_json_is_refused_in_a_sentence(name: str) -> None:
    data, sentence = HOSTILE[name]
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_json(data)


@pytest.mark.parametrize(("opening", "inner", "closing"), [("[", "1", "]"), ('{"a":', "1", "}"), ("[", "", "")])
def test_deep_json_ends_in_a_sentence_or_is_read(opening: str, inner: str, closing: str) -> None:
    text = opening * 100_000 + inner + closing * 100_000
    found = ""
    try:
        parse_json(text)  # how deep is too deep differs between versions of Python
    except ValueError as error:
        found = str(error)
    assert found.startswith(("values are nested too deeply", "Expecting value")) or (inner and not found)


def test_good_json_is_read() -> None:
    assert parse_json(b'\xef\xbb\xbf["\\ud83d\\ude00", 1.5, 12345678901234567890, null]') == [
        *("😀", 1.5, 12345678901234567890, None)
    ]
    assert parse_json('{"a": 1, "a": 2}') == {"a": 2}


def test_any_value_is_written_as_json() -> None:
    @dataclass
    class Loss:
        epoch: int
        loss: float

    value = {
        "name": "a\udcff\ud83d b",
        "losses": [Loss(1, float("nan")), Loss(2, 1e-7)],
        "numpy": (np.float32(0.5), np.int64(3), np.array([1.5, np.inf])),
    }
    text = json_text(value)
    text.encode()
    assert json.loads(text) == {
        "name": "a\udcff\ud83d b",
        "losses": [{"epoch": 1, "loss": None}, {"epoch": 2, "loss": 1e-7}],
        "numpy": [0.5, 3, [1.5, None]],
    }
    assert json_text({"ä": [], "b": {}}) == '{\n  "ä": [],\n  "b": {}\n}'


def test_compact_json_refuses_values_that_json_lacks() -> None:
    assert json_bytes({"ä": [1, 1.5, None]}) == '{"ä":[1,1.5,null]}'.encode()
    with pytest.raises(ValueError, match=r"a lone surrogate, which is not a character .*udc80"):
        json_bytes(["a\udc80"])
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_bytes([float("nan")])


def test_phrases_with_a_lone_surrogate_are_not_stored(tmp_path: Path) -> None:
    text = [["new\ud800", "york"]] * 20
    phrases = Phrases(text, min_count=1, threshold=0.001)
    with pytest.raises(FormatError, match=r"p: cannot write: a string holds a lone surrogate"):
        phrases.save(tmp_path / "p")
    model = embed.learn_phrases([["new", "york"]] * 20, min_count=1, threshold=0.001)
    model.save(tmp_path / "q")
    assert [path.name for path in tmp_path.iterdir()] == ["q"]


def test_info_of_a_model_whose_configuration_is_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = embed.train([["a", "b", "c"]] * 200, dim=16, min_count=1, epochs=1, threads=1, progress=False)
    path = tmp_path / "m.embed"
    embed.save_model(model, path)
    path.write_bytes(path.read_bytes().replace(b'\\"seed\\": 1', b'\\"seed\\": ['))
    assert main(["info", str(path)]) == FormatError.exit_code
    assert "m.embed: damaged: the configuration is not JSON" in capsys.readouterr().err
