"""SQL for messages. Plain functions, to be called inside ``Vault.read`` or ``Vault.write``.

Messages form a tree: an edited question or a regenerated answer stands beside the earlier one,
under the same parent. An answer being written collects its text in ``chunk`` rows; every read
here puts them together, and ``finish`` does so for good. Times are milliseconds since 1970, UTC.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.asking.records import Scope
from assistant.confidence.records import Confidence
from assistant.errors import Bug, NotFound
from assistant.records import CloudMark, Message, MessageState, ReplyFigures, Role
from assistant.store import source_rows
from assistant.store.figures import decode_figures, encode_figures
from assistant.store.sqlcipher import Connection, Row
from assistant.text import storable

# Any number of messages by one statement, in the order of a JSON array of ids.
_SELECT = """
    SELECT m.id, m.conversation_id, m.parent_id, m.role, m.state,
        m.text || coalesce(
            (SELECT group_concat(c.text, '' ORDER BY c.seq) FROM chunk c WHERE c.message_id = m.id),
            ''
        ),
        m.created_at, m.figures, m.failure,
        (SELECT count(*) FROM message s WHERE s.parent_id IS m.parent_id
            AND s.conversation_id = m.conversation_id AND s.id <= m.id),
        (SELECT count(*) FROM message s WHERE s.parent_id IS m.parent_id
            AND s.conversation_id = m.conversation_id),
        m.pinned, m.scope,
        EXISTS (SELECT 1 FROM message_attachment a WHERE a.message_id = m.id),
        m.confidence, m.doubt,
        s.provider, s.host, s.model, s.at, s.body IS NOT NULL
    FROM json_each(?) AS wanted JOIN message m ON m.id = wanted.value
        LEFT JOIN cloud_sent s ON s.message_id = m.id
    ORDER BY wanted.key
"""

_WALK_UP = """
    WITH RECURSIVE up (id, parent_id, steps) AS (
        SELECT id, parent_id, 0 FROM message WHERE id = ?
        UNION ALL
        SELECT m.id, m.parent_id, up.steps + 1 FROM up JOIN message m ON m.id = up.parent_id
    )
    SELECT id FROM up ORDER BY steps DESC
"""

# A child is always newer than its parent, so the greatest id is the last one met.
_WALK_DOWN = """
    WITH RECURSIVE down (id) AS (
        SELECT id FROM message WHERE id = ?
        UNION ALL
        SELECT (SELECT max(m.id) FROM message m WHERE m.parent_id = down.id)
        FROM down WHERE down.id IS NOT NULL
    )
    SELECT max(id) FROM down
"""

_MERGE = """
    UPDATE message SET state = :state, figures = :figures, failure = :failure,
        confidence = coalesce(:confidence, confidence),
        doubt = iif(:confidence IS NULL, doubt, :doubt),
        text = text || coalesce(
            (SELECT group_concat(c.text, '' ORDER BY c.seq) FROM chunk c
                WHERE c.message_id = message.id),
            ''
        )
    WHERE state = 'streaming' AND (:id IS NULL OR id = :id)
"""


def get(connection: Connection, message_id: int) -> Message:
    """Read one message; one still being written with its text so far.

    Raises:
        NotFound: there is none with this id.
    """
    found = _read(connection, [message_id])
    if not found:
        raise _not_found()
    return found[0]


def path(connection: Connection, conversation_id: int) -> tuple[Message, ...]:
    """Read what a conversation shows, from its first message to its head.

    Raises:
        NotFound: there is no such conversation.
    """
    row = connection.execute(
        "SELECT head_id FROM conversation WHERE id = ?", (conversation_id,)
    ).fetchone()
    if row is None:
        raise NotFound("This conversation does not exist any more.")
    return () if row[0] is None else ancestors(connection, row[0])


def ancestors(connection: Connection, message_id: int) -> tuple[Message, ...]:
    """Read a message and all above it, the first of the conversation first.

    Raises:
        NotFound: there is none with this id.
    """
    ids = [row[0] for row in connection.execute(_WALK_UP, (message_id,))]
    if not ids:
        raise _not_found()
    return _read(connection, ids)


def sibling(connection: Connection, message_id: int, step: int) -> int | None:
    """The id of the variant ``step`` places later (negative: earlier), or None past the end.

    Raises:
        NotFound: there is none with this id.
    """
    rows = connection.execute(
        "SELECT s.id FROM message m JOIN message s"
        " ON s.parent_id IS m.parent_id AND s.conversation_id = m.conversation_id"
        " WHERE m.id = ? ORDER BY s.id",
        (message_id,),
    )
    ids = [row[0] for row in rows]
    if not ids:
        raise _not_found()
    place = ids.index(message_id) + step
    return ids[place] if 0 <= place < len(ids) else None


def newest_leaf(connection: Connection, message_id: int) -> int:
    """The end of the path that follows the newest child at each fork, from this message down.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(_WALK_DOWN, (message_id,)).fetchone()
    if row is None or row[0] is None:
        raise _not_found()
    return int(row[0])


