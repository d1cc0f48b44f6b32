"""Split text into tokens, count and rank the words, and turn the tokens into ids.

One pass over UTF-8 bytes counts the words and writes provisional ids, which final ids replace once the counts are
known. The algorithms are in C (``csrc/text_scan.h``, ``text_words.h``, ``text_bound.h``, ``text_rank.h``); this module
is their Python interface. Policy (which files, bad input, where to write) is in :mod:`embed.corpora` and
:mod:`embed.text.encoding`.

The other compiled modules that read text:

- ``_phrases``  counts pairs of neighbouring words, and joins phrases;
- ``_ngrams``   hashes the n-grams of a word;
- ``_digest``   computes the digest that identifies a corpus;
- ``_floats``   parses lines of decimal numbers into rows.
"""

from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t
from libc.stdlib cimport free
from libc.string cimport memcpy
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_DecodeUTF8

from embed.text._words cimport (
    TEXT_MAX_WORD_BYTES,
    TEXT_MAX_WORDS,
    TEXT_OK,
    PyUnicode_AsUTF8AndSize,
    check,
    id_of,
    seed_hashes,
    text_entry,
    text_entry_bytes,
    text_words,
    text_words_close,
)

import os

import numpy as np

seed_hashes(os.urandom)


cdef extern from "text_port.h" nogil:
    void text_prefetch(const void* address)


cdef extern from "text_rank.h" nogil:
    int64_t text_survivors(const text_words* words, int64_t min_count)
    int text_rank(const text_words* words, int64_t min_count, int64_t survivors, int64_t limit,
                  int32_t* ranked)


cdef extern from "text_bound.h" nogil:
    const int TEXT_GONE

    ctypedef struct text_bound:
        int64_t limit
        int64_t error
        int32_t* moved
        int64_t moved_size

    int text_bound_init(text_bound* bound, text_words* words, int64_t limit)


cdef extern from "text_scan.h" nogil:
    ctypedef struct text_scanner:
        text_words words
        text_bound bound
        int64_t tokens
        int32_t* out
        size_t out_size

    int text_scanner_init(text_scanner* scanner, int64_t piece, int64_t max_words)
    void text_scanner_free(text_scanner* scanner)
    int text_feed(text_scanner* scanner, const uint8_t* data, size_t n)
    int text_finish(text_scanner* scanner)
    int text_flush(text_scanner* scanner, int64_t cut)
    bint text_is_open(const text_scanner* scanner)
    int text_add_token(text_scanner* scanner, const uint8_t* token, size_t length)
    void text_begin_sentence(text_scanner* scanner)
    int64_t text_remap(int32_t* ids, int64_t n, const int32_t* table, int64_t* kept, int64_t* last,
                       int64_t* offsets, int64_t* closed)


cdef enum:
    # how many words ahead to prefetch the entries of a list, which are scattered in memory
    _WORDS_AHEAD = 16

GONE = TEXT_GONE
MAX_WORDS = TEXT_MAX_WORDS
MAX_WORD_BYTES = TEXT_MAX_WORD_BYTES


def utf8_of(list words not None):
    """Return the words concatenated as UTF-8, and the offset of each word's end, int64[n]."""
    cdef Py_ssize_t length, size = 0
    cdef const char* utf8
    cdef int64_t[::1] ends = np.empty(len(words), dtype=np.int64)
    for k, word in enumerate(words):
        PyUnicode_AsUTF8AndSize(word, &length)
        size += length
        ends[k] = size
    cdef bytes joined = PyBytes_FromStringAndSize(NULL, size)
    cdef char* out = joined
    for word in words:
        utf8 = PyUnicode_AsUTF8AndSize(word, &length)
        memcpy(out, utf8, length)
        out += length
    return joined, ends.base


