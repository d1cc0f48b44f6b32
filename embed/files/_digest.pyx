"""Compute the digest that identifies a corpus, ten times faster than BLAKE2b of all its bytes."""

from libc.stdint cimport uint8_t, uint64_t

import hashlib


cdef extern from "text_sums.h" nogil:
    const size_t TEXT_SUM_BLOCK, TEXT_SUM_BYTES

    ctypedef struct text_sums:
        uint8_t* block
        size_t held
        uint64_t length

    void text_sums_init(text_sums* sums)
    size_t text_sums_update(text_sums* sums, const uint8_t* data, size_t n, uint8_t* out)
    void text_sums_end(const text_sums* sums, uint8_t* out)


SUM_BLOCK, SUM_BYTES = TEXT_SUM_BLOCK, TEXT_SUM_BYTES


cdef class ContentDigest:
    """Digests a stream of bytes: BLAKE2b of its blocks' sums and its length (see csrc/text_sums.h)."""

    cdef text_sums sums
    cdef object digest

    def __cinit__(self, int digest_size):
        text_sums_init(&self.sums)
        self.digest = hashlib.blake2b(digest_size=digest_size)

    def update(self, const uint8_t[::1] data not None):
        """Add the next bytes."""
        cdef size_t n = data.shape[0], blocks
        cdef uint8_t[::1] out = bytearray((n // TEXT_SUM_BLOCK + 1) * TEXT_SUM_BYTES)
        if n:
            with nogil:
                blocks = text_sums_update(&self.sums, &data[0], n, &out[0])
            self.digest.update(out[:blocks * TEXT_SUM_BYTES])

    def update_sums(self, const uint8_t[::1] sums not None):
        """Add whole blocks by the sums that a `BlockSums` found; there must be no bytes of a block before them."""
        if self.sums.held or sums.shape[0] % TEXT_SUM_BYTES:
            raise ValueError("sums are of whole blocks, and stand between whole blocks")
        self.digest.update(sums)
        self.sums.length += sums.shape[0] // TEXT_SUM_BYTES * TEXT_SUM_BLOCK

    def hexdigest(self):
        """Return the digest of the bytes so far, in hexadecimal."""
        cdef uint8_t[::1] out = bytearray(TEXT_SUM_BYTES + 8)
        text_sums_end(&self.sums, &out[0])
        digest = self.digest.copy()
        digest.update(out)
        return digest.hexdigest()


cdef class BlockSums:
    """Sums the blocks of a stretch of a stream, so that a `ContentDigest` of the whole stream can add the stretch.

    Parameters
    ----------
    begin : int
        Where the stretch begins in the stream.
    """

    cdef text_sums sums
    cdef size_t ahead  # bytes up to the begin of a block
    cdef bytearray head, found

    def __cinit__(self, uint64_t begin):
        text_sums_init(&self.sums)
        self.ahead = (TEXT_SUM_BLOCK - begin % TEXT_SUM_BLOCK) % TEXT_SUM_BLOCK
        self.head, self.found = bytearray(), bytearray()

    def update(self, const uint8_t[::1] data not None):
        """Add the next bytes."""
        cdef size_t first = min(self.ahead, <size_t>data.shape[0]), n = data.shape[0] - first, blocks
        self.head += data[:first]
        self.ahead -= first
        cdef uint8_t[::1] out = bytearray((n // TEXT_SUM_BLOCK + 1) * TEXT_SUM_BYTES)
        if n:
            with nogil:
                blocks = text_sums_update(&self.sums, &data[first], n, &out[0])
            self.found += out[:blocks * TEXT_SUM_BYTES]

    def parts(self):
        """Return the bytes before the first whole block, the sums of whole blocks, and the bytes after them."""
        return bytes(self.head), bytes(self.found), <bytes>self.sums.block[:self.sums.held]

    def hexdigest(self):
        """Return the digest of the stretch so far, in hexadecimal: not that of the same bytes as a stream."""
        return hashlib.blake2b(b"".join(self.parts()), digest_size=32).hexdigest()
