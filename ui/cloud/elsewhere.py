"""Asking elsewhere from the window: the sheet, then the answer, in its conversation.

``Consenting`` alone approves, at a press. What it hands over is sent once, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from assistant.cloud.protocols import AskFor
from assistant.cloud.records import Offer, PartKind, Reason
from assistant.errors import HushError
from assistant.records import is_private
from ui.bridge import Bridge
from ui.chat.controller import ChatController
from ui.chat.page import ChatPage
from ui.window import CHATS, Window

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.chat import Run
    from assistant.cloud.protocols import CloudRoom
    from assistant.cloud.records import Composed, Waiting
    from assistant.net.approvals import Approval
    from assistant.shelf.protocols import GateRoom
    from ui.cloud.consenting import Consenting

_GONE: Final = "The chat that you looked at is not open any more. Nothing was sent."
_WAITS: Final = "It waits. When a network is here, you are told, and look at it before it goes."


class Elsewhere(QObject):
    """One question at a time.

    Args:
        cloud: Makes what would be sent, and sends it.
        gate: Approves.
        bridge: Brings outcomes to the GUI thread.
        window: What the sheet covers.
        page: Where the answer is written.
        chat: Begins it there.
    """

    let_go = Signal(str)  # a host is being asked
    over = Signal()  # it was, or was not after all

    def __init__(
        self,
        cloud: CloudRoom,
        gate: GateRoom,
        bridge: Bridge,
        window: Window,
        page: ChatPage,
        chat: ChatController,
    ) -> None:
        super().__init__(page)
        self._cloud = cloud
        self._gate = gate
        self._bridge = bridge
        self._window = window
        self._page = page
        self._chat = chat
        self._consenting: Consenting | None = None
        self._runs: set[int] = set()  # that are under way
        self._approved: tuple[Composed, Approval] | None = None  # until an answer here has ended
        self._wanted: tuple[Waiting, int | None] | None = None  # and where the person came from

    # Asking -------------------------------------------------------------------------------

    def ask(
        self, question_id: int, offer: Offer | None, provider_id: str = "", *, may_skip: bool = True
    ) -> None:
        """Show what would be sent for a question of the conversation on the page.

        Args:
            question_id: Stands there.
            offer: Why; None where the person came by themselves.
            provider_id: Whom; the default one where that is empty, or gone by now.
            may_skip: A press on an offer: for a box that is trusted, it is the yes.
        """
        here = self._chat.conversation_id
        later = None if is_private(here) else partial(self._put_off, question_id)
        ask = AskFor(question_id=question_id, conversation_id=here)
        known = {one.id for one in self._cloud.providers.known}
        wanted = provider_id if provider_id in known else ""
        self._show(ask, offer, later, wanted, may_skip=may_skip)

    def ask_new(self, ask: AskFor, offer: Offer | None) -> None:
        """Show what would be sent in a chat that begins with it."""
        self._show(ask, offer, None, may_skip=True)

    def ask_waiting(self, waiting: Waiting) -> None:
        """Open the conversation of a question that waited, then show what would be sent."""
        self._wanted = (waiting, self._chat.conversation_id)
        self._window.go_to(CHATS)
        self._chat.open(waiting.conversation_id)

    def _show(
        self,
        ask: AskFor,
        offer: Offer | None,
        later: Callable[[], object] | None,
        provider_id: str = "",
        *,
        may_skip: bool,
    ) -> None:
        granted = partial(self._granted, ask)
        self._consent().ask(
            ask, offer, granted, self._failed, later, provider_id, may_skip=may_skip
        )

    def _consent(self) -> Consenting:
        if self._consenting is None:
            from ui.cloud.consenting import Consenting

            self._consenting = Consenting(
                self._window,
                lambda: self._window.theme,
                self._gate,
                self._cloud,
                self._bridge,
                self,
            )
        return self._consenting

    def leave(self) -> None:
        """The window goes: nobody is asked any more."""
        self._approved = self._wanted = None
        if self._consenting:
            self._consenting.leave()

    def asked_offer(self) -> Offer:
        """What says that the person came by themselves."""
        known = self._cloud.providers.known
        name = known[0].name if known else "somebody else"
        return Offer(Reason.ASKED, "", f"Ask {name}…")

    def _failed(self, error: HushError) -> None:
        self._page.notice.say_error(error)

    def _put_off(self, question_id: int) -> None:
        known = self._cloud.providers.known
        future = self._cloud.waiting.add(question_id, known[0].id if known else "")
        self._bridge.then(future, lambda _: self._page.notice.say(_WAITS), self._failed)

    # Answering ----------------------------------------------------------------------------

    def _granted(self, ask: AskFor, composed: Composed, approval: Approval) -> None:
        """The person said yes. A new chat begins for what stands in none."""
        if ask.question_id is None and ask.conversation_id is None:
            self._window.go_to(CHATS)
            (self._chat.new_private if ask.private else self._chat.new)()
        self._approved = (composed, approval)
        self.go_on()

    def go_on(self) -> None:
        """Do what waits for the page: it shows something else, or an answer began or ended."""
        self._go_on_asking()
        if self._approved is None:
            return
        composed, approval = self._approved
        draft = composed.draft
        if draft.conversation_id != self._chat.conversation_id:
            self._approved = None
            self._page.notice.say(_GONE)
        elif not self._chat.stop():  # the answer that is being written here makes room first
            self._approved = None
            question = "" if draft.question_id else _question(composed)
            self._chat.begin(partial(self._send, composed, approval), question)

    def _send(self, composed: Composed, approval: Approval) -> Run:
        run = self._cloud.send(composed, approval)
        self._runs.add(run.id)
        self.let_go.emit(composed.draft.provider.host)

        def not_begun(_: HushError) -> None:
            self.ended(run.id)

        self._bridge.then(run.saved, lambda _: None, not_begun)
        return run

    def ended(self, run_id: int) -> bool:
        """A run is over; whether it was one of these. Those of this laptop are passed over."""
        if run_id not in self._runs:
            return False
        self._runs.remove(run_id)
        if not self._runs:
            self.over.emit()
        return True

    def _go_on_asking(self) -> None:
        if self._wanted is None:
            return
        (waiting, before), here = self._wanted, self._chat.conversation_id
        if here == waiting.conversation_id:
            self._wanted = None
            self.ask(waiting.question_id, None, waiting.provider_id, may_skip=False)
        elif here != before:  # the person went elsewhere meanwhile
            self._wanted = None


def _question(composed: Composed) -> str:
    """The question's own words, for whoever gets them back where nothing can be saved."""
    found = (part.text for part in composed.draft.parts if part.kind is PartKind.QUESTION)
    return next(found, "")
