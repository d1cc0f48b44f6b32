"""Declare the types of the compiled projection; _projection.pyx documents it."""

from typing import Any

class Projection:
    def __init__(self, projection: Any, rows: Any, settings: Any, most_tags: int) -> None: ...
