"""``hush backup``: from the command line to the disk and back, with its exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from assistant.backup.service import Missing
from assistant.instance import Instance
from assistant.paths import Profile
from assistant.terminal import parse
from assistant.terminal.backing_up import missing_words
from tests.fakes.door import PASSPHRASE
from tests.unit.backup_home import flip
from tests.unit.terminals import Person, Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over a profile with one chat."""
    terminal = Terminal(tmp_path / "profile")
    assert terminal.run("ask", "where is Rome?") == 0
    return terminal


def data(terminal: Terminal) -> dict[str, Any]:
    """The one JSON object that was printed."""
    (line,) = terminal.out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def made(terminal: Terminal) -> str:
    """Make a backup; returns its name."""
    assert terminal.run("backup", "create", "--json") == 0
    return str(data(terminal)["name"])


def listed(terminal: Terminal) -> list[str]:
    """The names of the backups there are."""
    assert terminal.run("backup", "list", "--json", passphrase=None) == 0
    return [json.loads(line)["name"] for line in terminal.out.splitlines()]


def chats(terminal: Terminal) -> int:
    """How many there are."""
    assert terminal.run("list", "--json") == 0
    return len(terminal.out.splitlines())


@pytest.mark.parametrize(
    "argv", [["backup"], ["backup", "nonsense"], ["backup", "restore"], ["backup", "list", "x"]]
)
def test_not_understood(argv: list[str]) -> None:
    """Exit code 2, before anything is opened."""
    with pytest.raises(SystemExit) as caught:
        parse(argv)
    assert caught.value.code == 2


def test_made_and_listed(terminal: Terminal) -> None:
    """For a person and for a program; the list needs no key."""
    assert terminal.run("backup", "list", passphrase=None) == 0
    assert (terminal.out, "no backup yet" in terminal.err) == ("", True)
    assert terminal.run("backup", "create") == 0
    assert "1 chat, 2 messages" in terminal.out
    assert "read back" in terminal.err
    name = terminal.out.split()[0]
    assert terminal.run("backup", "list", passphrase=None) == 0
    assert terminal.out.startswith(name)
    assert "by hand, kept until 20" in terminal.out
    assert listed(terminal) == [name]


@pytest.mark.parametrize("action", ["list", "verify"])
def test_looking_works_beside_an_open_window(terminal: Terminal, action: str) -> None:
    """Making does not: there is one writer."""
    made(terminal)
    with Instance(Profile(terminal.root)):
        assert terminal.run("backup", action) == 0
        assert terminal.run("backup", "create") == 6


def test_verified(terminal: Terminal) -> None:
    """By name, by folder, or the newest; damage has its exit code."""
    name = made(terminal)
    folder = terminal.root / "backups" / name
    for which in ([], [name], [str(folder)]):
        assert terminal.run("backup", "verify", *which) == 0
        assert name in terminal.out
    assert terminal.run("backup", "verify", "2026-01-01T000000Z") == 4
    assert terminal.run("backup", "verify", passphrase="not that one") == 3
    assert terminal.run("backup", "verify", passphrase=None) == 3
    flip(folder / "vault.db")
    assert terminal.run("backup", "verify", "--json") == 7
    assert data(terminal)["code"] == "vault-damaged"


def test_restored(terminal: Terminal) -> None:
    """After a clear word; what would be missing and what is kept is said."""
    name = made(terminal)
    assert terminal.run("ask", "and Vienna?") == 0
    assert terminal.run("backup", "restore", name) == 2
    assert "--yes" in terminal.err
    assert "1 chat, 2 messages" in terminal.err.split("missing from it")[1]
    assert chats(terminal) == 2
    assert terminal.run("backup", "restore", name, "--yes") == 0
    kept = next((terminal.root / "kept").iterdir())
    assert str(kept) in terminal.err
    assert (kept / "vault.db").is_file()
    assert chats(terminal) == 1


def test_restored_for_a_program(terminal: Terminal) -> None:
    """One object."""
    name = made(terminal)
    assert terminal.run("backup", "restore", name, "--yes", "--json") == 0
    assert data(terminal) == {
        "name": name,
        "conversations": 1,
        "messages": 2,
        "kept": str(next((terminal.root / "kept").iterdir())),
    }


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (None, "What you wrote since then"),
        (Missing(1, 0, 0), "No chat or message was begun since then; answers and drafts may"),
        (Missing(1, 0, 0, complete=False), "What you wrote since then"),
        (Missing(1, 1, 2, complete=False), "at least 1 chat, 2 messages"),
    ],
)
def test_what_would_be_missing(missing: Missing | None, words: str) -> None:
    """Never made to look less than it is."""
    assert words in missing_words(missing)


