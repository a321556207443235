"""What would be sent, part by part: to be read, changed, left out and put back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from assistant.cloud.records import Part, PartKind, Shown
from assistant.redaction.records import Sort, Table
from ui.cloud import sheet_words as words
from ui.cloud.marking import exactly
from ui.cloud.part_text import PartText
from ui.controls import ElidedLabel, Hairline, PlainLabel, TextButton
from ui.markdown.safe_text import revealed
from ui.theme.style import Theme
from ui.theme.tokens import Space

_BUDGET_SECONDS: Final = 0.008  # of one turn: half a frame at 60 Hz
_FOLDED: Final = 3  # earlier messages that nobody put in; more of them are one line


class PartView(QWidget):
    """One part: what it is, whether it goes, and its text.

    Args:
        theme: Colours and type.
        part: Which.
    """

    typed = Signal()
    edited = Signal(str, str)  # id, text as it stands here
    turned = Signal(str, bool)  # id, whether it is to be sent
    whole = Signal()
    refused = Signal(str)

    def __init__(self, theme: Theme, part: Part, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.part = part
        self._name = revealed(part.label)
        self._label = ElidedLabel(self._name, "quiet")
        self.button = TextButton(words.LEAVE_OUT, "link")
        self.remark = PlainLabel(words.LONG_LINE, "quiet", wrap=True)
        self.text: PartText | None = None  # once it was in
        self._sent = self._read = ""  # as it goes, and as it is read
        self._column = QVBoxLayout(self)
        self._lay_out()
        policy = self.button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # all heads are of one height
        self.button.setSizePolicy(policy)
        self.button.setVisible(part.kind is not PartKind.QUESTION)
        self.button.clicked.connect(lambda: self.turned.emit(part.id, not self.part.included))

    def _lay_out(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(*leading())
        head.setSpacing(Space.INSIDE)
        head.addWidget(self._label, 1)
        head.addWidget(self.button)
        self._column.addLayout(_line(self._theme))
        self._column.addLayout(head)
        remark = inset()
        remark.addWidget(self.remark)
        self._column.addLayout(remark)
        self.remark.hide()

    @property
    def is_waiting(self) -> bool:
        """Whether something was typed that nobody was told of."""
        return self.text is not None and self.text.is_waiting

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there to be read."""
        return self.text is None or self.text.is_whole

    @property
    def stops(self) -> Iterator[QWidget]:
        """What can have the keyboard, as the eye goes."""
        if self.part.kind is not PartKind.QUESTION:
            yield self.button
        if self.text and not self.text.isHidden():
            yield self.text

    def show_part(self, shown: Shown, sorts: dict[str, Sort]) -> None:
        """Show it as it would be sent; what is being typed is left alone."""
        self.part = part = shown.part
        self._label.setText(self._name if part.included else words.left_out(self._name))
        self.button.set_words(words.LEAVE_OUT if part.included else words.PUT_BACK)
        self.button.setAccessibleName(f"{self.button.text()}: {self._name}")
        if not part.included:
            if self.text:
                self.text.hide()
                self.remark.hide()
            return
        if self.text is None:
            self.text = self._make_text()
        self.text.show()
        if not self.text.is_waiting:
            if shown.text != self._sent:  # dear for a long text
                self._sent, self._read = shown.text, exactly(shown.text)
            self.text.show_text(self._read, sorts)

    def _make_text(self) -> PartText:
        text = PartText(self._theme, self._name)
        text.typed.connect(self.typed)
        text.edited.connect(lambda: self.edited.emit(self.part.id, text.text))
        text.whole.connect(self._filled)
        text.refused.connect(self.refused)
        self._column.insertWidget(2, text)
        text.fit(self.width())
        return text

    def _filled(self) -> None:
        self.remark.setVisible(self.text is not None and self.text.is_cut and self.part.included)
        self.whole.emit()


