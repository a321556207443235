"""What the model sees of a conversation: how much of what, the summary, and what is missing."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from assistant.records import ContextView
from ui.context.bar import ContextBar, Legend
from ui.context.parts import fits, parts, tokens
from ui.controls import PlainLabel, TextButton
from ui.markdown.safe_text import harmless
from ui.overlay import Overlay
from ui.read_only_text import ReadOnlyText
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WIDTH: Final = 440  # pixels at 100 %
_SUMMARY_LINES: Final = 7  # shown at once
_NOT_KNOWN: Final = "Hush works out what the model sees when you write here."
_MARK: Final = "Written by the model from your messages. It may be wrong."


class ContextPanel(Overlay):
    """Opens above the status line's context, or where a conversation's line asks for it.

    Stays up to date while it is open.

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
        self.summary: ReadOnlyText | None = None
        self._said: list[str] = []
        self._view = view
        self._body: QWidget | None = None
        self._fill()
        setting = TextButton("Change how much it reads at once…", "link")
        setting.clicked.connect(self._leave_for_setting)
        self.column.addWidget(setting, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def text(self) -> str:
        """What it says, without the summary."""
        return "\n".join(self._said)

    def show_view(self, view: ContextView | None) -> None:
        """Show what the model sees by now."""
        if view != self._view:
            self._view = view
            self._fill()
            self.refit()

    def _fill(self) -> None:
        before, self._body = self._body, QWidget()
        self._rows = QVBoxLayout(self._body)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(Space.RELATED)
        self._said.clear()
        self.summary = None
        self._add("What the model sees", "strong")
        if self._view:
            self._show(self._view)
        else:
            self._add(_NOT_KNOWN)
        self.describe(" ".join(self._said))
        self.column.insertWidget(0, self._body)
        if before:
            if before.isAncestorOf(self._window.focusWidget()):
                self.panel.setFocus(Qt.FocusReason.OtherFocusReason)
            self.column.removeWidget(before)
            before.hide()
            before.deleteLater()
            self._body.show()

    def _show(self, view: ContextView) -> None:
        shown = parts(view)
        self._add(f"{view.used:,} of {tokens(view.cap)} are in use.")
        bar = ContextBar(self._theme)
        bar.show_parts(shown)
        self._rows.addWidget(bar)
        self._rows.addWidget(Legend(shown, self._theme))
        self._said.extend(f"{part.name}: {tokens(part.tokens)}." for part in shown)
        self._add(harmless(fits(view)))
        if view.summary:
            self._show_summary(view.summary)

    def _show_summary(self, summary: str) -> None:
        self._rows.addSpacing(Space.HALF)
        self._add("Summary of earlier messages", "strong")
        self._add(_MARK, "quiet")
        self.summary = ReadOnlyText(harmless(summary), "The model's summary")
        self.summary.fit(self._theme.px(_WIDTH) - 2 * Space.GROUP, _SUMMARY_LINES)
        self._rows.addWidget(self.summary)

    def _add(self, text: str, kind: str = "") -> None:
        self._said.append(text)
        self._rows.addWidget(PlainLabel(text, kind, wrap=True))

    def _leave_for_setting(self) -> None:
        self.close_panel()
        self.setting_wanted.emit()
