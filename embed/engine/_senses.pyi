"""Declare the types of the compiled senses; _senses.pyx documents them."""

from typing import Any

import numpy as np
import numpy.typing as npt

MOST_SENSES: int

def contexts_of(
    ids: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    positions: npt.NDArray[np.int64],
    contexts: npt.NDArray[np.float32],
    width: int,
    reach: int,
) -> npt.NDArray[np.float32]: ...
def occurrences_of(
    ids: npt.NDArray[np.int32], wanted: npt.NDArray[np.int32], words: int, most: int, seed: int
) -> npt.NDArray[np.int64]: ...

class Senses:
    def __init__(self, senses: Any, rows: Any, most_positions: int) -> None: ...
