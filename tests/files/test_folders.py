"""Folders that are written whole or not at all: where names can be exchanged, where not, and in mount points."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from embed.errors import FormatError
from embed.files import folders, temporary
from embed.files.atomic import atomic_write_text
from embed.files.folders import folder_write
from embed.text.encoded_folder import writing

OWN = ("data", "key")


def write(path: Path, content: str, names: tuple[str, ...] = OWN) -> None:
    with folder_write(path, OWN) as folder:
        for name in names:
            (folder / name).write_text(content)


def content(path: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in path.iterdir()}


@pytest.fixture(params=["exchanging", "in place"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "in place":
        monkeypatch.setattr(folders, "_exchanged", lambda *_: False)
    elif sys.platform != "linux":
        pytest.skip("no names are exchanged here")


@pytest.mark.usefixtures("_way")
def test_a_folder_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir(mode=0o700)
    for names in (OWN, ("key",), OWN):
        write(target, "text", names)
        assert content(target) == dict.fromkeys(names, "text")
        assert os.listdir(tmp_path) == ["folder"]
        assert target.stat().st_mode & 0o777 == 0o700
    link = tmp_path / "link"
    link.symlink_to(target)
    write(link, "new")
    assert link.is_symlink()
    assert content(target) == dict.fromkeys(OWN, "new")


@pytest.mark.usefixtures("_way")
def test_files_of_others_stay_also_those_that_come_meanwhile(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    write(target, "old")

    def while_notes_are_made() -> None:
        with folder_write(target, OWN) as folder:
            (folder / "data").touch()
            (target / "notes").write_text("mine")

    with pytest.raises(FormatError, match="holds 'notes'"):
        while_notes_are_made()
    assert content(target) == {"data": "old", "key": "old", "notes": "mine"}
    assert os.listdir(tmp_path) == ["folder"]


def test_a_kill_at_any_step_in_place_leaves_one_of_both_or_a_folder_without_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    monkeypatch.setattr(folders, "_exchanged", lambda *_: False)
    for last in range(1, 4):
        target, calls = tmp_path / f"folder{last}", 0
        write(target, "old")
        with monkeypatch.context() as patch:
            for owner, name in ((Path, "unlink"), (os, "replace")):
                real = getattr(owner, name)

                def counted(*arguments: object, real=real, last=last, **options: object) -> None:  # type: ignore[no-untyped-def]
                    nonlocal calls
                    calls += 1
                    if calls == last:
                        raise Killed
                    real(*arguments, **options)

                patch.setattr(owner, name, counted)
            with pytest.raises(Killed):
                write(target, "new")
        found = content(target)
        assert "key" not in found or len(set(found.values())) == 1
        write(target, "new")
        assert content(target) == dict.fromkeys(OWN, "new")


def test_a_failure_names_the_folder_that_was_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "target"

    def fill() -> None:
        with folder_write(target, OWN) as folder:
            atomic_write_text(folder / "deeper" / "a", "content")

    with pytest.raises(FormatError, match=re.escape(f"{target}/deeper/a: cannot write: ")):
        fill()
    with (
        pytest.raises(FormatError, match=re.escape(f"to {tmp_path}: No space left")),
        writing(tmp_path / ".embed-0123456789abcdef.tmp"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.skipif(sys.platform == "win32", reason="files cannot be locked there")
def test_leftovers_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    write(target, "old")
    (target / f".embed-{'0' * 16}.tmp").mkdir()
    (target / f".embed-{'0' * 16}.tmp" / "data").touch()
    with temporary.temporary_file(target) as (living, descriptor):
        os.close(descriptor)
        with pytest.raises(FormatError, match=living.name):
            write(target, "new")
        living.unlink()
    write(target, "new")
    assert content(target) == dict.fromkeys(OWN, "new")


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not os.path.exists("/bin/mount"),
    reason="only the superuser may mount a tmpfs",
)
def test_mount_points_are_filled_in_place(tmp_path: Path) -> None:
    from embed.text.encoded_corpus import EncodedCorpus
    from embed.text.encoding import encode

    disk, bound, below = tmp_path / "disk", tmp_path / "bound", tmp_path / "below"
    for folder in (disk, bound, below):
        folder.mkdir()
    mounts = [["mount", "-t", "tmpfs", "none", str(disk)], ["mount", "--bind", str(below), str(bound)]]
    mounted: list[Path] = []
    try:
        for command in mounts:
            if subprocess.run(command, capture_output=True).returncode:
                pytest.skip("mounting is not allowed here")
            mounted.append(Path(command[-1]))
        for target in (disk, bound):
            for text in ("old", "new"):
                write(target, text)
                assert content(target) == dict.fromkeys(OWN, text)
            for name in OWN:
                (target / name).unlink()
            for sentences in ([["a"]], [["b"]]):
                encode(sentences, min_count=1, directory=target).close()
                with EncodedCorpus.open(target) as encoded:
                    assert encoded.vocabulary.words == sentences[0]
        assert sorted(os.listdir(tmp_path)) == ["below", "bound", "disk"]
    finally:
        for path in mounted:
            subprocess.run(["umount", "--lazy", str(path)], check=True)
