"""A vault, an indexer over it and search, for the tests of all three."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from assistant.embed.protocol import EncoderSource
from assistant.events import Event
from assistant.power.plan import Plan, Reason
from assistant.records import MessageState
from assistant.search.indexer import Indexer
from assistant.search.records import Filters, Hit, SearchResult
from assistant.search.service import SearchService
from assistant.search.work import Work
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.fakes.encoder import FakeEncoderSource

SECONDS = 20.0
RESTING = Plan(reason=Reason.ON_BATTERY, words="Resting on battery.", background_allowed=False)


@dataclass
class Indexed:
    """Everything a search needs. Nothing is indexed before ``run``."""

    source: EncoderSource = field(default_factory=FakeEncoderSource)
    vault: Vault = field(default_factory=Vault.in_memory)
    plan: Plan = field(default_factory=Plan)
    events: queue.SimpleQueue[Event] = field(default_factory=queue.SimpleQueue)
    writes: bool = True
    started: bool = False
    elapsed: float = 0.0

    def __post_init__(self) -> None:
        self.vaults = Vaults(self.vault)
        self.indexer = Indexer(
            self.vaults,
            self.source,
            lambda: self.plan,
            self.events.put,
            writes=self.writes,
            elapsed=lambda: self.elapsed,
        )
        self.search = SearchService(self.vaults, self.indexer)

    def run(self) -> Self:
        """Index all there is to index."""
        if self.started:
            self.indexer.wake()
        else:
            self.started = True
            self.indexer.start()
        assert self.indexer.settled(SECONDS)
        return self

    def note(self, text: str, title: str = "", *tags: str, at: int = 1) -> int:
        """Write a note."""
        return self.vault.write(lambda c: put_note(c, text, title, tags, at)).result()

    def change(self, note_id: int, text: str) -> None:
        """Give a note another text."""
        sql = "UPDATE note SET text = ?, revision = revision + 1 WHERE id = ?"
        self.vault.write(lambda c: c.execute(sql, (text, note_id)).rowcount).result()

    def sql(self, sql: str, *values: int | str) -> list[tuple[object, ...]]:
        """Run a statement."""
        return self.vault.write(lambda c: c.execute(sql, values).fetchall()).result()

    def chat(self, *texts: str, title: str = "Chat") -> tuple[int, list[int]]:
        """A conversation of finished messages: its id and theirs."""
        return self.vault.write(lambda c: put_chat(c, texts, title)).result()

    def find(self, query: str, filters: Filters | None = None, limit: int = 30) -> SearchResult:
        """Search."""
        return self.search.search(query, filters or Filters(), limit).result(SECONDS)

    def titles(self, query: str, filters: Filters | None = None) -> list[str]:
        """The titles of what is found."""
        return [hit.title for hit in self.find(query, filters).hits]

    def first(self, query: str) -> Hit:
        """The best hit."""
        return self.find(query).hits[0]

    def close(self) -> None:
        """End it all."""
        self.search.close()
        self.indexer.stop()
        self.vaults.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def put_note(
    connection: Connection, text: str, title: str = "", tags: Sequence[str] = (), at: int = 1
) -> int:
    """Write a note's rows, as far as search reads them."""
    number = connection.execute(
        "INSERT INTO note (title, title_by, text, revision, created_at, updated_at)"
        " VALUES (?, 'person', ?, 1, ?, ?)",
        (title, text, at, at),
    ).lastrowid
    for tag in tags:
        connection.execute(
            "INSERT OR IGNORE INTO tag (name, folded) VALUES (?, ?)", (tag, tag.casefold())
        )
        connection.execute(
            "INSERT INTO note_tag (note_id, tag_id) SELECT ?, id FROM tag WHERE folded = ?",
            (number, tag.casefold()),
        )
    return number


def put_chat(connection: Connection, texts: Sequence[str], title: str) -> tuple[int, list[int]]:
    """Questions and answers in turn, all finished."""
    room = conversation_rows.create(connection, title, 1).id
    parent, ids = None, []
    for number, text in enumerate(texts):
        if number % 2 == 0 or parent is None:
            parent = message_rows.add_question(connection, room, parent, text, number + 1).id
        else:
            parent = message_rows.add_answer(connection, room, parent, number + 1).id
            message_rows.append_chunk(connection, parent, 0, text)
            message_rows.finish(connection, parent, MessageState.COMPLETE)
        ids.append(parent)
    return room, ids


def encode_some(work: Work) -> bool:
    """What two turns of the indexer do for meaning: begin, and wait for what began first."""
    work.encode_ahead()
    return work.encode_rest()


def faults(connection: Connection) -> list[str]:
    """Where the index does not match what it is of: gaps, duplicates, words of what is gone."""
    found = []
    owner = "edition_id || '/' || coalesce(note_id, -message_id) || '/' || seq"
    questions = {
        "waits": "SELECT count(*) FROM index_queue",
        "edition": "SELECT count(*) <> 1 FROM edition",
        "twice": f"SELECT count(*) - count(DISTINCT {owner}) FROM passage",  # noqa: S608 - ours
        "no vector": "SELECT count(*) FROM passage WHERE vector_id IS NULL",
        "wrong vector": "SELECT count(*) FROM passage p LEFT JOIN vector v ON v.id = p.vector_id"
        " WHERE p.vector_id IS NOT NULL AND v.hash IS NOT p.hash",
        "vector of nothing": "SELECT count(*) FROM vector WHERE id NOT IN"
        " (SELECT vector_id FROM passage WHERE vector_id IS NOT NULL)",
        "gap": "SELECT count(*) FROM note n WHERE n.text <> '' AND NOT EXISTS"
        " (SELECT 1 FROM passage WHERE note_id = n.id)",
        "place": "SELECT count(*) FROM passage p JOIN note n ON n.id = p.note_id"
        " WHERE substr(n.text, p.start + 1, p.length) <> p.text",
        "seq": "SELECT count(*) FROM (SELECT max(seq) + 1 <> count(*) AS bad FROM passage"
        " GROUP BY edition_id, note_id, message_id) WHERE bad",
        "unknown word": "SELECT count(*) FROM passage_word_counts"
        " WHERE length(term) < 40 AND term NOT IN (SELECT term FROM passage_term)",
    }
    for name, question in questions.items():
        row = connection.execute(question).fetchone()
        if row and row[0]:
            found.append(f"{name}: {row[0]}")
    connection.execute(
        "INSERT INTO passage_words (passage_words, rank) VALUES ('integrity-check', 1)"
    )
    return found
