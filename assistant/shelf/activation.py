"""Which model answers from now on: checked, examined and tried out before it is used."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final, Protocol

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.engine.protocol import EngineOptions
from assistant.errors import ModelRefused, ModelUnsafe
from assistant.events import EventSink, ModelsChanged
from assistant.log import log_event
from assistant.shelf.preflight import preflight
from assistant.shelf.protocols import Progress, unheard
from assistant.shelf.records import Passed, Refused, Speed
from assistant.shelf.telling import Telling
from assistant.shelf.trial import memory_needed, try_out
from assistant.shelf.turns import in_turn
from assistant.shelf.words import file_problem, in_words, stopped
from assistant.text import gigabytes
from models.file import Fault, ModelFile
from models.library import Installed, ModelLibrary, ShelfRefusal, Why

_CHECKING: Final = "Checking the file"
_EXAMINING: Final = "Examining the file"
_TRYING: Final = "Trying it out"


class Examine(Protocol):
    """See ``assistant.shelf.preflight.preflight``."""

    def __call__(self, path: Path, cancel: Cancel) -> Passed | Refused:
        """Examine a file."""


class TryOut(Protocol):
    """See ``assistant.shelf.trial.try_out``."""

    def __call__(self, model: ModelFile, passed: Passed, cancel: Cancel) -> Speed:
        """Load a model and have it write."""


class Activation:
    """For any thread; nothing blocks.

    Args:
        library: The shelf's folder.
        publish: Gets ``ModelsChanged`` and ``ModelTask``.
        work: Where activations run, one after the other.
        switched: Called when another model is in use, on the thread that made it so.
        make_room: Has so many bytes of memory free for a while; False: it cannot.
        note_truth: Told how fast a model was when it was tried out.
        options: How models are loaded by the settings of the moment.
        examine: Examines a file.
        try_out: Tries a model out.
    """

    def __init__(
        self,
        library: ModelLibrary,
        publish: EventSink,
        work: Background,
        *,
        switched: Callable[[], object] = lambda: None,
        make_room: Callable[[int, Cancel], bool] = lambda _bytes, _cancel: True,
        note_truth: Callable[[str, Speed], object] = lambda _sha256, _speed: None,
        options: Callable[[], EngineOptions] = EngineOptions,
        examine: Examine = preflight,
        try_out: TryOut = try_out,
    ) -> None:
        self._library = library
        self._publish = publish
        self._work = work
        self._quick = Background("shelf-back")  # going back must not wait for work of an hour
        self._switched = switched
        self._make_room = make_room
        self._note_truth = note_truth
        self._options = options
        self._examine = examine
        self._try_out = try_out

    def activate(
        self, sha256: str, progress: Progress = unheard, cancel: Cancel | None = None
    ) -> Future[Installed]:
        """Check a model, examine it, try it out, and from then on use it.

        At any refusal the one in use stays.

        Raises:
            NotFound: it is not on the shelf.
            ModelMissing, ModelDamaged: its file is not what it was.
            ModelUnsafe: it did not pass its examination, or is not made for conversations.
            ModelRefused, EngineDied: it did not work when it was tried out.
            InputRefused: cancelled; at once, where its turn had not come.
            StorageFull: the disk does not take the change.
        """
        asked = cancel or Cancel()
        told = Telling(self._publish, "activate", progress, sha256)
        return in_turn(self._work, asked, lambda: self._activate(sha256, told, asked))

    def roll_back(self) -> Future[Installed]:
        """Use the model before this one again, whatever else is being done with models.

        Raises:
            NotFound: there was none.
            StorageFull: the disk does not take the change.
        """

        def back() -> Installed:
            with in_words():
                model = self._library.roll_back()
            self._changed()
            return model

        return self._quick.submit(back)

    def _activate(self, sha256: str, told: Telling, cancel: Cancel) -> Installed:
        model = self._library.get(sha256)
        with in_words(f"“{model.name}”" if model else ""):
            if model is None:
                raise ShelfRefusal(Why.UNKNOWN)
            self._check(model, told, cancel)
            if sha256 != self._library.starter:  # it came with Hush, and its digest is known
                self._prove(model, told, cancel)
            if cancel.asked:
                raise stopped()
            self._library.activate(sha256)
        log_event("shelf.activated", source=model.source, megabytes=model.size // 1_000_000)
        self._changed()
        return self._library.get(sha256) or model

    def _check(self, model: Installed, told: Telling, cancel: Cancel) -> None:
        """Read all of a file that was not read, or is not as it was when it was."""
        if model.state == "ready" and model.sha256 != self._library.starter:
            return
        told(_CHECKING, 0.0)
        found = self._library.verify(
            model.sha256, lambda share: told(_CHECKING, share), lambda: cancel.asked
        )
        if cancel.asked:
            raise stopped()
        if found.state != "ready":
            faults = {"missing": Fault.MISSING, "changed": Fault.CHANGED}
            fault = faults.get(found.state, Fault.WRONG_DIGEST)
            raise file_problem(fault, f"“{model.name}”")

    def _prove(self, model: Installed, told: Telling, cancel: Cancel) -> None:
        told(_EXAMINING, 0.0)
        verdict = self._examine(model.path, cancel)
        if cancel.asked:
            raise stopped()
        if isinstance(verdict, Refused):
            raise ModelUnsafe(f"“{model.name}” is not used. {verdict.words}")
        if verdict.kind != "chat":
            raise ModelUnsafe(
                f"“{model.name}” is not made for conversations, so it cannot answer.",
                "The model that you use stays.",
            )
        told(_TRYING, 0.0)
        needed = memory_needed(verdict, model.size, self._options())
        if not self._make_room(needed, cancel):
            raise ModelRefused(
                f"“{model.name}” needs {gigabytes(needed)} of memory with the context that you "
                "chose, and so much is not free.",
                "Close other programs, choose a shorter context, or a smaller model.",
            )
        speed = self._try_out(self._library.file(model.sha256), verdict, cancel)
        told(_TRYING, 1.0)
        self._note_truth(model.sha256, speed)

    def _changed(self) -> None:
        self._publish(ModelsChanged())
        self._switched()
