"""What full pages are shown on: the window, as those see it who show them."""

from __future__ import annotations

from typing import Protocol

from ui.full_page import FullPage
from ui.theme.style import Theme


class Stage(Protocol):
    """Shows one page at a time over everything."""

    @property
    def theme(self) -> Theme:
        """Colours and type."""

    def show_full_page(self, page: FullPage) -> None:
        """Show a page over everything, in place of the one before."""

    def close(self) -> bool:
        """End the program."""
