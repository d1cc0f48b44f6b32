"""Choose the senses of the words of a block by their surroundings, and learn from how the windows move them.

A position whose word has senses is trained in a copy of its own, the mixture of the word's senses: the vector of the
word plus the rows of the senses by their probabilities. These follow from the selectors of the senses and the context,
the words within reach (``csrc/kernels_senses.h``; docs/decisions/0038). What the windows have moved a copy by goes back
to the vector of the word and to the senses. The selectors learn how probable each sense is given the words around, by
their output rows, which is more than the context says. All of these are vectors like any other, so rounds, row factors
and n-grams need nothing else.

Rejected: a window that meets the rows of the senses one by one (K times the work, in all kernels).
"""

import cython
from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t, uint64_t

import numpy as np

from embed.engine._block_vectors cimport current_output_row
from embed.engine._kernels cimport EMBED_MOST_SENSES
from embed.engine._random cimport embed_block_stream, embed_epoch_key, embed_next, embed_scale

MOST_SENSES = EMBED_MOST_SENSES


def contexts_of(const int32_t[::1] ids, const int64_t[::1] offsets, const int64_t[::1] positions,
                const float[:, ::1] contexts, int64_t width, int64_t reach):
    """Return the contexts of some positions of a text, float32[n, width]: of length 1, or zeros without words around.

    Parameters
    ----------
    ids : int32[N]
        Words; -1 is none.
    offsets : int64[S + 1]
        The begin of each sentence in `ids`.
    positions : int64[n]
    contexts : float32[V, at least width]
        The context of a position is the direction of the sum of the rows of the words around it, in which a word at the
        distance t counts 1 / t.
    width : int
        Columns of `contexts` to use.
    reach : int
        How many positions to each side, within the sentence.
    """
    cdef float[:, ::1] found = np.zeros((positions.shape[0], width), dtype=np.float32)
    cdef const int64_t[::1] sentences = np.searchsorted(offsets, positions, "right") - 1
    cdef int64_t i, j, k, first, last
    cdef const float *row
    cdef float *sum
    cdef double squares
    cdef float scale
    with nogil:
        for i in range(positions.shape[0]):
            sum = &found[i, 0]
            first = max(positions[i] - reach, offsets[sentences[i]])
            last = min(positions[i] + reach + 1, offsets[sentences[i] + 1])
            for j in range(first, last):
                if j != positions[i] and ids[j] >= 0:
                    row = &contexts[ids[j], 0]
                    scale = 1 / <float> (j - positions[i] if j > positions[i] else positions[i] - j)
                    for k in range(width):
                        sum[k] += row[k] * scale
            squares = 0
            for k in range(width):
                squares += <double> sum[k] * sum[k]
            scale = <float> (1 / sqrt(squares)) if squares > 0 else 0
            for k in range(width):
                sum[k] *= scale
    return np.asarray(found)


def occurrences_of(const int32_t[::1] ids, const int32_t[::1] wanted, int64_t words, int64_t most, int64_t seed):
    """Draw occurrences of some words, each with the same probability (reservoir sampling, Vitter 1985, algorithm R).

    Parameters
    ----------
    ids : int32[N]
        Words of a text.
    wanted : int32[V]
        The number of each wanted word, from 0 to `words` - 1; -1 for any other word.
    words : int
    most : int
        Occurrences of a word.
    seed : int

    Returns
    -------
    int64[words, most]
        Positions in `ids`; those past the occurrences of a word are -1.
    """
    cdef int64_t[:, ::1] found = np.full((words, most), -1, dtype=np.int64)
    cdef int64_t[::1] seen = np.zeros(words, dtype=np.int64)
    cdef int64_t i, place
    cdef int32_t word
    cdef uint64_t fraction, stream = embed_block_stream(embed_epoch_key(<uint64_t> seed, 0), 0)
    with nogil:
        for i in range(ids.shape[0]):
            word = wanted[ids[i]]
            if word < 0:
                continue
            place = seen[word]
            seen[word] += 1
            if place >= most:
                place = <int64_t> embed_scale(embed_next(&stream), <uint64_t> seen[word], &fraction)
            if place < most:
                found[word, place] = i
    return np.asarray(found)


