"""The first run, the ways in and the end of a vault, at a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.access.entrance import Entrance
from assistant.app import Parts
from assistant.paths import Profile
from assistant.store.keyslot_format import SlotType
from assistant.store.keyslots import KeySlots
from tests.fakes.door import CHEAP, PASSPHRASE, Door, FakeProver
from tests.unit.terminals import Person, Terminal, readable

_SHOWN = re.compile(r"(?:[0-9A-Z]{4} {2}){8}[0-9A-Z]{4}")
_ASKED = re.compile(r"type groups (\d) and (\d): $")


class KeyTerminal(Terminal):
    """A terminal with a keyring."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.door = Door(Profile(root))
        self.entrance = lambda profile, clock: Entrance(
            profile, clock, keyring=self.door.find_keyring, cost=CHEAP
        )

    def parts(self) -> Parts:
        """New ways in are proved in this process: no other sees the fake keyring."""
        return Parts(
            engine=lambda: self.engine(), entrance=self.entrance, prover=FakeProver(self.door)
        )

    @property
    def slots(self) -> KeySlots:
        """As they lie on the disk."""
        return KeySlots.load(self.door.profile.key_slots)


@pytest.fixture
def terminal(tmp_path: Path) -> KeyTerminal:
    """Over an empty profile, with a keyring."""
    return KeyTerminal(tmp_path / "profile")


def writes_it_down(*choices: str) -> tuple[Callable[[str], str | None], list[str]]:
    """Somebody who answers the choices in order, and the code's questions by looking at it."""
    left, codes = list(choices), []

    def answer(shown: str) -> str | None:
        if found := _ASKED.search(shown):
            groups = _SHOWN.findall(shown)[-1].split()
            codes.append("-".join(groups))
            return f"{groups[int(found[1]) - 1].lower()} {groups[int(found[2]) - 1]}"
        return left.pop(0) if left else None

    return answer, codes


def test_a_recovery_code_comes_before_the_first_word(terminal: KeyTerminal) -> None:
    """Chosen, shown once, confirmed; then it opens the vault with the keyring gone."""
    answer, codes = writes_it_down("r")
    person = Person(answer)
    assert terminal.run("ask", "Hello", passphrase=None, person=person) == 0
    assert terminal.slots.types == {SlotType.KEYRING, SlotType.RECOVERY}
    terminal.door.present = False
    assert terminal.run("list", passphrase=codes[0]) == 0
    assert "Hello" in terminal.out
    assert codes[0] not in terminal.out + terminal.err
    assert terminal.run("list", passphrase=None) == 3


def test_a_code_that_is_not_written_down_is_no_way_in(terminal: KeyTerminal) -> None:
    """Three wrong answers: nothing is made, nothing is kept."""
    person = Person(lambda shown: "AAAA BBBB" if _ASKED.search(shown) else "r")
    assert terminal.run("ask", "Hello", passphrase=None, person=person) == 2
    assert not terminal.door.profile.key_slots.exists()
    assert not terminal.door.profile.database.exists()
    assert not terminal.door.keyring._secrets


def test_doing_without_says_what_is_lost(terminal: KeyTerminal) -> None:
    """A plain statement, and the keyring alone."""
    answer, _ = writes_it_down("what?", "n")
    person = Person(answer)
    assert terminal.run("ask", "Hello", passphrase=None, person=person) == 0
    assert terminal.slots.types == {SlotType.KEYRING}
    assert "nobody can open your chats again" in terminal.err.split("n for none: ")[-1]


def test_nobody_there_to_choose(terminal: KeyTerminal) -> None:
    """In a pipe the answer comes and is not kept; --keyring-only keeps it."""
    assert terminal.run("ask", "Hello", passphrase=None) == 0
    assert "not kept" in terminal.err
    assert not terminal.door.profile.database.exists()
    assert terminal.run("ask", "Hello", "--keyring-only", passphrase=None) == 0
    assert terminal.run("list", passphrase=None) == 0
    assert "Hello" in terminal.out


