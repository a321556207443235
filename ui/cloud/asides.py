"""What stands below answers of the cloud, or of asking it; and what may be promised meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from assistant.cloud.records import Offer, Reason
from assistant.events import Diverged, ReplyEnded
from assistant.records import Message, MessageState, Role
from ui.bridge import Bridge
from ui.chat.controller import ChatController
from ui.chat.entries import Aside
from ui.chat.page import ChatPage
from ui.cloud import words

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.cloud.protocols import CloudRoom
    from assistant.cloud.records import Divergence
    from assistant.errors import HushError


class Asides(QObject):
    """Keeps the lines in step with the conversation on the page. It opens and sends nothing.

    Only the last answer of a conversation is offered another one: above it one has gone on.

    Args:
        cloud: Says what to offer, and how far two answers are apart.
        bridge: Brings outcomes to the GUI thread.
        page: Where the lines stand.
        chat: Knows what is being written there.
    """

    def __init__(
        self, cloud: CloudRoom, bridge: Bridge, page: ChatPage, chat: ChatController
    ) -> None:
        super().__init__(page)
        self._cloud = cloud
        self._bridge = bridge
        self._page = page
        self._chat = chat
        self._declined: set[int] = set()  # answers, until Hush closes
        self._errors: dict[int, HushError] = {}  # of answers that broke off
        self._divergences: dict[int, Divergence | None] = {}  # by the cloud's answer
        self._is_showing = False

    # What there is ------------------------------------------------------------------------

    @property
    def messages(self) -> list[Message]:
        """The conversation on the page."""
        return [entry.message for entry in self._page.timeline.entries]

    def question_of(self, message: Message) -> int | None:
        """The question that a message answers, or is."""
        found = None
        for one in self.messages:
            if one.role is Role.USER:
                found = one.id
            if one.id == message.id:
                return found
        return None

    def offer_for(self, message: Message) -> Offer | None:
        """What is offered for an answer now."""
        return self._cloud.offer(self.question_of(message), message)

    def divergence(self, message: Message) -> Divergence | None:
        """How far a cloud's answer is from the local one, as far as that is known by now."""
        return self._divergences.get(message.id)

    @property
    def waits_for(self) -> Message | None:
        """The answer that is waited for on the page, as far as it is saved."""
        last = self.messages[-1:]
        is_here = bool(last) and last[0].state is MessageState.STREAMING
        return last[0] if is_here and self._chat.is_answering_here else None

    # What is told -------------------------------------------------------------------------

    def ended(self, event: ReplyEnded, *, was_elsewhere: bool) -> None:
        """An answer is final; one from elsewhere may have broken off, or never have been sent.

        Args:
            event: Where nothing left this laptop, its message bears no mark of the cloud.
            was_elsewhere: Somebody else was to give it.
        """
        if was_elsewhere and event.error:
            self._errors[event.message.id] = event.error
        else:  # one that broke off was gone on with, and ended well
            self._errors.pop(event.message.id, None)

    def diverged(self, event: Diverged) -> None:
        """Two answers were compared, and do not agree."""
        self._look(event.cloud_id)

    def decline(self, message: Message) -> None:
        """The person does not want what is offered for this answer."""
        self._declined.add(message.id)
        self.refresh()

    # What is shown ------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what there is to say now."""
        if self._is_showing:  # a line that comes or goes moves the page, which is heard here
            return
        self._is_showing = True
        can_ask = not self._cloud.why_not
        self._page.show_cloud(on=can_ask)
        self._page.timeline.set_elsewhere(can_ask)
        self._show_pause(can_ask=can_ask)
        wanted = self._wanted(can_ask=can_ask)
        for entry in list(self._page.timeline.entries):
            asides = wanted.get(entry.message.id, ())
            if entry.asides != asides:
                self._page.timeline.set_asides(entry.message.id, asides)
        self._is_showing = False

    def _show_pause(self, *, can_ask: bool) -> None:
        message = self.waits_for
        offer = self.offer_for(message) if can_ask and message else None
        is_offered = offer is not None and offer.reason is Reason.PAUSED
        self._page.paused.offer_elsewhere(offered=is_offered)

    def _wanted(self, *, can_ask: bool) -> dict[int, tuple[Aside, ...]]:
        """The lines of each message that has any."""
        messages = self.messages
        trusted = {one.host for one in self._cloud.providers.known if one.trusted}
        found = {
            one.id: self._of_cloud(one, trusted, can_ask=can_ask) for one in messages if one.cloud
        }
        last = messages[-1] if messages else None
        if can_ask and last and not last.cloud and not self._chat.is_answering_here:
            found[last.id] = self._of_local(last)
        return found

    def _of_local(self, message: Message) -> tuple[Aside, ...]:
        if message.id in self._errors:
            return (words.broke_off(self._errors[message.id]),)
        if message.role is not Role.ASSISTANT or message.id in self._declined:
            return ()
        offer = self.offer_for(message)
        return (words.offered(offer, message),) if offer else ()

    def _of_cloud(self, message: Message, trusted: set[str], *, can_ask: bool) -> tuple[Aside, ...]:
        mark = message.cloud
        lines = []
        if mark and mark.host in trusted:
            lines.append(words.to_trusted(message))
        if message.state is MessageState.FAILED and can_ask:
            lines.append(words.broke_off(self._errors.get(message.id)))
        if message.state is MessageState.COMPLETE and message.id not in self._divergences:
            self._look(message.id)
        divergence = self._divergences.get(message.id)
        if mark and divergence and divergence.told:
            lines.append(words.differs(mark.provider))
        return tuple(lines)

    def _look(self, cloud_id: int) -> None:
        """Find out how far an answer is from the local one."""
        self._divergences.setdefault(cloud_id, None)

        def came(divergence: Divergence | None) -> None:
            if divergence != self._divergences.get(cloud_id):
                self._divergences[cloud_id] = divergence
                self.refresh()

        # That two answers could not be compared is nobody's trouble: both stand there.
        self._bridge.then(self._cloud.divergence(cloud_id), came, lambda _: None)
