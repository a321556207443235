"""The person's own words that are always swapped."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from assistant.cloud.hidden import LONGEST, MOST, HiddenWords
from assistant.errors import HushError, InputRefused
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault


@pytest.fixture
def vault() -> Iterator[Vault]:
    """Empty."""
    with Vault.in_memory() as vault:
        yield vault


def read(vault: Vault) -> tuple[str, ...]:
    """What a new one knows, once it was read."""
    words = HiddenWords(vault)
    vault.read(lambda _: None).result(20)
    vault.read(lambda _: None).result(20)
    return words.known


def test_they_are_known_at_once_and_after_a_restart(vault: Vault) -> None:
    """In order, once each, without what is empty."""
    words = HiddenWords(vault)
    words.save(["  Zoë ", "Otto", "", "otto", "\n", "An der Au 7", "李明"]).result(20)
    assert words.known == ("An der Au 7", "Otto", "Zoë", "李明")
    assert read(vault) == words.known
    words.save([]).result(20)
    assert words.known == read(vault) == ()


@pytest.mark.parametrize(
    "word", ["x", "x" * (LONGEST + 1), "one\ntwo", "Ot\u202eto", "Ot\x00to", "a\tb", "\ud800x"]
)
def test_what_cannot_be_one(vault: Vault, word: str) -> None:
    """Nothing is changed, and nothing of it is in the words."""
    words = HiddenWords(vault)
    words.save(["Otto"]).result(20)
    with pytest.raises(InputRefused) as caught:
        words.save(["Zoë", word])
    assert len(word) < 2 or word not in caught.value.sentence
    assert words.known == read(vault) == ("Otto",)


def test_there_is_room_for_so_many(vault: Vault) -> None:
    """Each of them is looked for in each text."""
    words = HiddenWords(vault)
    many = [f"word {number}" for number in range(MOST + 1)]
    with pytest.raises(InputRefused):
        words.save(many)
    words.save(many[1:]).result(20)
    assert len(words.known) == MOST


def test_who_needs_them_waits_until_they_are_read(vault: Vault) -> None:
    """That nothing is known yet does not mean that there are none."""
    HiddenWords(vault).save(["Otto"]).result(20)
    go = threading.Event()
    vault.write(lambda _: go.wait(20))
    words = HiddenWords(vault)
    coming = words.list()
    assert (words.known, coming.done()) == ((), False)
    go.set()
    assert coming.result(20) == words.known == ("Otto",)


def test_what_cannot_be_read_is_said_and_read_anew(vault: Vault) -> None:
    """Each time that somebody needs them, until they are there; then no more."""
    HiddenWords(vault).save(["Otto"]).result(20)
    rename(vault, "cloud_hidden_word", "gone")
    words = HiddenWords(vault)
    for _ in range(2):
        with pytest.raises(HushError):
            words.list().result(20)
        assert words.known == ()
    rename(vault, "gone", "cloud_hidden_word")
    assert words.list().result(20) == words.known == ("Otto",)
    rename(vault, "cloud_hidden_word", "gone")
    assert words.list().result(20) == ("Otto",)


def rename(vault: Vault, before: str, after: str) -> None:
    """Have the words be where they are not looked for, or back."""

    def work(connection: Connection) -> None:
        connection.execute(f"ALTER TABLE {before} RENAME TO {after}")

    vault.write(work).result(20)
