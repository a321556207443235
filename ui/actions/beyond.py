"""What no model here does well with a note: somebody else is offered, in a line above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.actions.records import Action, Tier
from assistant.asking.records import MAX_ATTACHMENT_CHARACTERS, Attachment
from assistant.cloud.protocols import AskFor, CloudRoom
from assistant.cloud.records import Offer, Reason
from assistant.cloud.tasks import instruction_of, tier_of
from assistant.errors import HushError
from assistant.settings import Settings
from assistant.text import title_from
from ui.notice import Notice

if TYPE_CHECKING:
    from ui.actions.acting import Asked


class Beyond:
    """Offers it for tasks that the settings name. What goes is shown first, in a chat of its own.

    Args:
        cloud: Says whether there is somebody to ask.
        settings: Those of the moment.
        ask: Shows what would be sent, and tells of a yes.
    """

    def __init__(
        self,
        cloud: CloudRoom,
        settings: Callable[[], Settings],
        ask: Callable[[AskFor, Offer | None, Callable[[], object]], object],
    ) -> None:
        self._cloud = cloud
        self._settings = settings
        self._ask = ask

    def offer_for(self, action: Action) -> Offer | None:
        """Whether there is an offer for such a task."""
        if tier_of(action, self._settings()) is not Tier.CLOUD_ONLY:
            return None
        offer = self._cloud.offer(None, None, tier=Tier.CLOUD_ONLY)
        return offer if offer and offer.reason is Reason.BEYOND else None

    def offer(self, asked: Asked, notice: Notice, stop: Callable[[], None]) -> None:
        """Say so where the note is; nothing is asked, and nothing has the keyboard for it.

        Args:
            asked: What is done here in the meantime.
            notice: Above the note.
            stop: Ends that, once somebody else is asked, and not before.
        """
        offer = self.offer_for(asked.what.action)
        if offer:
            notice.say(offer.sentence, offer.action, lambda: self._go(asked, notice, stop, offer))

    def _go(self, asked: Asked, notice: Notice, stop: Callable[[], None], offer: Offer) -> None:
        text = asked.target.text
        kept = text[:MAX_ATTACHMENT_CHARACTERS]
        name = title_from(text).lstrip("# ") or asked.what.name
        attachment = Attachment(name, kept, missing=len(text) - len(kept))
        try:
            words = instruction_of(asked.what.action, asked.language)
        except HushError as error:
            notice.say_error(error)
            return
        self._ask(AskFor(text=words, attachments=(attachment,)), offer, stop)
