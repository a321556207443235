"""What was sent for an answer, to the byte, for as long as the person keeps it."""

from __future__ import annotations

import json
import time
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from assistant.cloud.records import Sent
from ui.cloud import sheet_words as words
from ui.cloud.exact_text import ExactText
from ui.cloud.facts import Facts
from ui.cloud.marking import exactly
from ui.cloud.part_text import PartText
from ui.cloud.parts_view import inset, leading
from ui.cloud.swapped_list import SwappedList
from ui.controls import GESTURE, Hairline, PlainLabel, TextButton
from ui.days import local
from ui.flow import FlowLayout
from ui.overlay import Overlay
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.words import date, number

_WIDTH: Final = 640  # pixels at 100 %
_MOST: Final = 200  # messages that are shown one by one; the bytes are shown whatever there are
_FEW: Final = 8  # the last of them that are shown at first; those before are asked for
_BUDGET_SECONDS: Final = 0.008  # of one turn of making them: half a frame at 60 Hz
_ROLES: Final = {"system": "Instructions", "user": "You", "assistant": "Answer"}
_GONE: Final = (
    "What was sent was deleted from this laptop. That something was sent stays in the record of "
    "transfers."
)
_DELETE: Final = "Delete it…"
_SURE: Final = (
    "Delete what was sent from this laptop? The answer stays, and so does the record that "
    "something was sent. Whoever got it may still have it."
)
_LEFT: Final = Qt.AlignmentFlag.AlignLeft


