"""The store thread: transactions, order, snapshots, closing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from assistant.errors import Bug, NotFound, StorageFull, VaultDamaged, VaultError, VaultLocked
from assistant.store import conversation_rows as conversations
from assistant.store import message_rows as messages
from assistant.store.migrations import LATEST, MIGRATIONS, migrate
from assistant.store.sqlcipher import Connection, open_database
from assistant.store.vault import Vault, schema_version

KEY = bytes(range(32))
SECONDS = 20.0  # to wait for another thread; never reached


@pytest.fixture
def vault() -> Iterator[Vault]:
    """A vault in memory."""
    with Vault.in_memory() as opened:
        yield opened


def add(vault: Vault, title: str) -> int:
    """Add a conversation and wait until it is durable."""
    return vault.write(lambda connection: conversations.create(connection, title, 1)).result().id


def titles(vault: Vault) -> set[str]:
    """What stands in the vault."""
    return {found.title for found in vault.read(conversations.list_all).result()}


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    """The file alone is left after closing, and holds it all."""
    path = tmp_path / "profile" / "vault.db"
    with Vault.open(path, KEY) as vault:
        add(vault, "kept")
    assert list(path.parent.iterdir()) == [path]
    with Vault.open(path, KEY) as vault:
        assert titles(vault) == {"kept"}


def test_work_runs_on_the_store_thread_alone(vault: Vault) -> None:
    """One thread, and not the caller's."""
    names = [
        vault.read(lambda _: threading.current_thread().name).result(SECONDS),
        vault.write(lambda _: threading.current_thread().name).result(SECONDS),
    ]
    assert set(names) == {"store_0"}


def test_submitting_does_not_wait(vault: Vault) -> None:
    """The GUI thread may hand over work while the store is busy."""
    gate = threading.Event()
    first = vault.write(lambda _: gate.wait(SECONDS))
    second = vault.read(lambda _: "later")
    assert not second.done()
    gate.set()
    assert (first.result(SECONDS), second.result(SECONDS)) == (True, "later")


