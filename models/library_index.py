"""The index of the shelf: which models were ever put there, and how each file looked when read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from models.file import ModelFile
from models.library_folder import RECORD, Folder, Installed, status_of
from models.library_records import Line, Origin, Stamp, read_index, write_index, write_origin

_DAY_MS: Final = 24 * 60 * 60 * 1000


class Index:
    """What is written down of every model; iterated over, their digests. Its owner holds a lock.

    Whatever changes it raises OSError where the disk refuses.

    Args:
        path: Its file; it need not exist.
        folder: What lies on the shelf.
        now: Milliseconds since 1970.

    Attributes:
        removed: Told of every file that goes; frees what was made of it, and tells the bytes.
    """

    def __init__(self, path: Path, folder: Folder, now: Callable[[], int]) -> None:
        self._path = path
        self._folder = folder
        self._now = now
        self._lines = read_index(path)
        self.removed: Callable[[ModelFile], int] = lambda _file: 0

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def get(self, sha256: str) -> Line | None:
        """What it says of a model; None: nothing."""
        return self._lines.get(sha256)

    def last_read(self, model: Installed) -> ModelFile:
        """A file as it was when it was read: what was made of it then is filed under that."""
        line, status = self._lines.get(model.sha256), status_of(model.path)
        time = line.stamp.modified_ns if line and line.stamp else status and status.st_mtime_ns
        return ModelFile(model.path, model.name, model.size, model.sha256, time)

    def put(self, origin: Origin, path: Path, before: Installed | None, *, linked: bool) -> None:
        """A file that was read is in its place; ``before``: what was there of this model."""
        last = self.last_read(before) if before else None
        used = self._lines[origin.sha256].used_at if origin.sha256 in self._lines else 0
        stamp = Stamp.of(path.stat())
        self._lines[origin.sha256] = Line(origin, linked, self._now(), used, stamp, sound=True)
        self._write()
        if before and last:
            self._drop_outdated(last, replace(before, path=path))

    def note_read(self, model: Installed, stamp: Stamp, *, sound: bool) -> None:
        """A file was read to its end; ``sound``: it is what it should be.

        One that was moved in by hand is named from now on.
        """
        line = self._lines.get(model.sha256) or self._folder.found(model.sha256)
        if line is None:
            return  # it was removed meanwhile
        last = self.last_read(model)
        came = line.installed_at or self._now()
        line = replace(line, installed_at=came, linked=model.linked, stamp=stamp, sound=sound)
        self._lines[model.sha256] = line
        record = self._folder.place(model.sha256) / RECORD
        if sound and not record.exists():
            write_origin(record, line.origin)
        self._write()
        self._drop_outdated(last, model)

    def note_unread(self, sha256: str) -> None:
        """What a file is now nobody knows."""
        line = self._lines.get(sha256)
        if line and line.stamp:
            self._lines[sha256] = replace(line, stamp=None, sound=False)
            self._write()

    def note_use(self, sha256: str, starter: ModelFile) -> None:
        """A model is used; written down once a day."""
        line, now = self._lines.get(sha256), self._now()
        if line is None and sha256 == starter.sha256:
            line = Line(Origin(sha256, starter.size or 0, starter.name, "starter"))
        if line and not 0 <= now - line.used_at < _DAY_MS:
            self._lines[sha256] = replace(line, used_at=now)
            self._write()

    def drop(self, sha256: str) -> None:
        """A model is gone."""
        self._lines.pop(sha256, None)
        self._write()

    def _drop_outdated(self, last: ModelFile, model: Installed) -> None:
        """Where another file is the model's now, nobody finds what was made of the last one."""
        now = self.last_read(model)
        if (now.path, now.modified_ns) != (last.path, last.modified_ns):
            # Without its digest: the starter's own file may be back, and what was made of that.
            self.removed(replace(last, sha256=None))

    def _write(self) -> None:
        write_index(self._path, self._lines)
