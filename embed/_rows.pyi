"""Types of the compiled rows; what they are is told in _rows.pyx."""

import numpy as np
from numpy.typing import NDArray

def places(spread: int) -> NDArray[np.int32]: ...
