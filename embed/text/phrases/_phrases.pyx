"""Count pairs of neighbouring ids, and join phrases into one id.

:mod:`embed.text.phrases.phrase_model` decides which pairs are phrases; ``csrc/text_phrases.h`` counts in bounded memory
and joins in place. Sentences of str, which have no ids, are joined with a table of the words in phrases.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from cpython.exc cimport PyErr_Clear, PyErr_ExceptionMatches
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF

from embed.text._words cimport (
    TEXT_MAX_WORDS,
    check,
    id_of,
    seed_hashes,
    text_key,
    text_key_alone,
    text_words,
    text_words_free,
    text_words_init,
)

import os

import numpy as np

seed_hashes(os.urandom)


cdef extern from "Python.h":
    const char* utf8_or_null "PyUnicode_AsUTF8AndSize"(object text, Py_ssize_t* size)


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
    int phrase_join_pairs(phrase_walker* walker, const uint32_t* pairs, int64_t n, const int32_t* ids,
                          const int32_t* nodes, int64_t error)
    const int PHRASE_GONE
    const int PHRASE_FIRST
    const int PHRASE_LAST

    int64_t phrase_join(phrase_walker* walker, int32_t* ids, int32_t* origins, int64_t n, const uint8_t* roles,
                        int64_t* pending)
    void phrase_ids(const text_words* words, const text_key* keys, int64_t n, int32_t unknown, int32_t* ids)
    void phrase_prefetch_word(const text_words* words, const text_key* key)

GONE_ROLE = PHRASE_GONE


cdef int _check_ids(const int32_t[::1] ids, const uint8_t[::1] connectors) except -1:
    cdef Py_ssize_t k
    for k in range(ids.shape[0]):
        if (ids[k] & 0x7fffffff) >= connectors.shape[0]:
            raise IndexError("an id is out of range")
    return 0


cdef class PairCounter:
    """Counts neighbouring pairs of ids in bounded memory (see csrc/text_phrases.h)."""

    cdef phrase_walker walker

    def __cinit__(self, int64_t max_pairs):
        check(phrase_walker_init(&self.walker, max_pairs))

    def __dealloc__(self):
        phrase_walker_free(&self.walker)

    def count(self, const int32_t[::1] ids not None, const uint8_t[::1] connectors not None):
        """Count the pairs of the next ids, the sign bit starting a sentence; connectors, uint8[V], is 1 for connectors.

        A word of role GONE_ROLE stands for unknown words and belongs to no pair.
        """
        cdef int status
        cdef int64_t n = ids.shape[0]
        _check_ids(ids, connectors)
        if n:
            with nogil:
                status = phrase_count(&self.walker, &ids[0], n, &connectors[0])
            check(status)

    def pairs(self, int64_t min_count):
        """Return (left, right, between, count), int64[n, 4], of the pairs that occur at least `min_count` times."""
        cdef phrase_pair* slot
        cdef uint64_t k
        cdef int64_t n = 0
        check(phrase_flush(&self.walker))
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
        """Return the sequences of connectors as {node: (previous node, connector)}; node 0 is the empty sequence."""
        cdef phrase_table* table = &self.walker.links
        return {
            table.slots[k].value: (table.slots[k].left, table.slots[k].right)
            for k in range(table.mask + 1)
            if table.slots[k].value
        }

    def table(self):
        """Return all pairs as (left, right, between, count), uint32[n, 4], and the links, int32[m, 2].

        Link i is node i + 1: its previous node and its connector.
        """
        cdef phrase_pair* slot
        cdef uint64_t k
        cdef int64_t n = 0
        check(phrase_flush(&self.walker))
        cdef uint32_t[:, ::1] pairs = np.empty((self.walker.pairs.size, 4), np.uint32)
        cdef int32_t[:, ::1] links = np.empty((self.walker.links.size, 2), np.int32)
        for k in range(self.walker.pairs.mask + 1):
            slot = self.walker.pairs.slots + k
            if slot.value:
                pairs[n, 0], pairs[n, 1], pairs[n, 2], pairs[n, 3] = slot.left, slot.right, slot.between, slot.value
                n += 1
        for k in range(self.walker.links.mask + 1):
            slot = self.walker.links.slots + k
            if slot.value:
                links[slot.value - 1, 0], links[slot.value - 1, 1] = slot.left, slot.right
        return pairs.base, links.base

    def join(self, const uint32_t[:, ::1] pairs not None, const int32_t[:, ::1] links not None,
             const int32_t[::1] ids not None, int64_t error):
        """Add the `table` and the `error` of a counter of another part of the text, whose words are `ids` here."""
        cdef int status
        cdef int64_t n = pairs.shape[0], k
        cdef int32_t[::1] nodes = np.zeros(links.shape[0] + 1, np.int32)
        check(phrase_flush(&self.walker))
        for k in range(links.shape[0]):
            if not (0 <= links[k, 0] <= k and 0 <= links[k, 1] < ids.shape[0]):
                raise IndexError("a link is out of range")
            if links[k, 0] == 0 or nodes[links[k, 0]]:
                nodes[k + 1] = phrase_make_link(&self.walker, nodes[links[k, 0]], ids[links[k, 1]])
                check(min(nodes[k + 1], 0))
        for k in range(n):
            if pairs[k, 0] >= ids.shape[0] or pairs[k, 1] >= ids.shape[0] or pairs[k, 2] >= nodes.shape[0]:
                raise IndexError("a pair is out of range")
        if n:
            with nogil:
                status = phrase_join_pairs(&self.walker, &pairs[0, 0], n, &ids[0], &nodes[0], error)
            check(status)

    def __len__(self):
        """Return the number of distinct pairs in the table."""
        check(phrase_flush(&self.walker))
        return self.walker.pairs.size

    @property
    def error(self):
        """How much too low a count may be."""
        return self.walker.error


cdef class PhraseJoiner:
    """Joins phrases in blocks of ids (see csrc/text_phrases.h).

    phrases are tuples (left, tuple of connectors, right) of ids; joined, int32[n], are the ids of the joined phrases;
    connectors, uint8[V], is 1 for connectors.
    """

    cdef phrase_walker walker
    cdef uint8_t[::1] roles

    def __cinit__(self, list phrases not None, const int32_t[::1] joined not None,
                  const uint8_t[::1] connectors not None):
        cdef int32_t between
        cdef phrase_pair pair
        cdef phrase_pair* slot
        self.roles = np.array(connectors)
        check(phrase_walker_init(&self.walker, 0))
        if len(phrases) != joined.shape[0]:
            raise ValueError("each phrase needs a joined id")
        for k, (left, connectors_between, right) in enumerate(phrases):
            if not (0 <= left < connectors.shape[0] and 0 <= right < connectors.shape[0]):
                raise IndexError("an id is out of range")
            between = 0
            for connector in connectors_between:
                between = phrase_make_link(&self.walker, between, connector)
                if between <= 0:
                    raise OverflowError("too many sequences of connector words")
            pair = phrase_pair(left, right, between, <uint32_t>joined[k] + 1)
            slot = phrase_find(&self.walker.pairs, pair.left, pair.right, pair.between)
            if slot.value == 0:
                check(phrase_fill(&self.walker.pairs, slot, pair))
            self.roles[pair.left] |= PHRASE_FIRST
            self.roles[pair.right] |= PHRASE_LAST

    def __dealloc__(self):
        phrase_walker_free(&self.walker)

    def join(self, int32_t[::1] ids not None):
        """Join a block in place; return (ids left at its start, ids at their end that the next block must repeat)."""
        cdef int64_t n = ids.shape[0], written = 0, pending = 0
        _check_ids(ids, self.roles)
        if n:
            with nogil:
                written = phrase_join(&self.walker, &ids[0], NULL, n, &self.roles[0], &pending)
        return written, pending


cdef class WordJoiner:
    """Joins phrases in sentences of str, one PhraseJoiner after the other.

    words[id] is the word of each id, without repetition. The joiners know these ids and one more, which stands for all
    other words and belongs to no phrase.
    """

    cdef text_words table
    cdef list words, joiners

    def __cinit__(self, list words not None, list joiners not None):
        cdef PhraseJoiner joiner
        check(text_words_init(&self.table, TEXT_MAX_WORDS))
        for k, word in enumerate(words):
            if id_of(&self.table, word) != k:
                raise ValueError("duplicate word")
        for joiner in joiners:
            if joiner.roles.shape[0] != len(words) + 1:
                raise ValueError("a joiner must know the ids of all words, and the id of other words")
        self.words, self.joiners = words, joiners

    def __dealloc__(self):
        text_words_free(&self.table)

    def join(self, list sentence not None):
        """Join the phrases of a sentence; return a new list."""
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
                    PyErr_Clear()  # no phrase has a lone surrogate, so the word is unknown, like the empty word
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
