"""SQL for imports: which runs are under way, and what is known of where things are from.

Plain functions, to be called inside ``Vault.read`` or ``Vault.write``. Times are milliseconds
since 1970, UTC; hashes are SHA-256 of a file's bytes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from assistant.errors import NotFound
from assistant.records import Role
from assistant.store import chore_rows
from assistant.store.note_rows import folder_tag_in
from assistant.store.sqlcipher import Connection

# Each half has the condition of its partial index: without it, every note would be read.
_PLACES = """
    SELECT n.source, n.source_hash, f.folder, f.path, f.run_id IS NULL
        FROM note n LEFT JOIN import_file f ON f.note_id = n.id
        WHERE n.source <> '' AND n.source IN (SELECT value FROM json_each(:sources))
    UNION
    SELECT n.source, n.source_hash, f.folder, f.path, f.run_id IS NULL
        FROM note n LEFT JOIN import_file f ON f.note_id = n.id
        WHERE n.source_hash IS NOT NULL
            AND n.source_hash IN (SELECT unhex(value) FROM json_each(:hashes))
"""

_REMEMBER = """
    INSERT INTO import_file (folder, path, hash, note_id, run_id)
        SELECT :folder, :path, :hash, id, :run FROM note WHERE id = :note
    ON CONFLICT (folder, path) DO UPDATE SET
        hash = excluded.hash, note_id = excluded.note_id,
        run_id = coalesce(excluded.run_id, run_id)
"""

_TIE = """
    UPDATE note SET source = :source, source_hash = :hash, source_revision = :revision,
        front_matter = :front
    WHERE id = :id AND source = ''
"""


MOST_REPORTS: Final = 5
"""Of imports that ended: who wants an earlier one imports the same again."""

# What is not there yet is no JSON, and has not ended.
_RUNS = """
    SELECT id, path, started_at, report FROM import_run
        WHERE (iif(json_valid(report), ifnull(json_extract(report, '$.ended'), 0), 0) > 0) = ?
        ORDER BY started_at DESC, id DESC
"""

_NAMING: Final = ("skipped", "remarks")  # what of a report holds names and sentences

_RUN_IDS = (("import_run", "id"), ("import_file", "run_id"), ("import_conversation", "run_id"))


@dataclass(frozen=True, slots=True)
class RunRow:
    """An import that was begun and has not ended. ``report`` is the importer's own JSON."""

    id: int
    path: str = field(repr=False)
    started_at: int
    report: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that was seen before, as it was then.

    ``source`` is what its note calls it: its path, unless another folder's file had that already.
    ``folder_tag`` is the tag that it has because of its folder; empty: none.
    """

    hash: bytes
    run_id: int | None
    source: str = field(repr=False)
    in_trash: bool
    note_id: int
    folder_tag: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a note's file was seen. ``folder`` and ``path`` are empty where it never was.

    ``is_export`` says that an export wrote it there, and no import came past it since.
    """

    source: str = field(repr=False)
    hash: bytes | None = field(repr=False)
    folder: str = field(repr=False)
    path: str = field(repr=False)
    is_export: bool = False


def begin(connection: Connection, run_id: int, path: str, now: int) -> None:
    """Note that an import begins."""
    connection.execute(
        "INSERT INTO import_run (id, path, started_at) VALUES (?, ?, ?)", (run_id, path, now)
    )


def adopt(connection: Connection, run_id: int, path: str) -> RunRow | None:
    """Give an import of this path that was cut off another id, under which it is gone on with.

    Returns:
        It, or None where there is none.
    """
    found = next((row for row in unfinished(connection) if row.path == path), None)
    if found is None:
        return None
    for table, column in _RUN_IDS:
        connection.execute(
            f"UPDATE {table} SET {column} = ? WHERE {column} = ?",  # noqa: S608 - our own names
            (run_id, found.id),
        )
    return replace(found, id=run_id)


def report_so_far(connection: Connection, run_id: int, report: str) -> None:
    """Write down how far an import is, in the transaction of what it adds."""
    connection.execute("UPDATE import_run SET report = ? WHERE id = ?", (report, run_id))


