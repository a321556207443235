"""The models on this computer: files, what is known of each, and which one is in use.

::

    sha256-<hex>/model.gguf     the file, or link.json, which says where it lies
    sha256-<hex>/record.json    what it is; written last
    index.json                  which models were ever put here, and when each was last read whole
    active.json                 which one is in use, and which was before

A file counts as checked for as long as it looks as it did when it was read to its end: a model of
4 GB cannot be hashed with every load. What is moved in by hand is named, and not trusted before it
was read; what was moved away is named as missing.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

from models.file import Fault, ModelFile, ModelFileFault, digest_of, open_regular
from models.library_folder import (
    LINK,
    MODEL,
    RECORD,
    Condition,
    Folder,
    Installed,
    size_of,
    status_of,
)
from models.library_index import Index
from models.library_records import (
    Active,
    Origin,
    Stamp,
    flush_folder,
    read_active,
    write_active,
    write_link,
    write_origin,
)

__all__ = ["Active", "Installed", "ModelLibrary", "Origin", "ShelfRefusal", "Why"]


class Why(StrEnum):
    """Why the shelf does not do what it is asked."""

    UNKNOWN = "unknown"
    IN_USE = "in-use"
    STARTER = "starter"
    NOT_READY = "not-ready"
    NO_PREVIOUS = "no-previous"


class ShelfRefusal(Exception):
    """The shelf does not do what it is asked. Nothing was changed."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class ModelLibrary:
    """The shelf's folder. Blocks for as long as the disk does; on any thread.

    Args:
        folder: Where it lies; it need not exist. One process at a time uses it.
        starter: The model that comes with Hush: always there to go back to.
        now: Milliseconds since 1970.
    """

    def __init__(self, folder: Path, starter: ModelFile, now: Callable[[], int]) -> None:
        self._root = folder
        self._folder = Folder(folder, starter)
        self._starter = starter
        self._lock = threading.RLock()  # the worker asks while the shelf's thread writes
        self._index = Index(folder / "index.json", self._folder, now)
        self._active = read_active(folder / "active.json") or Active(self.starter)

    @property
    def folder(self) -> Path:
        """Where the models lie."""
        return self._root

    @property
    def starter(self) -> str:
        """SHA-256 of the model that comes with Hush."""
        return self._starter.sha256 or ""

    def tell_removed(self, removed: Callable[[ModelFile], int]) -> None:
        """Have ``removed`` told of every file that goes; it frees what was made of it, in bytes."""
        self._index.removed = removed

    # Looking ------------------------------------------------------------------------------

    def all(self) -> tuple[Installed, ...]:
        """Every model: the starter first, then those on the shelf, the newest first."""
        with self._lock:
            here = {sha256: self.get(sha256) for sha256 in {*self._index, *self._folder.models()}}
        rows = sorted(
            (model for model in here.values() if model and model.sha256 != self.starter),
            key=lambda model: (-model.installed_at, model.name, model.sha256),
        )
        return (self._known(self.starter), *rows)

    def get(self, sha256: str) -> Installed | None:
        """One of them; None where it was never here."""
        with self._lock:
            return self._folder.look(sha256, self._index.get(sha256), self._active.current)

    def read(self, sha256: str) -> Installed | None:
        """Likewise; a file that was not read yet is read first. Raises OSError, as ``verify``."""
        model = self.get(sha256)
        return self.verify(sha256) if model and model.state == "unverified" else model

    def active(self) -> Active:
        """Which model is in use."""
        return self._active

    def file(self, sha256: str) -> ModelFile:
        """What to load. Its digest is left out where the file is as it was when it was read.

        Where it is not, whoever reads all of it for its digest has it count as read.

        Raises:
            ShelfRefusal: it was never here.
            ModelFileFault: it is missing, changed or damaged.
        """
        model = self._known(sha256)
        if model.path == self._starter.path:
            return self._starter
        if model.state not in {"ready", "unverified"}:
            raise ModelFileFault(_FAULTS[model.state])
        status = status_of(model.path)
        return ModelFile(
            model.path,
            model.name,
            model.size,
            None if model.state == "ready" else sha256,
            status.st_mtime_ns if status else None,
            partial(self._was_read, sha256),
        )

    def holder(self, path: Path) -> str:
        """SHA-256 of the model whose file this is; empty where it is none of these."""
        if path == self._starter.path:
            return self.starter
        with self._lock:
            # A link that changed may have been added anew: the one in use is asked first.
            some = chain((self._active.current,), self._index, self._folder.models())
            return next((sha for sha in some if self._folder.path(sha)[0] == path), "")

    # Coming and going ---------------------------------------------------------------------

    def put(self, file: Path, origin: Origin) -> Installed:
        """Move a whole file to its place. Its bytes were read, and are durable, already.

        Its record is there before it, so that a kill between the two leaves no model without name.
        Where the model is there and ready, nothing is moved.

        Args:
            file: On the same disk; gone afterwards, where it was moved.
            origin: What it is; its digest and size were checked by the caller.

        Raises:
            OSError: the disk refuses.
        """
        with self._lock:
            known = self.get(origin.sha256)
            if known and known.state == "ready" and not known.linked:
                return known
            place = _prepare(self._folder.place(origin.sha256), origin)
            file.replace(place / MODEL)
            flush_folder(place)
            (place / LINK).unlink(missing_ok=True)
            self._index.put(origin, place / MODEL, known, linked=False)
            return self._known(origin.sha256)

    def link(self, target: Path, origin: Origin) -> Installed:
        """Use a file from where it lies. It is never written to, moved or removed.

        Args:
            target: Whole path of a regular file that was read to its end.
            origin: What it is; its digest and size were checked by the caller.

        Raises:
            OSError: the disk refuses, or the file is gone.
        """
        self.read(origin.sha256)  # a whole copy of one's own is not given up for a link
        with self._lock:
            known = self.get(origin.sha256)
            if known and known.state == "ready":
                return known
            place = _prepare(self._folder.place(origin.sha256), origin)
            (place / MODEL).unlink(missing_ok=True)  # damaged, or it would have been ready
            write_link(place / LINK, target)
            self._index.put(origin, target, known, linked=True)
            return self._known(origin.sha256)

    def verify(
        self,
        sha256: str,
        progress: Callable[[float], None] = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Installed:
        """Read all of a file; what it is then, is in its ``state``.

        Args:
            sha256: Which model.
            progress: Told the share that is read, 0 to 1.
            cancelled: Asked between two blocks; then nothing changes, and the state is the old one.

        Raises:
            ShelfRefusal: it was never here.
            OSError: what came of it could not be written down.
        """
        model = self._known(sha256)
        try:
            found, before, after = _read(model.path, progress, cancelled)
        except OSError:
            return self._not_read(sha256, "missing")
        if found is None:
            return model
        if before != after:  # somebody wrote to it meanwhile: what was read is no file at all
            return self._not_read(sha256, "changed" if model.linked else "damaged")
        if model.path == self._starter.path:
            return model if found == sha256 else replace(model, state="damaged")
        with self._lock:
            self._index.note_read(model, after, sound=found == sha256)
        return self._known(sha256)

    def remove(self, sha256: str) -> int:
        """Take a model off the shelf, and what was made of it; bytes that were freed.

        The file of a link stays.

        Raises:
            ShelfRefusal: it is in use, came with Hush, or was never here.
            OSError: the disk refuses; then it may be gone in part, and is named as missing.
        """
        with self._lock:
            model = self._known(sha256)
            if sha256 == self.starter:
                raise ShelfRefusal(Why.STARTER)
            if sha256 == self._active.current:
                raise ShelfRefusal(Why.IN_USE)
            last = self._index.last_read(model)  # nothing can tell once it is gone
            freed = _clear(self._folder.place(sha256))
            self._index.drop(sha256)
            if sha256 == self._active.previous:
                self._set(replace(self._active, previous=""))
        return (0 if model.linked else freed) + self._index.removed(last)

    def keep(self, versions: int = 2, spare: str = "") -> int:
        """Drop older versions of what was downloaded; bytes that were freed.

        Versions are files of one entry of the catalogue. Never dropped: the one in use, the one
        before it, and what came from elsewhere. Only those that are ready count.

        Args:
            versions: How many of each stay.
            spare: SHA-256 of one that is the newest, whatever the clock said when it came.

        Raises:
            OSError: the disk refuses.
        """
        with self._lock:
            used = {self._active.current, self._active.previous, spare}
            older = [it for it in _older(self.all(), versions, spare) if it.sha256 not in used]
            return sum(self.remove(model.sha256) for model in older)

    # Which one is in use ------------------------------------------------------------------

    def activate(self, sha256: str) -> None:
        """Use a model from now on, in one atomic step; the one before is remembered.

        Raises:
            ShelfRefusal: it was never here, or is not ready.
            OSError: the disk refuses; the old one stands.
        """
        with self._lock:
            if self._known(sha256).state != "ready":
                raise ShelfRefusal(Why.NOT_READY)
            before = self._active
            previous = before.previous if sha256 == before.current else before.current
            self._set(Active(sha256, previous))
            self._index.note_use(sha256, self._starter)

    def roll_back(self, *, for_good: bool = False) -> Installed:
        """Use the model before again, or the starter where that one is not ready.

        Args:
            for_good: The current one is not to be gone back to: it ended the engine.

        Raises:
            ShelfRefusal: there is none before.
            OSError: the disk refuses; the current one stands.
        """
        with self._lock:
            before = self._active
            target = before.previous or self.starter
            if target == before.current or not (before.previous or for_good):
                raise ShelfRefusal(Why.NO_PREVIOUS)
            model = self.get(target)
            if model is None or model.state != "ready":
                target = self.starter
            self._set(Active(target, "" if for_good else before.current))
            return self._known(target)

    def note_crash(self) -> int:
        """The model in use ended the engine; how often in a row by now."""
        with self._lock:
            self._active = replace(self._active, crashes=self._active.crashes + 1)
            with suppress(OSError):  # a disk that is full forgets it with this run
                self._set(self._active)
            return self._active.crashes

    def note_worked(self) -> None:
        """The model in use answered. Raises OSError."""
        with self._lock:
            if self._active.crashes:
                self._set(replace(self._active, crashes=0))
            self._index.note_use(self._active.current, self._starter)

    # Inside -------------------------------------------------------------------------------

    def _known(self, sha256: str) -> Installed:
        model = self.get(sha256)
        if model is None:
            raise ShelfRefusal(Why.UNKNOWN)
        return model

    def _not_read(self, sha256: str, state: Condition) -> Installed:
        """A file that did not let itself be read to its end: whatever it was, that is not known."""
        with self._lock:
            model = self._known(sha256)
            if model.state not in {"ready", "unverified"}:
                return model
            self._index.note_unread(sha256)
        return replace(model, state=state)

    def _was_read(self, sha256: str, status: os.stat_result) -> None:
        """Whoever loads a file read all of it, and it is the one; it looked so beforehand."""
        with self._lock, suppress(OSError):  # what is not written down is read again next time
            model = self.get(sha256)
            now = status_of(model.path) if model and model.state == "unverified" else None
            if model and now and Stamp.of(now) == Stamp.of(status):
                self._index.note_read(model, Stamp.of(now), sound=True)

    def _set(self, active: Active) -> None:
        write_active(self._root / "active.json", active)
        self._active = active


def _read(
    path: Path, progress: Callable[[float], None], cancelled: Callable[[], bool]
) -> tuple[str | None, Stamp, Stamp]:
    """A file's digest, None where it was cancelled; its stamps before and after. Raises OSError."""
    with open_regular(path) as stream:
        before = Stamp.of(os.fstat(stream.fileno()))
        size = max(1, before.size)
        found = digest_of(stream, lambda done: progress(done / size), cancelled)
        return found, before, Stamp.of(os.fstat(stream.fileno()))


def _prepare(place: Path, origin: Origin) -> Path:
    """Make a model's folder, with its record in it. Raises OSError."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_origin(place / RECORD, origin)
    return place


def _clear(place: Path) -> int:
    """Take a model's folder away; the size of a file that was in it. Raises OSError."""
    size = size_of(place / MODEL)
    if place.is_symlink():
        place.unlink()  # put there by hand; what it leads to is not ours
    elif place.exists():
        shutil.rmtree(place)
    return size


def _older(models: Iterable[Installed], versions: int, newest: str) -> Iterator[Installed]:
    """Downloads of which so many newer ones of the same entry are ready.

    Args:
        models: The newest first, but for ``newest``, which is wherever the clock put it.
        versions: How many stay.
        newest: SHA-256 of the newest; empty: the first is.
    """
    kept: Counter[str] = Counter()
    for model in sorted(models, key=lambda model: model.sha256 != newest):
        if model.source == "download" and model.entry_id:
            if kept[model.entry_id] >= versions:
                yield model
            kept[model.entry_id] += model.state == "ready"


_FAULTS: Final[dict[Condition, Fault]] = {
    "missing": Fault.MISSING,
    "changed": Fault.CHANGED,
    "damaged": Fault.WRONG_DIGEST,
}
