"""What a tag's colour looks like, light and dark."""

from __future__ import annotations

from assistant.tags.records import HUES
from ui.theme.tokens import Palette


def ink(palette: Palette, hue: str) -> str:
    """A token's value for one of ``HUES``; empty for none, and for one that nobody knows."""
    return str(getattr(palette, f"hue_{hue}")) if hue in HUES else ""
