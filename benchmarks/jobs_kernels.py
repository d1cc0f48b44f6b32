"""What a worker does with the bare kernels: one window again and again, its rows in the first-level cache."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.engine import _kernels
from embed.model.parameters import stride_of

__all__ = ["aligned_rows", "time_windows"]

_CACHE_LINE = 64
_LR = 1e-6
"""So little that the scores stay where they are; a rate of 0 would skip the updates."""
_FIRST_REPEATS, _PIECES = 200, 10


def aligned_rows(rows: int, dim: int, seed: int) -> NDArray[np.float32]:
    """Return float32[rows, stride] on a cache line, uniform in +-0.5 up to `dim` and zero beyond."""
    stride = stride_of(dim)
    memory = np.zeros(rows * stride * 4 + _CACHE_LINE, np.uint8)
    first = -memory.ctypes.data % _CACHE_LINE
    matrix = memory[first : first + rows * stride * 4].view(np.float32).reshape(rows, stride)
    _kernels.fill_uniform(matrix, dim, 0.5, seed, np.arange(len(matrix)))
    return matrix


def time_windows(
    *, path: str, shapes: list[tuple[str, int, int, bool]], dims: list[int], seconds: float
) -> dict[str, Any]:
    """Return nanoseconds a window, by kernel and dim.

    Parameters
    ----------
    path : str
        A SIMD path.
    shapes : list of (name, nx, ny, mean)
        Input vectors, output rows, and whether the mean of the inputs is trained.
    dims : list of int
    seconds : float
        About how long to repeat each of them, in ten pieces of which the fastest counts.
    """
    found: dict[str, dict[str, float]] = {}
    for name, nx, ny, mean in shapes:
        for dim in dims:
            x, y = aligned_rows(nx, dim, 1), aligned_rows(ny, dim, 2)
            _time(x, y, dim, path, mean, _FIRST_REPEATS)  # fetches code and rows
            trial = _time(x, y, dim, path, mean, _FIRST_REPEATS)
            repeats = max(1, int(seconds / _PIECES * _FIRST_REPEATS / trial))
            # the least: whatever interrupts a piece is not the kernel's doing
            least = min(_time(x, y, dim, path, mean, repeats) for _ in range(_PIECES))
            found.setdefault(name, {})[str(dim)] = least / repeats * 1e9
    return {"nanoseconds": found}


def _time(x: NDArray[np.float32], y: NDArray[np.float32], dim: int, path: str, mean: bool, repeats: int) -> float:
    started = time.perf_counter()
    _kernels.train_window(x, y, _LR, 1.0, path, mean, repeats, dim)
    return time.perf_counter() - started
