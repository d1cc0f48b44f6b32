"""Declare the types of the compiled rounds; _rounds.pyx documents them."""

ROUND_TOKENS: int
ROUND_TILES: int

class Rounds:
    position: int
    size: int
    rows: int
    def __init__(self, workers: int, cores: int, rows: int, position: int, size: int, tiles: int) -> None: ...
    def abandon(self) -> None: ...