def add_question(
    connection: Connection,
    conversation_id: int,
    parent_id: int | None,
    text: str,
    now: int,
    scope: Scope | None = None,
) -> Message:
    """Add what the person wrote, complete. The conversation's head stays where it is.

    Args:
        connection: Inside of a write.
        conversation_id: Where to add it.
        parent_id: The message it follows; None for a conversation's first.
        text: May be long; lone surrogates become U+FFFD.
        now: Time of writing.
        scope: What it is asked of; None: of nothing but the model.

    Raises:
        NotFound: no such conversation, or the parent is not in it.
    """
    message = _Adding(Role.USER, MessageState.COMPLETE, text, scope)
    return _add(connection, conversation_id, parent_id, message, now)


def add_answer(
    connection: Connection,
    conversation_id: int,
    parent_id: int,
    now: int,
    scope: Scope | None = None,
) -> Message:
    """Add an empty answer in state ``STREAMING``. The conversation's head stays where it is.

    Raises:
        NotFound: no such conversation, or the question is not in it.
    """
    message = _Adding(Role.ASSISTANT, MessageState.STREAMING, "", scope)
    return _add(connection, conversation_id, parent_id, message, now)


def append_chunk(connection: Connection, message_id: int, seq: int, text: str) -> None:
    """Append to an answer that is being written.

    Args:
        connection: Inside of a write.
        message_id: The answer.
        seq: Its place among the answer's chunks: ``next_seq``, then one more each time.
        text: The piece.

    Raises:
        NotFound: no such message, it is no longer being written, or a chunk before this one is
            missing: what is stored is always a beginning, never a text with a hole.
    """
    added = connection.execute(
        "INSERT INTO chunk (message_id, seq, text)"
        " SELECT id, :seq, :text FROM message WHERE id = :id AND state = 'streaming'"
        " AND :seq = (SELECT coalesce(max(seq) + 1, 0) FROM chunk WHERE message_id = :id)",
        {"seq": seq, "text": storable(text), "id": message_id},
    )
    if added.rowcount == 0:
        raise _not_being_written()


def next_seq(connection: Connection, message_id: int) -> int:
    """The place of an answer's next chunk; 0 for its first."""
    row = connection.execute(
        "SELECT coalesce(max(seq) + 1, 0) FROM chunk WHERE message_id = ?", (message_id,)
    ).fetchone()
    return int(row[0]) if row else 0


def reopen(connection: Connection, message_id: int) -> Message:
    """Go on with a finished answer: its text stays, its figures and failure do not.

    Raises:
        NotFound: no such answer, or it is being written already.
    """
    changed = connection.execute(
        "UPDATE message SET state = 'streaming', figures = NULL, failure = ''"
        " WHERE id = ? AND role = 'assistant' AND state <> 'streaming'",
        (message_id,),
    )
    if changed.rowcount == 0:
        raise NotFound("There is no finished answer to continue.")
    return get(connection, message_id)


def finish(
    connection: Connection,
    message_id: int,
    state: MessageState,
    figures: ReplyFigures | None = None,
    failure: str = "",
    confidence: Confidence | None = None,
) -> Message:
    """End an answer: put its chunks together in order, for good.

    Args:
        connection: Inside of a write.
        message_id: The answer.
        state: Any but ``STREAMING``.
        figures: Numbers about it, where there are any.
        failure: The error's code where ``state`` is ``FAILED``.
        confidence: How far it can be trusted; None: what was known of that stays.

    Raises:
        NotFound: no such message, or it is no longer being written.
    """
    if state is MessageState.STREAMING:
        raise Bug("An answer cannot end in the state of being written.")
    changed = connection.execute(
        _MERGE,
        {
            "id": message_id,
            "state": state.value,
            "figures": encode_figures(figures),
            "failure": failure,
            "confidence": confidence.probability if confidence else None,
            "doubt": confidence.doubt.value if confidence else "",
        },
    )
    if changed.rowcount == 0:
        raise _not_being_written()
    connection.execute("DELETE FROM chunk WHERE message_id = ?", (message_id,))
    return get(connection, message_id)


