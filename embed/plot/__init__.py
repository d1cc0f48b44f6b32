"""Pictures of runs, scores and words: figures of Bokeh, for notebooks and pages.

Each function returns a figure that a notebook shows and :func:`save` writes as a page, as SVG or as PNG. They need the
extra ``report``.
"""

from embed.plot.curves import curve
from embed.plot.saving import save
from embed.plot.scores import differences, scores
from embed.plot.words import frequencies, map, neighbours

__all__ = ["curve", "differences", "frequencies", "map", "neighbours", "save", "scores"]
