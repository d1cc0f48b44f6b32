"""Read and write bytes: atomically, compressed or plain, local or remote.

This room knows nothing of words or vectors. :mod:`embed.files.inputs` opens inputs once;
:mod:`embed.files.compressed` and :mod:`embed.files.remote` read them. :mod:`embed.files.atomic` writes a file,
:mod:`embed.files.compressing` a compressed file and :mod:`embed.files.folders` a folder. :mod:`embed.files.locks`
shows which process uses a folder.
"""
