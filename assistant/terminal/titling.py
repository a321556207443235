"""``hush notes title``: titles for notes that have none of their own, never over a person's.

With ``--json`` each line is one note: ``id``, ``title``, ``before`` (what it was called), and
``written``: not with ``--dry-run``, nor where it is called so already.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from assistant.app import App, Session
from assistant.cancel import Cancel
from assistant.errors import EngineError, InputRefused
from assistant.notes.records import Note, TitleBy
from assistant.notes.service import NoteService
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.terminal.conversing import Printer
from assistant.terminal.waiting import EXIT_STOPPED, Counter, Events, Waiter, signals_as_events
from assistant.titles.service import TitleService
from assistant.titles.wording import heading_of, is_wanting
from assistant.vaults import combined

_PERSONS: Final = "This note has a title that you gave it. It stays."
_STOPPED: Final = "Stopped. Titles that were given stay."
_NOTHING: Final = "No note wants a title."


def title(
    arguments: Arguments, app: App, session: Session, events: Events, console: Console
) -> int:
    """Give ``arguments.ids`` titles, or all notes that are called after their first words alone.

    Returns:
        The exit code.

    Raises:
        InputRefused: a note that was named got no title, and why; the others have theirs.
        NotFound: there is no such note; nothing was changed.
        EngineError: the model failed; what was given before stands.
    """
    if session.titles is None or session.notes is None:
        raise InputRefused("Notes need a vault that is kept.", "Open yours first.")
    found = [session.notes.get(note_id).result() for note_id in arguments.ids]
    ids = [note.id for note in found] if found else _wanting(session.notes)
    counter = Counter(console)
    printer = Printer(
        console, app.governor, slowly=arguments.slowly, what="The next title", counter=counter
    )
    waiter = Waiter(events, printer.take)
    desk = _Desk(session.titles, session.notes, console, counter)
    with signals_as_events(events):
        printer.begin()
        given = _Giver(desk, waiter, arguments).give(ids)
    if waiter.interrupted:
        console.remark(_STOPPED)
        return EXIT_STOPPED
    if not given:
        console.remark(_NOTHING)
    return 0


def _wanting(notes: NoteService) -> list[int]:
    """The notes whose title is cut short, or none, the newest first."""
    return [line.id for line in notes.list().result() if is_wanting(line.title)]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What titles are made with, and where they are printed."""

    titles: TitleService
    notes: NoteService
    console: Console
    counter: Counter


class _Giver:
    """Gives one title after the other, or only says what they would be.

    Args:
        desk: Has the notes.
        waiter: Waits for each title.
        arguments: What was asked for.
    """

    def __init__(self, desk: _Desk, waiter: Waiter, arguments: Arguments) -> None:
        self._desk = desk
        self._waiter = waiter
        self._named = bool(arguments.ids)
        self._dry = arguments.dry_run
        self._as_json = arguments.json

    def give(self, ids: Sequence[int]) -> int:
        """Go through these notes, until Ctrl+C; how many titles there were.

        Raises:
            InputRefused: one that was named got none.
            EngineError: the model failed.
        """
        refused: list[InputRefused] = []
        given = 0
        try:
            for number, note_id in enumerate(ids):
                self._desk.counter.show(f"{number:,} of {len(ids):,} notes")
                try:
                    given += self._one(note_id)
                except InputRefused as error:
                    refused.append(error)
                    if self._named and len(ids) > 1:
                        self._desk.counter.clear()
                        self._desk.console.remark(f"note {note_id}: {error.sentence}")
                except EngineError:
                    if not self._waiter.interrupted:
                        raise
                if self._waiter.interrupted:
                    return given
        finally:
            self._desk.counter.clear()
        if refused and self._named:
            if len(ids) == 1:
                raise refused[0]
            raise InputRefused(f"{len(refused):,} of {len(ids):,} notes got no title.")
        return given

    def _one(self, note_id: int) -> bool:
        """Give one note its title; False where it wants none.

        Raises:
            InputRefused: it gets none.
            EngineError: the model failed, or was stopped.
        """
        before = self._desk.notes.get(note_id).result()
        if before.title_by is TitleBy.PERSON:
            raise InputRefused(_PERSONS)
        has_heading = bool(before.title) and heading_of(before.text) == before.title
        if not self._named and (has_heading or before.title_by is TitleBy.HUSH):
            return False  # it has what there is to give
        if has_heading:  # and follows it
            self._print(before, before.title, written=False)
            return True
        cancel = Cancel()
        found = self._waiter.wait(self._asked(note_id, cancel), cancel.ask)
        self._print(before, found, written=not self._dry)
        return True

    def _asked(self, note_id: int, cancel: Cancel) -> Future[str]:
        if self._dry:
            return self._desk.titles.suggest(note_id, cancel)
        return combined([self._desk.titles.give(note_id, cancel)], lambda notes: notes[0].title)

    def _print(self, before: Note, found: str, *, written: bool) -> None:
        self._desk.counter.clear()
        if self._as_json:
            told = {"id": before.id, "title": found, "before": before.title}
            self._desk.console.data({**told, "written": written})
        else:
            self._desk.console.line(f"{before.id:>6}  {found}")