class WhatWasSent(Overlay):
    """Read only. Esc and a click beside close it. Messages come in turns, once it is open.

    Args:
        window: What it covers.
        theme: Colours and type.
        sent: What was sent.
        clock: Seconds; measures a turn.
    """

    deleted = Signal()  # by the person, who was asked twice

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        sent: Sent,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        title = f"What was sent to {words.short_host(sent.host)}"
        super().__init__(window, title, width=theme.px(_WIDTH), any_key_closes=False)
        self._window_of = window
        self._theme = theme
        self._sent = sent
        self._title = title
        self._clock = clock
        self.facts = Facts()
        self._waiting: deque[tuple[int, str, str]] = deque()  # number, role and text
        self._folded: list[tuple[int, str, str]] = []
        self._made: list[tuple[int, _Message]] = []  # by number, in order
        self.fold_button = TextButton("Show them", "link")
        self._fold = QWidget()
        self._messages = QVBoxLayout()
        self._end = Hairline(theme.palette, Qt.Orientation.Horizontal)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)
        self._refits = QTimer(self, singleShot=True, interval=0)
        self._refits.timeout.connect(self.refit)
        self.rest = QTimer(self, singleShot=True, interval=GESTURE)
        self.exact: ExactText | None = None
        self.exact_button = TextButton(words.EXACTLY_WAS, "link")
        self.question = PlainLabel(_SURE, wrap=True)
        self.close_button = TextButton("Close", "main")
        self.keep_button = TextButton("Keep it", "main")
        self.delete_button = TextButton(_DELETE, "outlined")
        self.sure_button = TextButton("Delete", "destroy")
        self._put_together()
        self._ask_nothing()
        self.close_button.clicked.connect(self.close_panel)
        self.keep_button.clicked.connect(self._keep)
        self.delete_button.clicked.connect(self._ask)
        self.sure_button.clicked.connect(self._delete)
        self.exact_button.clicked.connect(self._show_exactly)
        self.fold_button.clicked.connect(self._unfold)
        self.rest.timeout.connect(lambda: self.sure_button.setEnabled(True))

    # How it is made -----------------------------------------------------------------------

    def _put_together(self) -> None:
        edge = Space.GROUP - Space.INSIDE
        self.column.setContentsMargins(edge, Space.GROUP, edge, Space.GROUP)
        self.column.setSpacing(Space.HALF)
        head = inset()
        head.setSpacing(Space.RELATED)
        head.addWidget(PlainLabel(words.breakable(self._title), "title", wrap=True))
        self.facts.show_rows(self._rows())
        self.facts.arrange(self._theme.px(_WIDTH) - 2 * Space.GROUP)
        head.addWidget(self.facts)
        self.column.addLayout(head)
        self.column.addSpacing(Space.RELATED)
        if self._sent.body is None:
            gone = inset()
            gone.addWidget(PlainLabel(_GONE, wrap=True))
            self.column.addLayout(gone)
        else:
            self._show_messages(self._sent.body)
            self.column.addWidget(self.exact_button, 0, _LEFT)
        self._put_foot_together()
        self.describe(f"{self._title}. {self.facts.text}")

    def _show_messages(self, body: bytes) -> None:
        self._sorts = {swap.placeholder: swap.sort for swap in self._sent.table.swaps}
        said = [(at, role, content) for at, (role, content) in enumerate(messages_of(body))]
        first = max(len(said) - _FEW, 0)
        self._folded, self._waiting = said[:first], deque(said[first:])
        self._messages.setSpacing(Space.HALF)
        self.column.addWidget(self._fold)
        self._put_fold_together()
        self.column.addLayout(self._messages)
        self._timer.start()
        end = inset()
        end.addWidget(self._end)
        self.column.addLayout(end)
        swapped = SwappedList(editable=False)
        swapped.changed.connect(self._refit_soon)
        self.column.addWidget(swapped)
        swapped.show_table(self._sent.table, frozenset())

    def _put_fold_together(self) -> None:
        """In place of what comes before the last messages."""
        column = QVBoxLayout(self._fold)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.HALF)
        line = inset()
        line.addWidget(Hairline(self._theme.palette, Qt.Orientation.Horizontal))
        row = QHBoxLayout()
        row.setContentsMargins(*leading())
        words_of_it = number(len(self._folded), "earlier message")
        row.addWidget(PlainLabel(words_of_it, "quiet", wrap=True), 1)
        row.addWidget(self.fold_button)
        self.fold_button.setAccessibleName(f"Show {words_of_it}")
        column.addLayout(line)
        column.addLayout(row)
        self._fold.setVisible(bool(self._folded))

    def _go_on(self) -> None:
        """Make a message at least, and more while there is time."""
        until = self._clock() + _BUDGET_SECONDS
        while self._waiting:
            self._make_message(*self._waiting.popleft())
            if self._clock() >= until:
                break
        if not self._waiting:
            self._timer.stop()
        self._refit_soon()

    def apply(self, theme: Theme) -> None:
        """Take the colours of another theme, here and for what is made later."""
        super().apply(theme)
        self._theme = theme
        for _, message in self._made:
            message.text.apply(theme)

    def _make_message(self, number_of_it: int, role: str, content: str) -> None:
        message = _Message(self._theme, _ROLES.get(role, "Message"))
        at = bisect([before for before, _ in self._made], number_of_it)
        self._messages.insertWidget(at, message)
        following = self._made[at][1] if at < len(self._made) else self._end
        message.stackUnder(following)  # Tab goes as the eye does
        self._made.insert(at, (number_of_it, message))
        width = self._theme.px(_WIDTH) - 2 * (Space.GROUP - Space.INSIDE)
        message.text.resize(width, message.text.height())
        message.text.whole.connect(self._refit_soon)
        message.text.show_text(exactly(content), self._sorts)
        message.show()

    def _put_foot_together(self) -> None:
        self.foot.setSpacing(0)
        self.foot.addWidget(Hairline(self._theme.palette, Qt.Orientation.Horizontal))
        inner = QVBoxLayout()
        inner.setContentsMargins(Space.GROUP, Space.RELATED, Space.GROUP, Space.RELATED)
        inner.setSpacing(Space.INSIDE)
        inner.addWidget(self.question)
        row = FlowLayout()
        for button in (self.close_button, self.keep_button, self.delete_button, self.sure_button):
            row.addWidget(button)
        inner.addLayout(row)
        self.foot.addLayout(inner)

    def _rows(self) -> tuple[tuple[str, str], ...]:
        sent, then = self._sent, local(self._sent.at)
        return (
            ("To", f"{sent.provider}, model {sent.model}, at {sent.host}"),
            ("When", f"{date(then)}, {then:%H:%M}"),
            ("Size", words.bytes_words(sent.size)),
            ("Approval", words.in_groups(sent.approval_id)),
            ("SHA-256", words.in_groups(sent.payload_sha256)),
        )

    # What can be done ---------------------------------------------------------------------

    @property
    def texts(self) -> list[PartText]:
        """Those of the messages that are made, in their order."""
        return [message.text for _, message in self._made]

    @property
    def is_whole(self) -> bool:
        """Whether all that is to be shown is there to be read."""
        return not self._waiting and all(text.is_whole for text in self.texts)

    @property
    def text(self) -> str:
        """What it says, with the messages."""
        return "\n".join((self._title, self.facts.text, *(text.text for text in self.texts)))

    def _unfold(self) -> None:
        """Show the messages before as well, bit by bit."""
        self._waiting.extend(self._folded)
        self._folded = []
        self._fold.hide()
        self.close_button.setFocus(Qt.FocusReason.OtherFocusReason)
        self._timer.start()

    def _ask(self) -> None:
        self.sure_button.setEnabled(False)
        self.rest.start()
        self._show(self.question, self.keep_button, self.sure_button)
        self.keep_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _keep(self) -> None:
        self._ask_nothing()
        self.delete_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _ask_nothing(self) -> None:
        kept = (self.delete_button,) if self._sent.body is not None else ()
        self._show(self.close_button, *kept)

    def _show(self, *shown: QWidget) -> None:
        for part in (
            self.question,
            self.close_button,
            self.keep_button,
            self.delete_button,
            self.sure_button,
        ):
            part.setVisible(part in shown)
        self._refit_soon()

    def _delete(self) -> None:
        self.deleted.emit()
        self.close_panel()

    def _show_exactly(self) -> None:
        if self.exact is None and self._sent.body is not None:
            self.exact = ExactText(self._theme, words.EXACTLY_WAS)
            self.exact.whole.connect(self._refit_soon)
            self.column.addWidget(self.exact)
            self.exact.show_bytes((), self._sent.body.decode(errors="replace"), "")
        elif self.exact:
            self.exact.setVisible(self.exact.isHidden())
        self._refit_soon()

    # Where it stands ----------------------------------------------------------------------

    def _refit_soon(self) -> None:
        if self.isVisible():
            self._refits.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay when the window's size changes: the person is reading."""
        if watched is self._window_of and event.type() is QEvent.Type.Resize:
            self.setGeometry(self._window_of.rect())
            self.refit()
            return False
        return super().eventFilter(watched, event)


class _Message(QWidget):
    """One message: whose it is, and what it says."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.HALF)
        line = inset()
        line.setSpacing(Space.HALF)
        line.addWidget(Hairline(theme.palette, Qt.Orientation.Horizontal))
        line.addWidget(PlainLabel(name, "quiet"))
        column.addLayout(line)
        self.text = PartText(theme, name, editable=False)
        column.addWidget(self.text)


def messages_of(body: bytes) -> Iterator[tuple[str, str]]:
    """Role and text of each message of a request; none of what is no such request."""
    try:
        said = json.loads(body)
        messages = said["messages"][:_MOST]
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    for message in messages:
        if isinstance(message, dict) and isinstance(message.get("content"), str):
            yield str(message.get("role", "")), message["content"]
