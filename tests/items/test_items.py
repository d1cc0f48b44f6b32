"""Embeddings of items: what is planted in sessions comes out, and any item comes back as it went in."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed import TrainConfig
from embed.checkpoints.checkpoint_folder import checkpoints_in
from embed.errors import ConfigError, CorpusError, FormatError, MissingWordError
from embed.formats import native
from embed.items import ITEM_DEFAULTS, TEXT_ONLY, ItemVectors, train_items
from embed.vectors import WordVectors

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "items.md"
GROUPS: list[list[Hashable]] = [
    list(range(8)),
    [("walk", number) for number in range(8)],
    [f"an item with spaces {number}\nand lines" for number in range(8)],
    [bytes([0, number]) for number in range(8)],
]
POPULAR = None
"""An item of every group's sessions."""


def _sessions(count: int = 600, seed: int = 3) -> Iterator[list[Hashable]]:
    """Yield sessions of eight items of one group, and the popular item in each."""
    draw = random.Random(seed)
    for _ in range(count):
        session = [*draw.choices(draw.choice(GROUPS), k=8), POPULAR]
        draw.shuffle(session)
        yield session


@pytest.fixture(scope="module")
def trained() -> ItemVectors:
    return train_items(_sessions(), dim=16, threads=1, progress=False)


def test_items_of_one_group_are_nearest(trained: ItemVectors) -> None:
    for group in GROUPS:
        for item in group:
            found = {other for other, _ in trained.nearest(item, 7)}
            assert found == set(group) - {item}


def test_every_item_and_its_count_is_there(trained: ItemVectors) -> None:
    counts = Counter(item for session in _sessions() for item in session)
    assert trained.counts is not None
    assert dict(zip(trained.items, trained.counts.tolist(), strict=True)) == counts
    assert trained.items[0] is POPULAR
    assert len(trained) == len(counts) == len(list(trained))
    assert trained.matrix.shape == (len(counts), 16) == (len(trained), trained.dim)
    assert repr(trained) == "<ItemVectors: 33 items x 16 dimensions>"


def test_looking_up_items(trained: ItemVectors) -> None:
    item = ("walk", 3)
    assert item in trained
    assert ("walk", 9) not in trained
    assert ["no", "item"] not in trained
    assert np.array_equal(trained[item], trained.matrix[trained.index(item)])
    u, v = trained.vector(item), trained.vector(3)
    assert trained.similarity(item, 3) == pytest.approx(u @ v / np.sqrt((u @ u) * (v @ v)), abs=1e-6)
    assert trained.nearest(item, 1)[0][1] == pytest.approx(
        max(trained.similarity(item, o) for o in trained if o != item)
    )
    with pytest.raises(
        MissingWordError, match=re.escape("no vector for the item ('walk', 9) (tuple): it is not among the 33")
    ):
        trained.nearest(("walk", 9))
    with pytest.raises(MissingWordError, match="list"):
        trained.vector(["no", "item"])  # type: ignore[arg-type]


def test_a_session_so_far_leads_to_its_group(trained: ItemVectors) -> None:
    found = [item for item, _ in trained.nearest_to_all([1, 2, 5], 5)]
    assert set(found) == {0, 3, 4, 6, 7}


def test_the_same_sequences_give_the_same_bits(trained: ItemVectors) -> None:
    again = train_items(list(_sessions()), dim=16, threads=1, progress=False)
    assert again.items == trained.items
    assert np.array_equal(again.matrix, trained.matrix)


def test_items_train_as_words_do() -> None:
    numbers: dict[Hashable, str] = {}
    sessions = [[numbers.setdefault(item, str(len(numbers))) for item in session] for session in _sessions(100)]
    config = TrainConfig(dim=16, threads=1, epochs=2, min_count=1)
    words = embed.train(sessions, config, progress=False).vectors
    items = train_items(sessions, config, progress=False)
    assert items.items == words.words
    assert np.array_equal(items.matrix, words.matrix)


def test_items_noise_exponent_below_zero_does_not_warn() -> None:
    assert len(train_items([[1, 2, 3]], dim=16, epochs=1, noise_exponent=-0.5, progress=False)) == 3


def test_the_defaults_for_items_keep_rare_items_and_give_way() -> None:
    sessions: list[list[Hashable]] = [[1, 2, 3]] * 5 + [[4, 1]]
    assert set(train_items(sessions, dim=16, epochs=1, progress=False)) == {1, 2, 3, 4}
    assert set(train_items(sessions, dim=16, epochs=1, min_count=2, progress=False)) == {1, 2, 3}


def test_numbers_that_are_equal_are_one_item_and_texts_are_not() -> None:
    sessions: list[list[Hashable]] = [[1, "1", np.int64(1), 1.0, True, ""]]
    vectors = train_items(sessions, dim=16, epochs=1, progress=False)
    assert list(vectors) == [1, "1", ""]


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ("a text", "sequences must be an iterable of lists of items"),
        (7, "sequences must be an iterable"),
        ([[1], "a text"], "sequence 2 must be a list of items, not 'a text' (str)"),
        ([[1], 2], "sequence 2 must be a list of items, not 2 (int)"),
        ([[1], [[2]]], "sequence 2: [2] (list) is not hashable: use a tuple as the item"),
        ([[float("nan")]], "sequence 1: nan (float) is not equal to itself"),
        ([], "the corpus is empty"),
    ],
)
def test_sequences_that_are_not_lists_of_items_are_refused(sequences: Any, message: str) -> None:
    with pytest.raises(CorpusError, match=re.escape(message)):
        train_items(sequences, dim=16, progress=False)


