"""Benchmarks: speed, quality, memory and text handling, each beside a peer in the same run.

``python -m benchmarks COMMAND`` from the source tree; docs/benchmarks.md says what is measured and how. Every
measurement happens in a fresh process (`worker`) that prints one JSON line, so that no run inherits the heap, the
threads or the warm caches of another. `contest` alternates two of them, `figures` sums up, `floors` judges, and the
modules named after the commands say what is run against what.

Rejected: pytest-benchmark and asv (both time functions within one process, and know no peer to alternate with).
"""
