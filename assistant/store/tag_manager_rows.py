"""SQL for looking after tags. Plain functions, for ``Vault.read`` and ``Vault.write``.

Renaming rewrites texts one by one (``assistant.tags.managing``); ``move`` then does in one
transaction what is left. Until then a tag exists under both names, and each note has the one that
its text says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.errors import NotFound, TagExists
from assistant.notes.names import folded, tag_name
from assistant.store import chore_rows
from assistant.store.sqlcipher import Connection, Row
from assistant.tags.records import TagInfo

_NOTES: Final = """
    (SELECT count(*) FROM note_tag nt WHERE nt.tag_id = t.id
        AND nt.note_id NOT IN (SELECT id FROM note WHERE deleted_at IS NOT NULL))
"""

_ALL: Final = f"""
    SELECT name, notes, description, colour, kept
        FROM (SELECT name, folded, {_NOTES} AS notes, description, colour, kept FROM tag t)
        WHERE notes > 0 OR kept = 1 ORDER BY folded
"""  # noqa: S608 - our own words

_TAG: Final = "SELECT id, name, folded, description, colour, kept FROM tag"

_NESTED: Final = f"""
    {_TAG} WHERE folded = :name OR substr(folded, 1, length(:name) + 1) = :name || '/'
        ORDER BY length(folded), folded
"""

# 0: it is being deleted for good.
_IN_TEXTS: Final = """
    SELECT DISTINCT nt.note_id FROM note_tag nt JOIN note n ON n.id = nt.note_id
        WHERE nt.in_text = 1 AND n.deleted_at IS NOT 0
            AND nt.tag_id IN (SELECT value FROM json_each(?)) ORDER BY nt.note_id
"""

_POUR_TAGS: Final = """
    INSERT INTO note_tag (note_id, tag_id, given, in_text, in_file, merged)
        SELECT note_id, ?, given, in_text, in_file, 1 FROM note_tag WHERE tag_id = ?
        ON CONFLICT (note_id, tag_id) DO UPDATE SET given = given OR excluded.given,
            in_text = in_text OR excluded.in_text, in_file = in_file OR excluded.in_file, merged = 1
"""

_POUR_DECISIONS: Final = """
    INSERT INTO tag_decision (note_id, tag_id, accepted, probability, score, at)
        SELECT note_id, ?, accepted, probability, score, at FROM tag_decision WHERE tag_id = ?
        ON CONFLICT (note_id, tag_id) DO UPDATE SET accepted = excluded.accepted,
            probability = excluded.probability, score = excluded.score, at = excluded.at
            WHERE excluded.at > at
"""

# Before the notes are poured: what a note has already was not given by this run. Of two that were
# suggested for a note, that one counts which the person took off.
_POUR_SUGGESTIONS: Final = """
    INSERT INTO tag_suggestion (note_id, tag_id, probability, score, run_id, state, at)
        SELECT note_id, ?1, probability, score, run_id, state, at FROM tag_suggestion
        WHERE tag_id = ?2 AND NOT EXISTS (SELECT 1 FROM note_tag nt
            WHERE nt.note_id = tag_suggestion.note_id AND nt.tag_id = ?1)
        ON CONFLICT (note_id, tag_id) DO UPDATE SET state = excluded.state
            WHERE excluded.state = 'removed'
"""

# What the person said of either counts for both: it neither waits for an answer, nor was it given
# by Hush alone.
_ANSWERED: Final = """
    DELETE FROM tag_suggestion AS s WHERE s.tag_id = ?1 AND (
        s.state = 'waiting' AND EXISTS (SELECT 1 FROM tag_decision d
            WHERE d.note_id = s.note_id AND d.tag_id = ?1)
        OR s.state = 'applied' AND EXISTS (SELECT 1 FROM note_tag nt
            WHERE nt.note_id = s.note_id AND nt.tag_id = ?2)
        AND NOT EXISTS (SELECT 1 FROM tag_suggestion other WHERE other.note_id = s.note_id
            AND other.tag_id = ?2 AND other.state = 'applied'))
