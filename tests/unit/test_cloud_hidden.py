"""The person's own words that are always swapped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.cloud.hidden import LONGEST, MOST, HiddenWords
from assistant.errors import InputRefused
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
