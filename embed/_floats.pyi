"""Types of the compiled reader of numbers; what they are is told in _floats.pyx."""

import numpy as np
from numpy.typing import NDArray

def float_rows(data: bytes, begin: int, numbers: NDArray[np.float32], words: NDArray[np.int64]) -> tuple[int, int]: ...
