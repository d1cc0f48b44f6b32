"""Run the command ``train-embeddings``: parse arguments, run one command, return an exit code.

Data goes to standard output, everything else to standard error (:mod:`embed.cli.output`). An expected failure is one
sentence and the exit code of its class (:mod:`embed.errors`). Other failures are one sentence, too;
``EMBED_TRACEBACK=1`` shows their traceback. The package and NumPy are imported inside the commands, so that ``--help``
answers at once.

Rejected: click and typer (a dependency and 40 to 80 ms for nine flat commands), and flags written by hand
(they would drift from :class:`~embed.config.TrainConfig`, which has every name, type, bound and help text).
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from embed.checkpoints.signals import Heard, Interrupted
from embed.cli.exit_codes import BROKEN_PIPE, INTERNAL, INTERRUPTED, SYSTEM
from embed.cli.flag_names import flag_style
from embed.cli.output import print_message, standard_streams
from embed.cli.parser import command_module, parse
from embed.cli.resuming import how_to_resume
from embed.errors import AdviceWarning, CheckpointWarning, EmbedError
from embed.messages import speaking

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments without the program's name; by default, the arguments of the process.

    Returns
    -------
    int
        0, or the exit code of the failure (2 for a mistake in the arguments, as in argparse).

    Raises
    ------
    SystemExit
        For ``--help``, ``--version`` and mistakes in the arguments.
    """
    with standard_streams(), _warnings_in_a_line(), Heard() as heard:
        given = sys.argv[1:] if argv is None else argv
        arguments, code = None, 0
        try:
            try:
                arguments = parse(given)
                with speaking(flag_style(arguments.parser)):
                    code = command_module(arguments.command).run(arguments) or 0
            except SystemExit:  # for instance after --help
                sys.stdout.flush()
                raise
            except Exception as error:
                if heard.number is None:
                    raise
                raise Interrupted(heard.number) from error  # a library has turned the interrupt into this error
            sys.stdout.flush()
        except BrokenPipeError:  # the reader left (`| head`)
            return BROKEN_PIPE
        except KeyboardInterrupt as stop:
            number = stop.exit_code if isinstance(stop, Interrupted) else INTERRUPTED
            return _failure((str(stop) or "interrupted") + how_to_resume(arguments, given), number)
        except EmbedError as error:
            _reraise_on_request()
            return _failure(str(error), error.exit_code)
        except OSError as error:
            _reraise_on_request()
            return _failure(_describe(error), SYSTEM)
        except MemoryError:
            _reraise_on_request()
            return _failure("out of memory; lower --dim or --buckets, or raise --min-count", SYSTEM)
        except ImportError as error:
            _reraise_on_request()
            what = f"the library {error.name}" if error.name else "a library"
            message = f"cannot load {what}; free or allow more memory (ulimit -v), or reinstall the package"
            return _failure(f"{message} (EMBED_TRACEBACK=1 shows why)", SYSTEM)
        except Exception as error:
            _reraise_on_request()
            message = (
                f"internal error: {type(error).__name__}: {error}; report it with the traceback (EMBED_TRACEBACK=1)"
            )
            return _failure(message, INTERNAL)
    return code


def _failure(message: str, code: int) -> int:
    print_message(message)
    return code


def _reraise_on_request() -> None:
    if os.environ.get("EMBED_TRACEBACK", "0") not in ("", "0"):
        raise


def _describe(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename is not None else reason


@contextmanager
def _warnings_in_a_line() -> Iterator[None]:
    """Print each warning once, as one line."""
    shown = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if str(message) not in shown:
            shown.add(str(message))
            print_message(f"warning: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", AdviceWarning)
        warnings.simplefilter("always", CheckpointWarning)
        warnings.showwarning = show
        yield
