"""A note that was deleted for good, or words that were taken out of one: nothing stays of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant.asking.records import Attachment, Source
from assistant.conversations import ConversationService
from assistant.notes.records import Deleted
from assistant.notes.service import NoteService
from assistant.store import chore_rows, conversation_rows, message_rows, source_rows
from assistant.store.chore_rows import Due
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.cipher_pages import hits
from tests.fakes.clock import FakeClock
from tests.unit.indexed import Indexed

KEY = bytes(range(32))
SECRET = "gmhbvprfzwdjssxm"


@dataclass
class Bench:
    """Notes and chats over a vault that is kept and a private one."""

    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.vaults = Vaults(Vault.in_memory())
        self.notes = NoteService(self.vaults, self.clock)
        self.chats = ConversationService(self.vaults, self.clock, lambda _: None)

    def ask(self, *, private: bool) -> tuple[Vault, int, int]:
        """A question and an answer: their vault and their ids."""

        def work(connection: Connection) -> tuple[int, int]:
            room = conversation_rows.create(connection, "Chat", 1).id
            question = message_rows.add_question(connection, room, None, "Why?", 1).id
            return question, message_rows.add_answer(connection, room, question, 1).id

        vault = self.vaults.for_new(private=private)
        return vault, *vault.write(work).result(10)

    def delete(self, note_id: int) -> Deleted:
        """For good."""
        self.notes.trash([note_id]).result(10)
        return self.notes.empty_trash([note_id]).result(10)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """In memory."""
    made = Bench()
    yield made
    made.vaults.close()


def passage(note_id: int | None, conversation_id: int | None = None) -> Source:
    """One that an answer rests on."""
    message_id = None if note_id is not None else 1
    return Source(1, True, note_id, message_id, conversation_id, "T", "", 0, 6, SECRET)


@pytest.mark.parametrize("private", [False, True])
def test_what_chats_have_of_a_note_goes_with_it(bench: Bench, private: bool) -> None:
    """Passages and attached texts, in the kept vault and in the private one; others' stay."""
    made, other = (bench.notes.create(text).result(10) for text in (SECRET, "stays"))
    vault, question, answer = bench.ask(private=private)

    def quote(connection: Connection) -> None:
        attached = [Attachment("A", SECRET, made.id), Attachment("B", "file")]
        source_rows.attach(connection, question, attached)
        source_rows.put_sources(connection, answer, [passage(made.id)])

    vault.write(quote).result(10)
    bench.delete(other.id)
    assert vault.read(lambda c: source_rows.sources(c, [answer])).result(10)
    bench.delete(made.id)
    assert not vault.read(lambda c: source_rows.sources(c, [answer])).result(10)
    left = vault.read(lambda c: source_rows.attachments(c, [question])).result(10)
    assert [one.text for one in left[question]] == ["file"]


def test_an_answer_under_way_keeps_nothing_of_a_note_that_went(bench: Bench) -> None:
    """Its passages were found before the note was deleted, and are written down after it."""
    made, other = (bench.notes.create(text).result(10) for text in (SECRET, "stays"))
    vault, _, answer = bench.ask(private=True)
    bench.delete(made.id)
    both = [passage(made.id), passage(other.id)]
    vault.write(lambda c: source_rows.put_sources(c, answer, both)).result(10)
    found = vault.read(lambda c: source_rows.sources(c, [answer])).result(10)
    assert [one.note_id for one in found[answer]] == [other.id]


def test_what_a_private_chat_quotes_of_a_chat_goes_with_that(bench: Bench) -> None:
    """As of a note: it was asked about a chat that is kept."""
    _, question, _ = bench.ask(private=False)
    room = bench.chats.list().result(10)[0].id
    vault, _, answer = bench.ask(private=True)
    quoted = [passage(None, room)]
    vault.write(lambda c: source_rows.put_sources(c, answer, quoted)).result(10)
    bench.chats.delete(room).result(10)
    bench.clock.advance(31)
    bench.chats.purge().result(10)
    assert not vault.read(lambda c: source_rows.sources(c, [answer])).result(10)
    assert question  # was asked


def test_who_deletes_hears_since_when_backups_may_hold_it(bench: Bench) -> None:
    """From when the oldest was written; nothing where nothing was deleted."""
    first = bench.notes.create("first").result(10)
    bench.clock.advance(3600)
    second = bench.notes.create("second").result(10)
    bench.notes.trash([first.id, second.id]).result(10)
    assert bench.notes.empty_trash().result(10) == Deleted(2, first.created_at)
    assert bench.notes.empty_trash().result(10) == Deleted(0, None)


def test_words_taken_out_of_a_note_leave_the_file(tmp_path: Path) -> None:
    """The index of words keeps them until the file is scrubbed, which is noted; then they go."""
    path = tmp_path / "vault.db"
    with Indexed(vault=Vault.open(path, KEY)) as hush:
        note = hush.note(f"Bread and {SECRET}.", "Bread")
        hush.note("Another.", "Other")
        hush.run()
        assert hush.vault.read(chore_rows.due).result(10) is None
        hush.change(note, "Bread and water.")
        hush.run()
        due = hush.vault.read(chore_rows.due).result(10)
        assert isinstance(due, Due)
        assert not due.deleted
        assert hits(path, KEY, [SECRET]) == [SECRET]
        assert hush.vault.scrub().result(30)
        assert hits(path, KEY, [SECRET]) == []
        assert hush.vault.read(chore_rows.due).result(10) is None
        assert hush.titles("water") == ["Bread"]


def test_words_that_come_again_are_found_after_a_scrub() -> None:
    """The list of different words forgets only those that no passage has."""
    with Indexed() as hush:
        for number in range(30):
            hush.note(f"Word{number} {SECRET if number == 7 else 'lamp'}.", f"N{number}")
        hush.run()
        hush.sql("DELETE FROM note WHERE title = 'N7'")
        assert hush.vault.scrub().result(30)
        terms = {row[0] for row in hush.sql("SELECT term FROM passage_term")}
        assert SECRET not in terms
        assert {"word7", SECRET} & terms == set()
        assert {"word8", "lamp"} <= terms
        hush.note(f"{SECRET} again", "Again")
        hush.run()
        assert hush.titles(SECRET) == ["Again"]


def test_earlier_versions_that_go_are_scrubbed_away_too(bench: Bench) -> None:
    """Their words may stand nowhere else; while all of them stay, nothing is to be done."""
    note = bench.notes.create("first text").result(10)
    for number in range(2):
        bench.clock.advance(600)
        note = bench.notes.save(note.id, f"text {number}", note.revision).result(10).note
    assert bench.vaults.kept.read(chore_rows.due).result(10) is None
    bench.clock.advance(300 * 24 * 3600)
    bench.notes.save(note.id, "much later", note.revision).result(10)
    assert bench.vaults.kept.read(chore_rows.due).result(10) is not None
