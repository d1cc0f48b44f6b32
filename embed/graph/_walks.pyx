"""Walk through a graph without the interpreter lock: node2vec's walks (Grover & Leskovec, KDD 2016).

A walk that came from t to v goes on to the neighbour x of v with probability in proportion to w(v, x) a(t, x), where
a is 1/p if x is t, 1 if there is an edge from t to x, and 1/q otherwise. A table of these probabilities for each edge
would need memory in proportion to the sum of the squared degrees, so each step is drawn by rejection, as in KnightKing
(Yang, Zhang, Chen, Wu & Jiang, SOSP 2019), with memory in proportion to the edges:

Let m = max(1, 1/q), the most that a is but for x = t; a'(x) = min(a(x), m); W the sum of the weights of v;
s = max(1/p - m, 0) w(v, t), the rest of the weight of t. A trial goes back to t with probability s / (s + m W).
Otherwise it draws x in proportion to w(v, x), from an alias table, and accepts x with probability a'(x) / m. Thus a
trial ends in x with probability

    ( [x = t] s  +  m W * w(v, x) / W * a'(x) / m ) / (s + m W)  =  w(v, x) a(t, x) / (s + m W),

in proportion to what is wanted, and a trial that ends nowhere is repeated. Trials are independent, so after as many
failures as v has neighbours the step is drawn from the sums of all w a instead, which bounds the time of a step where
hardly any x is accepted.

The random stream of a walk belongs to (seed, round, node), never to a thread.

Rejected: an alias table for each edge (node2vec's own program; gigabytes for a graph of a million edges), sums of the
weights of each node and a binary search (a cache miss for each halving; the alias table costs one).
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from embed.engine._random cimport embed_alias, embed_block_stream, embed_draw, embed_epoch_key, embed_next, embed_scale

import numpy as np

from embed.engine._bounds import check_ids, check_offsets

cdef enum:
    _FEWEST_TRIALS = 16
    _BEGIN = -2147483648       # the sign bit, which begins a walk

cdef uint64_t _PURPOSE = 0x57414C4B  # so that a training with the same seed draws other numbers
cdef double _UNIT = 1.0 / 18446744073709551616.0  # 2**-64


cdef class Walker:
    """A graph that threads walk through.

    Parameters
    ----------
    offsets : int64[N + 1]
        The edges of node v are those from offsets[v] to offsets[v + 1].
    neighbours : int32[E]
        Where each edge leads; those of a node rise.
    weights : float64[E] or None
        Above 0 and finite; None: all alike.
    p, q : float
        Above 0.
    seed : int

    Raises
    ------
    ValueError
        An array does not describe a graph.
    """

    cdef const int64_t[::1] offsets
    cdef const int32_t[::1] neighbours
    cdef const double[::1] weights
    cdef double[::1] sums            # of the weights of each node; [0] without weights
    cdef uint32_t[:, ::1] slots      # an alias table for each node; [0, 2] without weights
    cdef bint is_weighted, is_first_order
    cdef double back, near, far, most
    cdef uint64_t seed

    def __init__(self, const int64_t[::1] offsets, const int32_t[::1] neighbours, weights, double p, double q,
                 uint64_t seed):
        cdef int64_t nodes = offsets.shape[0] - 1, v, i
        check_offsets("the offsets of edges", offsets, neighbours.shape[0])
        check_ids("neighbours", neighbours, nodes)
        for v in range(nodes):
            for i in range(offsets[v] + 1, offsets[v + 1]):
                if neighbours[i - 1] >= neighbours[i]:
                    raise ValueError("the neighbours of a node must rise")
        if not (p > 0 and q > 0):
            raise ValueError("p and q must be above 0")
        self.offsets, self.neighbours, self.seed = offsets, neighbours, seed ^ _PURPOSE
        self.back, self.near, self.far = 1 / p, 1, 1 / q
        self.most = max(self.near, self.far)
        self.is_first_order = p == 1 and q == 1
        self.is_weighted = weights is not None
        self.sums = np.zeros(nodes if self.is_weighted else 0, np.float64)
        self.slots = np.zeros((neighbours.shape[0] if self.is_weighted else 0, 2), np.uint32)
        if self.is_weighted:
            self.weights = weights
            if self.weights.shape[0] != neighbours.shape[0]:
                raise ValueError(f"{neighbours.shape[0]} edges, but {self.weights.shape[0]} weights")
            self._make_slots()

    cdef _make_slots(self):
        """Make the alias table of each node (Vose 1991)."""
        cdef int64_t nodes = self.offsets.shape[0] - 1, v, i, first, degree, most = 1
        for v in range(nodes):
            most = max(most, self.offsets[v + 1] - self.offsets[v])
        cdef double[::1] scaled = np.empty(most, np.float64)
        cdef int64_t[::1] pending = np.empty(most, np.int64)
        cdef bint sound = True
        with nogil:
            for i in range(self.weights.shape[0]):
                sound &= 0 < self.weights[i] < 1.7976931348623157e308
            for v in range(nodes):
                first, degree = self.offsets[v], self.offsets[v + 1] - self.offsets[v]
                for i in range(degree):
                    self.sums[v] += self.weights[first + i]
                sound &= self.sums[v] < 1.7976931348623157e308
                if degree and sound:
                    _make_table(&self.weights[first], degree, self.sums[v], &scaled[0], &pending[0],
                                <embed_alias *> &self.slots[first, 0])
        if not sound:
            raise ValueError("weights must be above 0, and their sums finite")

    def walk(self, int64_t round, const int64_t[::1] starts, int64_t length, int32_t[::1] out, int64_t[::1] counts):
        """Walk once from each of some nodes.

        Parameters
        ----------
        round : int
            Determines the draws of a walk, with the seed and the node that it begins at.
        starts : int64[S]
            Nodes.
        length : int
            The most nodes of a walk, which ends earlier at a node without edges.
        out : int32[S * length]
            Gets the nodes of the walks, one walk after the other; the sign bit begins a walk.
        counts : int64[N]
            Each visit of a node adds 1.

        Returns
        -------
        int
            The nodes that were written.
        """
        cdef int64_t nodes = self.offsets.shape[0] - 1, written = 0, i
        if length < 1 or out.shape[0] < starts.shape[0] * length or counts.shape[0] != nodes:
            raise ValueError("out must have room for all walks, and counts for all nodes")
        for i in range(starts.shape[0]):
            if not 0 <= starts[i] < nodes:
                raise ValueError(f"starts must be from 0 to {nodes - 1}")
        cdef uint64_t key = embed_epoch_key(self.seed, <uint64_t> round)
        with nogil:
            for i in range(starts.shape[0]):
                written += self._walk(embed_block_stream(key, starts[i]), starts[i], length, &out[written], &counts[0])
        return written

    cdef int64_t _walk(self, uint64_t stream, int64_t start, int64_t length, int32_t *out,
                       int64_t *counts) noexcept nogil:
        cdef int64_t step, last, here = start
        cdef int64_t edge
        out[0] = <int32_t> start | <int32_t> _BEGIN
        counts[start] += 1
        for step in range(1, length):
            if self.offsets[here] == self.offsets[here + 1]:
                return step
            if step == 1 or self.is_first_order:
                edge = self._draw(here, embed_next(&stream))
            else:
                edge = self._draw_second(last, here, &stream)
            last, here = here, self.neighbours[edge]
            out[step] = <int32_t> here
            counts[here] += 1
        return length

    cdef inline int64_t _draw(self, int64_t v, uint64_t bits) noexcept nogil:
        """Draw an edge of a node in proportion to the weights."""
        cdef int64_t first = self.offsets[v], degree = self.offsets[v + 1] - first
        cdef uint64_t fraction
        if self.is_weighted:
            return first + embed_draw(bits, <const embed_alias *> &self.slots[first, 0], <uint64_t> degree)
        return first + <int64_t> embed_scale(bits, <uint64_t> degree, &fraction)

    cdef inline int64_t _find(self, int64_t v, int64_t x) noexcept nogil:
        """Return the edge from v to x, or -1."""
        cdef int64_t low = self.offsets[v], high = self.offsets[v + 1], middle
        while low < high:
            middle = (low + high) >> 1
            if self.neighbours[middle] < x:
                low = middle + 1
            else:
                high = middle
        return low if low < self.offsets[v + 1] and self.neighbours[low] == x else -1

    cdef inline double _weight(self, int64_t edge) noexcept nogil:
        return self.weights[edge] if self.is_weighted else 1.0

    cdef inline double _bias(self, int64_t t, int64_t x) noexcept nogil:
        """Return a(t, x)."""
        if x == t:
            return self.back
        return self.near if self._find(t, x) >= 0 else self.far

    cdef int64_t _draw_second(self, int64_t t, int64_t v, uint64_t *stream) noexcept nogil:
        """Draw an edge of v for a walk that came from t; the head of this module derives it."""
        cdef int64_t first = self.offsets[v], degree = self.offsets[v + 1] - first, edge, home = -1, _trial, x
        cdef double extra = 0, whole, u
        if degree == 1:
            return first
        if self.back > self.most:
            home = self._find(v, t)
        whole = self.most * (self.sums[v] if self.is_weighted else <double> degree)
        if home >= 0:
            extra = (self.back - self.most) * self._weight(home)
        for _trial in range(max(<int64_t> _FEWEST_TRIALS, degree)):
            if home >= 0 and <double> embed_next(stream) * _UNIT * (extra + whole) < extra:
                return home
            edge = self._draw(v, embed_next(stream))
            x = self.neighbours[edge]
            u = <double> embed_next(stream) * _UNIT * self.most
            if x == t:
                if u < self.back:
                    return edge
            # most draws are settled without a look at the edges of t
            elif u < min(self.near, self.far) or u < self._bias(t, x):
                return edge
        return self._draw_by_sums(t, v, <double> embed_next(stream) * _UNIT)

    cdef int64_t _draw_by_sums(self, int64_t t, int64_t v, double share) noexcept nogil:
        """Draw an edge of v by adding up the weights of all."""
        cdef int64_t first = self.offsets[v], last = self.offsets[v + 1], edge
        cdef double total = 0
        for edge in range(first, last):
            total += self._weight(edge) * self._bias(t, self.neighbours[edge])
        total *= share
        for edge in range(first, last - 1):
            total -= self._weight(edge) * self._bias(t, self.neighbours[edge])
            if total < 0:
                return edge
        return last - 1


cdef void _make_table(const double *weights, int64_t n, double total, double *scaled, int64_t *pending,
                      embed_alias *table) noexcept nogil:
    """Make the alias table of n weights; `pending` has the small ones at its begin and the large ones at its end."""
    cdef int64_t i, small = 0, large = n, low, high
    for i in range(n):
        scaled[i] = weights[i] / total * <double> n
        table[i].threshold, table[i].alias = 0xFFFFFFFF, <uint32_t> i
        if scaled[i] < 1:
            pending[small] = i
            small += 1
        else:
            large -= 1
            pending[large] = i
    while small > 0 and large < n:
        small -= 1
        low, high = pending[small], pending[large]
        table[low].alias = <uint32_t> high
        table[low].threshold = <uint32_t> min(max(scaled[low] * 4294967296.0 - 1, 0.0), 4294967295.0)
        scaled[high] -= 1 - scaled[low]
        if scaled[high] < 1:
            large += 1
            pending[small] = high
            small += 1