class PartsView(QWidget):
    """All parts, made and filled in turns, so that no length of them holds up the window.

    Args:
        theme: Colours and type.
        clock: Seconds; measures a turn.
    """

    typed = Signal()
    edited = Signal(str, str)
    turned = Signal(str, bool)
    refused = Signal(str)
    painted = Signal()  # all that was to be shown is seen

    def __init__(
        self,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._clock = clock
        self.views: dict[str, PartView] = {}
        self._folded: tuple[str, ...] = ()  # parts that are one line together
        self._shown: tuple[Shown, ...] = ()
        self._sorts: dict[str, Sort] = {}
        self._waiting: deque[Shown] = deque()
        self._is_told = True
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)
        self.fold_button = TextButton("Show them", "link")
        self._fold = QWidget()
        self._fold_label = PlainLabel("", "quiet", wrap=True)
        self._column = QVBoxLayout(self)
        self._lay_out()

    def _lay_out(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.HALF)
        column = QVBoxLayout(self._fold)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(_line(self._theme))
        row = QHBoxLayout()
        row.setContentsMargins(*leading())
        row.addWidget(self._fold_label, 1)
        row.addWidget(self.fold_button)
        column.addLayout(row)
        self._column.addWidget(self._fold)
        self._fold.hide()
        self.fold_button.clicked.connect(self._unfold)

    # What is shown ------------------------------------------------------------------------

    @property
    def is_whole(self) -> bool:
        """Whether all of it is seen, and nothing is being typed."""
        return not self._waiting and all(
            view.is_whole and not view.is_waiting for view in self.views.values()
        )

    @property
    def stops(self) -> list[QWidget]:
        """What can have the keyboard, as the eye goes."""
        fold = [self.fold_button] if self._folded else []
        views = (self.views[one.part.id] for one in self._shown if one.part.id in self.views)
        return [*fold, *(stop for view in views for stop in view.stops)]

    def apply(self, theme: Theme) -> None:
        """Take the colours of another theme, here and for what is made later."""
        self._theme = theme
        for view in self.views.values():
            if view.text:
                view.text.apply(theme)

    def show_parts(self, shown: Sequence[Shown], table: Table) -> None:
        """Show them as they would be sent; ``painted`` follows, perhaps at once."""
        if not self._shown:
            self._folded = _to_fold(shown)
        self._shown = tuple(shown)
        self._sorts = {swap.placeholder: swap.sort for swap in table.swaps}
        self._begin()

    def _begin(self) -> None:
        self._column.removeWidget(self._fold)
        if self._folded:
            ids = [one.part.id for one in self._shown]
            before = ids[: ids.index(self._folded[0])]
            self._column.insertWidget(sum(one in self.views for one in before), self._fold)
        self._fold_label.setText(words.folded(len(self._folded)))
        self.fold_button.setAccessibleName(f"Show {len(self._folded):,} earlier messages")
        self._fold.setVisible(bool(self._folded))
        self._waiting = deque(one for one in self._shown if one.part.id not in self._folded)
        self._is_told = False
        self._go_on()

    def _go_on(self) -> None:
        deadline = self._clock() + _BUDGET_SECONDS
        while self._waiting and self._clock() < deadline:
            shown = self._waiting.popleft()
            self._view_of(shown.part).show_part(shown, self._sorts)
        if self._waiting:
            self._timer.start()
        else:
            self._timer.stop()
            self._tell()

    def _tell(self) -> None:
        if self.is_whole and not self._is_told:
            self._is_told = True
            self.painted.emit()

    def _view_of(self, part: Part) -> PartView:
        view = self.views.get(part.id)
        if view is None:
            view = self.views[part.id] = PartView(self._theme, part)
            view.typed.connect(self.typed)
            view.edited.connect(self.edited)
            view.turned.connect(self.turned)
            view.refused.connect(self.refused)
            view.whole.connect(self._tell)
            ids = [one.part.id for one in self._shown]
            before = sum(other in self.views for other in ids[: ids.index(part.id)])
            fold = bool(self._folded) and ids.index(self._folded[0]) < ids.index(part.id)
            self._column.insertWidget(before + fold, view)
            view.resize(self.width(), view.height())
        return view

    def _unfold(self) -> None:
        first = self._folded[0]
        self._folded = ()
        self._begin()
        view = self.views.get(first)
        if view:
            view.button.setFocus(Qt.FocusReason.OtherFocusReason)

    def say_included(self, parts: Sequence[Part]) -> None:
        """Nothing could be put together; what is in and what is not is shown all the same."""
        texts = {one.part.id: one.text for one in self._shown}
        self._shown = tuple(Shown(part, texts.get(part.id) or part.text) for part in parts)
        self._begin()


def _to_fold(shown: Sequence[Shown]) -> tuple[str, ...]:
    """Earlier messages that were not in from the beginning, where they are many."""
    out = [
        one.part.id for one in shown if one.part.kind is PartKind.EARLIER and not one.part.included
    ]
    return tuple(out) if len(out) > _FOLDED else ()


def _line(theme: Theme) -> QVBoxLayout:
    """The hairline above a part."""
    line = QVBoxLayout()
    line.setContentsMargins(Space.INSIDE, Space.HALF, Space.INSIDE, Space.HALF)
    line.addWidget(Hairline(theme.palette, Qt.Orientation.Horizontal))
    return line


def inset() -> QVBoxLayout:
    """A column that begins where the texts do."""
    column = QVBoxLayout()
    column.setContentsMargins(Space.INSIDE, 0, Space.INSIDE, 0)
    return column


def leading() -> tuple[int, int, int, int]:
    """Margins of a line that begins where the texts do, and ends with a button."""
    runs_left = QGuiApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft
    return (0, 0, Space.INSIDE, 0) if runs_left else (Space.INSIDE, 0, 0, 0)
