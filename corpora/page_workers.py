"""Turn the pages of a dump into prepared text, in this process or in several.

The work on a page is mostly Python's, so threads would wait for each other. A worker is an interpreter of its own that
reads pages from its standard input and writes their words to its standard output, as lengths and UTF-8. Each is served
by a thread here, which hands it some pages and then reads what they became. The order of the pages is kept, and only a
few batches are on their way at once. A worker ends when its input does, so none outlives this process.

Workers start one after the other, each when this process keeps waiting for those there are: if decompression takes
longer than markup, one is enough, and another would only take a processor from it. They start while this process reads
on, so a dump that ends soon afterwards is not read later for them.

Rejected: multiprocessing (its new processes run the caller's script again, which trains again unless it is guarded; its
forks copy a process with threads), starting at once (a small dump is read before another interpreter has begun).
"""

from __future__ import annotations

import atexit
import signal
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from typing import IO

from embed.errors import CorpusError, EmbedError
from embed.messages import option

from .mediawiki_xml import Page
from .tokenizers import Tokenizer, get_tokenizer
from .wikitext import DROPPED_PREFIXES, plain_text

__all__ = ["prepared_text", "prepared_texts", "serve"]

BATCH_CHARACTERS = 1 << 18
"""Wikitext that a worker gets at once, in whole pages."""
ALONE_CHARACTERS = 1 << 22
"""Wikitext that this process reads before it starts another: with bzip2, it takes the processor time of the start."""
BATCHES_AHEAD = 4
"""Batches on their way for each worker: the one that it has, and some that wait for it, as pages come in bursts."""
BATCHES_WAITED_FOR = 16
"""How many batches this process waits for before it starts one more worker, less those it did not wait for."""

_NUMBER = struct.Struct("<I")
_FAILED = b"error"
_START = (
    "import sys; sys.path[:] = {path!a}; from embed.corpora import page_workers; "
    "page_workers.serve({tokenizer!a}, {lowercase})"
)
_SEPARATOR = "\0"  # XML has no such character


def prepared_text(page: Page, tokenizer: Tokenizer) -> bytes:
    """Return the words of an article with white space between them, a line for each sentence.

    Raises
    ------
    CorpusError
        The text cannot be encoded, or the parser fails.
    """
    try:
        text = "\n".join([*plain_text(page.text, page.dropped_prefixes | DROPPED_PREFIXES), ""])
        # Reading by words drops what is no character.
        return tokenizer.separate(text.encode("utf-8", "surrogatepass")) if tokenizer.separate else text.encode()
    except UnicodeEncodeError as error:
        raise CorpusError(
            f"the article {page.title!r:.100} holds a lone surrogate ({error.object[error.start]!a}), which is not a "
            f"character; pass {option('tokenizer', 'words')} to leave it out"
        ) from error
    except (EmbedError, MemoryError):
        raise
    except Exception as error:
        raise CorpusError(
            f"cannot parse the article {page.title!r:.100} ({type(error).__name__}: {error!s:.200}); remove it from "
            "the dump, and report it"
        ) from error


def prepared_texts(pages: Iterable[Page], tokenizer: Tokenizer, lowercase: bool, workers: int) -> Iterator[bytes]:
    """Yield the text of each article as `prepared_text` does, in order, with the help of `workers` processes."""
    executable = None if getattr(sys, "frozen", False) else sys.executable
    pages = iter(pages)
    alone = 0
    pool: _Pool | None = None
    try:
        for page in pages:
            yield prepared_text(page, tokenizer)
            alone += len(page.text)
            if pool is None and workers > 1 and executable and alone >= ALONE_CHARACTERS:
                code = _START.format(path=list(map(str, sys.path)), tokenizer=tokenizer.name, lowercase=lowercase)
                pool = _Pool([executable, "-c", code], workers)
            if pool is not None and pool.has_started():
                yield from pool.texts(_batches(pages))
    finally:
        if pool is not None:
            pool.close()


def _batches(pages: Iterable[Page]) -> Iterator[list[Page]]:
    batch: list[Page] = []
    characters = 0
    for page in pages:
        batch.append(page)
        characters += len(page.text)
        if characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


