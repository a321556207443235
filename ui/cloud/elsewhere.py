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
    from ui.notice import Notice

_GONE: Final = "The chat that you looked at is not open any more. Nothing was sent."
_WAITS: Final = (
    "It waits. When a network is here, you are told, and look at all of it anew before it goes: "
    "what you left out or changed is not kept."
)


class Elsewhere(QObject):
    """One question at a time.

    Args:
        cloud: Makes what would be sent, and sends it.
        gate: Approves.
        bridge: Brings outcomes to the GUI thread.
        window: What the sheet covers.
        page: Where the answer is written.
        chat: Begins it there.
        notice: Where the person is at the moment.
    """

    let_go = Signal(int, str)  # a run, and the host that is being asked
    over = Signal(int)  # the run: it was, or was not after all

    def __init__(
        self,
        cloud: CloudRoom,
        gate: GateRoom,
        bridge: Bridge,
        window: Window,
        page: ChatPage,
        chat: ChatController,
        notice: Callable[[], Notice],
    ) -> None:
        super().__init__(page)
        self._cloud = cloud
        self._gate = gate
        self._bridge = bridge
        self._window = window
        self._page = page
        self._chat = chat
        self._notice = notice
        self._consenting: Consenting | None = None
        self._runs: set[int] = set()  # that are under way
        self._approved: tuple[Composed, Approval] | None = None  # until an answer here has ended
        self._wanted: Waiting | None = None  # until its chat is there, or could not be

    # Asking -------------------------------------------------------------------------------

    def ask(
        self, question_id: int, offer: Offer | None, provider_id: str = "", *, may_skip: bool = True
    ) -> None:
        """Show what would be sent for a question of the conversation on the page.

        Args:
            question_id: Stands there.
            offer: Why; None where the person came by themselves.
            provider_id: Whom; the default one where that is empty, or gone by now.
            may_skip: The offer's own words were pressed: where they name a box that is trusted,
                that is the yes.
        """
        here = self._chat.conversation_id
        later = None if is_private(here) else partial(self._put_off, question_id)
        ask = AskFor(question_id=question_id, conversation_id=here)
        known = {one.id for one in self._cloud.providers.known}
        wanted = provider_id if provider_id in known else ""
        self._show(ask, offer, later, wanted, may_skip=may_skip and self._is_named(offer))

    def ask_new(
        self, ask: AskFor, offer: Offer | None, on_yes: Callable[[], object] = lambda: None
    ) -> None:
        """Show what would be sent in a chat that begins with it.

        Args:
            ask: What for.
            offer: Why, and whom.
            on_yes: Is told when it was approved, and not before.
        """
        self._show(ask, offer, None, may_skip=self._is_named(offer), on_yes=on_yes)

    def ask_waiting(self, waiting: Waiting) -> None:
        """Open the conversation of a question that waited, then show what would be sent."""
        self._window.go_to(CHATS)
        self._wanted = waiting
        self._chat.open(waiting.conversation_id)

    def _show(
        self,
        ask: AskFor,
        offer: Offer | None,
        later: Callable[[str], object] | None,
        provider_id: str = "",
        *,
        may_skip: bool,
        on_yes: Callable[[], object] = lambda: None,
    ) -> None:
        granted = partial(self._granted, ask, on_yes)
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
                self._notice,
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

    def _is_named(self, offer: Offer | None) -> bool:
        """Whether an offer names who would be asked now: it may have stood there for a while."""
        return offer is not None and offer.action == self.asked_offer().action

    def _failed(self, error: HushError) -> None:
        self._notice().say_error(error)

    def _put_off(self, question_id: int, provider_id: str) -> None:
        future = self._cloud.waiting.add(question_id, provider_id)
        self._bridge.then(future, lambda _: self._notice().say(_WAITS), self._failed)

    # Answering ----------------------------------------------------------------------------

    def _granted(
        self, ask: AskFor, on_yes: Callable[[], object], composed: Composed, approval: Approval
    ) -> None:
        """The person said yes. A new chat begins for what stands in none."""
        on_yes()
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
        self.let_go.emit(run.id, composed.draft.provider.host)

        def not_begun(_: HushError) -> None:
            self.ended(run.id)

        self._bridge.then(run.saved, lambda _: None, not_begun)
        return run

    def ended(self, run_id: int) -> bool:
        """A run is over; whether it was one of these. Those of this laptop are passed over."""
        if run_id not in self._runs:
            return False
        self._runs.remove(run_id)
        self.over.emit(run_id)
        return True

    def _go_on_asking(self) -> None:
        """Ask where its chat has come; whatever came instead, that press is over."""
        waiting, self._wanted = self._wanted, None
        is_there = waiting is not None and waiting.conversation_id == self._chat.conversation_id
        if waiting and is_there and self._window.place == CHATS:
            self.ask(waiting.question_id, None, waiting.provider_id, may_skip=False)


def _question(composed: Composed) -> str:
    """The question's own words, for whoever gets them back where nothing can be saved."""
    found = (part.text for part in composed.draft.parts if part.kind is PartKind.QUESTION)
    return next(found, "")
