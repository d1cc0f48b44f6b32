"""Makes sure that the package under test is the installed one.

``python -m benchmarks`` puts the source tree at the head of the import path, where ``embed/`` would hide an
installed wheel and, not being built, fail. An editable install is found without the tree on the path.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

__all__ = ["TREE", "prefer_installed_embed"]

TREE = Path(__file__).resolve().parent.parent
"""The folder that holds ``benchmarks/``."""


def prefer_installed_embed() -> None:
    """Move the source tree to the end of the import path; exits with a sentence if ``embed`` is not installed."""
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != TREE]
    if importlib.util.find_spec("embed") is None:
        sys.exit("benchmarks: the package is not installed in this Python: run `pip install --editable .` first")
    sys.path.append(str(TREE))  # for what the benchmarks share with the tests
