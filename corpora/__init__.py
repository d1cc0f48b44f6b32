"""Read files and Python data as streams of sentences, without a vocabulary.

:func:`open_corpus` inspects its argument and returns the right reader:

- :class:`TextCorpus`: plain text, one sentence a line, compressed or not;
- :class:`WikiCorpus`: MediaWiki XML dumps;
- :class:`ColumnCorpus`: a column of CSV, TSV, JSON-lines or Parquet files, or of any object with columns;
- :class:`FastaCorpus`: FASTA files, with the tokenizer ``kmer:K``;
- :class:`SentenceCorpus`: any Python iterable of lists of str;
- :class:`SyntheticCorpus`: generated text with planted structure, for tests and benchmarks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from embed.choices import TextErrors
from embed.config.tokenizers import kmer_length
from embed.errors import ConfigError, CorpusError
from embed.files.inputs import Input
from embed.messages import listed, option

from .columns import ColumnCorpus, column_names, is_paths
from .fasta import FastaCorpus, is_fasta
from .files import FileCorpus, Source, find_files
from .iterables import SentenceCorpus
from .lanes import Chunk, Lane, LanedChunks, lanes_of
from .mediawiki import WikiCorpus
from .recognise import SNIFF_BYTES, is_mediawiki
from .synthetic import SyntheticCorpus
from .text import CHUNK_BYTES, PIECE_TOKENS, TextCorpus
from .tokenizers import TokenizerChoice

if TYPE_CHECKING:
    from embed.config.train import TrainConfig

__all__ = [
    "PIECE_TOKENS",
    "ColumnCorpus",
    "FastaCorpus",
    "MixedCorpus",
    "SentenceCorpus",
    "SyntheticCorpus",
    "TextCorpus",
    "WikiCorpus",
    "open_configured",
    "open_corpus",
]

OfFiles = TextCorpus | WikiCorpus | FastaCorpus
"""Readers of files whose content is known."""


class MixedCorpus(FileCorpus):
    """Text files and MediaWiki dumps, read in the given order."""

    def __init__(self, parts: Sequence[OfFiles | DeferredCorpus]) -> None:
        self.parts = parts
        super().__init__([file for part in parts for file in part.files])

    def settings(self) -> dict[str, Any] | None:
        """Return the reading settings of all parts."""
        settings = [part.settings() for part in self.parts]
        return None if None in settings else {"reader": "mixed", "parts": settings}

    @property
    def bytes_read(self) -> int:
        """The number of raw bytes that the latest pass has read so far."""
        return sum(part.bytes_read for part in self.parts)

    @property
    def current_name(self) -> str | None:
        """The file that the latest pass is reading; None between passes."""
        return next((part.current_name for part in self.parts if part.current_name), None)

    def read_fingerprint(self) -> None:
        """Return None: each part records its own pass."""
        return None

    def byte_chunks(self) -> Iterator[bytes] | None:
        """Return the text of all parts as :meth:`TextCorpus.byte_chunks` does; None if a part cannot."""
        chunks = [chunks for part in self.parts if (chunks := part.byte_chunks()) is not None]
        if len(chunks) < len(self.parts):
            return None
        return LanedChunks(lambda threads: (lane for part in chunks for lane in lanes_of(part, CHUNK_BYTES, threads)))

    def __iter__(self) -> Iterator[list[str]]:
        for part in self.parts:
            yield from part


class DeferredCorpus(FileCorpus):
    """A pipe or URL after other inputs, opened and recognised only when the inputs before it have been read.

    Opening all inputs first would block for ever on a writer that fills two pipes one after the other, and a server
    drops a connection that idles while another input is read.
    """

    def __init__(self, file: Input, make: Callable[[list[Input]], OfFiles], *, is_named: bool) -> None:
        self._make, self._is_named = make, is_named
        self._made: OfFiles | None = None
        super().__init__([file])

    def settings(self) -> None:
        """Return None: the kind of input is not known yet."""
        return None

    @property
    def bytes_read(self) -> int:
        """The number of raw bytes that the latest pass has read so far."""
        return 0 if self._made is None else self._made.bytes_read

    @property
    def current_name(self) -> str | None:
        """The input that is being read; None between passes."""
        return None if self._made is None else self._made.current_name

    def byte_chunks(self) -> Iterator[bytes] | None:
        """Return the text as :meth:`TextCorpus.byte_chunks` does; None for a tokenizer of the caller's own."""
        return LanedChunks(lambda threads: [Lane(self._chunks(threads))]) if self._is_named else None

    def _chunks(self, threads: int) -> Iterator[Chunk]:
        made = self._recognised()
        chunks = made.byte_chunks()
        if chunks is None:
            chunks = (b" ".join(word.encode() for word in words) + b"\n" for words in made)
        for lane in lanes_of(chunks, CHUNK_BYTES, threads):
            yield from lane.chunks

    def __iter__(self) -> Iterator[list[str]]:
        yield from self._recognised()

    def _recognised(self) -> OfFiles:
        self._made = self._made or self._make(self.files)
        return self._made


