"""Import zstd from the standard library, or before Python 3.14 from ``backports.zstd``, which is the same module.

The module is imported on first use, because it may be missing (3.14 built without libzstd, an environment made by
hand). Then only files that need it are refused.

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
    """Return the module ``compression.zstd`` or its backport.

    Raises
    ------
    MissingExtraError
        The module is missing, and the file `name` needs it.
    """
    try:
        return importlib.import_module(_MODULE)
    except ImportError as error:
        way_out = "use another build of Python" if _IN_STANDARD_LIBRARY else "pip install backports.zstd"
        raise MissingExtraError(
            f"{name}: zstd needs the module {_MODULE}, which is missing; {way_out}, or use another compression (gzip, "
            "bzip2, xz)"
        ) from error


def zstd_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that the module raises for damaged data; none if the module is not imported."""
    module = sys.modules.get(_MODULE)
    return () if module is None else (module.ZstdError,)
