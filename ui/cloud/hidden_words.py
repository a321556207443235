"""Words of one's own that are always swapped: names of the family, a street."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from assistant.errors import HushError
from assistant.settings import Settings
from assistant.text import clean
from ui.cloud.offers import redact_line
from ui.controls import TextButton, learn_nothing
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Line
from ui.vault.section import Section

_WHAT: Final = (
    "Hush finds names only in part. What you write here is found wherever it stands: names of "
    "your family, your street. One in a line. They are kept in your vault."
)
_UNREAD: Final = "Your words cannot be read, so they cannot be changed now."
_LINES: Final = 5
_MOST: Final = 60_000  # characters: more is a text that was pasted by mistake


class HiddenSection(Section):
    """A field, and the switch that all of it hangs on.

    Nothing can be written or kept before those that are kept were shown: it would take their place.

    Args:
        theme: Colours and type.
    """

    given = Signal(list)  # of str
    again_wanted = Signal()  # have them read anew
    redact_turned = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Always swapped", theme, parent)
        self.redact = redact_line(theme)
        self.redact.turned.connect(self.redact_turned)
        self.column.addWidget(self.redact)
        self.add_text(_WHAT)
        self.field = QPlainTextEdit()
        self.field.setProperty("kind", "field")
        self.field.setAccessibleName("Words that are always swapped, one in a line")
        self.field.setTabChangesFocus(True)
        self.field.setFixedHeight(self.field.fontMetrics().lineSpacing() * _LINES + Space.GROUP)
        learn_nothing(self.field, private=True)
        self.column.addWidget(self.field)
        self.save = TextButton("Keep these words", "outlined")
        self.save.setEnabled(False)
        self.column.addWidget(self.save, 0, Qt.AlignmentFlag.AlignLeft)
        self.again = TextButton("Try again", "outlined")
        self.again.hide()
        self.column.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        self.line = self.add_line(Line(theme, ""))
        self.line._hairline.hide()
        self._kept: tuple[str, ...] | None = None  # until they were shown
        self.field.setEnabled(False)
        self.field.textChanged.connect(self._offer)
        self.save.clicked.connect(self._give)
        self.again.clicked.connect(self.again_wanted)

    @property
    def words(self) -> list[str]:
        """What was typed, a word or several in a line."""
        lines = clean(self.field.toPlainText()[:_MOST]).splitlines()
        return [" ".join(line.split()) for line in lines if line.strip()]

    def show_words(self, kept: Sequence[str]) -> None:
        """Show those that are kept, unless others are being typed."""
        is_typing = self._kept is not None and self.words != list(self._kept)
        if self._kept is None:
            self.field.setEnabled(True)
            self.again.hide()
            self.line.say("")
        self._kept = tuple(kept)
        if not is_typing and self.words != list(kept):
            self.field.setPlainText("\n".join(kept))
        self._offer()

    def show_unread(self, error: HushError) -> None:
        """Say that they cannot be read, unless they are shown already."""
        if self._kept is None:
            self.again.show()
            self.say(self.line, f"{_UNREAD} {error.sentence}", danger=True)

    def show_settings(self, settings: Settings) -> None:
        """Show whether anything is swapped at all."""
        self.redact.show_on(on=settings.cloud_redact)

    def _offer(self) -> None:
        self.save.setEnabled(self._kept is not None and self.words != list(self._kept))

    def _give(self) -> None:
        self.line.say("")
        self.given.emit(self.words)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self.redact.apply(theme)