def finish(connection: Connection, run_id: int, report: str) -> None:
    """Note that an import has come to its end, and keep its report; older ones give way.

    Args:
        connection: Inside of a write.
        run_id: The import's.
        report: A JSON object; its ``ended`` is above 0.
    """
    report_so_far(connection, run_id, report)
    for row in ended(connection)[MOST_REPORTS:]:
        forget(connection, row.id)


def forget(connection: Connection, run_id: int) -> None:
    """Forget an import, and its report: nobody wants it to go on, or to be read again."""
    connection.execute("DELETE FROM import_run WHERE id = ?", (run_id,))
    chore_rows.note_edit(connection)  # it named files


def leave_out(connection: Connection, paths: Collection[str]) -> None:
    """Have no report name these files any more: their notes are deleted for good.

    What was counted of them stays counted. A scrub is due then; see ``chore_rows``.
    """
    for run_id, written in connection.execute("SELECT id, report FROM import_run").fetchall():
        try:
            report = json.loads(written)
        except ValueError:  # nothing is in yet
            continue
        for key in _NAMING:
            named = report.get(key)
            if isinstance(named, dict):  # of one that has not ended
                report[key] = {name: why for name, why in named.items() if name not in paths}
            elif named:
                report[key] = [item for item in named if item[0] not in paths]
        report_so_far(connection, run_id, json.dumps(report))


def unfinished(connection: Connection) -> list[RunRow]:
    """Imports that have not ended, the latest first."""
    return [RunRow(*row) for row in connection.execute(_RUNS, (0,))]


def ended(connection: Connection) -> list[RunRow]:
    """Imports that have, the latest first."""
    return [RunRow(*row) for row in connection.execute(_RUNS, (1,))]


def run(connection: Connection, run_id: int) -> RunRow:
    """One of them.

    Raises:
        NotFound: it ended, or never was.
    """
    found = [row for row in unfinished(connection) if row.id == run_id]
    if not found:
        raise NotFound("This import has ended.")
    return found[0]


def known_files(connection: Connection, folder: str) -> dict[str, KnownFile]:
    """The files of a folder that were seen before, by path."""
    rows = connection.execute(
        "SELECT f.path, f.hash, f.run_id, n.source, n.deleted_at IS NOT NULL, n.id,"
        " n.source_form FROM import_file f JOIN note n ON n.id = f.note_id WHERE f.folder = ?",
        (folder,),
    )
    return {
        row[0]: KnownFile(row[1], row[2], row[3], bool(row[4]), row[5], folder_tag_in(row[6]))
        for row in rows
    }


def forget_files(connection: Connection, folder: str, paths: Sequence[str]) -> None:
    """Forget files that a folder has no longer. Their notes stay."""
    connection.execute(
        "DELETE FROM import_file WHERE folder = ? AND path IN (SELECT value FROM json_each(?))",
        (folder, json.dumps(list(paths))),
    )


def places(connection: Connection, sources: Sequence[str], hashes: Sequence[bytes]) -> list[Place]:
    """Where the files of notes with these sources, or these bytes, were seen."""
    wanted = {
        "sources": json.dumps(list(sources)),
        "hashes": json.dumps([digest.hex() for digest in hashes]),
    }
    return [
        Place(row[0], row[1], row[2] or "", row[3] or "", bool(row[4]))
        for row in connection.execute(_PLACES, wanted)
    ]


def remember(
    connection: Connection, folder: str, path: str, digest: bytes, note_id: int, run_id: int | None
) -> None:
    """Note which note a file is, if that is still there. ``run_id`` is None for an export."""
    connection.execute(
        _REMEMBER,
        {"folder": folder, "path": path, "hash": digest, "note": note_id, "run": run_id},
    )


def see_again(connection: Connection, folder: str, path: str, run_id: int) -> None:
    """Note that a run came past a file that it found unchanged."""
    connection.execute(
        "UPDATE import_file SET run_id = ? WHERE folder = ? AND path = ?", (run_id, folder, path)
    )


