"""While a link to a note is typed: the titles that it may mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QObject, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QCompleter, QListView, QPlainTextEdit

_BEGUN: Final = re.compile(r"\[\[([^\[\]|#]{0,60})$")
_LOOKED_AT: Final = 64  # characters before the caret
_ROWS: Final = 8
_TAKEN: Final = (
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Tab,
    Qt.Key.Key_Backtab,
    Qt.Key.Key_Escape,
)
_WIDTH: Final = 280  # pixels


class LinkCompletion(QObject):
    """Offers titles after ``[[``; Enter or Tab takes the one that is marked.

    Args:
        editor: Where links are typed.
    """

    titles_wanted = Signal()  # a link is begun: ``offer`` what there is

    def __init__(self, editor: QPlainTextEdit) -> None:
        super().__init__(editor)
        self._editor = editor
        self._is_begun = False
        self._titles = QStringListModel(self)
        self.completer = QCompleter(self._titles, self)
        self.completer.setWidget(editor)
        self.completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.completer.setMaxVisibleItems(_ROWS)
        self._popup = QListView()
        self._popup.setAccessibleName("Notes to link to")
        self.completer.setPopup(self._popup)
        self.completer.activated.connect(self._insert)
        editor.textChanged.connect(self._look)

    def offer(self, titles: Sequence[str]) -> None:
        """These are the titles there are."""
        self._titles.setStringList(list(titles))
        self._look()

    def takes(self, event: QKeyEvent) -> bool:
        """Whether a key is for the titles that are shown, and not for the text."""
        return self.is_shown and event.key() in _TAKEN

    @property
    def is_shown(self) -> bool:
        """Whether titles are offered at the moment."""
        return self._popup.isVisible()

    def _look(self) -> None:
        """Show what the link that is being typed may mean."""
        begun = self._begun_at(self._editor.textCursor())
        if begun is None or self._editor.isReadOnly() or not self._editor.hasFocus():
            self._is_begun = False
            self._popup.hide()
            return
        if not self._is_begun:
            self._is_begun = True
            self.titles_wanted.emit()
        self.completer.setCompletionPrefix(begun)
        if self.completer.completionCount() == 0:
            self._popup.hide()
            return
        self._popup.setCurrentIndex(self.completer.completionModel().index(0, 0))
        place = self._editor.cursorRect().translated(self._editor.viewport().pos())
        place.setWidth(_WIDTH)
        self.completer.complete(place)

    @staticmethod
    def _begun_at(cursor: QTextCursor) -> str | None:
        """What is typed of a link before the caret; None where there is none."""
        column = cursor.positionInBlock()
        found = _BEGUN.search(cursor.block().text()[max(column - _LOOKED_AT, 0) : column])
        return found.group(1) if found else None

    def _insert(self, title: str) -> None:
        cursor = self._editor.textCursor()
        begun = self._begun_at(cursor)
        if begun is None:
            return
        left = QTextCursor.MoveOperation.Left
        cursor.movePosition(left, QTextCursor.MoveMode.KeepAnchor, len(begun))
        rest = cursor.block().text()[self._editor.textCursor().positionInBlock() :]
        cursor.insertText(title if rest.startswith("]]") else f"{title}]]")
        if rest.startswith("]]"):
            cursor.movePosition(QTextCursor.MoveOperation.Right, n=2)
        self._editor.setTextCursor(cursor)