def pin(connection: Connection, message_id: int, *, pinned: bool) -> Message:
    """Note whether a message stays in what the model sees when earlier ones leave it.

    Raises:
        NotFound: there is none with this id.
    """
    connection.execute("UPDATE message SET pinned = ? WHERE id = ?", (int(pinned), message_id))
    return get(connection, message_id)


def interrupt_leftovers(connection: Connection) -> int:
    """End every answer that is still being written: for the start, when nobody can be at it.

    Returns:
        How many there were.
    """
    state = MessageState.INTERRUPTED.value
    parameters = {"id": None, "state": state, "figures": None, "failure": ""}
    unsaid = {"confidence": None, "doubt": ""}
    ended = connection.execute(_MERGE, {**parameters, **unsaid}).rowcount
    connection.execute("DELETE FROM chunk")  # only answers being written have any
    return ended


@dataclass(frozen=True, slots=True)
class _Adding:
    """A message that is being added."""

    role: Role
    state: MessageState
    text: str = field(repr=False)
    scope: Scope | None


def _add(
    connection: Connection,
    conversation_id: int,
    parent_id: int | None,
    message: _Adding,
    now: int,
) -> Message:
    added = connection.execute(
        "INSERT INTO message (conversation_id, parent_id, role, state, text, created_at, scope)"
        " SELECT id, :parent, :role, :state, :text, :now, :scope FROM conversation"
        " WHERE id = :conversation AND (:parent IS NULL OR EXISTS"
        " (SELECT 1 FROM message WHERE id = :parent AND conversation_id = :conversation))",
        {
            "conversation": conversation_id,
            "parent": parent_id,
            "role": message.role.value,
            "state": message.state.value,
            "text": storable(message.text),
            "now": now,
            "scope": storable(message.scope.stored) if message.scope else "",
        },
    )
    if added.rowcount == 0:
        raise NotFound("This conversation, or the message to follow, does not exist any more.")
    return get(connection, added.lastrowid)


def _read(connection: Connection, ids: Sequence[int]) -> tuple[Message, ...]:
    rows = list(connection.execute(_SELECT, (json.dumps(ids),)))
    messages = tuple(_message(row) for row in rows)
    asked = [message.id for message in messages if message.scope]
    bearing = [row[0] for row in rows if row[13]]
    return _with_given(connection, messages, asked, bearing) if asked or bearing else messages


def _with_given(
    connection: Connection,
    messages: Sequence[Message],
    asked: Sequence[int],
    bearing: Sequence[int],
) -> tuple[Message, ...]:
    """Messages with what they rest on, and what came with them.

    Args:
        connection: Of the same moment.
        messages: Without that.
        asked: Those that were asked of notes, and their answers.
        bearing: Those with attachments.
    """
    attached = source_rows.attached(connection, bearing)
    sources = source_rows.sources(connection, asked)
    citations = source_rows.citations(connection, asked)
    return tuple(
        replace(
            message,
            sources=sources.get(message.id, ()),
            citations=citations.get(message.id, ()),
            attached=attached.get(message.id, ()),
        )
        for message in messages
    )


def _message(row: Row) -> Message:
    return Message(
        id=row[0],
        conversation_id=row[1],
        parent_id=row[2],
        role=Role(row[3]),
        state=MessageState(row[4]),
        text=row[5],
        created_at=row[6],
        figures=decode_figures(row[7]),
        failure=row[8],
        variant=row[9],
        variants=row[10],
        pinned=bool(row[11]),
        scope=Scope.parse(row[12]),
        confidence=row[14],
        doubt=row[15],
        cloud=_mark(row[16:]),
    )


def _mark(row: Row) -> CloudMark | None:
    """Who wrote it, where it came from elsewhere."""
    provider, host, model, at, is_kept = row
    return None if provider is None else CloudMark(provider, host, model, at, bool(is_kept))


def _not_found() -> NotFound:
    return NotFound("This message does not exist any more.")


def _not_being_written() -> NotFound:
    return NotFound("This answer is no longer being written.")
