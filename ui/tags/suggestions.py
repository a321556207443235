"""Below a note's tags: those that Hush suggests. Nothing there moves under a person's hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent, QHideEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget

from assistant.tags.records import Level, Suggestion, Suggestions
from ui.controls import PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.markdown.safe_text import harmless
from ui.tags.chip import SuggestionChip
from ui.tags.words import accept_label
from ui.theme.style import Theme
from ui.theme.tokens import Space

ACCEPT_KEYS: Final = "Ctrl+Shift+T"

_SHOWN: Final = 8  # chips; a choice among more is none
_LINES: Final = 2  # that they take, until the person wants to see the others
_CAPTION: Final = "Suggested"


class SuggestionsRow(QWidget):
    """Hidden while there is nothing to suggest. What comes while the person chooses has to wait.

    Args:
        theme: Colours and type.
    """

    accepted = Signal(str)
    all_accepted = Signal()  # those that are ticked
    rejected = Signal(str)
    why_wanted = Signal(str)
    stop_wanted = Signal()  # the model need not think of any
    left = Signal()  # the last chip went, and the keyboard was on it

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Suggested tags")
        self._theme = theme
        self._shown: Suggestions | None = None
        self._waiting: Suggestions | None = None
        self._is_pointed = False
        self.chips: list[SuggestionChip] = []
        self._caption = PlainLabel(_CAPTION, "caption")
        self.accept_button = TextButton("", "chip")
        self.accept_button.setToolTip(f"Add those that are ticked ({ACCEPT_KEYS})")
        self.more_button = TextButton("", "chip")
        self.stop_button = TextButton("Stop", "chip")
        self._is_unfolded = False
        self._row = FlowLayout(self)
        self._row.setSpacing(Space.HALF)
        for part in (self._caption, self.accept_button, self.more_button, self.stop_button):
            self._row.addWidget(part)
        self.more_button.clicked.connect(self._unfold)
        self.more_button.hide()
        self.accept_button.clicked.connect(self.all_accepted)
        self.stop_button.clicked.connect(self.stop_wanted)
        self.stop_button.hide()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._look_again)
        self.hide()

    # What is shown ------------------------------------------------------------------------

    @property
    def words(self) -> list[str]:
        """What its chips say."""
        return [chip.name.text() for chip in self._seen]

    @property
    def caption(self) -> str:
        """What stands before them, or instead of them; empty while the row is hidden."""
        return "" if self.isHidden() else self._caption.text()

    @property
    def ticked(self) -> tuple[str, ...]:
        """The tags that one button gives."""
        return tuple(chip.suggestion.tag for chip in self._seen if chip.is_ticked)

    @property
    def _seen(self) -> list[SuggestionChip]:
        return [chip for chip in self.chips if not chip.isHidden() and not chip.is_gone]

    def show_suggestions(self, found: Suggestions | None) -> None:
        """Show these for the note on the page; None: nothing can be suggested.

        For the same note they wait until pointer and keyboard are elsewhere.
        """
        before = self._shown
        is_same = before is not None and found is not None and before.note_id == found.note_id
        self._waiting = None
        if is_same and self._is_in_hand and self.chips:
            self._waiting = found
        elif found != before or any(chip.is_gone for chip in self.chips):
            self._show(found)

    def say(self, words: str, *, can_stop: bool = False) -> None:
        """Say one thing instead of suggestions: that the model is asked, or why there are none."""
        self._show(None)
        self._caption.setText(words)
        self.stop_button.setVisible(can_stop)
        self.setVisible(bool(words))
        self._settle()

    def drop(self, tags: Collection[str]) -> None:
        """These were decided: they go at once, and nothing comes under the pointer instead."""
        had_keyboard = self._has_keyboard
        if self._shown:
            self._shown = _without(self._shown, tags)
        gone = [chip for chip in self._seen if chip.suggestion.tag in tags]
        place = self.chips.index(gone[0]) if gone else 0
        if had_keyboard:
            self._pass_keyboard(place, gone)
        for chip in gone:
            if self._is_pointed:
                chip.leave_room()
            else:
                self._remove(chip)
        self._settle()

    def _pass_keyboard(self, place: int, gone: Sequence[SuggestionChip]) -> None:
        rest = [*self.chips[place:], *reversed(self.chips[:place])]
        following = next((c for c in rest if c in self._seen and c not in gone), None)
        if following:
            following.name.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.left.emit()

    def _show(self, found: Suggestions | None) -> None:
        self._shown = found
        self._is_unfolded = False
        for chip in list(self.chips):
            self._remove(chip)
        for suggestion in _worth_showing(found) if found else ():
            self._add(suggestion)
        for last in (self.accept_button, self.more_button, self.stop_button):  # behind the chips
            self._row.removeWidget(last)
            self._row.addWidget(last)
        remark = harmless(found.remark) if found and not self.chips else ""
        self._caption.setText(_CAPTION if self.chips else remark)
        self.stop_button.hide()
        self.setVisible(bool(self.chips or remark))
        self._settle()
        self._fold()  # nothing of it was under a hand before

    def _add(self, suggestion: Suggestion) -> None:
        chip = SuggestionChip(suggestion, self._theme)
        tag = suggestion.tag
        chip.accepted.connect(partial(self.accepted.emit, tag))
        chip.rejected.connect(partial(self.rejected.emit, tag))
        chip.why_wanted.connect(partial(self.why_wanted.emit, tag))
        # Queued: what was chosen in its menu is done first.
        chip.released.connect(self._look_again, Qt.ConnectionType.QueuedConnection)
        self.chips.append(chip)
        self._row.addWidget(chip)
        chip.show()

    def _remove(self, chip: SuggestionChip) -> None:
        self.chips.remove(chip)
        self._row.removeWidget(chip)
        chip.hide()
        chip.deleteLater()

    def _settle(self) -> None:
        count = len(self.ticked)
        self.accept_button.set_words(accept_label(count))
        self.accept_button.setAccessibleName(f"{accept_label(count)}: those that are ticked")
        self.accept_button.setVisible(count > 1)  # of one its own name is the button
        is_empty = self._caption.text() == _CAPTION and not self._seen
        if is_empty and not (self.chips and self._is_pointed):
            self.hide()
        if not self._is_pointed:
            self._fold()
        self._row.invalidate()
        self.updateGeometry()

    def _fold(self) -> None:
        """Show as many chips as two lines hold, the first one at least, and a way to the rest."""
        there = [chip for chip in self.chips if not chip.is_gone]
        if not there:
            self.more_button.hide()
            return
        line = max(chip.sizeHint().height() for chip in there)
        room = _LINES * line + (_LINES - 1) * self._row.spacing()
        for count in range(len(there), 0, -1):
            for number, chip in enumerate(there):
                chip.setVisible(number < count)
            self.more_button.set_words(f"{len(there) - count} more")
            self.more_button.setVisible(count < len(there))
            self._row.invalidate()
            if self._is_unfolded or self._row.heightForWidth(self.width()) <= room:
                break

    def _unfold(self) -> None:
        self._is_unfolded = True
        had_keyboard = self.more_button.hasFocus()
        folded = [chip for chip in self.chips if chip.isHidden() and not chip.is_gone]
        self._fold()
        self._row.invalidate()
        self.updateGeometry()
        if had_keyboard and folded:
            folded[0].name.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width holds more, or less."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fold()

    # The person's hand --------------------------------------------------------------------

    @property
    def _is_in_hand(self) -> bool:
        is_asked = any(chip.is_asked for chip in self.chips)  # a menu would go with its chip
        return self._is_pointed or self._has_keyboard or is_asked

    @property
    def _has_keyboard(self) -> bool:
        focus = self.window().focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    def enterEvent(self, event: QEnterEvent) -> None:
        """The person may be choosing."""
        super().enterEvent(event)
        self._is_pointed = True

    def leaveEvent(self, event: QEvent) -> None:
        """The person is not, with the pointer."""
        super().leaveEvent(event)
        self._is_pointed = False
        self._look_again()

    def hideEvent(self, event: QHideEvent) -> None:
        """The pointer cannot be on what is not there, whether it is told to have left or not."""
        super().hideEvent(event)
        self._is_pointed = False

    def _look_again(self) -> None:
        """Show what waited, and close the gaps, where the person is elsewhere by now."""
        if self._is_in_hand:
            return
        if self._waiting:
            self._show(self._waiting)
            self._waiting = None
        elif any(chip.is_gone for chip in self.chips):
            for chip in [chip for chip in self.chips if chip.is_gone]:
                self._remove(chip)
            self._settle()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        for chip in self.chips:
            chip.apply(theme)
        self._fold()


def _without(found: Suggestions, tags: Collection[str]) -> Suggestions:
    known = tuple(one for one in found.known if one.tag not in tags)
    new = tuple(one for one in found.new if one.tag not in tags)
    return replace(found, known=known, new=new)


def _worth_showing(found: Suggestions) -> list[Suggestion]:
    """Those that are probable enough, and new ones: of these the service says which."""
    known = [one for one in found.known if one.level is not Level.SILENT]
    return [*known, *found.new][:_SHOWN]
