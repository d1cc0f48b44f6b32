"""The command ``train-embeddings``: arguments in, an exit code out.

Data goes to standard output and everything else to standard error. A failure the package foresees is one
sentence and the exit code of its class (:mod:`embed.errors`); nothing else reaches a user as a traceback
either, unless ``EMBED_TRACEBACK=1`` asks for it. The modules of the package, and NumPy with them, are
imported inside the commands, so that ``--help`` answers at once.

Rejected: click and typer (a dependency and 40 to 80 ms for nine flat commands), and flags written out by hand
(they would drift from :class:`~embed.config.TrainConfig`, which knows every name, type, bound and help text).
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from embed.cli.flags import flag_style
from embed.cli.parser import PROGRAM, parse
from embed.cli.resuming import how_to_resume
from embed.errors import AdviceWarning, CheckpointWarning, EmbedError
from embed.interrupts import Interrupted, interrupt
from embed.messages import printable, speaking

__all__ = ["main"]

_EXIT_SYSTEM = 1  # the operating system refused something: no space, no permission
_EXIT_INTERNAL = 70  # EX_SOFTWARE of sysexits.h: a bug of ours
_EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
_EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments without the program's name; those of the process by default.

    Returns
    -------
    int
        0, or the exit code of the failure (2 for a mistake in the arguments, as argparse has it).

    Raises
    ------
    SystemExit
        By argparse, for ``--help``, ``--version`` and mistakes in the arguments.
    """
    with _terminal(), _heard_termination():
        given = sys.argv[1:] if argv is None else argv
        arguments = None
        try:
            arguments = parse(given)
            with speaking(flag_style(arguments.parser)):
                arguments.run(arguments)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader left (`| head`). Python flushes stdout once more at exit, which must not fail again.
            _silence_stdout()
            return _EXIT_BROKEN_PIPE
        except KeyboardInterrupt as stop:
            code = stop.exit_code if isinstance(stop, Interrupted) else _EXIT_INTERRUPTED
            return _failure((str(stop) or "interrupted") + how_to_resume(arguments, given), code)
        except EmbedError as error:
            _reraise_on_request()
            return _failure(str(error), error.exit_code)
        except OSError as error:
            _reraise_on_request()
            return _failure(_describe(error), _EXIT_SYSTEM)
        except MemoryError:
            _reraise_on_request()
            return _failure("out of memory (--dim, --buckets and --min-count decide what is needed)", _EXIT_SYSTEM)
        except Exception as error:
            _reraise_on_request()
            message = f"internal error: {type(error).__name__}: {error} (EMBED_TRACEBACK=1 shows where)"
            return _failure(message, _EXIT_INTERNAL)
    return 0


def _failure(message: str, code: int) -> int:
    print(printable(f"{PROGRAM}: {message}"), file=sys.stderr)
    return code


def _reraise_on_request() -> None:
    if os.environ.get("EMBED_TRACEBACK", "0") not in ("", "0"):
        raise


def _describe(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename is not None else reason


def _silence_stdout() -> None:
    with suppress(OSError, io.UnsupportedOperation):  # not a file: nothing will be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _terminal() -> Iterator[None]:
    """Print a warning as one line and once, and words as UTF-8 unless a terminal wants another encoding."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")

    shown = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if str(message) not in shown:
            shown.add(str(message))
            print(printable(f"{PROGRAM}: warning: {message}"), file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("always", AdviceWarning)
        warnings.simplefilter("always", CheckpointWarning)
        warnings.showwarning = show
        yield


@contextmanager
def _heard_termination() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does: temporary files go, and a checkpoint is written if asked for."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
