"""``hush notes list|show|new|edit``."""

from __future__ import annotations

import os
import queue
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from assistant.app import Session
from assistant.errors import EmptyMessage, FileRefused, HushError, InputRefused
from assistant.importing.decoding import decode
from assistant.notes.limits import MAX_NOTE_BYTES, MAX_NOTE_CHARACTERS
from assistant.notes.names import tags_given
from assistant.notes.private_file import PrivateFile
from assistant.notes.records import Note, NoteFilter, NoteLine, Saved
from assistant.notes.service import NoteService
from assistant.notes.taking_in import take_in
from assistant.paths import Profile
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.terminal.reading import local_time
from assistant.terminal.waiting import Events, signals_as_events
from assistant.text import storable

READING: Final = frozenset({"list", "show"})
"""The actions that change nothing."""

_WRITING: Final = frozenset({"new", "edit"})

ACTIONS: Final = READING | _WRITING

Edit = Callable[[PrivateFile], bool]
"""Opens a file in the person's editor and waits; whether that ended well."""

_UNTITLED: Final = "Untitled"
_IN_THE_CLEAR: Final = "While your editor has it, this note lies unencrypted in"
_NOT_KEPT: Final = "What the editor left cannot be kept."
_TAKEN_IN: Final = "It is not encrypted there; the next “hush notes new” takes it into your vault."
_EDITORS: Final = ("notepad",) if sys.platform == "win32" else ("editor", "nano", "vim", "vi")


def written(arguments: Arguments, console: Console) -> str | None:
    """What a note is to say, from words and from a pipe; None: an editor is to be opened.

    Empty where the command writes none.

    Raises:
        EmptyMessage: a pipe with nothing in it.
        InputRefused: what comes through the pipe is no text, or more than a note holds.
    """
    if arguments.command != "notes" or arguments.action not in _WRITING:
        return ""
    words = storable(" ".join(arguments.text))
    if console.stdin.isatty():
        return words or None
    data = console.piped_bytes(MAX_NOTE_BYTES)
    if len(data) > MAX_NOTE_BYTES:
        raise InputRefused(
            f"The input is too long: a note holds {MAX_NOTE_CHARACTERS:,} characters.",
            "Nothing was changed. Make several notes of it.",
        )
    try:
        decoded = decode(data)
    except FileRefused as error:
        raise InputRefused(
            f"What came through the pipe was not kept. {error.message}", error.advice
        ) from None
    if decoded.remark:
        console.remark(decoded.remark)
    text = "\n\n".join(part for part in (words, decoded.text) if part.strip())
    if not text:
        raise EmptyMessage("There is nothing to write down.", "Example: hush notes new “Buy tea”")
    return text


def notes(
    arguments: Arguments,
    profile: Profile,
    session: Session,
    console: Console,
    text: str | None = None,
    edit: Edit | None = None,
) -> int:
    """Do one of the actions on notes.

    Args:
        arguments: Its ``action`` and what belongs to it.
        profile: Held, where something is written.
        session: Open.
        console: Where to.
        text: As ``written`` found it.
        edit: Default: the person's own editor.

    Raises:
        NotFound: there is no such note.
        InputRefused: it cannot be written so, or there is no editor.
        StorageFull: it could not be kept; what was written in an editor lies where that is told.
    """
    if session.notes is None:
        raise InputRefused("Notes need a vault that is kept.", "Open yours to write one.")
    if arguments.action == "list":
        return _list(arguments, session.notes, console)
    if arguments.action == "show":
        return _show(arguments, session.notes, console)
    desk = _Desk(profile, session.notes, console, edit or own_editor)
    desk.recover()
    if arguments.action == "new":
        return desk.new(arguments, text)
    return desk.change(arguments, text)


def own_editor(file: PrivateFile, environment: Mapping[str, str] = os.environ) -> bool:
    """Open a file in ``$VISUAL``, ``$EDITOR`` or what this machine has; whether that ended well.

    Raises:
        InputRefused: there is none, or it does not start.
    """
    named = environment.get("VISUAL") or environment.get("EDITOR") or ""
    try:
        command = shlex.split(named) or [next(name for name in _EDITORS if shutil.which(name))]
        events: Events = queue.SimpleQueue()
        with signals_as_events(events):  # Ctrl+C is the editor's
            return subprocess.run([*command, str(file.path)], check=False).returncode == 0
    except (ValueError, StopIteration, OSError):
        raise InputRefused(
            "No editor could be opened. Nothing was changed.",
            "Set EDITOR to the one you use, or send the text through a pipe.",
        ) from None


