"""``gensim.test.utils``: the small corpus and the temporary files of gensim's examples."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder

from embed.compat.errors import NotHereError

__all__ = ["common_texts", "datapath", "get_tmpfile", "temporary_file"]

_TITLES = """human interface computer
survey user computer system response time
eps user interface system
system human system eps
user response time
trees
graph trees
graph minors trees
graph minors survey"""

common_texts: list[list[str]] = [title.split() for title in _TITLES.splitlines()]
"""The words that two or more of the nine titles of Deerwester et al. (1990) share, in the order of the titles."""


def folders_of_gensim() -> list[str]:
    """Return the folders of gensim on the disk, which is not imported; none if it is not installed."""
    found = PathFinder.find_spec("gensim")
    return list(found.submodule_search_locations or ()) if found is not None else []


def datapath(fname: str) -> str:
    """Return the path of a file among gensim's test data, which come with gensim.

    Raises
    ------
    NotHereError
        gensim is not installed, or has no such file.
    """
    for folder in folders_of_gensim():
        path = os.path.join(folder, "test", "test_data", fname)
        if os.path.exists(path):
            return path
    raise NotHereError(f"{fname!r:.60} is not among gensim's test data: install gensim, or name a file of your own")


def get_tmpfile(suffix: str) -> str:
    """Return the path of a file in the folder for temporary files, which is not created."""
    return os.path.join(tempfile.gettempdir(), suffix)


@contextmanager
def temporary_file(name: str = "") -> Iterator[str]:
    """Give the path of a file in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        yield os.path.join(folder, name)