@cython.final
cdef class Senses:
    """The senses of words; :class:`embed.engine.problem.Senses` documents the arguments.

    Parameters
    ----------
    senses : embed.engine.problem.Senses or None
    rows : Rows
    most_positions : int
        Of a block.
    """

    def __init__(self, senses, Rows rows, int64_t most_positions):
        cdef int64_t n = most_positions, stride = rows.stride
        self.is_used = senses is not None
        if not self.is_used:
            return
        self.rows, self.kernels = rows, rows.kernels
        self.firsts, self.sizes, self.contexts = senses.firsts, senses.sizes, senses.contexts
        self.first, self.count = senses.first_vector, senses.count
        self.selector_rate = senses.selector_rate
        self._surroundings.reach = self._around.reach = senses.reach
        self._surroundings.width = self._around.width = <int> stride
        self._mixture.width = rows.width
        self._floats = Scratch(n * (4 * stride + 2 * EMBED_MOST_SENSES + 2) + 2 * senses.reach)
        self._now = self._floats.floats
        self._before = self._now + n * stride
        self._surroundings.contexts = self._before + n * stride
        self._around.contexts = self._surroundings.contexts + n * stride
        self._p = self._around.contexts + n * stride
        self._surplus = self._p + n * (EMBED_MOST_SENSES + 1)
        self._scales = self._surplus + n * EMBED_MOST_SENSES
        self._surroundings.near_weights = self._around.near_weights = self._scales + n
        self._surroundings.normalizes = True
        self._pointers = bytearray(sizeof(void *) * (2 * n + 2 * EMBED_MOST_SENSES + 1 + 2 * senses.reach))
        self._integers = bytearray(sizeof(int32_t) * 2 * n)
        cdef unsigned char[::1] pointers = self._pointers, integers = self._integers
        self._surroundings.rows = <float **> &pointers[0]
        self._mixture.senses = self._surroundings.rows + n + 1
        self._mixture.selectors = self._mixture.senses + EMBED_MOST_SENSES
        self._around.rows = self._mixture.selectors + EMBED_MOST_SENSES
        self._surroundings.near = self._around.near = self._around.rows + n
        self._surroundings.positions = self._around.positions = <int32_t *> &integers[0]
        self._words = self._surroundings.positions + n

    cdef void mix(self, BlockVectors vectors, const Block *block, float ratio, float lr) noexcept nogil:
        """Let each position of a word with senses train the mixture of them.

        The mixture has the learning rate of the word, which is lower for a mean of rows. The senses undo this.
        """
        cdef int64_t i, chosen = 0
        cdef int32_t word
        self._surroundings.n = self._around.n = <int> block.positions
        self._mixture.selector_rate = self.selector_rate * lr
        for i in range(block.positions):
            word = block.words[i]
            self._surroundings.rows[i] = <float *> &self.contexts[word, 0]
            self._around.rows[i] = current_output_row(vectors, word)
            if self.sizes[word]:
                self._surroundings.positions[chosen], self._words[chosen] = <int32_t> i, word
                self._scales[chosen] = ratio / vectors.ratios[i] if vectors.ratios[i] > 0 else 0
                chosen += 1
        self._surroundings.chosen = self._around.chosen = <int> chosen
        if chosen == 0:
            return
        self.kernels.surroundings(&self._surroundings)
        self.kernels.surroundings(&self._around)
        for i in range(chosen):
            self._take(vectors, i)
            self.kernels.mix(&self._mixture)
            vectors.vectors[self._surroundings.positions[i]] = self._mixture.now

    cdef void unmix(self, BlockVectors vectors) noexcept nogil:
        """Move the rows of words, senses and selectors by what their mixtures have moved by."""
        cdef int64_t i
        for i in range(self._surroundings.chosen):
            self._take(vectors, i)
            self.kernels.unmix(&self._mixture)

    cdef void _take(self, BlockVectors vectors, int64_t i) noexcept nogil:
        """Prepare the i-th mixture of the block."""
        cdef int32_t k, word = self._words[i], first = self.first + self.firsts[word]
        self._mixture.n = self.sizes[word]
        self._mixture.context = self._surroundings.contexts + i * self.rows.stride
        self._mixture.p = self._p + i * (EMBED_MOST_SENSES + 1) + 1
        self._mixture.now, self._mixture.before = self._now + i * self.rows.stride, self._before + i * self.rows.stride
        self._mixture.word = (self._mixture.senses - 1)[0] = vectors.trained(word)
        self._mixture.rate = self._scales[i]
        self._mixture.around = self._around.contexts + i * self.rows.stride
        self._mixture.surplus = self._surplus + i * EMBED_MOST_SENSES
        for k in range(self._mixture.n):
            self._mixture.senses[k] = vectors.trained(first + k)
            self._mixture.selectors[k] = vectors.trained(first + self.count + k)

    cdef int64_t list_rows(self, int32_t word, const float **rows) noexcept nogil:
        """List the rows that a word needs besides its own, MOST_ROWS or fewer; return how many."""
        cdef int32_t s
        cdef int64_t n = 1
        rows[0] = &self.contexts[word, 0]
        for s in range(self.first + self.firsts[word], self.first + self.firsts[word] + self.sizes[word]):
            rows[n], rows[n + 1] = &self.rows.inputs[s, 0], &self.rows.inputs[s + self.count, 0]
            n += 2
        return n
