"""What the golden profiles hold, and how it is read back whatever the schema."""

from __future__ import annotations

from typing import Any, Final

from assistant.asking.records import Attachment, Citation, Scope, ScopeKind, Source
from assistant.cloud.records import Divergence, Provider, Sent, Topic
from assistant.notes.records import TitleBy
from assistant.records import FinishReason, MessageState, ReplyFigures
from assistant.redaction.records import Sort, Swap, Table
from assistant.store import cloud_rows as cloud
from assistant.store import conversation_rows as conversations
from assistant.store import draft_rows as drafts
from assistant.store import message_rows as messages
from assistant.store import note_link_rows as links
from assistant.store import note_rows as notes
from assistant.store import note_trash_rows as trash
from assistant.store import revision_rows as revisions
from assistant.store import source_rows as sources
from assistant.store import summary_rows as summaries
from assistant.store import tag_label_rows as labels
from assistant.store import tag_manager_rows as tag_manager
from assistant.store import tag_rows as tags
from assistant.store import tag_suggestion_rows as suggestions
from assistant.store import transfer_rows as transfers
from assistant.store.sqlcipher import Connection

PASSPHRASE: Final = "golden profile, nothing secret"
LEDGER_KEY: Final = bytes(range(32))
"""What the ledger is signed with, in place of a key derived from the vault's."""

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
    asked_of = _notes(connection)
    _asked_of_notes(connection, asked_of)
    _tags(connection, asked_of)
    _network(connection)
    _cloud(connection)


def read(connection: Connection) -> dict[str, Any]:
    """All that the person would miss, as plain JSON values; chunks joined to their message.

    Reads every schema: what a later one added is left out where it is not there yet.
    """
    return {
        **_conversations(connection),
        **_drafts(connection),
        **_figures(connection),
        **_notes_held(connection),
        **_tags_held(connection),
        **_network_held(connection),
        **_cloud_held(connection),
    }


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


def _notes_held(connection: Connection) -> dict[str, Any]:
    if not _is_there(connection, "note"):
        return {}
    rows = connection.execute(
        "SELECT id, title, title_by, text, revision, pinned, created_at, updated_at, deleted_at,"
        " source, hex(source_hash), source_form, source_revision, front_matter"
        " FROM note ORDER BY id"
    )
    names = (
        *("id", "title", "title_by", "text", "revision", "pinned", "created", "updated"),
        *("deleted", "source", "hash", "form", "source_revision", "front_matter"),
    )
    found = [
        {
            **dict(zip(names, row, strict=True)),
            "tags": list(tags.of_note(connection, row[0])),
            "tags_beside_text": list(tags.beside_text(connection, row[0])),
            "links": links.links(connection, row[0]),
            "linked_from": sorted(links.linking(connection, row[0])),
            "attachments": list(links.attachments(connection, row[0])),
            "earlier": [
                [line.revision, line.at, revisions.text(connection, row[0], line.revision)]
                for line in revisions.lines(connection, row[0])
            ],
        }
        for row in rows.fetchall()
    ]
    return {"notes": found} if found else {}


def _tags_held(connection: Connection) -> dict[str, Any]:
    """What is known of tags beside the notes that have them; only what there is of it."""
    if not _is_there(connection, "tag_decision"):
        return {}
    queries = {
        "tags": "SELECT name, description, colour, kept FROM tag WHERE kept ORDER BY folded",
        "tag_decisions": "SELECT d.note_id, t.name, accepted, probability, score, at"
        " FROM tag_decision d JOIN tag t ON t.id = d.tag_id ORDER BY d.note_id, t.folded",
        "tag_proposals": "SELECT * FROM tag_proposal ORDER BY note_id, folded",
        "tag_runs": "SELECT * FROM tag_run ORDER BY id",
        "tag_suggestions": "SELECT s.note_id, t.name, probability, score, run_id, state, at"
        " FROM tag_suggestion s JOIN tag t ON t.id = s.tag_id ORDER BY s.note_id, t.folded",
        "tag_state": "SELECT key, hex(data) FROM tag_state ORDER BY key",
        "confidence": "SELECT id, confidence, doubt FROM message"
        " WHERE confidence IS NOT NULL OR doubt <> '' ORDER BY id",
        "titles_tried": "SELECT * FROM title_tried ORDER BY kind, id",
    }
    found = {
        name: [list(row) for row in connection.execute(query).fetchall()]
        for name, query in queries.items()
    }
    return {name: rows for name, rows in found.items() if rows}


