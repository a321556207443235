"""A profile that each released Hush wrote, opened by this one: nothing is lost on the way."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from sqlcipher3 import dbapi2

from assistant.notes.records import NoteFilter
from assistant.records import MessageState
from assistant.store import (
    cloud_rows,
    note_link_rows,
    note_list_rows,
    note_rows,
    note_trash_rows,
    revision_rows,
    tag_rows,
)
from assistant.store import conversation_rows as conversations
from assistant.store import message_rows as messages
from assistant.store.keyslots import KeyLabel, KeySlots, derive_key
from assistant.store.migrations import LATEST, MIGRATIONS, migrate
from assistant.store.passphrase import Passphrase
from assistant.store.sqlcipher import Connection, Cursor, check_integrity, open_database
from assistant.store.vault import Vault, schema_version
from tests.golden import make
from tests.golden.content import PASSPHRASE, read

VERSIONS = range(1, LATEST + 1)

# Migrates, and ends as a kill ends it just before the statement of this number.
KILLED = """
import os, signal, sys
from pathlib import Path
from assistant.store.migrations import migrate
from assistant.store.sqlcipher import open_database

class Killing:
    def __init__(self, inner, left):
        self.inner, self.left = inner, left

    in_transaction = property(lambda self: self.inner.in_transaction)

    def execute(self, sql, *parameters):
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.inner.execute(sql, *parameters)