class _Pool:
    """A worker that starts at once, others that start when this process keeps waiting, and a thread for each."""

    def __init__(self, command: list[str], most: int) -> None:
        self._command, self._most = command, most
        self._lock = threading.Lock()
        self._all: list[_Worker] = []
        self._is_closed = False
        self._threads: list[threading.Thread] = []
        self._starts: list[Future[bool]] = []
        self._batches: SimpleQueue[tuple[list[Page], Future[list[bytes]]] | None] = SimpleQueue()
        atexit.register(self.close)  # later, while modules are cleared, threads of the pool no longer run
        self._start_another()

    def has_started(self) -> bool:
        """Return whether all workers that were asked for can work; raise the CorpusError of one that cannot start."""
        return all(start.done() and start.result() for start in self._starts)

    def texts(self, batches: Iterable[list[Page]]) -> Iterator[bytes]:
        waiting: deque[Future[list[bytes]]] = deque()
        waited_for = 0
        for batch in batches:
            waiting.append(Future())
            self._batches.put((batch, waiting[-1]))
            if len(waiting) > len(self._starts) * BATCHES_AHEAD:
                waited_for = max(0, waited_for + (-1 if waiting[0].done() else 1))
                if waited_for >= BATCHES_WAITED_FOR and len(self._starts) < self._most and self.has_started():
                    self._start_another()
                    waited_for = 0
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()

    def close(self) -> None:
        """End the workers, whatever they do."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            for worker in self._all:
                worker.kill()
        atexit.unregister(self.close)
        for _ in self._threads:
            self._batches.put(None)
        for thread in self._threads:
            thread.join()
        for worker in self._all:
            worker.close()

    def _start_another(self) -> None:
        self._starts.append(Future())
        # in the context of this thread, for the notation of messages
        work = partial(copy_context().run, self._work, self._starts[-1])
        self._threads.append(threading.Thread(target=work, name="pages", daemon=True))
        self._threads[-1].start()

    def _work(self, start: Future[bool]) -> None:
        """Start a worker, and hand it batches until there are no more."""
        try:
            with self._lock:
                if self._is_closed:
                    return
                worker = _Worker(self._command)
                self._all.append(worker)
            worker.wait()
        except BaseException as error:
            start.set_exception(error)
            return
        start.set_result(True)
        while (wanted := self._batches.get()) is not None and not self._is_closed:
            batch, texts = wanted
            try:
                texts.set_result(worker.texts(batch))
            except BaseException as error:
                texts.set_exception(error)


class _Worker:
    """A process that prepares pages."""

    def __init__(self, command: list[str]) -> None:
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise CorpusError(
                f"cannot start a process that reads pages ({error.strerror}); pass {option('threads', 1)} to do without"
            ) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout

    def wait(self) -> None:
        """Wait until the process can work, or has ended."""
        with suppress(OSError, EOFError):
            _received(self._answers)

    def texts(self, pages: list[Page]) -> list[bytes]:
        """Return the texts of pages; raise the CorpusError of a page."""
        texts: list[bytes] = []
        try:
            _send(self._requests, [field for page in pages for field in _fields(page)])
            for _ in pages:
                state, text = _received(self._answers)
                if state == _FAILED:
                    raise CorpusError(text.decode("utf-8", "replace"))
                texts.append(text)
        except (OSError, EOFError) as error:
            raise CorpusError(
                f"the process that read the article {pages[len(texts)].title!r:.100} {self._end()}; it may have run "
                f"out of memory: pass {option('threads', 1)}, or remove the article from the dump"
            ) from error
        return texts

    def _end(self) -> str:
        code = self._process.wait()
        return f"was killed (signal {-code})" if code < 0 else f"ended with exit code {code}"

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self._process.wait()
        for pipe in (self._requests, self._answers):
            with suppress(OSError):  # what was left to write has no reader
                pipe.close()


def serve(tokenizer: str, lowercase: bool) -> None:
    """Prepare pages until the standard input ends: what a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that reads the dump decides
    chosen = get_tokenizer(tokenizer, lowercase)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _send(answers, ())  # ready
    while True:
        try:
            fields = _received(requests)
        except EOFError:
            return
        for first in range(0, len(fields), _FIELDS):
            try:
                answer = b"", prepared_text(_page(fields[first : first + _FIELDS]), chosen)
            except (EmbedError, MemoryError) as error:
                answer = _FAILED, (str(error) or "not enough memory to remove the markup of an article").encode()
            _send(answers, answer)


_FIELDS = 3


def _fields(page: Page) -> Iterator[bytes]:
    for field in (page.title, page.text, _SEPARATOR.join(page.dropped_prefixes)):
        yield field.encode("utf-8", "surrogatepass")


def _page(fields: Iterable[bytes]) -> Page:
    title, text, prefixes = (field.decode("utf-8", "surrogatepass") for field in fields)
    return Page(title, text, frozenset(filter(None, prefixes.split(_SEPARATOR))))


def _send(stream: IO[bytes], fields: Iterable[bytes]) -> None:
    """Send the number of some fields, and the length and bytes of each."""
    numbered = [part for field in fields for part in (_NUMBER.pack(len(field)), field)]
    stream.write(b"".join([_NUMBER.pack(len(numbered) // 2), *numbered]))
    stream.flush()


def _received(stream: IO[bytes]) -> list[bytes]:
    """Return what `_send` has sent."""
    return [_exactly(stream, _number(stream)) for _ in range(_number(stream))]


def _number(stream: IO[bytes]) -> int:
    (number,) = _NUMBER.unpack(_exactly(stream, _NUMBER.size))
    return int(number)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
