"""The commands: one module each, which declares its arguments and runs.

A module has ``add_arguments(parser, *, show_all)`` and ``run(arguments)``, which may return an exit code. It imports
modules that need NumPy inside ``run``, so that mistakes in the arguments are reported at once. A new command is a
module, and its line here. A group of commands is a package with a table of its own.
"""

COMMANDS = {
    "train": "train vectors on text",
    "tune": "search for the parameters that suit a text and a purpose",
    "graph": "train vectors of the nodes of a graph on random walks",
    "phrases": "find phrases such as new_york, print them, and join them",
    "evaluate": "score vectors on word similarity, analogies and tasks",
    "compare": "score two files of vectors and test whether they differ",
    "nearest": "print the words nearest to each word: word, neighbour, cosine",
    "senses": "print the senses of words: name, share, nearest words",
    "disambiguate": "write a text with the senses of its words marked",
    "analogy": "print the words that are to C what B is to A, with scores",
    "similarity": "print the cosine of two words: A, B, cosine",
    "vector": "print the vectors of words: word, numbers",
    "synonyms": "write mutual neighbours as synonyms for Solr and Elasticsearch",
    "embed-text": "write the vector of each line of a text",
    "classify": "train, test and quantise classifiers of lines, as fastText does",
    "predict": "print the labels of each line of a text, by a classifier",
    "documents": "train vectors of documents, and search and label with them",
    "align": "turn vectors into the space of others: slices of time, languages",
    "drift": "print how far words moved between two slices of time",
    "convert": "write vectors in another format",
    "quantize": "write vectors in fewer bytes",
    "report": "write a page about models: scores, neighbours, map, curves",
    "explore": "open a local page that answers questions about vectors",
    "curve": "print or draw the losses of runs by epoch",
    "info": "describe this installation, vectors, or a run's cost",
    "demo": "train on 106 Wikipedia articles and show what comes out",
    "completion": "print the completion script of a shell",
}
"""The commands in the order of the help, with their help texts."""
BY_NAME_ALONE = (
    "tune",
    "graph",
    "similarity",
    "vector",
    "synonyms",
    "disambiguate",
    "embed-text",
    "classify",
    "predict",
    "align",
    "drift",
    "quantize",
    "curve",
    "info",
    "completion",
)
"""The commands that the help of the program only names: it must fit a screen."""
