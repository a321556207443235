"""What the status line says of the model, of speed and context, and of work ahead. All pure."""

from __future__ import annotations

from typing import Final

from assistant.events import Activity, EngineChanged, EngineCondition
from assistant.records import ReplyFigures

_NOT_LOADED: Final = "The model is not loaded yet"

_ACTIVITIES: Final = {
    Activity.READING_AHEAD: (
        "The model reads what is known of your next question already, so that the answer begins "
        "sooner."
    ),
    Activity.SUMMARISING: (
        "The model sums up the earlier part of a long chat before there is no room for it any "
        "more, so that your next question does not wait for that."
    ),
    Activity.TUNING: (
        "Hush measures whether another form of this model works faster on this machine. The "
        "original is not changed."
    ),
    Activity.TITLING: (
        "The model gives a title to notes and chats that have none yet. A title that you wrote "
        "stays yours."
    ),
    Activity.TAGGING: (
        "The model suggests tags for your notes. Nothing is written to a note until you accept it."
    ),
}
_CLOUD_ON: Final = "cloud on"
_CLOUD: Final = (
    "You can ask a cloud model, and nothing goes by itself: each time you see what would be sent, "
    "except for a box that you let be sent to at a press."
)
_STOPS: Final = "It stops as soon as you ask something."


def model_words(event: EngineChanged) -> tuple[str, str]:
    """How the model is, in full and in one or two words."""
    match event.condition:
        case EngineCondition.LOADING:
            return f"Loading {event.model}…" if event.model else "Loading the model…", "Loading…"
        case EngineCondition.WARM:
            return f"Warm · {event.model}" if event.model else "Warm", "Warm"
        case EngineCondition.EVICTED:
            return f"{_why_unloaded(event)}{_next_turn(event)}", "Unloaded"
        case EngineCondition.FAILED:
            return "The model did not load", "Not loaded"
        case _:
            return _NOT_LOADED, "Not loaded"


def _why_unloaded(event: EngineChanged) -> str:
    return event.reason.strip().removesuffix(".") or "Unloaded"


def _next_turn(event: EngineChanged) -> str:
    return f" · next answer +{event.next_turn_seconds:.1f} s" if event.next_turn_seconds else ""


def model_facts(event: EngineChanged) -> str:
    """What else there is to know about the model, in sentences."""
    facts = []
    if event.error:
        return event.error.sentence
    if event.model and event.condition is not EngineCondition.LOADING:
        facts.append(f"{event.model}.")
    if event.condition is EngineCondition.EVICTED:
        facts.append(f"{_why_unloaded(event)}.")
        seconds = event.next_turn_seconds
        later = f" and begins about {seconds:.1f} s later" if seconds else ""
        facts.append(f"Your next question loads it again{later}.")
    elif event.condition is EngineCondition.COLD:
        facts.append(f"{_NOT_LOADED}. Your first question loads it.")
    elif event.load_seconds:
        facts.append(f"Loaded in {event.load_seconds:.1f} s.")
    if event.device:
        facts.append(f"Computed on {event.device}.")
    return " ".join(facts)


def speed_words(figures: ReplyFigures) -> str:
    """How soon the last reply came, and how fast."""
    first = f"first word {figures.first_token_ms / 1000:.1f} s"
    speed = figures.tokens_per_second
    return f"{first} · {speed:.0f} tok/s" if speed else first


def left_out(figures: ReplyFigures) -> str:
    """What a reply's figures alone can say about what did not fit."""
    parts = []
    if figures.omitted_messages:
        count = figures.omitted_messages
        parts.append(f"{count} earlier message{'s' * (count > 1)} did not fit.")
    if figures.omitted_tokens:
        parts.append(f"{figures.omitted_tokens:,} tokens of your message did not fit.")
    return " ".join(parts)


def activity_words(activity: Activity) -> str:
    """What runs in the background, why, and that it stands in nobody's way."""
    return f"{_ACTIVITIES[activity]} {_STOPS}"


def cloud_words(said: str, short: str, sentences: str) -> tuple[str, str, str]:
    """What is said of the network while somebody elsewhere can be asked; as that takes it."""
    return f"{said} · {_CLOUD_ON}", short, f"{sentences} {_CLOUD}"
