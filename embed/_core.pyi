"""Types of the compiled core; what the functions do is told in _core.pyx."""

import numpy as np
from numpy.typing import NDArray

from embed.engine._rounds import Rounds

class Worker:
    loss: float
    examples: int
    centers: int
    def __init__(
        self,
        *,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        keep_thresholds: NDArray[np.uint32],
        noise_table: NDArray[np.uint32],
        inputs: NDArray[np.float32],
        outputs: NDArray[np.float32],
        sides: int,
        places: NDArray[np.float32],
        place_ratio: float,
        row_offsets: NDArray[np.int64],
        rows: NDArray[np.int32],
        dim: int,
        cbow: bool,
        gradient_power: float,
        sums: bool,
        window: int,
        fixed_window: bool,
        negatives: int,
        noise_windows: int,
        seed: int,
        replicated_words: int,
        replica_share: float,
        spread: int,
        path: str,
        path_offsets: NDArray[np.int64],
        path_rows: NDArray[np.int32],
        path_labels: NDArray[np.uint8],
        frozen: NDArray[np.uint8],
        like: Worker | None = None,
    ) -> None: ...
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
