"""Actions on a text: started, followed by events, stopped. Nothing here writes to a note."""

from __future__ import annotations

import itertools
import re
import threading
from typing import Final

from assistant.actions.catalogue import CATALOGUE, DESCRIPTIONS
from assistant.actions.job import ActionJob, Asked
from assistant.actions.records import (
    MAX_ACTION_CHARACTERS,
    MAX_LANGUAGE_CHARACTERS,
    Action,
    ActionRun,
    Description,
)
from assistant.cancel import Cancel
from assistant.context.ahead import Worker
from assistant.errors import EmptyMessage, InputRefused, MessageTooLong
from assistant.events import EventSink
from assistant.text import clean

_LANGUAGE: Final = re.compile(r"[^\W\d_]+(?:[ '’()-]+[^\W\d_]+)*\)?")
"""Words alone: the name stands in a sentence of ours."""


class ActionService:
    """Starts actions. ``ActionProgress`` and ``ActionText`` events follow, then ``ActionEnded``.

    Args:
        worker: Runs them, one at a time, and before what nobody waits for.
        publish: Gets the events, on the worker's thread.
    """

    def __init__(self, worker: Worker, publish: EventSink) -> None:
        self._worker = worker
        self._publish = publish
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._active: dict[int, Cancel] = {}

    @property
    def offered(self) -> tuple[Description, ...]:
        """Every action, in the order of a menu."""
        return DESCRIPTIONS

    def start(self, action: Action, text: str, *, language: str = "") -> ActionRun:
        """Begin an action on a text: a note's, or what is selected of it.

        Args:
            action: Which.
            text: Any. It is data to the model, whatever it says.
            language: What to translate into, as an English name; ignored by the other actions.

        Raises:
            EmptyMessage, MessageTooLong, InputRefused: at once; nothing was begun.
        """
        recipe = CATALOGUE[action]
        asked_for = _language(language) if recipe.description.needs_language else ""
        run = ActionRun(next(self._numbers), action)
        asked = Asked(run.id, recipe, _text(text), asked_for)
        cancel = Cancel()
        with self._lock:
            self._active[run.id] = cancel
        self._worker.submit(ActionJob(asked, cancel, self._publish, lambda: self._ended(run.id)))
        return run

    def cancel(self, run_id: int) -> None:
        """Stop an action. ``ActionEnded`` follows; one that ended already is left alone."""
        with self._lock:
            cancel = self._active.get(run_id)
        if cancel:
            cancel.ask()

    def stop_all(self) -> None:
        """Stop every action: Hush closes."""
        with self._lock:
            active = list(self._active.values())
        for cancel in active:
            cancel.ask()

    def _ended(self, run_id: int) -> None:
        with self._lock:
            self._active.pop(run_id, None)


def _text(text: str) -> str:
    if len(text) > 2 * MAX_ACTION_CHARACTERS:  # cleaning halves a text at most, and takes time
        raise _too_long(text)
    text = clean(text)
    if not text.strip():
        raise EmptyMessage("There is no text here yet.", "Write or select something first.")
    if len(text) > MAX_ACTION_CHARACTERS:
        raise _too_long(text)
    return text


def _too_long(text: str) -> MessageTooLong:
    return MessageTooLong(
        f"This text has {len(text):,} characters; an action takes {MAX_ACTION_CHARACTERS:,}.",
        "Nothing was changed. Select a part of it.",
    )


def _language(name: str) -> str:
    name = " ".join(clean(name).split())
    if not name:
        raise InputRefused("No language is named.", "Say which one to translate into.")
    if len(name) > MAX_LANGUAGE_CHARACTERS or not _LANGUAGE.fullmatch(name):
        raise InputRefused("This is no name of a language.", "Write it as “French”.")
    return name
