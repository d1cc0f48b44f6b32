"""Declare how many words are aligned, unless told otherwise."""

from __future__ import annotations

__all__ = ["TOP"]

TOP = 20_000
"""The shared words that a turn is fitted to, and the words among which a partner is searched."""
