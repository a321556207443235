"""What the golden profiles hold, and how it is read back whatever the schema."""

from __future__ import annotations

from typing import Any, Final

from assistant.records import FinishReason, MessageState, ReplyFigures
from assistant.store import conversation_rows as conversations
from assistant.store import draft_rows as drafts
from assistant.store import message_rows as messages
from assistant.store import summary_rows as summaries
from assistant.store.sqlcipher import Connection

PASSPHRASE: Final = "golden profile, nothing secret"
MADE: Final = 1_790_000_000_000
"""When the first row was written; each later one a second after the one before."""

_FIGURES = ReplyFigures("a small model", 12, 4, 9, 180.5, 21.25, 4_096, 0, 0, FinishReason.STOP)
# Written out as escapes where an editor would show it in another order, or not at all.
_RIGHT_TO_LEFT = "\u0634\u0644\u0648\u0645 \u05e9\u05dc\u05d5\u05dd, mixed with \u200fmarks\u200e"
_EMOJI = "\U0001f469\U0001f3fd\u200d\U0001f680 and \U0001f1f5\U0001f1f9, cafe\u0301, \u6771\u4eac"


def write(connection: Connection) -> None:
    """Fill an empty vault with one of everything that the schema can hold."""
    first = _variants(connection)
    _unicode_and_unfinished(connection)
    _deleted(connection)
    drafts.write(connection, None, "A chat that has not \u2026")
    drafts.write(connection, first, "And what do I leave at home?")
    _summary_and_pins(connection)
    _metrics(connection)


def read(connection: Connection) -> dict[str, Any]:
    """All that the person would miss, as plain JSON values; chunks joined to their message.

    Reads every schema: what a later one added is left out where it is not there yet.
    """
    return {**_conversations(connection), **_drafts(connection), **_figures(connection)}


def _is_there(connection: Connection, table: str) -> bool:
    query = "SELECT 1 FROM sqlite_schema WHERE name = ?"
    return connection.execute(query, (table,)).fetchone() is not None


def _drafts(connection: Connection) -> dict[str, Any]:
    found = drafts.read_all(connection) if _is_there(connection, "draft") else {}
    return {"drafts": {str(place): text for place, text in found.items()}} if found else {}


