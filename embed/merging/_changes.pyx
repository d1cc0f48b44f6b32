"""Extract, sum and add the changes of rows, with 16 bits for a number."""

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
    with nogil:
        for i in range(rows):
            row = first + i * step
            count += memcmp(&now[row, 0], &before[row, 0], size) != 0
    numbers, found = np.empty(count, np.int32), np.empty((count, stride), np.uint16)
    cdef int32_t[::1] changed = numbers
    cdef uint16_t[:, ::1] changes = found
    count = 0
    with nogil:
        for i in range(rows):
            row = first + i * step
            if memcmp(&now[row, 0], &before[row, 0], size) != 0:
                changed[count] = <int32_t> i
                kernels.narrow(&now[row, 0], &before[row, 0], <int> stride, &changes[count, 0])
                count += 1
    return numbers, found


def add(float[:, ::1] total, const int32_t[::1] rows, const uint16_t[:, ::1] changes, str simd):
    """Add changes to the rows ``rows`` of a matrix, float32[R, stride]."""
    cdef const embed_kernels *kernels = find_kernels(simd)
    cdef int64_t i
    _check(rows, changes, total.shape[0], total.shape[1])
    with nogil:
        for i in range(rows.shape[0]):
            kernels.add(&total[rows[i], 0], 1, <int> total.shape[1], &changes[i, 0])


def adopt(float[:, ::1] now, float[:, ::1] before, int64_t first, int64_t step, const int32_t[::1] rows,
          const uint16_t[:, ::1] changes, str simd):
    """Add changes to the rows first + i * step of `before`, for i in `rows`, and copy these rows to `now`."""
    cdef int64_t stride = now.shape[1], i, row
    cdef const embed_kernels *kernels = find_kernels(simd)
    _check(rows, changes, _rows_of(now, before, first, step), stride)
    with nogil:
        for i in range(rows.shape[0]):
            row = first + rows[i] * step
            kernels.add(&before[row, 0], 1, <int> stride, &changes[i, 0])
            memcpy(&now[row, 0], &before[row, 0], stride * sizeof(float))


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
