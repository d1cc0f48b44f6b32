import numpy as np
from numpy.typing import NDArray

class Walker:
    def __init__(
        self,
        offsets: NDArray[np.int64],
        neighbours: NDArray[np.int32],
        weights: NDArray[np.float64] | None,
        p: float,
        q: float,
        seed: int,
    ) -> None: ...
    def walk(
        self,
        round: int,
        starts: NDArray[np.int64],
        length: int,
        out: NDArray[np.int32],
        counts: NDArray[np.int64],
    ) -> int: ...
