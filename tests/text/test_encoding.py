"""Encoding: exact counts and ids, one pass, the directory and its reuse."""

from __future__ import annotations

import errno
import gc
import io
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed.corpora import PIECE_TOKENS, SyntheticCorpus, TextCorpus, open_corpus
from embed.errors import ConfigError, CorpusError, FormatError
from embed.text import _text, encoded_folder, encoding, renumbering
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode, encode_with
from embed.vocabulary.vocabulary import Vocabulary
from tests.hostile.limits import has_limits

SENTENCES = [["b", "a", "rare"], ["rare2"], ["a", "b", "a"], [], ["c", "b"]]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give temporary encodings a folder of their own, to see what is left in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def decoded(encoded: EncodedCorpus) -> list[list[str]]:
    words, ids, offsets = encoded.vocabulary.words, encoded.ids, encoded.offsets
    return [[words[i] for i in ids[a:b]] for a, b in pairwise(offsets)]


def expected(
    sentences: Iterable[list[str]], min_count: int, max_vocab: int | None = None
) -> tuple[Vocabulary, list[list[str]]]:
    """Encode the plainest way."""
    rows = list(sentences)
    counts = Counter(word for row in rows for word in row)
    vocabulary = Vocabulary.from_counts(list(counts), counts.values(), min_count=min_count, max_vocab=max_vocab)
    kept = [[word for word in row if word in vocabulary] for row in rows]
    return vocabulary, [row for row in kept if row]


def text_file(tmp_path: Path, text: str = "a b c\na b\nd\n", name: str = "corpus.txt") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


# what is encoded


def test_dropped_words_and_empty_sentences_leave_no_trace() -> None:
    with encode(SENTENCES, min_count=2) as encoded:
        assert encoded.vocabulary.words == ["a", "b"]
        assert encoded.vocabulary.counts.tolist() == [3, 3]
        assert decoded(encoded) == [["b", "a"], ["a", "b", "a"], ["b"]]
        assert (encoded.ids.dtype, encoded.offsets.dtype) == (np.int32, np.int64)
        assert encoded.offsets.tolist() == [0, 2, 5, 6]
        assert encoded.sentences == 3
        assert encoded.raw_tokens == 9


WORD = st.sampled_from(
    ["a", "b", "é", "日本", "a" * 8, "a" * 16, "a" * 17, "b" * 16, "a" * 40, "a" * 39 + "b", "x\0", "x"]
)


@given(
    st.lists(st.lists(WORD, max_size=6), min_size=1, max_size=12).filter(any),
    st.integers(1, 3),
    st.one_of(st.none(), st.integers(1, 4)),
)
def test_lists_encode_like_the_plain_definition(rows: list[list[str]], min_count: int, max_vocab: int | None) -> None:
    try:
        vocabulary, sentences = expected(rows, min_count, max_vocab)
    except CorpusError:
        with pytest.raises(CorpusError, match="none of the"):
            encode(rows, min_count=min_count, max_vocab=max_vocab)
        return
    with encode(iter(rows), min_count=min_count, max_vocab=max_vocab) as encoded:
        assert encoded.vocabulary == vocabulary
        assert decoded(encoded) == sentences
        assert encoded.raw_tokens == sum(map(len, rows))


@given(
    st.text(alphabet="ab é日\n\t", max_size=300).filter(str.strip),
    st.integers(1, 70),
    st.sampled_from([1, 3, 64, 1000]),
)
def test_the_compiled_tokenizer_takes_chunks_of_any_size(text: str, chunk: int, piece: int) -> None:
    data = text.encode()
    counter = _text.TokenCounter(piece)
    ids = []
    for start in range(0, len(data), chunk):
        counter.feed(data[start : start + chunk])
        ids.append(counter.take())
    counter.finish()
    ids.append(counter.take())
    provisional = np.concatenate(ids)
    lines = [line.split() for line in data.split(b"\n")]
    pieces = [line[k : k + piece] for line in lines for k in range(0, len(line), piece)]
    starts = np.flatnonzero(provisional < 0).tolist()
    assert starts == np.cumsum([0, *map(len, pieces)])[:-1].tolist()
    order = list(dict.fromkeys(token.decode() for row in pieces for token in row))
    everything = np.arange(len(order), dtype=np.int32)
    assert len(counter) == len(order)
    assert counter.words(everything) == order
    tokens = [order[i] for i in provisional & np.int32(2**31 - 1)]
    assert tokens == [token.decode() for row in pieces for token in row]
    counts = Counter(tokens)
    assert counter.counts(everything).tolist() == [counts[word] for word in order]


