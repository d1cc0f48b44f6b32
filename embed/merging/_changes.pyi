"""Declare the types of the compiled changes; _changes.pyx documents them."""

import numpy as np
from numpy.typing import NDArray

def extract(
    now: NDArray[np.float32], before: NDArray[np.float32], first: int, step: int, simd: str
) -> tuple[NDArray[np.int32], NDArray[np.uint16]]: ...
def rounded(
    sums: NDArray[np.float32], rows: NDArray[np.int32], simd: str
) -> tuple[NDArray[np.int32], NDArray[np.uint16]]: ...
def add(total: NDArray[np.float32], rows: NDArray[np.int32], changes: NDArray[np.uint16], simd: str) -> None: ...
def take(
    now: NDArray[np.float32],
    before: NDArray[np.float32],
    first: int,
    step: int,
    rows: NDArray[np.int32],
    changes: NDArray[np.uint16],
    simd: str,
) -> None: ...