"""

_FORGET_APPLIED: Final = """
    DELETE FROM tag_suggestion WHERE note_id = ? AND tag_id = ? AND state = 'applied'
        AND EXISTS (SELECT 1 FROM note_tag nt WHERE nt.note_id = tag_suggestion.note_id
            AND nt.tag_id = tag_suggestion.tag_id AND nt.merged)
"""

_UNUSED: Final = """
    DELETE FROM tag WHERE id = ? AND kept = 0
        AND NOT EXISTS (SELECT 1 FROM note_tag WHERE tag_id = tag.id)
"""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag's own row."""

    id: int
    name: str = field(repr=False)
    folded: str = field(repr=False)
    description: str = field(repr=False)
    colour: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Move:
    """One tag that is to be called otherwise.

    Attributes:
        old: What it is called.
        new: What it is to be called; a tag of that name takes it in.
        is_fresh: There was none of that name when this began.
        kept: Whether the old one was kept then.
    """

    old: str = field(repr=False)
    new: str = field(repr=False)
    is_fresh: bool
    kept: bool

    @property
    def is_spelling(self) -> bool:
        """Whether it is the same name, in other capitals."""
        return folded(self.old) == folded(self.new)


@dataclass(frozen=True, slots=True)
class Standing:
    """All there is of one tag at a moment but its texts, so that it can be made again.

    Attributes:
        tag: Its row; None: there is no such tag.
        notes: For each note that has it: whether it was given, and whether its file has it.
        decisions: The rows of ``tag_decision``, without the tag.
    """

    name: str = field(repr=False)
    tag: Tag | None
    notes: dict[int, tuple[int, int]] = field(repr=False)
    decisions: tuple[Row, ...] = field(repr=False)


def everything(connection: Connection) -> list[TagInfo]:
    """All tags that a note outside of the trash has, or that are kept; by the alphabet."""
    rows = connection.execute(_ALL)
    return [TagInfo(name, notes, text, hue, kept == 1) for name, notes, text, hue, kept in rows]


def find(connection: Connection, name: str) -> Tag | None:
    """A tag by its name, however that is spelt."""
    key = (folded(tag_name(name)),)
    row = connection.execute(f"{_TAG} WHERE folded = ?", key).fetchone()
    return _tag(row) if row else None


def get(connection: Connection, name: str) -> Tag:
    """A tag by its name.

    Raises:
        NotFound: there is none.
    """
    found = find(connection, name)
    if found is None:
        raise NotFound("This tag does not exist any more.")
    return found


def nested(connection: Connection, name: str) -> list[Tag]:
    """A tag, where it exists itself, and all that are nested in it, the outermost first."""
    rows = connection.execute(_NESTED, {"name": folded(tag_name(name))})
    return [_tag(row) for row in rows.fetchall()]


def is_seen(connection: Connection, tag: Tag) -> bool:
    """Whether a person would say that there is this tag: it is kept, or not all in the trash."""
    query = f"SELECT {_NOTES} FROM tag t WHERE id = ?"  # noqa: S608 - our own words
    row = connection.execute(query, (tag.id,)).fetchone()
    return tag.kept or bool(row and row[0])


def create(connection: Connection, name: str, description: str) -> None:
    """Add a tag that no note has yet; it is kept.

    Raises:
        TagExists: there is one of this name.
    """
    there = find(connection, name)
    if there and is_seen(connection, there):
        raise TagExists("There is a tag of this name already.", "Nothing was changed.")
    connection.execute(
        "INSERT INTO tag (name, folded, description, kept) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (folded) DO UPDATE SET name = excluded.name,"
        " description = excluded.description, kept = 1",
        (name, folded(name), description),
    )


def describe(connection: Connection, name: str, description: str) -> None:
    """Say what a tag is for; it is kept from then on.

    Raises:
        NotFound: there is no such tag.
    """
    tag = get(connection, name)
    connection.execute(
        "UPDATE tag SET description = ?, kept = 1 WHERE id = ?", (description, tag.id)
    )
    if tag.description and tag.description != description:
        chore_rows.note_edit(connection)


