"""Where a model that was fetched goes: examined first, then moved to the shelf."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from assistant.cancel import Cancel
from assistant.disk import disk_problem
from assistant.events import EventSink, ModelsChanged
from assistant.shelf.records import Passed, Refused
from models.catalogue import Entry
from models.library import Installed, ModelLibrary
from models.library_records import Origin

Examine = Callable[[Path, Cancel], Passed | Refused]
"""See ``assistant.shelf.preflight.preflight``."""


class FetchedModels:
    """The downloads' way to the shelf: ``assistant.shelf.downloads.Shelf``.

    Args:
        library: The shelf's folder, on the disk that the parts are on.
        examine: Looks at a file in a child process.
        sink: Gets ``ModelsChanged``.
    """

    def __init__(self, library: ModelLibrary, examine: Examine, sink: EventSink) -> None:
        self._library = library
        self._examine = examine
        self._sink = sink

    def find(self, sha256: str) -> Installed | None:
        """The model of this digest, where it is there and ready.

        One that was not read yet is read: that takes seconds, and fetching it anew an hour.

        Raises:
            StorageFull: what came of it could not be written down.
        """
        try:
            found = self._library.read(sha256)
        except OSError as error:
            raise disk_problem(error) from None
        return found if found and found.state == "ready" else None

    def examine(self, path: Path, cancel: Cancel) -> Passed | Refused:
        """Whether a file may be loaded."""
        return self._examine(path, cancel)

    def put(self, file: Path, entry: Entry) -> Installed:
        """Move a file that passed to its place.

        Raises:
            StorageFull: the disk refuses; the file is where it was.
        """
        origin = Origin(
            entry.sha256,
            entry.size,
            entry.name,
            "download",
            entry_id=entry.id,
            family=entry.family,
            version=entry.version,
        )
        try:
            installed = self._library.put(file, origin)
        except OSError as error:
            raise disk_problem(error) from None
        with suppress(OSError):  # an older version that cannot be removed stays
            self._library.keep(spare=entry.sha256)
        self._sink(ModelsChanged())
        return installed
