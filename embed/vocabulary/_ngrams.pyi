"""Types of the compiled n-grams; see _ngrams.pyx."""

import numpy as np
from numpy.typing import NDArray

class NgramHasher:
    def __init__(self, min_n: int, max_n: int, buckets: int, hash_count: int = 0, hash_seed: int = 0) -> None: ...
    def buckets(self, word: str | bytes) -> NDArray[np.int32]: ...
    def rows(
        self, words: list[str] | list[bytes], whole_word: str | bytes
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]: ...
