"""Drafts: kept, replaced, gone with their conversation, and never in the wrong vault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.drafts import DraftService
from assistant.errors import NotFound, VaultLocked
from assistant.store import conversation_rows as conversations
from assistant.store.vault import Vault
from assistant.text import MAX_MESSAGE_CHARACTERS

FIRST_PRIVATE = 2**52


@pytest.fixture
def vault() -> Iterator[Vault]:
    """A vault in memory."""
    with Vault.in_memory() as opened:
        yield opened


@pytest.fixture
def service(vault: Vault) -> DraftService:
    """Over that vault."""
    return DraftService(vault)


def begin(vault: Vault) -> int:
    """A conversation."""
    return vault.write(lambda c: conversations.create(c, "Trip", 1)).result().id


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """By conversation, and for the chat that has not begun; after a restart, too."""
    with Vault.open(tmp_path / "vault.db", bytes(32)) as vault:
        service = DraftService(vault)
        trip, other = begin(vault), begin(vault)
        for place, text in ((trip, "To Lis"), (trip, "To Lisbon"), (None, " new\n"), (other, "x")):
            service.save(place, text).result()
    with Vault.open(tmp_path / "vault.db", bytes(32)) as vault:
        loaded = DraftService(vault).load().result()
    assert loaded == {trip: "To Lisbon", None: " new\n", other: "x"}


def test_an_empty_draft_is_none(vault: Vault, service: DraftService) -> None:
    """Whether there was one or not, and whether its conversation is there or not."""
    trip = begin(vault)
    for place in (trip, None):
        service.save(place, "words").result()
        service.save(place, "").result()
    service.save(12345, "").result()
    assert service.load().result() == {}


def test_a_draft_goes_with_its_conversation(vault: Vault, service: DraftService) -> None:
    """While it can be brought back its draft can be, too; the others stay."""
    trip, other = begin(vault), begin(vault)
    for place in (trip, other, None):
        service.save(place, "words").result()
    vault.write(lambda c: conversations.mark_deleted(c, trip, 1)).result()
    assert set(service.load().result()) == {trip, other, None}
    vault.write(lambda c: conversations.purge_deleted(c, 2)).result()
    assert set(service.load().result()) == {other, None}


@pytest.mark.parametrize("place", [0, -1, 12345, FIRST_PRIVATE, 2**63 - 1])
def test_a_conversation_that_is_not_here_has_no_draft(service: DraftService, place: int) -> None:
    """A private one's words above all: they are refused by every vault but its own."""
    with pytest.raises(NotFound):
        service.save(place, "words").result()
    assert service.load().result() == {}


def test_a_private_conversations_draft_lies_with_it() -> None:
    """In the vault whose ids begin far from all others."""
    with Vault.in_memory(FIRST_PRIVATE) as vault:
        service = DraftService(vault)
        private = begin(vault)
        service.save(private, "secret").result()
        assert service.load().result() == {private: "secret"}
        assert private == FIRST_PRIVATE


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\ud800b", "a\ufffdb"),
        ("a\0b", "a\0b"),
        ("💤\u202e\r\n", "💤\u202e\r\n"),
        ("x" * (MAX_MESSAGE_CHARACTERS + 1), "x" * MAX_MESSAGE_CHARACTERS),
    ],
    ids=["surrogate", "nul", "unicode", "too long"],
)
def test_any_text_is_kept(service: DraftService, text: str, kept: str) -> None:
    """As it was typed: it is cleaned when it is sent."""
    service.save(None, text).result()
    assert service.load().result() == {None: kept}


def test_after_closing_it_is_refused(vault: Vault, service: DraftService) -> None:
    """At once, as by everything that is over a vault."""
    vault.close()
    with pytest.raises(VaultLocked):
        service.save(None, "words")
