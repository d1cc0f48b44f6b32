"""Read documents: words, and the tags whose rows they train.

A tag is the name of a row. Most documents have one tag, their id, which no other document has. Documents with the same
tag share its row, and a document with several tags trains all of their rows.

A document keeps its place: an empty line, or a table's row without a text, is a document without words, so that the
n-th document is the n-th line or row. Memory holds one document at a time.

Rejected: ids from a first field of a line (a line of prose may begin like one; a table says where its ids are), a tag
column that replaces the id (every document of a topic would share one row, which is not what a second column suggests).
"""

from __future__ import annotations

import glob
import os
from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from embed.arguments import choice, iterable, shown, text
from embed.choices import TextErrors
from embed.corpora import TextCorpus, WikiCorpus
from embed.corpora.columns import Rows, RowWeights, Tables, column_names, place
from embed.corpora.files import FileCorpus, find_files
from embed.corpora.iterables import checked_sentence, mended, without_surrogates
from embed.corpora.recognise import SNIFF_BYTES, is_mediawiki
from embed.corpora.rows import SeparatedRows
from embed.corpora.text import DECODE_ERRORS
from embed.corpora.tokenizers import TokenizerChoice, get_tokenizer
from embed.errors import ConfigError, CorpusError, advise
from embed.files.inputs import STANDARD_INPUT
from embed.files.remote import is_remote
from embed.messages import listed, option

__all__ = ["TAG_SEPARATOR", "Document", "Documents", "open_documents"]

TAG_SEPARATOR = "|"
"""Separates the tags in a field of CSV and TSV."""
_ALLOWED = "a document is a text, a list of words, or an object with words and tags"
_TEXTS = (str, bytes, Mapping)
"""What can be iterated, but is no list of tags."""
_END = object()


@dataclass(frozen=True, slots=True)
class Document:
    """A document as the trainer reads it.

    Attributes
    ----------
    words : list of str
        Tokens, lower-cased if so asked; may be empty.
    tags : tuple of hashable objects
        The names of its rows, at least one; usually its id alone.
    times : int
        How often it is read. One that is not read has rows, but nothing trains them.
    """

    words: list[str]
    tags: tuple[Hashable, ...]
    times: int = 1


class Documents:
    """A stream of documents, which can be read as often as its source.

    Parameters
    ----------
    read : callable
        Starts a pass.
    corpus : FileCorpus, optional
        The files that a pass reads.

    Attributes
    ----------
    corpus : FileCorpus or None
        It knows the size of the files, and how far the latest pass has read.
    """

    def __init__(self, read: Callable[[], Iterator[Document]], corpus: FileCorpus | None = None) -> None:
        self._read = read
        self.corpus = corpus

    def __iter__(self) -> Iterator[Document]:
        return self._read()


