"""The compiled part of reading text: split, count, encode, hash n-grams.

Everything here works on UTF-8 bytes and integers; policy (which files, bad input, what to write where)
is in :mod:`embed.corpora`, :mod:`embed.encoding` and :mod:`embed.subword`. The C headers
``embed/csrc/text_*.h`` hold the algorithms, this file their Python surface.
"""

from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_Clear, PyErr_ExceptionMatches
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
from cpython.unicode cimport PyUnicode_DecodeUTF8

import hashlib

import numpy as np


cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    const char* utf8_or_null "PyUnicode_AsUTF8AndSize"(object text, Py_ssize_t* size)


cdef extern from "text_port.h" nogil:
    void text_prefetch(const void* address)


cdef extern from "text_words.h" nogil:
    const int TEXT_OK, TEXT_NO_MEMORY, TEXT_TOO_MANY_WORDS, TEXT_WORD_TOO_LONG
    const int64_t TEXT_MAX_WORDS, TEXT_MAX_WORD_BYTES

    ctypedef struct text_entry:
        size_t length

    ctypedef struct text_words:
        text_entry* entries
        int64_t* counts
        int64_t size
        void* slots

    ctypedef struct text_key:
        uint64_t hash

    text_key text_key_alone(const uint8_t* bytes, uint64_t length)
    int text_words_init(text_words* words, int64_t max_words)
    void text_words_free(text_words* words)
    int64_t text_words_id(text_words* words, const text_key* key)
    const uint8_t* text_entry_bytes(const text_words* words, const text_entry* entry)
    void text_words_close(text_words* words)


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


cdef extern from "text_phrases.h" nogil:
    ctypedef struct phrase_pair:
        int32_t left
        int32_t right
        int32_t between
        uint32_t value

    ctypedef struct phrase_table:
        phrase_pair* slots
        uint64_t mask
        int64_t size

    ctypedef struct phrase_walker:
        phrase_table pairs
        phrase_table links
        int64_t error
        int32_t left

    int phrase_walker_init(phrase_walker* walker, int64_t max_pairs)
    void phrase_walker_free(phrase_walker* walker)
    int phrase_count(phrase_walker* walker, const int32_t* ids, int64_t n, const uint8_t* connectors)
    int phrase_flush(phrase_walker* walker)
    phrase_pair* phrase_find(const phrase_table* table, int32_t left, int32_t right, int32_t between)
    int phrase_fill(phrase_table* table, phrase_pair* slot, phrase_pair pair)
    int32_t phrase_make_link(phrase_walker* walker, int32_t between, int32_t connector)
    const int PHRASE_GONE
    const int PHRASE_FIRST
    const int PHRASE_LAST

    int64_t phrase_join(phrase_walker* walker, int32_t* ids, int32_t* origins, int64_t n, const uint8_t* roles,
                        int64_t* pending)
    void phrase_ids(const text_words* words, const text_key* keys, int64_t n, int32_t unknown, int32_t* ids)
    void phrase_prefetch_word(const text_words* words, const text_key* key)


cdef extern from "text_ngrams.h" nogil:
    ctypedef struct text_scheme:
        int min_n
        int max_n
        uint32_t buckets
        int hash_count
        uint32_t hash_seed

    int64_t text_ngrams(const text_scheme* scheme, const uint8_t* wrapped, int64_t length, int32_t first_row,
                        int32_t* rows)


cdef extern from "text_floats.h" nogil:
    int64_t text_rows(const uint8_t* data, int64_t size, int64_t dim, int64_t rows, float* numbers,
                      int64_t* words, int64_t* used)


cdef extern from "text_sums.h" nogil:
    const size_t TEXT_SUM_BLOCK, TEXT_SUM_BYTES

    ctypedef struct text_sums:
        pass

    void text_sums_init(text_sums* sums)
    size_t text_sums_update(text_sums* sums, const uint8_t* data, size_t n, uint8_t* out)
    void text_sums_end(const text_sums* sums, uint8_t* out)


cdef enum:
    # How many words ahead the entries of a list are fetched: it jumps about among them.
    _WORDS_AHEAD = 16

GONE = TEXT_GONE
GONE_ROLE = PHRASE_GONE
MAX_WORDS = TEXT_MAX_WORDS
MAX_WORD_BYTES = TEXT_MAX_WORD_BYTES


cdef int _check(int status) except -1:
    if status == TEXT_NO_MEMORY:
        raise MemoryError("not enough memory for the vocabulary")
    if status == TEXT_TOO_MANY_WORDS:
        raise OverflowError("too many distinct words")
    if status == TEXT_WORD_TOO_LONG:
        raise OverflowError(f"a word is longer than {MAX_WORD_BYTES:,} bytes")
    return 0


