"""The live messages: built a few at a time, placed one below the other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from ui.chat.body import GUTTER
from ui.chat.entries import Conversation, Entry, LiveRange, Side
from ui.chat.message import MessageView
from ui.chat.tools import Deadline
from ui.markdown.look import Look
from ui.theme.tokens import Space

_NARROWEST = 120  # pixels; a page has less only before it gets its size
_MADE_AT_ONCE = 3  # messages, in one turn of the event loop
_LET_GO_AT_ONCE = 6  # sixty in one turn would hold a frame up (measured: 0.3 ms each)


class Column(QWidget):
    """Has a widget for each live message, and knows each one's place at once.

    Qt's layouts would place them too, but in steps of their own, later: what is being read could
    not stay where it is.

    Args:
        conversation: All messages, shared with the timeline.
        make: Makes a message's widget.
        before: What stands before the first message in the tab order.
    """

    def __init__(
        self, conversation: Conversation, make: Callable[[Entry], MessageView], before: QWidget
    ) -> None:
        super().__init__()
        self._before = before
        self._conversation = conversation
        self._make = make
        self._unfilled: list[MessageView] = []
        self._gone: list[MessageView] = []
        self.range = LiveRange()
        self.views: list[MessageView] = []

    # Which messages are live --------------------------------------------------------------

    def view_of(self, index: int) -> MessageView | None:
        """The widget of a message, where it has one now."""
        live = self.range.first <= index < self.range.last
        return self.views[index - self.range.first] if live else None

    def index_of(self, view: MessageView) -> int:
        """Which message a widget shows."""
        return self.range.first + self.views.index(view)

    def restart(self, wanted: LiveRange) -> None:
        """Let all widgets go, and begin to build others."""
        while self.views:
            self._remove(len(self.views) - 1)
        self.range = wanted

    def cut(self, index: int) -> None:
        """Let the widgets of this message and of those behind it go: they were replaced."""
        for _ in range(self.range.cut(index, len(self._conversation))):
            self._remove(len(self.views) - 1)

    def rebuild(self, index: int) -> None:
        """Make a live message's widget anew."""
        if self.view_of(index):
            self._remove(index - self.range.first)
            self._insert(index - self.range.first, index)

    # Building -----------------------------------------------------------------------------

    def fill_later(self, view: MessageView) -> None:
        """A message has something that is not drawn yet."""
        if view not in self._unfilled:
            self._unfilled.append(view)

    def build(self, deadline: Deadline) -> bool:
        """Draw and make what is missing, for a while; return whether all is done."""
        made = 0
        while made < _MADE_AT_ONCE and not deadline.passed:
            side = self.range.next_side()
            if self._unfilled:
                if self._unfilled[0].fill(deadline):
                    self._unfilled.pop(0)
            elif side:
                self.grow(side)
                made += 1
            else:
                break
        for _ in range(min(_LET_GO_AT_ONCE, len(self._gone))):
            self._gone.pop().deleteLater()
        return not (self._unfilled or self._gone or self.range.next_side())

    def grow(self, side: Side) -> MessageView:
        """Make the next message's widget at one end; one too many goes from the other."""
        older = side is Side.OLDER
        view = self._insert(
            0 if older else len(self.views), self.range.first - 1 if older else self.range.last
        )
        self.range.grew(side)
        for end in self.range.surplus(grown=side):
            self._remove(0 if end is Side.OLDER else len(self.views) - 1)
        return view

    def _insert(self, at: int, index: int) -> MessageView:
        view = self._make(self._conversation.entries[index])
        before = self.views[at - 1].tab_stops()[-1] if at else self._before
        self.views.insert(at, view)
        self._unfilled.append(view)
        view.setParent(self)
        for stop in view.tab_stops():
            QWidget.setTabOrder(before, stop)
            before = stop
        view.show()
        return view

    def _remove(self, at: int) -> None:
        view = self.views.pop(at)
        if view in self._unfilled:
            self._unfilled.remove(view)
        view.hide()
        self._gone.append(view)

    # Placing ------------------------------------------------------------------------------

    def place(self, look: Look, page_width: int, seen: tuple[int, int], deadline: Deadline) -> bool:
        """Lay the messages out and place them.

        Args:
            look: Sets the widest column of text.
            page_width: Of the whole page, in pixels.
            seen: The first and the last row of pixels that is seen now. What stands there is
                laid out in any case; the rest while there is time.
            deadline: When to stop.

        Returns:
            Whether every message is laid out for this width.
        """
        width = max(_NARROWEST, min(look.column_width(), page_width - 2 * Space.MARGIN))
        left = (page_width - width) // 2 - GUTTER
        y = Space.GROUP
        complete = True
        for view in self.views:
            is_seen = view.y() <= seen[1] and view.y() + view.height() >= seen[0]
            if is_seen or not deadline.passed or view.is_fitted(width):
                height = view.fit(width)
            else:
                height = view.height()
                complete = False
            view.setGeometry(left, y, width + 2 * GUTTER, height)
            y += height + Space.INSIDE
        self.resize(page_width, y + Space.INSIDE)
        return complete

    def at(self, y: int) -> MessageView | None:
        """The message at, or next below, a row of pixels."""
        return next((view for view in self.views if view.y() + view.height() > y), None)
