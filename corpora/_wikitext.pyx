"""Find the visible text of wikitext whose markup is plain, without building a tree; see :mod:`embed.corpora.wikitext`.

The functions follow the rules of mwparserfromhell's tokenizer for links, external links, headings, lists, entities and
tags that are closed where they should be. They stop at anything else, and tell where the library has to take over: at
the start of a line outside any markup, where its result for the rest does not depend on what came before.
"""

from libc.stdint cimport uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memchr, memcmp, memcpy
from cpython.bytes cimport PyBytes_FromStringAndSize

from html.entities import name2codepoint as _name2codepoint
from string import hexdigits as _hexdigits


cdef enum:
    _IN_PAGE = 0
    _IN_LINK
    _IN_EXTERNAL
    _IN_HEADING
    _IN_TAG
    _DEEPEST = 20  # the library follows 100, of which each level here takes at most three
    _MOST_LOOSE = 40  # brackets that may stay open
    _LONGEST_NAME = 16
    _LONGEST_ENTITY = 7
    _STOPS = 1
    _MARKER = 2
    _SCHEME = 4
    _WORD = 8
    _SPACE = 16
    _ENDS_TITLE = 32
    _ENDS_URL = 64
    _ATTRIBUTE = 128

cdef uint8_t _KINDS[256]


cdef void _set(bytes characters, uint8_t kind):
    for character in characters:
        _KINDS[character] |= kind


_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_set(b"{[]<&:=\n\0", _STOPS)
_set(b"{}[]<>|=&'#*;:/-!\n\0", _MARKER)
_set(_LETTERS + b"+.-", _SCHEME)
_set(_LETTERS + b"_", _WORD)
_set(b" \t\n\v\f\r\x1c\x1d\x1e\x1f", _SPACE)
_set(b"\n[]{}<>|\0", _ENDS_TITLE)
_set(b'\n[]<>" {\0', _ENDS_URL)
_set(_LETTERS + b"_-:", _ATTRIBUTE)

# The schemes of mwparserfromhell.definitions; the first need two slashes.
_WITH_SLASHES = frozenset(
    b"ftp ftps git gopher http https irc ircs mms nntp redis sftp ssh svn telnet worldwind".split()
)
_WITHOUT_SLASHES = frozenset(b"bitcoin geo magnet mailto news sip sips sms tel urn xmpp".split())
# Tags without contents, and tags whose contents are no wikitext.
_EMPTY_TAGS = frozenset(b"br wbr hr meta link img".split())
_RAW_TAGS = frozenset(
    b"categorytree ce chem gallery graph hiero imagemap inputbox math nowiki pre score section source syntaxhighlight "
    b"templatedata timeline".split()
)