@pytest.mark.parametrize("tokenizer", ["whitespace", str.split])
def test_fast_and_slow_path_encode_the_same(tokenizer: str | Callable[[str], list[str]], tmp_path: Path) -> None:
    synthetic = SyntheticCorpus(sentences=3_000, vocabulary=3_000)
    text = b"".join(synthetic.byte_chunks()) + b"word " * (2 * PIECE_TOKENS + 7) + b"Stra\xc3\x9fe last"
    path = tmp_path / "corpus.txt"
    path.write_bytes(text)
    lines = [line.split() for line in text.decode().split("\n")]
    rows = [line[k : k + PIECE_TOKENS] for line in lines for k in range(0, len(line), PIECE_TOKENS)]
    vocabulary, sentences = expected(rows, 2)
    with encode(TextCorpus(path, tokenizer=tokenizer), min_count=2) as encoded:
        assert encoded.vocabulary == vocabulary
        assert decoded(encoded) == sentences


def test_lists_of_the_caller_are_never_cut() -> None:
    row = ["w"] * (3 * PIECE_TOKENS)
    with encode([row, ["w"]]) as encoded:
        assert encoded.offsets.tolist() == [0, len(row), len(row) + 1]


def test_words_may_hold_anything(tmp_path: Path) -> None:
    rows = [["new york", "line\nend", "\0", " ", "x" * 100_000]] * 5
    encode(rows, directory=tmp_path / "kept").close()
    with EncodedCorpus.open(tmp_path / "kept") as encoded:
        assert decoded(encoded) == rows


def test_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_BLOCK", 7)
    monkeypatch.setattr("embed.text.counting._SENTENCES_TOKENS", 7)
    monkeypatch.setattr(renumbering, "_BLOCK", 7)
    monkeypatch.setattr(encoded_folder, "_WORDS_BLOCK", 7)
    corpus = SyntheticCorpus(sentences=200)
    vocabulary, sentences = expected(corpus, 3)
    with encode(list(corpus), min_count=3) as encoded:
        assert encoded.vocabulary == vocabulary
        assert decoded(encoded) == sentences


def test_a_generator_and_standard_input_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with encode((row for row in SENTENCES), min_count=2) as encoded:
        assert encoded.vocabulary.words == ["a", "b"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"b a\na")))
    with encode(open_corpus("-"), min_count=1) as encoded:
        assert decoded(encoded) == [["b", "a"], ["a"]]
        assert len(encoded.fingerprint) == 64


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_counts_tokens_and_bytes(tmp_path: Path, threads: int) -> None:
    path = text_file(tmp_path, "a b c\n" * 500_000)
    seen: list[tuple[int, int]] = []
    encode(TextCorpus(path), threads=threads, progress=lambda *now: seen.append(now)).close()
    assert seen == sorted(seen)
    assert len(seen) > 2 or threads > 1  # of two threads, either may do all the work
    assert seen[-1] == (1_500_000, 3_000_000)
    encode([["a"] * 5], progress=lambda *now: seen.append(now)).close()
    assert seen[-1] == (5, 0)


