"""Load: very large, very many, very slow, very long. ``make torture``.

A check takes a scale, does its work in a process of its own, raises if something is wrong, and returns one line with
its counts. Scale 1 is the long form, under half an hour; ``make test`` runs a thousandth of it.
"""
