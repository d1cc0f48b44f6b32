"""Numbers in decimal: lines of vectors as text to float32, correctly rounded, by ``csrc/text_floats.h``.

A line that cannot be read for sure is left to :mod:`embed.formats.word2vec_text`, which is exact and says what is
wrong.
"""

from libc.stdint cimport int64_t, uint8_t


cdef extern from "text_floats.h" nogil:
    int64_t text_rows(const uint8_t* data, int64_t size, int64_t dim, int64_t rows, float* numbers,
                      int64_t* words, int64_t* used)


def float_rows(bytes data not None, int64_t begin, float[:, ::1] numbers not None, int64_t[:, ::1] words not None):
    """Read lines "word number ... number" of whole-line `data` from byte `begin` on (see csrc/text_floats.h).

    Fills rows of `numbers`, float32[n, dim], and where their words begin and end, int64[n, 2]. Stops when these
    are full, at the end, or before a line in another form; returns (rows read, where the next line begins).
    """
    cdef int64_t size = len(data), used = 0, read = 0
    cdef const uint8_t* text = data
    if words.shape[0] != numbers.shape[0] or words.shape[1] != 2 or numbers.shape[1] < 1:
        raise ValueError("numbers must be of shape (n, dim) and words of shape (n, 2)")
    if not 0 <= begin <= size or size == 0 or text[size - 1] != 10:
        raise ValueError("data must be whole lines, and begin within them")
    if numbers.shape[0]:
        with nogil:
            read = text_rows(text + begin, size - begin, numbers.shape[1], numbers.shape[0], &numbers[0, 0],
                             &words[0, 0], &used)
    for row in range(read):
        words[row, 0] += begin
        words[row, 1] += begin
    return read, begin + used
