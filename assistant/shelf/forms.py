"""The forms that a model can be made smaller to."""

from __future__ import annotations

from typing import Final

FORMS: Final = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0")
"""llama.cpp's names; from the largest, which loses least, to the smallest."""
