"""Which model answers: the shelf's, or the starter where that one cannot."""

from __future__ import annotations

from typing import Final

from assistant.events import Event, EventSink, ModelRolledBack, ModelsChanged
from assistant.log import log_error, log_event
from models.file import Fault, ModelFile, ModelFileFault
from models.library import ModelLibrary, ShelfRefusal

_CRASHES: Final = 2
"""So many in a row without an answer between, and the model is given up: one may be the machine's
own fault, memory that ran short for example."""


class ModelChoice:
    """Between the shelf and the LLM worker, on the worker's thread.

    Args:
        library: The shelf.
        publish: Gets ``ModelRolledBack`` and ``ModelsChanged``.
    """

    def __init__(self, library: ModelLibrary, publish: EventSink) -> None:
        self._library = library
        self._publish = publish
        self._told: tuple[str, str] | None = None  # which model was said to be what
        self._given_up: set[str] = set()

    def wanted(self) -> ModelFile:
        """The file of the model in use; the starter's where that is missing, changed or damaged.

        Then an event says so, once; what is chosen stays chosen, for a disk may come back.
        """
        active = self._library.active()
        current = active.current
        if active.crashes < _CRASHES:
            self._given_up.discard(current)  # it was chosen anew
        try:
            if current not in self._given_up:
                file = self._library.file(current)
                self._told = None
                return file
        except ModelFileFault as error:
            self._tell(current, _WORDS.get(error.fault, _DAMAGED))
        except ShelfRefusal:
            self._tell(current, _MISSING)
        return self._library.file(self._library.starter)

    def crashed(self, model: ModelFile) -> bool:
        """A model ended the engine, loading or answering; whether another one is wanted now."""
        sha256 = self._library.holder(model.path)
        active = self._library.active()
        if not sha256 or sha256 != active.current or sha256 == self._library.starter:
            return False
        count = self._library.note_crash()
        log_event("shelf.crash", count=count)
        if count < _CRASHES:
            return False
        try:
            to = self._library.roll_back(for_good=True).name
        except (OSError, ShelfRefusal) as error:
            log_error("shelf.roll_back", error)
            self._given_up.add(sha256)  # the disk does not take it: then for this run
            to = self._library.file(self._library.starter).name
        words = (
            f"“{model.name}” stopped unexpectedly twice in a row, so “{to}” is in use again. "
            "What was written is kept."
        )
        self._say(ModelRolledBack(model.name, to, words), ModelsChanged())
        return True

    def worked(self, model: ModelFile) -> None:
        """A model wrote an answer to its end."""
        if self._library.holder(model.path) != self._library.active().current:
            return
        try:
            self._library.note_worked()
        except OSError as error:
            log_error("shelf.worked", error)

    def _tell(self, sha256: str, words: str) -> None:
        if self._told == (sha256, words):
            return
        self._told = (sha256, words)
        model = self._library.get(sha256)
        name = model.name if model else "The model that you chose"
        to = self._library.file(self._library.starter).name
        self._say(ModelRolledBack(name, to, words.format(name=name, to=to)), ModelsChanged())

    def _say(self, *events: Event) -> None:
        for event in events:
            self._publish(event)


_MISSING: Final = "“{name}” is not where it was, so “{to}” answers until it is back."
_DAMAGED: Final = (
    "The file of “{name}” is damaged, so “{to}” answers. Get it again on the Models page."
)
_WORDS: Final = {
    Fault.MISSING: _MISSING,
    Fault.CHANGED: "The file of “{name}” belongs to another program, which changed it, so “{to}”"
    " answers. Check it on the Models page.",
}
