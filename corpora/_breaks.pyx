"""Split raw text into words without making Python strings of them; see csrc/text_breaks.h.

:mod:`embed.corpora.character_classes` makes the tables.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy
from cpython.bytes cimport PyBytes_FromStringAndSize

import numpy as np


cdef extern from "text_port.h" nogil:
    const size_t TEXT_BLOCK


cdef extern from "text_breaks.h" nogil:
    const int TEXT_LETTER, TEXT_DIGIT, TEXT_MORE_LETTER, TEXT_MARK, TEXT_KATAKANA, TEXT_IDEOGRAPH, TEXT_EMOJI
    const int TEXT_APOSTROPHE, TEXT_IN_WORDS, TEXT_IN_NUMBERS, TEXT_IN_BOTH, TEXT_UNDERSCORE, TEXT_QUOTE, TEXT_SIGN
    const int TEXT_JOINER, TEXT_PARTER, TEXT_EXPANDS, TEXT_UNKNOWN
    const int TEXT_KIND, TEXT_ALNUM, TEXT_ALPHA, TEXT_HEBREW, TEXT_POINT, TEXT_FIRST, TEXT_SECOND, TEXT_LIMITED
    const int TEXT_JOINING, TEXT_PLAIN, TEXT_ORDER, TEXT_ORDER_AT, TEXT_TRAIL_AT, TEXT_PAGE_BITS, TEXT_TABLED
    const size_t TEXT_GROWTH

    ctypedef struct text_trait:
        pass

    ctypedef struct text_breaks:
        const uint16_t* pages
        const uint16_t* cells
        const text_trait* traits
        const uint32_t* expansions
        const uint64_t* pairs
        size_t pairs_size
        uint32_t most_marks
        bint lowercase

    const uint8_t* text_break(const text_breaks* breaks, const uint8_t* at, const uint8_t* end, uint8_t** out)
    size_t text_valid(const uint8_t* data, size_t n)
    const uint8_t* text_field_end(const uint8_t* at, const uint8_t* end)


LETTER, DIGIT, MORE_LETTER, MARK, KATAKANA = TEXT_LETTER, TEXT_DIGIT, TEXT_MORE_LETTER, TEXT_MARK, TEXT_KATAKANA
IDEOGRAPH, EMOJI, APOSTROPHE, IN_WORDS = TEXT_IDEOGRAPH, TEXT_EMOJI, TEXT_APOSTROPHE, TEXT_IN_WORDS
IN_NUMBERS, IN_BOTH, UNDERSCORE, QUOTE, SIGN = TEXT_IN_NUMBERS, TEXT_IN_BOTH, TEXT_UNDERSCORE, TEXT_QUOTE, TEXT_SIGN
JOINER, PARTER, EXPANDS, UNKNOWN, KIND = TEXT_JOINER, TEXT_PARTER, TEXT_EXPANDS, TEXT_UNKNOWN, TEXT_KIND
ALNUM, ALPHA, HEBREW, POINT, FIRST, SECOND = TEXT_ALNUM, TEXT_ALPHA, TEXT_HEBREW, TEXT_POINT, TEXT_FIRST, TEXT_SECOND
LIMITED, JOINING, PLAIN = TEXT_LIMITED, TEXT_JOINING, TEXT_PLAIN
ORDER, ORDER_AT, TRAIL_AT = TEXT_ORDER, TEXT_ORDER_AT, TEXT_TRAIL_AT
PAGE_BITS, TABLED, GROWTH = TEXT_PAGE_BITS, TEXT_TABLED, TEXT_GROWTH


def valid_length(bytes data not None):
    """Return how many bytes at the start of `data` are valid UTF-8: up to what is wrong, or to the last few bytes."""
    cdef const uint8_t* start = data
    cdef size_t n = len(data), valid
    with nogil:
        valid = text_valid(start, n)
    return valid


cdef enum:
    # fields whose words are kept, some 4 MB at most, and the longest of them in bytes
    _MOST_KEPT = 1 << 14
    _LONGEST_KEPT = 64


cdef class WordBreaks:
    """Splits text into words by tables, and what they do not cover by a function.

    Parameters
    ----------
    pages, cells : uint16 arrays
        The tables of csrc/text_breaks.h: the page of each run of 1 << PAGE_BITS characters, and the cells of the pages.
    traits : uint32[n, 2]
        What to add to a character (wrapping round), and its traits.
    expansions : uint32 array
        For characters that become several: their number, and the characters.
    pairs : uint64 array
        The pairs of characters that normal form C joins, ascending, the first character in the high half.
    most_marks : int
        A field with more marks in a row is left to `split`.
    lowercase : bool
        Lower-case ASCII; the tables do it for all other characters.
    split : callable
        From str to list of str; gets each field that the tables do not cover.
    """

    cdef text_breaks breaks
    cdef const uint16_t[::1] pages
    cdef const uint16_t[::1] cells
    cdef const uint32_t[:, ::1] traits
    cdef const uint32_t[::1] expansions
    cdef const uint64_t[::1] pairs
    cdef object split_field
    cdef dict kept  # what the function made of fields: text repeats its words

    def __cinit__(self, const uint16_t[::1] pages not None, const uint16_t[::1] cells not None,
                  const uint32_t[:, ::1] traits not None, const uint32_t[::1] expansions not None,
                  const uint64_t[::1] pairs not None, uint32_t most_marks, bint lowercase, split not None):
        if pages.shape[0] << TEXT_PAGE_BITS != TEXT_TABLED or traits.shape[1] != 2 or not len(expansions):
            raise ValueError("the tables must cover TABLED characters")
        if np.max(pages) >= cells.shape[0] >> TEXT_PAGE_BITS or np.max(cells) >= traits.shape[0]:
            raise ValueError("a table refers to what is not there")
        self.pages, self.cells, self.traits, self.expansions, self.pairs = pages, cells, traits, expansions, pairs
        self.split_field, self.kept = split, {}
        self.breaks.pages = &pages[0]
        self.breaks.cells = &cells[0]
        self.breaks.traits = <const text_trait*>&traits[0, 0]
        self.breaks.expansions = &expansions[0]
        self.breaks.pairs = &pairs[0] if pairs.shape[0] else NULL
        self.breaks.pairs_size = pairs.shape[0]
        self.breaks.most_marks = most_marks
        self.breaks.lowercase = lowercase

    def separated(self, bytes text not None):
        """Return the words of UTF-8 text with blanks between them, and the text's line ends (\\n).

        `text` begins and ends at white space, or where the text does: a word at its end is whole. Several blanks may
        stand together. Other threads run meanwhile.
        """
        cdef size_t n = len(text), room = TEXT_GROWTH * n + TEXT_BLOCK, needed
        cdef const uint8_t* at = text
        cdef const uint8_t* end = at + n
        cdef const uint8_t* after
        cdef uint8_t* out = <uint8_t*>malloc(room)
        cdef uint8_t* to = out
        cdef uint8_t* larger
        cdef bytes words
        if out == NULL:
            raise MemoryError("not enough memory to split the text into words")
        try:
            while True:
                with nogil:
                    at = text_break(&self.breaks, at, end, &to)
                if at == end:
                    return PyBytes_FromStringAndSize(<char*>out, to - out)
                after = text_field_end(at, end)
                words = self._words_of(at[:after - at])
                needed = <size_t>(to - out) + len(words) + TEXT_GROWTH * <size_t>(end - after) + TEXT_BLOCK
                if needed > room:
                    larger = <uint8_t*>realloc(out, needed)
                    if larger == NULL:
                        raise MemoryError("not enough memory to split the text into words")
                    to = larger + (to - out)
                    out, room = larger, needed
                memcpy(to, <const char*>words, len(words))
                to += len(words)
                at = after
        finally:
            free(out)

    cdef bytes _words_of(self, bytes field):
        """Return the words of a field that the tables do not cover, with a blank after each."""
        cdef bytes words = self.kept.get(field)
        if words is None:
            words = " ".join(self.split_field(field.decode("utf-8", "surrogatepass"))).encode() + b" "
            if len(field) <= _LONGEST_KEPT:
                if len(self.kept) >= _MOST_KEPT:
                    self.kept.clear()
                self.kept[field] = words
        return words

    def split(self, str text not None):
        """Return the words of `text` as a list of str."""
        return self.separated(text.encode("utf-8", "surrogatepass")).decode().split()