def test_somebody_who_goes_away(terminal: KeyTerminal) -> None:
    """The terminal is closed in the middle of the first run."""
    assert terminal.run("ask", "Hello", passphrase=None, person=Person(lambda _: None)) == 3
    assert not terminal.door.profile.key_slots.exists()


def test_keys_are_listed_and_changed(terminal: KeyTerminal) -> None:
    """Passphrase in, changed, and out again."""
    assert terminal.run("ask", "Hello", "--keyring-only", passphrase=None) == 0
    assert terminal.run("keys", "list", passphrase=None) == 0
    assert terminal.out.startswith("keyring")
    assert "Only this machine's keyring opens your vault" in terminal.err
    for words in ("first passphrase", "second passphrase"):
        descriptor = str(readable(words + "\n"))
        arguments = ("keys", "passphrase", "--new-passphrase-fd", descriptor, "--json")
        assert terminal.run(*arguments, passphrase=None) == 0
        assert [way["type"] for way in json.loads(terminal.out)["ways"]] == [
            "keyring",
            "passphrase",
        ]
    assert terminal.run("list", passphrase="first passphrase") == 3
    assert terminal.run("list", passphrase="second passphrase") == 0
    assert terminal.run("keys", "remove", "keyring", passphrase="second passphrase") == 0
    assert terminal.run("list", passphrase=None) == 3
    assert terminal.run("keys", "remove", "passphrase", passphrase="second passphrase") == 2
    assert terminal.run("list", passphrase="second passphrase") == 0


def test_a_new_recovery_code_needs_a_person(terminal: KeyTerminal) -> None:
    """It is shown once: in a pipe nobody would see it."""
    assert terminal.run("ask", "Hello") == 0
    assert terminal.run("keys", "recovery") == 3
    answer, codes = writes_it_down()
    assert terminal.run("keys", "recovery", person=Person(answer)) == 0
    assert terminal.run("list", passphrase=codes[-1]) == 0
    assert "Hello" in terminal.out


def test_the_key_is_changed(terminal: KeyTerminal) -> None:
    """With a new passphrase; the old one opens nothing any more."""
    assert terminal.run("ask", "Hello") == 0
    before = terminal.slots.vault_id
    descriptor = str(readable("a brand new one\n"))
    assert terminal.run("keys", "rotate", "--new-passphrase-fd", descriptor) == 0
    assert terminal.slots.vault_id != before
    assert terminal.run("list", passphrase=PASSPHRASE) == 3
    assert terminal.run("list", passphrase="a brand new one") == 0
    assert "Hello" in terminal.out


def test_a_mistyped_code_says_so(terminal: KeyTerminal) -> None:
    """Exit 3, and what to compare."""
    answer, codes = writes_it_down("r")
    assert terminal.run("ask", "Hello", passphrase=None, person=Person(answer)) == 0
    wrong = codes[0][:-1] + ("0" if codes[0][-1] != "0" else "1")
    assert terminal.run("list", passphrase=wrong) == 3
    assert "mistyped" in terminal.err


@pytest.mark.parametrize("typed", ["", "erase", "yes", None])
def test_erasing_wants_the_word(terminal: KeyTerminal, typed: str | None) -> None:
    """Anything else changes nothing."""
    assert terminal.run("ask", "Hello") == 0
    assert terminal.run("erase", person=Person(lambda _: typed)) in {2, 3}
    assert terminal.run("list") == 0
    assert "Hello" in terminal.out


def test_erasing_in_a_pipe_wants_yes(terminal: KeyTerminal) -> None:
    """No accident in a script."""
    assert terminal.run("ask", "Hello") == 0
    assert terminal.run("erase") == 2
    assert terminal.run("erase", "--yes", passphrase=None) == 0
    assert terminal.run("list") == 4
    assert not terminal.door.profile.database.exists()


def test_erasing_after_the_word(terminal: KeyTerminal) -> None:
    """With no secret at all: who can delete the folder can do this."""
    assert terminal.run("ask", "Hello", "--keyring-only", passphrase=None) == 0
    assert terminal.run("erase", passphrase=None, person=Person(lambda _: "ERASE")) == 0
    assert not terminal.door.keyring._secrets
    assert terminal.run("ask", "Anew") == 0
