"""Decode a test file: compressed or not, UTF-8, or UTF-16 and UTF-32 as spreadsheets export them.

Files without rows of words (archives, documents, pickles, JSON, web pages) are refused with advice.

Rejected: guessing between 8-bit encodings (each decodes any file, into other words).
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
"""Byte order marks; UTF-32 comes first, because its mark begins with UTF-16's."""
_JSON = re.compile(r'\s*(?:\{\s*"|\[\s*[\[{])')
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)


def decoded_file(path: Path) -> str:
    """Return the text of a test file.

    Raises
    ------
    FormatError
        The file cannot be read, is too long, has another encoding, or does not hold lines of words.
    """
    with Input(path, FormatError).open() as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise FormatError(f"{path} has more than {MOST_BYTES:,} bytes, too many for a test set; name a test file")
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None) or _without_mark(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8-sig":
            raise FormatError(
                f"{path}: invalid {encoding.upper()} ({error.reason}); convert the file to UTF-8"
            ) from error
        raise FormatError(
            f"{path}, line {_line_at(data[: error.start].decode('latin-1'))}: not UTF-8 (byte offset {error.start}); "
            "convert the file, for example with iconv -f ISO-8859-1 -t UTF-8"
        ) from error
    if (nul := text.find("\0")) >= 0:
        raise FormatError(
            f"{path}, line {_line_at(text[:nul])}: a NUL character, so this is not text; name a text file of words"
        )
    if _JSON.match(text):
        raise FormatError(f"{path} is JSON; write one item a line, such as word, word and score separated by tabs")
    if _PAGE.match(text):
        raise FormatError(f"{path} is an HTML or XML page; download the test set itself")
    return text


def _without_mark(data: bytes) -> str:
    """Return UTF-16 if every second byte at the start is NUL, else UTF-8."""
    start = data[:16]
    for encoding, nul, letters in (("utf-16-le", start[1::2], start[::2]), ("utf-16-be", start[::2], start[1::2])):
        if len(start) > 3 and not nul.strip(b"\0") and b"\0" not in letters:
            return encoding
    return "utf-8-sig"


def _line_at(before: str) -> int:
    return len(LINE_END.findall(before)) + 1
