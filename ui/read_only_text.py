"""Text that can be read, selected and copied, by keyboard too, and not changed."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from ui.theme.tokens import Space


class ReadOnlyText(QPlainTextEdit):
    """A field for a panel, whose Esc it leaves to that.

    Args:
        text: Shown as it is; never read as HTML.
        name: For screen readers.
    """

    def __init__(self, text: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("kind", "field")
        self.setAccessibleName(name)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def fit(self, width: int, most: int) -> None:
        """Be as high as the text needs at this width; beyond ``most`` lines it scrolls."""
        self.ensurePolished()
        metrics = self.fontMetrics()
        room = QRect(0, 0, width - 2 * Space.RELATED - self._bar_width, 0)
        first = "\n".join(self.toPlainText().split("\n", most)[:most])  # no more is to be seen
        needed = metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, first)
        lines = min(-(-needed.height() // metrics.lineSpacing()), most)
        self.setFixedHeight(lines * metrics.lineSpacing() + 2 * Space.RELATED)

    @property
    def _bar_width(self) -> int:
        return self.verticalScrollBar().sizeHint().width()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc is the panel's."""
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)
