"""How many threads what computes for Hush may take."""

from __future__ import annotations

import os
from typing import Final

_VARIABLE: Final = "OPENBLAS_NUM_THREADS"


def one_thread_for_products() -> None:
    """Have numpy multiply on the thread that asks. To be called before numpy is imported.

    It would keep every core busy, spinning between two products: on two busy cores tagging 1,871
    notes took 37 s instead of 20. What the person set in the environment holds.
    """
    os.environ.setdefault(_VARIABLE, "1")