def test_a_restore_of_another_vault(terminal: Terminal, tmp_path: Path) -> None:
    """No number is made up for what is here."""
    other = Terminal(tmp_path / "other")
    assert other.run("ask", "mine?") == 0
    folder = other.root / "backups" / made(other)
    assert terminal.run("backup", "restore", str(folder)) == 2
    assert "What you wrote since then would be missing from it." in terminal.err


@pytest.mark.parametrize(("answer", "code"), [("YES", 0), ("yes", 2), ("", 2)])
def test_a_person_is_asked(terminal: Terminal, answer: str, code: int) -> None:
    """Anything but the word changes nothing."""
    name = made(terminal)
    assert terminal.run("ask", "and Vienna?") == 0
    person = Person(lambda shown: answer if "YES" in shown else None)
    assert terminal.run("backup", "restore", name, person=person) == code
    assert chats(terminal) == (1 if code == 0 else 2)


def test_a_damaged_vault_is_replaced(terminal: Terminal) -> None:
    """Although it cannot be opened any more."""
    name = made(terminal)
    flip(terminal.root / "vault.db", 100)
    assert terminal.run("list") == 7
    assert terminal.run("backup", "restore", name, "--yes") == 0
    assert chats(terminal) == 1


def test_to_another_machine(terminal: Terminal, tmp_path: Path) -> None:
    """A copy outside the profile; there, into an empty one."""
    stick = tmp_path / "stick"
    assert terminal.run("backup", "create", "--to", str(stick), "--json") == 0
    folder = stick / data(terminal)["name"]
    assert str(folder) in terminal.err
    assert listed(terminal) == []
    shutil.rmtree(terminal.root)
    assert terminal.run("backup", "restore", str(folder), "--yes", passphrase="wrong words") == 3
    assert terminal.run("backup", "restore", str(folder), "--yes") == 0
    assert not (terminal.root / "kept").exists()
    assert chats(terminal) == 1


def test_forgetting_earlier_ones(terminal: Terminal) -> None:
    """After a clear word."""
    earlier = made(terminal)
    assert terminal.run("backup", "forget-earlier") == 2
    assert listed(terminal) == [earlier]
    assert terminal.run("backup", "forget-earlier", "--yes", "--json") == 0
    left = str(data(terminal)["name"])
    assert listed(terminal) == [left]
    assert left != earlier
    assert terminal.run("backup", "restore", left, "--yes") == 0
    assert list((terminal.root / "kept").iterdir())
    assert terminal.run("backup", "forget-earlier", "--yes") == 0
    assert "the files that a restore kept" in terminal.err
    assert not list((terminal.root / "kept").iterdir())


def test_a_drill(terminal: Terminal) -> None:
    """Its outcome is the exit code, and stands in the list where it failed."""
    assert terminal.run("backup", "drill") == 4
    name = made(terminal)
    assert terminal.run("backup", "drill") == 0
    assert "1 chat, 2 messages, all there" in terminal.out
    flip(terminal.root / "backups" / name / "vault.db")
    assert terminal.run("backup", "drill", "--json") == 7
    assert data(terminal)["ok"] is False
    assert terminal.run("backup", "list", passphrase=None) == 0
    assert "failed" in terminal.err


def test_nothing_to_back_up(tmp_path: Path) -> None:
    """No vault is made for that."""
    terminal = Terminal(tmp_path / "empty")
    for words in (["create"], ["forget-earlier", "--yes"], ["verify"], ["drill"]):
        assert terminal.run("backup", *words) == 4
    assert not (terminal.root / "vault.db").exists()


def test_no_secret_is_printed(terminal: Terminal) -> None:
    """Nor any of what was written."""
    name = made(terminal)
    for words in (["list"], ["verify"], ["drill"], ["restore", name, "--yes"]):
        terminal.run("backup", *words)
        assert PASSPHRASE not in terminal.out + terminal.err
        assert "Rome" not in terminal.out + terminal.err
