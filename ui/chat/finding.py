"""Finding words in the conversation, drawn or not."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QWidget

from ui.chat.entries import Side, may_contain, visits
from ui.chat.message import MessageView
from ui.chat.scroll import ConversationScroll
from ui.chat.tools import Tools

FOUND_MARGIN: Final = 80  # pixels around what was found


class FindingScroll(ConversationScroll):
    """Goes from match to match, through all messages of what is shown."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(tools, parent)
        self._needle = ""
        self._match: MessageView | None = None  # what holds the match

    # QWidget has a static ``find`` of its own, by window id: nothing asks a timeline for that.
    def find(self, text: str, *, backwards: bool = False) -> bool:  # type: ignore[override]
        """Select the next place where a text is shown; go round at the ends.

        Args:
            text: What to find; upper and lower case are the same. Empty: select nothing.
            backwards: Towards the beginning.

        Returns:
            Whether it was found.
        """
        match = self._last_match(text)
        start = self._column.index_of(match) if match else self._anchor[0]
        total = len(self._conversation) if text else 0
        for index in visits(total, start, backwards=backwards):
            if self._select_in(index, text, backwards=backwards, afresh=match is None):
                return True
            if match:
                match.forget_match()
                match = None
        return False

    def _last_match(self, text: str) -> MessageView | None:
        """The message to go on from, if it still has a widget."""
        match, self._match = self._match, None
        last, self._needle = self._needle, text
        if match is None or match not in self._column.views:
            return None
        if not text:
            match.forget_match()
        elif text != last:
            match.widen_search()
        return match

    def _select_in(self, index: int, text: str, *, backwards: bool, afresh: bool) -> bool:
        """Select the next match inside one message, and show it; return whether there is one."""
        if not may_contain(self._conversation.entries[index].text, text):
            return False
        view = self._column.view_of(index)
        if view:
            self._stop_following()
        else:
            self._restart_at(index, FOUND_MARGIN)
            view = self._column.grow(Side.NEWER)
        if not view.find_text(text, backwards=backwards, afresh=afresh):
            return False
        self._match = view
        self._build()
        self._reveal(view, view.match_rect(), FOUND_MARGIN)
        return True
