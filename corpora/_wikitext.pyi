from collections.abc import Callable

class PlainMarkup:
    def __init__(
        self,
        dropped_tags: frozenset[bytes],
        line_tags: frozenset[bytes],
        link: Callable[[str, bool], str | None],
    ) -> None: ...
    def visible(self, text: str) -> tuple[str, str]: ...
