"""Declare the types of the compiled reader of labelled lines; _labelled.pyx documents them."""

import numpy as np
from numpy.typing import NDArray

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]

class TokenPart:
    def __init__(self, text: NDArray[np.uint8]) -> None: ...
    def read(self) -> None: ...

def join_tokens(parts: list[TokenPart]) -> tuple[list[bytes], Int64s, Int32s, Int64s]: ...
def word_hashes(words: list[bytes]) -> Int32s: ...
def line_rows(
    ids: Int32s,
    offsets: Int64s,
    entry_of: Int32s,
    words: int,
    ngram_offsets: Int64s,
    ngram_rows: Int32s,
    hashes: Int32s | None,
    word_ngrams: int,
    buckets: int,
) -> tuple[Int64s, Int32s, Int32s, Int64s, Int32s, NDArray[np.uint8]]: ...
def fold_single_rows(
    offsets: Int64s, rows: Int32s, weights: NDArray[np.float32], place: Int32s, first_own: int
) -> tuple[Int64s, Int32s, Int32s, NDArray[np.float32]]: ...
