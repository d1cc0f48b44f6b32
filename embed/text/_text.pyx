"""Split text into tokens, count and rank the words, and turn the tokens into ids.

One pass over UTF-8 bytes counts the words and writes provisional ids, which final ids replace once the counts are
known. The algorithms are in C (``csrc/text_scan.h``, ``text_merge.h``, ``text_words.h``, ``text_bound.h``,
``text_rank.h``); this module is their Python interface. Policy (which files, bad input, where to write) is in
:mod:`embed.corpora` and :mod:`embed.text.encoding`.

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
    int64_t text_floor(const text_bound* bound, int64_t id)


cdef extern from "text_scan.h" nogil:
    ctypedef struct text_scanner:
        text_words words
        text_bound bound
        int64_t piece
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


cdef extern from "text_merge.h" nogil:
    ctypedef struct text_map:
        int32_t* ids
        int64_t known

    ctypedef struct text_bounds:
        pass

    int text_count_chunk(text_scanner* scanner, const uint8_t* data, size_t n, text_bounds* bounds)
    int text_hand_over(text_scanner* scanner, int32_t** ids, int64_t* size)
    int64_t text_join_sentences(int32_t* ids, int64_t n, const text_bounds* bounds, int64_t open, int64_t piece)
    int text_join_words(text_words* words, const text_words* own, text_map* map, int64_t size)
    void text_translate(int32_t* ids, int64_t n, const text_map* map)
    void text_join_counts(text_words* words, text_words* own, const text_map* map)
    int text_join_bounded(text_scanner* common, const text_words* own, text_map* map, int64_t size, int32_t* ids,
                          int64_t n)
    int text_join_table(text_scanner* common, const uint8_t* utf8, const int64_t* ends, const int64_t* counts,
                        const int64_t* floors, int64_t n, int64_t error, int32_t* ids)


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
    """Counts words, exactly unless `bound`, and turns tokens into provisional ids (see csrc/text_scan.h).

    Several threads count chunks with a counter each, and one counter joins what they have counted (csrc/text_merge.h).
    """

    cdef text_scanner scanner
    cdef text_map common  # the ids of these words in the counter that joins them
    cdef int64_t open_tokens  # of the sentence at the end of the last chunk that was joined, -1 for none

    def __cinit__(self, int64_t piece_tokens, int64_t max_words=TEXT_MAX_WORDS):
        self.open_tokens = -1
        check(text_scanner_init(&self.scanner, piece_tokens, max_words))

    def __dealloc__(self):
        text_scanner_free(&self.scanner)
        free(self.common.ids)

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

    def count(self, const uint8_t[::1] chunk not None):
        """Return the CountedChunk of the next chunk of valid UTF-8, whose last token ends with it; other threads run.

        A counter counts either such chunks, or what `feed` and `add_sentence` get.
        """
        cdef int status
        cdef size_t n = chunk.shape[0]
        cdef const uint8_t* data = &chunk[0] if n else NULL
        cdef CountedChunk counted = CountedChunk.__new__(CountedChunk)
        self._require_open()
        with nogil:
            status = text_count_chunk(&self.scanner, data, n, &counted.bounds)
        check(status)
        counted.counter = self
        counted.words = self.scanner.words.size
        check(text_hand_over(&self.scanner, &counted.ids, &counted.size))
        return counted

    def join(self, CountedChunk chunk not None):
        """Join the next chunk of the text, which this counter or another one has counted; return its first token.

        Translate the chunk before its ids are used.
        """
        cdef int status = TEXT_OK
        cdef TokenCounter other = chunk.counter
        cdef int64_t first = self.scanner.tokens
        self._require_open()
        self.open_tokens = text_join_sentences(
            chunk.ids, chunk.size, &chunk.bounds, self.open_tokens, self.scanner.piece
        )
        if other is self:
            return first - chunk.size
        with nogil:
            if self.scanner.bound.limit:
                status = text_join_bounded(
                    &self.scanner, &other.scanner.words, &other.common, chunk.words, chunk.ids, chunk.size
                )
            else:
                status = text_join_words(&self.scanner.words, &other.scanner.words, &other.common, chunk.words)
        check(status)
        chunk.is_translated = self.scanner.bound.limit > 0
        self.scanner.tokens += chunk.size
        return first

    def common_ids(self):
        """Return the id, int32[n], of each word in the counter that has joined it."""
        cdef int32_t[::1] ids = np.empty(self.common.known, dtype=np.int32)
        if self.common.known:
            memcpy(&ids[0], self.common.ids, self.common.known * sizeof(int32_t))
        return ids.base

    def join_counts(self, TokenCounter other not None):
        """Add the counts of a counter whose chunks have all been joined, and set them to 0 there."""
        if not self.scanner.bound.limit and other is not self:
            with nogil:
                text_join_counts(&self.scanner.words, &other.scanner.words, &other.common)

    def table(self):
        """Return all words as UTF-8, uint8[b], their ends there, counts and floors (csrc/text_bound.h), int64[n]."""
        cdef int64_t n = self.scanner.words.size, size = 0, k
        cdef const text_entry* entry
        cdef int64_t[::1] ends = np.empty(n, np.int64), counts = np.empty(n, np.int64), floors = np.empty(n, np.int64)
        for k in range(n):
            size += self.scanner.words.entries[k].length
            ends[k], counts[k] = size, self.scanner.words.counts[k]
            floors[k] = text_floor(&self.scanner.bound, k)
        cdef uint8_t[::1] utf8 = np.empty(max(size, 1), np.uint8)
        size = 0
        for k in range(n):
            entry = &self.scanner.words.entries[k]
            memcpy(&utf8[size], text_entry_bytes(&self.scanner.words, entry), entry.length)
            size += entry.length
        return utf8.base[:size], ends.base, counts.base, floors.base

    def join_table(self, const uint8_t[::1] utf8 not None, const int64_t[::1] ends not None,
                   const int64_t[::1] counts not None, const int64_t[::1] floors not None, int64_t tokens,
                   int64_t error):
        """Add the `table`, `tokens` and `error` of a counter of another part of the text; give out no ids before.

        Return the ids, int32[n], of its words; they are valid until words are dropped.
        """
        cdef int status = TEXT_OK
        cdef int64_t n = ends.shape[0]
        cdef int32_t[::1] ids = np.zeros(n, np.int32)
        self._require_open()
        if counts.shape[0] != n or floors.shape[0] != n or (n and ends[n - 1] != utf8.shape[0]):
            raise ValueError("each word needs an end, a count and a floor")
        if n and utf8.shape[0]:
            with nogil:
                status = text_join_table(
                    &self.scanner, &utf8[0], &ends[0], &counts[0], &floors[0], n, error, &ids[0]
                )
        check(status)
        self.scanner.tokens += tokens
        return ids.base

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


cdef class CountedChunk:
    """The provisional ids of a chunk, first those of the counter that has counted it, then those of all."""

    cdef TokenCounter counter
    cdef int32_t* ids
    cdef int64_t size, words  # the ids, and the words of the counter after them
    cdef text_bounds bounds
    cdef bint is_translated

    def __dealloc__(self):
        free(self.ids)

    def translated(self, TokenCounter common not None):
        """Return the ids, int32[n], of the counter that has joined the chunk, as `own` does."""
        if self.counter is not common and not self.is_translated:
            with nogil:
                text_translate(self.ids, self.size, &self.counter.common)
            self.is_translated = True
        return self.own()

    def own(self):
        """Return the ids, int32[n], of the counter that has counted the chunk; they are valid as long as the chunk."""
        return <int32_t[:self.size]>self.ids if self.size else None

    def __len__(self):
        return self.size


def remap(int32_t[::1] ids not None, const int32_t[::1] table not None, int64_t[::1] ends not None):
    """Replace provisional by final ids in place, and drop unwanted words; return (ids kept at the start, sentences).

    Parameters
    ----------
    ids : int32[n]
        A block of provisional ids.
    table : int32[V]
        The final id of each provisional id, or -1.
    ends : int64[m], m >= n
        Gets the ends of the sentences that end in the block, as a number of ids kept. The first may be a sentence that
        no id of the block belongs to; others are not empty.
    """
    cdef int64_t n = ids.shape[0], written = 0, closed = 0, kept = 1, last = 0, k
    if ends.shape[0] < n:
        raise ValueError("there must be room for an end for each id")
    if n:
        with nogil:  # as if a token were kept before the block
            written = text_remap(&ids[0], n, &table[0], &kept, &last, &ends[0], &closed)
            for k in range(closed):
                ends[k] -= 1
    return written, closed
