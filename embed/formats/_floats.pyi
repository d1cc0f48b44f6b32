"""Types of the compiled reader and writer of numbers; see _floats.pyx."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

def float_rows(data: bytes, begin: int, numbers: NDArray[np.float32], words: NDArray[np.int64]) -> tuple[int, int]: ...
def rows_as_lines(words: Sequence[bytes], numbers: NDArray[np.float32]) -> bytes: ...
