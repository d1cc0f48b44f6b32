"""The fresh process: does one job, prints one JSON line.

``python -m benchmarks.worker '{"job": NAME, "settings": {...}}'``. Whatever a job or a library prints goes to
standard error, so that standard output holds the result alone.
"""

from __future__ import annotations

import importlib
import json
import sys
from contextlib import redirect_stdout
from typing import Any

from benchmarks.installed import prefer_installed_embed

__all__ = ["JOBS"]

# job -> module of its function, which has the name of the job; a peer is imported only where it is measured
JOBS = {
    "train_ours": "benchmarks.jobs_ours",
    "train_gensim": "benchmarks.jobs_gensim",
    "train_fasttext": "benchmarks.jobs_fasttext",
    "rate_ours": "benchmarks.jobs_core",
    "rate_zipf": "benchmarks.jobs_core",
    "rate_gensim": "benchmarks.jobs_gensim",
    "flops_ours": "benchmarks.jobs_core",
    "peak_core": "benchmarks.jobs_core",
    "all_in_ours": "benchmarks.jobs_core",
    "all_in_gensim": "benchmarks.jobs_gensim",
    "time_windows": "benchmarks.jobs_kernels",
    "memory_zipf": "benchmarks.jobs_core",
    "quality_ours": "benchmarks.jobs_ours",
    "quality_gensim": "benchmarks.jobs_gensim",
    "quality_fasttext": "benchmarks.jobs_fasttext",
    "memory_ours": "benchmarks.jobs_memory",
    "encode_ours": "benchmarks.jobs_ours",
    "scan_gensim": "benchmarks.jobs_gensim",
    "learn_ours": "benchmarks.jobs_phrases",
    "learn_gensim": "benchmarks.jobs_phrases",
    "join_ours": "benchmarks.jobs_phrases",
    "join_gensim": "benchmarks.jobs_phrases",
    "write_ours": "benchmarks.jobs_vectors",
    "write_gensim": "benchmarks.jobs_vectors",
    "read_ours": "benchmarks.jobs_vectors",
    "read_gensim": "benchmarks.jobs_vectors",
}


def _run(request: str) -> None:
    prefer_installed_embed()
    from benchmarks.memory_use import peak_bytes

    task: dict[str, Any] = json.loads(request)
    job = getattr(importlib.import_module(JOBS[task["job"]]), task["job"])
    with redirect_stdout(sys.stderr):
        result = job(**task["settings"])
    result["peak_rss"] = peak_bytes()
    print(json.dumps(result, allow_nan=False), flush=True)


if __name__ == "__main__":
    _run(sys.argv[1])
