"""Readers that turn files into streams of sentences. They know no vocabulary.

:func:`open_corpus` looks at what it is given and returns the reader for it:

- :class:`TextCorpus`: plain text, one sentence a line, compressed or not;
- :class:`WikiCorpus`: MediaWiki XML dumps;
- :class:`ColumnCorpus`: a column of CSV, TSV, JSON-lines or Parquet files, or of any object with columns;
- :class:`SentenceCorpus`: any Python iterable of lists of str;
- :class:`SyntheticCorpus`: generated text with planted structure, for tests and benchmarks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, cast

from embed.corpora.columns import ColumnCorpus, column_names, is_paths, shown
from embed.corpora.files import FileCorpus, Source, find_files
from embed.corpora.iterables import SentenceCorpus
from embed.corpora.mediawiki import SNIFF_BYTES, WikiCorpus, is_mediawiki
from embed.corpora.synthetic import SyntheticCorpus
from embed.corpora.text import PIECE_TOKENS, TextCorpus
from embed.corpora.tokenizers import TokenizerChoice
from embed.errors import CorpusError
from embed.files.compressed import InputFile

__all__ = [
    "PIECE_TOKENS",
    "ColumnCorpus",
    "MixedCorpus",
    "SentenceCorpus",
    "SyntheticCorpus",
    "TextCorpus",
    "WikiCorpus",
    "open_corpus",
]


class MixedCorpus(FileCorpus):
    """Text files and MediaWiki dumps, read one after the other in the order given."""

    def __init__(self, parts: list[TextCorpus | WikiCorpus]) -> None:
        self._parts = parts
        super().__init__([file for part in parts for file in part.files])

    def settings(self) -> dict[str, Any] | None:
        """Return the reading settings of all parts."""
        settings = [part.settings() for part in self._parts]
        return None if None in settings else {"reader": "mixed", "parts": settings}

    @property
    def bytes_read(self) -> int:
        """Bytes of the files read so far by the latest pass."""
        return sum(part.bytes_read for part in self._parts)

    @property
    def current_name(self) -> str | None:
        """The file that the latest pass is reading, None between passes."""
        return next((part.current_name for part in self._parts if part.current_name), None)

    def read_fingerprint(self) -> None:
        """Return None: each part records its own pass."""
        return None

    def byte_chunks(self) -> None:
        """Return None: the parts differ in what they can do."""
        return None

    def __iter__(self) -> Iterator[list[str]]:
        for part in self._parts:
            yield from part


def open_corpus(
    source: Source | Iterable[Iterable[str]],
    *,
    tokenizer: TokenizerChoice = "whitespace",
    lowercase: bool = False,
    decode_errors: str = "strict",
    column: str | None = None,
) -> Iterable[list[str]]:
    """Return the reader for `source`.

    Parameters
    ----------
    source : path, "-", list of paths, folders and globs, or iterable of lists of str
        What to read. Files are told apart by content; a corpus object is returned as it is.
    tokenizer : {"whitespace", "words"} or callable
        For files. A MediaWiki dump is raw text, where ``whitespace`` would leave punctuation on the words, so
        it is read with ``words`` instead; make a :class:`WikiCorpus` to have it otherwise.
    lowercase : bool
        Lower-case the text.
    decode_errors : {"strict", "replace", "skip"}
        What to do with invalid UTF-8 in text files.
    column : str, optional
        Read this column of CSV, TSV, JSON-lines or Parquet files, or of an object with columns; see
        :class:`ColumnCorpus`.

    Raises
    ------
    CorpusError
        When there is nothing to read, or `source` is something else; when it has columns and none is named.
    """
    if column is not None:
        return ColumnCorpus(source, column, tokenizer=tokenizer, lowercase=lowercase, decode_errors=decode_errors)
    if isinstance(source, (FileCorpus, SyntheticCorpus, SentenceCorpus)):
        return source
    if (names := column_names(source)) is not None:
        raise CorpusError(
            f"the corpus is a table with the columns {shown(names)}: name one "
            "by column=, as in embed.train(table, column='text')"
        )
    if not is_paths(source):
        return SentenceCorpus(cast(Iterable[Any], source), lowercase=lowercase)
    files = find_files(cast(Source, source))
    parts: list[TextCorpus | WikiCorpus] = []
    for is_dump, group in groupby(files, key=lambda file: is_mediawiki(file.peek(SNIFF_BYTES))):
        members: list[InputFile] = list(group)
        if is_dump:
            wiki_tokenizer = "words" if tokenizer == "whitespace" else tokenizer
            parts.append(WikiCorpus(members, tokenizer=wiki_tokenizer, lowercase=lowercase))
        else:
            parts.append(TextCorpus(members, tokenizer=tokenizer, lowercase=lowercase, decode_errors=decode_errors))
    return parts[0] if len(parts) == 1 else MixedCorpus(parts)