def _network_held(connection: Connection) -> dict[str, Any]:
    """The ledger, whether it is as it was written, and figures of models; what there is of it."""
    if not _is_there(connection, "transfer"):
        return {}
    queries = {
        "transfers": "SELECT seq, phase, transfer_id, at, purpose, host, what, approval_id,"
        " approved_by, payload_sha256, bytes_out, bytes_in, result FROM transfer ORDER BY seq",
        "comparisons": "SELECT * FROM comparison ORDER BY id",
        "bench_runs": "SELECT * FROM bench_run ORDER BY id",
    }
    found = {
        name: [list(row) for row in connection.execute(query).fetchall()]
        for name, query in queries.items()
    }
    held: dict[str, Any] = {name: rows for name, rows in found.items() if rows}
    if held.get("transfers"):
        held["ledger_intact"] = transfers.check(connection, LEDGER_KEY).first_bad is None
    return held


def _cloud_held(connection: Connection) -> dict[str, Any]:
    """Who can be asked, what was sent and what waits; what there is of it."""
    if not _is_there(connection, "cloud_provider"):
        return {}
    queries = {
        "cloud_providers": "SELECT * FROM cloud_provider ORDER BY id",
        "cloud_sent": "SELECT message_id, at, approval_id, payload_sha256, provider_id, provider,"
        " host, model, size, hex(body), swapped FROM cloud_sent ORDER BY message_id",
        "cloud_waiting": "SELECT * FROM cloud_waiting ORDER BY id",
        "cloud_divergences": "SELECT * FROM cloud_divergence ORDER BY cloud_id",
        "cloud_hidden_words": "SELECT * FROM cloud_hidden_word ORDER BY folded",
    }
    found = {
        name: [list(row) for row in connection.execute(query).fetchall()]
        for name, query in queries.items()
    }
    return {name: rows for name, rows in found.items() if rows}


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
        message |= _of_notes(connection, message["id"])
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


def _of_notes(connection: Connection, message_id: int) -> dict[str, Any]:
    """Only where it was asked of notes, or something came with it."""
    if not _is_there(connection, "message_source"):
        return {}
    queries = {
        "scope": "SELECT scope FROM message WHERE id = ? AND scope <> ''",
        "sources": "SELECT * FROM message_source WHERE message_id = ? ORDER BY number",
        "citations": "SELECT * FROM message_citation WHERE message_id = ? ORDER BY place, number",
        "attachments": "SELECT * FROM message_attachment WHERE message_id = ? ORDER BY id",
    }
    found = {
        name: [list(row) for row in connection.execute(query, (message_id,)).fetchall()]
        for name, query in queries.items()
    }
    return {name: rows for name, rows in found.items() if rows}


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