def tie(
    connection: Connection,
    note_id: int,
    revision: int,
    source: str,
    digest: bytes,
    front_matter: str,
) -> None:
    """Have a note that was written in Hush follow the file that an export made of it.

    So a change that another program makes to that file comes back with the next import, as it
    does for a note that was imported.

    Args:
        connection: Inside of a write.
        note_id: The note.
        revision: The one that is in the file; the note may have been changed since.
        source: The file's path.
        digest: SHA-256 of its bytes.
        front_matter: The YAML at its head.
    """
    connection.execute(
        _TIE,
        {
            "source": source,
            "hash": digest,
            "revision": revision,
            "front": front_matter,
            "id": note_id,
        },
    )


def sources(connection: Connection) -> list[str]:
    """The paths of all files that notes outside of the trash are from."""
    rows = connection.execute("SELECT source FROM note WHERE source <> '' AND deleted_at IS NULL")
    return [row[0] for row in rows]


def whole_chat(
    connection: Connection, conversation_id: int
) -> tuple[int | None, list[dict[str, Any]]]:
    """A conversation's head, and all its messages, every variant, in the order of their ids.

    One that was deleted meanwhile has none.
    """
    head = connection.execute(
        "SELECT head_id FROM conversation WHERE id = ?", (conversation_id,)
    ).fetchone()
    rows = connection.execute(
        "SELECT id, parent_id, role, state, text, created_at FROM message"
        " WHERE conversation_id = ? ORDER BY id",
        (conversation_id,),
    )
    names = ("id", "parent_id", "role", "state", "text", "created_at")
    return (head[0] if head else None), [dict(zip(names, row, strict=True)) for row in rows]


def tags_of_run(connection: Connection, run_id: int) -> int:
    """How many tags the notes have that a run came past."""
    row = connection.execute(
        "SELECT count(DISTINCT t.tag_id) FROM import_file f JOIN note_tag t USING (note_id)"
        " WHERE f.run_id = ?",
        (run_id,),
    ).fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True)
class KnownChat:
    """A conversation that was imported before. ``hash`` is of what it said then."""

    conversation_id: int
    hash: bytes
    run_id: int | None


def chat(connection: Connection, key: bytes) -> KnownChat | None:
    """What is known of another program's conversation; None where it is new, or was deleted."""
    row = connection.execute(
        "SELECT i.conversation_id, i.hash, i.run_id FROM import_conversation i"
        " JOIN conversation c ON c.id = i.conversation_id"
        " WHERE i.key = ? AND c.deleted_at IS NULL",
        (key,),
    ).fetchone()
    return KnownChat(*row) if row else None


def remember_chat(
    connection: Connection, key: bytes, digest: bytes, conversation_id: int, run_id: int
) -> None:
    """Note which conversation another program's is, and what it said.

    An empty ``digest`` says that it is not all there yet.
    """
    connection.execute(
        "INSERT OR REPLACE INTO import_conversation (key, hash, conversation_id, run_id)"
        " VALUES (?, ?, ?, ?)",
        (key, digest, conversation_id, run_id),
    )


def message(connection: Connection, key: bytes, conversation_id: int) -> int | None:
    """The message of this conversation that was imported under this key, if there is one."""
    row = connection.execute(
        "SELECT i.message_id FROM import_message i JOIN message m ON m.id = i.message_id"
        " WHERE i.key = ? AND m.conversation_id = ?",
        (key, conversation_id),
    ).fetchone()
    return int(row[0]) if row else None


def add_message(
    connection: Connection,
    key: bytes,
    conversation_id: int,
    parent_id: int | None,
    role: Role,
    text: str,
    at: int,
) -> int:
    """Add a message that another program has; complete, and clean already.

    Returns:
        Its id.
    """
    added = connection.execute(
        "INSERT INTO message (conversation_id, parent_id, role, state, text, created_at)"
        " VALUES (?, ?, ?, 'complete', ?, ?)",
        (conversation_id, parent_id, role.value, text, at),
    ).lastrowid
    connection.execute(
        "INSERT OR REPLACE INTO import_message (key, message_id) VALUES (?, ?)", (key, added)
    )
    return added