def paint(connection: Connection, name: str, colour: str) -> None:
    """Give a tag a colour, or (empty) none; it is kept from then on.

    Raises:
        NotFound: there is no such tag.
    """
    tag = get(connection, name)
    connection.execute("UPDATE tag SET colour = ?, kept = 1 WHERE id = ?", (colour, tag.id))


def in_texts(connection: Connection, tag_ids: Iterable[int]) -> list[int]:
    """The notes that have one of these tags in their text, by id; in the trash, too."""
    return [row[0] for row in connection.execute(_IN_TEXTS, (json.dumps(list(tag_ids)),))]


def count_notes(connection: Connection, tag_ids: Iterable[int]) -> int:
    """How many notes have one of these tags; in the trash, too."""
    row = connection.execute(
        "SELECT count(DISTINCT note_id) FROM note_tag"
        " WHERE tag_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(tag_ids)),),
    ).fetchone()
    return int(row[0]) if row else 0


def hold(connection: Connection, tag_ids: Iterable[int]) -> None:
    """Have tags stay while the texts that have them are rewritten; ``move`` lets go of them."""
    connection.execute(
        "UPDATE tag SET kept = 2 WHERE kept = 0 AND id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(tag_ids)),),
    )


def let_go(connection: Connection) -> None:
    """Hold no tag any more, after what was cut off: those that no note has are gone."""
    connection.execute(
        "DELETE FROM tag WHERE kept = 2 AND NOT EXISTS"
        " (SELECT 1 FROM note_tag WHERE tag_id = tag.id)"
    )
    connection.execute("UPDATE tag SET kept = 0 WHERE kept = 2")


def move(connection: Connection, one: Move) -> None:
    """Have a tag be called otherwise, on every note but those whose text still has it.

    With its decisions, suggestions and proposals. A tag that is there by the new name takes it in:
    its own description and colour count before those of the old one; of two decisions on one note
    the later counts. Ids stay where nothing is taken in. Doing so twice is doing so once.
    """
    old, new = find(connection, one.old), find(connection, one.new)
    if old is None:
        return
    if one.is_spelling:
        changed = (one.new, int(one.kept), old.id)
        connection.execute("UPDATE tag SET name = ?, kept = ? WHERE id = ?", changed)
        return
    left = in_texts(connection, [old.id])
    right = set(in_texts(connection, [new.id])) if new else set()
    stays, goes = (old, new) if one.is_fresh or new is None else (new, old)
    if goes:
        _pour(connection, goes.id, stays.id)
    elif not one.is_fresh:  # the first of several that become one
        connection.execute("UPDATE note_tag SET merged = 1 WHERE tag_id = ?", (stays.id,))
    _rewrite(connection, stays, one, old, new)
    _leave(connection, stays.id, old.name, left, right)
    _rename_proposals(connection, old.name, one.new)
    connection.execute(_UNUSED, (stays.id,))  # one that only notes in its text had
    chore_rows.note_edit(connection)


def standing(connection: Connection, name: str) -> Standing:
    """All there is of a tag at this moment but its texts."""
    tag = find(connection, name)
    if tag is None:
        return Standing(name, None, {}, ())
    notes = connection.execute(
        "SELECT note_id, given, in_file FROM note_tag WHERE tag_id = ?", (tag.id,)
    ).fetchall()
    decisions = connection.execute(
        "SELECT note_id, accepted, probability, score, at FROM tag_decision WHERE tag_id = ?",
        (tag.id,),
    ).fetchall()
    return Standing(name, tag, {row[0]: (row[1], row[2]) for row in notes}, tuple(decisions))


