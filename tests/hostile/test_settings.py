"""Configurations, vocabularies, encoded corpora and test sets that lie, or are very large or very deep."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embed.config import TrainConfig
from embed.errors import ConfigError, EmbedError, FormatError
from embed.eval import decoding
from embed.eval.sets import load_set
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.vocabulary.vocabulary import Vocabulary
from tests.hostile.limits import MIB, at_most


def sentence(error: BaseException) -> str:
    message = str(error)
    assert "\n" not in message
    assert len(message) < 600
    return message


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "{a=" * 50_000,
        "seed = " + "9" * 5000,
        "seed = 0x" + "f" * 5000,
        "seed = -0x" + "0",
        "lr = 0x" + "f" * 400,
        "lr = 1" + "0" * 400,
        "lr = inf",
        "lr = nan",
        "min_count = 0x" + "f" * 300,
        "min_count = 9223372036854775808",
        "threads = 1979-05-27",
        "threads = 9999-99-99",
        'objective = "' + "x" * 100_000 + '"',
        "dim = [" + "1," * 10_000 + "]",
        "x" * 100_000 + " = 1",
        '"a\\nb" = 1',
        "dim = 1\ndim = 2",
        "[dim]\nx = 1",
        "dim = true",
        "dim = 1.0",
        "dim = -1",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_configurations_that_lie(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(text.encode("latin-1"))
    with at_most(128 * MIB), pytest.raises(ConfigError) as caught:
        TrainConfig.from_toml(path)
    assert sentence(caught.value).startswith(str(path))


def test_numbers_beyond_64_bits_are_refused_by_the_configuration() -> None:
    for values in ({"min_count": 1 << 63}, {"max_vocab": 1 << 70}, {"seed": 10**5000}, {"lr": 10**400}):
        with pytest.raises(ConfigError, match=next(iter(values))) as caught:
            TrainConfig(**values)  # type: ignore[arg-type]
        sentence(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        b"a 0",
        b"a -1",
        b"a 9223372036854775808",
        b"a " + b"9" * 5000,
        b"a 1.5",
        b"a nan",
        b"a  1",
        b"new york 5",
        b" 5",
        b"\xff 5",
        b"\xed\xa0\x80 5",
        b"x" * 100_000,
        b"b 5",
        b"",
    ],
)
def test_vocabularies_that_lie(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "vocabulary.txt"
    path.write_bytes(b"b 5\n" + line + b"\n")
    with pytest.raises(FormatError, match="line 2") as caught:
        Vocabulary.load(path)
    sentence(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b": section\n",
        b"a b\n",
        b"a\tb\tnan\n",
        b"a\tb\t1\nc\td\n",
        b"a b c d\ne f g\n",
        b": s\na b c d e\n",
        b"\xff\tb\t1\n",
        b"#\n",
        b"",
        b"\0",
        b"x" * 100_000,
    ],
)
def test_test_sets_that_lie(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "set.txt"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        load_set(path)
    sentence(caught.value)


def test_a_test_set_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MOST_BYTES", 10)
    (tmp_path / "set.txt").write_bytes(b"a\tb\t1\n" * 10)
    with pytest.raises(FormatError, match="more than 10 bytes"):
        load_set(tmp_path / "set.txt")


# encoded corpora


def _numbers(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    def damage(kept: Path) -> None:
        dtype = "<i4" if name.endswith("i32") else "<i8"
        change(np.fromfile(kept / name, dtype)).astype(dtype).tofile(kept / name)

    return damage


def _meta(**values: object) -> Callable[[Path], None]:
    def damage(kept: Path) -> None:
        meta = json.loads((kept / "meta.json").read_text())
        (kept / "meta.json").write_text(json.dumps({**meta, **values}))

    return damage


def _text_of_meta(text: str) -> Callable[[Path], None]:
    return lambda kept: (kept / "meta.json").write_text(text) and None


def _words(text: bytes) -> Callable[[Path], None]:
    return lambda kept: (kept / "words.utf8").write_bytes(text) and None


@pytest.mark.parametrize(
    "damage",
    [
        _text_of_meta("[" * 100_000),
        _text_of_meta('{"format": "train-embeddings encoded corpus", "version": ' + "1" * 5000 + "}"),
        _meta(sizes={}),
        _meta(sizes={"ids.i32": [1]}),
        _meta(sizes={"ids.i32": "x"}),
        _meta(version="1"),
        _meta(raw_tokens=None),
        _words(b"aa"),
        _words(b"\xff\xfe"),
        _numbers("counts.i64", lambda counts: counts[::-1]),
        _numbers("counts.i64", lambda counts: counts + np.array([1, -1])),
        _numbers("counts.i64", lambda counts: counts * 0 + (1 << 62)),
        _numbers("counts.i64", lambda counts: -counts),
        _numbers("ids.i32", lambda ids: 1 - ids),
        _numbers("ids.i32", lambda ids: ids.astype(np.int64) - (1 << 31)),
        _numbers("offsets.i64", lambda offsets: offsets[::-1]),
        _numbers("offsets.i64", lambda offsets: offsets - (1 << 62)),
        _numbers("word_offsets.i64", lambda offsets: offsets * 3),
    ],
)
def test_encoded_corpora_that_lie(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    kept = tmp_path / "kept"
    encode([["a", "b", "a"], ["a", "b"]], min_count=1, directory=kept).close()
    damage(kept)
    with at_most(64 * MIB), pytest.raises(EmbedError) as caught:
        EncodedCorpus.open(kept)
    sentence(caught.value)
