"""How far an answer can be trusted, as a quiet line below it. Pure."""

from __future__ import annotations

from typing import Final

from assistant.asking.shown import is_from_notes
from assistant.confidence.records import DOUBTFUL, sentence_of
from assistant.records import Message, MessageState, Role

_SURE: Final = "Rather sure"
_UNSURE: Final = "Not sure"
_OF_MODEL: Final = (
    "{share} %: so often answers were right that the model was as sure of. Measured on questions "
    "whose answers are known, with the model that comes with Hush."
)
_OF_PASSAGES: Final = (
    "{share} %: so often the answer stood in the passages where they were as near to the question. "
    "Measured on questions whose answers are known."
)


def sureness_words(message: Message) -> str:
    """What is said below an answer; empty where there is no figure, or no answer yet."""
    probability = message.confidence
    is_answer = message.role is Role.ASSISTANT and message.state is MessageState.COMPLETE
    if probability is None or not is_answer:
        return ""
    if probability >= DOUBTFUL:
        return _SURE
    reason = sentence_of(message.doubt)
    return f"{_UNSURE}: {reason[0].lower()}{reason[1:]}" if reason else _UNSURE


def sureness_facts(message: Message) -> str:
    """The figure, and what it means; empty where there is none."""
    if not sureness_words(message) or message.confidence is None:
        return ""
    says = _OF_PASSAGES if is_from_notes(message) else _OF_MODEL
    return says.format(share=min(99, round(100 * message.confidence)))  # nothing is ever sure
