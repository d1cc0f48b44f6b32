"""The command ``train-embeddings``, and ``python -m embed``: as little as can be before Ctrl-C is heard.

While the rest is imported, Ctrl-C ends the process as it ends any program that has no handler: there is nothing to
clear up yet, and a traceback of imports would tell nobody anything. The same holds while the interpreter shuts down.
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
