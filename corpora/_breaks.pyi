"""Types of the compiled word breaks; see _breaks.pyx."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

LETTER: Final[int]
DIGIT: Final[int]
MORE_LETTER: Final[int]
MARK: Final[int]
KATAKANA: Final[int]
IDEOGRAPH: Final[int]
EMOJI: Final[int]
APOSTROPHE: Final[int]
IN_WORDS: Final[int]
IN_NUMBERS: Final[int]
IN_BOTH: Final[int]
UNDERSCORE: Final[int]
QUOTE: Final[int]
SIGN: Final[int]
JOINER: Final[int]
PARTER: Final[int]
EXPANDS: Final[int]
UNKNOWN: Final[int]
KIND: Final[int]
ALNUM: Final[int]
ALPHA: Final[int]
HEBREW: Final[int]
POINT: Final[int]
FIRST: Final[int]
SECOND: Final[int]
LIMITED: Final[int]
JOINING: Final[int]
PLAIN: Final[int]
ORDER: Final[int]
ORDER_AT: Final[int]
TRAIL_AT: Final[int]
PAGE_BITS: Final[int]
TABLED: Final[int]
GROWTH: Final[int]

def valid_length(data: bytes) -> int: ...

class WordBreaks:
    def __init__(
        self,
        pages: NDArray[np.uint16],
        cells: NDArray[np.uint16],
        traits: NDArray[np.uint32],
        expansions: NDArray[np.uint32],
        pairs: NDArray[np.uint64],
        most_marks: int,
        lowercase: bool,
        split: Callable[[str], list[str]],
    ) -> None: ...
    def separated(self, text: bytes) -> bytes: ...
    def split(self, text: str) -> list[str]: ...