def remake(connection: Connection, was: Standing, elsewhere: Standing | None = None) -> int:
    """Have a tag be what it was, on the notes that there still are. Inside of a write.

    Args:
        connection: Inside of a write.
        was: Before it was merged or deleted.
        elsewhere: The tag that it was merged into, before that: the notes that have that one only
            because of this one lose it again. What was done since stays.

    Returns:
        How many notes have it again.
    """
    if was.tag is None:
        return 0
    tag = was.tag
    connection.execute(
        "INSERT INTO tag (name, folded, description, colour, kept) VALUES (?, ?, ?, ?, 1)"
        " ON CONFLICT (folded) DO UPDATE SET description = excluded.description,"
        " colour = excluded.colour, kept = 1",
        (tag.name, tag.folded, tag.description, tag.colour),
    )
    tag_id = get(connection, tag.name).id
    connection.executemany(
        "INSERT INTO note_tag (note_id, tag_id, given, in_file)"
        " SELECT id, ?, ?, ? FROM note WHERE id = ? AND deleted_at IS NOT 0"
        " ON CONFLICT (note_id, tag_id) DO UPDATE SET given = given OR excluded.given,"
        " in_file = in_file OR excluded.in_file",
        [(tag_id, given, in_file, note_id) for note_id, (given, in_file) in was.notes.items()],
    )
    _sweep(connection, tag_id)
    _decide_again(connection, tag_id, was)
    if elsewhere is not None:
        _take_out(connection, was, elsewhere)
    connection.execute("UPDATE tag SET kept = ? WHERE id = ?", (int(tag.kept), tag_id))
    connection.execute(_UNUSED, (tag_id,))
    return count_notes(connection, [tag_id])


def delete(connection: Connection, name: str) -> int:
    """Take a tag off all notes but those that have it in their text; returns how many had it.

    It is gone where no text has it; else it loses its description and colour.

    Raises:
        NotFound: there is no such tag.
    """
    tag = get(connection, name)
    notes = count_notes(connection, [tag.id])
    left = in_texts(connection, [tag.id])
    connection.execute("DELETE FROM tag WHERE id = ?", (tag.id,))
    connection.execute("DELETE FROM tag_proposal WHERE folded = ?", (tag.folded,))
    _leave(connection, None, tag.name, left, set())
    chore_rows.note_edit(connection)
    return notes - len(left)


def pairs(connection: Connection, most_tags: int) -> list[tuple[str, int]]:
    """Tags by name, each with a note that has it, outside of the trash.

    Args:
        connection: Inside of a read.
        most_tags: A note with more tags is left out: it says little of any two of them.
    """
    rows = connection.execute(
        "SELECT t.name, nt.note_id FROM note_tag nt JOIN tag t ON t.id = nt.tag_id"
        " WHERE nt.note_id NOT IN (SELECT id FROM note WHERE deleted_at IS NOT NULL)"
        " AND nt.note_id NOT IN"
        " (SELECT note_id FROM note_tag GROUP BY note_id HAVING count(*) > ?)",
        (most_tags,),
    )
    return [(name, note_id) for name, note_id in rows]


def _pour(connection: Connection, source: int, into: int) -> None:
    """Have one tag's notes, decisions and suggestions be another's; the first is gone then."""
    for query in (_POUR_DECISIONS, _POUR_SUGGESTIONS, _ANSWERED, _POUR_TAGS):
        connection.execute(query, (into, source))
    connection.execute("DELETE FROM tag WHERE id = ?", (source,))


def _rewrite(connection: Connection, stays: Tag, one: Move, old: Tag, new: Tag | None) -> None:
    """The row of the tag that stays: its name, and what is said of it."""
    kept = one.kept or bool(new and new.kept)
    described = (new.description if new else "") or old.description
    coloured = (new.colour if new else "") or old.colour
    connection.execute(
        "UPDATE tag SET name = ?, folded = ?, description = ?, colour = ?, kept = ? WHERE id = ?",
        (one.new, folded(one.new), described, coloured, int(kept), stays.id),
    )


