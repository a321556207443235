"""Below a note: what an action writes, how far it is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from assistant.actions.records import ActionResult
from ui.actions.language import LanguageForm
from ui.actions.result_text import MOST_SHOWN, ResultText
from ui.actions.words import LEGEND, WAITING, Way
from ui.chat.announce import read_out
from ui.controls import PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.theme.style import Theme
from ui.theme.tokens import Space

_SHARE: Final = 0.5  # of the page
_LEAST: Final = 260  # pixels at 100 %; where half of the page is less, it has all of it
_LINES: Final = 2  # of the text, that are to be seen however large they are
_CUT: Final = f"Only the first {MOST_SHOWN:,} characters are shown. Copy takes all."
_WAYS: Final = 2  # at most, to accept a result
_SHOW_NOTE: Final = "Show the note"
_SHOW_RESULT: Final = "Show the result"


class ResultPanel(QFrame):
    """Hidden until an action is asked for. It knows no note.

    Args:
        theme: Colours and type.
    """

    language_chosen = Signal(str)
    stop_wanted = Signal()
    accepted = Signal(object)  # Way
    copy_wanted = Signal()
    again_wanted = Signal()
    discarded = Signal()
    changed = Signal()  # it wants more room or less

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("result")
        self.setAccessibleName("What the model writes")
        self._theme = theme
        self._ways: Sequence[Way] = ()
        self._parts: Sequence[QWidget] = ()  # of what comes and goes, what is to be seen
        self._is_folded = False  # only its title is seen, for the note to have the page
        self.title = PlainLabel("", "strong", wrap=True)
        self.progress = PlainLabel("", "caption")
        self.stop_button = TextButton("Stop", "outlined")
        self.caution = PlainLabel("", "caption", wrap=True)
        self.form = LanguageForm()
        self.text = ResultText(theme)
        self.remark = PlainLabel("", "caption", wrap=True)
        self.said = PlainLabel("", wrap=True)
        self.trouble = PlainLabel("", "danger", wrap=True)
        self.way_buttons = [TextButton("", kind) for kind in ("main", "outlined")]
        self.again_button = TextButton("Try again", "outlined")
        self.copy_button = TextButton("Copy", "outlined")
        self.discard_button = TextButton("Discard", "outlined")
        self.fold_button = TextButton(_SHOW_NOTE, "outlined")  # where it has all of the page
        self._lay_out()
        self._connect()
        self.apply(theme)
        self.hide()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(Space.RELATED)
        head.addWidget(self.title, 1)
        head.addWidget(self.progress)
        head.addWidget(self.stop_button)
        self._buttons = FlowLayout()
        for button in (*self._choices, self.fold_button):
            self._buttons.addWidget(button)
        self.fold_button.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.RELATED, Space.INSIDE, Space.RELATED, Space.RELATED)
        column.setSpacing(Space.INSIDE)
        column.addLayout(head)
        column.addWidget(self.caution)
        column.addWidget(self.form)
        column.addWidget(self.text, 1)
        column.addWidget(self.remark)
        column.addWidget(self.said)
        column.addWidget(self.trouble)
        column.addLayout(self._buttons)

    def _connect(self) -> None:
        self.form.chosen.connect(self.language_chosen)
        self.stop_button.clicked.connect(self.stop_wanted)
        for number, button in enumerate(self.way_buttons):
            button.clicked.connect(partial(self._accept, number))
        self.again_button.clicked.connect(self.again_wanted)
        self.copy_button.clicked.connect(self.copy_wanted)
        self.discard_button.clicked.connect(self.discarded)
        self.fold_button.clicked.connect(self._turn)

    # What is shown ------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether it is there."""
        return not self.isHidden()

    @property
    def words(self) -> str:
        """What it says besides the text, a line each."""
        labels = (self.title, self.progress, self.caution, *self._sentences)
        return "\n".join(label.text() for label in labels if not label.isHidden())

    @property
    def ways(self) -> list[str]:
        """How its text can be accepted."""
        return [button.text() for button in self.way_buttons if not button.isHidden()]

    @property
    def _sentences(self) -> tuple[PlainLabel, ...]:
        return self.remark, self.said, self.trouble

    @property
    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order, as far as it is shown."""
        form = (*self.form.buttons, self.form.field, self.form.go_button)
        return [*form, self.text, self.stop_button, *self._choices, self.fold_button]

    @property
    def _choices(self) -> tuple[TextButton, ...]:
        return (*self.way_buttons, self.again_button, self.copy_button, self.discard_button)

    @property
    def _has_keyboard(self) -> bool:
        return self.isAncestorOf(self.window().focusWidget() or self.window())

    def ask_language(self, title: str, caution: str, last: str) -> None:
        """Ask into which language, before anything begins."""
        self._begin(title, caution)
        self.form.begin(last)
        self._show(self.form, self.discard_button)
        self.form.take_focus(last)

    def begin(self, title: str, caution: str) -> None:
        """An action begins."""
        self._begin(title, caution)
        self.progress.setText(WAITING)
        self._show(self.progress, self.stop_button, self.text)
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_progress(self, words: str) -> None:
        """Say how far it is."""
        self.progress.setText(words)

    def append(self, text: str) -> None:
        """Show more of what is being written."""
        self.text.append(text)

    def show_result(self, result: ActionResult, ways: Sequence[Way], said: str) -> None:
        """It is written: show it, as a difference where it takes the text's place."""
        self._ways = ways
        if result.changes:
            self.text.show_changes(result.changes)
        else:
            self.text.show_text(result.text.strip("\n"))
        legend = LEGEND if result.changes else ""
        self.remark.setText(_joined(legend, result.remark, _CUT if self.text.is_cut else ""))
        self.said.setText(said)
        self.discard_button.set_words("Discard" if result.text else "Close")
        buttons = (self.copy_button, self.discard_button) if result.text else (self.discard_button,)
        parts = (self.text,) if result.text else ()
        self._show(*parts, self.remark, self.said, *self._offered(), *buttons)
        self._go_on(_joined(result.remark, said) or "Done.")

    def show_ways(self, ways: Sequence[Way], said: str) -> None:
        """The text that it is of changed, or is as it was again."""
        if (ways, said) == (self._ways, self.said.text()):
            return
        self._ways = ways
        self.said.setText(said)
        rest = [part for part in self._parts if part not in self.way_buttons]
        self._parts = (*rest, *self._offered())
        self._arrange()
        self.changed.emit()
        if said:
            read_out(self, said)

    def show_stopped(self, words: str) -> None:
        """The person stopped it: what came so far can still be read and copied."""
        self.remark.setText(words)
        self.discard_button.set_words("Close")
        self._show(self.text, self.remark, self.again_button, self.copy_button, self.discard_button)
        self._go_on(words)

    def show_trouble(self, words: str) -> None:
        """It failed."""
        self.trouble.setText(words)
        self.discard_button.set_words("Close")
        came = () if self.text.is_empty else (self.text,)
        self._show(*came, self.trouble, self.again_button, self.discard_button)
        self._go_on(words)

    def bring_back(self) -> None:
        """Show again what was discarded."""
        self.show()
        self.changed.emit()
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        """Go."""
        self.hide()
        self.changed.emit()

    def _begin(self, title: str, caution: str) -> None:
        self.title.setText(title)
        self.caution.setText(caution)
        self.text.begin()
        for label in (self.progress, *self._sentences):
            label.setText("")
        self._is_folded = False
        self.discard_button.set_words("Cancel")
        self.copy_button.set_words("Copy")

    def _show(self, *shown: QWidget) -> None:
        """Show these parts, and nothing else of what comes and goes."""
        had_keyboard = self._has_keyboard
        self._parts = shown
        self._arrange()
        self.show()
        self.changed.emit()
        if had_keyboard and not self.text.isHidden():
            self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def _arrange(self) -> None:
        """Show what is to be seen now; of a folded panel only how far it is."""
        shown = () if self._is_folded else self._parts
        for label in self._sentences:
            label.setVisible(label in shown and bool(label.text()))
        self.caution.setVisible(bool(self.caution.text()) and not self._is_folded)
        for part in (self.form, self.text, *self._choices):
            part.setVisible(part in shown)
        for part in (self.progress, self.stop_button):
            part.setVisible(part in self._parts)

    def _turn(self) -> None:
        """Let the note have the page, or what the model writes."""
        self._is_folded = not self._is_folded
        had_keyboard = self._has_keyboard
        self._arrange()
        self.changed.emit()
        if had_keyboard:  # what had it may be hidden: the next key must not be for "Stop"
            place = self.fold_button if self._is_folded else self.text
            place.setFocus(Qt.FocusReason.OtherFocusReason)

    def _offered(self) -> list[TextButton]:
        for button, way in zip(self.way_buttons, self._ways[:_WAYS], strict=False):
            button.set_words(way.name)
        return self.way_buttons[: len(self._ways)]

    def _accept(self, number: int) -> None:
        self.accepted.emit(self._ways[number])

    def _go_on(self, words: str) -> None:
        """It is over: say so to whoever does not see it."""
        read_out(self, words)

    # The look -----------------------------------------------------------------------------

    def fit(self, height: int) -> bool:
        """Take a share of a page so high; return whether all of it, nothing else having room."""
        share = int(height * _SHARE)
        is_short = share < self._theme.px(_LEAST)
        if self._is_folded and not is_short:
            self._is_folded = False
            self._arrange()
        self.fold_button.set_words(_SHOW_RESULT if self._is_folded else _SHOW_NOTE)
        self.fold_button.setVisible(is_short and self.text in self._parts)
        if self._is_folded:
            self.setFixedHeight(min(self._needed, height))
            return False
        self._fold(height if is_short else share)
        if self.text.isHidden():
            self.setFixedHeight(min(self._needed, height))
            return is_short and self._needed > share
        self.setFixedHeight(height if is_short else share)
        return is_short

    def _fold(self, height: int) -> None:
        """With large text what is said in passing makes room: it is read at the title then."""
        passing = [label for label in (self.caution, self.remark) if label.text()]
        for label in passing:
            label.setVisible(label is self.caution or self._is_over)
        text = 0 if self.text.isHidden() else _LINES * self._theme.look.line_height
        for label in passing:
            if self._needed + text > height:
                label.hide()
        self.title.setToolTip(" ".join(label.text() for label in passing if label.isHidden()))

    @property
    def _is_over(self) -> bool:
        return self.stop_button.isHidden()

    @property
    def _needed(self) -> int:
        """Pixels that everything but the text takes."""
        layout = self.layout()
        if layout is None:
            return 0
        layout.invalidate()
        needed = layout.heightForWidth(self.width())
        return needed if self.text.isHidden() else needed - self.text.sizeHint().height()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self.text.apply(theme)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter accepts what is seen; Esc is the window's, which asks who has it."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier and self.ways:
            self._accept(0)
        else:
            super().keyPressEvent(event)


def _joined(*parts: str) -> str:
    return " ".join(f"{part}." if part == LEGEND else part for part in parts if part)
