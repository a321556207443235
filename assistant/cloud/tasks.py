"""Which tasks are done elsewhere, and what a larger model is then asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from assistant.actions.catalogue import CATALOGUE
from assistant.actions.records import MAX_LANGUAGE_CHARACTERS, Action, Tier
from assistant.errors import InputRefused
from assistant.settings import Settings

_BY_VALUE: Final = MappingProxyType({action.value: action for action in Action})

_INSTRUCTIONS: Final = MappingProxyType(
    {
        Action.SUMMARISE: "Summarise the attached text in a few sentences.",
        Action.ACTION_ITEMS: "List what somebody has to do according to the attached text, one "
        "task a line, with who and until when where it says so.",
        Action.SHORTER: "Make the attached text shorter. Answer with the new text alone.",
        Action.CLEARER: "Rewrite the attached text so that it is clear and correct. Answer with "
        "the new text alone.",
        Action.FORMAL: "Rewrite the attached text in a formal tone. Answer with the new text "
        "alone.",
        Action.TRANSLATE: "Translate the attached text into {language}. Answer with the "
        "translation alone.",
        Action.EXPLAIN: "Explain the attached text in simple words.",
        Action.CONTINUE: "Continue the attached text in its own manner. Answer with what follows "
        "alone.",
    }
)
"""Other words than those for a small model (``actions.catalogue``), which needs its answer begun,
and gets a text in portions. These stand in a chat, where a person reads them before they go."""


def tier_of(action: Action, settings: Settings) -> Tier:
    """Where a task may be done: as its description says, or elsewhere where the person says so."""
    if action in cloud_only(settings):
        return Tier.CLOUD_ONLY
    return CATALOGUE[action].description.tier


def cloud_only(settings: Settings) -> frozenset[Action]:
    """The tasks that the person counts as tier 3; names that this Hush does not know are none."""
    names = (name.strip() for name in settings.cloud_only_tasks.split(","))
    return frozenset(_BY_VALUE[name] for name in names if name in _BY_VALUE)


def as_setting(actions: Iterable[Action]) -> str:
    """These tasks as ``Settings.cloud_only_tasks`` holds them."""
    chosen = set(actions)
    return ",".join(action.value for action in Action if action in chosen)


def instruction_of(action: Action, language: str = "") -> str:
    """What a larger model is asked to do with a text that goes with it.

    Args:
        action: What.
        language: Into which, as the person named it.

    Raises:
        InputRefused: it needs a language, and that is none.
    """
    words = " ".join(language.split())
    if CATALOGUE[action].description.needs_language:
        if not words:
            raise InputRefused("No language is named.", "Say which one.")
        if len(words) > MAX_LANGUAGE_CHARACTERS:
            raise InputRefused(
                f"A language's name has at most {MAX_LANGUAGE_CHARACTERS} characters.",
                "Name it shorter.",
            )
    # Not ``format``: braces in a name are letters like others.
    return _INSTRUCTIONS[action].replace("{language}", words)
