"""Check every index of the compiled training once, so that no damaged file makes it read outside its arrays.

A pass over the ids takes as long as reading them from memory, hundreds of times less than an epoch. Without a branch,
the wrong bits of all ids are collected by OR, so that the compiler checks several ids at a time.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t


cdef bint within(const int32_t *ids, int64_t count, int64_t limit) noexcept nogil:
    """Return whether 0 <= id < limit for all ids; `limit` is at most 2**31."""
    cdef uint32_t last = <uint32_t> (limit - 1), wrong = 0
    cdef int64_t i
    if limit <= 0:
        return count == 0
    # a negative id has the highest bit, and so has limit - 1 minus an id that is too large
    for i in range(count):
        wrong |= <uint32_t> ids[i] | (last - <uint32_t> ids[i])
    return wrong >> 31 == 0


cdef bint rising(const int64_t *offsets, int64_t count, int64_t end) noexcept nogil:
    """Return whether offsets go from 0 to `end` and never fall."""
    cdef int64_t i
    cdef bint falls = False
    for i in range(count - 1):
        falls |= offsets[i + 1] < offsets[i]
    return not falls and offsets[0] == 0 and offsets[count - 1] == end


def check_ids(str name, const int32_t[::1] ids, int64_t limit):
    """Raise ValueError unless all ids are at least 0 and less than `limit`."""
    cdef bint sound
    if ids.shape[0] == 0:
        return
    with nogil:
        sound = within(&ids[0], ids.shape[0], limit)
    if not sound:
        raise ValueError(f"{name} must all be from 0 to {limit - 1}")


def check_offsets(str name, const int64_t[::1] offsets, int64_t end):
    """Raise ValueError unless offsets begin with 0, never fall, and end with `end`."""
    cdef bint sound
    if offsets.shape[0] < 2:
        raise ValueError(f"{name} must be at least two")
    with nogil:
        sound = rising(&offsets[0], offsets.shape[0], end)
    if not sound:
        raise ValueError(f"{name} must rise from 0 to {end}")


def check_aliases(const uint32_t[:, ::1] table):
    """Raise ValueError unless the second column of an alias table names rows of it."""
    cdef int64_t i
    cdef bint sound = table.shape[1] == 2
    with nogil:
        if sound:
            for i in range(table.shape[0]):
                sound &= table[i, 1] < <uint64_t> table.shape[0]
    if not sound:
        raise ValueError(f"noise table must have two columns, and aliases from 0 to {table.shape[0] - 1}")
