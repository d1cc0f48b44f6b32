"""What a killed process has left goes with the next run; what a living one is filling or using stays."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from embed.corpora import TextCorpus
from embed.errors import FormatError
from embed.files import temporary
from embed.files.locks import MARK, FolderLock
from embed.text import encoded_folder
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files cannot be locked there")
SENTENCES = [["a", "b", "a"], ["b", "a"]]
OTHERS = [["c"]]

# Encodes until it is let go on by a line, and then holds the corpus until the next.
ENCODING = """
import sys
from embed.corpora import TextCorpus
from embed.text.encoding import encode

class Paused(TextCorpus):
    def byte_chunks(self):
        yield b"a "
        print("encoding", flush=True)
        sys.stdin.readline()
        yield from super().byte_chunks()

kept = None if sys.argv[1] == "-" else sys.argv[1]
with encode(Paused(sys.argv[2]), min_count=int(sys.argv[3]), directory=kept) as encoded:
    print("encoded", encoded.directory, flush=True)
    sys.stdin.readline()
"""


@contextmanager
def another(
    target: Path | str, text: Path, min_count: int = 1, program: str = ENCODING
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", program, str(target), str(text), str(min_count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def says(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().split()[0]


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("a b\na b c\n")
    return path


@pytest.fixture(autouse=True)
def forget_what_was_tidied() -> None:
    temporary._tidied.clear()


def names(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if name != MARK)


PLAIN = ["counts.i64", "ids.i32", "meta.json", "offsets.i64", "word_offsets.i64", "words.utf8"]


def test_leftovers_of_a_killed_encoding_are_removed(tmp_path: Path, text: Path) -> None:
    target = tmp_path / "kept"
    with another(target, text) as process:
        assert says(process) == "encoding"
        process.kill()
    assert any(temporary.is_temporary(name) for name in names(target))
    encode(SENTENCES, min_count=1, directory=target).close()
    assert names(target) == PLAIN


def test_the_files_of_a_killed_run_in_the_temporary_folder_go_with_the_next_run(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp" / "train-embeddings-backup01").mkdir(parents=True)
    with another("-", text) as killed, another("-", text) as living:
        assert (says(killed), says(living)) == ("encoding", "encoding")
        assert len(names(tmp_path / "tmp")) == 3
        killed.kill()
        killed.wait()
        encode(SENTENCES, min_count=1).close()
        assert len(names(tmp_path / "tmp")) == 2
        go_on(living)
        assert says(living) == "encoded"
        temporary._tidied.clear()
        encode(SENTENCES, min_count=1).close()
        assert len(names(tmp_path / "tmp")) == 2
    temporary._tidied.clear()
    # a copy that a user has made is no longer what the run has made
    left = next(path for path in (tmp_path / "tmp").iterdir() if "backup" not in path.name)
    left.rename(tmp_path / "tmp" / "train-embeddings-my_copy0")
    encode(SENTENCES, min_count=1).close()
    assert names(tmp_path / "tmp") == ["train-embeddings-backup01", "train-embeddings-my_copy0"]


def test_a_second_run_with_the_same_settings_waits_and_shares(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, pauses = tmp_path / "kept", []
    with another(target, text) as process:
        assert says(process) == "encoding"
        text.write_text("a b\na b c\n")

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 2:
                go_on(process)
                assert says(process) == "encoded"

        monkeypatch.setattr(encoded_folder.time, "sleep", sleep)
        made = encode(SENTENCES, min_count=1)
        made.close()
        corpus = TextCorpus(text)
        corpus.byte_chunks = None  # type: ignore[assignment,method-assign]
        with pytest.raises(
            FormatError, match=r"kept is in use: process \d+ on .* encodes with other settings there; name"
        ):
            encode(TextCorpus(text, lowercase=True), min_count=1, directory=target)
        with pytest.raises(FormatError, match="encodes with other settings"):
            encode(TextCorpus(text), min_count=2, directory=target)
        with encode(TextCorpus(text), min_count=1, directory=target) as encoded:
            assert encoded.raw_tokens == 6  # with the token that only the other process has seen
        assert len(pauses) == 2


def test_a_corpus_in_use_by_another_process_is_not_replaced(tmp_path: Path, text: Path) -> None:
    target = tmp_path / "kept"
    encode(TextCorpus(text), min_count=2, directory=target).close()
    with another(target, text) as process:
        assert says(process) == "encoding"
        go_on(process)
        assert says(process) == "encoded"
        before = names(target)
        with pytest.raises(
            FormatError, match=r"cannot replace the encoded corpus .*kept, .*: another process is using"
        ):
            encode(OTHERS, min_count=1, directory=target)
        assert names(target) == before
        go_on(process)
        process.wait()
    encode(OTHERS, min_count=1, directory=target).close()
    with EncodedCorpus.open(target) as encoded:
        assert encoded.vocabulary.words == ["c"]


def test_a_corpus_that_is_open_keeps_its_files_when_another_takes_its_place(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    with encode(SENTENCES, min_count=1, directory=target) as first, EncodedCorpus.open(target) as again:
        with encode(OTHERS, min_count=1, directory=target) as second:
            assert second.ids.tolist() == [0]
        for encoded in (first, again):
            assert np.bincount(encoded.ids).tolist() == encoded.vocabulary.counts.tolist() == [3, 2]
    assert len(names(target)) == len(PLAIN)


def test_a_corpus_that_changes_while_it_is_opened_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "kept"
    encode(SENTENCES, min_count=1, directory=target).close()
    encode(SENTENCES, min_count=1, directory=target).close()  # files with a generation
    read, times = EncodedCorpus.open.__globals__["_read_vocabulary"], []

    def replaced_meanwhile(*arguments: object) -> object:
        times.append(1)
        if len(times) == 1:
            encode(OTHERS, min_count=1, directory=target).close()
        return read(*arguments)

    monkeypatch.setattr("embed.text.encoded_corpus._read_vocabulary", replaced_meanwhile)
    with EncodedCorpus.open(target) as encoded:
        assert encoded.vocabulary.words == ["c"]
        assert encoded.ids.tolist() == [0]


def test_a_corpus_that_is_replaced_before_it_is_opened_is_not_taken_for_the_wanted_one(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "kept"
    encode(TextCorpus(text), min_count=1, directory=target).close()
    open_it, times = EncodedCorpus.open, []

    def replaced_before(directory: Path) -> EncodedCorpus:
        times.append(1)
        if len(times) == 1:
            encode(TextCorpus(text), min_count=2, directory=target).close()
        return open_it(directory)

    monkeypatch.setattr(EncodedCorpus, "open", replaced_before)
    with encode(TextCorpus(text), min_count=1, directory=target) as encoded:
        assert encoded.vocabulary.words == ["a", "b", "c"]
        assert len(times) == 1  # and is made anew


def test_an_encoding_killed_at_any_rename_leaves_the_older_corpus_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    for last in range(1, 7):
        target, calls = tmp_path / f"kept{last}", 0
        encode(SENTENCES, min_count=1, directory=target).close()
        with monkeypatch.context() as patch:
            for name in ("rename", "replace"):
                real = getattr(os, name)

                def counted(*arguments: object, real=real, last=last) -> None:  # type: ignore[no-untyped-def]
                    nonlocal calls
                    calls += 1
                    if calls == last:
                        raise Killed
                    real(*arguments)

                patch.setattr(os, name, counted)
            patch.setattr(Path, "unlink", kill)  # nothing is put right, as by kill -9
            with pytest.raises(Killed):
                encode(OTHERS, min_count=1, directory=target)
        with EncodedCorpus.open(target) as encoded:
            assert encoded.vocabulary.words == ["a", "b"]
        encode(OTHERS, min_count=1, directory=target).close()
        assert len(names(target)) == len(PLAIN)


def test_other_files_in_an_encoded_directory_stay(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    encode(SENTENCES, min_count=1, directory=target).close()
    (target / "notes").mkdir()
    (target / "notes" / "a.md").write_text("my notes")
    (target / "first.txt").write_text("results")
    for sentences in (OTHERS, SENTENCES, OTHERS):
        encode(sentences, min_count=1, directory=target).close()
    assert (target / "notes" / "a.md").read_text() == "my notes"
    assert (target / "first.txt").read_text() == "results"
    assert len(names(target)) == len(PLAIN) + 2


def test_an_unreadable_corpus_is_not_reported_as_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "kept"
    encode(SENTENCES, min_count=1, directory=target).close()
    (target / "words.utf8").unlink()
    (target / "words.utf8").symlink_to("words.utf8")
    with pytest.raises(FormatError, match=r"kept: cannot read words.utf8: Too many levels of symbolic links$"):
        EncodedCorpus.open(target)

    def refuse(*_: object) -> bool:  # as a folder that may not be entered, which the superuser may
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))

    monkeypatch.setattr(encoded_folder, "_is_foreign", refuse)
    (target / "meta.json").unlink()
    with pytest.raises(FormatError, match=r"kept: cannot read: Permission denied$") as found:
        encode(SENTENCES, min_count=1, directory=target)
    assert isinstance(found.value, PermissionError)


def test_a_failed_encoding_leaves_the_old_corpus(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    encode(SENTENCES, min_count=1, directory=target).close()
    before = names(target)

    def failing() -> Iterator[list[str]]:
        yield ["a"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode(failing(), directory=target)
    assert names(target) == before
    EncodedCorpus.open(target).close()


def test_a_directory_of_the_previous_version_is_used_and_replaced(tmp_path: Path, text: Path) -> None:
    target = tmp_path / "kept"
    encode(TextCorpus(text), min_count=1, directory=target).close()
    assert MARK not in os.listdir(target)  # which that version did not make
    assert "generation" not in json.loads((target / "meta.json").read_text())
    inode = (target / "ids.i32").stat().st_ino
    encode(TextCorpus(text), min_count=1, directory=target).close()
    assert (target / "ids.i32").stat().st_ino == inode
    with encode(TextCorpus(text), min_count=2, directory=target) as encoded:
        assert len(encoded.ids) == 4
    assert len(names(target)) == len(PLAIN)


def test_backups_beside_stay(tmp_path: Path) -> None:
    others = [tmp_path / name for name in (".kept.20261128", ".kept.notes_01", ".kept2.abcd_123", ".kept.old.abcd_123")]
    for folder in others:
        encode(SENTENCES, min_count=1, directory=folder).close()
    for sentences in (SENTENCES, OTHERS):
        encode(sentences, min_count=1, directory=tmp_path / "kept").close()
    for folder in others:
        EncodedCorpus.open(folder).close()


def test_a_linked_directory_is_filled(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    for name in ("there", "dangling"):
        link = tmp_path / name
        link.symlink_to(tmp_path / "disk" / name)
        if name == "there":
            (tmp_path / "disk" / name).mkdir()
        for sentences in (SENTENCES, OTHERS):
            encode(sentences, min_count=1, directory=link).close()
            assert link.is_symlink()
            assert len(names(tmp_path / "disk" / name)) == len(PLAIN)


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    for mask, folder_mode in ((0o077, 0o700), (0o027, 0o750), (0o022, 0o755)):
        target, before = tmp_path / f"kept{mask:o}", os.umask(mask)
        try:
            encode(SENTENCES, min_count=1, directory=target).close()
        finally:
            os.umask(before)
        assert target.stat().st_mode & 0o777 == folder_mode
        assert {path.stat().st_mode & 0o777 for path in target.iterdir()} == {0o666 & ~mask}


def test_a_door_is_shut_for_others_and_released_with_its_process(tmp_path: Path) -> None:
    lock = FolderLock.take(tmp_path, {"holds": "something"})
    assert lock is not None
    assert FolderLock.take(tmp_path, {}) is None
    lock.release()
    again = FolderLock.take(tmp_path, {})
    assert again is not None
    again.release()
    again.release()


def test_a_folder_that_cannot_be_removed_is_removed_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    encoded = encode(SENTENCES, min_count=1)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)  # as when no descriptors are left
        encoded.close()
    assert encoded.directory.exists()
    temporary._tidied.clear()
    encode(SENTENCES, min_count=1).close()
    assert os.listdir(tmp_path) == []


def test_a_temporary_file_is_removed_if_no_process_holds_it(tmp_path: Path) -> None:
    (tmp_path / f".embed-{'0' * 16}.tmp").write_bytes(b"left")
    (tmp_path / f".embed-{'1' * 16}.tmp").mkdir()
    (tmp_path / f".embed-{'1' * 16}.tmp" / "file").touch()
    (tmp_path / ".embed-mine.tmp").touch()
    with temporary.temporary_file(tmp_path) as (path, descriptor), temporary.temporary_folder(tmp_path) as folder:
        os.close(descriptor)
        temporary.remove_abandoned(tmp_path)
        assert names(tmp_path) == sorted([".embed-mine.tmp", path.name, folder.name])
        path.unlink()


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is tidied away without locks")
def test_a_temporary_file_removed_before_its_lock_is_recreated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One encoding in some thousand found its folder gone: another process had taken it for a killed one's."""
    claim = temporary.claimed
    lost = set()

    def late(path: Path) -> AbstractContextManager[bool]:
        if path.is_dir() not in lost:  # one folder and one file
            lost.add(path.is_dir())
            temporary.remove_abandoned(tmp_path)
        return claim(path)

    monkeypatch.setattr(temporary, "claimed", late)
    with temporary.temporary_folder(tmp_path) as folder:
        assert folder.is_dir()
    with temporary.temporary_file(tmp_path) as (path, descriptor):
        os.close(descriptor)
        assert path.is_file()
        path.unlink()
    assert lost == {True, False}
    assert os.listdir(tmp_path) == []


def test_a_directory_that_another_process_begins_to_fill_is_not_foreign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run in some thousand was told that the directory was none of ours: it had been empty a moment before."""
    look = encoded_folder.strangers
    locks = []

    def begin(folder: Path) -> list[str]:
        locks.append(FolderLock.take(folder, {"holds": "an encoded corpus", "key": "other"}))
        (folder / ".embed-0123456789abcdef.tmp").mkdir(exist_ok=True)
        (folder / "ids.i32").touch()
        return look(folder)

    monkeypatch.setattr(encoded_folder, "strangers", begin)
    with pytest.raises(FormatError, match="is in use: process"):
        encode([["a", "b"]], min_count=1, directory=tmp_path)
    locks[0].release()