def open_corpus(
    source: Source | Iterable[Iterable[str]],
    *,
    tokenizer: TokenizerChoice = "whitespace",
    lowercase: bool = False,
    decode_errors: TextErrors = "strict",
    column: str | None = None,
    delimiter: str | None = None,
    weight_column: str | None = None,
    workers: int = 1,
) -> Iterable[list[str]]:
    """Return the reader for `source`.

    Parameters
    ----------
    source : path, "-", list of paths, folders and globs, or iterable of lists of str
        What to read. The content of a file decides its reader. A corpus object is returned unchanged.
    tokenizer : str or callable
        For files; the names are those of :mod:`embed.corpora.tokenizers`. With ``kmer:K``, a FASTA file is read by
        records. A MediaWiki dump is raw text, and ``whitespace`` would leave punctuation on its words, so
        ``words`` is used instead; make a :class:`WikiCorpus` to choose otherwise.
    lowercase : bool
        Lower-case the text.
    decode_errors : {"strict", "replace", "skip"}
        What to do with invalid UTF-8 in text files.
    column : str, optional
        Read this column of CSV, TSV, JSON or Parquet files, or of an object with columns; see
        :class:`ColumnCorpus`.
    delimiter : str, optional
        The character between the fields of CSV files; only with `column`.
    weight_column : str, optional
        Read each row as often as this column says; only with `column`.
    workers : int
        The processes that remove the markup of MediaWiki dumps; see :class:`WikiCorpus`.

    Raises
    ------
    CorpusError
        There is nothing to read, `source` is of another kind, or it is a table and no column is named.
    """
    if column is not None:
        return ColumnCorpus(
            source,
            column,
            tokenizer=tokenizer,
            lowercase=lowercase,
            decode_errors=decode_errors,
            delimiter=delimiter,
            weight_column=weight_column,
        )
    if weight_column is not None:
        raise ConfigError(
            f"{option('weight_column')} ({weight_column!r:.20}) needs a column of texts; name it with "
            f"{option('column')}"
        )
    if delimiter is not None:
        raise ConfigError(
            f"{option('delimiter')} ({delimiter!r:.20}) needs a column; name the text column with {option('column')}"
        )
    if isinstance(source, (FileCorpus, SyntheticCorpus, SentenceCorpus)):
        return source
    if (names := column_names(source)) is not None:
        raise CorpusError(
            f"the corpus is a table with the columns {listed(names)}; name the text column, for example with "
            f"{option('column', 'text')}"
        )
    if not is_paths(source):
        return SentenceCorpus(cast(Iterable[Any], source), lowercase=lowercase, decode_errors=decode_errors)

    length = kmer_length(tokenizer) if isinstance(tokenizer, str) else None

    def make(files: list[Input]) -> OfFiles:
        if _is_dump(files[0]):
            wiki_tokenizer = "words" if tokenizer == "whitespace" else tokenizer
            return WikiCorpus(files, tokenizer=wiki_tokenizer, lowercase=lowercase, workers=workers)
        if length is not None and is_fasta(files[0]):
            return FastaCorpus(files, length, lowercase=lowercase, decode_errors=decode_errors)
        return TextCorpus(files, tokenizer=tokenizer, lowercase=lowercase, decode_errors=decode_errors)

    files = find_files(cast(Source, source))
    parts: list[OfFiles | DeferredCorpus] = []
    for is_there, group in groupby(files, lambda file: file is files[0] or file.size() is not None):
        if is_there:
            parts += [make(list(alike)) for _, alike in groupby(group, _kind)]
        else:
            parts += [DeferredCorpus(file, make, is_named=not callable(tokenizer)) for file in group]
    return parts[0] if len(parts) == 1 else MixedCorpus(parts)


def open_configured(
    source: Source | Iterable[Iterable[str]],
    config: TrainConfig,
    *,
    column: str | None = None,
    delimiter: str | None = None,
    weight_column: str | None = None,
) -> Iterable[list[str]]:
    """Return the reader for `source`, as `open_corpus` does, with the parameters of text in a configuration."""
    return open_corpus(
        source,
        tokenizer=config.tokenizer,
        lowercase=config.lowercase,
        decode_errors=config.decode_errors,
        column=column,
        delimiter=delimiter,
        weight_column=weight_column,
        workers=config.thread_count(),
    )


def _kind(file: Input) -> tuple[bool, bool]:
    """Return what decides the reader of a file: whether it is a dump, or begins as FASTA does."""
    return _is_dump(file), is_fasta(file)


def _is_dump(file: Input) -> bool:
    return is_mediawiki(file.peek(SNIFF_BYTES))
