"""Copies of a database: exact to the row beside a writer, proved, and all or nothing."""

from __future__ import annotations

import shutil
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import closing
from pathlib import Path

import pytest

from assistant.errors import NotFound, StorageFull, VaultDamaged
from assistant.store.copying import copy_verified, verify_database
from assistant.store.sqlcipher import Connection, open_database
from tests.cipher_pages import hits
from tests.trials.disks import SmallDisk
from tests.unit.small_disks import small_disk_or_skip

KEY = bytes(range(32))
COPY_KEY = bytes(range(1, 33))
PAGE = 4096
ROWS = 400

SCHEMA = (
    "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
    "CREATE INDEX note_text ON note(text)",
    "CREATE VIRTUAL TABLE found USING fts5(text, content='note', content_rowid='id')",
    'CREATE VIRTUAL TABLE "own ""words""" USING FTS5(text)',
    "PRAGMA user_version = 7",
)


def fill(connection: Connection) -> None:
    """Write what the copies are made of: some dozens of pages."""
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute("BEGIN")
    for number in range(1, ROWS + 1):
        text = f"the canary sings {number} " * 20
        connection.execute("INSERT INTO note VALUES (?, ?)", (number, text))
        connection.execute("INSERT INTO found(rowid, text) VALUES (?, ?)", (number, text))
    connection.execute("COMMIT")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A closed database."""
    path = tmp_path / "vault.db"
    with closing(open_database(path, KEY)) as connection:
        fill(connection)
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the copy goes: a folder of its own."""
    return tmp_path / "copies" / "a b?%41" / "copy.db"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system of 1 MiB."""
    with small_disk_or_skip(tmp_path / "disk", 1) as disk:
        yield disk


def nothing_at(target: Path) -> bool:
    """Whether a copy that failed left nothing."""
    return not target.parent.exists() or list(target.parent.iterdir()) == []


def flip(path: Path, offset: int) -> None:
    """Change one bit."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def test_a_copy_is_one_private_file_under_its_own_key(source: Path, target: Path) -> None:
    """All rows and the schema's number are in it; neither the text nor the old key opens it."""
    counts = copy_verified(source, KEY, target, COPY_KEY)
    assert counts == {"found": ROWS, "note": ROWS, 'own "words"': 0}
    assert [file.name for file in target.parent.iterdir()] == ["copy.db"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert b"canary" not in target.read_bytes()
    with pytest.raises(VaultDamaged):
        open_database(target, KEY, read_only=True)
    with closing(open_database(target, COPY_KEY, read_only=True)) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (7,)
        rows = copy.execute("SELECT * FROM note").fetchall()
    with closing(open_database(source, KEY, read_only=True)) as original:
        assert rows == original.execute("SELECT * FROM note").fetchall()


def test_the_source_stays_as_it_was(source: Path, target: Path) -> None:
    """Not one byte of it is written."""
    before = source.read_bytes()
    copy_verified(source, KEY, target, COPY_KEY)
    assert source.read_bytes() == before


def test_what_stands_at_the_target_is_left_alone(source: Path, tmp_path: Path) -> None:
    """A copy replaces nothing."""
    target = tmp_path / "precious"
    target.write_text("mine")
    with pytest.raises(StorageFull):
        copy_verified(source, KEY, target, COPY_KEY)
    assert target.read_text() == "mine"


class Writer:
    """Adds rows on a thread of its own, one commit each, as fast as it can."""

    def __init__(self, path: Path) -> None:
        self.commits = 0
        self._path = path
        self._stopped = threading.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        assert self._begun.wait(10)

    def close(self) -> None:
        """End it."""
        self._stopped.set()
        self._thread.join(10)

    def _work(self) -> None:
        with closing(open_database(self._path, KEY)) as connection:
            while not self._stopped.is_set():
                connection.execute("BEGIN IMMEDIATE")
                made = connection.execute("INSERT INTO note(text) VALUES ('more')").lastrowid
                connection.execute("INSERT INTO found(rowid, text) VALUES (?, 'more')", (made,))
                connection.execute("COMMIT")
                self.commits += 1
                self._begun.set()


def test_a_copy_beside_a_writer_that_never_rests_is_one_snapshot(
    source: Path, tmp_path: Path
) -> None:
    """Row counts are compared exactly: each copy succeeds, and each holds whole transactions."""
    with closing(Writer(source)) as writer:
        for turn in range(5):
            before = writer.commits
            counts = copy_verified(source, KEY, tmp_path / f"{turn}.db", COPY_KEY)
            assert counts["note"] == counts["found"]
            assert ROWS + before <= counts["note"] <= ROWS + writer.commits + 1


def test_a_cancelled_copy_leaves_nothing(source: Path, target: Path) -> None:
    """At whichever of its questions it is cancelled."""
    asked = 0

    def count() -> bool:
        nonlocal asked
        asked += 1
        return False

    copy_verified(source, KEY, target, COPY_KEY, cancelled=count)
    target.unlink()
    for limit in {0, 1, 2, asked // 4, asked // 2, asked * 3 // 4, asked - 10}:
        left = limit

        def stop() -> bool:
            nonlocal left
            left -= 1
            return left < 0

        with pytest.raises(CancelledError):
            copy_verified(source, KEY, target, COPY_KEY, cancelled=stop)
        assert nothing_at(target)


def test_no_error_carries_a_key(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own error quotes the address that it could not open, and with it the key."""
    monkeypatch.setattr("assistant.store.copying.create_private_file", lambda _: None)
    with pytest.raises(StorageFull) as caught:
        copy_verified(source, KEY, target, COPY_KEY)
    error: BaseException | None = caught.value
    while error is not None:
        assert COPY_KEY.hex() not in str(error)
        error = error.__context__


def test_damage_in_the_source_is_found(source: Path, target: Path) -> None:
    """On each page, of a table or an index or full text; and the copy is not kept."""
    whole = source.read_bytes()
    for page in range(len(whole) // PAGE):
        flip(source, page * PAGE + 77)
        with pytest.raises(VaultDamaged):
            copy_verified(source, KEY, target, COPY_KEY)
        assert nothing_at(target)
        source.write_bytes(whole)
    assert copy_verified(source, KEY, target, COPY_KEY)["note"] == ROWS


def matches(connection: Connection, word: str) -> list[int]:
    """What the index finds."""
    query = "SELECT rowid FROM found WHERE found MATCH ?"
    return [int(str(row[0])) for row in connection.execute(query, (word,))]


def test_a_full_text_index_that_does_not_match_its_text_is_made_anew(
    source: Path, target: Path
) -> None:
    """No page is damaged, and no text: the copy is right, the source as it was, and it is told."""
    old = "zxcvbnmasdfghjkl"
    with closing(open_database(source, KEY)) as connection:
        connection.execute("UPDATE note SET text = 'something else' WHERE id = 5")
        connection.execute("INSERT INTO found(rowid, text) VALUES (6, ?)", (old,))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = source.read_bytes()
    told: list[str] = []
    counts = copy_verified(
        source, KEY, target, COPY_KEY, index_was_stale=lambda: told.append("stale")
    )
    assert told == ["stale"]
    assert source.read_bytes() == before
    assert verify_database(target, COPY_KEY) == counts
    with closing(open_database(target, COPY_KEY, read_only=True)) as connection:
        assert (matches(connection, "else"), matches(connection, old)) == ([5], [])
        assert len(matches(connection, "canary")) == ROWS - 1
    assert hits(target, COPY_KEY, [old]) == []
    copy_verified(target, COPY_KEY, source.with_name("again"), KEY, index_was_stale=pytest.fail)


def test_a_full_text_index_that_cannot_be_made_anew_is_damage(source: Path, target: Path) -> None:
    """Here its text is another one each time that it is read."""
    with closing(open_database(source, KEY)) as connection:
        connection.execute("CREATE VIEW noise AS SELECT 1 AS id, hex(randomblob(8)) AS text")
        connection.execute(
            "CREATE VIRTUAL TABLE heard USING fts5(text, content='noise', content_rowid='id')"
        )
        connection.execute("INSERT INTO heard(heard) VALUES ('rebuild')")
    with pytest.raises(VaultDamaged):
        copy_verified(source, KEY, target, COPY_KEY)
    assert nothing_at(target)


@pytest.mark.parametrize("offset", range(0, PAGE * 12, PAGE * 3 // 2))
def test_verifying_finds_a_flipped_bit(source: Path, target: Path, offset: int) -> None:
    """On any page, whether or not a row is on it."""
    copy_verified(source, KEY, target, COPY_KEY)
    flip(target, offset)
    with pytest.raises(VaultDamaged):
        verify_database(target, COPY_KEY)


def test_verifying_finds_a_broken_full_text_index(source: Path, target: Path) -> None:
    """Whole pages, and yet an index that lost a part of itself."""
    copy_verified(source, KEY, target, COPY_KEY)
    with closing(open_database(target, COPY_KEY)) as connection:
        connection.execute("DELETE FROM found_docsize WHERE id < 100")
        connection.execute("DELETE FROM found_data WHERE id > 100")
    with pytest.raises(VaultDamaged):
        verify_database(target, COPY_KEY)


@pytest.mark.parametrize("key", [KEY, bytes(32)])
def test_verifying_with_another_key_is_refused(source: Path, target: Path, key: bytes) -> None:
    """A wrong key looks like damage."""
    copy_verified(source, KEY, target, COPY_KEY)
    with pytest.raises(VaultDamaged):
        verify_database(target, key)


def test_verifying_writes_nothing(source: Path, target: Path) -> None:
    """Neither to the file nor beside it."""
    counts = copy_verified(source, KEY, target, COPY_KEY)
    before = target.read_bytes()
    assert verify_database(target, COPY_KEY) == counts
    assert target.read_bytes() == before
    assert [file.name for file in target.parent.iterdir()] == ["copy.db"]


def test_no_source_no_copy(target: Path, tmp_path: Path) -> None:
    """Said as it is."""
    with pytest.raises(NotFound):
        copy_verified(tmp_path / "none.db", KEY, target, COPY_KEY)
    assert nothing_at(target)


@pytest.mark.parametrize("room", range(0, 100, 10))
def test_a_disk_that_fills_up_at_any_moment(
    source: Path, target: Path, disk: SmallDisk, room: int
) -> None:
    """There is room for so many hundredths of the copy: words, and nothing is left."""
    copy_verified(source, KEY, target, COPY_KEY)
    needed = target.stat().st_size
    filler = disk.root / "filler"
    filler.write_bytes(bytes(1024 * 1024 - PAGE - needed * room // 100))
    with pytest.raises(StorageFull, match="full"):
        copy_verified(source, KEY, disk.root / "copy.db", COPY_KEY)
    assert list(disk.root.iterdir()) == [filler]


def test_a_disk_that_cannot_be_written(source: Path, disk: SmallDisk) -> None:
    """No copy there; said as it is."""
    disk.set_writable(False)
    with pytest.raises(StorageFull, match="read-only"):
        copy_verified(source, KEY, disk.root / "copy.db", COPY_KEY)


def test_a_copy_on_a_read_only_medium_can_be_verified_and_copied(
    source: Path, target: Path, disk: SmallDisk, tmp_path: Path
) -> None:
    """A stick with its switch on, for one."""
    with closing(open_database(source, KEY)) as connection:
        connection.execute("DELETE FROM note WHERE id > 100")
        connection.execute("INSERT INTO found(found) VALUES ('rebuild')")
    counts = copy_verified(source, KEY, disk.root / "copy.db", COPY_KEY)
    disk.set_writable(False)
    assert verify_database(disk.root / "copy.db", COPY_KEY) == counts
    assert copy_verified(disk.root / "copy.db", COPY_KEY, target, KEY) == counts


def test_a_log_on_a_read_only_medium_is_not_passed_over(source: Path, disk: SmallDisk) -> None:
    """What was written last stands in it: an older state must not pass for the whole."""
    with closing(open_database(source, KEY)) as connection:
        connection.execute("DELETE FROM note")
        connection.execute("INSERT INTO found(found) VALUES ('rebuild')")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO note(text) VALUES ('last')")
        for ending in ("", "-wal"):
            shutil.copy(f"{source}{ending}", disk.root)
    disk.set_writable(False)
    with pytest.raises(StorageFull):
        verify_database(disk.root / "vault.db", KEY)


def test_a_transaction_left_open_is_not_in_the_copy(source: Path, target: Path) -> None:
    """Nor is it waited for: the copy is of the last commit."""
    with closing(open_database(source, KEY)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM note")
        assert copy_verified(source, KEY, target, COPY_KEY)["note"] == ROWS
        writer.execute("ROLLBACK")
