"""Answer the requests of the local page: who may ask, and what is sent.

A request whose ``Host`` is another name (DNS rebinding) or whose ``Origin`` is another page is refused, so that no page
of the web can read the vectors.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any

from tornado import web

from embed.errors import EmbedError
from embed.pages.exhibit import Exhibit
from embed.pages.page import file_text
from embed.plot.bokeh import bokeh
from embed.plot.words import map_of

__all__ = ["Asked", "application"]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data: blob:; connect-src 'self'"
)
_SCRIPTS = ("ask.js", "remote.js", "explore.js")
_MAP_WORDS = 5000
_ANSWERS, _MOST_WORDS, _LONGEST_TEXT = 12, 60, 20_000
"""The answers to a question, and the most words and bytes of a question."""


class Asked:
    """Answers questions on threads of their own, so that none keeps the page, or a shorter one, waiting.

    Parameters
    ----------
    shown : sequence of Exhibit
    """

    def __init__(self, shown: Sequence[Exhibit]) -> None:
        self.shown = shown
        self._questions, self._completions, self._layouts = (ThreadPoolExecutor(1) for _ in range(3))
        self._maps: dict[int, Future[Any]] = {}
        self.shares: dict[int, float] = {}
        self._is_closed = False

    def prepare(self) -> None:
        """Begin to compute what the first questions need."""
        for each in self.shown:
            self._questions.submit(each.measure)

    def close(self) -> None:
        """Leave out the questions that have not begun, and stop a layout."""
        self._is_closed = True
        for pool in (self._questions, self._completions, self._layouts):
            pool.shutdown(wait=False, cancel_futures=True)

    async def answer(self, question: Callable[[], Any]) -> Any:
        """Return what `question` returns."""
        return await asyncio.get_running_loop().run_in_executor(self._questions, question)

    async def complete(self, prefix: str) -> Any:
        """Return the most frequent words of the first model that begin with `prefix`."""
        return await asyncio.get_running_loop().run_in_executor(self._completions, self.shown[0].complete, prefix)

    async def map(self, number: int) -> Any:
        """Return the map of a model, for Bokeh's script; None while it is being laid out."""
        if number not in self._maps:
            self.shares[number] = 0.0
            self._maps[number] = self._layouts.submit(self._laid_out, number)
        return self._maps[number].result() if self._maps[number].done() else None

    def _laid_out(self, number: int) -> Any:
        def progress(share: float) -> None:
            if self._is_closed:
                raise CancelledError
            self.shares[number] = share

        layout, words, counts = self.shown[number].layout(_MAP_WORDS, progress)
        figure = map_of(layout, words, counts, f"map {number}")
        return {"item": bokeh("embed").json_item(figure), "method": layout.method}


def application(asked: Asked, page: Any, hosts: set[str]) -> web.Application:
    """Return the application that answers for a page.

    Parameters
    ----------
    asked : Asked
    page : jinja2.Template
    hosts : set of str
        The names of the page, each with its port.
    """
    origins = {f"http://{host}" for host in hosts}

    class Handler(web.RequestHandler):
        def prepare(self) -> None:
            origin = self.request.headers.get("Origin")
            if self.request.host not in hosts or origin not in (None, *origins):
                raise web.HTTPError(403, reason="this page answers to its own address alone")

        def set_default_headers(self) -> None:
            self.set_header("Server", "train-embeddings")
            self.set_header("Content-Security-Policy", _POLICY)
            self.set_header("X-Content-Type-Options", "nosniff")
            self.set_header("Cross-Origin-Resource-Policy", "same-origin")
            self.set_header("Cache-Control", "no-store")

        def write_error(self, status_code: int, **details: Any) -> None:
            kind, error, _ = details.get("exc_info", (None, None, None))
            if kind is not None and issubclass(kind, EmbedError):
                self.set_status(400)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(f"{error if isinstance(error, EmbedError) else self._reason}\n")

        def log_exception(self, *_: object) -> None:
            """Write nothing: the answer has the failure."""

        def number(self) -> int:
            """Return the number of the model that a request is about."""
            given = self.text("model") or "0"
            if not given.isascii() or not given.isdecimal() or int(given[:9]) >= len(asked.shown):
                raise web.HTTPError(400, reason="there is no such model")
            return int(given)

        def text(self, name: str) -> str:
            """Return a text of the question."""
            return next(iter(self.words(name)), "")

        def words(self, name: str) -> list[str]:
            """Return words of the question."""
            given = self.request.query_arguments.get(name, [])[:_MOST_WORDS]
            if sum(map(len, given)) > _LONGEST_TEXT:
                raise web.HTTPError(400, reason="the text is too long")
            try:
                return [each.decode() for each in given]
            except UnicodeDecodeError as error:
                raise web.HTTPError(400, reason="the text is not UTF-8") from error

        def send(self, value: Any) -> None:
            """Send a value as JSON."""
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps(value))

    class Page(Handler):
        def get(self) -> None:
            shown = [each.describe() for each in asked.shown]
            has = {f"has_{what}": any(each[what] for each in shown) for what in ("words", "senses")}
            self.finish(page.render(models=shown, **has))

    class Script(Handler):
        def get(self) -> None:
            self.set_header("Content-Type", "text/javascript; charset=utf-8")
            self.finish("\n".join(map(file_text, _SCRIPTS)))

    class Style(Handler):
        def get(self) -> None:
            self.set_header("Content-Type", "text/css; charset=utf-8")
            self.finish(file_text("page.css"))

    class Library(Handler):
        def get(self) -> None:
            resources = bokeh("resources").Resources(mode="inline", components=["bokeh", "bokeh-gl"])
            self.set_header("Content-Type", "text/javascript; charset=utf-8")
            self.finish("\n".join(resources.js_raw))

    class Models(Handler):
        def get(self) -> None:
            self.send([each.describe() for each in asked.shown])

    class Ask(Handler):
        async def get(self) -> None:
            number, text, plus, minus = self.number(), self.text("text"), self.words("plus"), self.words("minus")
            shown = asked.shown[number]
            found = await asked.answer(lambda: shown.ask(text, plus, minus, _ANSWERS))
            others = [each.vectors for each in asked.shown if each is not shown and each.vectors is not None]
            for answer in found["answers"]:
                answer["only"] = not any(answer["word"] in other for other in others)
            found["senses"] = await asked.answer(lambda: shown.senses(text))
            self.send(found)

    class Cosines(Handler):
        async def get(self) -> None:
            shown, words = asked.shown[self.number()], self.words("word")
            self.send(await asked.answer(lambda: shown.cosines(words)))

    class Complete(Handler):
        async def get(self) -> None:
            self.send(await asked.complete(self.text("prefix")))

    class Documents(Handler):
        async def get(self) -> None:
            shown, text = asked.shown[self.number()], self.text("text")
            self.send(await asked.answer(lambda: shown.nearest_documents(text, _ANSWERS)))

    class Map(Handler):
        async def get(self) -> None:
            number = self.number()
            found = await asked.map(number)
            self.send({"share": asked.shares[number]} if found is None else found)

    class Nowhere(Handler):
        def get(self) -> None:
            raise web.HTTPError(404, reason="there is no such page")

    routes = [
        ("/", Page),
        ("/page.js", Script),
        ("/page.css", Style),
        ("/bokeh.js", Library),
        ("/models", Models),
        ("/ask", Ask),
        ("/cosines", Cosines),
        ("/complete", Complete),
        ("/documents", Documents),
        ("/map", Map),
    ]
    return web.Application(routes, default_handler_class=Nowhere, log_function=lambda _: None)
