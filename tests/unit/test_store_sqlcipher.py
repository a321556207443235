"""How a connection is opened, and what its errors become."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from assistant.errors import (
    Bug,
    EnvironmentProblem,
    HushError,
    NotFound,
    StorageFull,
    VaultDamaged,
    VaultError,
)
from assistant.store.sqlcipher import (
    MEMORY,
    check_integrity,
    open_database,
    require_capable,
    translate,
    versions,
)

KEY = bytes(range(32))


def sqlite_error(name: str) -> dbapi2.Error:
    """An error as sqlcipher3 raises it, with a text that must go nowhere."""
    error = dbapi2.OperationalError("near 'the secret of a person': syntax error")
    error.sqlite_errorname = name
    error.sqlite_errorcode = getattr(dbapi2, name)
    return error


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("temp_store", 2),
        ("mmap_size", 0),
        ("busy_timeout", 5000),
        ("trusted_schema", 0),
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
        ("cell_size_check", 1),
    ],
)
def test_settings(tmp_path: Path, pragma: str, value: object) -> None:
    """Each as the design asks for."""
    connection = open_database(tmp_path / "vault.db", KEY)
    row = connection.execute(f"PRAGMA {pragma}").fetchone()
    assert (row[0] if row else None) == value
    connection.close()


def test_the_file_is_private_and_encrypted(tmp_path: Path) -> None:
    """Modes 0700 and 0600, side files too; no trace of SQLite or of the text in the bytes."""
    path = tmp_path / "profile" / "vault.db"
    connection = open_database(path, KEY)
    connection.execute("CREATE TABLE note (text)")
    connection.execute("INSERT INTO note VALUES ('the canary sings')")
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["vault.db", "vault.db-shm", "vault.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    connection.close()
    assert b"canary" not in path.read_bytes()
    assert not path.read_bytes().startswith(b"SQLite format 3")


def test_a_file_others_can_read_is_made_private(tmp_path: Path) -> None:
    """A copy put back by hand has whatever mode the copying gave it."""
    path = tmp_path / "vault.db"
    open_database(path, KEY).close()
    path.chmod(0o644)
    connection = open_database(path, KEY)
    connection.execute("CREATE TABLE note (text)")
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    connection.close()


def test_an_odd_path_is_only_a_path(tmp_path: Path) -> None:
    """Nothing in a folder's name is read as part of SQLite's address."""
    path = tmp_path / "a b?mode=memory#%41 ü" / "vault.db"
    connection = open_database(path, KEY)
    connection.execute("CREATE TABLE note (text)")
    connection.close()
    assert path.stat().st_size > 0


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_has_32_bytes(tmp_path: Path, size: int) -> None:
    """SQLCipher would take anything else for a passphrase."""
    with pytest.raises(Bug):
        open_database(tmp_path / "vault.db", b"k" * size)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_key_is_refused_in_silence(tmp_path: Path) -> None:
    """As damage, for SQLCipher cannot tell; and nothing is written to stderr by the library."""
    path = tmp_path / "vault.db"
    connection = open_database(path, KEY)
    connection.execute("CREATE TABLE note (text)")
    connection.close()
    source = (
        "import sys; from pathlib import Path\n"
        "from assistant.errors import VaultDamaged\n"
        "from assistant.store.sqlcipher import open_database\n"
        "try: open_database(Path(sys.argv[1]), b'x' * 32)\n"
        "except VaultDamaged: print('refused')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", source, str(path)], capture_output=True, text=True, check=True
    )
    assert (run.stdout, run.stderr) == ("refused\n", "")


def test_read_only_writes_nothing(tmp_path: Path) -> None:
    """Neither by SQL nor by making a file that was not there."""
    path = tmp_path / "vault.db"
    with pytest.raises(NotFound):
        open_database(path, KEY, read_only=True)
    assert list(tmp_path.iterdir()) == []
    connection = open_database(path, KEY)
    connection.execute("CREATE TABLE note (text)")
    connection.close()
    before = path.read_bytes()
    reader = open_database(path, KEY, read_only=True)
    with pytest.raises(dbapi2.OperationalError) as caught:
        reader.execute("INSERT INTO note VALUES ('x')")
    reader.close()
    assert isinstance(translate(caught.value), StorageFull)
    assert path.read_bytes() == before


def test_in_memory_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one called ``:memory:``."""
    monkeypatch.chdir(tmp_path)
    connection = open_database(MEMORY, KEY)
    connection.execute("CREATE TABLE note (text)")
    assert list(tmp_path.iterdir()) == []
    connection.close()


def test_an_undamaged_database_passes_the_check(tmp_path: Path) -> None:
    """So that the damage tests elsewhere mean something."""
    connection = open_database(tmp_path / "vault.db", KEY)
    connection.execute("CREATE TABLE note (text)")
    check_integrity(connection)
    connection.close()


def test_the_installed_library_is_capable() -> None:
    """Exactly the oldest versions that are good enough pass."""
    require_capable(cipher_version="4.19.0 community", sqlite_version=(3, 51, 3), fts5=True)


def test_the_versions_in_use() -> None:
    """For a report: what is loaded here, not what was asked for."""
    found = versions()
    assert found["SQLite"] == dbapi2.sqlite_version
    require_capable(
        cipher_version=found["SQLCipher"], sqlite_version=dbapi2.sqlite_version_info, fts5=True
    )


@pytest.mark.parametrize(
    ("cipher", "sqlite", "fts5", "words"),
    [
        ("", (3, 53, 4), True, "cannot encrypt"),
        ("4.18.1 community", (3, 53, 4), True, "older than 4.19"),
        ("4.19.0 community", (3, 51, 2), True, "older than 3.51.3"),
        ("4.19.0 community", (3, 53, 4), False, "full-text"),
    ],
)
def test_a_library_that_will_not_do_is_named(
    cipher: str, sqlite: tuple[int, ...], fts5: bool, words: str
) -> None:
    """A plain SQLite would ignore the key and write everything in the clear."""
    with pytest.raises(EnvironmentProblem, match=words):
        require_capable(cipher_version=cipher, sqlite_version=sqlite, fts5=fts5)


@pytest.mark.parametrize(
    ("name", "kind", "word"),
    [
        ("SQLITE_FULL", StorageFull, "full"),
        ("SQLITE_READONLY", StorageFull, "read-only"),
        ("SQLITE_IOERR", StorageFull, "error"),
        ("SQLITE_CANTOPEN", StorageFull, "opened"),
        ("SQLITE_NOTADB", VaultDamaged, "damaged"),
        ("SQLITE_CORRUPT", VaultDamaged, "damaged"),
        ("SQLITE_BUSY", VaultError, "Another program"),
        ("SQLITE_NOMEM", EnvironmentProblem, "memory"),
        ("SQLITE_CONSTRAINT", Bug, "SQLITE_CONSTRAINT"),
        ("SQLITE_ERROR", Bug, "SQLITE_ERROR"),
    ],
)
def test_errors_become_the_tree(name: str, kind: type[HushError], word: str) -> None:
    """Each with its words, none with the database's own text."""
    found = translate(sqlite_error(name))
    assert type(found) is kind
    assert word in found.message
    assert "secret" not in found.sentence


def test_a_translated_error_stays_as_it_is() -> None:
    """So that it may pass through more than one hand."""
    error = VaultDamaged("It is damaged.")
    assert translate(error) is error
    assert isinstance(translate(OSError(28, "no space")), StorageFull)
    assert isinstance(translate(dbapi2.ProgrammingError("Recursive use of cursors")), Bug)
