"""Start the command ``train-embeddings``, also as ``python -m embed``, and keep Ctrl-C silent during imports.

While imports run and while the interpreter shuts down, Ctrl-C ends the process without a traceback: there is nothing
to clean up, and a traceback of imports helps nobody.
"""

import signal
import sys


def main() -> int:
    """Run the command and return its exit code; see :func:`embed.cli.main`."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from embed.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
