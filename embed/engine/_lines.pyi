"""Declare the types of the compiled trainer of lines; _lines.pyx documents them."""

import numpy as np
from numpy.typing import NDArray

from embed.engine.lines import LineProblem

class LineWorker:
    def __init__(
        self, problem: LineProblem, inputs: NDArray[np.float32], outputs: NDArray[np.float32], simd: str
    ) -> None: ...
    def train(self, order: NDArray[np.int64], first_lr: float, last_lr: float, epoch: int) -> float: ...
