"""SQL for asking elsewhere. Plain functions, to be called inside ``Vault.read`` or ``Vault.write``.

Who can be asked, what was sent for which answer, what waits for a network, how far two answers are
apart, and the person's own words that are always swapped. Times are milliseconds since 1970, UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.cloud.records import Divergence, Provider, Sent, Topic, Waiting
from assistant.errors import NotFound
from assistant.redaction.records import Swap, Table
from assistant.store import chore_rows
from assistant.store.sqlcipher import Connection, Row

_PROVIDER: Final = (
    "id, name, address, model, own_network, trusted, has_key, price_in, price_out, currency,"
    " is_default, limit_field"
)
# The default stays who it is, and trust is given and taken by itself alone.
_PUT_PROVIDER: Final = f"""
    INSERT INTO cloud_provider ({_PROVIDER}, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, address = excluded.address,
            model = excluded.model, own_network = excluded.own_network, trusted = excluded.trusted,
            has_key = excluded.has_key, price_in = excluded.price_in,
            price_out = excluded.price_out, currency = excluded.currency,
            limit_field = excluded.limit_field
"""  # noqa: S608 - our own names
_OLDEST_IS_DEFAULT: Final = """
    UPDATE cloud_provider SET is_default = 1
        WHERE id = (SELECT id FROM cloud_provider ORDER BY created_at, id LIMIT 1)
            AND NOT EXISTS (SELECT 1 FROM cloud_provider WHERE is_default = 1)
"""

_SENT: Final = """
    SELECT message_id, provider, host, model, at, approval_id, payload_sha256, size, body, swapped
        FROM cloud_sent WHERE message_id = ?
"""
_PUT_SENT: Final = """
    INSERT INTO cloud_sent (message_id, at, approval_id, payload_sha256, provider_id, provider,
        host, model, size, body, swapped) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_TABLES: Final = """
    WITH RECURSIVE up (id, parent_id) AS (
        SELECT id, parent_id FROM message WHERE id = ?
        UNION ALL
        SELECT m.id, m.parent_id FROM up JOIN message m ON m.id = up.parent_id
    )
    SELECT s.swapped FROM up JOIN cloud_sent s ON s.message_id = up.id
        WHERE s.swapped IS NOT NULL ORDER BY up.id
"""

# What is in the trash, or in a chat that is, does not wait.
_WAITING: Final = """
    SELECT w.id, w.question_id, m.conversation_id, m.text, w.provider_id, w.at
        FROM cloud_waiting w JOIN message m ON m.id = w.question_id
            JOIN conversation c ON c.id = m.conversation_id
        WHERE c.deleted_at IS NULL AND (:question IS NULL OR w.question_id = :question)
        ORDER BY w.at, w.id
"""
_WAIT: Final = """
    INSERT INTO cloud_waiting (question_id, provider_id, at)
        SELECT m.id, ?, ? FROM message m JOIN conversation c ON c.id = m.conversation_id
            WHERE m.id = ? AND m.role = 'user' AND c.deleted_at IS NULL
        ON CONFLICT (question_id) DO UPDATE SET provider_id = excluded.provider_id
"""


def providers(connection: Connection) -> tuple[Provider, ...]:
    """Who can be asked: the default one, then the others as they were added."""
    rows = connection.execute(
        f"SELECT {_PROVIDER} FROM cloud_provider ORDER BY is_default DESC, created_at, id"  # noqa: S608 - our own names
    )
    return tuple(_provider(row) for row in rows)


def put_provider(connection: Connection, provider: Provider, now: int) -> None:
    """Keep a provider, or what changed of it. The first one is the default.

    Args:
        connection: Inside of a write.
        provider: Its ``is_default`` is passed over.
        now: When a new one was added.
    """
    connection.execute(
        _PUT_PROVIDER,
        (
            *(provider.id, provider.name, provider.address, provider.model),
            *(int(provider.own_network), int(provider.trusted), int(provider.has_key)),
            *(provider.price_in, provider.price_out, provider.currency),
            *(provider.limit_field, now),
        ),
    )
    connection.execute(_OLDEST_IS_DEFAULT)


def rename_provider(connection: Connection, before: str, after: str) -> None:
    """Give a provider another id; it stays what it is otherwise, and what waits for it waits on."""
    connection.execute("UPDATE cloud_provider SET id = ? WHERE id = ?", (after, before))
    connection.execute(
        "UPDATE cloud_waiting SET provider_id = ? WHERE provider_id = ?", (after, before)
    )


def remove_provider(connection: Connection, provider_id: str) -> None:
    """Forget a provider; where it was the default one, the oldest of the others is.

    Raises:
        NotFound: there is none with this id.
    """
    gone = connection.execute("DELETE FROM cloud_provider WHERE id = ?", (provider_id,))
    if gone.rowcount == 0:
        raise no_such_provider()
    connection.execute(_OLDEST_IS_DEFAULT)


def make_default(connection: Connection, provider_id: str) -> None:
    """Let this one be the default.

    Raises:
        NotFound: there is none with this id; the one that was is.
    """
    found = connection.execute("SELECT 1 FROM cloud_provider WHERE id = ?", (provider_id,))
    if found.fetchone() is None:
        raise no_such_provider()
    connection.execute("UPDATE cloud_provider SET is_default = 0 WHERE is_default = 1")
    connection.execute("UPDATE cloud_provider SET is_default = 1 WHERE id = ?", (provider_id,))


def put_sent(connection: Connection, sent: Sent, provider_id: str) -> None:
    """Keep what is sent for an answer: in the transaction that adds the answer.

    Args:
        connection: Inside of a write.
        sent: With its body.
        provider_id: Whom; it may be removed later.
    """
    connection.execute(
        _PUT_SENT,
        (
            *(sent.answer_id, sent.at, sent.approval_id, sent.payload_sha256, provider_id),
            *(sent.provider, sent.host, sent.model, sent.size, sent.body, sent.table.to_json()),
        ),
    )


def sent_of(connection: Connection, answer_id: int) -> Sent:
    """What was sent for an answer.

    Raises:
        NotFound: it did not come from elsewhere, or is gone.
    """
    row = connection.execute(_SENT, (answer_id,)).fetchone()
    if row is None:
        raise NotFound("Nothing was sent for this answer, or it does not exist any more.")
    return Sent(
        answer_id=row[0],
        provider=row[1],
        host=row[2],
        model=row[3],
        at=row[4],
        approval_id=row[5],
        payload_sha256=row[6],
        size=row[7],
        body=row[8],
        table=Table() if row[9] is None else Table.from_json(row[9]),
    )


def forget_sent(connection: Connection, answer_id: int) -> None:
    """Delete what was sent; that, when and to whom something was sent stays.

    Raises:
        NotFound: as ``sent_of``.
    """
    forgotten = connection.execute(
        "UPDATE cloud_sent SET body = NULL, swapped = NULL WHERE message_id = ?", (answer_id,)
    )
    if forgotten.rowcount == 0:
        raise NotFound("Nothing was sent for this answer, or it does not exist any more.")
    chore_rows.note_scrub(connection)


def not_sent(connection: Connection, answer_id: int) -> None:
    """It is certain that nothing left for this answer: no trace of it stays."""
    connection.execute("DELETE FROM cloud_sent WHERE message_id = ?", (answer_id,))
    chore_rows.note_scrub(connection)


def answer_of(connection: Connection, payload_sha256: str) -> int | None:
    """The newest answer to a payload; None where there is none any more."""
    row = connection.execute(
        "SELECT max(message_id) FROM cloud_sent WHERE payload_sha256 = ?", (payload_sha256,)
    ).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def asked_questions(connection: Connection) -> set[int]:
    """The questions that somebody elsewhere answered to the end."""
    rows = connection.execute(
        "SELECT DISTINCT m.parent_id FROM cloud_sent s JOIN message m ON m.id = s.message_id"
        " WHERE m.parent_id IS NOT NULL AND m.state = 'complete'"
    )
    return {row[0] for row in rows}


def tables_on_path(connection: Connection, message_id: int) -> Table:
    """All that was swapped in what was sent for a message and those above it.

    A placeholder means what it meant first.
    """
    swaps: list[Swap] = []
    values: set[str] = set()
    names: set[str] = set()
    for (text,) in connection.execute(_TABLES, (message_id,)).fetchall():
        for swap in Table.from_json(text).swaps:
            if swap.value not in values and swap.placeholder not in names:
                values.add(swap.value)
                names.add(swap.placeholder)
                swaps.append(swap)
    return Table(tuple(swaps))


def wait_for(connection: Connection, question_id: int, provider_id: str, now: int) -> Waiting:
    """Have a question wait; one that waits already does so for whom was chosen last.

    Args:
        connection: Inside of a write.
        question_id: A person's message, of a chat that is not in the trash.
        provider_id: Who shall be asked.
        now: Since when it waits, where it did not.

    Raises:
        NotFound: there is no such question.
    """
    connection.execute(_WAIT, (provider_id, now, question_id))
    row = connection.execute(_WAITING, {"question": question_id}).fetchone()
    if row is None:
        raise NotFound("This question does not exist any more.")
    return Waiting(*row)


def waiting(connection: Connection) -> tuple[Waiting, ...]:
    """What waits, the oldest first."""
    rows = connection.execute(_WAITING, {"question": None})
    return tuple(Waiting(*row) for row in rows)


def drop_waiting(connection: Connection, waiting_id: int) -> None:
    """Let one wait no more. Nothing happens where it does not."""
    connection.execute("DELETE FROM cloud_waiting WHERE id = ?", (waiting_id,))


def was_asked(connection: Connection, question_id: int) -> bool:
    """A question was asked, so that it waits no more; whether it did."""
    gone = connection.execute("DELETE FROM cloud_waiting WHERE question_id = ?", (question_id,))
    return gone.rowcount > 0


def put_divergence(connection: Connection, found: Divergence) -> None:
    """Keep how far two answers are apart, in place of what was kept of the same one.

    Args:
        connection: Inside of a write.
        found: Its ``question_id`` is where the answer stands, and is not kept a second time.
    """
    connection.execute(
        "INSERT OR REPLACE INTO cloud_divergence (cloud_id, local_id, distance, topic, told)"
        " VALUES (?, ?, ?, ?, ?)",
        (found.cloud_id, found.local_id, found.distance, found.topic.value, int(found.told)),
    )


def divergence_of(connection: Connection, cloud_id: int) -> Divergence | None:
    """How far an answer from elsewhere is from the local one; None where nobody looked."""
    row = connection.execute(
        "SELECT m.parent_id, d.local_id, d.cloud_id, d.distance, d.topic, d.told"
        " FROM cloud_divergence d JOIN message m ON m.id = d.cloud_id WHERE d.cloud_id = ?",
        (cloud_id,),
    ).fetchone()
    if row is None:
        return None
    question, local, cloud, distance, topic, told = row
    return Divergence(question, local, cloud, distance, Topic(topic), bool(told))


def hidden_words(connection: Connection) -> tuple[str, ...]:
    """The person's own words that are always swapped, in their order."""
    rows = connection.execute("SELECT word FROM cloud_hidden_word ORDER BY folded")
    return tuple(row[0] for row in rows)


def put_hidden_words(connection: Connection, words: Sequence[str]) -> None:
    """Keep these in place of those there are; of words that differ in case alone, the first."""
    before = hidden_words(connection)
    connection.execute("DELETE FROM cloud_hidden_word")
    connection.executemany(
        "INSERT OR IGNORE INTO cloud_hidden_word (folded, word) VALUES (?, ?)",
        [(word.casefold(), word) for word in words],
    )
    if set(before) - set(words):
        chore_rows.note_edit(connection)  # what was taken out leaves the file, too


def no_such_provider() -> NotFound:
    """For whoever has only its id."""
    return NotFound("This provider is not in your list any more.")


def _provider(row: Row) -> Provider:
    return Provider(
        id=row[0],
        name=row[1],
        address=row[2],
        model=row[3],
        own_network=bool(row[4]),
        trusted=bool(row[5]),
        has_key=bool(row[6]),
        price_in=row[7],
        price_out=row[8],
        currency=row[9],
        is_default=bool(row[10]),
        limit_field=row[11],
    )
