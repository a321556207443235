"""Above the conversation: its title, which can be changed in place, and a menu of its own."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from ui.controls import ElidedLabel, IconButton, PlainLabel, learn_nothing
from ui.theme.icons import Icon, pixmap
from ui.theme.style import Theme
from ui.theme.tokens import Space

_PRIVATE: Final = "Not written anywhere. Gone when you close or lock Hush."
_PRIVATE_WITH_CLOUD: Final = f"{_PRIVATE} What you send elsewhere is in the record of transfers."

_MARK: Final = 16  # pixels at 100 %


def private_words(*, cloud: bool) -> str:
    """What becomes of what is written in a private chat.

    Args:
        cloud: Whether somebody elsewhere can be asked.
    """
    return _PRIVATE_WITH_CLOUD if cloud else _PRIVATE


class TitleField(QLineEdit):
    """A title being changed: Enter or leaving it keeps the change, Esc does not."""

    kept = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "title")
        self.setAccessibleName("Title")
        self.editingFinished.connect(self._keep)

    def begin(self, title: str) -> None:
        """Start from the title there is."""
        self.setText(title)
        self.setModified(False)
        self.selectAll()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        """Esc is ours here: no shortcut of the window may take it."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves the title as it was."""
        if event.key() == Qt.Key.Key_Escape:
            self.setModified(False)
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _keep(self) -> None:
        if self.isModified() and self.text().strip():
            self.setModified(False)
            self.kept.emit(self.text())
        self.left.emit()


class PrivateMark(QWidget):
    """Says that a chat is private: an icon and the word; its tooltip says what that means.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = QLabel()
        self._word = PlainLabel("Private", "quiet")
        self.show_cloud(on=False)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.INSIDE, 0, Space.INSIDE, 0)
        row.setSpacing(Space.HALF)
        row.addWidget(self._icon)
        row.addWidget(self._word)
        self.apply(theme)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        size, ratio = theme.px(_MARK), self.devicePixelRatioF()
        self._icon.setPixmap(pixmap(Icon.PRIVATE, theme.palette.quiet, size, ratio))

    def show_cloud(self, *, on: bool) -> None:
        """Promise no more than holds while somebody elsewhere can be asked."""
        words = private_words(cloud=on)
        self._word.setAccessibleName(f"Private. {words}")
        self.setToolTip(words)


class Header(QWidget):
    """The title, and behind "⋯" what can be done with the conversation.

    Args:
        theme: Colours and type.
    """

    renamed = Signal(str)
    export_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ElidedLabel("", "title")
        self._field = TitleField()
        self._stack = QStackedWidget()
        self.private_mark = PrivateMark(theme)
        self._more = IconButton(Icon.MORE, "This chat", theme.palette)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setMenu(self._menu())
        self._title.installEventFilter(self)
        self._field.kept.connect(self.renamed)
        self._field.left.connect(lambda: self._stack.setCurrentWidget(self._title))
        self._lay_out()
        self.show_title("")
        self.show_private(private=False)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Rename\tF2", self.begin_rename)  # named only: the window binds it
        menu.addAction("Export…", self.export_wanted.emit)
        menu.addSeparator()
        menu.addAction("Delete", self.delete_wanted.emit)
        return menu

    def _lay_out(self) -> None:
        self._stack.addWidget(self._title)
        self._stack.addWidget(self._field)
        policy = self._more.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the page below must not jump
        self._more.setSizePolicy(policy)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._stack, 1)
        self._row.addWidget(self.private_mark)
        self._row.addWidget(self._more)

    @property
    def title(self) -> str:
        """The title it shows; empty for a chat that has not begun."""
        return self._title.text()

    @property
    def is_renaming(self) -> bool:
        """Whether the person is changing the title."""
        return self._stack.currentWidget() is self._field

    def indent(self, left: int) -> None:
        """Let the title begin so many pixels from the edge: above the text."""
        margins = (left, Space.RELATED, Space.RELATED, Space.RELATED)
        self._row.setContentsMargins(*margins)

    def show_title(self, title: str) -> None:
        """Show a conversation's title; empty for a chat that has not begun."""
        self._title.setText(title)
        self._more.setVisible(bool(title))
        self._stack.setCurrentWidget(self._title)

    def show_private(self, *, private: bool) -> None:
        """Say whether this chat is private, begun or not."""
        self.private_mark.setVisible(private)
        learn_nothing(self._field, private=private)

    def begin_rename(self) -> None:
        """Change the title in place, where there is a conversation."""
        if not self._more.isHidden():
            self._stack.setCurrentWidget(self._field)
            self._field.begin(self._title.text())

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._more.apply(theme.palette)
        self.private_mark.apply(theme)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double click on the title changes it."""
        if isinstance(event, QMouseEvent) and event.type() is QEvent.Type.MouseButtonDblClick:
            self.begin_rename()
            return True
        return super().eventFilter(watched, event)
