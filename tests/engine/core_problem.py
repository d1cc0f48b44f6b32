"""A small random training problem, as the arguments of a worker, for the tests of the core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from embed import _core
from embed.engine import _blocks, _kernels
from embed.engine.reference import ReferenceWorker
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.sampling import alias_table, keep_probabilities, noise_distribution, thresholds

WORDS, BUCKETS, DIM = 50, 30, 20
# an empty sentence, one of one token, some that are a block or more long
SENTENCE_LENGTHS = (1, 2, 300, 0, 40, 7, _blocks.BLOCK_TOKENS, _blocks.BLOCK_TOKENS + 1)


def problem(
    *,
    subword: bool = False,
    seed: int = 0,
    subsample: float = 0.02,
    sentence_lengths: Sequence[int] = SENTENCE_LENGTHS,
    hierarchical: bool = False,
    weighted: bool = False,
    freezing: bool = False,
    sides: int = 1,
    **settings: Any,
) -> dict[str, Any]:
    """Return the arguments that both kinds of workers take; `inputs` and `outputs` are float32 and padded."""
    rng = np.random.default_rng(seed)
    offsets = np.cumsum([0, *sentence_lengths])
    ids = rng.integers(0, WORDS, offsets[-1])
    ids[ids > WORDS // 2] %= 5  # some words are frequent, so that contexts, targets and noise coincide
    counts = np.bincount(ids, minlength=WORDS) + 1
    sizes = 1 + rng.integers(0, 6, WORDS) if subword else np.ones(WORDS, np.int64)
    row_offsets = np.concatenate([[0], np.cumsum(sizes)])
    rows = rng.integers(WORDS, WORDS + BUCKETS, row_offsets[-1])
    rows[row_offsets[:-1]] = np.arange(WORDS)
    inputs = padded(WORDS + BUCKETS if subword else WORDS, DIM)
    outputs = padded(sides * WORDS, DIM)
    _kernels.fill_uniform(inputs, DIM, 0.3, 1, np.arange(len(inputs)))
    _kernels.fill_uniform(outputs, DIM, 0.3, 2, np.arange(len(outputs)))
    window = settings.setdefault("window", 5)
    places = padded(2 * window if weighted else 0, DIM)
    places[:, :DIM] = rng.uniform(0.5, 1.5, (len(places), DIM))
    tree = HuffmanTree.from_counts(counts) if hierarchical else HuffmanTree.none()
    return {
        "ids": ids.astype(np.int32),
        "offsets": offsets.astype(np.int64),
        "keep_thresholds": thresholds(keep_probabilities(counts, subsample)),
        "noise_table": alias_table(noise_distribution(counts, 0.75)),
        "inputs": inputs,
        "outputs": outputs,
        "sides": sides,
        "places": places,
        "place_ratio": 0.7,
        "row_offsets": row_offsets.astype(np.int64),
        "rows": rows.astype(np.int32),
        "cbow": False,
        "gradient_power": 1.0,
        "sums": False,
        "fixed_window": False,
        "negatives": 0 if hierarchical else 5,
        "path_offsets": tree.offsets,
        "path_rows": tree.nodes,
        "path_labels": tree.labels,
        "frozen": (np.arange(WORDS) % 3 < 2).astype(np.uint8) if freezing else np.zeros(0, np.uint8),
        "noise_windows": 8,
        "seed": 7,
        "replicated_words": 0 if freezing else 10,
        "replica_share": 1.0,
    } | settings


def padded(rows: int, dim: int) -> np.ndarray:
    """Return zeros float32[rows, dim rounded up as the core wants it]."""
    return np.zeros((rows, -(-dim // _kernels.ROW_FLOATS) * _kernels.ROW_FLOATS), np.float32)


def core_worker(
    arguments: dict[str, Any], path: str | None = None, dim: int = DIM, places: np.ndarray | None = None
) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return a worker of the core, with copies of the matrices that it will change; it changes `places` too."""
    inputs, outputs = arguments["inputs"].copy(), arguments["outputs"].copy()
    changed = arguments | {
        "inputs": inputs,
        "outputs": outputs,
        "places": arguments["places"].copy() if places is None else places,
        "dim": dim,
        "spread": 0,
        "path": path or _kernels.simd_paths()[0],
    }
    return _core.Worker(**changed), inputs, outputs


def reference_worker(arguments: dict[str, Any], dim: int = DIM) -> ReferenceWorker:
    """Return the twin, with its own float64 copies of the matrices."""
    matrices = {name: arguments[name][:, :dim].astype(np.float64) for name in ("inputs", "outputs", "places")}
    return ReferenceWorker(**(arguments | matrices))


def run_epoch(
    worker: Any, arguments: dict[str, Any], epoch: int, lr: float, slope: float = 0.0, ratio: float = 1.0
) -> int:
    """Run a core worker over the whole corpus."""
    return int(worker.run(epoch, 0, len(arguments["ids"]), lr, slope, ratio, np.zeros(1, np.int32)))
