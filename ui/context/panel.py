"""What the model sees of a conversation: how much of what, the summary, and what is missing."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from assistant.records import ContextView
from ui.context.bar import ContextBar, Legend
from ui.context.parts import fits, parts, tokens
from ui.controls import PlainLabel, TextButton
from ui.markdown.safe_text import harmless
from ui.overlay import Overlay
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WIDTH: Final = 440  # pixels at 100 %
_SUMMARY_LINES: Final = 7  # shown at once
_NOT_KNOWN: Final = "Hush works out what the model sees when you write here."
_MARK: Final = "Written by the model from your messages. It may be wrong."


class ContextPanel(Overlay):
    """Opens above the status line's context, or where a conversation's line asks for it.

    Args:
        window: What it covers.
        theme: Colours and type.
        view: What the model sees; None where that is not known.
    """

    setting_wanted = Signal()

    def __init__(self, window: QWidget, theme: Theme, view: ContextView | None) -> None:
        super().__init__(
            window, "What the model sees", width=theme.px(_WIDTH), any_key_closes=False
        )
        self._theme = theme
        self.summary: SummaryText | None = None
        self._said: list[str] = []
        self._add("What the model sees", "strong")
        if view:
            self._show(view)
        else:
            self._add(_NOT_KNOWN)
        self.describe(" ".join(self._said))
        setting = TextButton("Change how much it reads at once…", "link")
        setting.clicked.connect(self._leave_for_setting)
        self.column.addWidget(setting, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def text(self) -> str:
        """What it says, without the summary."""
        return "\n".join(self._said)

    def _show(self, view: ContextView) -> None:
        shown = parts(view)
        self._add(f"{view.used:,} of {tokens(view.cap)} are in use.")
        bar = ContextBar(self._theme)
        bar.show_parts(shown)
        self.column.addWidget(bar)
        self.column.addWidget(Legend(shown, self._theme))
        self._said.extend(f"{part.name}: {tokens(part.tokens)}." for part in shown)
        self._add(harmless(fits(view)))
        if view.summary:
            self._show_summary(view.summary)

    def _show_summary(self, summary: str) -> None:
        self.column.addSpacing(Space.HALF)
        self._add("Summary of earlier messages", "strong")
        self._add(_MARK, "quiet")
        self.summary = SummaryText(harmless(summary))
        self.summary.fit(self._theme.px(_WIDTH) - 2 * Space.GROUP)
        self.column.addWidget(self.summary)

    def _add(self, text: str, kind: str = "") -> None:
        self._said.append(text)
        self.column.addWidget(PlainLabel(text, kind, wrap=True))

    def _leave_for_setting(self) -> None:
        self.close_panel()
        self.setting_wanted.emit()


class SummaryText(QPlainTextEdit):
    """Text that can be read, selected and copied, by keyboard too, and not changed.

    Args:
        text: Shown as it is; never read as HTML.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("kind", "field")
        self.setAccessibleName("The model's summary")
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def fit(self, width: int) -> None:
        """Be as high as the text needs at this width, up to a few lines; beyond them it scrolls."""
        self.ensurePolished()
        metrics = self.fontMetrics()
        room = QRect(0, 0, width - 2 * Space.RELATED, 0)
        needed = metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, self.toPlainText())
        lines = min(-(-needed.height() // metrics.lineSpacing()), _SUMMARY_LINES)
        self.setFixedHeight(lines * metrics.lineSpacing() + 2 * Space.RELATED)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc is the panel's."""
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)
