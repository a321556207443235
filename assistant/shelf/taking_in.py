"""Importing a model file: read once, copied and hashed at once, the copy examined, then put away.

The file may be anything that somebody dropped on a window: it is opened once, as a regular file and
nothing else, and what is examined and kept are the bytes that were read.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.disk import disk_problem
from assistant.errors import FileRefused, ModelUnsafe
from assistant.events import EventSink
from assistant.shelf.closing import Closing
from assistant.shelf.copying import copy_hashing
from assistant.shelf.leftovers import sweep
from assistant.shelf.protocols import Progress, unheard
from assistant.shelf.records import Passed
from assistant.shelf.shelf import Shelf
from assistant.shelf.space import Space
from assistant.shelf.telling import Telling
from assistant.shelf.words import stopped
from models.file import GGUF_MAGIC, digest_of, open_regular
from models.library import Installed, Origin
from models.library_records import Source, Stamp
from models.preflight import name_for_people

_UNFINISHED: Final = ".import-"
_COPYING: Final = "Copying the file"
_EXAMINING: Final = "Examining the file"


@dataclass(frozen=True, slots=True)
class Opened:
    """A model file that somebody named, open.

    Attributes:
        stream: At its beginning, unbuffered.
        stamp: As it was when it was opened.
    """

    stream: BinaryIO
    stamp: Stamp

    def check_unchanged(self) -> None:
        """Refuse a file that was written to meanwhile.

        Raises:
            FileRefused: it is not what was read any more.
        """
        if Stamp.of(os.fstat(self.stream.fileno())) != self.stamp:
            raise FileRefused(
                "It was changed while it was read. Nothing was taken over.",
                "Wait until the other program is done with it.",
            )


class TakingIn:
    """Brings files to the shelf.

    Args:
        shelf: Where they go.
        folder: For unfinished copies, on the shelf's disk.
        publish: Gets ``ModelTask``.
        work: Where it runs, one file after the other.
        space: How much room must stay on the disk.
        closing: Calls off what runs.
    """

    def __init__(
        self,
        shelf: Shelf,
        folder: Path,
        publish: EventSink,
        work: Background,
        space: Space | None = None,
        closing: Closing | None = None,
    ) -> None:
        self._shelf = shelf
        self._folder = folder
        self._publish = publish
        self._work = work
        self._space = space or Space()
        self._closing = closing or Closing()

    def take(
        self, path: Path, progress: Progress = unheard, cancel: Cancel | None = None
    ) -> Future[Installed]:
        """Copy a file to the shelf. The file itself stays as it is.

        Raises:
            FileRefused: it is no such file, or changed meanwhile.
            InputRefused: cancelled.
            ModelUnsafe: it did not pass its examination.
            StorageFull: there is no room, or the disk refuses.
        """
        asked = cancel or Cancel()
        return self._work.submit(lambda: self.bring(path, path.stem, "import", progress, asked))

    def bring(
        self,
        path: Path,
        name: str,
        source: Source,
        progress: Progress,
        cancel: Cancel,
        sha256: str | None = None,
    ) -> Installed:
        """As ``take``, at once; blocks.

        Args:
            path: The file.
            name: For the person; cleaned here.
            source: Where it comes from.
            progress: Told how far it is.
            cancel: Ends it.
            sha256: What its digest should be; None: nobody knows.
        """
        told = Telling(self._publish, "import", progress, sha256 or "")
        with self._closing.over(cancel), opened(path) as file:
            known = self._known(file, told, cancel)
            if known:
                return known
            self._space.require(self._folder, file.stamp.size, 0)
            with self._copy() as (copy, descriptor):
                found = self._copied(file, descriptor, told, cancel)
                file.check_unchanged()
                check_digest(found, sha256)
                told.sha256 = found
                told(_EXAMINING, 0.0)
                passed = examine(self._shelf, copy, name, cancel)
                fallback = passed.name or f"Model {found[:8]}"
                clean = name_for_people(name) or fallback
                return self._shelf.put_origin(copy, Origin(found, file.stamp.size, clean, source))

    def sweep(self) -> None:
        """Remove copies of a Hush that was killed. Only where ``work`` runs."""
        sweep(self._folder, [f"{_UNFINISHED}*"])

    def _known(self, file: Opened, told: Telling, cancel: Cancel) -> Installed | None:
        """The same file on the shelf: where one of its size is there, it is read before copying.

        A link is none: whoever has a file copied wants one that no other program can take away.
        """
        here = self._shelf.library.all()
        sizes = {it.size for it in here if it.state == "ready" and not it.linked}
        if file.stamp.size not in sizes:
            return None
        found = read_all(file, told, cancel)
        file.stream.seek(0)
        known = self._shelf.find(found)
        return None if known and known.linked else known

    def _copied(self, file: Opened, descriptor: int, told: Telling, cancel: Cancel) -> str:
        size = file.stamp.size
        try:
            found = copy_hashing(
                file.stream,
                descriptor,
                lambda done: told(_COPYING, min(1.0, done / size)),
                # One that grows while it is read must not fill the disk.
                lambda: cancel.asked or file.stream.tell() > size,
            )
        except OSError as error:
            raise disk_problem(error) from error
        if cancel.asked:
            raise stopped()
        if found is None:
            file.check_unchanged()
        return found or ""

    @contextmanager
    def _copy(self) -> Iterator[tuple[Path, int]]:
        """An empty file for a copy; removed afterwards, where it was not moved."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.sweep()
            descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=self._folder)
        except OSError as error:
            raise disk_problem(error) from error
        try:
            yield Path(name), descriptor
        finally:
            os.close(descriptor)
            with suppress(OSError):
                Path(name).unlink(missing_ok=True)


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a file that somebody named, where it may be a model.

    Raises:
        FileRefused: it is not there, or no regular file, or no GGUF file.
    """
    try:
        if path.is_symlink():
            raise FileRefused("It is a link to another file.", "Choose that file itself.")
        stream = open_regular(path)
    except FileNotFoundError:
        raise FileRefused("It is not there.", "Choose another file.") from None
    except PermissionError:
        raise FileRefused("It cannot be read.", "Check its permissions.") from None
    except (OSError, ValueError):  # a pipe, a device, a folder; a name with a NUL
        raise FileRefused("It is no file that can be read.", "Choose a model file.") from None
    with stream:
        stamp = Stamp.of(os.fstat(stream.fileno()))
        if not stamp.size:
            raise FileRefused("It is empty.", "Fetch it again, or choose another file.")
        try:
            magic = stream.read(len(GGUF_MAGIC))
            stream.seek(0)
        except OSError:
            raise FileRefused("It cannot be read.", "Check the disk that it lies on.") from None
        if magic != GGUF_MAGIC:
            raise FileRefused("It is no GGUF model file.", "Choose one that ends in .gguf.")
        yield Opened(stream, stamp)


def read_all(file: Opened, told: Telling, cancel: Cancel) -> str:
    """SHA-256 of a file, in hex.

    Raises:
        FileRefused: it cannot be read to its end.
        InputRefused: cancelled.
    """
    share: Callable[[int], None] = lambda done: told.read(min(1.0, done / file.stamp.size))  # noqa: E731 - one use
    try:
        found = digest_of(file.stream, share, lambda: cancel.asked)
    except OSError:
        raise FileRefused("It cannot be read.", "Check the disk that it lies on.") from None
    if found is None:
        raise stopped()
    file.check_unchanged()
    return found


def check_digest(found: str, wanted: str | None) -> None:
    """Compare what was read with what was promised, where anybody did.

    Raises:
        FileRefused: it is another file.
    """
    if wanted is not None and found != wanted:
        raise FileRefused(
            "It is not the file that its program says: its SHA-256 is another one. Nothing was"
            " taken over.",
            "It may be damaged. Have that program fetch it again.",
        )


def examine(shelf: Shelf, path: Path, name: str, cancel: Cancel) -> Passed:
    """Examine a file.

    Raises:
        ModelUnsafe: it did not pass, naming it.
        InputRefused: cancelled.
    """
    verdict = shelf.examine(path, cancel)
    if cancel.asked:
        raise stopped()
    if isinstance(verdict, Passed):
        return verdict
    shown = name_for_people(name) or "This file"
    raise ModelUnsafe(f"“{shown}” was not taken over. {verdict.words}")
