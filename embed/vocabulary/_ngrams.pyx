"""Hash the n-grams of words to rows, as fastText or floret do (``csrc/text_ngrams.h``).

:mod:`embed.vocabulary.ngrams` describes the schemes and decides which rows a model has.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

import numpy as np


cdef extern from "text_ngrams.h" nogil:
    ctypedef struct text_scheme:
        int min_n
        int max_n
        uint32_t buckets
        int hash_count
        uint32_t hash_seed

    int64_t text_ngrams(const text_scheme* scheme, const uint8_t* wrapped, int64_t length, int32_t first_row,
                        int32_t* rows)


cdef class NgramHasher:
    """Finds the rows of the n-grams of words, given as str or as UTF-8 bytes.

    hash_count 0 selects fastText's scheme, other values floret's (see csrc/text_ngrams.h).
    """

    cdef text_scheme scheme

    def __cinit__(self, int min_n, int max_n, uint32_t buckets, int hash_count=0, uint32_t hash_seed=0):
        if not (buckets and 0 <= hash_count <= 4):
            raise ValueError("there must be buckets, and 0 to 4 hashes")
        self.scheme = text_scheme(min_n, max_n, buckets, hash_count, hash_seed)

    def buckets(self, word not None):
        """Return the buckets, int32[n], of `word`, in the order of its n-grams."""
        cdef const uint8_t[::1] wrapped = _wrapped(word)
        cdef int64_t n = text_ngrams(&self.scheme, &wrapped[0], wrapped.shape[0], 0, NULL)
        cdef int32_t[::1] rows = np.empty(n, dtype=np.int32)
        if n:
            text_ngrams(&self.scheme, &wrapped[0], wrapped.shape[0], 0, &rows[0])
        return rows.base

    def rows(self, list words not None, whole_word):
        """Return the rows of a vocabulary as CSR (offsets int64[V+1], rows int32[M]).

        fastText's: row i of word i, then V + each bucket, and row i alone for `whole_word`. floret's: the buckets.
        """
        cdef Py_ssize_t size = len(words), k
        cdef int own = self.scheme.hash_count == 0
        cdef int32_t first_row = <int32_t>size if own else 0
        cdef int64_t total = 0
        cdef int64_t[::1] offsets = np.empty(size + 1, dtype=np.int64)
        cdef const uint8_t[::1] wrapped
        cdef bytes whole = _wrapped(whole_word) if own else b""
        offsets[0] = 0
        for k in range(size):
            total += own
            text = _wrapped(words[k])
            if text != whole:
                wrapped = text
                total += text_ngrams(&self.scheme, &wrapped[0], wrapped.shape[0], first_row, NULL)
            offsets[k + 1] = total
        cdef int32_t[::1] rows = np.empty(total, dtype=np.int32)
        for k in range(size):
            if own:
                rows[offsets[k]] = k
            if offsets[k + 1] - offsets[k] > own:
                wrapped = _wrapped(words[k])
                text_ngrams(&self.scheme, &wrapped[0], wrapped.shape[0], first_row, &rows[offsets[k] + own])
        return offsets.base, rows.base


cdef bytes _wrapped(word):
    return b"<" + (word if isinstance(word, bytes) else (<str?>word).encode("utf-8")) + b">"
