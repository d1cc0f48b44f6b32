"""Declare the types of the compiled blocks; _blocks.pyx documents them."""

BLOCK_TOKENS: int
