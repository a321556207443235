"""The conversation on the page: what is being read, written and looked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from assistant.records import Exchange, Message, Thread
from ui.chat.entries import Aside, Entry, LiveRange
from ui.chat.finding import FOUND_MARGIN, FindingScroll
from ui.chat.links import LinkDialog, open_in_browser
from ui.chat.message import MessageView
from ui.chat.sought import Sought
from ui.chat.tools import Tools
from ui.markdown.citations import number_of
from ui.markdown.look import Look
from ui.markdown.writer import DocumentWriter
from ui.theme.tokens import Palette, Type


class Timeline(FindingScroll):
    """A conversation. It follows its end while the reader is there; else nothing moves.

    Args:
        palette: Colours.
        pool: Reads code for its colours. It is not shut down here.
        parent: As Qt's.
        reading_size: Reading text in pixels; every other size keeps its proportion to it.
        opener: Opens an address once the person agreed; returns whether that worked.
        clock: Seconds, for the shares of the GUI thread.
    """

    regenerate_requested = Signal(object)  # Message
    edit_requested = Signal(object)  # Message
    resume_requested = Signal(object)  # Message
    variant_requested = Signal(object, int)  # Message, -1 or +1
    pin_requested = Signal(object)  # Message
    cloud_requested = Signal(object, str)  # Message, and as of ``MessageView``
    context_wanted = Signal()  # what the model sees of it
    source_requested = Signal(object)  # Source

    def __init__(
        self,
        palette: Palette,
        pool: Executor,
        parent: QWidget | None = None,
        *,
        reading_size: int = Type.READING,
        opener: Callable[[str], bool] = open_in_browser,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        tools = Tools(DocumentWriter(Look(palette, reading_size)), pool, clock)
        super().__init__(tools, parent)
        self.setAccessibleName("Conversation")
        self._opener = opener
        self._busy = False
        self._elsewhere = False
        self._sought: Sought | None = None
        self._boundary: tuple[int | None, str] = (None, "")

    # The conversation ---------------------------------------------------------------------

    def show_thread(self, thread: Thread) -> None:
        """Show exactly this. What is shown already stays as it is.

        An answer that is being written begins with its text here; ``append_text`` adds to it.
        """
        self._show_messages(thread)
        sought, self._sought = self._sought, None
        if sought and sought.conversation_id == thread.conversation.id:
            self._show_passage(sought)

    def seek(self, sought: Sought) -> None:
        """Show this passage when its conversation is shown next: it is about to be opened."""
        self._sought = sought

    def _show_messages(self, thread: Thread) -> None:
        self._open(thread.conversation.id)
        kept = self._conversation.common(thread.messages)
        if kept == len(self._conversation) == len(thread.messages):
            return
        self._conversation.replace_from(kept, thread.messages[kept:])
        if kept > self._column.range.first:
            self._column.cut(kept)
        elif not self._follows and self._anchor[0] < kept:
            self._restart_at(*self._anchor)
        else:
            self._follows = True
            self._column.restart(LiveRange.at_end(len(self._conversation)))
        if self._follows:
            self.jump_to_latest()
        else:
            self._build()

    def clear(self) -> None:
        """Show nothing."""
        self._match = None
        self._follows = True
        self._conversation.id = None
        self._conversation.replace_from(0, ())
        self._column.restart(LiveRange())
        self._build()

    def begin(self, exchange: Exchange) -> None:
        """Show a question, where one was asked, and the answer that is being written now.

        Messages that are shown already become what they are here.
        """
        self._open(exchange.conversation.id)
        for message in (exchange.question, exchange.answer):
            if message is not None:
                self._put(message)
        if exchange.answer.id == self._conversation.entries[-1].message.id:
            self.jump_to_latest()

    def append_text(self, message_id: int, text: str) -> None:
        """Add to an answer; one that is not shown here is passed over."""
        entry, view = self._look_up(message_id)
        if entry and entry.is_streaming:
            entry.append(text)
            if view:
                view.append_text(text)

    def set_note(self, message_id: int, text: str) -> None:
        """Say something below a message, quietly; an empty text takes it back."""
        entry, view = self._look_up(message_id)
        if entry and entry.note != text:
            entry.note = text
            if view:
                view.note_changed()

    def set_asides(self, message_id: int, asides: tuple[Aside, ...]) -> None:
        """Say something below a message with something to do about it; none: take it back."""
        entry, view = self._look_up(message_id)
        if entry and entry.asides != asides:
            entry.asides = asides
            if view:
                view.asides_changed()

    def finish(self, message: Message, failure: str = "") -> None:
        """Show an answer's final state.

        Args:
            message: As the store has it now.
            failure: What went wrong, in a sentence for the person; empty where nothing did.
        """
        entry, view = self._look_up(message.id)
        if entry is None:
            return
        shown, was_streaming = entry.text, entry.is_streaming
        is_another = entry.message.cloud != message.cloud  # its name stands above it
        entry.message = message
        entry.failure = failure
        goes_on = was_streaming and message.text.startswith(shown)
        if view and goes_on:
            view.append_text(message.text[len(shown) :])
            view.finish()
        # Into an answer from notes numbers come, and below it what they stand for.
        if view and (message.scope or is_another or not goes_on):
            self._column.rebuild(self._column.index_of(view))
            self._build()

    def set_boundary(self, message_id: int | None, words: str = "") -> None:
        """Draw a line above the first message that the model reads word for word; None: no line."""
        before, self._boundary = self._boundary, (message_id, words)
        if before == self._boundary:
            return
        for changed in filter(None, {before[0], message_id}):
            entry, view = self._look_up(changed)
            if entry:
                entry.divider = words if changed == message_id else ""
                if view:
                    view.divider_changed()

    def show_pin(self, message: Message) -> None:
        """Show whether a message is pinned; one that is not shown here is passed over."""
        entry, view = self._look_up(message.id)
        if entry:
            entry.message = replace(entry.message, pinned=message.pinned)
            if view:
                view.pin_changed()

    def set_busy(self, busy: bool) -> None:  # noqa: FBT001 # a setter, as Qt's own
        """Offer nothing that would start a reply while one is being written."""
        self._busy = busy
        for view in self._column.views:
            view.set_busy(busy)

    def set_elsewhere(self, offered: bool) -> None:  # noqa: FBT001 # a setter, as Qt's own
        """Let somebody else be asked for any answer, or not."""
        if offered == self._elsewhere:
            return
        self._elsewhere = offered
        for view in self._column.views:
            view.set_elsewhere(offered)

    @property
    def entries(self) -> Sequence[Entry]:
        """All messages of what is shown, from the first."""
        return self._conversation.entries

    def _open(self, conversation_id: int) -> None:
        if conversation_id != self._conversation.id:
            self.clear()
            self._conversation.id = conversation_id

    def _put(self, message: Message) -> None:
        index = self._conversation.index(message.id)
        if index is None:
            self._conversation.append(message)
        elif not self._conversation.entries[index].shows(message):
            self._conversation.entries[index] = Entry(message)
            self._column.rebuild(index)

    def _look_up(self, message_id: int) -> tuple[Entry | None, MessageView | None]:
        index = self._conversation.index(message_id)
        if index is None:
            return None, None
        return self._conversation.entries[index], self._column.view_of(index)

    # Messages as widgets ------------------------------------------------------------------

    def _make_view(self, entry: Entry) -> MessageView:
        entry.divider = self._boundary[1] if entry.message.id == self._boundary[0] else ""
        view = super()._make_view(entry)
        view.set_busy(self._busy)
        view.set_elsewhere(self._elsewhere)
        view.edit_requested.connect(lambda: self.edit_requested.emit(entry.message))
        view.regenerate_requested.connect(lambda: self.regenerate_requested.emit(entry.message))
        view.resume_requested.connect(lambda: self.resume_requested.emit(entry.message))
        view.variant_requested.connect(
            lambda step: self.variant_requested.emit(entry.message, step)
        )
        view.pin_requested.connect(lambda: self.pin_requested.emit(entry.message))
        view.cloud_requested.connect(lambda what: self.cloud_requested.emit(entry.message, what))
        view.context_wanted.connect(self.context_wanted)
        view.source_requested.connect(self.source_requested)
        view.link_requested.connect(lambda address: self._follow(entry.message, address))
        return view

    def _follow(self, message: Message, address: str) -> None:
        """Open the passage that a citation stands for, or ask about a link."""
        number = number_of(address)
        if number is None:
            self._ask_about_link(address)
        for source in message.sources:
            if source.number == number:
                self.source_requested.emit(source)

    def _ask_about_link(self, address: str) -> None:
        dialog = LinkDialog(address, self._opener, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _show_passage(self, sought: Sought) -> None:
        """Select the first line of a passage that is shown as it was written, or go there."""
        index = self._conversation.index(sought.message_id)
        if index is None:  # it stands in another version of the conversation
            return
        for words in sought.lines:
            if self._select_in(index, words, backwards=False, afresh=True):
                self._needle = words
                return
        self._stop_following()
        self._restart_at(index, FOUND_MARGIN)
        self._build()

    # The look -----------------------------------------------------------------------------

    def apply(self, palette: Palette) -> None:
        """Take the colours of another palette."""
        self._take(Look(palette, self._tools.look.reading))

    def set_reading_size(self, pixels: int) -> None:
        """Take another size of reading text; every other size keeps its proportion to it."""
        self._take(Look(self._tools.look.palette, pixels))

    def _take(self, look: Look) -> None:
        if look != self._tools.look:
            self._tools = replace(self._tools, writer=DocumentWriter(look))
            self._redraw()
