"""What the vault's controllers need of the window."""

from __future__ import annotations

from typing import Protocol

from ui.stage import Stage


class Front(Stage, Protocol):
    """Shows pages over everything, and the places again."""

    def leave_full_page(self) -> None:
        """Show the places again."""
