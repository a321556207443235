"""What can be chosen: the name of each setting, what it does, how it is read and written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from assistant.actions.records import Action
from assistant.engine.protocol import AUTOMATIC_LAYERS

_RELOADS: Final = "The model is loaded again when this changes."

NETWORK: Final = "Network"
"""The group that leads on to the network's page."""

CLOUD: Final = "Cloud"
"""The group that leads on to the cloud's place."""

Value = int | float | str | None


def written(value: Value) -> str:
    """A value as it stands in its field."""
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _written_layers(value: Value) -> str:
    return "" if value == AUTOMATIC_LAYERS else written(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One setting that is typed.

    Args:
        name: Its field in ``Settings``.
        title: What it is called.
        words: What it does.
        read: Reads what was typed; raises ValueError.
        write: The other way.
        wide: What is typed may be long: its field stands below.
        needs: What it has to be, for the sentence that refuses something else.
    """

    name: str
    title: str
    words: str
    read: Callable[[str], Value]
    write: Callable[[Value], str] = written
    wide: bool = False
    needs: str = "a number"


@dataclass(frozen=True, slots=True)
class Toggle:
    """One setting that is on or off: its field in ``Settings``, what it is called, what it does."""

    name: str
    title: str
    words: str


def _number(text: str) -> Value:
    return int(text.replace(",", "").replace(" ", ""))


def _decimal(text: str) -> Value:
    return float(text.replace(",", "."))


def _number_or_none(text: str) -> Value:
    return _number(text) if text.strip() else None


def _address(text: str) -> Value:
    address = text.strip()
    if address and not address.startswith("https://"):
        raise ValueError(address)
    return address


def _tasks(text: str) -> Value:
    """Some of the actions, by commas; none is fine."""
    named = [one.strip().lower() for one in text.split(",") if one.strip()]
    return ",".join(Action(one).value for one in dict.fromkeys(named))


def _written_tasks(value: Value) -> str:
    return ", ".join(str(value or "").split(",")) if value else ""


def _layers(text: str) -> Value:
    return _number(text) if text.strip() else AUTOMATIC_LAYERS


GROUPS: Final[tuple[tuple[str, tuple[Choice | Toggle, ...]], ...]] = (
    (
        "Reading",
        (Choice("reading_size", "Text size", "Of conversations, in pixels: 12 to 45.", _number),),
    ),
    (
        "Answers",
        (
            Choice(
                "reply_tokens",
                "Longest answer",
                "Short by default; Expand goes on. In tokens, about three quarters of a word "
                "each: 16 to 8,192.",
                _number,
            ),
            Choice(
                "temperature",
                "Creativity",
                "0 always takes the likeliest word; 1 is lively; up to 2.",
                _decimal,
            ),
            Choice(
                "top_p",
                "Top-p",
                "Only the likeliest words that together make up this share: 0.05 to 1.",
                _decimal,
            ),
            Choice(
                "min_p",
                "Min-p",
                "Only words at least this likely, beside the likeliest: 0 to 1.",
                _decimal,
            ),
            Choice(
                "seed",
                "Seed",
                "The same number gives the same answer again. Empty: a new one each time.",
                _number_or_none,
            ),
        ),
    ),
    (
        "Privacy",
        (
            Choice(
                "lock_minutes",
                "Lock after",
                "Minutes without a key or a touch: 1 to 1,440, or 0 for never.",
                _number,
            ),
        ),
    ),
    (
        NETWORK,
        (
            Toggle(
                "local_only",
                "Local only",
                "Let nothing out at all: no model, no list of models. What is under way ends at "
                "once.",
            ),
            Toggle(
                "check_catalogue",
                "Look for newer models",
                "Ask the address below once a day for a newer list, and send nothing else. Not on "
                "a connection that is paid for by volume.",
            ),
            Choice(
                "catalogue_address",
                "Address of the list",
                "Begins with https://. Empty: the list that came with Hush. A list is believed "
                "only with two signatures of its makers.",
                _address,
                wide=True,
                needs="an address that begins with https://",
            ),
        ),
    ),
    (
        CLOUD,
        (
            Toggle(
                "cloud",
                "Offer to ask a cloud model",
                "Off: nothing of it is seen. On: an offer stands below an answer, with its reason. "
                "You read and approve each request, except for a box that you let be sent to at a "
                "press. Local only stands above it.",
            ),
            Toggle(
                "cloud_redact",
                "Swap personal data for placeholders",
                "In what is sent: addresses, numbers, keys, and names as far as they are found. "
                "You see it before it goes, and can send a value as it is, except for a box that "
                "you let be sent to at a press.",
            ),
            Choice(
                "cloud_reply_tokens",
                "Longest answer from elsewhere",
                "In tokens, about three quarters of a word each: 16 to 32,768. The most that it "
                "can cost goes by this.",
                _number,
            ),
            Toggle(
                "offer_paused",
                "Offer it where the model rests",
                "Hot, or low on battery: nothing is answered here then.",
            ),
            Toggle(
                "offer_unsure",
                "Offer it where the model is unsure",
                "An answer is less probably right than the number below.",
            ),
            Choice(
                "offer_below",
                "Unsure below",
                "How probably an answer is right, as measured for answers like it: 0 to 1.",
                _decimal,
            ),
            Toggle(
                "offer_long",
                "Offer it where not everything fits",
                "Something of the chat or its attachments had to be left out.",
            ),
            Toggle(
                "offer_beyond",
                "Offer it for what no small model does",
                "The tasks below, on notes.",
            ),
            Choice(
                "cloud_only_tasks",
                "Such tasks",
                f"With commas between them. There are: {', '.join(Action)}.",
                _tasks,
                _written_tasks,
                wide=True,
                needs="names of tasks from that list, with commas between them",
            ),
            Toggle(
                "compare_answers",
                "Say so where two answers differ",
                "An answer from elsewhere is compared with the local one, here, where the question "
                "has one right answer.",
            ),
            Choice(
                "divergence_from",
                "They differ from",
                "The distance of two answers from which you are told: 0 says the same, up to 2.",
                _decimal,
            ),
        ),
    ),
    (
        "Model",
        (
            Choice(
                "context_tokens",
                "Context",
                f"How much the model reads at once, in tokens: 512 to 32,768. {_RELOADS}",
                _number,
            ),
            Choice(
                "threads",
                "Threads",
                f"Processor cores it may use: up to 64, 0 for automatic. {_RELOADS}",
                _number,
            ),
            Choice(
                "gpu_layers",
                "GPU layers",
                "How many of the model's layers a graphics processor computes, where Hush can "
                f"use one: 0 to 999. Empty: as many as fit. {_RELOADS}",
                _layers,
                _written_layers,
            ),
            Toggle(
                "use_tuned",
                "Use the tuned copy of the model",
                "Where Hush measured that a copy in another form is faster on this machine. "
                f"{_RELOADS}",
            ),
        ),
    ),
    (
        "Notes and chats",
        (
            Toggle(
                "give_titles",
                "Give chats titles",
                "When nobody needs the model. A title that you gave stays. A note gets one only "
                "where you ask for it.",
            ),
            Toggle(
                "teach_tags",
                "Let the model propose tags",
                "For notes where Hush is unsure, when nobody needs the model; from 1 billion "
                "parameters on. You are still asked before a note gets a tag.",
            ),
        ),
    ),
    (
        "Power",
        (
            Toggle(
                "always_quiet",
                "Always quiet",
                "Slower and cooler at any time: fewer cores, shorter answers, nothing in the "
                "background.",
            ),
            Toggle(
                "background_on_battery",
                "Work in the background on battery",
                "Reading ahead and summarising, so that answers begin sooner. Else only on mains.",
            ),
        ),
    ),
)
