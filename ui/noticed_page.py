"""A column page with room above it for what has to be said, wherever one has scrolled to."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.column_page import ColumnPage
from ui.follow_focus import FollowFocus
from ui.notice import Notice
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WIDEST: Final = 640  # pixels at 100 %, as the column below


class NoticedPage(QWidget):
    """A notice, and below it the column. Who builds on it fills ``column``, then ends it.

    Args:
        title: What the place is called.
        theme: Colours and type.
    """

    def __init__(self, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(title)
        self.theme = theme
        self.notice = Notice(theme.palette)
        self.area = ColumnPage(title)
        self.column = self.area.begin_column()
        self._above = QHBoxLayout()
        self._frame_it()
        self.notice.installEventFilter(self)
        FollowFocus(self.area)

    def _frame_it(self) -> None:
        self._above.setContentsMargins(Space.MARGIN, 0, Space.MARGIN, 0)
        self._above.addWidget(self.notice)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._above)
        whole.addWidget(self.area, 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take no room above the column while nothing has to be said."""
        if event.type() in {QEvent.Type.ShowToParent, QEvent.Type.HideToParent}:
            top = Space.RELATED * (event.type() is QEvent.Type.ShowToParent)
            bar = self.area.verticalScrollBar()
            beside = bar.width() if bar.isVisible() else 0  # the column stands beside it
            self._above.setContentsMargins(Space.MARGIN, top, Space.MARGIN + beside, 0)
        return super().eventFilter(watched, event)

    def end_column(self) -> None:
        """Show it: everything is in it."""
        self.area.end_column(self.column)

    def escape(self) -> bool:
        """Leave the nearest thing; False where there was nothing to leave."""
        if self.notice.text:
            self.notice.dismiss()
            return True
        return False

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.theme = theme
        self.area.fit_column(theme)
        self.notice.setMaximumWidth(theme.px(_WIDEST))
        self.notice.apply(theme.palette)
