"""Turn texts into vectors and labels, as fastText does (``csrc/text_lines.h``, ``text_means.h``, ``text_labels.h``).

:mod:`embed.vectors.classifier` describes what goes in and what comes out.
"""

from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from embed.text._words cimport (
    TEXT_MAX_WORDS,
    TEXT_OK,
    check,
    seed_hashes,
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


cdef extern from "text_lines.h" nogil:
    const int32_t TEXT_NO_BUCKET
    const int TEXT_PRUNED, TEXT_NOT_STORED

    ctypedef struct text_dictionary:
        text_words table
        int32_t* entry_of
        int32_t words
        text_scheme scheme
        int word_ngrams
        int missing
        int32_t* keys
        int32_t* rows
        uint32_t mask
        const uint8_t* prefix
        int64_t prefix_length

    ctypedef struct text_line:
        int32_t* rows
        int64_t size
        int32_t* labels
        int64_t label_count

    void text_line_free(text_line* line)
    uint32_t text_bucket_slot(const text_dictionary* dictionary, int32_t bucket)
    int64_t text_entry_number(const text_dictionary* dictionary, const uint8_t* bytes, int64_t length)
    int text_add_word(const text_dictionary* dictionary, text_line* line, const uint8_t* bytes, int64_t length,
                      int64_t entry)
    int text_read_line(const text_dictionary* dictionary, text_line* line, const uint8_t* bytes, int64_t length,
                       int64_t* at, int broken)


cdef extern from "text_means.h" nogil:
    const int TEXT_CENTROIDS

    ctypedef struct text_matrix:
        int64_t rows
        int64_t dim
        const uint8_t* numbers
        int64_t stride
        const uint8_t* codes
        const uint8_t* centroids
        int64_t parts
        int64_t part_dim
        const uint8_t* norm_codes
        const uint8_t* norms

    void text_mean(const text_matrix* matrix, const int32_t* rows, int64_t count, float* mean)
    int text_add_unit(const float* vector, int64_t n, float* total)


cdef extern from "text_labels.h" nogil:
    const int TEXT_SOFTMAX, TEXT_SIGMOIDS, TEXT_TREE

    ctypedef struct text_choice:
        float score
        int32_t label

    ctypedef struct text_scorer:
        int32_t labels
        int64_t dim
        const float* output
        int kind
        const int32_t* left
        const int32_t* right

    void text_fill_sigmoids(text_scorer* scorer)
    int64_t text_best_labels(const text_scorer* scorer, const float* vector, int64_t most, float threshold,
                             text_choice* heap, text_choice* stack, float* probabilities)


cdef extern from "<math.h>" nogil:
    float expf(float x)

KINDS = {"softmax": TEXT_SOFTMAX, "ova": TEXT_SIGMOIDS, "ns": TEXT_SIGMOIDS, "hs": TEXT_TREE}


cdef class Texts:
    """The dictionary and the input rows of a model: reads words and lines.

    Parameters
    ----------
    entries : list of bytes
        Words, then labels.
    words : int
    ngrams : (min_n, max_n), or None
    buckets, word_ngrams : int
    kept : int32[k] or None, kept_rows : int32[k]
        The buckets that have a row, and the row of each behind those of the words; None: every bucket.
    is_pruned : bool
        Whether other buckets are left out of a mean; else they count as zeros.
    prefix : bytes
        The beginning of a label.
    dim : int
    numbers : uint8[rows, dim * 4] or None
        The rows as float32 in bytes; rows may have a gap between them.
    quantised : tuple or None
        Codes, uint8[rows, parts]; centroids, uint8[256 * dim * 4]; the numbers of a part; codes and centroids of
        lengths, uint8[rows] and uint8[256 * 4], or None and None.
    """

    cdef text_dictionary dictionary
    cdef text_matrix matrix
    cdef object held

    def __cinit__(self, list entries not None, int32_t words, ngrams, uint32_t buckets, int word_ngrams, kept,
                  kept_rows, is_pruned, bytes prefix not None, int64_t dim, numbers, quantised):
        self.held = prefix, numbers, quantised
        cdef text_dictionary* dictionary = &self.dictionary
        check(text_words_init(&dictionary.table, TEXT_MAX_WORDS))
        dictionary.words = words
        dictionary.word_ngrams = word_ngrams if buckets else 1
        min_n, max_n = ngrams or (1, 0)
        dictionary.scheme = text_scheme(min_n, max_n if buckets else 0, buckets, 0, 0)
        dictionary.prefix = prefix
        dictionary.prefix_length = len(prefix)
        self._add_entries(entries)
        self._set_matrix(dim, numbers, quantised)
        cdef bint has_ngrams = dictionary.scheme.max_n > 0 or dictionary.word_ngrams > 1
        cdef int64_t rows = words
        if kept is not None:
            dictionary.missing = TEXT_PRUNED if is_pruned else TEXT_NOT_STORED
            self._add_buckets(kept, kept_rows)
            rows += len(kept)
        elif has_ngrams:
            rows += buckets
        if rows > self.matrix.rows or rows > INT32_MAX or words > len(entries):
            raise ValueError("the matrix must have a row for each word and bucket")

    cdef int _add_entries(self, list entries) except -1:
        cdef text_words* table = &self.dictionary.table
        cdef text_key key
        cdef int64_t found, known
        cdef Py_ssize_t k
        cdef bytes entry
        self.dictionary.entry_of = <int32_t*>malloc(max(1, len(entries)) * sizeof(int32_t))
        if self.dictionary.entry_of == NULL:
            raise MemoryError("not enough memory for the vocabulary")
        for k in range(len(entries)):
            entry = entries[k]
            key = text_key_alone(<const uint8_t*><const char*>entry, len(entry))
            known = table.size
            found = text_words_id(table, &key)
            check(<int>found if found < 0 else TEXT_OK)
            if found == known:  # of duplicates, the first is found
                self.dictionary.entry_of[found] = <int32_t>k
        return 0

    cdef int _add_buckets(self, const int32_t[::1] kept, const int32_t[::1] rows) except -1:
        cdef text_dictionary* dictionary = &self.dictionary
        cdef uint64_t slots = 16
        cdef uint32_t at
        cdef Py_ssize_t k
        while slots < 2 * <uint64_t>kept.shape[0]:
            slots *= 2
        dictionary.mask = <uint32_t>(slots - 1)
        dictionary.keys = <int32_t*>malloc(slots * sizeof(int32_t))
        dictionary.rows = <int32_t*>malloc(slots * sizeof(int32_t))
        if dictionary.keys == NULL or dictionary.rows == NULL:
            raise MemoryError("not enough memory for the n-grams")
        for k in range(<Py_ssize_t>slots):
            dictionary.keys[k] = TEXT_NO_BUCKET
        for k in range(kept.shape[0]):
            if not (kept[k] >= 0 and 0 <= rows[k] < self.matrix.rows - dictionary.words):
                raise ValueError("a bucket or its row is out of range")
            at = text_bucket_slot(dictionary, kept[k])
            dictionary.keys[at] = kept[k]
            dictionary.rows[at] = rows[k]
        return 0

    cdef int _set_matrix(self, int64_t dim, const uint8_t[:, :] numbers, quantised) except -1:
        cdef text_matrix* matrix = &self.matrix
        cdef const uint8_t[:, ::1] codes
        cdef const uint8_t[::1] centroids, norm_codes, norms
        matrix.dim = dim
        if numbers is not None:
            if not numbers.shape[0] or numbers.shape[1] != dim * <int64_t>sizeof(float) or numbers.strides[1] != 1:
                raise ValueError("the matrix must have rows of dim numbers")
            matrix.rows, matrix.stride = numbers.shape[0], numbers.strides[0]
            matrix.numbers = &numbers[0, 0]
            return 0
        codes, centroids, part_dim, norm_codes, norms = quantised
        matrix.part_dim = part_dim
        matrix.rows, matrix.parts = codes.shape[0], codes.shape[1]
        if (centroids.shape[0] != TEXT_CENTROIDS * dim * <int64_t>sizeof(float) or not matrix.rows
                or matrix.parts != (dim + matrix.part_dim - 1) // matrix.part_dim):
            raise ValueError("the quantiser does not fit the matrix")
        matrix.codes = &codes[0, 0]
        matrix.centroids = &centroids[0]
        if norm_codes is not None:
            if norm_codes.shape[0] != matrix.rows or norms.shape[0] != TEXT_CENTROIDS * <int64_t>sizeof(float):
                raise ValueError("the lengths do not fit the matrix")
            matrix.norm_codes = &norm_codes[0]
            matrix.norms = &norms[0]
        return 0

    def __dealloc__(self):
        text_words_free(&self.dictionary.table)
        free(self.dictionary.entry_of)
        free(self.dictionary.keys)
        free(self.dictionary.rows)

    def entry(self, bytes word not None):
        """Return the number of a word or label, or -1."""
        return text_entry_number(&self.dictionary, word, len(word))

    def word(self, bytes word not None):
        """Return the mean of the rows of a word, float32[dim]."""
        cdef float[::1] mean = np.empty(self.matrix.dim, np.float32)
        cdef text_line line
        memset(&line, 0, sizeof(text_line))
        try:
            self._mean_of(word, len(word), &line, &mean[0])
        finally:
            text_line_free(&line)
        return mean.base

    def units(self, list words not None):
        """Return the mean of the vectors of words divided by their lengths, float32[dim], zeros left out."""
        cdef float[::1] total = np.zeros(self.matrix.dim, np.float32)
        cdef float[::1] mean = np.empty(self.matrix.dim, np.float32)
        cdef text_line line
        cdef int64_t count = 0, d
        cdef bytes word
        memset(&line, 0, sizeof(text_line))
        try:
            for word in words:
                self._mean_of(word, len(word), &line, &mean[0])
                count += text_add_unit(&mean[0], self.matrix.dim, &total[0])
        finally:
            text_line_free(&line)
        for d in range(self.matrix.dim):
            total[d] *= <float>(1.0 / max(1, count))
        return total.base

    def line(self, bytes text not None):
        """Return the mean of the rows of a line, float32[dim], which a line break follows."""
        cdef float[::1] mean = np.empty(self.matrix.dim, np.float32)
        cdef text_line line
        cdef int64_t at = 0
        memset(&line, 0, sizeof(text_line))
        try:
            check(text_read_line(&self.dictionary, &line, text, len(text), &at, 1))
            text_mean(&self.matrix, line.rows, line.size, &mean[0])
        finally:
            text_line_free(&line)
        return mean.base

    def labels_of_lines(self, bytes text not None):
        """Return the lines of a text that have rows and labels: begins, ends int64[n], offsets int64[n + 1], labels."""
        cdef text_line line
        cdef int64_t at = 0, start
        cdef list begins = [], ends = [], offsets = [0], labels = []
        memset(&line, 0, sizeof(text_line))
        try:
            while at < len(text):
                start = at
                check(text_read_line(&self.dictionary, &line, text, len(text), &at, 0))
                if line.size and line.label_count:
                    begins.append(start)
                    ends.append(at)
                    labels.extend([line.labels[k] for k in range(line.label_count)])
                    offsets.append(len(labels))
        finally:
            text_line_free(&line)
        return (np.array(begins, np.int64), np.array(ends, np.int64), np.array(offsets, np.int64),
                np.array(labels, np.int32))

    cdef int _mean_of(self, const uint8_t* word, int64_t length, text_line* line, float* mean) except -1:
        cdef int64_t entry = text_entry_number(&self.dictionary, word, length)
        line.size = 0
        check(text_add_word(&self.dictionary, line, word, length, entry))
        text_mean(&self.matrix, line.rows, line.size, mean)
        return 0


cdef class Scorer:
    """The output rows of a classifier, float32[labels, dim], and how they give probabilities: a word of `KINDS`."""

    cdef text_scorer scorer
    cdef int32_t[::1] left, right
    cdef object held

    def __cinit__(self, const float[:, ::1] output not None, kind, const int64_t[::1] counts not None):
        if not output.shape[0] or not output.shape[1] or counts.shape[0] != output.shape[0]:
            raise ValueError("there must be labels, with a count each")
        self.held = output
        self.scorer.labels = output.shape[0]
        self.scorer.dim = output.shape[1]
        self.scorer.output = &output[0, 0]
        self.scorer.kind = KINDS[kind]
        text_fill_sigmoids(&self.scorer)
        if self.scorer.kind == TEXT_TREE:
            self.left, self.right = tree_sides(counts)
            self.scorer.left, self.scorer.right = &self.left[0], &self.right[0]


def tree_sides(const int64_t[::1] counts not None):
    """Return the left and right child of each node of fastText's tree, int32[2 * labels - 1]; leaves come first.

    The two lightest nodes are joined until one is left, a leaf only if it is lighter than every inner node.
    """
    cdef int32_t labels = counts.shape[0]
    cdef int32_t leaf = labels - 1, inner = labels, node, k, side
    cdef int32_t[2] chosen
    cdef int32_t[::1] left = np.zeros(2 * labels - 1, np.int32), right = np.zeros(2 * labels - 1, np.int32)
    cdef uint64_t[::1] weights = np.zeros(2 * labels - 1, np.uint64)
    for k in range(labels):
        weights[k] = counts[k]
    for node in range(labels, 2 * labels - 1):
        for side in range(2):
            if leaf >= 0 and (inner >= node or weights[leaf] < weights[inner]):
                chosen[side] = leaf
                leaf -= 1
            else:
                chosen[side] = inner
                inner += 1
        left[node], right[node] = chosen[0], chosen[1]
        weights[node] = weights[chosen[0]] + weights[chosen[1]]
    return left.base, right.base


cdef class _Work:
    """The memory that the prediction of one line needs."""

    cdef text_line line
    cdef float* mean
    cdef float* probabilities
    cdef text_choice* heap
    cdef text_choice* stack

    def __cinit__(self, Scorer scorer not None, int32_t most):
        cdef size_t labels = scorer.scorer.labels
        self.mean = <float*>malloc(scorer.scorer.dim * sizeof(float))
        self.heap = <text_choice*>malloc((most + 1) * sizeof(text_choice))
        self.probabilities = <float*>malloc(labels * sizeof(float))
        self.stack = <text_choice*>malloc((labels + 1) * sizeof(text_choice))
        if self.mean == NULL or self.heap == NULL or self.probabilities == NULL or self.stack == NULL:
            raise MemoryError("not enough memory to predict")

    def __dealloc__(self):
        free(self.mean)
        free(self.heap)
        free(self.probabilities)
        free(self.stack)
        text_line_free(&self.line)


cdef int64_t _best(Texts texts, Scorer scorer, _Work work, const uint8_t* text, int64_t length, int32_t most,
                   float threshold, bint broken) noexcept nogil:
    """Fill the heap with the best labels of a line; return their number, or a negative error."""
    cdef int64_t at = 0
    cdef int status = text_read_line(&texts.dictionary, &work.line, text, length, &at, broken)
    if status != TEXT_OK or not work.line.size:
        return status
    text_mean(&texts.matrix, work.line.rows, work.line.size, work.mean)
    return text_best_labels(&scorer.scorer, work.mean, most, threshold, work.heap, work.stack, work.probabilities)


cdef int32_t _most(Texts texts, Scorer scorer, int32_t k) except -1:
    if k < 1 or texts.matrix.dim != scorer.scorer.dim:
        raise ValueError("k must be at least 1, and both sides must have the same dim")
    return min(k, scorer.scorer.labels)


def predict_line(Texts texts not None, Scorer scorer not None, bytes line not None, int32_t k, float threshold):
    """Return the numbers of the best labels of a line, which a line break follows, and their probabilities: lists."""
    cdef int32_t most = _most(texts, scorer, k)
    cdef _Work work = _Work(scorer, most)
    cdef int64_t size = _best(texts, scorer, work, line, len(line), most, threshold, 1)
    check(<int>size if size < 0 else TEXT_OK)
    return [work.heap[k].label for k in range(size)], [expf(work.heap[k].score) for k in range(size)]


def predict(Texts texts not None, Scorer scorer not None, list lines not None, int32_t k, float threshold, bint broken):
    """Return the best labels of each line, the best first.

    Parameters
    ----------
    texts, scorer : Texts and Scorer, of the same dim
    lines : list of bytes
    k : int
        The most labels, at least 1.
    threshold : float
        The least probability.
    broken : bool
        Whether a line break follows each line.

    Returns
    -------
    counts : int64[n]
        Labels of each line.
    labels : int32[n, k]
    probabilities : float32[n, k]
    """
    cdef Py_ssize_t n = len(lines), i
    cdef int32_t most = _most(texts, scorer, k), j
    cdef _Work work = _Work(scorer, most)
    cdef int64_t[::1] counts = np.zeros(n, np.int64)
    cdef int32_t[:, ::1] labels = np.zeros((n, most), np.int32)
    cdef float[:, ::1] probabilities = np.zeros((n, most), np.float32)
    cdef const uint8_t** starts = <const uint8_t**>malloc(max(1, n) * sizeof(void*))
    cdef int64_t* lengths = <int64_t*>malloc(max(1, n) * sizeof(int64_t))
    cdef bytes line
    cdef int64_t size = 0
    try:
        if starts == NULL or lengths == NULL:
            raise MemoryError("not enough memory to predict")
        for i in range(n):
            line = lines[i]  # the list keeps it
            starts[i] = line
            lengths[i] = len(line)
        with nogil:
            for i in range(n):
                size = _best(texts, scorer, work, starts[i], lengths[i], most, threshold, broken)
                if size < 0:
                    break
                counts[i] = size
                for j in range(<int32_t>size):
                    labels[i, j] = work.heap[j].label
                    probabilities[i, j] = expf(work.heap[j].score)
        check(<int>size if size < 0 else TEXT_OK)
    finally:
        free(starts)
        free(lengths)
    return counts.base, labels.base, probabilities.base
