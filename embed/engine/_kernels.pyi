"""Declare the types of the compiled kernels; _kernels.pyx documents them."""

import numpy as np
from numpy.typing import NDArray

ROW_FLOATS: int
POINTS: int

def simd_names() -> list[str]: ...
def train_window(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    lr: float,
    ratio: float,
    simd: str,
    mean: bool = False,
    repeats: int = 1,
    dim: int | None = None,
) -> float: ...
def add_change(
    row: NDArray[np.float32], now: NDArray[np.float32], before: NDArray[np.float32], weight: float, simd: str
) -> None: ...
def merge_values(
    row: NDArray[np.float32], keep: float, values: NDArray[np.float32], weights: NDArray[np.float32], simd: str
) -> None: ...
def compose_rows(
    inputs: NDArray[np.float32],
    row_offsets: NDArray[np.int64],
    rows: NDArray[np.int32],
    out: NDArray[np.float32],
    dim: int,
    simd: str,
) -> None: ...
def nearest(
    points: NDArray[np.float32], centroids: NDArray[np.float32], codes: NDArray[np.uint8], simd: str
) -> None: ...
def softmax_rates(
    scores: NDArray[np.float32], label: int, lr: float, simd: str
) -> tuple[NDArray[np.float32], float]: ...
def sigmoid_rates(
    scores: NDArray[np.float32], labels: NDArray[np.uint8], lr: float, simd: str
) -> tuple[NDArray[np.float32], float]: ...
def sum_rows(
    matrix: NDArray[np.float32],
    row_offsets: NDArray[np.int64],
    rows: NDArray[np.int32],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None: ...
def fill_uniform(
    matrix: NDArray[np.float32], dim: int, bound: float, seed: int, numbers: NDArray[np.int64]
) -> None: ...
def all_finite(matrix: NDArray[np.float32]) -> bool: ...
