"""Merge what several workers have learnt from different stretches of text, so that it is worth what one would learn.

All workers train from the same parameters. :mod:`~embed.merging.changes` extracts what each has changed, sums it, and
adds the result; :mod:`~embed.merging.saturation` reduces the sum where the workers would overshoot together, which
follows from how often they change a row (:mod:`~embed.merging.touches`) and from the curvature of the loss
(:mod:`~embed.merging.curvature`). Nothing here knows where the workers are.
"""
