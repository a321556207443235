"""Files that are not what Hush wrote, and disks that do not take what it writes.

After each of them: an error in words, never wrong data, and no byte changed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from assistant.errors import HushError, StorageFull, VaultDamaged, VaultTooNew
from assistant.records import Message
from assistant.store import conversation_rows as conversations
from assistant.store import message_rows as messages
from assistant.store.migrations import LATEST, migrate
from assistant.store.sqlcipher import Connection, check_integrity, open_database
from assistant.store.vault import Vault
from tests.trials.disks import SmallDisk, small_disk
from tests.trials.outcome import Unable

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
PAGE = 4096  # SQLCipher's page size
MESSAGES = 200


def fill(connection: Connection) -> None:
    """Write a conversation of some tens of pages."""
    made = conversations.create(connection, "Trip", 1)
    parent = None
    for turn in range(MESSAGES):
        text = f"turn {turn} " * 20
        parent = messages.add_question(connection, made.id, parent, text, turn).id
    assert parent is not None
    conversations.set_head(connection, made.id, parent)


def shown(connection: Connection) -> tuple[Message, ...]:
    """Everything that ``fill`` wrote."""
    return messages.path(connection, conversations.list_all(connection)[0].id)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed vault."""
    made = tmp_path / "vault.db"
    with Vault.open(made, KEY) as vault:
        vault.write(fill).result()
    return made


def refusal(path: Path, key: bytes = KEY) -> HushError:
    """Open a vault that cannot be opened; check that nothing changed by it."""
    before = path.read_bytes()
    with pytest.raises(HushError) as caught:
        Vault.open(path, key)
    assert path.read_bytes() == before
    assert caught.value.message
    return caught.value


def flip(path: Path, offset: int) -> None:
    """Change one bit."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def test_an_empty_file_is_not_a_new_vault(tmp_path: Path) -> None:
    """SQLite would start afresh in silence, over the loss of everything."""
    path = tmp_path / "vault.db"
    path.touch()
    assert isinstance(refusal(path), VaultDamaged)


@pytest.mark.parametrize("size", [1, 100, PAGE - 1, PAGE, 2 * PAGE, -PAGE, -PAGE - 1])
def test_a_truncated_file(path: Path, size: int) -> None:
    """In the middle of a page or between two; negative: from the end."""
    os.truncate(path, size if size > 0 else path.stat().st_size + size)
    assert isinstance(refusal(path), VaultDamaged)


@pytest.mark.parametrize("offset", [0, 15, 16, 100, PAGE - 1])
def test_a_flipped_bit_on_page_one(path: Path, offset: int) -> None:
    """In the salt, in the encrypted header, in the page's HMAC."""
    flip(path, offset)
    assert isinstance(refusal(path), VaultDamaged)


def test_a_flipped_bit_on_any_later_page(path: Path) -> None:
    """What is read is right or refused, and the whole check finds each of them."""
    whole = path.read_bytes()
    with Vault.open(path, KEY) as vault:
        truth = vault.read(shown).result()
    refused = 0
    for page in range(1, len(whole) // PAGE):
        path.write_bytes(whole)
        flip(path, page * PAGE + page % PAGE)
        try:
            with Vault.open_read_only(path, KEY) as vault:
                with pytest.raises(VaultDamaged, match="damaged"):
                    vault.read(check_integrity).result()
                assert vault.read(shown).result() == truth
        except VaultDamaged:
            refused += 1
    assert refused > 10, "most pages hold what is shown"


@pytest.mark.parametrize("damage", ["flipped", "cut short"])
def test_damage_at_the_very_end(path: Path, damage: str) -> None:
    """It may open; writing beside the damage does not hide it."""
    if damage == "flipped":
        flip(path, path.stat().st_size - 1)
    else:
        os.truncate(path, path.stat().st_size - 1)
    with Vault.open(path, KEY) as vault:
        vault.write(lambda c: conversations.create(c, "beside", 2)).result()
        with pytest.raises(VaultDamaged):
            vault.read(check_integrity).result()


def test_another_key(path: Path) -> None:
    """Looks like damage to SQLCipher; nothing tells which bit of the key was wrong."""
    assert isinstance(refusal(path, OTHER_KEY), VaultDamaged)


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + bytes(PAGE), b"\xff" * 3 * PAGE])
def test_another_kind_of_file(tmp_path: Path, content: bytes) -> None:
    """A plain database or noise."""
    path = tmp_path / "vault.db"
    path.write_bytes(content)
    assert isinstance(refusal(path), VaultDamaged)


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    """Words, not a traceback."""
    path = tmp_path / "vault.db"
    path.mkdir()
    with pytest.raises(HushError):
        Vault.open(path, KEY)


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    """Words here too."""
    (tmp_path / "profile").touch()
    with pytest.raises(StorageFull):
        Vault.open(tmp_path / "profile" / "vault.db", KEY)


def test_a_newer_vault_is_left_as_it_is(tmp_path: Path) -> None:
    """Down to a WAL that only the newer Hush should empty into the file."""
    written, path = tmp_path / "newer.db", tmp_path / "vault.db"
    connection = open_database(written, KEY)
    migrate(connection)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute(f"PRAGMA user_version = {LATEST + 1}")
    for ending in ("", "-wal"):
        shutil.copy(tmp_path / f"newer.db{ending}", tmp_path / f"vault.db{ending}")
    connection.close()
    wal = tmp_path / "vault.db-wal"
    before = wal.read_bytes()
    assert isinstance(refusal(path), VaultTooNew)
    assert wal.read_bytes() == before != b""


