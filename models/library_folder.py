"""What lies in the shelf's folder, and how that compares with what is written down of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from models.file import ModelFile
from models.library_records import (
    SHA256,
    Line,
    Origin,
    Source,
    Stamp,
    read_link,
    read_origin,
)

Condition = Literal["ready", "changed", "missing", "damaged", "unverified"]

MODEL: Final = "model.gguf"
LINK: Final = "link.json"
RECORD: Final = "record.json"
_PREFIX: Final = "sha256-"


@dataclass(frozen=True, slots=True)
class Installed:
    """A model on the shelf.

    Attributes:
        linked: Its file belongs to another program and lies elsewhere.
        installed_at, used_at: Milliseconds since 1970; 0: never.
        state: ``ready``; ``changed``: a linked file is not as it was; ``missing``: its file or
            folder is gone; ``damaged``: it is not the file it was; ``unverified``: not read yet,
            or not since its disk numbered it anew.
        made_from: SHA-256 of what it was made smaller from.
    """

    sha256: str
    name: str
    size: int
    source: Source
    entry_id: str
    family: str
    version: str
    path: Path
    linked: bool
    installed_at: int
    used_at: int
    state: Condition
    active: bool
    made_from: str = ""


class Folder:
    """The shelf's folder, looked at; nothing here writes.

    Args:
        root: Where it lies; it need not exist.
        starter: The model that comes with Hush.
    """

    def __init__(self, root: Path, starter: ModelFile) -> None:
        self._root = root
        self._starter = starter

    def place(self, sha256: str) -> Path:
        """The folder of a model, if it is there."""
        return self._root / f"{_PREFIX}{sha256}"

    def models(self) -> Iterator[str]:
        """Digests that folders here are named after, where there is a model in them."""
        try:
            names = [path.name for path in self._root.iterdir()]
        except OSError:
            return
        for name in names:
            sha256 = name.removeprefix(_PREFIX)
            if name.startswith(_PREFIX) and SHA256.fullmatch(sha256):
                place = self.place(sha256)
                if (place / MODEL).exists() or (place / LINK).exists():
                    yield sha256

    def path(self, sha256: str) -> tuple[Path, bool]:
        """Where its file lies, and whether that is elsewhere."""
        own = self.place(sha256) / MODEL
        if own.exists():
            return own, False
        target = read_link(self.place(sha256) / LINK)
        return (own, False) if target is None else (target, True)

    def look(self, sha256: str, line: Line | None, active: str) -> Installed | None:
        """A model as it is now; None where there is nothing.

        Args:
            sha256: Which.
            line: What the index says of it; None: nothing.
            active: Which model is in use.
        """
        if sha256 == (self._starter.sha256 or ""):
            return self._look_at_starter(line, active)
        return self._look_here(sha256, line, active)

    def _look_here(self, sha256: str, line: Line | None, active: str) -> Installed | None:
        line = line or self.found(sha256)
        if line is None:
            return None
        path, linked = self.path(sha256)
        origin = line.origin
        return Installed(
            sha256,
            origin.name,
            origin.size,
            origin.source,
            origin.entry_id,
            origin.family,
            origin.version,
            path,
            linked or line.linked,
            line.installed_at,
            line.used_at,
            _condition(line, path),
            sha256 == active,
            origin.made_from,
        )

    def _look_at_starter(self, line: Line | None, active: str) -> Installed:
        """The starter, which lies elsewhere and is never looked into here.

        Where its own file is not there, one of the same digest that was put here is the starter.
        """
        file = self._starter
        there = status_of(file.path)
        state: Condition = "missing" if there is None else "ready"
        if there is not None and file.size is not None and there.st_size != file.size:
            state = "damaged"
        put = None if state == "ready" else self._look_here(file.sha256 or "", line, active)
        if put and put.state in {"ready", "unverified"}:
            return replace(put, name=file.name, source="starter")
        return Installed(
            file.sha256 or "",
            file.name,
            file.size or 0,
            "starter",
            entry_id="",
            family="",
            version="",
            path=file.path,
            linked=False,
            installed_at=0,
            used_at=line.used_at if line else 0,
            state=state,
            active=active == (file.sha256 or ""),
        )

    def found(self, sha256: str) -> Line | None:
        """A line for what was moved in by hand; None where there is nothing."""
        place = self.place(sha256)
        path, linked = self.path(sha256)
        status = status_of(path)
        if status is None and not linked:
            return None
        origin = read_origin(place / RECORD)
        # It may stem from a folder of another name, or from anybody.
        if origin is None or origin.sha256 != sha256 or origin.source == "starter":
            size = status.st_size if status else 0
            origin = Origin(sha256, size, f"Model {sha256[:8]}", "import")
        return Line(origin, linked)


def _condition(line: Line, path: Path) -> Condition:
    """What a model's file is now, beside what it was when it was last read."""
    status = status_of(path)
    if status is None:
        return "missing"
    now = Stamp.of(status)
    if now == line.stamp:
        return "ready" if line.sound else "changed" if line.linked else "damaged"
    if status.st_size != line.origin.size:
        return "changed" if line.linked else "damaged"
    # exFAT and FAT number their files anew with every mount: that is no other program's doing.
    as_it_was = line.stamp is None or (line.sound and now.fits(line.stamp))
    return "changed" if line.linked and not as_it_was else "unverified"


def status_of(path: Path) -> os.stat_result | None:
    """Of a file, or of a link in its place; None where there is nothing."""
    try:
        return path.stat(follow_symlinks=False)
    except (OSError, ValueError):
        return None


def size_of(path: Path) -> int:
    """Of a file; 0 where there is none."""
    status = status_of(path)
    return status.st_size if status else 0
