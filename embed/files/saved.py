"""Let objects save themselves and classes load themselves, even if a later room knows their files.

Vectors and models do not know their file formats; `embed.formats` does. Their `save` and `load` are one line each,
which looks up the function by name on first use, as `embed` looks up its public names. No other module reaches into a
later room (tests/house/test_layers.py).

Rejected: methods that `embed.formats` adds to the classes (invisible to editors and type checkers), a registry that it
fills (empty for a program that imports the class alone).
"""

from __future__ import annotations

import importlib
import os
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

__all__ = ["Saved", "room_behind"]

_HOMES = {
    "vectors": "embed.formats",
    "models": "embed.formats.model_file",
    "replicates": "embed.formats.replicates",
    "endings": "embed.formats.registry",
}


class Saved(ABC):
    """An object that its method `save` or :func:`embed.save` writes to a file, and that its class loads.

    Attributes
    ----------
    has_formats : bool
        Whether `save` takes a `format`.
    """

    has_formats: ClassVar[bool] = False

    @abstractmethod
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the object to a file, whole or not at all."""

    @classmethod
    @abstractmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file that `save` wrote."""


def room_behind(what: str) -> Any:
    """Return the module that reads and writes ``"vectors"``, ``"models"`` ..., or that declares ``"endings"``."""
    return importlib.import_module(_HOMES[what])
