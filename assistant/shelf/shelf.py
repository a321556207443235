"""The library for the window, the terminal and the downloads: on threads of its own, in words."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.events import EventSink, ModelsChanged
from assistant.shelf.preflight import preflight
from assistant.shelf.protocols import Progress, unheard
from assistant.shelf.records import Passed, Refused
from assistant.shelf.telling import Telling
from assistant.shelf.turns import in_turn
from assistant.shelf.words import in_words, stopped
from models.file import ModelFile
from models.library import Installed, ModelLibrary, Origin


class Shelf:
    """The models on this computer.

    Args:
        library: Their folder.
        publish: Gets ``ModelsChanged`` and ``ModelTask``, on any thread.
        work: Where what reads whole files runs, one after the other.
        examine: Looks at a file in a process of its own.
        removed: Removes what was made of a file that is gone, whoever removed it; bytes that
            were freed.
    """

    def __init__(
        self,
        library: ModelLibrary,
        publish: EventSink,
        work: Background,
        examine: Callable[[Path, Cancel], Passed | Refused] = preflight,
        removed: Callable[[ModelFile], int] | None = None,
    ) -> None:
        self._library = library
        self._publish = publish
        self._work = work
        self._examine = examine
        if removed:
            library.tell_removed(removed)
        self._quick = Background("shelf")  # a list must not wait for a file of 4 GB to be read

    @property
    def library(self) -> ModelLibrary:
        """The folder itself, for those who block."""
        return self._library

    def all(self) -> Future[tuple[Installed, ...]]:
        """Every model, the starter first."""
        return self._quick.submit(self._library.all)

    def verify(
        self, sha256: str, progress: Progress = unheard, cancel: Cancel | None = None
    ) -> Future[Installed]:
        """Read all of a file; what it is then, is in its ``state``.

        Raises:
            NotFound: it is not on the shelf.
            InputRefused: cancelled; nothing is known that was not before.
            StorageFull: what came of it could not be written down.
        """
        asked = cancel or Cancel()

        def read() -> Installed:
            with in_words():
                told = Telling(self._publish, "verify", progress, sha256)
                model = self._library.verify(sha256, told.read, lambda: asked.asked)
            if asked.asked:
                raise stopped()
            self._publish(ModelsChanged())
            return model

        return in_turn(self._work, asked, read)

    def remove(self, sha256: str) -> Future[int]:
        """Take a model off the shelf; bytes that were freed.

        Raises:
            NotFound, InputRefused, StorageFull: nothing was removed, or not all of it.
        """

        def take_off() -> int:
            model = self._library.get(sha256)
            with in_words(f"“{model.name}”" if model else ""):
                freed = self._library.remove(sha256)
            self._publish(ModelsChanged())
            return freed

        return self._quick.submit(take_off)

    def keep(self, versions: int = 2) -> Future[int]:
        """Drop older versions of downloads; bytes that were freed. See ``ModelLibrary.keep``."""

        def drop() -> int:
            with in_words():
                freed = self._library.keep(versions)
            if freed:
                self._publish(ModelsChanged())
            return freed

        return self._quick.submit(drop)

    # For whoever brings a whole file; these block ------------------------------------------

    def find(self, sha256: str) -> Installed | None:
        """The model of this digest, where it is there and ready; one not read yet is read.

        Raises:
            StorageFull: what came of it could not be written down.
        """
        with in_words():
            model = self._library.read(sha256)
        return model if model and model.state == "ready" else None

    def examine(self, path: Path, cancel: Cancel) -> Passed | Refused:
        """See ``assistant.shelf.preflight.preflight``."""
        return self._examine(path, cancel)

    def put_origin(self, file: Path, origin: Origin) -> Installed:
        """Move a whole file of the same disk to its place; its digest and size were checked.

        Raises:
            StorageFull: the disk refuses; the file is where it was.
        """
        with in_words():
            model = self._library.put(file, origin)
        self._publish(ModelsChanged())
        return model
