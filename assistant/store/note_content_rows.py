"""SQL for a note's content: its text and title, and what is written down of what they say.

Plain functions, to be called inside ``Vault.write``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from assistant.notes.markdown_facts import Facts, excerpt_of, facts_of
from assistant.notes.records import TitleBy
from assistant.store import note_link_rows, tag_rows
from assistant.store.sqlcipher import Connection


@dataclass(frozen=True, slots=True)
class Content:
    """A note's text and title, both clean, and what the text says."""

    text: str = field(repr=False)
    title: str = field(repr=False)
    title_by: TitleBy
    facts: Facts = field(repr=False)

    @classmethod
    def of(cls, text: str, title: str, title_by: TitleBy) -> Self:
        """Read a text. ``title`` counts where it is not to follow that."""
        facts = facts_of(text)
        return cls(text, facts.title if title_by is TitleBy.TEXT else title, title_by, facts)

    @property
    def key(self) -> tuple[str, str, TitleBy]:
        """What makes it another revision."""
        return self.text, self.title, self.title_by


def add(connection: Connection, content: Content, created_at: int, updated_at: int) -> int:
    """Add a note; returns its id."""
    added = connection.execute(
        "INSERT INTO note (title, title_by, excerpt, revision, created_at, updated_at, text)"
        " VALUES (?, ?, ?, 1, ?, ?, ?)",
        (
            content.title,
            content.title_by.value,
            excerpt_of(content.text, content.title),
            created_at,
            updated_at,
            content.text,
        ),
    )
    note_id = added.lastrowid
    _describe(connection, note_id, content)
    return note_id


def rewrite(connection: Connection, note_id: int, content: Content, updated_at: int) -> None:
    """Replace a note's text and title: its next revision."""
    connection.execute(
        "UPDATE note SET title = ?, title_by = ?, excerpt = ?, revision = revision + 1,"
        " updated_at = ?, text = ? WHERE id = ?",
        (
            content.title,
            content.title_by.value,
            excerpt_of(content.text, content.title),
            updated_at,
            content.text,
            note_id,
        ),
    )
    _describe(connection, note_id, content)


def _describe(connection: Connection, note_id: int, content: Content) -> None:
    """Write down names, tags, links and files; of that only what changed."""
    note_link_rows.name_by_title(connection, note_id, content.title)
    note_link_rows.link(connection, note_id, content.facts.links)
    note_link_rows.attach(connection, note_id, content.facts.attachments)
    tag_rows.replace(connection, note_id, "in_text", content.facts.tags)
