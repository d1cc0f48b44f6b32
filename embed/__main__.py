"""``python -m embed`` is the command ``train-embeddings``."""

import sys

from embed.cli import main

sys.exit(main())
