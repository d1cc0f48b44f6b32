"""Read lines of words and labels as fastText does, and find the input rows of each line.

A line is cut at white space and at NUL; a line break is the word ``</s>``, which ends the line (``csrc/text_lines.h``
says the same of a line to predict). :mod:`embed.documents.labelled` describes what comes out.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free

from embed.text._words cimport (
    TEXT_MAX_WORDS,
    TEXT_OK,
    check,
    seed_hashes,
    text_entry,
    text_entry_bytes,
    text_key,
    text_key_alone,
    text_words,
    text_words_free,
    text_words_id,
    text_words_init,
)

import os

import numpy as np

seed_hashes(os.urandom)


cdef extern from "text_ngrams.h" nogil:
    ctypedef struct text_scheme:
        int min_n
        int max_n
        uint32_t buckets
        int hash_count
        uint32_t hash_seed

    const uint32_t TEXT_FNV_OFFSET
    uint32_t text_fnv(uint32_t hash, uint8_t byte)


cdef extern from "text_lines.h" nogil:
    const uint64_t TEXT_WORD_NGRAM_FACTOR
    const uint8_t* text_end_of_sentence
    int text_is_gap(uint8_t byte)
    int text_is_end(const uint8_t* bytes, int64_t length)
    int text_reserve_numbers(int32_t** items, int64_t* capacity, int64_t size, int64_t more)
    int text_reserve(void** items, int64_t* capacity, int64_t size, int64_t more, size_t width)


cdef enum:
    _END_LENGTH = 4


cdef object _int32s(const int32_t* numbers, int64_t size):
    """Return a copy of some numbers, int32[size]."""
    return np.array(<const int32_t[:size]>numbers) if size else np.empty(0, np.int32)


cdef class TokenPart:
    """Lines and words of a part of a text, for `join_tokens`.

    Parameters
    ----------
    text : uint8[n]
        Whole lines, but for the end of the text.
    """

    cdef const uint8_t[::1] text
    cdef text_words table
    cdef int32_t* ids           # [size]
    cdef int64_t* ends          # [lines] the tokens up to the end of each line
    cdef int64_t size, lines, begin

    def __cinit__(self, const uint8_t[::1] text not None):
        self.text = text
        check(text_words_init(&self.table, TEXT_MAX_WORDS))

    def __dealloc__(self):
        text_words_free(&self.table)
        free(self.ids)
        free(self.ends)

    def read(self):
        """Split the part into lines and words, without the interpreter lock."""
        cdef int status
        with nogil:
            status = self._read()
        check(status)

    cdef int _read(self) noexcept nogil:
        cdef int64_t capacity = 0, end_capacity = 0, at = 0, length = self.text.shape[0], found, letters
        cdef const uint8_t* bytes = &self.text[0] if length else NULL
        cdef const uint8_t* word
        cdef text_key key
        cdef int status = TEXT_OK
        while status == TEXT_OK:
            while at < length and bytes[at] != b"\n" and text_is_gap(bytes[at]):
                at += 1
            if at >= length:
                break
            word, letters = bytes + at, 0
            if bytes[at] == b"\n":
                word, letters = text_end_of_sentence, _END_LENGTH
                at += 1
            else:
                while at < length and not text_is_gap(bytes[at]):
                    at += 1
                letters = bytes + at - word
            key = text_key_alone(word, letters)
            found = text_words_id(&self.table, &key)
            if found < 0:
                return <int>found
            self.table.counts[found] += 1
            status = text_reserve_numbers(&self.ids, &capacity, self.size, 1)
            if status != TEXT_OK:
                break
            self.ids[self.size] = <int32_t>found
            self.size += 1
            if text_is_end(word, letters):
                status = text_reserve(<void**>&self.ends, &end_capacity, self.lines, 1, sizeof(int64_t))
                if status == TEXT_OK:
                    self.ends[self.lines] = self.size
                    self.lines += 1
                    self.begin = self.size
        return status


cdef int _join(text_words* table, TokenPart part, int32_t* ids) noexcept nogil:
    """Add the words of a part to the table of the parts before it, and write its ids there, int32[part.size]."""
    cdef int64_t word, found, i
    cdef int32_t* ids_there = NULL
    cdef int64_t capacity = 0
    cdef text_entry* entry
    cdef text_key key
    cdef int status = text_reserve_numbers(&ids_there, &capacity, 0, part.table.size)
    for word in range(part.table.size):
        if status != TEXT_OK:
            break
        entry = part.table.entries + word
        key = text_key_alone(text_entry_bytes(&part.table, entry), entry.length)
        found = text_words_id(table, &key)
        if found < 0:
            status = <int>found
            break
        table.counts[found] += part.table.counts[word]
        ids_there[word] = <int32_t>found
    if status == TEXT_OK:
        for i in range(part.size):
            ids[i] = ids_there[part.ids[i]]
    free(ids_there)
    return status


def join_tokens(list parts not None):
    """Join the parts of a text, which have been read; the first of them is of no use afterwards.

    Parameters
    ----------
    parts : list of TokenPart
        At least one, in the order of the text.

    Returns
    -------
    words : list of bytes
        Words and labels, in the order of first occurrence; ``</s>`` stands for each line break.
    counts : int64[W]
    ids : int32[N]
        The word of each token.
    offsets : int64[S + 1]
        The tokens of line s are ``ids[offsets[s]:offsets[s + 1]]``.
    """
    cdef TokenPart part, first_part = parts[0], last_part = parts[len(parts) - 1]
    cdef text_words* table = &first_part.table
    cdef int64_t size = 0, lines = 0, found, k
    cdef int status = TEXT_OK
    cdef bint is_first
    for part in parts:
        size += part.size
        lines += part.lines
    cdef int32_t[::1] ids = np.empty(size, np.int32)
    cdef int64_t[::1] offsets = np.empty(1 + lines + (last_part.begin < last_part.size), np.int64)
    size = lines = 0
    offsets[0] = 0
    for part in parts:
        is_first = part is first_part
        with nogil:
            if is_first:
                for k in range(part.size):
                    ids[k] = part.ids[k]
            elif part.size:
                status = _join(table, part, &ids[size])
            for k in range(part.lines):
                offsets[1 + lines + k] = size + part.ends[k]
        check(status)
        size += part.size
        lines += part.lines
    offsets[offsets.shape[0] - 1] = size
    words = [
        PyBytes_FromStringAndSize(<const char*>text_entry_bytes(table, table.entries + found),
                                  table.entries[found].length)
        for found in range(table.size)
    ]
    counts = np.array(<const int64_t[:table.size]>table.counts) if table.size else np.empty(0, np.int64)
    return words, counts, ids.base, offsets.base


def word_hashes(list words not None):
    """Return the hash of each word that n-grams of words are made of, int32[W]."""
    cdef int32_t[::1] hashes = np.empty(len(words), np.int32)
    cdef Py_ssize_t k, j
    cdef bytes word
    cdef uint32_t hash
    for k in range(len(words)):
        word = words[k]
        hash = TEXT_FNV_OFFSET
        for j in range(len(word)):
            hash = text_fnv(hash, <uint8_t>word[j])
        hashes[k] = <int32_t>hash
    return hashes.base


cdef class _Lines:
    """The distinct rows of lines, while they are found."""

    cdef int32_t* rows
    cdef int32_t* counts
    cdef int64_t size, capacity, count_capacity
    cdef int32_t[::1] seen, place

    def __cinit__(self, int64_t limit):
        # of each row: one more than the last line that has it, and where in that line
        self.seen, self.place = np.zeros(limit, np.int32), np.zeros(limit, np.int32)

    def __dealloc__(self):
        free(self.rows)
        free(self.counts)

    cdef inline int add(self, int32_t row, int32_t line, int64_t first) noexcept nogil:
        """Count a row of a line whose rows begin at `first`."""
        if self.seen[row] == line:
            self.counts[first + self.place[row]] += 1
            return TEXT_OK
        if (text_reserve_numbers(&self.rows, &self.capacity, self.size, 1) != TEXT_OK
                or text_reserve_numbers(&self.counts, &self.count_capacity, self.size, 1) != TEXT_OK):
            return -1
        self.seen[row], self.place[row] = line, <int32_t>(self.size - first)
        self.rows[self.size], self.counts[self.size] = row, 1
        self.size += 1
        return TEXT_OK

    cdef inline void forget(self, int64_t first) noexcept nogil:
        """Drop the rows of the last line, which has no label."""
        cdef int64_t k
        for k in range(first, self.size):
            self.seen[self.rows[k]] = 0
        self.size = first


def line_rows(const int32_t[::1] ids not None, const int64_t[::1] offsets not None,
              const int32_t[::1] entry_of not None, int32_t words, const int64_t[::1] ngram_offsets not None,
              const int32_t[::1] ngram_rows not None, const int32_t[::1] hashes, int word_ngrams, int32_t buckets):
    """Find the rows and labels of each line that has both.

    Parameters
    ----------
    ids, offsets : int32[N], int64[S + 1]
        What `join_tokens` returns.
    entry_of : int32[W]
        The number of each word or, after the words, label; -1 for a word that was dropped, -2 for such a label.
    words : int
        The words that are left.
    ngram_offsets, ngram_rows : int64[W + 1], int32[m]
        The buckets of the n-grams of each word.
    hashes : int32[W] or None
        See `word_hashes`; for n-grams of words.
    word_ngrams, buckets : int

    Returns
    -------
    offsets, rows, counts : int64[E + 1], int32[M], int32[M]
        The distinct rows of each line in the order of first occurrence, buckets after the words, and how often each
        occurs.
    label_offsets, labels : int64[E + 1], int32[G]
    often : uint8[words + buckets]
        Whether no line (0), one line (1), or several (2) have each row.
    """
    cdef int64_t limit = <int64_t>words + buckets
    cdef _Lines lines = _Lines(limit)
    cdef int32_t* labels = NULL
    cdef int32_t* line_hashes = NULL
    cdef int64_t capacity = 0, label_count = 0, hash_capacity = 0, hash_count
    cdef int64_t s, at, k, j, first, first_label
    cdef int32_t entry, line = 1
    cdef uint64_t hash
    cdef int status = TEXT_OK
    cdef int64_t[::1] ends = np.zeros(offsets.shape[0], np.int64)
    cdef int64_t[::1] label_ends = np.zeros(offsets.shape[0], np.int64)
    cdef uint8_t[::1] often = np.zeros(limit, np.uint8)
    if offsets.shape[0] >= INT32_MAX or limit > INT32_MAX:
        raise OverflowError("there are too many lines, or words and buckets")
    try:
        with nogil:
            for s in range(offsets.shape[0] - 1):
                first, first_label, hash_count = lines.size, label_count, 0
                for at in range(offsets[s], offsets[s + 1]):
                    entry = entry_of[ids[at]]
                    if entry >= words:
                        status |= text_reserve_numbers(&labels, &capacity, label_count, 1)
                        if status != TEXT_OK:
                            break
                        labels[label_count] = entry - words
                        label_count += 1
                        continue
                    if entry < -1:
                        continue
                    if entry >= 0:
                        status |= lines.add(entry, line, first)
                    for k in range(ngram_offsets[ids[at]], ngram_offsets[ids[at] + 1]):
                        status |= lines.add(words + ngram_rows[k], line, first)
                    if word_ngrams > 1:
                        status |= text_reserve_numbers(&line_hashes, &hash_capacity, hash_count, 1)
                        if status == TEXT_OK:
                            line_hashes[hash_count] = hashes[ids[at]]
                            hash_count += 1
                    if status != TEXT_OK:
                        break
                if status != TEXT_OK:
                    break
                for k in range(hash_count):
                    hash = <uint64_t><int64_t>line_hashes[k]
                    for j in range(k + 1, min(hash_count, k + word_ngrams)):
                        hash = hash * TEXT_WORD_NGRAM_FACTOR + <uint64_t><int64_t>line_hashes[j]
                        status |= lines.add(words + <int32_t>(hash % <uint64_t>buckets), line, first)
                if label_count > first_label and lines.size > first:
                    ends[line], label_ends[line] = lines.size, label_count
                    line += 1
                else:
                    lines.forget(first)
                    label_count = first_label
            for k in range(lines.size):
                often[lines.rows[k]] = min(2, often[lines.rows[k]] + 1)
        check(status)
        return (ends.base[:line].copy(), _int32s(lines.rows, lines.size), _int32s(lines.counts, lines.size),
                label_ends.base[:line].copy(), _int32s(labels, label_count), often.base)
    finally:
        free(labels)
        free(line_hashes)


def fold_single_rows(const int64_t[::1] offsets not None, int32_t[::1] rows not None, float[::1] weights not None,
                     const int32_t[::1] place not None, int32_t first_own):
    """Replace the rows that only one line has by a row of that line, in place.

    Such rows v_j, of weights w_j, move together: they stay at w_j / q times one row o of weight q = sqrt(sum w_j^2) if
    they begin there, since sum w_j v_j = q o, and each step that moves o by q e moves v_j by w_j e.

    Parameters
    ----------
    offsets, rows, weights : int64[E + 1], int32[M], float32[M]
    place : int32[R]
        The new number of each row, or -1 for a row that only one line has.
    first_own : int
        The number of the first row of a line.

    Returns
    -------
    offsets : int64[E + 1]
        Of what is left of `rows` and `weights`.
    single, owner, share : int32[k], int32[k], float32[k]
        Each row that only one line has, the row that replaces it, and its factor w_j / q.
    """
    cdef int64_t e, k, kept = 0, singles = 0
    cdef int32_t own = first_own
    cdef double squares
    cdef int64_t[::1] ends = np.zeros(offsets.shape[0], np.int64)
    cdef int64_t count = 0, i
    for k in range(rows.shape[0]):
        count += place[rows[k]] < 0
    cdef int32_t[::1] single = np.empty(count, np.int32), owner = np.empty(count, np.int32)
    cdef float[::1] share = np.empty(count, np.float32)
    with nogil:
        for e in range(offsets.shape[0] - 1):
            squares, i = 0, singles
            for k in range(offsets[e], offsets[e + 1]):
                if place[rows[k]] < 0:
                    single[singles], owner[singles], share[singles] = rows[k], own, weights[k]
                    squares += weights[k] * weights[k]
                    singles += 1
                else:
                    rows[kept], weights[kept] = place[rows[k]], weights[k]
                    kept += 1
            if singles > i:
                rows[kept], weights[kept] = own, <float>(squares ** 0.5)
                for k in range(i, singles):
                    share[k] /= weights[kept]
                kept += 1
                own += 1
            ends[e + 1] = kept
    return ends.base, single.base, owner.base, share.base
