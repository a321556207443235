"""SQL for titles that Hush gives. Plain functions, to be called inside ``Vault.read`` or ``write``.

A title that a person gave is never replaced. ``title_tried`` says for which first question of a
chat there is nothing left to try.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from assistant.notes.limits import note_title
from assistant.notes.markdown_facts import excerpt_of
from assistant.store import note_link_rows
from assistant.store.sqlcipher import Connection, Value
from assistant.text import storable

Kind = Literal["note", "chat"]

_READ: Final = 8_000
"""Characters of a text that are read for its title."""

# The first question, and the answer that follows it on the path that was written first.
_CHATS: Final = """
    SELECT c.id, q.id, c.title, substr(q.text, 1, :read), substr(a.text, 1, :read)
    FROM conversation c
        JOIN message q ON q.id = (SELECT min(id) FROM message WHERE conversation_id = c.id)
        JOIN message a ON a.id = (SELECT min(id) FROM message
            WHERE parent_id = q.id AND role = 'assistant' AND state <> 'streaming' AND text <> '')
        LEFT JOIN title_tried t ON t.kind = 'chat' AND t.id = c.id AND t.revision = q.id
    WHERE c.deleted_at IS NULL AND c.title_by = 'hush'
        AND iif(:id IS NULL, t.id IS NULL, c.id = :id)
    ORDER BY c.updated_at DESC, c.id DESC LIMIT :most
"""

# A note that is as its file is stays so: a title is nothing that the folder has to know.
_GIVE_NOTE: Final = """
    UPDATE note SET title = :title, title_by = 'hush', excerpt = :excerpt, revision = revision + 1,
        source_revision = iif(source_revision IS revision, revision + 1, source_revision)
    WHERE id = :id AND revision = :revision AND title_by <> 'person' AND deleted_at IS NULL
"""

# Others lead to it by the name that its title is.
_LINKED: Final = """
    SELECT 1 FROM note_name nn JOIN note_link l ON l.target = nn.folded
        WHERE nn.note_id = :id AND nn.origin = 'title' AND l.note_id <> :id LIMIT 1
"""

_TRIED: Final = """
    INSERT INTO title_tried (kind, id, revision) SELECT 'chat', id, ? FROM conversation WHERE id = ?
        ON CONFLICT (kind, id) DO UPDATE SET revision = excluded.revision
"""

_GIVE_CHAT: Final = """
    UPDATE conversation SET title = :title
    WHERE id = :id AND title = :before AND title_by = 'hush' AND deleted_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Untitled:
    """A note or a chat that may want a title.

    Attributes:
        kind: Which of the two.
        id: Its row.
        revision: The note's, or the id of the chat's first question: what was read.
        title: The one it has.
        text: Its beginning; of a chat the first question.
        answer: Of a chat the beginning of its first answer.
    """

    kind: Kind
    id: int
    revision: int
    title: str = field(repr=False)
    text: str = field(repr=False)
    answer: str = field(default="", repr=False)


def untitled_chats(connection: Connection, limit: int) -> list[Untitled]:
    """Chats with an answer whose title is Hush's, the newest first, those tried left out."""
    return _chats(connection, limit, None)


def answered_chat(connection: Connection, conversation_id: int) -> Untitled | None:
    """This chat, tried or not; None where it has no answer, or a title that the person gave it."""
    return next(iter(_chats(connection, 1, conversation_id)), None)


def give_note(connection: Connection, note_id: int, revision: int, title: str) -> bool:
    """Give a note a title of Hush's, unless it has changed or the person gave it one.

    When it was last changed stays: nobody wrote anything.

    Returns:
        Whether it has the title now.
    """
    title = note_title(title)
    row = connection.execute("SELECT substr(text, 1, ?) FROM note WHERE id = ?", (_READ, note_id))
    found = row.fetchone()
    if found is None or not title:
        return False
    given = connection.execute(
        _GIVE_NOTE,
        {
            "title": title,
            "excerpt": excerpt_of(found[0], title),
            "id": note_id,
            "revision": revision,
        },
    )
    if given.rowcount == 0:
        return False
    note_link_rows.name_by_title(connection, note_id, title)
    return True


def is_linked(connection: Connection, note_id: int) -> bool:
    """Whether other notes link to this one by its title: another title would cut them off."""
    return connection.execute(_LINKED, {"id": note_id}).fetchone() is not None


def give_chat(connection: Connection, conversation_id: int, before: str, title: str) -> bool:
    """Give a chat a title of Hush's in place of another one of Hush's.

    Returns:
        Whether it has the title now.
    """
    title = note_title(title)
    if not title:
        return False
    wanted: dict[str, Value] = {"title": storable(title), "before": before, "id": conversation_id}
    return connection.execute(_GIVE_CHAT, wanted).rowcount > 0


def note_tried(connection: Connection, one: Untitled) -> None:
    """Write down that there is nothing left to try for this chat."""
    connection.execute(_TRIED, (one.revision, one.id))


def _chats(connection: Connection, limit: int, conversation_id: int | None) -> list[Untitled]:
    wanted: dict[str, Value] = {"read": _READ, "most": limit, "id": conversation_id}
    return [Untitled("chat", *row) for row in connection.execute(_CHATS, wanted)]
