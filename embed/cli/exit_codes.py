"""The exit codes of the command, each with its meaning in ``--help``.

The codes of failures are attributes of their classes (:mod:`embed.errors`); the others follow shells and sysexits.h.
"""

from __future__ import annotations

import signal

from embed.errors import (
    ClusterError,
    ConfigError,
    CorpusError,
    DivergenceError,
    EmbedError,
    FormatError,
    MissingExtraError,
    MissingWordError,
)

__all__ = ["BROKEN_PIPE", "INTERNAL", "INTERRUPTED", "SYSTEM", "help_line"]

SYSTEM = EmbedError.exit_code
"""The operating system refused something: no space, no permission."""
INTERNAL = 70
"""EX_SOFTWARE of sysexits.h: a bug of this package."""
_SIGNAL = 128
"""Shells report a signal as this number plus the signal's."""
_SIGPIPE = 13  # which Windows does not have
INTERRUPTED, BROKEN_PIPE = _SIGNAL + signal.SIGINT, _SIGNAL + _SIGPIPE

_MEANINGS = {
    0: "done",
    SYSTEM: "the system",
    ConfigError.exit_code: "arguments",
    CorpusError.exit_code: "corpus",
    FormatError.exit_code: "file format",
    MissingWordError.exit_code: "unknown word",
    DivergenceError.exit_code: "diverged",
    MissingExtraError.exit_code: "package missing",
    ClusterError.exit_code: "cluster",
    INTERRUPTED: "interrupted",
    _SIGNAL + signal.SIGTERM: "terminated",
}


def help_line() -> str:
    """Return the codes and their meanings as one line."""
    return "exit codes: " + ", ".join(f"{code:d} {meaning}" for code, meaning in _MEANINGS.items())
