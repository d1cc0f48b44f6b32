"""The compiled training loop, which runs without the interpreter lock, and its readable twin.

Read :mod:`~embed.engine.loss` first: the loss and the gradient of one window, derived.
:mod:`~embed.engine.problem` declares what a worker trains. A worker (:mod:`embed._core`) takes blocks of tokens
(``_blocks``), gathers their rows (``_rows``, ``_block_vectors``, ``_replicas``), plans the targets of each window
(``_targets``), trains windows with ``_kernels``, and merges rounds in deterministic mode (``_rounds``).
:mod:`~embed.engine.reference` does the same in NumPy, for reading and for tests. :mod:`~embed.engine.machine` queries
the machine, :mod:`~embed.engine.threads` starts all threads or none, :mod:`~embed.engine.row_order` reorders rows
during training.
"""
