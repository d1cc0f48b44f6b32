"""Counting in threads: the bytes of one thread for any text, any chunks, any files; its errors; no thread left."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embed.corpora import SyntheticCorpus, TextCorpus, open_corpus
from embed.corpora.lanes import Chunk, Lane, LanedChunks, whole_tokens
from embed.errors import AdviceWarning, CorpusError, FormatError
from embed.files.zstd import zstd_module
from embed.text import bounded_counting, counting, renumbering
from embed.text.encoded_corpus import DATA_FILES, EncodedCorpus
from embed.text.encoding import encode, encode_with
from embed.text.in_order import in_order
from embed.text.phrases.learning import learn_phrases
from embed.text.phrases.phrase_model import PhraseSettings
from embed.vocabulary.vocabulary import Vocabulary

COMPRESSORS: list[Callable[[bytes], bytes]] = [
    bytes,
    gzip.compress,
    bz2.compress,
    lzma.compress,
    lambda data: zstd_module("a test").compress(data),  # type: ignore[no-any-return]
]
PIECE = 5


pytestmark = pytest.mark.usefixtures("no_thread_is_left")


def small(patch: pytest.MonkeyPatch, *, chunk: int = 7, words: int = 3) -> None:
    """Make chunks, sentences, tables and blocks small, so that all of their ends are met."""
    patch.setattr("embed.corpora.text.CHUNK_BYTES", chunk)
    patch.setattr("embed.corpora.text.PIECE_TOKENS", PIECE)
    patch.setattr(counting, "PIECE_TOKENS", PIECE)
    patch.setattr("embed.text.encoding.PIECE_TOKENS", PIECE)
    patch.setattr(counting, "WORDS_OF_TABLE", words)
    patch.setattr(renumbering, "_BLOCK", 11)


def files_of(corpus: Iterable[list[str]], threads: int, **options: Any) -> dict[str, bytes] | str:
    """Return the bytes of all files of a corpus, or the message of its error."""
    try:
        with warnings.catch_warnings(action="ignore", category=AdviceWarning):
            encoded = encode(corpus, threads=threads, **{"min_count": 1, **options})
    except CorpusError as error:
        return str(error)
    with encoded:
        found = {name: (encoded.directory / name).read_bytes() for name in DATA_FILES}
        return {**found, "meta": (encoded.directory / "meta.json").read_bytes()}


PARTS = st.sampled_from(["a", "b", "ab", "é", "日本", "x" * 9, "y" * 17, "z" * 40, " ", "\n", "\n\n", "\r\t"])
BYTES = st.one_of(PARTS.map(str.encode), st.sampled_from([b"\xff", b"\0", b"\xe2\x82"]))


@settings(max_examples=50)
@given(
    texts=st.lists(st.lists(PARTS, max_size=60).map(lambda parts: "".join(parts).encode()), min_size=1, max_size=4),
    kind=st.integers(0, len(COMPRESSORS) - 1),
    chunk=st.integers(1, 40),
    words=st.integers(1, 6),
    tokenizer=st.sampled_from(["whitespace", "words"]),
    held=st.one_of(st.none(), st.integers(1, 6)),
    min_count=st.integers(1, 3),
)
def test_any_number_of_threads_gives_the_same_bytes(
    texts: list[bytes],
    kind: int,
    chunk: int,
    words: int,
    tokenizer: Any,
    held: int | None,
    min_count: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("texts")
    paths = []
    for number, text in enumerate(texts):
        paths.append(str(folder / f"{number}.txt"))
        Path(paths[-1]).write_bytes(COMPRESSORS[(kind + number) % len(COMPRESSORS) if kind else 0](text))
    with pytest.MonkeyPatch.context() as patch:
        small(patch, chunk=chunk, words=words)
        if held is not None:
            patch.setattr(bounded_counting, "LEAST_WORDS", held)
            patch.setattr(bounded_counting, "WORDS_PER_ENTRY", 0)
        options = {"min_count": min_count, "max_vocab": None if held is None else 100}
        corpora = [TextCorpus(paths, tokenizer=tokenizer, lowercase=True) for _ in range(4)]
        found = [files_of(corpus, threads, **options) for corpus, threads in zip(corpora, (1, 2, 3, 8), strict=True)]
        lists = files_of(list(TextCorpus(paths, tokenizer=tokenizer, lowercase=True)), 1, **options)
    assert found[0] == found[1] == found[2] == found[3]
    if isinstance(found[0], dict) and isinstance(lists, dict):  # the plain way, without threads and chunks
        assert [found[0][name] for name in DATA_FILES] == [lists[name] for name in DATA_FILES]


@settings(max_examples=40)
@given(data=st.lists(BYTES, max_size=80).map(b"".join), chunk=st.integers(1, 9), policy=st.integers(0, 2))
def test_any_number_of_threads_meets_the_same_error(
    data: bytes, chunk: int, policy: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "1.txt").write_bytes(b"right here\n" * 3)
    (folder / "2.txt").write_bytes(data + b"\nend\n")
    (folder / "3.txt").write_bytes(b"\xff" * 3)
    with pytest.MonkeyPatch.context() as patch:
        small(patch, chunk=chunk)
        patch.setattr("embed.corpora.text.check_text", lambda *_: None)
        policies: list[Any] = ["strict", "replace", "skip"]
        found = [files_of(TextCorpus(folder, decode_errors=policies[policy]), threads) for threads in (1, 2, 8)]
    assert found[0] == found[1] == found[2]
    assert isinstance(found[0], str) == (policy == 0)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_phrases_and_given_words_do_not_depend_on_threads(threads: int, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"".join(SyntheticCorpus(sentences=400, vocabulary=300).byte_chunks()))
    with pytest.MonkeyPatch.context() as patch:
        small(patch, chunk=500)
        phrases = PhraseSettings(passes=2, min_count=2, threshold=1.0)
        assert files_of(TextCorpus(path), threads, phrases=phrases) == files_of(TextCorpus(path), 1, phrases=phrases)
        learnt = learn_phrases(TextCorpus(path), phrases, threads=threads)
        assert learnt == learn_phrases(TextCorpus(path), phrases, threads=1)
        with encode(TextCorpus(path), min_count=1, threads=1) as encoded:
            words = encoded.vocabulary.words[::3]
        given_words = Vocabulary.from_counts(words, [1] * len(words))
        with (
            encode_with(given_words, TextCorpus(path), threads=threads, new_words_from=2) as some,
            encode_with(given_words, TextCorpus(path), threads=1, new_words_from=2) as one,
        ):
            assert some.vocabulary == one.vocabulary
            assert some.ids.tolist() == one.ids.tolist()
            assert some.offsets.tolist() == one.offsets.tolist()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_pipe_between_files_is_read_in_its_turn(
    threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names here")
    small(monkeypatch)
    paths = [tmp_path / name for name in ("1.txt", "2.fifo", "3.txt.gz")]
    os.mkfifo(paths[1])
    paths[0].write_bytes(b"a b c " * 50)
    paths[2].write_bytes(gzip.compress(b"e f a " * 50))
    writer = threading.Thread(target=lambda: paths[1].write_bytes(b"d a\n" * 50))
    writer.start()
    with encode(open_corpus([str(path) for path in paths]), min_count=1, threads=threads) as encoded:
        words = encoded.vocabulary.words
        assert [words[id] for id in encoded.ids] == ["a", "b", "c"] * 50 + ["d", "a"] * 50 + ["e", "f", "a"] * 50
    writer.join()


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError("mine")])
def test_what_the_callers_chunks_raise_ends_all_threads(threads: int, error: Any) -> None:
    class Failing:
        def byte_chunks(self) -> Iterator[bytes]:
            for number in range(100):
                yield b"word %d\n" % number * 10_000
            raise error

        def __iter__(self) -> Iterator[list[str]]:
            raise NotImplementedError

    with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else ValueError):
        encode(Failing(), threads=threads)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_too_long_a_word_is_found_behind_what_is_before_it(threads: int, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"some words\n" * 200_000 + b"x" * 3_000_000 + b" and more\n" * 10)
    with pytest.raises(CorpusError, match=rf"{path}: a word is longer than 1,048,576 bytes, after 381,300 tokens"):
        encode(TextCorpus(path), threads=threads)


def test_a_disk_that_is_full_is_reported_with_threads_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(counting._Counting, "_write", fails)
    path = tmp_path / "text.txt"
    path.write_bytes(b"a b c\n" * 100)
    with pytest.raises(FormatError, match=r"cannot write the encoded corpus to .*: No space left on device"):
        encode(TextCorpus(path), threads=3)


def test_progress_never_falls_and_ends_with_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    paths = [tmp_path / f"{number}.gz" for number in range(6)]
    for path in paths:
        path.write_bytes(gzip.compress(b"some words\n" * 50))
    seen: list[tuple[int, int]] = []
    encode(TextCorpus(paths), threads=3, progress=lambda *now: seen.append(now)).close()
    assert seen == sorted(seen)
    assert seen[-1] == (600, sum(path.stat().st_size for path in paths))


def test_sentences_are_read_and_counted_in_one(tmp_path: Path) -> None:
    with encode(SyntheticCorpus(sentences=50), threads=2) as encoded:
        assert list(encoded.seconds) == ["reading", "counting", "encoding"]
    with encode([["a", "b"]] * 3, min_count=1, directory=tmp_path / "kept") as encoded:
        assert list(encoded.seconds) == ["reading", "encoding"]
    with EncodedCorpus.open(tmp_path / "kept") as encoded:
        assert encoded.seconds == {}


# chunks and hands


@given(st.lists(st.sampled_from([b"a", b" ", b"\n", b"bc d", "é".encode()]), max_size=30), st.integers(1, 8))
def test_whole_tokens_end_at_white_space(chunks: list[bytes], size: int) -> None:
    found = list(whole_tokens(chunks, size))
    assert b"".join(found) == b"".join(chunks)
    assert all(chunk[-1:] in b" \n" for chunk in found[:-1])
    assert all(found)


def test_laned_chunks_are_an_iterator_for_one_thread() -> None:
    lanes = [Lane([Chunk(b"A b "), Chunk(b"C\n", bytes.lower)]), Lane([Chunk(b"d\n")])]
    assert list(LanedChunks(lambda _: lanes)) == [b"A b ", b"c\n", b"d\n"]


class Recording:
    """A hand that notes what it joins, and is slow now and then."""

    def __init__(self, joined: list[int], fails: str = "") -> None:
        self.joined, self.fails = joined, fails

    def begin(self, chunk: int, place: tuple[int, int]) -> int:
        if chunk % 7 == 3:
            time.sleep(0.002)
        if self.fails == "begin" and chunk >= 20:
            raise ValueError(f"begin {chunk}")
        return chunk

    def join(self, begun: int) -> None:
        self.joined.append(begun)
        if self.fails == "join" and begun == 20:
            raise ValueError("join 20")

    def end(self, begun: int) -> None:
        if self.fails == "end" and begun == 20:
            raise ValueError("end 20")


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("is_ready", [True, False])
@pytest.mark.parametrize("fails", ["", "begin", "join", "end"])
def test_hands_join_in_order_and_the_first_failure_is_raised(threads: int, is_ready: bool, fails: str) -> None:
    joined: list[int] = []
    lanes = [Lane(range(start, start + 10), is_ready) for start in range(0, 60, 10)]
    hands = [Recording(joined, fails) for _ in range(threads)]
    if not fails:
        in_order(lanes, hands)  # type: ignore[arg-type]
        assert joined == list(range(60))
        return
    with pytest.raises(ValueError, match=f"{fails} 20"):
        in_order(lanes, hands)  # type: ignore[arg-type]
    assert joined[:20] == list(range(20))
    assert joined == sorted(joined)


def test_the_share_of_reading_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("embed.text.in_order.monotonic", lambda: now[0])

    class Working(Recording):
        def begin(self, chunk: int, place: tuple[int, int]) -> int:
            now[0] += 1
            return chunk

    def reading() -> Iterator[int]:
        for chunk in range(10):
            now[0] += 3
            yield chunk

    assert in_order([Lane(reading())], [Working([])]) == 0.75  # type: ignore[list-item]
    assert 0 < in_order([Lane(reading(), True)], [Working([]), Working([])]) < 1  # type: ignore[list-item]
    assert in_order([], [Working([])]) == 0  # type: ignore[list-item]


def test_fewer_threads_than_wanted_do_all_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuses)
    joined: list[int] = []
    lanes = [Lane(range(5), True), Lane(range(5, 9), False), Lane(range(9, 12), True)]
    in_order(lanes, [Recording(joined) for _ in range(3)])  # type: ignore[arg-type]
    assert joined == list(range(12))
