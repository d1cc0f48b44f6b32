"""The commands about documents: train a model of them, and ask it."""

COMMANDS = {
    "train": "train a model of documents",
    "infer": "write vectors or codes of new documents",
    "nearest": "print the documents nearest to each document or text: asked, id, cosine",
    "labels": "print the documents of each label, which keywords describe: label, id, score",
    "codes": "write the bits of a model's documents",
}
"""The commands in the order of the help, with their help texts."""