def test_work_keeps_its_order(vault: Vault) -> None:
    """Each thread's work runs in the order that thread handed it over."""
    done: list[tuple[int, int]] = []

    def note(what: tuple[int, int], _: Connection) -> None:
        done.append(what)

    def submit(who: int) -> None:
        for turn in range(50):
            vault.write(partial(note, (who, turn)))

    threads = [threading.Thread(target=submit, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    vault.read(lambda _: None).result(SECONDS)
    for who in range(4):
        assert [turn for one, turn in done if one == who] == list(range(50))


def test_an_exception_undoes_the_whole_write(vault: Vault) -> None:
    """And comes out as it was raised."""

    def half(connection: Connection) -> None:
        conversations.create(connection, "half", 1)
        raise LookupError("in the middle")

    with pytest.raises(LookupError, match="in the middle"):
        vault.write(half).result()
    assert titles(vault) == set()
    add(vault, "after")
    assert titles(vault) == {"after"}


def test_a_database_error_comes_out_translated_and_without_content(vault: Vault) -> None:
    """Neither in its words nor along its chain of causes."""

    def wrong(connection: Connection) -> None:
        connection.execute("INSERT INTO secret_canary VALUES ('x')")

    with pytest.raises(Bug) as caught:
        vault.write(wrong).result()
    assert "canary" not in caught.value.sentence
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_read_cannot_write(vault: Vault) -> None:
    """It fails loudly rather than being rolled back in silence."""
    with pytest.raises(StorageFull):
        vault.read(lambda connection: conversations.create(connection, "sneaked", 1)).result()
    add(vault, "honest")
    assert titles(vault) == {"honest"}


def test_a_read_sees_one_moment(tmp_path: Path) -> None:
    """A commit by another connection in the middle of a read stays invisible to it."""
    path = tmp_path / "vault.db"
    with Vault.open(path, KEY) as writer, Vault.open_read_only(path, KEY) as reader:
        add(writer, "first")

        def twice(connection: Connection) -> tuple[int, int]:
            before = len(conversations.list_all(connection))
            add(writer, "second")
            return before, len(conversations.list_all(connection))

        assert reader.read(twice).result(SECONDS) == (1, 1)
        assert titles(reader) == {"first", "second"}


def test_a_reader_beside_the_writer_cannot_write(tmp_path: Path) -> None:
    """And the writer goes on as if it were alone."""
    path = tmp_path / "vault.db"
    with Vault.open(path, KEY) as writer:
        with Vault.open_read_only(path, KEY) as reader:
            refused = reader.write(lambda c: conversations.create(c, "x", 1))
            assert isinstance(refused.exception(SECONDS), StorageFull)
        add(writer, "after the reader left")
        assert titles(writer) == {"after the reader left"}


def test_a_reader_needs_a_finished_vault(tmp_path: Path) -> None:
    """Missing, or made but never brought up to date: said in words, and nothing is made."""
    path = tmp_path / "vault.db"
    with pytest.raises(NotFound):
        Vault.open_read_only(path, KEY)
    open_database(path, KEY).close()
    with pytest.raises(VaultError, match="format"):
        Vault.open_read_only(path, KEY)


def test_closing_finishes_what_was_handed_over(tmp_path: Path) -> None:
    """Nothing acknowledged or waiting is lost, and the WAL is gone."""
    path = tmp_path / "vault.db"
    vault = Vault.open(path, KEY)
    futures = [
        vault.write(partial(conversations.create, title=f"c{turn}", now=1)) for turn in range(20)
    ]
    vault.close()
    assert all(future.done() for future in futures)
    assert list(tmp_path.iterdir()) == [path]
    with Vault.open(path, KEY) as again:
        assert len(titles(again)) == 20


def test_closed_it_takes_no_work(vault: Vault) -> None:
    """Closing twice is closing once; what comes after is refused at once."""
    vault.close()
    vault.close()
    with pytest.raises(VaultLocked):
        vault.read(conversations.list_all)
    with pytest.raises(VaultLocked):
        vault.write(conversations.list_all)


def test_closing_ends_the_thread() -> None:
    """Also where opening failed half-way."""
    before = threading.active_count()
    Vault.in_memory().close()
    with pytest.raises(Bug):
        Vault(lambda: open_database(":memory:", b"short"))
    assert threading.active_count() == before


def test_in_memory_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A private chat: same schema, no file, and gone when it is closed."""
    monkeypatch.chdir(tmp_path)
    with Vault.in_memory() as vault:
        add(vault, "private")
        version = vault.read(lambda c: c.execute("PRAGMA user_version").fetchone())
        assert version.result() == (LATEST,)
    with Vault.in_memory() as another:
        assert titles(another) == set()
    assert list(tmp_path.iterdir()) == []


def test_ids_in_memory_begin_where_they_are_told_to() -> None:
    """So that an id says which of two vaults it belongs to; by default at 1, as in a file."""
    for first in (1, 2**52):
        with Vault.in_memory(first) as vault:
            made = add(vault, "private")
            asked = vault.write(partial(ask, made)).result()
            assert (made, asked) == (first, first)
            assert (add(vault, "next"), vault.write(partial(ask, made)).result()) == (
                first + 1,
                first + 1,
            )
            found = vault.read(lambda c: conversations.search(c, "anything else")).result()
            assert [one.id for one in found] == [first]


def ask(conversation_id: int, connection: Connection) -> int:
    """Add a question; returns its id."""
    return messages.add_question(connection, conversation_id, None, "Anything else?", 1).id


@pytest.mark.parametrize("version", [1, LATEST, LATEST + 5])
def test_the_schema_can_be_asked_for_before_opening(tmp_path: Path, version: int) -> None:
    """An older one and a newer one, too."""
    path = tmp_path / "vault.db"
    connection = open_database(path, KEY)
    migrate(connection, MIGRATIONS[:version])
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = path.read_bytes()
    assert schema_version(path, KEY) == version
    assert path.read_bytes() == before


def test_no_schema_without_a_vault_or_its_key(tmp_path: Path) -> None:
    """In words; nothing is made."""
    path = tmp_path / "vault.db"
    with pytest.raises(NotFound):
        schema_version(path, KEY)
    assert list(tmp_path.iterdir()) == []
    Vault.open(path, KEY).close()
    with pytest.raises(VaultDamaged):
        schema_version(path, bytes(32))


def test_a_first_start_cut_short_is_no_obstacle(tmp_path: Path) -> None:
    """A vault is made under another name; what a crash left there is thrown away."""
    path = tmp_path / "vault.db"
    for ending in (".new", ".new-journal", ".new-wal", ".new-shm"):
        (tmp_path / f"vault.db{ending}").write_bytes(b"half")
    with Vault.open(path, KEY) as vault:
        add(vault, "first")
    assert list(tmp_path.iterdir()) == [path]
