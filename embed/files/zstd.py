"""Where zstd comes from: the standard library, and before Python 3.14 ``backports.zstd``, which is the same module.

Imported on first use, for a Python may have neither (3.14 built without libzstd, an environment made by hand):
then a file that needs it is refused in a sentence, and everything else works.

Rejected: ``zstandard`` (an interface of its own; one step of its decompressor expands a KiB to 32 MiB; no wheel for
free-threaded Python 3.13).
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from embed.errors import MissingExtraError

__all__ = ["zstd_errors", "zstd_module"]

_IN_STANDARD_LIBRARY = sys.version_info >= (3, 14)
_MODULE = "compression.zstd" if _IN_STANDARD_LIBRARY else "backports.zstd"


def zstd_module(name: str) -> Any:
    """Return the module, which has the classes and functions of ``compression.zstd``.

    Raises
    ------
    MissingExtraError
        There is none; the message calls the file that needs it `name`.
    """
    try:
        return importlib.import_module(_MODULE)
    except ImportError as error:
        way_out = "this Python lacks it" if _IN_STANDARD_LIBRARY else "install it (pip install backports.zstd)"
        raise MissingExtraError(
            f"{name}: zstd needs the module {_MODULE}: {way_out}, or use another compression (gzip, bzip2, xz)"
        ) from error


def zstd_errors() -> tuple[type[Exception], ...]:
    """Return what the module raises for damaged data: nothing, as long as it was not needed."""
    module = sys.modules.get(_MODULE)
    return () if module is None else (module.ZstdError,)
