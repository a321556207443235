"""When asking elsewhere is offered, and with which words. Pure; nothing here asks anybody.

An offer is a quiet line that a person may press. What then goes, and to whom, is shown before it
does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from assistant.actions.records import Tier
from assistant.asking.answering import NO_ROOM
from assistant.cloud.records import Offer, Provider, Reason
from assistant.confidence.records import sentence_of
from assistant.errors import PromptTooLong
from assistant.power.plan import Mode, Plan
from assistant.records import Message, MessageState, Role
from assistant.settings import Settings

UNSURE: Final = "The model is not sure of this."
BEYOND: Final = "This is more than the model on this laptop does well."
LONG: Final = "Not all of this fitted into what the model reads at once."


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known at an answer, or where one would be.

    Attributes:
        plan: What the governor allows now.
        message: The local answer, so far as there is one; None before it has begun.
        tier: Where the task may be done.
        was_asked: An answer from elsewhere stands beside it already.
    """

    plan: Plan
    message: Message | None
    tier: Tier = Tier.LOCAL
    was_asked: bool = False


def offer_for(situation: Situation, settings: Settings, provider: Provider | None) -> Offer | None:
    """What to offer; None: nothing.

    Of several reasons the first of these is told: the task is beyond the model, the question was
    too long for it, the machine rests, the model is unsure.

    Args:
        situation: How it stands.
        settings: Which reasons count, and below which confidence.
        provider: Who would be asked; None: there is nobody.
    """
    message = situation.message
    if not settings.cloud or settings.local_only or provider is None or situation.was_asked:
        return None
    if message and (message.cloud or message.role is not Role.ASSISTANT):
        return None
    for reason, is_on in _switches(settings).items():
        if is_on and (sentence := _TELL[reason](situation, settings)):
            return Offer(reason, sentence, f"Ask {provider.name}…")
    return None


def _switches(settings: Settings) -> dict[Reason, bool]:
    """Which reasons count, in the order of their weight."""
    return {
        Reason.BEYOND: settings.offer_beyond,
        Reason.LONG: settings.offer_long,
        Reason.PAUSED: settings.offer_paused,
        Reason.UNSURE: settings.offer_unsure,
    }


def _beyond(situation: Situation, settings: Settings) -> str:
    if situation.tier is Tier.CLOUD_ONLY:
        return BEYOND
    # It does such a task, and may have done this one well: only a doubt speaks for another.
    if situation.tier is Tier.ESCALATES:
        return _unsure(situation, settings)
    return ""


def _long(situation: Situation, _: Settings) -> str:
    message = situation.message
    if message is None:
        return ""
    figures = message.figures
    left_out = figures is not None and (figures.omitted_messages or figures.omitted_tokens)
    had_no_room = message.scope is not None and message.text.startswith(NO_ROOM)
    return LONG if left_out or had_no_room or message.failure == PromptTooLong.code else ""


def _paused(situation: Situation, _: Settings) -> str:
    """A machine that rests now says nothing against an answer that is there."""
    message = situation.message
    is_there = message is not None and message.state is MessageState.COMPLETE
    return situation.plan.words if situation.plan.mode is Mode.PAUSED and not is_there else ""


def _unsure(situation: Situation, settings: Settings) -> str:
    message = situation.message
    if message is None or message.confidence is None:
        return ""
    if message.confidence >= settings.offer_below:
        return ""
    return sentence_of(message.doubt) or UNSURE


_TELL: Final = MappingProxyType[Reason, Callable[[Situation, Settings], str]](
    {
        Reason.BEYOND: _beyond,
        Reason.LONG: _long,
        Reason.PAUSED: _paused,
        Reason.UNSURE: _unsure,
    }
)
