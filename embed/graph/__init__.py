"""Nodes of graphs: walk at random through the edges, and train vectors of the nodes on the walks.

:mod:`~embed.graph.graph` holds the edges, :mod:`~embed.graph.reading` reads them from files and from objects of other
packages, :mod:`~embed.graph._walks` walks without the interpreter lock, :mod:`~embed.graph.walks` makes an encoded
corpus of the walks, and :mod:`~embed.graph.train` trains on it.
"""

from embed.graph.graph import Graph
from embed.graph.train import train_graph

__all__ = ["Graph", "train_graph"]
