"""What is deleted goes for good: after undo, at the end, and out of the file itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from assistant.errors import NotFound, StorageFull
from assistant.store import chore_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from tests.unit.services import Services


class ScrubbedVault(Vault):
    """A vault whose scrubbing ends as the test says; ``answers`` are used up in order."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        super().__init__(connect)
        self.answers: list[Future[bool]] = []

    def scrub(self, is_calm: Callable[[], bool] = lambda: True) -> Future[bool]:
        """What comes next."""
        return self.answers.pop(0)


def done(answer: bool) -> Future[bool]:
    """Scrubbing that has ended."""
    future: Future[bool] = Future()
    future.set_result(answer)
    return future


@pytest.fixture
def vault() -> ScrubbedVault:
    """In memory."""
    return ScrubbedVault.in_memory()


@pytest.fixture
def services(vault: ScrubbedVault) -> Iterator[Services]:
    """Services over that vault."""
    services = Services(vault=vault)
    yield services
    services.close()


def delete(services: Services, *, private: bool = False) -> int:
    """Delete a conversation and let undo run out; returns its id."""
    run = services.chat.send(None, "Hello", private=private)
    conversation = services.ended(run).conversation.id
    services.conversations.delete(conversation).result(10)
    services.clock.advance(31)
    return conversation


def test_closing_deletes_what_was_deleted_a_moment_ago() -> None:
    """Undo ends with Hush."""
    services = Services()
    answer, kept = services.ask("Hello"), services.ask("Stays")
    services.conversations.delete(answer.conversation_id).result()
    assert services.conversations.purge_all().result() == 1
    with pytest.raises(NotFound):
        services.conversations.restore(answer.conversation_id).result()
    assert services.thread(kept.conversation_id).messages
    services.close()


def test_purging_empties_the_log(tmp_path: Path) -> None:
    """The write-ahead log holds older copies of pages: deleted text must not stay in it."""
    services = Services(vault=Vault.open(tmp_path / "vault.db", bytes(32)))
    log = tmp_path / "vault.db-wal"
    answer = services.ask("Hello")
    services.conversations.delete(answer.conversation_id).result()
    services.clock.advance(31)
    assert log.stat().st_size > 0
    assert services.conversations.purge().result() == 1
    assert log.stat().st_size == 0
    services.close()


def test_the_file_is_scrubbed_after_a_purge(services: Services, vault: ScrubbedVault) -> None:
    """The purge is over when scrubbing is."""
    delete(services)
    scrubbing: Future[bool] = Future()
    vault.answers = [scrubbing]
    purged = services.conversations.purge()
    vault.read(lambda _: None).result(10)  # behind the deletion
    vault.read(lambda _: None).result(10)  # and behind the look at what is due
    assert not purged.done()
    scrubbing.set_result(True)
    assert purged.result(10) == 1


def test_nothing_purged_nothing_scrubbed(services: Services, vault: ScrubbedVault) -> None:
    """Writing a large file anew is no small thing; nor is it done for a chat without a file."""
    assert services.conversations.purge().result(10) == 0
    delete(services, private=True)
    assert services.conversations.purge().result(10) == 1
    assert not vault.read(chore_rows.scrub_is_due).result(10)


def test_scrubbing_that_gave_way_is_tried_again(services: Services, vault: ScrubbedVault) -> None:
    """By the next purge, though that one finds nothing to delete."""
    delete(services)
    vault.answers = [done(False), done(True)]
    assert services.conversations.purge().result(10) == 1
    assert services.conversations.purge().result(10) == 0
    assert vault.answers == []


def test_no_room_to_scrub(services: Services, vault: ScrubbedVault) -> None:
    """It is said; the conversation is gone all the same, and the rest is tried again."""
    conversation = delete(services)
    full: Future[bool] = Future()
    full.set_exception(StorageFull("The disk is full."))
    vault.answers = [full]
    with pytest.raises(StorageFull):
        services.conversations.purge().result(10)
    with pytest.raises(NotFound):
        services.conversations.restore(conversation).result(10)
    assert vault.read(chore_rows.scrub_is_due).result(10)


def test_closing_does_not_wait_for_scrubbing(services: Services, vault: ScrubbedVault) -> None:
    """It is begun, and cut short by closing where it takes long."""
    delete(services)
    vault.answers = [Future()]
    assert services.conversations.purge_all().result(10) == 1
    assert vault.answers == []


def with_a_long_chat(folder: Path) -> tuple[Services, int]:
    """Forty questions and answers, deleted."""
    services = Services(vault=Vault.open(folder / "vault.db", bytes(32)))
    long = services.ask("Question 0").conversation_id
    for number in range(1, 40):
        services.ask(f"Question {number}", long)
    services.conversations.delete(long).result()
    return services, long


def test_a_long_chat_goes_in_pieces(tmp_path: Path) -> None:
    """Others write in between; it is beyond undo from the first piece on, and gone at the end."""
    services, long = with_a_long_chat(tmp_path)
    kept = services.ask("Stays").conversation_id
    services.clock.advance(31)
    purged = services.conversations.purge()
    renamed = services.conversations.rename(kept, "In between")
    assert renamed.result(10).title == "In between"
    assert not purged.done()
    with pytest.raises(NotFound):
        services.conversations.restore(long).result(10)
    assert purged.result(30) == 1
    with pytest.raises(NotFound):
        services.thread(long)
    assert [one.id for one in services.conversations.list().result(10)] == [kept]
    services.close()


def test_closing_leaves_what_takes_long_to_the_next_start(tmp_path: Path) -> None:
    """With no time at all one piece goes; the rest is out of sight, and goes later."""
    services, _ = with_a_long_chat(tmp_path)
    assert services.conversations.purge_all(within=0.0).result(10) == 0
    assert services.conversations.list().result(10) == []
    assert services.conversations.purge_all().result(30) == 1
    services.close()
