"""Train a classifier of lines: the mean of a line's input rows meets the output rows of its labels.

:mod:`embed.engine.lines` describes what goes in. The arithmetic of rows is in ``csrc/kernels_lines.h``; here is what
each loss makes of the scores. :func:`embed.engine.lines.textbook_step` is the readable twin.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from embed.engine._kernels cimport (
    Scratch, embed_kernels, embed_line, embed_loss, embed_rates_floats, embed_take_loss, find_kernels, width_of)
from embed.engine._replicas cimport RowReplicas, replicate
from embed.engine._random cimport embed_alias, embed_block_stream, embed_draw, embed_epoch_key, embed_next, embed_scale

import numpy as np

cdef enum:
    _SOFTMAX, _EACH, _NOISE, _TREE

cdef float _RIGHT = -0.0, _WRONG = 0.0  # signs of scores

_KINDS = {"softmax": _SOFTMAX, "ova": _EACH, "ns": _NOISE, "hs": _TREE}


cdef class LineWorker:
    """Train lines of a `LineProblem` on shared rows; each thread has a worker of its own.

    Parameters
    ----------
    problem : LineProblem
    inputs, outputs : float32[R, stride], float32[L, stride]
        Changed in place.
    simd : str
        One of _kernels.simd_names().
    """

    cdef const embed_kernels *kernels
    cdef float[:, ::1] inputs, outputs
    cdef const int64_t[::1] offsets, label_offsets, path_offsets
    cdef const int32_t[::1] rows, labels, nodes
    cdef const float[::1] weights, shares
    cdef const uint8_t[::1] turns
    cdef const embed_alias *noise
    cdef int kind
    cdef int32_t label_count, negatives
    cdef uint64_t seed
    cdef embed_line line
    cdef embed_loss loss
    cdef Scratch scratch
    cdef float *signs
    cdef RowReplicas own_inputs, own_outputs
    cdef int64_t stretch        # lines between two exchanges of replicas and rows
    cdef float **output_rows    # [label_count] the rows, or replicas, of labels or nodes
    cdef object _pointers, _problem

    def __cinit__(self, problem not None, float[:, ::1] inputs not None, float[:, ::1] outputs not None, str simd):
        cdef const unsigned int[:, ::1] table
        problem.check_rows(inputs, outputs)
        self.kernels = find_kernels(simd)
        self._problem, self.inputs, self.outputs = problem, inputs, outputs
        self.offsets, self.rows, self.weights, self.shares = (
            problem.offsets, problem.rows, problem.weights, problem.shares)
        self.label_offsets, self.labels = problem.label_offsets, problem.labels
        self.kind, self.seed = _KINDS[problem.loss], problem.seed
        self.label_count = problem.label_count
        cdef Py_ssize_t most = self.label_count, room
        if self.kind == _NOISE:
            table, self.negatives = problem.noise.table, problem.noise.negatives
            self.noise = <const embed_alias *> &table[0, 0]
            most = self.negatives + 1
        elif self.kind == _TREE:
            self.path_offsets, self.nodes, self.turns = problem.tree.offsets, problem.tree.nodes, problem.tree.turns
        cdef int64_t stride = inputs.shape[1]
        room = embed_rates_floats(most)
        self.scratch = Scratch(stride + 2 * room)
        self._pointers = bytearray(sizeof(float *) * (most + self.label_count))
        cdef unsigned char[::1] pointers = self._pointers
        self.line.targets = <float **> &pointers[0]
        self.output_rows = self.line.targets + most
        self.line.hidden = self.scratch.floats
        self.line.rates = self.scratch.floats + stride
        self.signs = self.line.rates + room
        if self.kind == _NOISE:
            self.signs[0] = _RIGHT
        embed_take_loss(&self.loss)
        self.line.inputs, self.line.stride = &inputs[0, 0], stride
        self.line.width = width_of(self.kernels, problem.dim)
        self._replicate(problem.replicas)
        cdef int32_t k
        if self.kind == _SOFTMAX or self.kind == _EACH:
            self.line.target_count = self.label_count
            for k in range(self.label_count):
                self.line.targets[k] = self.output_rows[k]

    cdef _replicate(self, replicas):
        """Let replicas of some rows stand for the rows."""
        cdef const int32_t[::1] places = replicas.outputs
        cdef int32_t k
        cdef int64_t stride = self.line.stride
        none = np.empty(0, np.float32)
        self.own_inputs = replicate(self.kernels, self.inputs, replicas.inputs, none, 1 / <double> replicas.threads,
                                    self.line.width)
        self.own_outputs = replicate(self.kernels, self.outputs, places, none, 1, self.line.width)
        self.line.own, self.line.own_count = self.own_inputs.now, self.own_inputs.count
        self.stretch = replicas.lines
        for k in range(self.label_count):
            self.output_rows[k] = &self.outputs[k, 0]
        for k in range(self.own_outputs.count):
            self.output_rows[places[k]] = self.own_outputs.now + k * stride

    def train(self, const int64_t[::1] order not None, double first_lr, double last_lr, uint64_t epoch):
        """Train lines in the order given, at rates from `first_lr` to `last_lr`; return the sum of their losses."""
        cdef int64_t i, e, first, n = order.shape[0]
        cdef int32_t label
        cdef uint64_t stream, rest
        cdef uint64_t key = embed_epoch_key(self.seed, epoch)
        cdef double loss = 0
        if n and not (0 <= np.min(order) and np.max(order) < self.shares.shape[0]):
            raise ValueError("the order must name lines of the problem")
        with nogil:
            self.own_inputs.take()
            self.own_outputs.take()
            for i in range(n):
                if i % self.stretch == 0 and i:
                    self.own_inputs.exchange()
                    self.own_outputs.exchange()
                e = order[i]
                self._enter(e, order[i + 1] if i + 1 < n else e)
                stream = embed_block_stream(key, e)
                first = self.label_offsets[e]
                label = self.labels[first + embed_scale(
                    embed_next(&stream), self.label_offsets[e + 1] - first, &rest)]
                self._aim(label, &stream)
                self.kernels.gather_line(&self.line)
                loss += self._rate(e, label, <float> (first_lr + (last_lr - first_lr) * i / n))
                self.kernels.learn_line(&self.line)
            self.own_inputs.give_back()
            self.own_outputs.give_back()
        return loss + embed_take_loss(&self.loss)

    cdef void _enter(self, int64_t e, int64_t following) noexcept nogil:
        """Set the rows of a line, and those to fetch meanwhile."""
        cdef embed_line *line = &self.line
        cdef int64_t at = self.offsets[e]
        line.rows, line.weights, line.n = &self.rows[at], &self.weights[at], self.offsets[e + 1] - at
        line.share = self.shares[e]
        at = self.offsets[following]
        line.next_rows, line.next_n = &self.rows[at], self.offsets[following + 1] - at

    cdef void _aim(self, int32_t label, uint64_t *stream) noexcept nogil:
        """Set the output rows that the line meets, and the signs of those that are right."""
        cdef embed_line *line = &self.line
        cdef int64_t at
        cdef int32_t drawn
        if self.kind == _NOISE:
            line.targets[0] = self.output_rows[label]
            line.target_count = 1
            if self.label_count == 1:
                return
            while line.target_count <= self.negatives:
                drawn = embed_draw(embed_next(stream), self.noise, self.label_count)
                if drawn != label:
                    line.targets[line.target_count] = self.output_rows[drawn]
                    line.target_count += 1
        elif self.kind == _TREE:
            line.target_count = 0
            for at in range(self.path_offsets[label], self.path_offsets[label + 1]):
                line.targets[line.target_count] = self.output_rows[self.nodes[at]]
                self.signs[line.target_count] = _WRONG if self.turns[at] else _RIGHT
                line.target_count += 1

    cdef double _rate(self, int64_t e, int32_t label, float lr) noexcept nogil:
        """Turn scores into rates, lr times the right minus the present probability; return the loss of a softmax."""
        cdef embed_line *line = &self.line
        cdef int64_t at, first = self.label_offsets[e], last = self.label_offsets[e + 1]
        if self.kind == _SOFTMAX:
            return self.kernels.softmax_rates(line.rates, line.target_count, label, lr)
        if self.kind == _EACH:
            for at in range(first, last):
                self.signs[self.labels[at]] = _RIGHT
        self.kernels.sigmoid_rates(line.rates, line.target_count, self.signs, lr, &self.loss)
        if self.kind == _EACH:
            for at in range(first, last):
                self.signs[self.labels[at]] = _WRONG
        return 0