connection = open_database(Path(sys.argv[1]), bytes.fromhex(sys.stdin.read()))
migrate(Killing(connection, int(sys.argv[2])))
print("whole")
"""


class Profile:
    """A copy of a golden profile; the golden one itself is never opened."""

    def __init__(self, version: int, folder: Path) -> None:
        source = make.HERE / f"v{version}"
        assert source.is_dir(), (
            f"Schema {version} has no golden profile. Before it is released, write one with: "
            "python -m tests.golden.make"
        )
        shutil.copytree(source, folder)
        self.database = folder / "vault.db"
        self.expected: dict[str, Any] = json.loads((folder / "expected.json").read_text())
        slots = KeySlots.load(folder / "keyslots.json")
        self.key = derive_key(slots.unlock(Passphrase(PASSPHRASE)), KeyLabel.DB)

    def held(self) -> dict[str, Any]:
        """What the person has, read by a connection that changes nothing."""
        connection = open_database(self.database, self.key, read_only=True)
        try:
            return read(connection)
        finally:
            connection.close()


@pytest.fixture(params=VERSIONS, ids=lambda version: f"v{version}")
def profile(request: pytest.FixtureRequest, tmp_path: Path) -> Profile:
    """One of every schema there ever was."""
    return Profile(request.param, tmp_path / "profile")


@pytest.fixture
def first(tmp_path: Path) -> Profile:
    """One of the first schema."""
    return Profile(1, tmp_path / "profile")


class Failing:
    """A connection whose statement of one number fails, as on a disk that does."""

    def __init__(self, connection: Connection, number: int) -> None:
        self._connection = connection
        self._left = number

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *parameters: Any) -> Cursor:
        self._left -= 1
        if self._left == -1:
            raise dbapi2.OperationalError("disk I/O error")
        return self._connection.execute(sql, *parameters)


def failing_at(connection: Connection, number: int) -> Connection:
    """This connection, but for one statement."""
    return cast("Connection", Failing(connection, number))


def test_every_schema_has_a_golden_profile_of_its_own(profile: Profile) -> None:
    """Of that very schema: the file says which."""
    number = int(profile.expected["schema"])
    assert schema_version(profile.database, profile.key) == number
    assert profile.held() == profile.expected["held"]


def test_what_it_held_is_held_after_opening(profile: Profile) -> None:
    """Every row of every kind as it was, in a sound database of the newest schema."""
    with Vault.open(profile.database, profile.key) as vault:
        assert vault.read(read).result() == profile.expected["held"]
        vault.read(check_integrity).result()
        found = vault.read(lambda c: conversations.search(c, "seven ever")).result()
        assert [one.title for one in found] == ["Packing for Lisbon"]
    assert schema_version(profile.database, profile.key) == LATEST


def test_it_is_used_on(profile: Profile) -> None:
    """The answer that was being written is there as far as it got; the deleted one goes."""
    with Vault.open(profile.database, profile.key) as vault:
        assert vault.write(messages.interrupt_leftovers).result() == 1
        newest = vault.read(conversations.list_all).result()[0]
        last = vault.read(lambda c: messages.path(c, newest.id)).result()[-1]
        assert last.state is MessageState.INTERRUPTED
        assert last.text == "The first piece, the second, and no third \U0001f4a4"
        assert vault.read(lambda c: conversations.search(c, "no third")).result() == [newest]
        assert vault.write(lambda c: conversations.purge_deleted(c, 2**62)).result() == 1
        vault.read(check_integrity).result()


def test_the_newest_has_the_schema_that_is_made_now(tmp_path: Path) -> None:
    """Or it was written before the schema was done: take it away and write it again."""
    profile = Profile(LATEST, tmp_path / "profile")

    def schema(connection: Connection) -> list[list[str]]:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2")
        return [[kind, name, *(sql or "").split()] for kind, name, sql in rows.fetchall()]

    golden = open_database(profile.database, profile.key, read_only=True)
    with Vault.in_memory() as fresh:
        assert schema(golden) == fresh.read(schema).result()
    golden.close()


def test_its_notes_are_used_on(tmp_path: Path) -> None:
    """Listed, followed, taken back; what was made of the one in the trash goes with it."""
    profile = Profile(4, tmp_path / "profile")
    with Vault.open(profile.database, profile.key) as vault:
        pinned, *others = vault.read(lambda c: note_list_rows.lines(c, NoteFilter())).result()
        assert (pinned.title, pinned.tags) == ("Balcony", ("garden/spring", "To do"))
        assert [line.title for line in others] == ["Written elsewhere. (other version)", "Seeds"]
        seeds = vault.read(lambda c: note_link_rows.resolve(c, "what grows")).result()
        assert seeds == others[1].id
        (line, *_) = vault.read(lambda c: revision_rows.lines(c, pinned.id)).result()
        saved = vault.write(lambda c: note_rows.revert(c, pinned.id, line.revision, 1)).result()
        assert saved.note.text.startswith("# Balcony")
        vault.write(lambda c: note_trash_rows.begin_purge(c, 2**62)).result()
        assert len(vault.write(lambda c: note_trash_rows.purge_some(c, 10)).result().ids) == 1
        assert "gone" not in {tag.name for tag in vault.read(tag_rows.counts).result()}
        vault.read(check_integrity).result()


def test_a_golden_profile_is_written_once(tmp_path: Path) -> None:
    """It is what that Hush wrote, not what this one would."""
    stands = make.HERE / f"v{LATEST}"
    before = {file.name: file.read_bytes() for file in stands.iterdir()}
    with pytest.raises(FileExistsError):
        make.make(stands)
    assert {file.name: file.read_bytes() for file in stands.iterdir()} == before
    made = tmp_path / "made"
    make.make(made)
    assert sorted(file.name for file in made.iterdir()) == [
        "expected.json",
        "keyslots.json",
        "vault.db",
    ]


@pytest.mark.parametrize("number", range(1, LATEST), ids=lambda number: f"from-v{number}")
def test_a_statement_that_fails_leaves_the_schema_before(number: int, tmp_path: Path) -> None:
    """Each of the step's statements in turn, its BEGIN and COMMIT too; later it goes through."""
    profile = Profile(number, tmp_path / "profile")
    steps = MIGRATIONS[: number + 1]
    before = profile.expected["held"]
    statements = len(steps[number]) + 3  # BEGIN, user_version, COMMIT
    connection = open_database(profile.database, profile.key)
    # The first two statements ask for the version.
    for place in range(2, 2 + statements):
        with pytest.raises(dbapi2.OperationalError):
            migrate(failing_at(connection, place), steps)
        assert not connection.in_transaction
        assert connection.execute("PRAGMA user_version").fetchone() == (number,)
        assert read(connection) == before
    migrate(failing_at(connection, 2 + statements), steps)
    assert connection.execute("PRAGMA user_version").fetchone() == (number + 1,)
    connection.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
