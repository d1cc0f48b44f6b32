"""Declare the types of the compiled rounds; _rounds.pyx documents them."""

ROUND_TOKENS: int

class Rounds:
    position: int
    size: int
    rows: int
    def __init__(self, workers: int, cores: int, rows: int, position: int = 0, size: int = ROUND_TOKENS) -> None: ...
    def abandon(self) -> None: ...
