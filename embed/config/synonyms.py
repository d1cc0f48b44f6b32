"""Declare when two words count as synonyms, unless told otherwise."""

from __future__ import annotations

__all__ = ["LEAST", "NEIGHBOURS"]

NEIGHBOURS = 10
"""Each of two synonyms is among so many nearest words of the other."""
LEAST = 0.7
"""The smallest cosine of two synonyms."""