def _leave(
    connection: Connection, moved: int | None, name: str, left: Sequence[int], right: set[int]
) -> None:
    """Have the notes whose text still has a tag have it for that reason alone.

    Args:
        connection: Inside of a write.
        moved: The tag that it became; None: it is gone.
        name: What it was called.
        left: Those notes.
        right: Of these, the ones whose text has the new one, too, and others of which it counts.
    """
    if not left:
        return
    connection.execute(
        "INSERT OR IGNORE INTO tag (name, folded) VALUES (?, ?)", (name, folded(name))
    )
    connection.executemany(
        "INSERT INTO note_tag (note_id, tag_id, given, in_text)"
        " SELECT ?, id, 0, 1 FROM tag WHERE folded = ?"
        " ON CONFLICT (note_id, tag_id) DO UPDATE SET in_text = 1",
        [(note_id, folded(name)) for note_id in left],
    )
    if moved is not None:
        connection.executemany(
            "UPDATE note_tag SET in_text = 0 WHERE note_id = ? AND tag_id = ?",
            [(note_id, moved) for note_id in left if note_id not in right],
        )
        _sweep(connection, moved)


def _sweep(connection: Connection, tag_id: int) -> None:
    connection.execute(
        "DELETE FROM note_tag WHERE tag_id = ? AND NOT (given OR in_text OR in_file)", (tag_id,)
    )


def _rename_proposals(connection: Connection, old: str, new: str) -> None:
    keys = (folded(new), new, folded(old))
    connection.execute(
        "UPDATE OR IGNORE tag_proposal SET folded = ?, name = ? WHERE folded = ?", keys
    )
    connection.execute("DELETE FROM tag_proposal WHERE folded = ?", keys[2:])


def _decide_again(connection: Connection, tag_id: int, was: Standing) -> None:
    for note_id, accepted, probability, score, at in was.decisions:
        connection.execute(
            "INSERT INTO tag_decision (note_id, tag_id, accepted, probability, score, at)"
            " SELECT id, ?, ?, ?, ?, ? FROM note WHERE id = ? AND deleted_at IS NOT 0"
            " ON CONFLICT (note_id, tag_id) DO NOTHING",
            (tag_id, accepted, probability, score, at, note_id),
        )


def _take_out(connection: Connection, was: Standing, elsewhere: Standing) -> None:
    """Take off the tag that another was merged into where only that other was."""
    into = find(connection, elsewhere.name)
    if into is None:
        return
    for note_id in was.notes:
        given, in_file = elsewhere.notes.get(note_id, (0, 0))
        one = (note_id, into.id)
        if not given:  # nobody takes it off by hand
            connection.execute(_FORGET_APPLIED, one)
        connection.execute(
            "UPDATE note_tag SET given = given AND ?, in_file = in_file AND ?"
            " WHERE note_id = ? AND tag_id = ? AND merged",
            (given, in_file, *one),
        )
    own = {row[0] for row in elsewhere.decisions}
    connection.executemany(
        "DELETE FROM tag_decision WHERE note_id = ? AND tag_id = ?",
        [(row[0], into.id) for row in was.decisions if row[0] not in own],
    )
    _describe_again(connection, into, was.tag, elsewhere.tag)
    _sweep(connection, into.id)
    connection.execute(_UNUSED, (into.id,))


def _describe_again(
    connection: Connection, into: Tag, merged: Tag | None, before: Tag | None
) -> None:
    """Have a tag be described as before a merge, where it still is as that left it."""
    own = (before.description, before.colour) if before else ("", "")
    brought = (merged.description, merged.colour) if merged else ("", "")
    there = (into.description, into.colour)
    left = [mine or other for mine, other in zip(own, brought, strict=True)]
    back = [mine if now == made else now for mine, now, made in zip(own, there, left, strict=True)]
    is_untouched = tuple(back) == own
    kept = bool(before and before.kept) if is_untouched else into.kept
    connection.execute(
        "UPDATE tag SET description = ?, colour = ?, kept = ? WHERE id = ?",
        (*back, int(kept), into.id),
    )


def _tag(row: Row) -> Tag:
    tag_id, name, key, description, colour, kept = row
    return Tag(tag_id, name, key, description, colour, kept == 1)
