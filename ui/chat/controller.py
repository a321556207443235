"""Wires the chat page to the services: asking, showing, stopping, going elsewhere and back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Final

from assistant.app import Session
from assistant.chat import ChatService, Run
from assistant.errors import HushError
from assistant.events import Event, ReplyBegan, ReplyEnded, ReplyText
from assistant.records import NEW_PRIVATE_ID, Conversation, Exchange, Message, Thread, is_private
from ui.bridge import Bridge
from ui.chat.course import Course, last_figures
from ui.chat.drafts import Draft, DraftKeeper, Drafts
from ui.chat.page import ChatPage
from ui.chat.replies import LiveReply, Replies
from ui.chat.surroundings import Surroundings
from ui.conversation_list import ConversationList
from ui.latest import Latest
from ui.status.line import StatusLine

_STILL_WRITING: Final = "An answer is still being written here. Wait for it, or stop it with Esc."
_NOT_BEGUN: Final = (None, NEW_PRIVATE_ID)


class ChatController:
    """One person talking in one conversation at a time, while others may be answered.

    Args:
        session: The services.
        bridge: Brings outcomes to the GUI thread.
        page: Where the conversation is shown.
        conversations: The list beside it.
        status: The line below it.
    """

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        page: ChatPage,
        conversations: ConversationList,
        status: StatusLine,
    ) -> None:
        self._chat = session.chat
        self._conversations = session.conversations
        self._bridge = bridge
        self._page = page
        self._list = conversations
        self._status = status
        self._replies = Replies()
        keeper = DraftKeeper(session.drafts, bridge, page.notice.say_error)
        self._drafts = Drafts(page.composer, keeper)
        self._course = Course(
            self._replies, self._drafts, lambda: self.conversation_id, page, conversations, status
        )
        self.around = Surroundings(session, bridge, page, status, self._drafts)
        self._latest = Latest(bridge)
        self._connect()
        page.show_empty()
        self._show_busy()

    def _connect(self) -> None:
        composer, timeline = self._page.composer, self._page.timeline
        composer.send_wanted.connect(self.send)
        composer.send_refused.connect(lambda: self._page.notice.say(_STILL_WRITING))
        composer.stop_wanted.connect(self.stop)
        composer.editing_left.connect(self._leave_editing)
        timeline.edit_requested.connect(self._begin_editing)
        ask = self._chat
        timeline.regenerate_requested.connect(lambda m: self.begin(partial(ask.regenerate, m.id)))
        timeline.resume_requested.connect(lambda m: self.begin(partial(ask.resume, m.id)))
        timeline.variant_requested.connect(self._show_variant)
        self._list.opened.connect(self.open)
        self._list.new_wanted.connect(self.new)
        self._list.private_wanted.connect(self.new_private)

    # Going somewhere ----------------------------------------------------------------------

    @property
    def conversation_id(self) -> int | None:
        """The conversation on the page; None for a chat that has not begun, private or not."""
        here = self._drafts.current.conversation_id
        return None if here in _NOT_BEGUN else here

    @property
    def is_private(self) -> bool:
        """Whether what is on the page, begun or not, is never to be written down."""
        return is_private(self._drafts.current.conversation_id)

    @property
    def drafts(self) -> Drafts:
        """What is being written, here and in other conversations."""
        return self._drafts

    @property
    def is_answering(self) -> bool:
        """Whether an answer is being written, here or in another conversation."""
        return self._replies.count > 0

    @property
    def is_answering_here(self) -> bool:
        """Whether one is being written, or waited for, on the page."""
        return self._course.running is not None

    def open(self, conversation_id: int) -> None:
        """Show a conversation."""
        self._list.select(conversation_id)
        self._load(conversation_id)
        if conversation_id == self.conversation_id:
            self._page.composer.take_focus()

    def new(self) -> None:
        """Show a chat that has not begun."""
        self._show_new(None)

    def new_private(self) -> None:
        """Show a chat that has not begun and is never to be written down."""
        self._show_new(NEW_PRIVATE_ID)

    def _show_new(self, draft: int | None) -> None:
        self._latest.forget()
        self._list.select(None)
        if draft != self._drafts.current.conversation_id:
            self._go_to(draft)
            self._page.show_empty(private=is_private(draft))
            self._status.show_reply(None)
            self._show_busy()
        self.around.arrived()
        self._page.composer.take_focus()

    def forget(self, conversation_id: int) -> None:
        """A conversation was deleted. After a private one nobody types into a kept one unawares."""
        self.around.forget(conversation_id)
        if conversation_id == self.conversation_id:
            self._show_new(NEW_PRIVATE_ID if self.is_private else None)

    def retitle(self, conversation: Conversation) -> None:
        """A conversation has another title."""
        if conversation.id == self.conversation_id:
            self._page.header.show_title(conversation.title)

    def _load(self, conversation_id: int) -> None:
        self._expect(self._conversations.thread(conversation_id))

    def _expect(self, thread: Future[Thread]) -> None:
        self._latest.expect(thread, self._show, self._not_shown)

    def _not_shown(self, error: HushError) -> None:
        self._list.select(self.conversation_id)
        self._page.notice.say_error(error)
        self.around.moved.emit()  # what waits for that conversation waits no more

    def _show(self, thread: Thread) -> None:
        conversation_id = thread.conversation.id
        if conversation_id != self.conversation_id:
            self._go_to(conversation_id)
            self._page.composer.take_focus()
        current = self._replies.brought_up_to_date(thread)
        self._page.show_thread(current)
        self._list.select(conversation_id)
        self._status.show_reply(last_figures(current))
        self._course.show_note(self._course.running)
        self._show_busy()
        self.around.arrived()

    def _go_to(self, conversation_id: int | None) -> None:
        """Leave what concerns the conversation that was on the page."""
        self._page.notice.dismiss()
        self._page.find_bar.leave()
        self._drafts.go_to(conversation_id)
        self.around.go_to()

    # Asking -------------------------------------------------------------------------------

    def send(self, text: str) -> None:
        """Ask, in this conversation or in a new one; or ask an earlier question differently."""
        edited = self._drafts.current.edited
        if edited:
            ask = partial(self._chat.edit, edited.id, text)
        else:
            ask = partial(_send, self._chat, self._drafts.current, text)
        if self.begin(ask, text, edited):
            self._drafts.sent()

    def stop(self) -> bool:
        """Stop the reply being written here; False where there is none."""
        reply = self._course.running
        if reply:
            self._chat.stop(reply.run_id)
        return reply is not None

    def escape(self) -> None:
        """Leave, stop or close the nearest thing."""
        page = self._page
        if page.find_bar.leave():
            page.composer.take_focus()
        elif self._drafts.current.edited:
            self._leave_editing()
        elif not self.stop():
            page.notice.dismiss()

    def begin(
        self, ask: Callable[[], Run], question: str = "", edited: Message | None = None
    ) -> bool:
        """Ask for a reply here, of whomever; False where that was refused at once.

        Args:
            ask: Begins it.
            question: What the person gets back where nothing can be saved.
            edited: The earlier message that it is another version of.
        """
        if self._course.running:
            self._page.notice.say(_STILL_WRITING)
            return False
        try:
            run = ask()
        except HushError as error:
            self._page.notice.say_error(error)
            return False
        draft = self._drafts.current
        given = draft.attachments if question and not edited else ()
        draft.asked = LiveReply(run.id, self.conversation_id, question, edited, given)
        self._replies.begin(draft.asked)
        self._page.notice.dismiss()
        self._show_busy()
        self._bridge.then(
            run.saved,
            partial(self._saved, draft, draft.asked),
            partial(self._not_saved, draft, draft.asked),
        )
        return True

    def _saved(self, draft: Draft, reply: LiveReply, exchange: Exchange) -> None:
        draft.asked = None
        reply.save(exchange)
        conversation = exchange.conversation
        self._list.put(conversation)
        if draft.conversation_id in _NOT_BEGUN:
            self._drafts.adopt(draft, conversation.id)
            if draft is self._drafts.current:
                self._list.select(conversation.id)
        if conversation.id != self.conversation_id:
            return
        is_running = self._replies.get(reply.run_id) is reply
        shown_at_its_place = exchange.answer.variants == 1 and reply.edited is None
        if is_running and shown_at_its_place:
            self._page.begin(exchange)
            self._page.timeline.append_text(exchange.answer.id, reply.said)
            self._course.show_note(reply)
        else:  # another version of something above, or over already: read what stands where
            self._load(conversation.id)
        self._show_busy()

    def _not_saved(self, draft: Draft, reply: LiveReply, error: HushError) -> None:
        """Nothing was written: the person gets their words back."""
        draft.asked = None
        self._replies.drop(reply.run_id)
        self._drafts.give_back(draft, reply.question, reply.edited, reply.attachments)
        self._page.notice.say_error(error)
        self._show_busy()

    # Editing and versions -----------------------------------------------------------------

    def _begin_editing(self, message: Message) -> None:
        self._drafts.begin_editing(message)
        self._page.composer.take_focus()

    def _leave_editing(self) -> None:
        self._drafts.leave_editing()
        self._page.composer.take_focus()

    def _show_variant(self, message: Message, step: int) -> None:
        self._expect(self._conversations.show_variant(message.id, step))

    # What the core tells ------------------------------------------------------------------

    def handle(self, event: Event) -> None:
        """Take an event about a reply or about what accompanies it; others are passed over."""
        match event:
            case ReplyBegan():
                self._course.began(event)
            case ReplyText():
                self._course.grew(event)
            case ReplyEnded():
                self._course.ended(event)
                self._show_busy()
            case _:
                self.around.take(event)

    # What is shown ------------------------------------------------------------------------

    def _show_busy(self) -> None:
        busy = self._course.running is not None
        self._page.set_busy(busy=busy)
        self.around.set_busy(busy=busy)


def _send(chat: ChatService, draft: Draft, text: str) -> Run:
    """Ask a question where its draft stands, with all that is given with it."""
    here = draft.conversation_id
    return chat.send(
        None if here in _NOT_BEGUN else here,
        text,
        private=is_private(here),
        scope=draft.scope,
        attachments=draft.attachments,
    )
