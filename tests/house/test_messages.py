"""Messages: text that is safe to print, parameters as the reader writes them, warnings at the user's line."""

from __future__ import annotations

import json
import os
import unicodedata
import warnings
from pathlib import Path

import pytest

import embed
from embed.cli.argument_types import word
from embed.cli.flag_names import flag_style
from embed.cli.parser import build_parser, parse
from embed.errors import AdviceWarning, EmbedError, FormatError
from embed.messages import json_safe, keyword, option, printable, speaking, toml_key, tsv_field

HOSTILE = "a\x1b[31m\x9bb\tc\r\nd\u202ee\u200bf\udcffg\u2028h\ufeffi\U000e0041j\x00\x7f"
LIVING = (
    "größe 北京 ไทย می\u200cخواهم क्\u200dष 👩\u200d🚀 ❤\ufe0f e\u0301 \u0600 "
    "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f \\ | < $"
)


def test_hidden_characters_are_escaped_and_letters_unchanged() -> None:
    shown = printable(HOSTILE)
    assert shown == r"a\x1b[31m\x9bb\tc\r\nd\u202ee\u200bf\udcffg\u2028h\ufeffi\U000e0041j\x00\x7f"
    assert printable(shown) == shown
    assert printable(LIVING) == LIVING


def test_every_control_of_unicode_is_escaped() -> None:
    for code in range(0x110000):
        if unicodedata.category(chr(code)) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(chr(code)) in (
            *("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"),
        ):
            assert printable(chr(code)).isascii(), hex(code)


def test_a_long_text_is_cut() -> None:
    assert printable("abcdef", 3) == "abc..."
    assert printable("abc", 3) == "abc"


@pytest.mark.parametrize("text", [HOSTILE, r"a\nb", "\\", LIVING])
def test_a_field_can_be_undone(text: str) -> None:
    field = tsv_field(text)
    assert not set("\t\r\n\x1b") & set(field)
    assert field.encode("latin-1", "backslashreplace").decode("unicode_escape") == text


def test_json_stays_the_same_json() -> None:
    value = {HOSTILE: [HOSTILE, "\\", LIVING]}
    text = json_safe(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(text) == value
    assert "größe" in text
    assert not set("\x9b\u202e\udcff") & set(text)


def test_errors_and_warnings_are_one_safe_line() -> None:
    assert str(FormatError(f"no\x1b[2Jfile\nsecond line {HOSTILE}")).isprintable()
    assert str(AdviceWarning("a\x1bb\nc")) == r"a\x1bb\nc"
    assert str(EmbedError()) == ""
    with pytest.raises(EmbedError) as caught:
        embed.load("no\x1b[31mfile\nsecond line")
    assert str(caught.value).isprintable()


def test_a_parameter_is_written_as_its_reader_does() -> None:
    def said() -> list[str]:
        return [option("dim"), option("subword", True), option("decode_errors", "replace")]

    assert said() == ["dim", "subword=True", "decode_errors='replace'"]
    train = flag_style(parse(["train", "c", "-o", "o"]).parser)
    with speaking(train):
        assert said() == ["--dim", "--subword", "--decode-errors replace"]
        assert option("subword", False) == "--no-subword"
        assert option("encoded_dir") == "--encoded"
        with speaking(toml_key):
            assert said() == ["dim", "subword = true", 'decode_errors = "replace"']
    assert said()[0] == keyword("dim") == "dim"
    convert = flag_style(parse(["convert", "a", "b"]).parser)
    assert convert("vectors.on_bad_word", "escape") == "--escape"
    assert train("vectors.on_bad_word", "escape") == "train-embeddings convert --escape"
    assert convert("vectors.decode_errors", "replace") == "--decode-errors replace"
    assert train("vectors.decode_errors", "replace") == "train-embeddings convert --decode-errors replace"
    assert (convert("dim", 3), convert("vectors.dim", 3)) == ("--dim 3", "--dim 3")
    assert (train("dim", 3), train("vectors.dim", 3)) == ("--dim 3", "train-embeddings convert --dim 3")
    assert (keyword("vectors.dim", 3), toml_key("vectors.dim", 3)) == ("dim=3", "dim = 3")
    assert convert("no_such_flag", 3) == "no such flag 3"


def test_each_command_carries_its_parser() -> None:
    assert build_parser()
    assert parse(["nearest", "v", "w"]).parser.prog.endswith("nearest")


def test_words_of_another_locale_are_read_as_utf8() -> None:
    held = "größe".encode().decode("ascii", "surrogateescape")
    if os.fsencode(held) == "größe".encode():
        assert word(held) == "größe"
    assert word("größe") == "größe"
    assert word("w\udcff") == "w\udcff"  # no UTF-8 in any locale
    (found,) = parse(["nearest", "v", held]).words
    assert found == word(held)


def test_a_warning_names_the_line_of_the_caller(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("dim = 8\n", encoding="utf-8")
    text = [["a", "b", "c", "d"]] * 30

    def lines_of(call: object) -> set[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()  # type: ignore[operator]
        assert caught
        return {warning.filename for warning in caught}

    for call in (
        lambda: embed.TrainConfig(dim=8),
        lambda: embed.TrainConfig().replace(dim=8),
        lambda: embed.TrainConfig.from_toml(path),
        lambda: embed.train(text, dim=8, min_count=1, threads=1, epochs=1, progress=False),
        lambda: embed.train(text, embed.TrainConfig().replace(dim=8, min_count=1, threads=1, epochs=1), progress=False),
    ):
        assert lines_of(call) == {__file__}