@pytest.mark.parametrize("before", [3, 7, len(MIGRATIONS[1]) + 3, len(MIGRATIONS[1]) + 4])
def test_killed_in_the_middle_of_a_migration(first: Profile, before: int) -> None:
    """At its first statement, while words are indexed, before its number and its COMMIT."""
    arguments = [sys.executable, "-c", KILLED, str(first.database), str(before)]
    killed = subprocess.run(arguments, input=first.key.hex(), capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert schema_version(first.database, first.key) == 1
    assert first.held() == first.expected["held"]
    with Vault.open(first.database, first.key) as vault:
        vault.read(check_integrity).result()
        assert vault.read(read).result() == first.expected["held"]
    assert schema_version(first.database, first.key) == LATEST


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
@pytest.mark.parametrize("before", range(2, 2 + len(MIGRATIONS[6]) + 3))
def test_killed_while_the_cloud_is_added(tmp_path: Path, before: int) -> None:
    """Before each statement of that step in turn, its BEGIN, its number and its COMMIT too."""
    profile = Profile(6, tmp_path / "profile")
    arguments = [sys.executable, "-c", KILLED, str(profile.database), str(before)]
    killed = subprocess.run(arguments, input=profile.key.hex(), capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert schema_version(profile.database, profile.key) == 6
    assert profile.held() == profile.expected["held"]
    with Vault.open(profile.database, profile.key) as vault:
        vault.read(check_integrity).result()
        assert vault.read(read).result() == profile.expected["held"]
    assert schema_version(profile.database, profile.key) == LATEST


def test_what_was_asked_elsewhere_is_used_on(tmp_path: Path) -> None:
    """A mark, evidence and its absence, what waits, who is trusted; all gone with its chat."""
    profile = Profile(7, tmp_path / "profile")
    with Vault.open(profile.database, profile.key) as vault:
        hosted, box = vault.read(cloud_rows.providers).result()
        assert (hosted.is_default, hosted.has_key, box.trusted) == (True, True, True)
        (waits,) = vault.read(cloud_rows.waiting).result()
        shown = vault.read(lambda c: messages.path(c, waits.conversation_id)).result()
        assert [one.cloud is not None for one in shown] == [False, True, False]
        sent = vault.read(lambda c: cloud_rows.sent_of(c, shown[1].id)).result()
        assert sent.table.for_placeholder("[HIDDEN_1]") is not None
        far = vault.read(lambda c: cloud_rows.divergence_of(c, shown[1].id)).result()
        assert far is not None
        assert (far.question_id, far.distance) == (shown[0].id, 0.625)
        gone = vault.read(lambda c: cloud_rows.answer_of(c, "7" * 64)).result()
        assert gone is not None
        assert vault.read(lambda c: cloud_rows.sent_of(c, gone)).result().body is None
        vault.write(lambda c: conversations.mark_deleted(c, waits.conversation_id, 1)).result()
        vault.write(lambda c: conversations.purge_deleted(c, 2**62)).result()
        assert vault.read(lambda c: cloud_rows.answer_of(c, "6" * 64)).result() is None
        vault.read(check_integrity).result()


def test_looking_at_the_version_changes_nothing(first: Profile) -> None:
    """Not the file, and not the WAL that a killed Hush left."""
    connection = open_database(first.database, first.key)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    conversations.create(connection, "in the WAL", 1)
    left = first.database.parent / "left"
    left.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{first.database}{ending}", left / f"vault.db{ending}")
    connection.close()
    before = {file.name: file.read_bytes() for file in left.iterdir()}
    assert before["vault.db-wal"]
    assert schema_version(left / "vault.db", first.key) == 1
    assert {name: (left / name).read_bytes() for name in before} == before