def _figures(connection: Connection) -> dict[str, Any]:
    found = {
        table: [list(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608 - our own names
        for table in ("reply_metric", "mode_change")
        if _is_there(connection, table)
    }
    return {table: rows for table, rows in found.items() if rows}


def _conversations(connection: Connection) -> dict[str, Any]:
    rows = connection.execute(
        "SELECT id, title, title_by, head_id, created_at, updated_at, deleted_at"
        " FROM conversation ORDER BY id"
    )
    names = ("id", "title", "title_by", "head", "created", "updated", "deleted")
    return {
        "conversations": [
            {**dict(zip(names, row, strict=True)), "messages": _messages(connection, row[0])}
            for row in rows.fetchall()
        ]
    }


def _messages(connection: Connection, conversation_id: int) -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT id, parent_id, role, state, text, created_at, figures, failure FROM message"
        " WHERE conversation_id = ? ORDER BY id",
        (conversation_id,),
    )
    names = ("id", "parent", "role", "state", "text", "created", "figures", "failure")
    found = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    for message in found:
        pieces = connection.execute(
            "SELECT text FROM chunk WHERE message_id = ? ORDER BY seq", (message["id"],)
        )
        message["text"] += "".join(piece for (piece,) in pieces)
        message |= _summary_and_pin(connection, message["id"])
    return found


def _summary_and_pin(connection: Connection, message_id: int) -> dict[str, Any]:
    """Only where there is one."""
    if not _is_there(connection, "summary"):
        return {}
    row = connection.execute(
        "SELECT m.pinned, s.text FROM message m LEFT JOIN summary s ON s.message_id = m.id"
        " WHERE m.id = ?",
        (message_id,),
    ).fetchone()
    pinned, summary = row or (0, None)
    return ({"pinned": True} if pinned else {}) | ({"summary": summary} if summary else {})


def _variants(connection: Connection) -> int:
    """A question with two answers, edited, and answered again: what is shown is the last path.

    Returns:
        The conversation's id.
    """
    made = conversations.create(connection, "Packing", MADE).id
    asked = messages.add_question(connection, made, None, "What do I pack?", MADE + 1_000).id
    for text, at in (("A *towel*.", 2_000), ("Two towels,\n\n```\nand code\n```", 3_000)):
        answer = messages.add_answer(connection, made, asked, MADE + at).id
        messages.append_chunk(connection, answer, 0, text)
        messages.finish(connection, answer, MessageState.COMPLETE, _FIGURES)
    edited = messages.add_question(connection, made, None, "What for a week?", MADE + 4_000).id
    answer = messages.add_answer(connection, made, edited, MADE + 5_000).id
    messages.append_chunk(connection, answer, 0, "Seven of ever")
    messages.finish(connection, answer, MessageState.STOPPED)
    conversations.set_head(connection, made, answer)
    conversations.rename(connection, made, "Packing for Lisbon", "person", MADE + 6_000)
    return made


def _unicode_and_unfinished(connection: Connection) -> None:
    """All kinds of text; a failed answer; and one whose process ended while it was written."""
    made = conversations.create(connection, f"Stra\u00dfe {_EMOJI}", MADE + 10_000).id
    first = messages.add_question(connection, made, None, _RIGHT_TO_LEFT, MADE + 11_000).id
    failed = messages.add_answer(connection, made, first, MADE + 12_000).id
    messages.append_chunk(connection, failed, 0, _EMOJI)
    messages.finish(connection, failed, MessageState.FAILED, None, "engine-died")
    second = messages.add_question(connection, made, failed, "Go on.\n\ttab \u2028", MADE + 13_000)
    unfinished = messages.add_answer(connection, made, second.id, MADE + 14_000).id
    for seq, piece in enumerate(("The first piece, ", "the second, ", "and no third \U0001f4a4")):
        messages.append_chunk(connection, unfinished, seq, piece)
    conversations.set_head(connection, made, unfinished)
    conversations.touch(connection, made, MADE + 14_000)


def _deleted(connection: Connection) -> None:
    """Marked deleted, not purged yet."""
    made = conversations.create(connection, "Thrown away", MADE + 20_000).id
    asked = messages.add_question(connection, made, None, "Forget this.", MADE + 21_000).id
    conversations.set_head(connection, made, asked)
    conversations.mark_deleted(connection, made, MADE + 22_000)


def _summary_and_pins(connection: Connection) -> None:
    """A conversation whose first exchange is summarised; a question and an answer are pinned."""
    made = conversations.create(connection, "Tomatoes", MADE + 7_000).id
    parent, at = None, MADE + 7_000
    for question, reply in (
        ("My balcony faces north.", "Then lettuce does better."),
        ("My cat is called Otto.", f"Lettuce is safe for Otto {_EMOJI}."),
        ("When do I sow?", "In April."),
    ):
        asked = messages.add_question(connection, made, parent, question, at).id
        parent = messages.add_answer(connection, made, asked, at + 1_000).id
        messages.append_chunk(connection, parent, 0, reply)
        messages.finish(connection, parent, MessageState.COMPLETE, _FIGURES)
        messages.pin(connection, asked, pinned="Otto" in question)
        messages.pin(connection, parent, pinned="north" not in question and "sow" not in question)
        if "north" in question:
            summaries.put(connection, parent, f"The balcony faces north. {_RIGHT_TO_LEFT}")
        at += 2_000
    assert parent is not None
    conversations.set_head(connection, made, parent)


def _metrics(connection: Connection) -> None:
    """Numbers about two replies, on mains and on battery, and about the mode between them."""
    for at, mode, used in ((MADE + 40_000, "full", None), (MADE + 42_000, "throttled", 0.25)):
        connection.execute(
            "INSERT INTO reply_metric (at, model, mode, prompt_tokens, reused_tokens,"
            " reply_tokens, first_token_ms, tokens_per_second, memory_bytes, battery_used)"
            " VALUES (?, 'a small model', ?, 120, 96, 40, 85.5, 61.25, 300000000, ?)",
            (at, mode, used),
        )
    connection.execute(
        "INSERT INTO mode_change (at, mode, reason) VALUES (?, 'throttled', 'hot')",
        (MADE + 41_000,),
    )
