"""What the vault's controllers need of the window."""

from __future__ import annotations

from typing import Protocol

from ui.lock.resumption import News
from ui.stage import Stage


class Front(Stage, Protocol):
    """Shows pages over everything, and the places again."""

    def leave_full_page(self) -> None:
        """Show the places again."""


class Restart(Protocol):
    """Replaces the process; nothing of this one is needed any more."""

    def __call__(self, news: News | None = None, /) -> None:
        """Do it.

        Args:
            news: What the person hears of it afterwards.
        """