cdef class PlainMarkup:
    """Finds the visible text of plain markup.

    Parameters
    ----------
    dropped_tags, line_tags : frozenset of bytes
        Lower-case names of tags whose contents are dropped, and of tags that stand on lines of their own.
    link : callable
        Takes the title of a link with a colon or with other than ASCII at its ends, and whether the link has a text;
        returns the str that stands for the title, or None if the link is dropped with its text.
    """

    cdef frozenset dropped_tags, line_tags
    cdef object link
    cdef const uint8_t* source
    cdef Py_ssize_t size, at, safe, safe_written
    cdef uint8_t* out
    cdef Py_ssize_t written
    cdef int depth, loose
    cdef bint in_heading

    def __cinit__(self, frozenset dropped_tags not None, frozenset line_tags not None, link not None):
        self.dropped_tags, self.line_tags, self.link = dropped_tags, line_tags, link

    def visible(self, str text not None):
        """Return the visible text, and the rest of `text` that the library must parse."""
        cdef bytes encoded = text.encode("utf-8", "surrogatepass")
        cdef bint is_whole
        if self.out != NULL:
            raise RuntimeError("a page is being read; make an object for each thread")
        self.source, self.size = encoded, len(encoded)
        self.at = self.safe = self.written = self.safe_written = 0
        self.depth = self.loose = 0
        self.in_heading = False
        if b"\0" in encoded:
            return "", text  # to the library, that is where the text ends
        # Every character of the output stands for a longer mark, or for itself, but a tag may stand for two line ends.
        self.out = <uint8_t*>malloc(2 * self.size + 16)
        if self.out == NULL:
            raise MemoryError("not enough memory to remove the markup of a page")
        try:
            is_whole = self._scan(_IN_PAGE, b"")
            if is_whole:
                self.safe, self.safe_written = self.size, self.written
            return (
                PyBytes_FromStringAndSize(<char*>self.out, self.safe_written).decode("utf-8", "surrogatepass"),
                encoded[self.safe:].decode("utf-8", "surrogatepass"),
            )
        finally:
            free(self.out)
            self.out = NULL

    cdef inline uint8_t _peek(self, Py_ssize_t at) noexcept:
        return self.source[at] if 0 <= at < self.size else 0

    cdef inline void _put(self, uint8_t character) noexcept:
        self.out[self.written] = character
        self.written += 1

    cdef inline void _copy(self, Py_ssize_t start, Py_ssize_t end) noexcept:
        memcpy(self.out + self.written, self.source + start, end - start)
        self.written += end - start

    cdef bint _put_text(self, str text, Py_ssize_t most) except -1:
        """Write the text that stands for a mark of `most` bytes, for which there is room."""
        cdef bytes encoded = text.encode("utf-8", "surrogatepass")
        if len(encoded) > most:
            return False
        memcpy(self.out + self.written, <const char*>encoded, len(encoded))
        self.written += len(encoded)
        return True

    cdef bint _scan(self, int context, bytes tag) except -1:
        """Write the visible text up to the end of a context, and move behind it; return False if it is not plain."""
        cdef Py_ssize_t start
        cdef uint8_t mark
        cdef bint is_term = False
        cdef bint at_line = self.at == 0
        if self.depth > _DEEPEST or self.loose > _MOST_LOOSE:
            return False
        while True:
            if at_line:
                at_line = False
                if context == _IN_PAGE:
                    self.safe, self.safe_written = self.at, self.written
                mark = self._peek(self.at)
                if mark == c"=" and not self.in_heading:
                    if not self._heading():
                        return False
                    continue
                while mark == c"*" or mark == c"#" or mark == c":" or mark == c";":
                    self._put(c"\n")
                    is_term = is_term or mark == c";"
                    self.at += 1
                    mark = self._peek(self.at)
                    if mark == 0:
                        break
                if self.at + 4 <= self.size and self.source[self.at] == c"-" and (
                    self.at == 0 or self.source[self.at - 1] == c"\n"
                ) and memcmp(self.source + self.at, b"----", 4) == 0:
                    self._put(c"\n")
                    while self._peek(self.at) == c"-":
                        self.at += 1
            start = self.at
            while self.at < self.size and not _KINDS[self.source[self.at]] & _STOPS:
                self.at += 1
            self._copy(start, self.at)
            if self.at == self.size:
                return context == _IN_PAGE
            mark = self.source[self.at]
            if mark == c"\n":
                if context == _IN_HEADING or context == _IN_EXTERNAL:
                    return False
                self._put(mark)
                self.at += 1
                is_term = False
                at_line = True
            elif mark == c"[":
                if self._peek(self.at + 1) == c"[":
                    if not self._link():
                        return False
                elif not self._external(context):
                    return False
            elif mark == c"]":
                if context == _IN_LINK and self._peek(self.at + 1) == c"]":
                    self.at += 2
                    return True
                if context == _IN_EXTERNAL:
                    self.at += 1
                    return True
                self._put(mark)
                self.at += 1
            elif mark == c"<":
                if self._peek(self.at + 1) == c"/":
                    if context == _IN_TAG:
                        return self._closing(tag)
                    if not self._stray_closing():
                        return False
                elif not self._tag():
                    return False
            elif mark == c"&":
                if not self._entity():
                    return False
            elif mark == c":":
                if _KINDS[self._peek(self.at - 1)] & _MARKER or context == _IN_EXTERNAL or not self._is_scheme_before():
                    if is_term:
                        is_term = False
                        self._put(c"\n")
                    else:
                        self._put(mark)
                    self.at += 1
                elif context == _IN_HEADING or not self._address():
                    return False
            elif mark == c"=":
                if context == _IN_HEADING:
                    return True
                self._put(mark)
                self.at += 1
            elif mark == c"{":
                if self._peek(self.at + 1) == c"{" or self._peek(self.at + 1) == c"|":
                    return False
                self._put(mark)
                self.at += 1
            else:
                return False

    cdef bint _heading(self) except -1:
        """Read ``== text ==``, with as many marks before as behind, and nothing behind them."""
        cdef Py_ssize_t start = self.at
        cdef Py_ssize_t level, closing, end
        cdef bint is_plain
        while self._peek(self.at) == c"=":
            self.at += 1
        level = self.at - start
        self._put(c"\n")
        self.in_heading = True
        self.depth += 1
        is_plain = self._scan(_IN_HEADING, b"")
        self.depth -= 1
        self.in_heading = False
        if not is_plain or level > 6:
            return False
        closing = self.at
        while self._peek(self.at) == c"=":
            self.at += 1
        end = self.at
        while self._peek(end) == c" " or self._peek(end) == c"\t":
            end += 1
        self._put(c"\n")
        return self.at - closing == level and (end == self.size or self.source[end] == c"\n")

    cdef bint _link(self) except -1:
        """Read ``[[title]]`` or ``[[title|text]]``."""
        cdef Py_ssize_t title = self.at + 2
        cdef Py_ssize_t end = title
        cdef Py_ssize_t before = self.written
        cdef Py_ssize_t last
        cdef bint has_text, has_colon, is_dropped = False
        if self._is_scheme_at(title) or (self._peek(title) == c"/" and self._peek(title + 1) == c"/"):
            return False
        while end < self.size and not _KINDS[self.source[end]] & _ENDS_TITLE:
            end += 1
        has_text = self._peek(end) == c"|"
        if not has_text and (self._peek(end) != c"]" or self._peek(end + 1) != c"]"):
            if self._peek(end) == c"{" or self._peek(end) == c"<":
                return False
            self._copy(self.at, title)  # no link: its marks are text, and what follows is read again
            self.at = title
            self.loose += 1
            return self.loose <= _MOST_LOOSE
        has_colon = end > title and memchr(self.source + title, c":", end - title) != NULL
        last = end
        if has_colon or (not has_text and end > title and (self.source[title] >= 0x80 or self.source[end - 1] >= 0x80)):
            shown = self.link(self.source[title:end].decode("utf-8", "surrogatepass"), has_text)
            is_dropped = shown is None
            if not is_dropped and not has_text and not self._put_text(shown, end - title):
                return False
        elif not has_text:
            while title < last and _KINDS[self.source[title]] & _SPACE:
                title += 1
            while title < last and _KINDS[self.source[last - 1]] & _SPACE:
                last -= 1
            self._copy(title, last)
        if not has_text:
            self.at = end + 2
            return True
        self.at = end + 1
        self.depth += 1
        if not self._scan(_IN_LINK, b""):
            return False
        self.depth -= 1
        if is_dropped:
            self.written = before
        return True

    cdef bint _external(self, int context) except -1:
        """Read ``[address]`` or ``[address text]``, or a bracket that stands for itself."""
        cdef Py_ssize_t url = self.at + 1
        cdef uint8_t first
        if context == _IN_EXTERNAL:
            url = 0
        elif self._peek(url) == c"/" and self._peek(url + 1) == c"/":
            url += 2
        else:
            url = self._behind_scheme(url)
        first = self._peek(url)
        if not url or first == 0 or first == c"\n" or first == c" " or first == c"]":
            if url == self.size:
                return False
            self._put(c"[")
            self.at += 1
            self.loose += 1
            return self.loose <= _MOST_LOOSE
        while url < self.size and not _KINDS[self.source[url]] & _ENDS_URL:
            if self.source[url] == c"'" and self._peek(url + 1) == c"'":
                return False
            url += 1
        first = self._peek(url)
        if first == 0 or first == c"\n" or first == c"{":
            return False
        if first == c"]":
            self.at = url + 1
        else:
            self.at = url + (first == c" ")
            self.depth += 1
            if not self._scan(_IN_EXTERNAL, b""):
                return False
            self.depth -= 1
        if self._peek(self.at) == c"]":
            self.loose += 1  # the count of open brackets takes two such marks for one
        return self.loose <= _MOST_LOOSE

    cdef bint _address(self) except -1:
        """Read an address without brackets, whose scheme has been written as text."""
        cdef Py_ssize_t at = self.at + 1
        cdef Py_ssize_t tail
        cdef bint has_parenthesis = False
        cdef uint8_t mark
        while _KINDS[self._peek(self.at - 1)] & _WORD:
            self.at -= 1
            self.written -= 1
        if self.at and self.source[self.at - 1] >= 0x80:
            return False  # perhaps a letter: no scheme then
        if self._peek(at) == c"/" and self._peek(at + 1) == c"/":
            at += 2
        tail = at
        while at < self.size:
            mark = self.source[at]
            if mark == c"{" or mark == c"&" or mark == 0 or (mark == c"<" and self._peek(at + 1) == c"!"):
                return False
            if _KINDS[mark] & _ENDS_URL:
                break
            if mark == c"'" and self._peek(at + 1) == c"'":
                return False
            at += 1
            if mark == c"(":
                has_parenthesis = True
            if mark not in b",;\\.:!?" and (has_parenthesis or mark != c")"):
                tail = at
        self._copy(tail, at)
        self.at = at
        return True

    cdef bint _is_scheme_before(self) except -1:
        """Return whether an address with the scheme that ends here may follow."""
        cdef Py_ssize_t start = self.at
        cdef Py_ssize_t behind
        cdef uint8_t first
        while start and _KINDS[self.source[start - 1]] & _WORD:
            start -= 1
        behind = self._behind_scheme(start)
        first = self._peek(behind)
        return behind > self.at and first != 0 and first not in b"\n []"

    cdef bint _is_scheme_at(self, Py_ssize_t start) except -1:
        return self._behind_scheme(start) != 0

    cdef Py_ssize_t _behind_scheme(self, Py_ssize_t start) except -1:
        """Return the position behind ``scheme:`` or ``scheme://``; 0 if there is none."""
        cdef Py_ssize_t end = start
        cdef bytes scheme
        while end < self.size and end - start < _LONGEST_NAME and _KINDS[self.source[end]] & _SCHEME:
            end += 1
        if end == start or self._peek(end) != c":":
            return 0
        scheme = self.source[start:end].lower()
        if self._peek(end + 1) == c"/" and self._peek(end + 2) == c"/":
            return end + 3 if scheme in _WITH_SLASHES or scheme in _WITHOUT_SLASHES else 0
        return end + 1 if scheme in _WITHOUT_SLASHES else 0

    cdef bint _entity(self) except -1:
        """Read an entity, or an ampersand that stands for itself."""
        cdef Py_ssize_t start = self.at + 1
        cdef Py_ssize_t end = start
        cdef str name
        cdef object code = None
        if self._peek(end) == c"#":
            end += 1
        while end - start <= _LONGEST_ENTITY + 1 and _KINDS[self._peek(end)] & _WORD:
            end += 1
        if end - start > _LONGEST_ENTITY and self.source[start] == c"#":
            return False
        if end - start == _LONGEST_ENTITY + 1 and self._peek(end) == c";":
            return False
        if self._peek(end) == c";" and end > start:
            name = self.source[start:end].decode("ascii")
            if name[0] != "#":
                code = _name2codepoint.get(name)
            elif name[1:].isdecimal():
                code = int(name[1:])
            elif name[1:2] in ("x", "X") and name[2:] and not name[2:].strip(_hexdigits):
                code = int(name[2:], 16)
        if code is None or not 0 < code < 0x110000:
            self._put(c"&")
            self.at += 1
            return True
        if 0xD800 <= code < 0xE000:
            return False
        self.at = end + 1
        return self._put_text(chr(code), end + 1 - start)

    cdef bint _stray_closing(self) except -1:
        """Read ``</name``, which stands for itself outside a tag."""
        cdef Py_ssize_t end = self.at + 2
        while end < self.size and _KINDS[self.source[end]] & _WORD:
            end += 1
        if end == self.at + 2 or self._peek(end) != c">" or self.source[self.at + 2:end].lower() in _EMPTY_TAGS:
            return False
        self._copy(self.at, self.at + 2)
        self.at += 2
        return True

    cdef bint _closing(self, bytes tag) except -1:
        """Move behind ``</name>``; return False if it is that of another tag."""
        cdef Py_ssize_t end = self.at + 2 + len(tag)
        if end >= self.size or self.source[end] != c">" or self.source[self.at + 2:end].lower() != tag:
            return False
        self.at = end + 1
        return True

    cdef bint _tag(self) except -1:
        """Read a tag and its contents."""
        cdef Py_ssize_t start = self.at + 1
        cdef Py_ssize_t end = start
        cdef Py_ssize_t before = self.written
        cdef bytes name
        cdef bint on_lines, closes_itself
        while end < self.size and _KINDS[self.source[end]] & _WORD and self.source[end] != c"_":
            end += 1
        if end == start or end - start > _LONGEST_NAME:
            return False
        name = self.source[start:end].lower()
        self.at = end
        if not self._attributes():
            return False
        closes_itself = self.source[self.at] == c"/"
        self.at += 1 + closes_itself
        on_lines = name in self.line_tags
        if on_lines:
            self._put(c"\n")
        if name in _EMPTY_TAGS:
            if name in (b"meta", b"link") and not closes_itself:
                self.loose += 1
        elif not closes_itself:
            if name in _RAW_TAGS:
                if name not in self.dropped_tags or not self._raw(name):
                    return False
            else:
                self.depth += 1
                if not self._scan(_IN_TAG, name):
                    return False
                self.depth -= 1
        if on_lines:
            self._put(c"\n")
        if name in self.dropped_tags:
            self.written = before
        return True

    cdef bint _raw(self, bytes name) except -1:
        """Move behind contents that are no wikitext."""
        while self.at + 1 < self.size:
            if self.source[self.at] == c"<" and self.source[self.at + 1] == c"/":
                return self._closing(name) and self.loose <= _MOST_LOOSE
            self.loose += self.source[self.at] in b"[{<"
            self.at += 1
        return False

    cdef bint _attributes(self) except -1:
        """Move to the end of an opening tag; return False if its attributes are not plain."""
        cdef Py_ssize_t at = self.at
        cdef Py_ssize_t start
        cdef uint8_t mark, quote
        while True:
            start = at
            while self._peek(at) == c" ":
                at += 1
            mark = self._peek(at)
            if mark == c">" or (mark == c"/" and self._peek(at + 1) == c">"):
                self.at = at
                return True
            if at == start:
                return False
            start = at
            while _KINDS[self._peek(at)] & _ATTRIBUTE:
                at += 1
            if at == start or self._peek(at) != c"=":
                return False
            at += 1
            quote = self._peek(at)
            start = at + 1
            if quote == c'"' or quote == c"'":
                at += 1
                while at < self.size and self.source[at] != quote:
                    if self.source[at] in b"\0{}[]<>&\\\n'\"":
                        return False
                    at += 1
                if at == self.size or at == start:
                    return False
                at += 1
            else:
                at += 1
                if not _KINDS[quote] & _WORD:
                    return False
                while _KINDS[self._peek(at)] & _SCHEME:
                    at += 1
