"""Types of the compiled reader and scorer of texts; see _texts.pyx."""

import numpy as np
from numpy.typing import NDArray

KINDS: dict[str, int]

Quantised = tuple[NDArray[np.uint8], NDArray[np.uint8], int, NDArray[np.uint8] | None, NDArray[np.uint8] | None]

class Texts:
    def __init__(
        self,
        entries: list[bytes],
        words: int,
        ngrams: tuple[int, int] | None,
        buckets: int,
        word_ngrams: int,
        kept: NDArray[np.int32] | None,
        kept_rows: NDArray[np.int32] | None,
        is_pruned: bool,
        prefix: bytes,
        dim: int,
        numbers: NDArray[np.uint8] | None,
        quantised: Quantised | None,
    ) -> None: ...
    def entry(self, word: bytes) -> int: ...
    def word(self, word: bytes) -> NDArray[np.float32]: ...
    def units(self, words: list[bytes]) -> NDArray[np.float32]: ...
    def line(self, text: bytes) -> NDArray[np.float32]: ...
    def labels_of_lines(
        self, text: bytes
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]: ...

class Scorer:
    def __init__(self, output: NDArray[np.float32], kind: str, counts: NDArray[np.int64]) -> None: ...

def tree_sides(counts: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]: ...
def predict_line(
    texts: Texts, scorer: Scorer, line: bytes, k: int, threshold: float
) -> tuple[list[int], list[float]]: ...
def predict(
    texts: Texts, scorer: Scorer, lines: list[bytes], k: int, threshold: float, broken: bool
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]: ...
