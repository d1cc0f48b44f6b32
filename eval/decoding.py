"""Decodes a test file: compressed or not, UTF-8, or UTF-16 and UTF-32 as spreadsheets export them.

What holds no rows of words is named with what to do: archives, documents, pickles, JSON, pages of a server.

Rejected: guessing between encodings of one byte a letter (each of them decodes any file, into other words).
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from embed.errors import FormatError
from embed.files.inputs import Input

__all__ = ["LINE_END", "decoded_file"]

MOST_BYTES = 64 << 20
"""The largest set in use, BATS, has 5 MB."""
LINE_END = re.compile(r"\r\n?|\n")

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 first: its mark begins with that of UTF-16."""
_JSON = re.compile(r'\s*(?:\{\s*"|\[\s*[\[{])')
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)


def decoded_file(path: Path) -> str:
    """Return the text of a test file.

    Raises
    ------
    FormatError
        If it cannot be read, is too long, is in another encoding, or holds no lines of words.
    """
    with Input(path, FormatError).open() as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise FormatError(f"{path} has more than {MOST_BYTES:,} bytes: it is no test set")
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None) or _without_mark(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8-sig":
            raise FormatError(f"{path}: not {encoding.upper()}, as its beginning says: {error.reason}") from error
        raise FormatError(
            f"{path}, line {_line_at(data[: error.start].decode('latin-1'))}: not UTF-8 (byte offset {error.start}); "
            "convert the file, for example with iconv -f ISO-8859-1 -t UTF-8"
        ) from error
    if (nul := text.find("\0")) >= 0:
        raise FormatError(f"{path}, line {_line_at(text[:nul])}: a NUL character: name a text file of words")
    if _JSON.match(text):
        raise FormatError(f"{path} is JSON: write it as lines, such as word, word and score with tabs between them")
    if _PAGE.match(text):
        raise FormatError(f"{path} is an HTML or XML page: download the set itself, and look at it")
    return text


def _without_mark(data: bytes) -> str:
    """Return UTF-16 where each second byte of the first words is NUL, else UTF-8."""
    start = data[:16]
    for encoding, nul, letters in (("utf-16-le", start[1::2], start[::2]), ("utf-16-be", start[::2], start[1::2])):
        if len(start) > 3 and not nul.strip(b"\0") and b"\0" not in letters:
            return encoding
    return "utf-8-sig"


def _line_at(before: str) -> int:
    return len(LINE_END.findall(before)) + 1
