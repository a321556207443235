"""What an editor outside of Hush had when Hush was killed is kept, and said."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from assistant.notes.service import NoteService
from assistant.notes.taking_in import TakenIn, take_in
from ui.bridge import Bridge
from ui.notice import Notice


def take_in_edits(
    root: Path,
    notes: NoteService,
    bridge: Bridge,
    pool: Executor,
    notice: Callable[[], Notice],
    open_note: Callable[[int], None],
    changed: Callable[[], object],
) -> None:
    """Keep it as notes.

    Args:
        root: The profile's folder.
        notes: Keeps them.
        bridge: Brings outcomes to the GUI thread.
        pool: Reads files.
        notice: Where the person reads what happened.
        open_note: Goes to a note.
        changed: Hears that there are other notes now.
    """

    def came(found: list[TakenIn]) -> None:
        for taken in found:
            if taken.note:
                notice().say(taken.sentence, "Show", partial(open_note, taken.note.id))
            elif taken.sentence:
                notice().say(taken.sentence)
        if any(taken.note for taken in found):
            changed()

    bridge.then(
        pool.submit(lambda: list(take_in(root, notes))),
        came,
        lambda error: notice().say(error.sentence),
    )