cdef int32_t _intern(text_words* words, str word) except -1:
    cdef Py_ssize_t length
    cdef const char* utf8 = PyUnicode_AsUTF8AndSize(word, &length)
    cdef text_key key = text_key_alone(<const uint8_t*>utf8, length)
    cdef int64_t found = text_words_id(words, &key)
    _check(<int>found if found < 0 else TEXT_OK)
    return <int32_t>found


cdef class ContentDigest:
    """The digest of a stream of bytes: BLAKE2b of the sums of its blocks and its length (see csrc/text_sums.h)."""

    cdef text_sums sums
    cdef object digest

    def __cinit__(self, int digest_size):
        text_sums_init(&self.sums)
        self.digest = hashlib.blake2b(digest_size=digest_size)

    def update(self, const uint8_t[::1] data not None):
        """Take the next bytes."""
        cdef size_t n = data.shape[0], blocks
        cdef uint8_t[::1] out = bytearray((n // TEXT_SUM_BLOCK + 1) * TEXT_SUM_BYTES)
        if n:
            with nogil:
                blocks = text_sums_update(&self.sums, &data[0], n, &out[0])
            self.digest.update(out[:blocks * TEXT_SUM_BYTES])

    def hexdigest(self):
        """Return the digest of the bytes so far, in hexadecimal."""
        cdef uint8_t[::1] out = bytearray(TEXT_SUM_BYTES + 8)
        text_sums_end(&self.sums, &out[0])
        digest = self.digest.copy()
        digest.update(out)
        return digest.hexdigest()


def utf8_of(list words not None):
    """Return the words in UTF-8, one after the other, and where each ends, int64[n]."""
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
    """Counts words, exactly unless it is `bound`, and turns tokens into provisional ids (see csrc/text_scan.h)."""

    cdef text_scanner scanner

    def __cinit__(self, int64_t piece_tokens, int64_t max_words=TEXT_MAX_WORDS):
        _check(text_scanner_init(&self.scanner, piece_tokens, max_words))

    def __dealloc__(self):
        text_scanner_free(&self.scanner)

    def bound(self, int64_t limit):
        """Hold at most `limit` words at a time (see csrc/text_bound.h); the id GONE stands for the others."""
        if limit < 1 or self.scanner.words.size or self.scanner.tokens:
            raise ValueError("the limit must be at least 1, and be set before the text comes")
        _check(text_bound_init(&self.scanner.bound, &self.scanner.words, limit))

    @property
    def is_bound(self):
        """Whether there is a limit, and so the id GONE."""
        return self.scanner.bound.limit > 0

    @property
    def error(self):
        """By how much a count may be too low."""
        return self.scanner.bound.error

    def moved(self):
        """Return what became of the ids given out before the last `pour` or `take`, int32[n]; None if nothing did.

        To be asked after each of those calls, whose own ids are as they should be.
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
            raise ValueError("the counter has been ranked and takes no more text")
        return 0

    def feed(self, const uint8_t[::1] chunk not None):
        """Take the next bytes of valid UTF-8; a token or sentence may go on in the next chunk."""
        cdef int status
        self._require_open()
        cdef size_t n = chunk.shape[0]
        if n == 0:
            return
        with nogil:
            status = text_feed(&self.scanner, &chunk[0], n)
        _check(status)

    def finish(self):
        """Take what is left as the last token, and end the sentence."""
        self._require_open()
        _check(text_finish(&self.scanner))

    def add_sentence(self, list sentence not None):
        """Take one sentence of non-empty strings, however long, as it is."""
        cdef Py_ssize_t length
        cdef const char* token
        self._require_open()
        if text_is_open(&self.scanner):
            self.finish()
        text_begin_sentence(&self.scanner)
        for word in sentence:
            token = PyUnicode_AsUTF8AndSize(word, &length)
            _check(text_add_token(&self.scanner, <const uint8_t*>token, length))
        text_begin_sentence(&self.scanner)

    def take(self):
        """Return the provisional ids, int32[n], since the last call; the sign bit starts a sentence."""
        cdef list parts = []
        self.pour(lambda ids: parts.append(np.array(ids)))
        return parts[0] if parts else np.empty(0, dtype=np.int32)

    def pour(self, write):
        """Call write(ids) with what `take` would return, if there is anything; the array is gone afterwards."""
        self._require_open()
        _check(text_flush(&self.scanner, INT64_MAX))
        if self.scanner.out_size:
            write(<int32_t[:self.scanner.out_size]>self.scanner.out)
        self.scanner.out_size = 0

    def intern(self, list words not None):
        """Return the provisional ids, int32[n], of words; one that is new has been seen 0 times."""
        cdef int32_t[::1] ids = np.empty(len(words), dtype=np.int32)
        self._require_open()
        for k, word in enumerate(words):
            ids[k] = _intern(&self.scanner.words, word)
        return ids.base

    def set_counts(self, const int64_t[::1] counts not None):
        """Replace the counts of all words."""
        if counts.shape[0] != self.scanner.words.size:
            raise ValueError("there must be a count for each word")
        for k in range(counts.shape[0]):
            self.scanner.words.counts[k] = counts[k]
        if self.scanner.bound.limit:
            self.scanner.words.counts[TEXT_GONE] = 0

    @property
    def tokens(self):
        """Tokens counted so far."""
        return self.scanner.tokens

    def __len__(self):
        return self.scanner.words.size

    def rank(self, int64_t min_count, int64_t limit):
        """Return the provisional ids, int32[V], in vocabulary order; afterwards no more text is taken."""
        cdef int status = TEXT_OK
        cdef int64_t survivors = text_survivors(&self.scanner.words, min_count)
        cdef int32_t[::1] ranked = np.empty(min(survivors, limit), dtype=np.int32)
        text_words_close(&self.scanner.words)
        if ranked.shape[0]:
            with nogil:
                status = text_rank(&self.scanner.words, min_count, survivors, limit, &ranked[0])
        _check(status)
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
    """Turns provisional into final ids, block by block, without words left out and empty sentences."""

    cdef const int32_t[::1] table
    cdef int64_t[::1] offsets
    cdef int64_t kept
    cdef int64_t last

    def __cinit__(self, const int32_t[::1] table not None):
        self.table = table
        self.kept = 0
        self.last = 0

    def remap(self, int32_t[::1] ids not None):
        """Rewrite a block in place; return (ids kept at its start, ends of the sentences it closes).

        The ends are overwritten by the next call.
        """
        cdef int64_t n = ids.shape[0], written = 0, closed = 0
        if self.offsets is None or self.offsets.shape[0] < n:
            self.offsets = np.empty(n, dtype=np.int64)
        if n:
            with nogil:
                written = text_remap(&ids[0], n, &self.table[0], &self.kept, &self.last, &self.offsets[0], &closed)
        return written, self.offsets.base[:closed]

    @property
    def tokens(self):
        """Tokens kept so far."""
        return self.kept

    @property
    def closed_tokens(self):
        """Where the last closed sentence ends."""
        return self.last


cdef int _check_ids(const int32_t[::1] ids, const uint8_t[::1] connectors) except -1:
    cdef Py_ssize_t k
    for k in range(ids.shape[0]):
        if (ids[k] & 0x7fffffff) >= connectors.shape[0]:
            raise IndexError("an id lies outside the words")
    return 0


cdef class PairCounter:
    """Counts neighbouring pairs of ids in bounded memory (see csrc/text_phrases.h)."""

    cdef phrase_walker walker

    def __cinit__(self, int64_t max_pairs):
        _check(phrase_walker_init(&self.walker, max_pairs))

    def __dealloc__(self):
        phrase_walker_free(&self.walker)

    def count(self, const int32_t[::1] ids not None, const uint8_t[::1] connectors not None):
        """Take the next ids, the sign bit starting a sentence; connectors uint8[V] is 1 for the connector words.

        A word of role GONE_ROLE stands for unknown words: it is in no pair.
        """
        cdef int status
        cdef int64_t n = ids.shape[0]
        _check_ids(ids, connectors)
        if n:
            with nogil:
                status = phrase_count(&self.walker, &ids[0], n, &connectors[0])
            _check(status)

    def pairs(self, int64_t min_count):
        """Return (left, right, between, count), int64[n, 4], of the pairs counted `min_count` times or more."""
        cdef phrase_pair* slot
        cdef uint64_t k
        cdef int64_t n = 0
        _check(phrase_flush(&self.walker))
        for k in range(self.walker.pairs.mask + 1):
            slot = self.walker.pairs.slots + k
            n += slot.value != 0 and slot.value >= min_count
        cdef int64_t[:, ::1] found = np.empty((n, 4), dtype=np.int64)
        n = 0
        for k in range(self.walker.pairs.mask + 1):
            slot = self.walker.pairs.slots + k
            if slot.value != 0 and slot.value >= min_count:
                found[n, 0] = slot.left
                found[n, 1] = slot.right
                found[n, 2] = slot.between
                found[n, 3] = slot.value
                n += 1
        return found.base

    def links(self):
        """Return {node: (node before, connector)} of the sequences of connectors; node 0 is the empty one."""
        cdef phrase_table* table = &self.walker.links
        return {
            table.slots[k].value: (table.slots[k].left, table.slots[k].right)
            for k in range(table.mask + 1)
            if table.slots[k].value
        }

    def __len__(self):
        """Return the number of distinct pairs in the table."""
        _check(phrase_flush(&self.walker))
        return self.walker.pairs.size

    @property
    def error(self):
        """By how much a count may be too low."""
        return self.walker.error


cdef class PhraseJoiner:
    """Joins phrases in blocks of ids (see csrc/text_phrases.h).

    phrases are tuples (left, tuple of connectors, right) of ids, and joined, int32[n], the ids of what they become;
    connectors, uint8[V], is 1 for the connector words.
    """

    cdef phrase_walker walker
    cdef uint8_t[::1] roles

    def __cinit__(self, list phrases not None, const int32_t[::1] joined not None,
                  const uint8_t[::1] connectors not None):
        cdef int32_t between
        cdef phrase_pair pair
        cdef phrase_pair* slot
        self.roles = np.array(connectors)
        _check(phrase_walker_init(&self.walker, 0))
        if len(phrases) != joined.shape[0]:
            raise ValueError("there must be a joined id for each phrase")
        for k, (left, connectors_between, right) in enumerate(phrases):
            if not (0 <= left < connectors.shape[0] and 0 <= right < connectors.shape[0]):
                raise IndexError("an id lies outside the words")
            between = 0
            for connector in connectors_between:
                between = phrase_make_link(&self.walker, between, connector)
                if between <= 0:
                    raise OverflowError("too many sequences of connector words")
            pair = phrase_pair(left, right, between, <uint32_t>joined[k] + 1)
            slot = phrase_find(&self.walker.pairs, pair.left, pair.right, pair.between)
            if slot.value == 0:
                _check(phrase_fill(&self.walker.pairs, slot, pair))
            self.roles[pair.left] |= PHRASE_FIRST
            self.roles[pair.right] |= PHRASE_LAST

    def __dealloc__(self):
        phrase_walker_free(&self.walker)

    def join(self, int32_t[::1] ids not None):
        """Join a block in place; return (ids left at its start, how many at their end the next block repeats)."""
        cdef int64_t n = ids.shape[0], written = 0, pending = 0
        _check_ids(ids, self.roles)
        if n:
            with nogil:
                written = phrase_join(&self.walker, &ids[0], NULL, n, &self.roles[0], &pending)
        return written, pending


cdef class WordJoiner:
    """Joins phrases in sentences of str, one PhraseJoiner after the other.

    words[id] is the word of each id, without repeats; the joiners know those ids and one more, which stands for all
    other words and is in no phrase.
    """

    cdef text_words table
    cdef list words, joiners

    def __cinit__(self, list words not None, list joiners not None):
        cdef PhraseJoiner joiner
        _check(text_words_init(&self.table, TEXT_MAX_WORDS))
        for k, word in enumerate(words):
            if _intern(&self.table, word) != k:
                raise ValueError("a word is there twice")
        for joiner in joiners:
            if joiner.roles.shape[0] != len(words) + 1:
                raise ValueError("a joiner must know the ids of all words, and that of others")
        self.words, self.joiners = words, joiners

    def __dealloc__(self):
        text_words_free(&self.table)

    def join(self, list sentence not None):
        """Return a new list."""
        cdef Py_ssize_t n = len(sentence), k, length
        cdef int64_t size = n, pending
        cdef const char* utf8
        cdef list joined
        cdef PhraseJoiner joiner
        cdef text_key* keys = <text_key*>malloc((n + 1) * (sizeof(text_key) + 2 * sizeof(int32_t)))
        if keys == NULL:
            raise MemoryError("not enough memory for a sentence")
        cdef int32_t* ids = <int32_t*>(keys + n)
        cdef int32_t* origins = ids + n
        try:
            for k in range(n):
                utf8 = utf8_or_null(sentence[k], &length)
                if utf8 == NULL:
                    if not PyErr_ExceptionMatches(UnicodeEncodeError):
                        PyErr_Clear()
                        raise TypeError(f"a word must be a str, not {type(sentence[k]).__name__}")
                    PyErr_Clear()  # no corpus has a lone surrogate, so no phrase does: as unknown as the empty word
                    utf8, length = b"", 0
                keys[k] = text_key_alone(<const uint8_t*>utf8, length)
                phrase_prefetch_word(&self.table, keys + k)
                origins[k] = <int32_t>k
            phrase_ids(&self.table, keys, n, <int32_t>self.table.size, ids)
            for joiner in self.joiners:
                size = phrase_join(&joiner.walker, ids, origins, size, &joiner.roles[0], &pending)
            joined = PyList_New(size)
            for k in range(size):
                word = sentence[origins[k]] if origins[k] >= 0 else self.words[ids[k]]
                Py_INCREF(word)
                PyList_SET_ITEM(joined, k, word)
            return joined
        finally:
            free(keys)


cdef class NgramHasher:
    """Finds the rows of the n-grams of words; a word is a str, or bytes of UTF-8.

    With hash_count 0 the rows are fastText's, else floret's (see csrc/text_ngrams.h).
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
