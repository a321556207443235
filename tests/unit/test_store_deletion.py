"""Deleted means gone: from pages in use, from free ones, from the index and from the WAL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from assistant.errors import VaultLocked
from assistant.records import MessageState
from assistant.store import chore_rows
from assistant.store import conversation_rows as conversations
from assistant.store import draft_rows as drafts
from assistant.store import message_rows as messages
from assistant.store import summary_rows as summaries
from assistant.store.migrations import migrate
from assistant.store.scrubbing import scrub
from assistant.store.sqlcipher import Connection, check_integrity, open_database
from assistant.store.vault import Vault
from tests.cipher_pages import PAGE, decrypted_pages, hits
from tests.golden.content import read

KEY = bytes(range(32))
COUNT = 62


def canaries(seed: int) -> list[str]:
    """Words that nobody writes, each unlike the others from its first letter to its last."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    return ["".join(chance.choices("bcdfghjkmnpqrstvwxz", k=16)) for _ in range(COUNT)]


BEGUN = "SELECT 1 FROM chore WHERE name = 'scrub/words begun'"
ROWS = 12_000  # of them

# 6 MiB in as many steps as a vault of that size takes.
MANY_ROWS = """
    WITH RECURSIVE row (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM row WHERE id < 12000)
    INSERT OR IGNORE INTO draft SELECT id, hex(zeroblob(250)) FROM row
"""

GONE, KEPT = canaries(1), canaries(2)


def fill(connection: Connection, words: list[str]) -> int:
    """A conversation with one of these words in everything that holds text."""
    made = conversations.create(connection, f"About {words[0]}", 1).id
    parent = None
    for asked, answered in zip(words[3::2], words[4::2], strict=False):
        parent = messages.add_question(connection, made, parent, f"What is {asked}?", 1).id
        parent = messages.add_answer(connection, made, parent, 1).id
        for seq in range(3):
            messages.append_chunk(connection, parent, seq, f"A {answered} is a thing. " * 40)
        messages.finish(connection, parent, MessageState.COMPLETE)
    assert parent is not None
    for text in (f"They spoke of {words[-1]}.", f"They spoke of {words[-1]} for long."):
        summaries.put(connection, parent, text)
    asked_last = messages.add_question(connection, made, parent, "And?", 1).id
    unfinished = messages.add_answer(connection, made, asked_last, 1).id
    messages.append_chunk(connection, unfinished, 0, f"still writing {words[1]}")
    conversations.set_head(connection, made, unfinished)
    drafts.write(connection, made, f"not sent {words[2]}")
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the vault lies."""
    return tmp_path / "vault.db"


@pytest.fixture
def vault(path: Path) -> Iterator[Vault]:
    """With what goes and what stays, each in a transaction of its own."""
    with Vault.open(path, KEY) as opened:
        opened.write(lambda c: fill(c, KEPT)).result()
        yield opened


def delete_all_traces(vault: Vault) -> None:
    """As a person does: write, search, rename, delete, and let the time for undo pass."""
    made = vault.write(lambda c: fill(c, GONE)).result()
    assert vault.read(lambda c: conversations.search(c, GONE[5])).result()
    vault.write(lambda c: conversations.rename(c, made, GONE[0], "person", 2)).result()
    vault.write(lambda c: drafts.write(c, made, GONE[2] * 2)).result()
    vault.write(lambda c: conversations.mark_deleted(c, made, 3)).result()
    assert vault.write(lambda c: conversations.purge_deleted(c, 4)).result() == 1


def test_deleted_text_is_gone_from_every_page(vault: Vault, path: Path) -> None:
    """Before the scrub the WAL still holds it all; after it nothing does, and the rest stands."""
    delete_all_traces(vault)
    assert set(hits(path, KEY, GONE)) == set(GONE)
    assert vault.scrub().result()
    assert hits(path, KEY, GONE) == []
    assert path.with_name("vault.db-wal").stat().st_size == 0
    assert set(hits(path, KEY, KEPT)) == set(KEPT)
    vault.read(check_integrity).result()
    assert [one.title for one in vault.read(conversations.list_all).result()] == [
        f"About {KEPT[0]}"
    ]


def test_the_search_of_pages_finds_what_is_left(vault: Vault, path: Path) -> None:
    """Or its silence would mean nothing: here the draft and the title's words were left."""
    vault.write(lambda c: c.execute("DROP TRIGGER conversation_removed").fetchall()).result()
    delete_all_traces(vault)
    assert vault.scrub().result()
    assert hits(path, KEY, GONE) == [GONE[0], GONE[2]]


@pytest.mark.parametrize(
    ("careless", "most_is_left"),
    [
        ("SELECT 1", False),
        ("PRAGMA secure_delete = OFF", True),
        ("INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 0)", True),
    ],
    ids=["as it is", "pages not overwritten", "index only told"],
)
def test_most_is_gone_before_the_scrub(path: Path, careless: str, most_is_left: bool) -> None:
    """By overwriting alone, of pages and in the index: a scrub may have to wait."""

    def opened() -> Connection:
        connection = open_database(path, KEY)
        migrate(connection)
        connection.execute(careless).fetchall()
        return connection

    with Vault(opened) as vault:
        vault.write(lambda c: fill(c, KEPT)).result()
        delete_all_traces(vault)
    left = len(hits(path, KEY, GONE))  # closing has emptied the WAL
    assert left > COUNT // 2 if most_is_left else left < COUNT // 10


