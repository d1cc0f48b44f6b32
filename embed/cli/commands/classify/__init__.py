"""The commands about classifiers of lines, beside ``predict``."""

COMMANDS = {
    "train": "train a classifier on lines with labels",
    "test": "print how well a classifier predicts the labels of lines",
    "quantize": "write a classifier in fewer bytes",
}
"""The commands in the order of the help, with their help texts."""