@has_limits
def test_a_large_vocabulary_stays_small_in_memory() -> None:
    """10M distinct words are to fit in 2.5 GB; here 1M in a tenth of that, in a process of its own."""
    program = """
from pathlib import Path
from embed.text.encoding import encode
def peak():
    # not ru_maxrss, which starts at the size of the process that started this one
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
class Stream:
    def byte_chunks(self):
        for start in range(0, 1_000_000, 10_000):
            numbers = range(start, start + 10_000)
            yield " ".join(f"w{i * 2654435761 % 2**32:x}word" for i in numbers).encode() + b"\\n"
    def __iter__(self):
        raise NotImplementedError
before = peak()
with encode(Stream(), min_count=1) as encoded:
    assert len(encoded.vocabulary) == 1_000_000
    assert encoded.vocabulary.total == 1_000_000
print(peak() - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 20_000 < int(done.stdout) < 250_000  # KiB


# what is refused


def test_an_empty_corpus_is_an_error_with_its_reason(tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(CorpusError, match="corpus is empty: it has no sentences"):
        encode([[]])
    with pytest.raises(
        CorpusError, match=r"corpus is empty: there are no tokens in 3 bytes of 1 file\(s\) \(.*corpus\.txt\)"
    ):
        encode(TextCorpus(text_file(tmp_path, " \n\n")))
    with pytest.raises(
        CorpusError,
        match=r"none of the 5 distinct words in 9 tokens occurs at least 4 times.*'a', occurs 3 times",
    ):
        encode(SENTENCES, min_count=4)
    assert list(temporary.iterdir()) == []


def test_bad_parameters_are_refused_before_reading() -> None:
    def never() -> Iterator[list[str]]:
        raise AssertionError("read")
        yield []

    for bad in ({"min_count": 0}, {"max_vocab": 0}, {"min_count": 2.5}):
        with pytest.raises(ConfigError, match=next(iter(bad))):
            encode(never(), **bad)  # type: ignore[arg-type]
    with pytest.raises(CorpusError, match="not str"):
        encode("corpus.txt")  # type: ignore[arg-type]


def test_bad_sentences_are_refused() -> None:
    with pytest.raises(CorpusError, match="a lone surrogate"):
        encode([["a\ud800"]])
    with pytest.raises(CorpusError, match="sentence 2"):
        encode([["a"], "b"])  # type: ignore[list-item]


def test_too_many_words_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = _text.TokenCounter(10, 3)
    with pytest.raises(OverflowError, match="too many distinct words"):
        counter.feed(b"a b c a b c d ")
    real = _text.TokenCounter
    monkeypatch.setattr(_text, "TokenCounter", lambda piece: real(piece, 3))
    with pytest.raises(CorpusError, match="too many distinct words"):
        encode([["a", "b", "c", "d"]])


def test_a_ranked_counter_takes_no_more_text() -> None:
    counter = _text.TokenCounter(10)
    counter.feed(b"a a b ")
    counter.take()
    assert counter.words(counter.rank(1, 10)) == ["a", "b"]
    with pytest.raises(ValueError, match="no more text"):
        counter.feed(b"c ")
    with pytest.raises(ValueError, match="no more text"):
        counter.add_sentence(["c"])
    with pytest.raises(IndexError):
        counter.words(np.array([2], dtype=np.int32))


# the directory


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_nothing_is_left_after_an_error(error: type[BaseException], tmp_path: Path, temporary: Path) -> None:
    def failing() -> Iterator[list[str]]:
        yield ["a"]
        raise error

    with pytest.raises(error):
        encode(failing())
    with pytest.raises(error):
        encode(failing(), directory=tmp_path / "kept" / "here")
    assert list(temporary.iterdir()) == []
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_temporary_directory_goes_on_close_or_with_the_object(temporary: Path) -> None:
    encoded = encode(SENTENCES, min_count=1)
    assert encoded.directory.parent == temporary
    encoded.close()
    encoded.close()
    assert list(temporary.iterdir()) == []
    forgotten = encode(SENTENCES, min_count=1)
    assert forgotten.directory.exists()
    del forgotten
    gc.collect()
    assert list(temporary.iterdir()) == []


class CountedCorpus(TextCorpus):
    passes = 0

    def byte_chunks(self) -> Iterator[bytes] | None:
        self.passes += 1
        return super().byte_chunks()


def test_a_directory_is_reused_only_for_the_same_input_and_settings(tmp_path: Path) -> None:
    path, kept = text_file(tmp_path), tmp_path / "kept"

    def run(**settings: int) -> tuple[int, list[list[str]]]:
        corpus = CountedCorpus(path)
        with encode(corpus, directory=kept, **{"min_count": 1, **settings}) as encoded:  # type: ignore[arg-type]
            assert encoded.directory == kept
            return corpus.passes, decoded(encoded)

    everything = [["a", "b", "c"], ["a", "b"], ["d"]]
    assert run() == (1, everything)
    assert run() == (0, everything)
    assert run(min_count=2) == (1, [["a", "b"], ["a", "b"]])
    assert run(max_vocab=1) == (1, [["a"], ["a"]])
    assert run() == (1, everything)
    path.write_text("a b c\na b\ne\n")
    assert run() == (1, [["a", "b", "c"], ["a", "b"], ["e"]])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["corpus.txt", "kept", "temporary"]
    # a new version of the format is a new setting
    meta = json.loads((kept / "meta.json").read_text())
    (kept / "meta.json").write_text(json.dumps({**meta, "version": 99}))
    with pytest.raises(FormatError, match="version 99"):
        EncodedCorpus.open(kept)
    assert run()[0] == 1


def test_the_fingerprint_is_that_of_the_content(tmp_path: Path) -> None:
    first = encode(TextCorpus(text_file(tmp_path)), min_count=1)
    again = encode(TextCorpus(text_file(tmp_path, name="copy.txt")), min_count=1)
    other = encode(TextCorpus(text_file(tmp_path, "a b c\na b\ne\n")), min_count=1)
    lists = [encode([["a", "b"]], min_count=1) for _ in range(2)]
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert lists[0].fingerprint == lists[1].fingerprint
    for encoded in (first, again, other, *lists):
        encoded.close()


def test_lists_are_encoded_anew_into_the_directory(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()  # an empty folder is fine
    for rows in ([["a"]], [["b", "b"]]):
        with encode(rows, min_count=1, directory=kept) as encoded:
            assert decoded(encoded) == rows
    assert kept.is_dir()


def test_foreign_directories_are_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "photos"
    foreign.mkdir()
    (foreign / "holiday.jpg").touch()
    with pytest.raises(FormatError, match="is not an encoded corpus"):
        encode(SENTENCES, directory=foreign)
    (foreign / "meta.json").write_text('{"format": "album"}')
    with pytest.raises(FormatError, match="is not an encoded corpus"):
        encode(SENTENCES, directory=foreign)
    assert (foreign / "holiday.jpg").exists()
    with pytest.raises(FormatError, match="cannot read"):
        encode(SENTENCES, directory=text_file(tmp_path))
    with pytest.raises(FormatError, match="cannot write"):
        encode(SENTENCES, directory=text_file(tmp_path) / "below")


def _damage_size(kept: Path) -> None:
    with open(kept / "ids.i32", "ab") as file:
        file.write(b"\0")


def _damage_ids(kept: Path) -> None:
    ids = np.memmap(kept / "ids.i32", dtype="<i4", mode="r+")
    ids[-1] = 1_000
    ids.flush()


def _damage_offsets(kept: Path) -> None:
    offsets = np.memmap(kept / "offsets.i64", dtype="<i8", mode="r+")
    offsets[1] = 1 << 40
    offsets.flush()


def _damage_words(kept: Path) -> None:
    words = bytearray((kept / "words.utf8").read_bytes())
    words[0] = 0xFF
    (kept / "words.utf8").write_bytes(words)


def _damage_counts(kept: Path) -> None:
    counts = np.fromfile(kept / "counts.i64", dtype="<i8")
    counts[0] += 1
    counts.tofile(kept / "counts.i64")


def _damage_meta(kept: Path) -> None:
    (kept / "meta.json").write_text('{"format": "train-embeddings encoded corpus"')


def _damage_meta_values(kept: Path) -> None:
    (kept / "meta.json").write_text('{"format": "train-embeddings encoded corpus", "version": 1}')


def _remove_offsets(kept: Path) -> None:
    (kept / "offsets.i64").unlink()


@pytest.mark.parametrize(
    "damage",
    [
        _damage_size,
        _damage_ids,
        _damage_offsets,
        _damage_words,
        _damage_counts,
        _damage_meta,
        _damage_meta_values,
        _remove_offsets,
    ],
)
def test_damage_is_an_error_not_garbage(damage: Callable[[Path], None], tmp_path: Path) -> None:
    kept, corpus = tmp_path / "kept", TextCorpus(text_file(tmp_path))
    encode(corpus, min_count=1, directory=kept).close()
    EncodedCorpus.open(kept).close()
    damage(kept)
    with pytest.raises(FormatError, match=r"kept is damaged: .*remove the directory"):
        EncodedCorpus.open(kept)
    with pytest.raises(FormatError, match="is damaged"):
        encode(corpus, min_count=1, directory=kept)
    shutil.rmtree(kept)


def test_the_directory_can_be_written_beside_an_open_one(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("a mapped file cannot be replaced there")
    kept = tmp_path / "kept"
    old = encode([["a", "b"]], min_count=1, directory=kept)
    encode([["c"]], min_count=1, directory=kept).close()
    assert decoded(old) == [["a", "b"]]
    old.close()


def test_a_full_disk_is_an_error_in_one_sentence(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(encoding, "write_vocabulary", full)
    with pytest.raises(FormatError, match=r"cannot write the encoded corpus to .*: No space left on device"):
        encode(SENTENCES, min_count=1)
    assert list(temporary.iterdir()) == []


def test_a_given_vocabulary_is_unchanged(temporary: Path) -> None:
    vocabulary = Vocabulary(["c", "a", "unseen"], np.array([1, 9, 4], np.int64))
    with encode_with(vocabulary, [["a", "b", "c"], ["b"], ["c", "c"]]) as encoded:
        assert encoded.vocabulary is vocabulary
        assert encoded.ids.tolist() == [1, 0, 0, 0]
        assert encoded.offsets.tolist() == [0, 2, 4]
        assert encoded.raw_tokens == 6
    with pytest.raises(CorpusError, match="none of the 2 tokens is among the 3 words of the vocabulary"):
        encode_with(vocabulary, [["x", "y"]])
    with pytest.raises(CorpusError, match="empty"):
        encode_with(vocabulary, [])
    assert list(temporary.iterdir()) == []


def test_no_memory_to_map_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr("embed.text.encoded_corpus.mmap.mmap", full)
    with pytest.raises(
        FormatError, match="not enough memory to map the 12 bytes of the encoded corpus; raise the limit"
    ):
        encode([["a", "b", "c"]], min_count=1)