def test_overwriting_is_asked_for_by_each_opening(path: Path) -> None:
    """What an earlier process wrote is overwritten by the next one; the index remembers it."""
    with Vault.open(path, KEY) as vault:
        made = vault.write(lambda c: fill(c, GONE)).result()
    with Vault.open(path, KEY) as vault:
        vault.write(lambda c: conversations.mark_deleted(c, made, 3)).result()
        vault.write(lambda c: conversations.purge_deleted(c, 4)).result()
    assert len(hits(path, KEY, GONE)) < COUNT // 10
    with Vault.open(path, KEY) as vault:
        assert vault.scrub().result()
        assert hits(path, KEY, GONE) == []


def test_a_scrub_waits_for_no_reader(vault: Vault, path: Path) -> None:
    """It says so and leaves everything as it is; once the reader has gone it works."""
    delete_all_traces(vault)
    with Vault.open_read_only(path, KEY) as reader:

        def meanwhile(connection: Connection) -> bool:
            conversations.list_all(connection)
            return vault.scrub().result()

        assert reader.read(meanwhile).result() is False
    assert vault.scrub().result() is True
    assert hits(path, KEY, GONE) == []


class Crowd:
    """Reads of a vault, one after the other: there is always one that waits."""

    def __init__(self, vault: Vault, *, patient: bool) -> None:
        self._vault = vault
        self._patient = patient
        self.is_over = False
        self.count = 0

    def come(self) -> None:
        """The next; on the store thread, from then on."""
        self.count += 1
        with suppress(VaultLocked):
            reading = self._vault.read(conversations.list_all, patient=self._patient)
            reading.add_done_callback(lambda _: None if self.is_over else self.come())


def fill_much(vault: Vault) -> None:
    """More than is scrubbed at once."""
    vault.write(lambda c: c.execute(MANY_ROWS).fetchall()).result()


def test_a_scrub_of_a_large_vault_gives_way(path: Path) -> None:
    """To a person's work, and to closing; what it had begun is undone, what it had done is not."""
    with Vault.open(path, KEY) as vault:
        fill_much(vault)
        crowd = Crowd(vault, patient=False)
        crowd.come()
        assert vault.scrub().result() is False
        crowd.is_over = True
        assert vault.read(chore_rows.words_are_anew).result()
        scrubbed = vault.scrub()
        vault.close()
        assert scrubbed.result() is False
    connection = open_database(path, KEY)
    check_integrity(connection)
    assert len(drafts.read_all(connection)) == ROWS
    assert chore_rows.words_are_anew(connection)
    connection.close()


def test_a_large_file_is_not_begun_with_before_it_is_calm(path: Path) -> None:
    """Only its index is done: while a large file is written, whatever comes has to wait."""
    with Vault.open(path, KEY) as vault:
        fill_much(vault)
        assert vault.scrub(lambda: False).result() is False
        assert vault.read(chore_rows.words_are_anew).result()
        assert vault.scrub(lambda: True).result() is True


def test_what_is_asked_for_is_counted(path: Path) -> None:
    """Without what nobody waits for; a write that runs is on its way until it is done."""
    with Vault.open(path, KEY) as vault:
        vault.read(drafts.read_all, patient=True).result()
        vault.write(drafts.read_all, patient=True).result()
        vault.scrub().result()
        assert vault.asked == 0
        vault.read(drafts.read_all).result()
        assert not vault.read(lambda _: vault.is_keeping).result()
        assert vault.write(lambda _: vault.is_keeping).result()
        assert vault.asked == 3
        vault.close()
        assert not vault.is_keeping


def test_a_scrub_does_not_give_way_to_what_nobody_waits_for(path: Path) -> None:
    """The indexer looks what there is to do, all the time: a large vault is scrubbed all the same.

    And between the parts it is let in.
    """
    with Vault.open(path, KEY) as vault:
        fill_much(vault)
        crowd = Crowd(vault, patient=True)
        crowd.come()
        assert vault.scrub().result() is True
        crowd.is_over = True
        assert crowd.count > 5


def test_work_that_waits_goes_first(path: Path) -> None:
    """It is done between two parts of a scrub, which comes to its end."""
    with Vault.open(path, KEY) as vault:
        fill_much(vault)
        scrubbed = vault.scrub()
        waiting = vault.read(drafts.read_all)
        assert len(waiting.result()) == ROWS
        assert not scrubbed.done()
        assert scrubbed.result() is True


