"""The course of the replies under way, as the page, the list and the status line show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assistant.events import ReplyBegan, ReplyEnded, ReplyText
from assistant.records import ReplyFigures, Thread
from ui.chat.drafts import Drafts
from ui.chat.page import ChatPage
from ui.chat.replies import LiveReply, Replies
from ui.conversation_list import ConversationList
from ui.status.line import StatusLine

_WAITING: Final = "Another answer is being written. This one comes next."


class Course:
    """Takes what the core tells of replies.

    Args:
        replies: Those under way.
        drafts: Knows what was asked on the page and is not saved yet.
        here: The conversation on the page; None for a chat that has not begun.
        page: Where it is shown.
        conversations: The list beside it.
        status: The line below it.
    """

    def __init__(
        self,
        replies: Replies,
        drafts: Drafts,
        here: Callable[[], int | None],
        page: ChatPage,
        conversations: ConversationList,
        status: StatusLine,
    ) -> None:
        self._replies = replies
        self._drafts = drafts
        self._here = here
        self._page = page
        self._list = conversations
        self._status = status

    @property
    def running(self) -> LiveReply | None:
        """The reply being written, or waited for, in what is on the page."""
        if self._drafts.current.asked:
            return self._drafts.current.asked
        here = self._here()
        return None if here is None else self._replies.running_in(here)

    def began(self, event: ReplyBegan) -> None:
        """A model reads the prompt now. Elsewhere nothing is known of its context."""
        reply = self._replies.get(event.run_id)
        if reply is None:
            return
        reply.began, reply.left_out = True, event.left_out
        self.show_note(reply)
        if event.conversation_id == self._here() and event.context_cap:
            self._status.show_context(event.prompt_tokens, event.context_cap, event.left_out)

    def grew(self, event: ReplyText) -> None:
        """There is more of an answer."""
        reply = self._replies.get(event.run_id)
        if reply is None:
            return
        reply.add(event.text)
        if event.conversation_id == self._here():
            self._page.timeline.append_text(event.message_id, event.text)

    def ended(self, event: ReplyEnded) -> None:
        """An answer is final; how fast one came from elsewhere says nothing of this laptop."""
        reply = self._replies.get(event.run_id)
        self._replies.end(event.run_id, event.message)
        self._list.update_shown(event.conversation)
        if event.conversation.id == self._here():
            self._page.timeline.finish(event.message, event.error.sentence if event.error else "")
            if event.message.figures and not event.message.cloud:
                self._status.show_reply(event.message.figures, reply.left_out if reply else "")

    def show_note(self, reply: LiveReply | None) -> None:
        """Say below an answer what did not fit, or what it waits for."""
        if reply and reply.message_id is not None:
            waits = not reply.began and self._replies.count > 1
            note = _WAITING if waits else reply.left_out
            self._page.timeline.set_note(reply.message_id, note)


def last_figures(thread: Thread) -> ReplyFigures | None:
    """Those of the last answer that was written here; None where there is none."""
    local = (message for message in reversed(thread.messages) if not message.cloud)
    return next((message.figures for message in local if message.figures), None)