def _notes(connection: Connection) -> int:
    """Written, imported, tagged, linked, pinned, changed, in conflict, in the trash.

    Returns:
        The id of one that is imported.
    """
    plan = "# Balcony\n\nLettuce, see [[Seeds|what I have]] and [[nowhere]]. #garden/spring\n"
    first = notes.create(connection, plan, "", ("To do",), MADE + 50_000)
    text, at = plan, MADE + 50_000
    for number in range(4):
        at += 6 * 60_000
        text += f"{number}. {_EMOJI}, {_RIGHT_TO_LEFT}\n"
        notes.save(connection, first.id, text, first.revision + number, None, at)
    notes.pin(connection, first.id, pinned=True)
    notes.save(connection, first.id, "Written elsewhere.", first.revision, None, at)
    file = notes.Imported(
        source="garden/Seeds.md",
        source_hash=bytes(range(32)),
        title="Seeds",
        title_by=TitleBy.HUSH,
        text="Parsley, from [[balcony]]. ![[packet.png]]\n",
        tags=("garden", "list"),
        front_matter="---\ntags: [garden, list]\n---\n",
        attachments=(),
        created_at=MADE + 30_000,
        updated_at=MADE + 31_000,
        aliases=("What grows",),
        form="crlf",
    )
    imported, _ = notes.put_imported(connection, file, MADE + 60_000)
    thrown = notes.create(connection, "Forget this, too. #gone", "A title", (), MADE + 61_000)
    trash.throw_away(connection, [thrown.id], MADE + 62_000)
    return imported


def _asked_of_notes(connection: Connection, note_id: int) -> None:
    """A question of notes with a file, and its answer with what it rests on."""
    at = MADE + 8_500
    made = conversations.create(connection, "From my notes", at).id
    scope = Scope(ScopeKind.TAG, tag="garden")
    asked = messages.add_question(connection, made, None, "What grows?", at, scope=scope).id
    given = (
        Attachment("list.txt", f"Parsley {_EMOJI}"),
        Attachment("Seeds", "Parsley, from [[balcony]].", note_id),
    )
    sources.attach(connection, asked, given)
    answer = messages.add_answer(connection, made, asked, at + 100, scope=scope).id
    messages.append_chunk(connection, answer, 0, "Parsley.")
    messages.finish(connection, answer, MessageState.COMPLETE, _FIGURES)
    found = (
        Source(1, True, note_id, None, None, "Seeds", "", 0, 7, "Parsley", 0.75),
        Source(2, False, None, 1, 1, "Packing", "A › b", 2, 4, "towel"),
    )
    sources.put_sources(connection, answer, found)
    sources.put_citations(connection, answer, (Citation(8, 1),))
    conversations.set_head(connection, made, answer)


def _tags(connection: Connection, note_id: int) -> None:
    """Described, decided on, proposed, suggested and applied; doubt, and a title not found."""
    tag_manager.create(connection, "herbs", f"What I cook with {_EMOJI}")
    tag_manager.paint(connection, "garden", "green")
    herbs, kept = tags.known(connection, "herbs"), tags.known(connection, "garden")
    assert herbs is not None
    assert kept is not None
    said = labels.Decision(note_id, kept, True, 0.875, 1.5, MADE + 70_000)
    labels.decide(connection, said)
    labels.propose(connection, note_id, ("herbs", "Kr\u00e4uter"), MADE + 71_000)
    labels.reject_new(connection, note_id, "parsley", MADE + 72_000)
    labels.keep_state(connection, "calibration", bytes(range(8)))
    run = suggestions.begin_run(connection, (1, note_id), 0.95, MADE + 73_000)
    offers = (suggestions.Offer("herbs", 0.75, 0.5),)
    suggestions.put(connection, run, note_id, offers, MADE + 74_000)
    sure = (suggestions.Offer("herbs", 0.96875, 2.25),)
    suggestions.put(connection, run, 1, sure, MADE + 74_000)
    suggestions.advance(connection, run.id, 1, 1)
    connection.execute(
        "UPDATE message SET confidence = 0.5, doubt = 'thin'"
        " WHERE id = (SELECT max(id) FROM message WHERE role = 'assistant')"
    )
    connection.execute("INSERT INTO title_tried VALUES ('note', ?, 1)", (note_id,))