def test_a_scrub_goes_on_after_a_kill(path: Path) -> None:
    """What was written anew of the index is not begun with again; the rest follows."""
    with Vault.open(path, KEY) as vault:
        vault.write(lambda c: fill(c, KEPT)).result()
        delete_all_traces(vault)
        fill_much(vault)
    connection = open_database(path, KEY)
    parts = scrub(connection, lambda: True)
    while not chore_rows.words_are_anew(connection):
        next(parts)
    connection.close()  # as a kill: the file was not written anew
    with Vault.open(path, KEY) as vault:
        assert vault.read(chore_rows.scrub_is_due).result()
        assert vault.scrub().result()
    assert hits(path, KEY, GONE) == []
    assert set(hits(path, KEY, KEPT)) == set(KEPT)


def test_what_is_deleted_during_a_scrub_goes_too(path: Path) -> None:
    """The index is written anew once more: what was done of it was done before that."""
    with Vault.open(path, KEY) as vault:
        vault.write(lambda c: fill(c, KEPT)).result()
        made = vault.write(lambda c: fill(c, GONE)).result()
        fill_much(vault)
    connection = open_database(path, KEY)
    parts = scrub(connection, lambda: False)
    for _ in range(3):
        next(parts)
    conversations.mark_deleted(connection, made, 3)
    assert conversations.purge_deleted(connection, 4) == 1
    begun = [bool(connection.execute(BEGUN).fetchall()) for _ in parts]
    assert begun.index(True) > begun.index(False)  # a second time
    assert not chore_rows.scrub_is_due(connection)
    check_integrity(connection)
    connection.close()
    assert hits(path, KEY, GONE) == []


def test_a_scrub_of_a_small_vault_does_not(vault: Vault, path: Path) -> None:
    """It is over before anybody notices, and who keeps writing would never let it end."""
    delete_all_traces(vault)
    scrubbed = vault.scrub()
    futures = [vault.read(conversations.list_all) for _ in range(20)]
    assert scrubbed.result() is True
    assert all(len(future.result()) == 1 for future in futures)
    assert hits(path, KEY, GONE) == []


def test_a_scrub_changes_nothing_that_can_be_read(vault: Vault, path: Path) -> None:
    """Rows, ids that are next, the schema's number, what is found; in memory, too."""
    delete_all_traces(vault)

    def everything(connection: Connection) -> list[object]:
        return [
            *(conversations.search(connection, word) for word in KEPT),
            read(connection),
            connection.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name").fetchall(),
            connection.execute("PRAGMA user_version").fetchall(),
            connection.execute("PRAGMA application_id").fetchall(),
            connection.execute("SELECT * FROM message_words_config ORDER BY k").fetchall(),
        ]

    before = vault.read(everything).result()
    assert vault.scrub().result()
    assert vault.read(everything).result() == before
    delete_all_traces(vault)
    with Vault.in_memory() as unsaved:
        unsaved.write(lambda c: fill(c, KEPT)).result()
        before = unsaved.read(everything).result()
        assert unsaved.scrub().result()
        assert unsaved.read(everything).result() == before
    vault.close()
    with pytest.raises(VaultLocked):
        vault.scrub()


def test_a_changed_text_leaves_its_old_words(vault: Vault, path: Path) -> None:
    """A title given anew, a draft written on, a draft sent."""
    made = vault.write(lambda c: conversations.create(c, GONE[0], 1)).result().id
    vault.write(lambda c: drafts.write(c, made, GONE[1])).result()
    vault.write(lambda c: drafts.write(c, None, GONE[2])).result()
    vault.write(lambda c: conversations.rename(c, made, "another", "person", 2)).result()
    vault.write(lambda c: drafts.write(c, made, "other words")).result()
    vault.write(lambda c: drafts.write(c, None, "")).result()
    assert vault.scrub().result()
    assert hits(path, KEY, GONE) == []


def test_pages_of_another_key_are_refused(vault: Vault, path: Path) -> None:
    """Nothing is found in noise: that must not look like nothing being there."""
    with pytest.raises(ValueError, match="page 1"):
        list(decrypted_pages(path, bytes(32)))
    assert vault.scrub().result()
    pages = list(decrypted_pages(path, KEY))
    assert len(pages) == path.stat().st_size // PAGE > 10
    assert b"CREATE TABLE conversation" in b"".join(pages)
    with path.open("r+b") as file:
        file.seek(3 * PAGE + 100)
        file.write(b"\xff\xff")
    with pytest.raises(ValueError, match="page 4"):
        list(decrypted_pages(path, KEY))


def test_a_scrub_stays_due_until_it_is_done(path: Path) -> None:
    """Also over a restart: Hush was killed right after it deleted."""
    with Vault.open(path, KEY) as vault:
        vault.write(lambda c: conversations.create(c, "gone", 1)).result()
        assert not vault.read(chore_rows.scrub_is_due).result()
        vault.write(lambda c: conversations.mark_deleted(c, 1, 2)).result()
        vault.write(lambda c: conversations.purge_deleted(c, 3)).result()
    with Vault.open(path, KEY) as vault:
        assert vault.read(chore_rows.scrub_is_due).result()
        assert vault.scrub().result()
        assert not vault.read(chore_rows.scrub_is_due).result()
