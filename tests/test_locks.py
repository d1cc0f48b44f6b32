"""What a killed process has left of a folder goes with the next run; what a living one is filling stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from embed.encoded_corpus import EncodedCorpus
from embed.encoding import encode

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
SENTENCES = [["a", "b", "a"], ["b", "a"]]
ENDLESS = """
import sys
from embed.encoding import encode

def sentences():
    yield ["a"] * 100_000
    print("encoding", flush=True)
    sys.stdin.read()

encode(sentences(), min_count=1, directory=sys.argv[1])
"""


def _drafts(target: Path) -> list[Path]:
    return sorted(target.parent.glob(f".{target.name}.*"))


def test_a_killed_encoding_leaves_a_folder_until_the_next_one(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    command = [sys.executable, "-c", ENDLESS, str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "encoding\n"
        (draft,) = _drafts(target)
        encode(SENTENCES, min_count=1, directory=target).close()
        assert _drafts(target) == [draft]  # its process lives
        process.kill()
    assert _drafts(target) == [draft]
    encode(SENTENCES, min_count=1, directory=target).close()
    assert _drafts(target) == []


def test_an_older_corpus_that_was_set_aside_goes_only_where_there_is_a_newer_one(tmp_path: Path) -> None:
    target, aside = tmp_path / "kept", tmp_path / ".kept.old.abcd_123"
    encode(SENTENCES, min_count=1, directory=target).close()
    aside.mkdir()
    target.rename(aside / "kept")  # as a process leaves it that is killed between two renames
    encode(SENTENCES, min_count=1, directory=target).close()
    assert EncodedCorpus.open(aside / "kept").sentences == 2
    encode(SENTENCES, min_count=1, directory=target).close()
    assert _drafts(target) == []


def test_folders_of_others_stay(tmp_path: Path) -> None:
    others = [tmp_path / name for name in (".kept.notes_01", ".kept.backup", ".kept2.abcd_123", ".kept.old.abcd_123")]
    for folder in others:
        folder.mkdir()
        (folder / "file").touch()
    (tmp_path / ".kept.abcdefgh").touch()
    for _ in range(2):
        encode(SENTENCES, min_count=1, directory=tmp_path / "kept").close()
    assert all((folder / "file").exists() for folder in others)
    assert (tmp_path / ".kept.abcdefgh").exists()
