"""A note's text in a private file, while an editor outside of Hush has it.

The file lies in a folder of its own, in the profile, because editors leave copies beside what they
edit; the folder goes when the text is safe in the vault. Until then it stays, whatever happens:
``left`` finds it again after a kill. A disk may keep its blocks; that is told before the editor
is opened.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from assistant.disk import disk_problem, flush_to_disk
from assistant.errors import FileRefused
from assistant.importing.decoding import decode
from assistant.notes.limits import MAX_NOTE_BYTES

_FOLDER: Final = re.compile(r"editing-(\d{1,19})-")
_NAME: Final = "note.md"
_NEW: Final = 0  # in the folder's name, where there is no note yet


class PrivateFile:
    """The file of one edit.

    Args:
        folder: Its own, whose name says which note it is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / _NAME
        found = _FOLDER.match(folder.name)
        self.note_id = (int(found[1]) or None) if found else None

    @classmethod
    def write(cls, root: Path, note_id: int | None, text: str) -> Self:
        """Make one: readable by its owner only.

        Args:
            root: The profile's folder.
            note_id: Whose text it is; None for a note that is to be made.
            text: What it says. It gets a line end, which editors give it anyway.

        Raises:
            StorageFull: it cannot be written; nothing of it is left.
        """
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"editing-{note_id or _NEW}-", dir=root))
        except OSError as error:
            raise disk_problem(error) from None
        made = cls(folder)
        try:
            descriptor = os.open(made.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(_ended(text).encode())
        except OSError as error:
            made.forget()
            raise disk_problem(error) from None
        return made

    def read(self, before: str = "") -> str:
        """What it says now.

        Args:
            before: What it was made of: where that had no line end, the last one is not counted.

        Raises:
            FileRefused: it is no text any more, or is longer than a note can be, or is gone.
        """
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_NOTE_BYTES + 1)
        except OSError:
            raise FileRefused("It cannot be read any more.") from None
        if len(data) > MAX_NOTE_BYTES:
            raise FileRefused("It is longer than a note can be.")
        text = decode(data).text
        return text if before.endswith("\n") else text.removesuffix("\n")

    def forget(self) -> None:
        """Take it away, with what an editor left beside it. What cannot be removed stays."""
        for path in self._folder.rglob("*"):
            with suppress(OSError):
                if path.is_file() and not path.is_symlink():
                    _overwrite(path)
        shutil.rmtree(self._folder, ignore_errors=True)


def left(root: Path) -> list[PrivateFile]:
    """What earlier edits left in a profile's folder. The profile is held: nobody is at them."""
    folders = [path for path in root.glob("editing-*") if path.is_dir() and not path.is_symlink()]
    return [PrivateFile(path) for path in sorted(folders) if _FOLDER.match(path.name)]


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _overwrite(path: Path) -> None:
    """Overwrite what is in a file: on flash a wish, not a promise."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        flush_to_disk(file.fileno())
