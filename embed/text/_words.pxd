"""Declare the table of words of csrc/text_words.h: each has an id, in order of first occurrence, and a count."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy


cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL


cdef extern from "text_words.h" nogil:
    const int TEXT_OK, TEXT_NO_MEMORY, TEXT_TOO_MANY_WORDS, TEXT_WORD_TOO_LONG
    const int64_t TEXT_MAX_WORDS, TEXT_MAX_WORD_BYTES
    const int TEXT_SEEDS
    uint64_t* text_seeds

    ctypedef struct text_entry:
        size_t length

    ctypedef struct text_words:
        text_entry* entries
        int64_t* counts
        int64_t size
        void* slots

    ctypedef struct text_key:
        uint64_t hash

    text_key text_key_alone(const uint8_t* bytes, uint64_t length)
    int text_words_init(text_words* words, int64_t max_words)
    void text_words_free(text_words* words)
    int64_t text_words_id(text_words* words, const text_key* key)
    const uint8_t* text_entry_bytes(const text_words* words, const text_entry* entry)
    void text_words_close(text_words* words)


cdef inline int seed_hashes(urandom) except -1:
    """Draw the seeds of the tables' hashes; each module with tables calls this on import."""
    cdef bytes drawn = urandom(TEXT_SEEDS * sizeof(uint64_t))
    memcpy(text_seeds, <const char*>drawn, TEXT_SEEDS * sizeof(uint64_t))
    return 0


cdef inline int check(int status) except -1:
    """Raise the error for a status of the table."""
    if status == TEXT_NO_MEMORY:
        raise MemoryError("not enough memory for the vocabulary")
    if status == TEXT_TOO_MANY_WORDS:
        raise OverflowError("too many distinct words")
    if status == TEXT_WORD_TOO_LONG:
        raise OverflowError(f"a word is longer than {TEXT_MAX_WORD_BYTES:,} bytes")
    return 0


cdef inline int32_t id_of(text_words* words, str word) except -1:
    """Return the id of a word; add a new word with count 0."""
    cdef Py_ssize_t length
    cdef const char* utf8 = PyUnicode_AsUTF8AndSize(word, &length)
    cdef text_key key = text_key_alone(<const uint8_t*>utf8, length)
    cdef int64_t found = text_words_id(words, &key)
    check(<int>found if found < 0 else TEXT_OK)
    return <int32_t>found
