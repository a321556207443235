"""A place that is made when somebody first goes there: a start does not wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.theme.style import Theme


class _Place(Protocol):
    """What can be put there."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""


P = TypeVar("P", bound=_Place)


class Late(Generic[P]):
    """Holds the room for a place.

    Args:
        make: Makes the place, a widget, with the theme of that moment.
        theme: Colours and type.
        made: Hears that it was.
    """

    def __init__(
        self, make: Callable[[Theme], P], theme: Theme, made: Callable[[], object]
    ) -> None:
        self._make = make
        self._made = made
        self._theme = theme
        self._page: P | None = None
        self.holder = QWidget()
        self._column = QVBoxLayout(self.holder)
        self._column.setContentsMargins(0, 0, 0, 0)

    @property
    def is_made(self) -> bool:
        """Whether somebody has been there."""
        return self._page is not None

    @property
    def page(self) -> P:
        """The place; it is made now where it was not."""
        if self._page is None:
            self._page = page = self._make(self._theme)
            if isinstance(page, QWidget):
                self._column.addWidget(page)
            self._made()
        return self._page

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        if self._page is not None:
            self._page.apply(theme)
