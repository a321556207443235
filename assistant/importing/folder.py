"""What lies in a folder that is to be imported: looked at, not opened."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assistant.errors import InputRefused, NotFound
from assistant.importing.files import FORBIDDEN, GONE, LINK, SPECIAL, UNREADABLE
from assistant.importing.folder_tags import folder_tags
from assistant.importing.records import MOST_NAMED, ImportPlan, Kind, Named, at_most
from assistant.text import storable

MAX_FILES: Final = 200_000
"""In one import: a hundred times a large notebook. Beyond, a whole disk was chosen by mistake."""

MAX_DEPTH: Final = 64

_KINDS: Final = {
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".mdown": Kind.MARKDOWN,
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
}
CHATS_FILE: Final = re.compile(r"conversations(-\d+)?\.json", re.IGNORECASE)
HIDDEN: Final = (".", "~$")
"""How names begin that are left alone: .obsidian, .git; what Word keeps beside an open document."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file to be read. ``path`` is relative to the folder, with ``/``.

    ``member`` is its number in an archive.
    """

    path: str = field(repr=False)
    kind: Kind
    bytes: int
    member: int = -1


@dataclass(slots=True)
class Scan:
    """What was found below ``folder``.

    Attributes:
        folder: Absolute, its own links resolved: it names the folder. Of a .zip of notes, what
            knows it again (``archive_notebook``).
        entries: What will be read, by path.
        attachments: Other files.
        skipped: What will not be read, and why.
        archive: The .zip of notes that it is; None where it is a folder, or a file.
        root: The folder in that archive which is the notebook, with ``/``; empty: all of it.
    """

    folder: Path = field(repr=False)
    entries: list[Entry] = field(default_factory=list, repr=False)
    attachments: list[str] = field(default_factory=list, repr=False)
    skipped: list[Named] = field(default_factory=list, repr=False)
    archive: Path | None = field(default=None, repr=False)
    root: str = field(default="", repr=False)

    def plan(self) -> ImportPlan:
        """Count it."""
        kinds = [entry.kind for entry in self.entries]
        return ImportPlan(
            notes=kinds.count(Kind.MARKDOWN) + kinds.count(Kind.TEXT),
            documents=kinds.count(Kind.PDF) + kinds.count(Kind.DOCX),
            chats=kinds.count(Kind.CHATS) + kinds.count(Kind.CHATS_ARCHIVE),
            bytes=sum(entry.bytes for entry in self.entries),
            attachments=tuple(sorted(self.attachments)),
            skipped=at_most(self.skipped),
            folders=folder_tags(
                entry.path for entry in self.entries if entry.kind is not Kind.CHATS
            )[:MOST_NAMED],
        )


def kind_of(name: str) -> Kind | None:
    """What a file of this name becomes, in a folder; None where it is an attachment."""
    if CHATS_FILE.fullmatch(name):
        return Kind.CHATS
    return _KINDS.get(Path(name).suffix.lower())


def scan(path: Path, cancelled: Callable[[], bool] = lambda: False) -> Scan:
    """Look at a folder and all below it, or at one file.

    Hidden files and folders are left alone. Links, devices and names that are no text are skipped
    by name.

    Raises:
        NotFound: there is nothing.
        InputRefused: a file of a kind that Hush cannot read, or a folder too large.
        CancelledError: ``cancelled`` said so.
    """
    try:
        if path.is_dir():
            return _scan_folder(path.resolve(strict=True), cancelled)
        return _single(path)
    except FileNotFoundError:
        raise NotFound("There is no such file or folder.") from None
    except (OSError, RuntimeError, ValueError):  # a loop of links; a NUL in the name
        raise InputRefused("This file or folder cannot be read.", "Nothing was changed.") from None


def _single(path: Path) -> Scan:
    if path.is_symlink():
        raise InputRefused("This file is a link.", "Choose the file that it leads to.")
    size = path.stat(follow_symlinks=False).st_size
    if not path.is_file():
        raise InputRefused("This is no plain file.", "Choose a file, or a folder.")
    is_archive = path.suffix.lower() == ".zip"
    kind = Kind.CHATS_ARCHIVE if is_archive else kind_of(path.name)
    if kind is None and path.suffix.lower() == ".json":
        kind = Kind.CHATS  # under whatever name it was kept
    if kind is None:
        raise InputRefused(
            "Hush cannot read this kind of file.",
            "It reads Markdown, plain text, PDF, DOCX, a .zip of these, and ChatGPT's "
            "conversations.json or .zip.",
        )
    if storable(path.name) != path.name:
        raise InputRefused("The name of this file is not valid text.", "Give it another name.")
    return Scan(path.parent.resolve(), [Entry(path.name, kind, size)])


def _scan_folder(folder: Path, cancelled: Callable[[], bool]) -> Scan:
    found = Scan(folder)
    waiting = [(folder, "", 0)]
    seen = 0
    while waiting:
        if cancelled():
            raise CancelledError
        at, prefix, depth = waiting.pop()
        for item, name in _listed(at, prefix, found):
            seen += 1
            if seen > MAX_FILES:
                raise InputRefused(
                    f"This folder holds more than {MAX_FILES:,} files.",
                    "Choose the folder that holds your notes.",
                )
            if _is_folder(item):
                if depth < MAX_DEPTH:
                    waiting.append((at / item.name, f"{name}/", depth + 1))
                else:
                    why = f"It lies more than {MAX_DEPTH} folders deep."
                    found.skipped.append(Named(name, why))
            else:
                _take(item, name, found)
    found.entries.sort(key=lambda entry: entry.path)
    return found


def _listed(at: Path, prefix: str, found: Scan) -> Iterator[tuple[os.DirEntry[str], str]]:
    """What is in one folder and not hidden, each with its relative path."""
    try:
        with os.scandir(at) as items:
            for item in items:
                if item.name.startswith(HIDDEN):
                    continue
                name = prefix + item.name
                if storable(name) != name:
                    why = "Its name is not valid text."
                    found.skipped.append(Named(storable(name), why))
                else:
                    yield item, name
    except PermissionError:
        found.skipped.append(Named(prefix or ".", FORBIDDEN))
    except FileNotFoundError:
        found.skipped.append(Named(prefix or ".", GONE))
    except OSError:
        found.skipped.append(Named(prefix or ".", UNREADABLE))


def _is_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _take(item: os.DirEntry[str], name: str, found: Scan) -> None:
    """Sort one file, or what is none, into ``found``."""
    try:
        if item.is_symlink():
            found.skipped.append(Named(name, LINK))
        elif not item.is_file(follow_symlinks=False):
            found.skipped.append(Named(name, SPECIAL))
        elif kind := kind_of(item.name):
            size = item.stat(follow_symlinks=False).st_size
            found.entries.append(Entry(name, kind, size))
        else:
            found.attachments.append(name)
    except OSError:
        found.skipped.append(Named(name, GONE))