def open_documents(
    source: Any,
    *,
    tags: Iterable[Any] | None = None,
    tokenizer: TokenizerChoice = "words",
    lowercase: bool = True,
    decode_errors: TextErrors = "strict",
    column: str | None = None,
    id_column: str | None = None,
    tag_column: str | None = None,
    weight_column: str | None = None,
    delimiter: str | None = None,
) -> Documents:
    """Return the documents of a file, a folder, a table or an iterable.

    Parameters
    ----------
    source : path, "-", object with columns, or iterable
        - A text file, compressed or not, or ``"-"``: each line is a document.
        - A folder, or a glob: each file is a document, whose id is its path below the folder, with ``/``.
        - A MediaWiki dump: each article is a document, whose id is its title.
        - With `column`, a table: CSV, TSV, JSON, Parquet, a data frame, a mapping of columns (all that
          :class:`embed.corpora.ColumnCorpus` reads). Each row is a document; a missing text is an empty document.
        - An iterable of texts, of lists of words, of `Document`, or of objects with ``words`` and ``tags`` such as
          gensim's ``TaggedDocument``.
    tags : iterable, optional
        For each document its id, or a list of its tags. A tuple is one id.
    tokenizer : {"words", "whitespace"} or callable
        Splits texts. Lists of words stay as they are.
    lowercase : bool
        Lower-case texts and words. A `Document` stays as it is.
    decode_errors : {"strict", "replace", "skip"}
        What to do with invalid UTF-8 and lone surrogates.
    column : str, optional
        The column of the texts, or of lists of words.
    id_column : str, optional
        The column of the ids; every row must have one. Rows with the same id share a vector, of which a warning tells.
    tag_column : str, optional
        The column of further tags, such as topics, beside the id: a tag or a list of tags; in CSV and TSV, tags
        separated by ``|``. A row may have none.
    weight_column : str, optional
        The column of a number for each row: how often its document is read (:func:`embed.corpora.columns.times_read`).
    delimiter : str, optional
        The character between the fields of CSV files.

    Returns
    -------
    Documents
        A document without an id has its number, from 0, as its tag.

    Raises
    ------
    ConfigError
        Options contradict each other or have the wrong type.
    CorpusError
        At once or while reading: the source is missing, unreadable, malformed or of another kind; an id is missing or
        not hashable; there are more or fewer `tags` than documents.
    MissingExtraError
        A file needs a package that is not installed.

    Warns
    -----
    AdviceWarning
        An id occurs more than once in the column of ids; a text file looks like a table or markup.
    """
    decode_errors = choice("decode_errors", decode_errors, tuple(DECODE_ERRORS))
    columns = {"column": column, "id_column": id_column, "tag_column": tag_column, "weight_column": weight_column}
    names = [text(name, value) for name, value in columns.items() if value is not None]
    for name, value in {**columns, "delimiter": delimiter}.items():
        if column is None and value is not None:
            raise ConfigError(f"{option(name, value)} needs a column of texts; name it with {option('column', 'text')}")
    if tags is not None:
        if isinstance(tags, _TEXTS) or not iterable(tags):
            raise ConfigError(f"{option('tags')} must be a list with an item for each document, not {shown(tags)}")
        if id_column is not None or tag_column is not None:
            other = "id_column" if id_column is not None else "tag_column"
            raise ConfigError(f"{option('tags')} and {option(other)} both name the tags; leave one of them out")
    reading = _Reading(tokenizer, lowercase, decode_errors)
    if column is not None:
        tables = Tables(source, names, decode_errors=decode_errors, delimiter=delimiter)
        documents = Documents(lambda: reading.rows(tables, column, id_column, tag_column, weight_column))
    elif isinstance(source, (str, os.PathLike)):
        documents = reading.files(os.fspath(source))
    elif (found := column_names(source)) is not None:
        raise CorpusError(
            f"the documents are a table with the columns {listed(found)}; name the column of the texts, for example "
            f"with {option('column', 'text')}"
        )
    elif isinstance(source, bytes) or not iterable(source):
        raise CorpusError(f"documents must be a path or an iterable, not {shown(source)}; {_ALLOWED}")
    else:
        documents = Documents(lambda: reading.items(source, tagged=tags is None))
    return documents if tags is None else Documents(lambda: _tagged(documents, tags), documents.corpus)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How texts become words."""

    tokenizer: TokenizerChoice
    lowercase: bool
    decode_errors: TextErrors

    def files(self, path: str | bytes) -> Documents:
        """Return the lines of a file, the files of a folder or glob, or the articles of a dump."""
        if isinstance(path, bytes):
            raise CorpusError(f"documents must be a path or an iterable, not {shown(path)}; {_ALLOWED}")
        is_file = path == STANDARD_INPUT or is_remote(path) or (os.path.lexists(path) and not os.path.isdir(path))
        if not is_file and not os.path.isdir(path) and not glob.has_magic(path) and len(path.split()) > 1:
            raise CorpusError(f"there is no file {path!r:.200}; to pass a text instead of a path, put it into a list")
        files = find_files(path)
        if is_file and is_mediawiki(files[0].peek(SNIFF_BYTES)):
            wiki = WikiCorpus(files, tokenizer=self.tokenizer, lowercase=self.lowercase)
            return Documents(lambda: (Document(words, (title,)) for title, words in wiki.texts()), wiki)
        corpus = TextCorpus(files, tokenizer=self.tokenizer, lowercase=self.lowercase, decode_errors=self.decode_errors)
        if is_file:
            return Documents(lambda: (Document(words, (line,)) for line, words in enumerate(corpus.lines())), corpus)
        root = path if os.path.isdir(path) else _root(path)
        return Documents(
            lambda: (Document(words, (_below(root, file.path),)) for file, words in corpus.texts()), corpus
        )

    def items(self, source: Iterable[Any], *, tagged: bool) -> Iterator[Document]:
        """Yield the documents of an iterable, with their own tags if `tagged`."""
        split = get_tokenizer(self.tokenizer, self.lowercase).split
        for number, item in enumerate(source):
            where = f"document {number:,}"
            has_tags = isinstance(item, Document) or (hasattr(item, "words") and hasattr(item, "tags"))
            if has_tags and not tagged:
                raise ConfigError(f"{where} has tags of its own; leave {option('tags')} out")
            if has_tags:
                lowercase = self.lowercase and not isinstance(item, Document)
                yield Document(self._words(item.words, where, lowercase), _named(item.tags, where, _TEXTS))
            elif isinstance(item, str):
                yield Document(split(without_surrogates(item, self.decode_errors, where)), (number,))
            else:
                yield Document(self._words(item, where, self.lowercase), (number,))

    def rows(
        self, tables: Tables, column: str, id_column: str | None, tag_column: str | None, weight_column: str | None
    ) -> Iterator[Document]:
        """Yield the documents of tables."""
        read = RowWeights()
        split = get_tokenizer(self.tokenizer, self.lowercase).split
        hashes = array("q")  # of ids: a set of them would hold every id twice
        for number, (table, row, (value, *rest)) in enumerate(tables.rows()):
            where = place(table, row, column)
            if value is None:
                words = []
            elif isinstance(value, str):
                words = split(without_surrogates(value, self.decode_errors, where))
            else:
                words = self._words(value, where, self.lowercase)
            tags: tuple[Hashable, ...] = (number,)
            if id_column is not None:
                tags = (_id(rest.pop(0), place(table, row, id_column)),)
                hashes.append(hash(repr(tags)))
            if tag_column is not None:
                tags += _tags_beside(rest.pop(0), table, place(table, row, tag_column), id_column)
            times = 1
            if weight_column is not None and value is not None:
                times = read.times(rest.pop(0), place(table, row, weight_column))
            yield Document(words, tuple(dict.fromkeys(tags)), times)
        if (repeated := len(hashes) - len(np.unique(np.asarray(hashes, np.int64)))) > 0:
            advise(
                f"{repeated:,} of {len(hashes):,} rows repeat an id of the column {id_column!r:.60}: the rows of an id "
                "share one vector; name a column of distinct ids to have one for each"
            )

    def _words(self, value: Any, where: str, lowercase: bool) -> list[str]:
        if isinstance(value, _TEXTS) or not iterable(value):
            raise CorpusError(f"{where} is {shown(value)} ({type(value).__name__}), but {_ALLOWED}")
        words = mended(checked_sentence(value, where), self.decode_errors, where)
        return [word.lower() for word in words] if lowercase else words


def _root(pattern: str) -> str:
    """Return the folder above the first wildcard of a pattern."""
    parts = Path(pattern).parts
    first = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    return os.path.join(*parts[:first]) if first else os.curdir


def _below(folder: str, path: str) -> str:
    """Return the path of a file below a folder, the same on every system."""
    return os.path.relpath(path, folder).replace(os.sep, "/")


def _tagged(documents: Iterable[Document], tags: Iterable[Any]) -> Iterator[Document]:
    """Yield documents with these tags in place of their own."""
    given = iter(tags)
    number = -1
    for number, document in enumerate(documents):
        if (tag := next(given, _END)) is _END:
            raise CorpusError(
                f"{option('tags')} ends after {number:,} items, but there are more documents; give an id, or a list "
                "of tags, for each document"
            )
        yield replace(document, tags=_named(tag, f"document {number:,}", (*_TEXTS, tuple)))
    if next(given, _END) is not _END:
        raise CorpusError(f"{option('tags')} has more items than there are documents ({number + 1:,}); give as many")


def _named(value: Any, where: str, one: tuple[type, ...]) -> tuple[Hashable, ...]:
    """Return the tags of a document, of which there must be one."""
    if tags := _tags(value, where, one):
        return tags
    raise CorpusError(f"{where} has no tags; give it an id, or at least one tag")


def _tags(value: Any, where: str, one: tuple[type, ...]) -> tuple[Hashable, ...]:
    """Return one tag, or those of an iterable that is none of these types, each once."""
    several = (value,) if isinstance(value, one) or not iterable(value) else value
    return tuple(dict.fromkeys(_checked(tag, where) for tag in several))


def _tags_beside(value: Any, table: Rows, where: str, id_column: str | None) -> tuple[Hashable, ...]:
    """Return the tags in a field of a table, which a document has beside its id."""
    if value is None:
        return ()
    if isinstance(table, SeparatedRows):
        parts = (part.strip() for part in value.split(TAG_SEPARATOR))
        return tuple(part for part in parts if part)
    tags = tuple(tag for tag in _tags(value, where, _TEXTS) if tag is not None and tag != "")
    number = next((tag for tag in tags if id_column is None and not isinstance(tag, (str, bytes))), _END)
    if number is not _END:
        raise CorpusError(
            f"{where}: the tag {shown(number)} is a number, as are the ids of rows without a column of ids; name that "
            f"column with {option('id_column')}, or make the tags strings"
        )
    return tags


def _checked(tag: Any, where: str) -> Hashable:
    """Return a tag that a dict can find as a key; NumPy's scalars become those of Python."""
    if isinstance(tag, np.generic):
        tag = tag.item()
    try:
        hash(tag)
    except TypeError:
        raise CorpusError(f"{where}: the tag {shown(tag)} is not hashable; use a string, a number or a tuple") from None
    if tag != tag:
        raise CorpusError(f"{where}: the tag {shown(tag)} is not equal to itself; use a string, a number or a tuple")
    found: Hashable = tag
    return found


def _id(value: Any, where: str) -> Hashable:
    """Return the id of a row; raise CorpusError if it is missing."""
    if value is None or value == "":
        raise CorpusError(f"{where}: the id is missing; give every row an id, or leave the column of ids out")
    if isinstance(value, (list, dict)):
        raise CorpusError(
            f"{where}: {shown(value)} is no id; name a column of several tags with {option('tag_column')}"
        )
    return _checked(value, where)
