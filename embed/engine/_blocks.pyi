"""Types of the compiled blocks; what they are is told in _blocks.pyx."""

BLOCK_TOKENS: int
