"""Choose the kernels of an instruction set, allocate their scratch memory, and call them from Python.

The arithmetic is in ``csrc/kernels_body.h``, written once and compiled for several instruction sets.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free

from embed.engine._random cimport embed_block_stream, embed_epoch_key, embed_next

import numpy as np

cdef enum:
    _CACHE_LINE = 64
    _MOST_CENTROIDS = 256

ROW_FLOATS = EMBED_ROW_FLOATS
POINTS = EMBED_NEAR_POINTS


def simd_names():
    """Return the names of the instruction sets that this processor has, best first."""
    names = []
    cdef int i = 0
    while embed_kernels_at(i) != NULL:
        names.append((<bytes> embed_kernels_at(i).name).decode("ascii"))
        i += 1
    return names


cdef const embed_kernels *find_kernels(str name) except NULL:
    cdef int i = 0
    while embed_kernels_at(i) != NULL:
        if (<bytes> embed_kernels_at(i).name).decode("ascii") == name:
            return embed_kernels_at(i)
        i += 1
    raise ValueError(f"this processor does not have the instruction set {name!r}, only {', '.join(simd_names())}")


cdef class Scratch:
    def __cinit__(self, Py_ssize_t n):
        # calloc: the system allocates its pages at the first touch, and most scratch of a round is never touched
        self._memory = calloc(n * sizeof(float) + _CACHE_LINE, 1)
        if self._memory == NULL:
            raise MemoryError(f"cannot allocate {n * sizeof(float)} bytes of scratch for a training thread")
        self.floats = <float *> ((<uintptr_t> self._memory + _CACHE_LINE - 1) & ~(<uintptr_t> _CACHE_LINE - 1))

    def __dealloc__(self):
        free(self._memory)


cdef class Plans:
    def __cinit__(self, int64_t inputs, int64_t targets, int64_t width, bint inference=False):
        cdef int64_t lines = embed_group_floats(<int> max(inputs, <int64_t> EMBED_BATCH))
        cdef int64_t groups = embed_groups(targets), i
        cdef int64_t row = (width + EMBED_ROW_FLOATS - 1) // EMBED_ROW_FLOATS * EMBED_ROW_FLOATS
        cdef int64_t signs = embed_group_floats(EMBED_BATCH)
        self._floats = Scratch(groups * lines + lines + signs + inputs * (row + EMBED_ROW_FLOATS)
                               + EMBED_BATCH * (row + inputs) + embed_bag_floats(targets))
        self._pointers = bytearray(sizeof(void *) * (inputs + EMBED_BATCH * (2 * inputs + targets)))
        self._integers = bytearray(4 * EMBED_BATCH * targets)
        cdef unsigned char[::1] pointers = self._pointers, integers = self._integers
        cdef float *floats = self._floats.floats
        cdef embed_window *window
        embed_take_loss(&self.loss)
        for i in range(EMBED_BATCH):
            window = &self.windows[i]
            window.scores = floats
            window.rates_x = floats + groups * lines
            window.signs = window.rates_x + lines
            window.copy = window.signs + signs
            window.kept = window.copy + inputs * row
            window.mean = window.kept + inputs * EMBED_ROW_FLOATS + i * row
            window.ratios = window.kept + inputs * EMBED_ROW_FLOATS + EMBED_BATCH * row + i * inputs
            window.bag = window.kept + inputs * EMBED_ROW_FLOATS + EMBED_BATCH * (row + inputs)
            window.copies = <float **> &pointers[0]
            window.x = window.copies + inputs + i * (2 * inputs + targets)
            window.weights = window.x + inputs
            window.y = window.weights + inputs
            window.folds = <int32_t *> &integers[0] + i * targets
            window.loss, window.early = &self.loss, NULL
            window.width, window.inference, window.labels = <int> width, inference, NULL


def train_window(float[:, ::1] x, float[:, ::1] y, double lr, double ratio, str simd, bint mean=False,
                 int64_t repeats=1, dim=None):
    """Train one window in place with a kernel alone, for tests and micro-benchmarks.

    Parameters
    ----------
    x, y : float32[nx, stride], float32[ny, stride]
        Input vectors, and distinct output rows, that of the target first; stride is a multiple of ROW_FLOATS.
    lr, ratio : float
        As in _core.Worker.run.
    simd : str
        One of simd_names().
    mean : bool
        The mean of the rows of x meets the rows of y, and `ratio` is the rate of each row of x (CBOW); otherwise each
        row of x meets them (skip-gram).
    repeats : int
    dim : int or None
        The floats of a row that are not zero; None: all.

    Returns
    -------
    float
        The negative log-likelihood before the update, summed over the repeats.
    """
    cdef const embed_kernels *kernels = find_kernels(simd)
    cdef Py_ssize_t nx = x.shape[0], ny = y.shape[0], stride = x.shape[1], i
    if nx == 0 or ny == 0 or y.shape[1] != stride or stride == 0 or stride % EMBED_ROW_FLOATS:
        raise ValueError(f"x and y need rows, of the same multiple of {EMBED_ROW_FLOATS} floats")
    cdef int width = width_of(kernels, stride if dim is None else dim)
    if not 0 < width <= stride:
        raise ValueError(f"dim {dim} does not fit rows of {stride} floats")
    cdef Plans plans = Plans(nx, ny, width)
    cdef embed_window *plan = &plans.windows[0]
    for i in range(nx):
        plan.x[i] = &x[i, 0]
        plan.ratios[i] = <float> ratio
    for i in range(ny):
        plan.y[i] = &y[i, 0]
    plan.nx, plan.ny, plan.unique, plan.scale = <int> nx, <int> ny, <int> ny, 1 / <float> nx
    plan.words = <int> nx
    plan.lr = <float> lr
    with nogil:
        for _ in range(repeats):
            if mean:
                kernels.mean_windows(plan, 1)
            else:
                kernels.window(plan)
    return embed_take_loss(&plans.loss)


def add_change(float[::1] row, const float[::1] now, const float[::1] before, double weight, str simd):
    """Add weight * (now - before) to a row, with the change rounded to a bfloat16, for tests.

    Parameters
    ----------
    row, now, before : float32[stride]
        Changed in place, and read; stride a multiple of ROW_FLOATS.
    weight : float
    simd : str
        One of simd_names().
    """
    cdef const embed_kernels *kernels = find_kernels(simd)
    cdef Py_ssize_t stride = row.shape[0]
    if not stride or stride % EMBED_ROW_FLOATS or now.shape[0] != stride or before.shape[0] != stride:
        raise ValueError(f"row, now and before need the same multiple of {EMBED_ROW_FLOATS} floats")
    cdef object memory = bytearray(stride * sizeof(uint16_t))
    cdef unsigned char[::1] view = memory
    cdef uint16_t *deltas = <uint16_t *> &view[0]
    kernels.narrow(&now[0], &before[0], <int> stride, deltas)
    kernels.add(&row[0], <float> weight, <int> stride, deltas)


def merge_values(float[::1] row, double keep, const float[:, ::1] values, const float[::1] weights, str simd):
    """Set a row to keep * row + the sum of weights[i] * values[i], for tests.

    Parameters
    ----------
    row : float32[stride]
        Changed in place; stride a multiple of ROW_FLOATS.
    keep : float
    values : float32[n, stride]
    weights : float32[n]
    simd : str
        One of simd_names().
    """
    cdef const embed_kernels *kernels = find_kernels(simd)
    cdef Py_ssize_t stride = row.shape[0], i
    if not stride or stride % EMBED_ROW_FLOATS or values.shape[1] != stride or not 0 < weights.shape[0] <= 8:
        raise ValueError(f"row and values need the same multiple of {EMBED_ROW_FLOATS} floats, and 1 to 8 weights")
    if values.shape[0] != weights.shape[0]:
        raise ValueError("there must be a weight for each row of values")
    cdef const float *each[8]
    for i in range(weights.shape[0]):
        each[i] = &values[i, 0]
    kernels.merge(&row[0], <float> keep, each, &weights[0], <int> weights.shape[0], <int> stride)


def compose_rows(const float[:, ::1] inputs, const int64_t[::1] row_offsets, const int32_t[::1] rows,
                 float[:, ::1] out, int dim, str simd):
    """Write the vector of every word, the mean of its input rows, to `out`, float32[V, stride]."""
    cdef const embed_kernels *kernels = find_kernels(simd)
    cdef int64_t i, first, size
    cdef int width = width_of(kernels, dim)
    if out.shape[0] != row_offsets.shape[0] - 1 or out.shape[1] != inputs.shape[1] or out.shape[1] < width:
        raise ValueError("out and inputs must have rows of the same length, and out one row a word")
    cdef embed_matrix matrix = embed_matrix_at(<float *> &inputs[0, 0], inputs.shape[1])  # which is only read
    with nogil:
        for i in range(out.shape[0]):
            first = row_offsets[i]
            size = row_offsets[i + 1] - first
            kernels.compose(matrix, &rows[first], size, 1 / <float> size, width, &out[i, 0], &out[i, 0])


def nearest(const float[:, ::1] points not None, const float[:, ::1] centroids not None, uint8_t[::1] codes not None,
            str simd):
    """Write the number of the centroid nearest to each point to `codes`, the first of equals.

    Parameters
    ----------
    points : float32[dim, n]
        A column for each point; n a multiple of POINTS.
    centroids : float32[k, dim]
        At most 256.
    codes : uint8[n]
    simd : str
        One of simd_names().
    """
    cdef const embed_kernels *kernels = find_kernels(simd)
    cdef int64_t n = points.shape[1]
    cdef int k = <int> centroids.shape[0], dim = <int> points.shape[0]
    if not 0 < k <= _MOST_CENTROIDS or not dim or centroids.shape[1] != dim:
        raise ValueError(f"there must be 1 to {_MOST_CENTROIDS} centroids with the numbers of a point")
    if n % EMBED_NEAR_POINTS or codes.shape[0] != n:
        raise ValueError(f"there must be a multiple of {EMBED_NEAR_POINTS} points, and a code for each")
    if not n:
        return
    with nogil:
        kernels.nearest(&points[0, 0], n, n, &centroids[0, 0], k, dim, &codes[0])


def softmax_rates(const float[::1] scores not None, int label, double lr, str simd):
    """Return the rates of a softmax over scores with one right label, and its loss, for tests.

    Parameters
    ----------
    scores : float32[n]
    label : int
        The number of the right score.
    lr : float
    simd : str
        One of simd_names().

    Returns
    -------
    tuple of float32[n], float
        lr times the wanted minus the present probability of each score; the negative log-likelihood.
    """
    cdef const embed_kernels *kernels = find_kernels(simd)
    cdef Py_ssize_t n = scores.shape[0]
    if not 0 <= label < n:
        raise ValueError(f"there is no score {label} among {n}")
    found = np.zeros(embed_rates_floats(n), np.float32)
    cdef float[::1] rates = found
    rates[:n] = scores
    cdef double loss = kernels.softmax_rates(&rates[0], <int> n, label, <float> lr)
    return found[:n], loss


def sigmoid_rates(const float[::1] scores not None, const uint8_t[::1] labels not None, double lr, str simd):
    """Return the rates of a sigmoid of each score, and the sum of their losses, for tests.

    Parameters
    ----------
    scores : float32[n]
    labels : uint8[n]
        1 where a score is right, else 0.
    lr : float
    simd : str
        One of simd_names().

    Returns
    -------
    tuple of float32[n], float
        lr times the wanted minus the present probability of each score; the negative log-likelihood.
    """
    cdef const embed_kernels *kernels = find_kernels(simd)
    cdef Py_ssize_t n = scores.shape[0]
    cdef embed_loss loss
    if labels.shape[0] != n:
        raise ValueError(f"{n} scores need a label each, not {labels.shape[0]}")
    found = np.zeros((2, embed_rates_floats(n)), np.float32)
    cdef float[:, ::1] rates = found
    rates[0, :n] = scores
    found[1, :n] = np.where(labels, np.float32(-0.0), np.float32(0.0))
    embed_take_loss(&loss)
    kernels.sigmoid_rates(&rates[0, 0], <int> n, &rates[1, 0], <float> lr, &loss)
    return found[0, :n], embed_take_loss(&loss)


def sum_rows(const float[:, ::1] matrix, const int64_t[::1] row_offsets, const int32_t[::1] rows,
             const double[::1] weights, double[:, ::1] out):
    """Write the sum of the rows of each entry, times their weights, to `out`, float64[entries, dim]."""
    cdef int64_t entry, i, k, row
    cdef double weight
    if out.shape[0] != row_offsets.shape[0] - 1 or out.shape[1] != matrix.shape[1]:
        raise ValueError("out must have one row an entry, as long as those of the matrix")
    if weights.shape[0] != rows.shape[0]:
        raise ValueError("each listed row needs a weight")
    with nogil:
        for entry in range(out.shape[0]):
            for k in range(out.shape[1]):
                out[entry, k] = 0
            for i in range(row_offsets[entry], row_offsets[entry + 1]):
                row, weight = rows[i], weights[i]
                for k in range(out.shape[1]):
                    out[entry, k] += weight * matrix[row, k]


def fill_uniform(float[:, ::1] matrix, int dim, double bound, uint64_t seed, const int64_t[::1] numbers not None):
    """Fill the first `dim` columns with draws from [-bound, bound), the same on every platform.

    The seed determines an endless matrix; row i of `matrix` becomes its row numbers[i].
    """
    cdef int64_t i, k
    cdef uint64_t stream
    if numbers.shape[0] != matrix.shape[0]:
        raise ValueError("there must be a number for each row")
    with nogil:
        for i in range(matrix.shape[0]):
            stream = embed_block_stream(embed_epoch_key(seed, 0), numbers[i])
            for k in range(dim):
                # 24 bits: every value is exact in single precision, so rounding cannot differ
                matrix[i, k] = <float> ((<double> (embed_next(&stream) >> 40) / 8388608.0 - 1.0) * bound)


def all_finite(const float[:, ::1] matrix):
    """Return whether all elements are finite; the exponents of infinity and NaN have all bits set."""
    cdef int64_t i, k
    cdef uint32_t exponent, bad = 0
    cdef const uint32_t *bits
    with nogil:
        for i in range(matrix.shape[0]):
            bits = <const uint32_t *> &matrix[i, 0]
            for k in range(matrix.shape[1]):
                exponent = bits[k] & <uint32_t> 0x7f800000
                bad |= <uint32_t> (exponent == <uint32_t> 0x7f800000)
            if bad:
                break
    return bad == 0
