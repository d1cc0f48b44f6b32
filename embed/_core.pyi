"""Declare the types of the compiled core; _core.pyx documents it."""

import numpy as np
from numpy.typing import NDArray

from embed.engine._rounds import Rounds
from embed.engine.problem import Problem

class Worker:
    loss: float
    examples: int
    centers: int
    def __init__(self, problem: Problem) -> None: ...
    def reset(self, loss: float = 0.0, examples: int = 0) -> None: ...
    def run(
        self,
        epoch: int,
        first: int,
        last: int,
        lr: float,
        lr_slope: float,
        ratio: float,
        stop: NDArray[np.int32],
    ) -> int: ...
    def run_rounds(
        self,
        epoch: int,
        first: int,
        last: int,
        lr: float,
        lr_slope: float,
        ratio: float,
        stop: NDArray[np.int32],
        rounds: Rounds,
        part: int,
    ) -> int: ...
