"""One note's text with other tags, written at once or, a long one, in steps. Blocks.

Each rewritten text leaves the one before as an earlier version. When a note was last changed is
when its person changed it: that stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from assistant.errors import InputRefused, NotFound
from assistant.notes.records import Note
from assistant.store import note_text_rows, revision_rows
from assistant.store.note_text_rows import Draft, Standing
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.tags.in_text import renamed

_ATTEMPTS: Final = 3  # at a long note that changes while it is looked at


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A note that was rewritten: its revision before, and since."""

    note_id: int
    before: int
    since: int


def rename(vault: Vault, note_id: int, names: Mapping[str, str], now: int) -> Rewritten | None:
    """Rewrite the tags in a note's text.

    Args:
        vault: Where it is kept.
        note_id: The note; in the trash or not.
        names: What each tag is called from now on, by its folded name.
        now: Milliseconds since 1970, UTC.

    Returns:
        None where nothing was changed: it has none of them outside of code and links, is gone,
        changes again and again, or has no room for longer names.

    Raises:
        HushError: the store failed; the note is as it was.
    """

    def drafted(before: Standing) -> Draft | None:
        text = renamed(before.note.text, names)
        if text == before.note.text:
            return None
        return replace(note_text_rows.drafted(before, text, None, now), keeps=True)

    return _rewrite(vault, note_id, drafted, now)


def take_back(vault: Vault, was: Rewritten, now: int) -> bool:
    """Give a note the text that it had before, unless it was changed since; whether it has it.

    Raises:
        HushError: the store failed; the note is as it was.
    """

    def earlier(connection: Connection) -> str:
        return revision_rows.text(connection, was.note_id, was.before)

    try:
        text = vault.read(earlier).result()
    except NotFound:
        return False

    def drafted(before: Standing) -> Draft | None:
        if before.note.revision != was.since:
            return None
        # The text of now is no version: it is this one with other tags.
        return replace(note_text_rows.drafted(before, text, None, now), keeps=False)

    return _rewrite(vault, was.note_id, drafted, now) is not None


def joined(steps: Iterable[Rewritten]) -> tuple[Rewritten, ...]:
    """One step for each note: from what it was before its first to what it is since its last.

    What somebody else changed in between stays out of it, with what came before that.
    """
    found: dict[int, Rewritten] = {}
    for step in steps:
        last = found.get(step.note_id)
        goes_on = last is not None and last.since == step.before
        before = last.before if last and goes_on else step.before
        found[step.note_id] = Rewritten(step.note_id, before, step.since)
    return tuple(found.values())


def _rewrite(
    vault: Vault, note_id: int, drafted: Callable[[Standing], Draft | None], now: int
) -> Rewritten | None:
    def at_once(connection: Connection) -> tuple[bool, Rewritten | None]:
        if note_text_rows.is_long(connection, note_id):
            return False, None
        draft = drafted(note_text_rows.standing(connection, note_id))
        if draft is None:
            return True, None
        if draft.keeps:
            draft = note_text_rows.kept(draft, note_text_rows.versions(connection, draft, now), now)
        return True, _put(connection, draft)

    try:
        is_done, rewritten = vault.write(at_once).result()
        return rewritten if is_done else _in_steps(vault, note_id, drafted, now)
    except InputRefused:  # gone, or it would be longer than a note can be
        return None


def _in_steps(
    vault: Vault, note_id: int, drafted: Callable[[Standing], Draft | None], now: int
) -> Rewritten | None:
    """As at once, but what there is to find out is found out on this thread."""
    for _ in range(_ATTEMPTS):
        draft = drafted(vault.read(lambda c: note_text_rows.standing(c, note_id)).result())
        if draft is None:
            return None
        if draft.keeps:
            draft = _with_versions(vault, draft, now)
        rewritten = _write(vault, draft)
        if rewritten:
            return rewritten
    return None


def _with_versions(vault: Vault, draft: Draft, now: int) -> Draft:
    there = vault.read(lambda c: note_text_rows.versions(c, draft, now)).result()
    return note_text_rows.kept(draft, there, now)


def _write(vault: Vault, draft: Draft) -> Rewritten | None:
    try:
        return vault.write(lambda c: _put(c, draft)).result()
    finally:
        vault.read(note_text_rows.settle).result()


def _put(connection: Connection, draft: Draft) -> Rewritten | None:
    """None where the note has changed since it was read."""
    before: Note = draft.before.note
    saved = note_text_rows.put(connection, draft, before.revision, before.updated_at)
    return Rewritten(before.id, before.revision, saved.note.revision) if saved else None