def test_another_vaults_wal_is_not_taken_over(path: Path, tmp_path: Path) -> None:
    """It is refused before it can reach the file; without it the vault opens."""
    foreign = tmp_path / "other" / "vault.db"
    connection = open_database(foreign, OTHER_KEY)
    migrate(connection)
    wal = tmp_path / "vault.db-wal"
    shutil.copy(tmp_path / "other" / "vault.db-wal", wal)
    connection.close()
    assert isinstance(refusal(path), VaultDamaged)
    wal.unlink()
    (tmp_path / "vault.db-shm").unlink()
    with Vault.open(path, KEY) as vault:
        assert len(vault.read(shown).result()) == MESSAGES


def test_a_missing_wal_is_an_earlier_moment(path: Path, tmp_path: Path) -> None:
    """Consistent, though what only the WAL held is gone."""
    vault = Vault.open(path, KEY)
    vault.write(lambda c: conversations.create(c, "only in the WAL", 2)).result()
    (tmp_path / "copy").mkdir()
    copy = tmp_path / "copy" / "vault.db"
    shutil.copy(path, copy)
    vault.close()
    with Vault.open(copy, KEY) as opened:
        opened.read(check_integrity).result()
        assert len(opened.read(shown).result()) == MESSAGES


def test_a_wal_without_its_file_is_kept(path: Path, tmp_path: Path) -> None:
    """It may be all that is left: no new vault is made beside it."""
    path.unlink()
    wal = tmp_path / "vault.db-wal"
    wal.write_bytes(b"what is left")
    with pytest.raises(VaultDamaged, match="log"):
        Vault.open(path, KEY)
    assert [file.name for file in tmp_path.iterdir()] == ["vault.db-wal"]
    assert wal.read_bytes() == b"what is left"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system of 2 MiB that is the test's own."""
    try:
        with small_disk(tmp_path / "disk", 2) as mounted:
            yield mounted
    except Unable as reason:
        pytest.skip(str(reason))


def test_a_full_disk(disk: SmallDisk) -> None:
    """The write that does not fit is refused whole; reading goes on, and so does writing later."""
    path = disk.root / "vault.db"
    disk.leave_free(320)
    with Vault.open(path, KEY) as vault:
        written = write_until_refused(vault)
        assert titles(vault) == written
        disk.empty()
        vault.write(lambda c: conversations.create(c, "after", 2)).result()
        assert titles(vault) == {*written, "after"}
    with Vault.open(path, KEY) as vault:
        vault.read(check_integrity).result()
        assert titles(vault) == {*written, "after"}


def test_a_full_disk_at_the_first_start(disk: SmallDisk) -> None:
    """Said in words; once there is room the vault is made."""
    path = disk.root / "vault.db"
    disk.leave_free(0)
    with pytest.raises(StorageFull):
        Vault.open(path, KEY)
    assert not path.exists()
    disk.empty()
    with Vault.open(path, KEY) as vault:
        assert titles(vault) == set()


def write_until_refused(vault: Vault) -> set[str]:
    """Add conversations with long titles until the disk is full; return those acknowledged."""
    written: set[str] = set()
    problem = None
    while problem is None:
        title = f"{len(written):04d}" * 2_000
        problem = vault.write(partial(conversations.create, title=title, now=1)).exception()
        if problem is None:
            written.add(title)
    assert isinstance(problem, StorageFull)
    assert "full" in problem.message
    assert written
    return written


def titles(vault: Vault) -> set[str]:
    """What stands in the vault."""
    return {found.title for found in vault.read(conversations.list_all).result()}


def test_a_read_only_disk(disk: SmallDisk) -> None:
    """Told apart from a full one, for a vault that stands there and for a first start."""
    with Vault.open(disk.root / "vault.db", KEY) as vault:
        vault.write(fill).result()
    disk.set_writable(False)
    assert "read-only" in refusal(disk.root / "vault.db").message
    with pytest.raises(StorageFull, match="read-only"):
        Vault.open(disk.root / "new.db", KEY)


@pytest.mark.parametrize("how", ["read-only", "full"])
def test_reading_needs_no_room_and_no_right_to_write(disk: SmallDisk, how: str) -> None:
    """Where nobody writes: what was closed tidily can be listed from such a disk."""
    path = disk.root / "vault.db"
    with Vault.open(path, KEY) as vault:
        vault.write(fill).result()
        kept = titles(vault)
    disk.leave_free(0)
    if how == "read-only":
        disk.set_writable(False)
    with Vault.open_read_only(path, KEY) as vault:
        assert titles(vault) == kept
    if how == "read-only":
        disk.set_writable(True)
    disk.empty()


def test_a_log_that_cannot_be_read_is_not_passed_over(disk: SmallDisk) -> None:
    """A write-ahead log on a read-only disk holds commits: without them the vault is not shown."""
    path = disk.root / "vault.db"
    with Vault.open(path, KEY) as vault:
        vault.write(fill).result()
    path.with_name("vault.db-wal").write_bytes(b"something")
    disk.set_writable(False)
    with pytest.raises(StorageFull, match="read-only"):
        Vault.open_read_only(path, KEY)
    disk.set_writable(True)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_file_or_folder_without_the_right_to_write(path: Path, what: str) -> None:
    """The same by permissions alone."""
    target, usual = (path, 0o600) if what == "file" else (path.parent, 0o700)
    target.chmod(usual & 0o500)
    try:
        assert "read-only" in refusal(path).message
    finally:
        target.chmod(usual)