@pytest.mark.parametrize("name", TEXT_ONLY)
def test_parameters_about_letters_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} does not apply to items, which have no letters"):
        train_items([[1, 2]], **{name: 1})


def test_configurations_about_letters_are_refused() -> None:
    with pytest.raises(ConfigError, match="set subword=False and phrases=0"):
        train_items([[1, 2]], TrainConfig(subword=True))


SAVED: list[Hashable] = [
    "text", "", "1", "\ud800", "line\nbreak", 1, -(10**30), 0.1, 1e300, float("inf"), float("-inf"), False, None,
    b"", b"\x00\xff", (), ("a", 2, (None, b"x", (3.5,))), ("a", (2,)),
]  # fmt: skip


def test_items_file_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "items.embed"
    matrix = np.arange(2 * len(SAVED), dtype=np.float32).reshape(-1, 2)
    ItemVectors(SAVED, matrix, counts=range(len(SAVED))).save(path)
    back = ItemVectors.load(path)
    assert back.items == SAVED
    assert [type(item) for item in back] == [type(item) for item in SAVED]
    assert np.array_equal(back.matrix, matrix)
    assert back.counts is not None
    assert back.counts.tolist() == list(range(len(SAVED)))


def test_numpy_numbers_come_back_as_equal_ones(tmp_path: Path) -> None:
    items: list[Hashable] = [np.int64(7), np.float32(0.1), (np.uint8(3), np.str_("x"))]
    ItemVectors(items, np.eye(3)).save(tmp_path / "items.embed")
    back = ItemVectors.load(tmp_path / "items.embed")
    assert back.items == items
    assert all(item in back for item in items)


@pytest.mark.parametrize(
    "item",
    [frozenset({1}), object(), (1, frozenset()), 2j, np.datetime64("2026-01-01"), 10**5000],
    ids=lambda item: type(item).__name__,
)
def test_item_that_cannot_be_stored_is_named(tmp_path: Path, item: Hashable) -> None:
    vectors = ItemVectors(["first", item], np.eye(2))
    with pytest.raises(FormatError, match=r"cannot write item 1, .*use str, int"):
        vectors.save(tmp_path / "items.embed")
    assert not list(tmp_path.iterdir())


def test_items_load_refuses_a_file_of_words(tmp_path: Path) -> None:
    embed.save(WordVectors(["a", "b"], np.eye(2)), tmp_path / "words.embed")
    with pytest.raises(FormatError, match=r"holds word vectors, not item vectors: read them with embed\.load"):
        ItemVectors.load(tmp_path / "words.embed")


@pytest.mark.parametrize(
    "key",
    ["{", "[" * 100_000, '{"bytes":"x"}', '{"bytes":1}', '{"float":"nan"}', "{}", "NaN", "1.0"],
    ids="{:.20}".format,
)
def test_damaged_items_are_a_format_error(tmp_path: Path, key: str) -> None:
    path = tmp_path / "items.embed"
    native.write_vectors(WordVectors(["1", key], np.eye(2)), path, metadata={"items": "json"})
    with pytest.raises(FormatError, match=r"items\.embed: damaged: cannot read the items"):
        ItemVectors.load(path)


def test_duplicate_and_unhashable_items_are_refused() -> None:
    with pytest.raises(FormatError, match=r"duplicate item True \(bool\) \(rows 0 and 1\)"):
        ItemVectors([1, True], np.eye(2))
    with pytest.raises(ConfigError, match=r"item 1: .* is not hashable"):
        ItemVectors([1, []], np.eye(2))  # type: ignore[list-item]


@pytest.mark.skipif(not DOCUMENT.is_file(), reason="the guide is not part of the wheel")
def test_the_example_of_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (snippet,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(snippet, str(DOCUMENT), "exec"), names)
    assert names["again"].items == names["vectors"].items
    assert {item[0] for item, _ in names["found"]} == {"tea"}
    assert tuple(json.loads(embed.load("items.embed").words[0])) == names["vectors"].items[0]


def test_items_take_every_option_of_a_run(tmp_path: Path) -> None:
    sessions = [["a", "b", "c"], ["b", "c", "d"]] * 50
    table = {"session": sessions, "user": ["x"] * 100}

    class Table(dict[str, Any]):
        columns = ("session", "user")

    small: Any = {"dim": 16, "threads": 1, "progress": False}
    seen: list[int] = []
    vectors = train_items(Table(table), **small, column="session", callbacks=[lambda record, _: seen.append(1)])
    assert set(vectors) == {"a", "b", "c", "d"}
    assert len(seen) == ITEM_DEFAULTS["epochs"]
    assert set(train_items(sessions, **small, time_budget="1s")) == set(vectors)
    for preset in ("auto", "medium"):
        assert set(train_items(sessions, **small, preset=preset)) == set(vectors)
    train_items(sessions, **small, checkpoint=tmp_path / "c", checkpoint_every="epoch", encoded_dir=tmp_path / "e")
    assert checkpoints_in(tmp_path / "c")
    resumed = train_items(sessions, **small, resume=tmp_path / "c")
    assert np.array_equal(resumed.matrix, train_items(sessions, **small).matrix)
    with pytest.raises(CorpusError, match="there is no column 'sessions'"):
        train_items(Table(table), **small, column="sessions")
    with pytest.raises(ConfigError, match="delimiter does not apply to items"):
        train_items(sessions, **small, delimiter=";")
