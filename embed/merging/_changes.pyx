"""Extract, sum and take the changes of rows, with 16 bits for a number."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint16_t
from libc.string cimport memcmp, memcpy

from embed.engine._kernels cimport embed_kernels, find_kernels


def extract(const float[:, ::1] now, const float[:, ::1] before, int64_t first, int64_t step, str simd):
    """Return the rows first, first + step, ... that differ, and by how much.

    Parameters
    ----------
    now, before : float32[R, stride]
    first, step : int
    simd : str

    Returns
    -------
    rows : int32[C]
        The numbers among these rows, rising: i for row first + i * step.
    changes : uint16[C, stride]
        The upper halves of floats (bfloat16), rounded to the nearest, halves to even.
    """
    cdef int64_t stride = now.shape[1], rows = _rows_of(now, before, first, step), count = 0, row, i
    cdef size_t size = stride * sizeof(float)
    cdef const embed_kernels *kernels = find_kernels(simd)
    # as if all rows had changed; the system gives memory only to what is written
    cdef int32_t[::1] numbers = np.empty(rows, np.int32)
    cdef uint16_t[:, ::1] found = np.empty((rows, stride), np.uint16)
    with nogil:
        for i in range(rows):
            row = first + i * step
            if memcmp(&now[row, 0], &before[row, 0], size) != 0:
                numbers[count] = <int32_t> i
                kernels.narrow(&now[row, 0], &before[row, 0], <int> stride, &found[count, 0])
                count += 1
    return numbers.base[:count], found.base[:count]


def rounded(const float[:, ::1] sums, const int32_t[::1] rows, str simd):
    """Return those of `rows`, and their sums, that are not all 0, as `extract` does; ``sums[i]`` is of ``rows[i]``."""
    cdef int64_t count = 0, i, stride = sums.shape[1]
    cdef const embed_kernels *kernels = find_kernels(simd)
    cdef const float[::1] nothing = np.zeros(stride, np.float32)
    cdef int32_t[::1] numbers = np.empty(rows.shape[0], np.int32)
    cdef uint16_t[:, ::1] found = np.empty((rows.shape[0], stride), np.uint16)
    if sums.shape[0] != rows.shape[0]:
        raise ValueError("there is no sum for each row")
    with nogil:
        for i in range(rows.shape[0]):
            if memcmp(&sums[i, 0], &nothing[0], stride * sizeof(float)) != 0:
                numbers[count] = rows[i]
                kernels.narrow(&sums[i, 0], &nothing[0], <int> stride, &found[count, 0])
                count += 1
    return numbers.base[:count], found.base[:count]


def add(float[:, ::1] total, const int32_t[::1] rows, const uint16_t[:, ::1] changes, str simd):
    """Add changes to the rows ``rows`` of a matrix, float32[R, stride]."""
    cdef const embed_kernels *kernels = find_kernels(simd)
    cdef int64_t i
    _check(rows, changes, total.shape[0], total.shape[1])
    with nogil:
        for i in range(rows.shape[0]):
            kernels.add(&total[rows[i], 0], 1, <int> total.shape[1], &changes[i, 0])


def take(float[:, ::1] now, const float[:, ::1] before, int64_t first, int64_t step, const int32_t[::1] rows,
         const uint16_t[:, ::1] changes, str simd):
    """Copy the rows first + i * step of `before` to `now`, and add changes to those of them for i in `rows`, rising."""
    cdef int64_t stride = now.shape[1], count = _rows_of(now, before, first, step), i, row, next_change = 0
    cdef const embed_kernels *kernels = find_kernels(simd)
    _check(rows, changes, count, stride)
    with nogil:
        for i in range(count):
            row = first + i * step
            memcpy(&now[row, 0], &before[row, 0], stride * sizeof(float))
            if next_change < rows.shape[0] and rows[next_change] == i:  # while the row is in the cache
                kernels.add(&now[row, 0], 1, <int> stride, &changes[next_change, 0])
                next_change += 1
    if next_change < rows.shape[0]:
        raise ValueError("the rows do not rise")


cdef int64_t _rows_of(const float[:, ::1] now, const float[:, ::1] before, int64_t first, int64_t step) except -1:
    """Return how many rows first, first + step, ... there are."""
    if before.shape[0] != now.shape[0] or before.shape[1] != now.shape[1] or first < 0 or step < 1:
        raise ValueError("the matrices differ in shape, or there are no such rows")
    return max(now.shape[0] - first + step - 1, 0) // step


cdef int _check(const int32_t[::1] rows, const uint16_t[:, ::1] changes, int64_t count, int64_t stride) except -1:
    cdef int64_t i
    if changes.shape[0] != rows.shape[0] or changes.shape[1] != stride:
        raise ValueError("there is no change for each row")
    for i in range(rows.shape[0]):
        if not 0 <= rows[i] < count:
            raise ValueError(f"there is no row {rows[i]}, only {count}")
    return 0
