"""Recognise the format of a file by its content.

Formats with a mark recognise it (`embed.formats.registry`); the rest is word2vec's. The first line of a word2vec
file does not reveal whether the rest is text or binary; the first row does. A row of ASCII numbers is text, a control
character or invalid UTF-8 is binary. If a single row is valid in both ways, the extension decides.
"""

from __future__ import annotations

import re

from embed.errors import FormatError
from embed.files.inputs import Input
from embed.formats.foreign import ForeignFileError, refuse_foreign
from embed.formats.reading import START_BYTES, PathOrInput, Start, look_at, parse_header, read_start
from embed.formats.registry import BINARY, FORMATS, GLOVE, TEXT, readable
from embed.formats.text_rows import are_text_rows, is_text_row

__all__ = ["detect", "hinted"]

LONGEST_UTF8 = 4
"""The last character of the start of a file may be cut, and has fewer bytes than this."""

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1b]")


def detect(path: PathOrInput) -> str:
    """Return the format of a file or folder: "text" (with a header or without), "binary", "native" ...

    An `Input` can still be read from its start afterwards.

    Raises
    ------
    FormatError
        The file cannot be read, is empty, or is not in a known format.
    """
    source = Input.of(path, FormatError)
    start = read_start(source)
    refuse_foreign(source.name, start.data)
    for form in FORMATS.values():
        if form.recognise is not None and form.recognise(start):
            return form.name
    return _word2vec(source, start)


def hinted(error: FormatError, path: PathOrInput, *wanted: str) -> FormatError:
    """Return the error of a file that was read as `wanted`, naming the actual format if it is another."""
    source = Input.of(path, FormatError)
    if source.reads_once:
        return error
    try:
        found = detect(source)
    except ForeignFileError as foreign:
        return foreign
    except FormatError:
        return error
    alike = (TEXT, GLOVE)
    if found in wanted or (found in alike and any(name in alike for name in wanted)):
        return error
    return type(error)(f"{error}; the file is in the format {found!r}: read it with embed.load")


def _word2vec(file: Input, beginning: Start) -> str:
    """Return whether a file without a mark is text or binary."""
    extension = beginning.extension
    with look_at(file) as source:
        start = source.stream.peek(START_BYTES)
        if not start:
            raise FormatError(f"{source.name}: the file is empty")
        if source.stream.compression is not None:
            refuse_foreign(source.name, start, is_unpacked=True)
            for form in FORMATS.values():
                if form.compressible and form.recognise is not None and form.recognise(Start(beginning.path, start)):
                    return form.name
        line, _, rest = start.partition(b"\n")
        header = parse_header(source, line, least_row_bytes=2, least_number_bytes=2)
        if header is None:
            if _CONTROL.search(start) or (_is_binary(start) and not is_text_row(line, 1, whole=True)):
                raise FormatError(
                    f"{source.name}: neither text nor a known format of vectors: convert it to one of {readable()}"
                )
            return TEXT
        row = rest.split(b"\n", 1)[0]
        if is_text_row(row, header.dim, whole=b"\n" in rest or len(start) < START_BYTES):
            numbers = row.partition(b" ")[2]
            in_doubt = len(numbers) == 4 * header.dim and not are_text_rows(rest, header.dim)
            return BINARY if extension == ".bin" and in_doubt else TEXT
        return BINARY if extension == ".bin" or _is_binary(rest) else TEXT


def _is_binary(data: bytes) -> bool:
    if _CONTROL.search(data):
        return True
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start < len(data) - LONGEST_UTF8
    return False