class _Desk:
    """Writes notes, from a text or through an editor.

    Args:
        profile: Held.
        notes: Where to.
        console: Tells what came of it.
        edit: Opens the editor.
    """

    def __init__(self, profile: Profile, notes: NoteService, console: Console, edit: Edit) -> None:
        self._root = profile.root
        self._notes = notes
        self._console = console
        self._edit = edit

    def new(self, arguments: Arguments, text: str | None) -> int:
        tags = tags_given(arguments.tags)  # refused before anybody writes, not after

        def keep(found: str) -> Saved:
            return Saved(self._notes.create(found, title=arguments.title, tags=tags).result())

        return self._keep(None, "", text, keep, arguments)

    def change(self, arguments: Arguments, text: str | None) -> int:
        note = self._notes.get(arguments.id).result()

        def keep(found: str) -> Saved:
            return self._notes.save(note.id, found, note.revision).result()

        return self._keep(note.id, note.text, text, keep, arguments)

    def recover(self) -> None:
        """Take into the vault what an edit left that was cut off, beside what stands there."""
        for taken in take_in(self._root, self._notes):
            if taken.sentence:
                self._console.remark(taken.sentence)

    def _keep(
        self,
        note_id: int | None,
        before: str,
        text: str | None,
        keep: Callable[[str], Saved],
        arguments: Arguments,
    ) -> int:
        saved = keep(text) if text is not None else self._through_editor(note_id, before, keep)
        if saved is None:
            self._console.remark("Nothing was changed.")
            return 0
        if saved.other:
            self._console.remark("The note changed meanwhile: both versions are kept.")
        self._tell(saved.other or saved.note, as_json=arguments.json)
        return 0

    def _through_editor(
        self, note_id: int | None, before: str, keep: Callable[[str], Saved]
    ) -> Saved | None:
        """Have a text edited and kept; None where it came back as it was, or empty.

        What cannot be kept stays where it is, and that is told.
        """
        file = PrivateFile.write(self._root, note_id, before)
        self._console.remark(f"{_IN_THE_CLEAR} {file.path.parent}.")
        try:
            if not self._edit(file):
                raise InputRefused("The editor ended with an error. The note was not changed.")
            found = file.read(before)
            saved = keep(found) if found != before and found.strip() else None
        except HushError as error:
            if _is_untouched(file, before):
                file.forget()
            else:
                self._console.remark(f"What you wrote lies in {file.path}. {_TAKEN_IN}")
            if isinstance(error, FileRefused):
                raise InputRefused(f"{_NOT_KEPT} {error.message}", error.advice) from None
            raise
        file.forget()
        return saved

    def _tell(self, note: Note, *, as_json: bool) -> None:
        if as_json:
            described = asdict(note)
            del described["text"]
            self._console.data(described)
        else:
            self._console.line(f"{note.id:>6}  {note.title or _UNTITLED}")


def _is_untouched(file: PrivateFile, before: str) -> bool:
    try:
        return file.read(before) == before
    except FileRefused:
        return False


def _list(arguments: Arguments, notes: NoteService, console: Console) -> int:
    """Print notes, pinned ones first and the newest of each first: id, time, title, tags."""
    words = storable(" ".join(arguments.text))
    chosen = NoteFilter(words, storable(arguments.of_tag), arguments.trash)
    for line in notes.list(chosen).result():
        if arguments.json:
            console.data(asdict(line))
        else:
            console.line(_as_line(line))
    return 0


def _as_line(line: NoteLine) -> str:
    mark = "pinned  " if line.pinned else ""
    tags = "".join(f"  #{tag}" for tag in line.tags)
    return f"{line.id:>6}  {local_time(line.updated_at)}  {mark}{line.title or _UNTITLED}{tags}"


def _show(arguments: Arguments, notes: NoteService, console: Console) -> int:
    """Print one note: its text as it is, and beside that what else there is to say of it."""
    note = notes.get(arguments.id).result()
    if arguments.json:
        console.data(_described(note, notes))
        return 0
    console.write(note.text if note.text.endswith("\n") else f"{note.text}\n")
    tags = "".join(f"  #{tag}" for tag in note.tags)
    place = "  in the trash" if note.deleted_at is not None else ""
    title = note.title or _UNTITLED
    console.remark(f"“{title}”  {local_time(note.updated_at)}{tags}{place}")
    return 0


def _described(note: Note, notes: NoteService) -> dict[str, Any]:
    return {
        **asdict(note),
        "attachments": notes.attachments(note.id).result(),
        "backlinks": [line.id for line in notes.backlinks(note.id).result()],
        "links": notes.links(note.id).result(),
        "revisions": [asdict(line) for line in notes.revisions(note.id).result()],
    }
