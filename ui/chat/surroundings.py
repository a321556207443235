"""What accompanies the conversation on the page: what the model sees, reads ahead, waits for."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from assistant.app import Session
from assistant.errors import HushError
from assistant.events import ContextBuilt, Event, PowerChanged
from assistant.power.plan import Plan
from assistant.records import ContextView, Message
from ui.bridge import Bridge
from ui.chat.ahead import Ahead
from ui.chat.drafts import Drafts
from ui.chat.page import ChatPage
from ui.context.panel import ContextPanel
from ui.context.parts import boundary_words
from ui.status.line import StatusLine


class Surroundings(QObject):
    """Follows the person from conversation to conversation.

    Args:
        session: The services.
        bridge: Brings outcomes to the GUI thread.
        page: Where the conversation is shown.
        status: The line below it.
        drafts: Knows which conversation is on the page.
    """

    setting_wanted = Signal()  # how much the model reads at once
    moved = Signal()  # something else is on the page, or could not be; an answer began or ended

    def __init__(
        self, session: Session, bridge: Bridge, page: ChatPage, status: StatusLine, drafts: Drafts
    ) -> None:
        super().__init__(page)
        self._conversations = session.conversations
        self._bridge = bridge
        self._page = page
        self._status = status
        self._drafts = drafts
        self._views: dict[int, ContextView] = {}
        self._plan = Plan()
        self._busy = False
        self._panel: ContextPanel | None = None
        self.ahead = Ahead(session.chat, drafts, page.composer)
        page.timeline.pin_requested.connect(self._pin)
        page.timeline.context_wanted.connect(self.open_panel)
        status.context_wanted.connect(self.open_panel)

    def take(self, event: Event) -> None:
        """Take an event about power or about what the model sees; others are passed over."""
        match event:
            case ContextBuilt():
                self._views[event.conversation_id] = event.view
                if event.conversation_id == self._here:
                    view = event.view
                    self._status.show_context(view.used, view.cap, view.left_out)
                    self._mark_boundary()
                    if self._panel:
                        self._panel.show_view(view)
            case PowerChanged():
                self._plan = event.plan
                self._show_pause()
            case _:
                pass

    def go_to(self) -> None:
        """Another conversation is about to be shown, or a chat that has not begun."""
        self._mark_boundary()

    def arrived(self) -> None:
        """It is shown: have the model read what is known of the next question."""
        self.ahead.now()
        self.moved.emit()

    def set_busy(self, *, busy: bool) -> None:
        """An answer is waited for or being written on the page, or no longer."""
        self._busy = busy
        self.ahead.set_busy(busy=busy)
        self._show_pause()
        self.moved.emit()

    def forget(self, conversation_id: int) -> None:
        """A conversation was deleted: nothing of it stays here."""
        self._views.pop(conversation_id, None)

    @property
    def _here(self) -> int | None:
        return self._drafts.current.conversation_id

    # What the model sees ------------------------------------------------------------------

    def open_panel(self) -> None:
        """Show what the model sees of what is on the page."""
        view = self._views.get(self._here) if self._here is not None else None
        panel = ContextPanel(self._page.window(), self._page.theme, view)
        panel.setting_wanted.connect(self.setting_wanted)
        panel.closed.connect(self._forget_panel)
        self._panel = panel
        if self._status.context_button.isVisible():
            panel.open_above(self._status.context_button)
        else:
            panel.open_centred()

    def _forget_panel(self) -> None:
        self._panel = None

    def _mark_boundary(self) -> None:
        view = self._views.get(self._here) if self._here is not None else None
        if view and view.first_kept_id is not None:
            self._page.timeline.set_boundary(view.first_kept_id, boundary_words(view))
        else:
            self._page.timeline.set_boundary(None)

    # Pinned messages ----------------------------------------------------------------------

    def _pin(self, message: Message) -> None:
        """Have a message stay in what the model reads, or no longer."""
        try:
            future = self._conversations.pin(message.id, pinned=not message.pinned)
        except HushError as error:
            self._page.notice.say_error(error)
            return
        self._bridge.then(future, self._pinned, self._page.notice.say_error)

    def _pinned(self, message: Message) -> None:
        self._page.timeline.show_pin(message)
        if message.conversation_id == self._here:
            self.ahead.afresh()

    # Power --------------------------------------------------------------------------------

    def _show_pause(self) -> None:
        self._page.paused.show_for(self._plan, waits=self._busy)
