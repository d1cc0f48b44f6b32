"""Makes sure that the package under test is the installed one.

``python -m benchmarks`` puts the source tree at the head of the import path, where ``embed/`` would hide an
installed wheel and, not being built, fail. An editable install is found without the tree on the path.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

TREE = Path(__file__).resolve().parent.parent
"""The folder that holds ``benchmarks/``."""


def prefer_installed_embed() -> None:
    """Take the source tree off the import path; exits with a sentence if ``embed`` is not installed."""
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != TREE]
    if importlib.util.find_spec("embed") is None:
        sys.exit("benchmarks: the package is not installed in this Python: run `pip install --editable .` first")


def import_from_tree(name: str) -> ModuleType:
    """Import what the benchmarks share with the tests, which are never installed."""
    sys.path.append(str(TREE))  # at the end, and for this alone: `embed` stays the installed one
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(TREE))
