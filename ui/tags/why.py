"""Why a tag is suggested: a small panel below its chip."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize, Signal
from PySide6.QtWidgets import QWidget

from assistant.tags.records import Because, Explanation
from ui.controls import PlainLabel
from ui.notes.model import UNTITLED
from ui.notes.panel_row import PanelRow
from ui.overlay import Overlay
from ui.tags.words import how_sure, one_line, speaking_words, tag_label
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WIDTH: Final = 320  # pixels at 100 %
_TITLE_CHARACTERS: Final = 200
_BECAUSE: Final = "Because of these notes:"
_DESCRIBED: Final = "Because of what the tag is called, and of its description."
_NOTHING: Final = "No single note speaks for it; the words together do."
_NEW: Final = "No note has this tag yet. It stands out among the words of this note."


class WhyPanel(Overlay):
    """Notes that have the tag and are like this one; each can be opened.

    Args:
        window: What it covers.
        theme: Colours and type.
        found: The reasons.
        is_new: Whether nobody has the tag yet.
    """

    note_wanted = Signal(object)  # id

    def __init__(
        self, window: QWidget, theme: Theme, found: Explanation, *, is_new: bool = False
    ) -> None:
        super().__init__(
            window, f"Why {tag_label(found.tag)}?", width=theme.px(_WIDTH), any_key_closes=False
        )
        self._theme = theme
        self._said: list[str] = []
        self.rows: list[PanelRow] = []
        self.column.setContentsMargins(Space.RELATED, Space.RELATED, Space.RELATED, Space.RELATED)
        self.column.setSpacing(Space.INSIDE)
        self._add(f"Why {tag_label(found.tag)}?", "strong")
        if is_new and not found.notes:
            self._add(_NEW)
        else:
            self._add(how_sure(found), "quiet")
            self._explain(found)
        words = speaking_words(found)
        if words:
            self._add(words, "quiet")
        self.describe(" ".join(self._said))

    @property
    def text(self) -> str:
        """What it says, without the notes."""
        return "\n".join(self._said)

    def open_below(self, widget: QWidget) -> None:
        """Show it below a widget of the window; above, where there is more room."""
        self._dims = False
        top = widget.mapTo(self._window, QPoint(0, 0))

        def place(size: QSize) -> QRect:
            below = top + QPoint(0, widget.height() + Space.HALF)
            if below.y() + size.height() > self._window.height() - Space.INSIDE:
                below = top - QPoint(0, size.height() + Space.HALF)
            if self.isRightToLeft():
                below += QPoint(widget.width() - size.width(), 0)
            return QRect(below, size)

        self._open(place)

    def _explain(self, found: Explanation) -> None:
        if found.notes:
            self._add(_BECAUSE)
            for because in found.notes:
                self._add_note(because)
        if found.from_description:
            self._add(_DESCRIBED)
        elif not found.notes:
            self._add(_NOTHING)

    def _add_note(self, because: Because) -> None:
        title = one_line(because.title, _TITLE_CHARACTERS) or UNTITLED
        row = PanelRow(title, "", self._theme)
        row.clicked.connect(partial(self._leave_for, because.note_id))
        self.rows.append(row)
        self.column.addWidget(row)

    def _leave_for(self, note_id: int) -> None:
        self.close_panel()
        self.note_wanted.emit(note_id)

    def _add(self, text: str, kind: str = "") -> None:
        self._said.append(text)
        self.column.addWidget(PlainLabel(text, kind, wrap=True))
