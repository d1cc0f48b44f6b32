"""Parse lines of vectors to float32, correctly rounded (``csrc/text_floats.h``), and format them in the fewest digits
that give the same float32 (``csrc/text_decimal.h``).

Lines that need more care are left to :mod:`embed.formats.word2vec_text`, which is exact and reports errors.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy


cdef extern from "text_floats.h" nogil:
    int64_t text_rows(const uint8_t* data, int64_t size, int64_t dim, int64_t rows, float* numbers,
                      int64_t* words, int64_t* used)

cdef extern from "text_decimal.h" nogil:
    enum:
        TEXT_LOWEST_TEN
        TEXT_HIGHEST_TEN
        TEXT_LONGEST_FLOAT
    uint64_t* text_tens
    uint8_t* text_write_row(uint8_t* at, const float* numbers, int64_t dim)


def _first_64_bits(power):
    """Return the first 64 bits of 10 ** power, truncated, plus 1."""
    ten = pow(10, abs(power))
    size = ten.bit_length()
    return ((ten << 64 >> size) if power >= 0 else (pow(2, 63 + size) // ten)) + 1


for _power in range(TEXT_LOWEST_TEN, TEXT_HIGHEST_TEN + 1):
    text_tens[_power - TEXT_LOWEST_TEN] = _first_64_bits(_power)


def float_rows(bytes data not None, int64_t begin, float[:, ::1] numbers not None, int64_t[:, ::1] words not None):
    """Parse lines "word number ... number" of whole-line `data` from byte `begin` on (see csrc/text_floats.h).

    Fills rows of `numbers`, float32[n, dim], and the begin and end of their words, int64[n, 2]. Stops when these are
    full, at the end, or before a line in another form; returns (rows read, begin of the next line).
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


def rows_as_lines(words not None, const float[:, ::1] numbers not None):
    """Format words, a sequence of bytes, and finite numbers, float32[n, dim], as lines "word number ... number"."""
    cdef int64_t rows = numbers.shape[0], dim = numbers.shape[1], row
    cdef bytes word
    cdef uint8_t* buffer
    cdef uint8_t* at
    if len(words) != rows:
        raise ValueError("there must be as many words as rows")
    size = sum(map(len, words)) + rows * (dim * TEXT_LONGEST_FLOAT + 1)
    buffer = at = <uint8_t*> malloc(size + 1)
    if buffer == NULL:
        raise MemoryError
    try:
        for row in range(rows):
            word = words[row]
            memcpy(at, <const uint8_t*> word, len(word))
            at += len(word)
            if dim:
                with nogil:
                    at = text_write_row(at, &numbers[row, 0], dim)
        return buffer[:at - buffer]
    finally:
        free(buffer)