def _network(connection: Connection) -> None:
    """Three transfers: one that ended, one that failed, one that nobody ended; and figures."""
    at = MADE + 80_000
    for number, (result, out, received) in enumerate((("ok", 753, 98_304), ("cut", 700, 4096))):
        approval, payload = f"{number:032x}", f"{number:064x}"
        began = transfers.Phase(
            *("began", f"{number:032x}", at, "model", "models.test", f"small {_EMOJI}"),
            *(approval, "person", payload),
        )
        transfers.append(connection, LEDGER_KEY, began)
        ended = transfers.ended_of(began, at + 500, "files.models.test", out, received, result)
        transfers.append(connection, LEDGER_KEY, ended)
        at += 1_000
    left = transfers.Phase(
        *("began", "f" * 32, at, "catalogue", "models.test", "catalogue", "e" * 32, "setting"),
        "d" * 64,
    )
    transfers.append(connection, LEDGER_KEY, left)
    connection.execute(
        "INSERT INTO comparison (at, left_model, right_model, winner) VALUES (?, ?, ?, 'both')",
        (at, "a" * 64, "b" * 64),
    )
    connection.execute(
        "INSERT INTO bench_run (at, model, machine, prompt_speed, decode_speed, first_token_ms,"
        " peak_memory, predicted_decode)"
        " VALUES (?, ?, 'a machine', 342.5, 21.25, 180.5, 4096, 20.5)",
        (at, "a" * 64),
    )


def _cloud(connection: Connection) -> None:
    """A hosted provider and a trusted box, two answers, a question that waits, a word to hide."""
    at = MADE + 8_700  # before the chat that other tests look for as the newest
    hosted = Provider(
        *("0" * 15 + "1", "A service", "https://api.cloud.test/v1", "large-latest"),
        own_network=False,
        has_key=True,
        price_in=0.5,
        price_out=1.5,
        currency="EUR",
    )
    box = Provider(
        *("0" * 15 + "2", "The box", "http://192.168.1.20:8080/v1", "qwen"),
        own_network=True,
        trusted=True,
        limit_field="",
    )
    for provider in (hosted, box):
        cloud.put_provider(connection, provider, at)
    made = conversations.create(connection, "Asked elsewhere", at).id
    asked = messages.add_question(connection, made, None, "Is Otto\u2019s lettuce safe?", at).id
    local = _answer(connection, made, asked, "Yes.", at + 1_000)
    told = _answer(connection, made, asked, f"No, says Otto {_EMOJI}.", at + 2_000)
    table = Table((Swap("[HIDDEN_1]", Sort.HIDDEN, "Otto", 2), Swap("[KEY_1]", Sort.KEY, "sk-7")))
    body = '{"messages":[{"content":"Is [HIDDEN_1]\u2019s lettuce safe?","role":"user"}]}'.encode()
    for answer, digest, text in ((told, "6" * 64, body), (None, "7" * 64, b"forgotten")):
        answer_id = answer or _answer(connection, made, asked, "Perhaps.", at + 3_000)
        sent = Sent(
            *(answer_id, hosted.name, "api.cloud.test", "large-latest", at, "5" * 32, digest),
            *(len(text), text, table),
        )
        cloud.put_sent(connection, sent, hosted.id)
        if answer is None:
            cloud.forget_sent(connection, answer_id)
    found = Divergence(asked, local, told, 0.625, Topic.FACTUAL, told=True)
    cloud.put_divergence(connection, found)
    follow = messages.add_question(connection, made, told, f"Later. {_RIGHT_TO_LEFT}", at + 4_000)
    cloud.wait_for(connection, follow.id, box.id, at + 5_000)
    conversations.set_head(connection, made, follow.id)
    cloud.put_hidden_words(connection, ["Otto", "Stra\u00dfe 7"])


def _answer(connection: Connection, conversation_id: int, asked: int, text: str, at: int) -> int:
    made = messages.add_answer(connection, conversation_id, asked, at).id
    messages.append_chunk(connection, made, 0, text)
    return messages.finish(connection, made, MessageState.COMPLETE, _FIGURES).id