cdef class TokenCounter:
    """Counts words, exactly unless `bound`, and turns tokens into provisional ids (see csrc/text_scan.h)."""

    cdef text_scanner scanner

    def __cinit__(self, int64_t piece_tokens, int64_t max_words=TEXT_MAX_WORDS):
        check(text_scanner_init(&self.scanner, piece_tokens, max_words))

    def __dealloc__(self):
        text_scanner_free(&self.scanner)

    def bound(self, int64_t limit):
        """Hold at most `limit` words at a time (see csrc/text_bound.h); the id GONE stands for dropped words."""
        if limit < 1 or self.scanner.words.size or self.scanner.tokens:
            raise ValueError("the limit must be at least 1, and set before the first token")
        check(text_bound_init(&self.scanner.bound, &self.scanner.words, limit))

    @property
    def is_bound(self):
        """Whether there is a limit, and thus the id GONE."""
        return self.scanner.bound.limit > 0

    @property
    def error(self):
        """How much too low a count may be."""
        return self.scanner.bound.error

    def moved(self):
        """Return the new ids of all ids returned before the last `pour` or `take`, int32[n]; None if unchanged.

        Call this after each `pour` or `take`, whose own ids are already new.
        """
        cdef text_bound* bound = &self.scanner.bound
        if bound.moved == NULL:
            return None
        cdef int32_t[::1] ids = np.empty(bound.moved_size, dtype=np.int32)
        memcpy(&ids[0], bound.moved, bound.moved_size * sizeof(int32_t))
        free(bound.moved)
        bound.moved = NULL
        return ids.base

    cdef int _require_open(self) except -1:
        if self.scanner.words.slots == NULL:
            raise ValueError("the counter has been ranked and accepts no more text")
        return 0

    def feed(self, const uint8_t[::1] chunk not None):
        """Count the next bytes of valid UTF-8; a token or sentence may continue in the next chunk."""
        cdef int status
        self._require_open()
        cdef size_t n = chunk.shape[0]
        if n == 0:
            return
        with nogil:
            status = text_feed(&self.scanner, &chunk[0], n)
        check(status)

    def finish(self):
        """End the last token and the sentence."""
        self._require_open()
        check(text_finish(&self.scanner))

    def add_sentence(self, list sentence not None):
        """Count one sentence of non-empty strings, without cutting it."""
        cdef Py_ssize_t length
        cdef const char* token
        self._require_open()
        if text_is_open(&self.scanner):
            self.finish()
        text_begin_sentence(&self.scanner)
        for word in sentence:
            token = PyUnicode_AsUTF8AndSize(word, &length)
            check(text_add_token(&self.scanner, <const uint8_t*>token, length))
        text_begin_sentence(&self.scanner)

    def take(self):
        """Return the provisional ids since the last call, int32[n]; the sign bit starts a sentence."""
        cdef list parts = []
        self.pour(lambda ids: parts.append(np.array(ids)))
        return parts[0] if parts else np.empty(0, dtype=np.int32)

    def pour(self, write):
        """Call write(ids) with the ids that `take` would return, if any; the array is invalid afterwards."""
        self._require_open()
        check(text_flush(&self.scanner, INT64_MAX))
        if self.scanner.out_size:
            write(<int32_t[:self.scanner.out_size]>self.scanner.out)
        self.scanner.out_size = 0

    def intern(self, list words not None):
        """Return the provisional ids of words, int32[n]; add new words with count 0."""
        cdef int32_t[::1] ids = np.empty(len(words), dtype=np.int32)
        self._require_open()
        for k, word in enumerate(words):
            ids[k] = id_of(&self.scanner.words, word)
        return ids.base

    def set_counts(self, const int64_t[::1] counts not None):
        """Replace the counts of all words."""
        if counts.shape[0] != self.scanner.words.size:
            raise ValueError("each word needs a count")
        for k in range(counts.shape[0]):
            self.scanner.words.counts[k] = counts[k]
        if self.scanner.bound.limit:
            self.scanner.words.counts[TEXT_GONE] = 0

    @property
    def tokens(self):
        """The number of tokens counted so far."""
        return self.scanner.tokens

    def __len__(self):
        return self.scanner.words.size

    def rank(self, int64_t min_count, int64_t limit):
        """Return the provisional ids in vocabulary order, int32[V]; afterwards the counter accepts no more text."""
        cdef int status = TEXT_OK
        cdef int64_t survivors = text_survivors(&self.scanner.words, min_count)
        cdef int32_t[::1] ranked = np.empty(min(survivors, limit), dtype=np.int32)
        text_words_close(&self.scanner.words)
        if ranked.shape[0]:
            with nogil:
                status = text_rank(&self.scanner.words, min_count, survivors, limit, &ranked[0])
        check(status)
        return ranked.base

    def words(self, const int32_t[::1] ids not None):
        """Return the words of the provisional ids as a list of str."""
        cdef Py_ssize_t k
        cdef const text_entry* entry
        cdef list words = [None] * ids.shape[0]
        for k in range(ids.shape[0]):
            if k + _WORDS_AHEAD < ids.shape[0]:
                text_prefetch(&self.scanner.words.entries[self._checked(ids[k + _WORDS_AHEAD])])
            entry = &self.scanner.words.entries[self._checked(ids[k])]
            words[k] = PyUnicode_DecodeUTF8(
                <const char*>text_entry_bytes(&self.scanner.words, entry), <Py_ssize_t>entry.length, NULL
            )
        return words

    def counts(self, const int32_t[::1] ids not None):
        """Return the counts, int64[n], of the provisional ids."""
        cdef Py_ssize_t k
        cdef int64_t[::1] counts = np.empty(ids.shape[0], dtype=np.int64)
        for k in range(ids.shape[0]):
            counts[k] = self.scanner.words.counts[self._checked(ids[k])]
        return counts.base

    cdef int32_t _checked(self, int32_t provisional) except -1:
        if provisional < 0 or provisional >= self.scanner.words.size:
            raise IndexError("no such provisional id")
        return provisional


cdef class Remapper:
    """Replaces provisional by final ids, block by block, and drops unwanted words and empty sentences."""

    cdef const int32_t[::1] table
    cdef int64_t[::1] offsets
    cdef int64_t kept
    cdef int64_t last

    def __cinit__(self, const int32_t[::1] table not None):
        self.table = table
        self.offsets = np.empty(0, dtype=np.int64)
        self.kept = 0
        self.last = 0

    def remap(self, int32_t[::1] ids not None):
        """Rewrite a block in place; return (ids kept at its start, ends of the sentences it closes).

        The ends are overwritten by the next call.
        """
        cdef int64_t n = ids.shape[0], written = 0, closed = 0
        if self.offsets.shape[0] < n:
            self.offsets = np.empty(n, dtype=np.int64)
        if n:
            with nogil:
                written = text_remap(&ids[0], n, &self.table[0], &self.kept, &self.last, &self.offsets[0], &closed)
        return written, self.offsets.base[:closed]

    @property
    def tokens(self):
        """The number of tokens kept so far."""
        return self.kept

    @property
    def closed_tokens(self):
        """The end of the last closed sentence, in tokens."""
        return self.last
