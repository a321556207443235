"""The network's ledger: what it writes, and that whoever changes it is found out."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import Bug, HushError, VaultError
from assistant.net.approvals import Approval, Approvals
from assistant.net.ledger import MAX_WHAT, NetworkLedger
from assistant.net.records import By, ChainVerdict, Purpose
from assistant.net.request import NetRequest
from assistant.store import transfer_rows as rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from tests.fakes.clock import FakeClock

KEY = bytes(range(32))
DATABASE_KEY = bytes(32)
REQUEST = NetRequest(Purpose.MODEL, "https://models.test/a.gguf", max_bytes=10)

# Begins a transfer in the vault at argv[1], and is killed in the middle of it.
KILLED = """
import os, signal, sys
from pathlib import Path
from assistant.clock import SystemClock
from assistant.net.ledger import NetworkLedger
from assistant.store.vault import Vault
from tests.unit.test_net_ledger import DATABASE_KEY, KEY, approval

ledger = NetworkLedger(Vault.open(Path(sys.argv[1]), DATABASE_KEY), KEY, SystemClock())
ledger.begin(approval(), "one")
os.kill(os.getpid(), signal.SIGKILL)
"""


def approval(by: By = By.PERSON) -> Approval:
    """Somebody's yes to a model."""
    return Approvals(FakeClock()).grant(REQUEST, by)


@pytest.fixture
def clock() -> FakeClock:
    """Stands still."""
    return FakeClock()


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """A vault on the disk."""
    with Vault.open(tmp_path / "vault.db", DATABASE_KEY) as vault:
        yield vault


@pytest.fixture
def ledger(vault: Vault, clock: FakeClock) -> NetworkLedger:
    """In that vault."""
    return NetworkLedger(vault, KEY, clock)


def fill(ledger: NetworkLedger, count: int = 3) -> None:
    """Write down some transfers that ended: 100 bytes out, 200 in, each."""
    for number in range(count):
        began = ledger.begin(approval(), f"model {number}")
        ledger.end(began, "ok", 100, 200, "files.models.test")


def meddle(vault: Vault, *statements: str) -> None:
    """Change the tables as who has the database's key could, triggers or not."""

    def work(connection: Connection) -> None:
        for trigger in ("transfer_kept", "transfer_fixed"):
            connection.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            connection.execute(statement)

    vault.write(work).result()


def test_nothing_was_ever_sent(ledger: NetworkLedger) -> None:
    """An empty ledger says so, and is whole."""
    assert ledger.rows().result() == []
    assert ledger.check().result() == ChainVerdict(True, 0, None)
    summary = ledger.summary(0, "").result()
    assert (summary.transfers, summary.bytes_out, summary.bytes_in, summary.since) == (0, 0, 0, 0)
    assert summary.intact
    assert summary.can_send
    assert json.loads(ledger.export("json").result())["words"].startswith("0 bytes sent.")
    assert b"0 bytes sent." in ledger.export("csv").result()


def test_a_transfer_is_told_from_its_beginning_to_its_end(
    ledger: NetworkLedger, clock: FakeClock
) -> None:
    """When, where to, what for, who approved, how many bytes, and where it led."""
    given = approval()
    began = ledger.begin(given, "Small 1B")
    (running,) = ledger.rows().result()
    assert (running.ended, running.bytes_out, running.result) == (None, None, "")
    at = clock.now()
    clock.advance(2)
    ledger.end(began, "ok", 753, 9_000, "files.models.test")
    (row,) = ledger.rows().result()
    assert (row.began, row.ended) == (at, at + 2000)
    assert (row.purpose, row.host, row.what, row.by) == (
        Purpose.MODEL,
        "models.test",
        "Small 1B",
        By.PERSON,
    )
    assert (row.approval_id, row.payload_sha256) == (given.id, REQUEST.payload_sha256)
    assert (row.bytes_out, row.bytes_in, row.result) == (753, 9_000, "ok")
    assert row.reached == "files.models.test"
    assert ledger.check().result() == ChainVerdict(True, 2, None)
    summary = ledger.summary(1, "No.").result()
    assert (summary.transfers, summary.bytes_out, summary.bytes_in) == (1, 753, 9_000)
    assert (summary.since, summary.under_way) == (at, 1)
    assert not summary.can_send
    assert summary.why_not == "No."


def test_the_newest_first_and_page_by_page(ledger: NetworkLedger) -> None:
    """A page begins where the one before ended."""
    fill(ledger, 5)
    first = ledger.rows(limit=2).result()
    assert [row.what for row in first] == ["model 4", "model 3"]
    rest = ledger.rows(limit=9, before=first[-1].number).result()
    assert [row.what for row in rest] == ["model 2", "model 1", "model 0"]


def test_a_long_name_is_cut(ledger: NetworkLedger) -> None:
    """It is a name, and no place to put a text."""
    ledger.begin(approval(), "x" * 5000)
    (row,) = ledger.rows().result()
    assert row.what == "x" * MAX_WHAT


def test_rows_are_never_changed_or_removed(vault: Vault, ledger: NetworkLedger) -> None:
    """The database itself refuses, whoever asks."""
    fill(ledger)
    for statement in (
        "DELETE FROM transfer WHERE seq = 1",
        "UPDATE transfer SET host = 'elsewhere.test' WHERE seq = 1",
        "UPDATE transfer SET bytes_out = 0",
        "UPDATE transfer SET seq = seq + 100",
    ):
        with pytest.raises(Bug):
            vault.write(lambda c, sql=statement: c.execute(sql)).result()  # type: ignore[misc] # a default
    assert ledger.check().result().intact


@pytest.mark.parametrize(
    ("statements", "first_bad"),
    [
        (["UPDATE transfer SET bytes_out = 0 WHERE seq = 4"], 4),
        (["UPDATE transfer SET host = 'elsewhere.test' WHERE seq = 1"], 1),
        (["UPDATE transfer SET result = 'cut' WHERE seq = 6"], 6),
        (["UPDATE transfer SET bytes_in = NULL WHERE seq = 2"], 2),
        (["UPDATE transfer SET mac = zeroblob(32) WHERE seq = 3"], 3),
        (["UPDATE transfer SET mac = zeroblob(1) WHERE seq = 6"], 6),
        (["DELETE FROM transfer WHERE seq = 3"], 3),
        (["DELETE FROM transfer WHERE seq = 1"], 1),
        (["DELETE FROM transfer WHERE seq > 4"], 5),
        (["DELETE FROM transfer"], 1),
        (["DELETE FROM transfer_head"], 7),
        (["UPDATE transfer_head SET count = 4", "DELETE FROM transfer WHERE seq > 4"], 5),
        (["UPDATE transfer_head SET mac = zeroblob(32)"], 7),
        (
            [
                "UPDATE transfer SET seq = 99 WHERE seq = 2",
                "UPDATE transfer SET seq = 2 WHERE seq = 4",
                "UPDATE transfer SET seq = 4 WHERE seq = 99",
            ],
            2,
        ),
        (
            [
                "UPDATE transfer SET seq = seq + 100 WHERE seq > 2",
                "DELETE FROM transfer WHERE seq IN (103, 104)",
                "UPDATE transfer SET seq = seq - 102 WHERE seq > 100",
            ],
            3,
        ),
    ],
    ids=lambda value: value[0][:40] if isinstance(value, list) else str(value),
)
def test_whoever_changes_it_is_found_out(
    vault: Vault, ledger: NetworkLedger, statements: list[str], first_bad: int
) -> None:
    """A flipped value, a row taken out or put elsewhere, a cut tail; and what comes after stays."""
    fill(ledger)
    meddle(vault, *statements)
    found = ledger.check().result()
    assert (found.intact, found.first_bad) == (False, first_bad)
    assert not ledger.summary(0, "").result().intact
    assert "is not as Hush wrote it" in json.loads(ledger.export("json").result())["words"]
    fill(ledger)
    assert not ledger.check().result().intact, "new rows must not sign for what is missing"


def test_every_bit_of_a_row_counts(vault: Vault, ledger: NetworkLedger) -> None:
    """Each column, one after the other, changed by the smallest step there is."""
    fill(ledger, 1)
    (row, _) = vault.read(lambda c: list(rows.signed(c))).result()
    columns = {name: getattr(row.phase, name) for name in rows.Phase.__dataclass_fields__}
    meddle(vault)
    for name, value in columns.items():
        if name == "phase":
            continue  # the schema allows two words only
        changed = 1 if value is None else value + 1 if isinstance(value, int) else f"{value}x"

        def put(c: Connection, name: str = name, value: object = None) -> None:
            c.execute(f"UPDATE transfer SET {name} = ? WHERE seq = 1", (value,))  # type: ignore[arg-type] # noqa: S608 - our own names

        vault.write(lambda c, put=put, changed=changed: put(c, value=changed)).result()  # type: ignore[misc] # defaults
        assert ledger.check().result().first_bad == 1, name
        vault.write(lambda c, put=put, value=value: put(c, value=value)).result()  # type: ignore[misc] # defaults
        assert ledger.check().result().intact, name


def test_another_key_signs_nothing(vault: Vault, ledger: NetworkLedger) -> None:
    """Who has the database's key and not the ledger's cannot write a row that fits."""
    fill(ledger, 1)
    forged = NetworkLedger(vault, bytes(32), FakeClock())
    began = forged.begin(approval(), "forged")
    forged.end(began, "ok", 0, 0)
    assert ledger.check().result() == ChainVerdict(False, 4, 3)


HEAD = "INSERT INTO transfer_head SELECT id, count, mac FROM kept"


@pytest.mark.parametrize(
    ("statements", "lost"),
    [
        (["DELETE FROM transfer", "DELETE FROM transfer_head"], 1),
        (["DELETE FROM transfer WHERE seq > 2", "DELETE FROM transfer_head", HEAD], 3),
    ],
    ids=["emptied", "an older head"],
)
def test_a_ledger_that_is_put_back_while_it_is_open(
    vault: Vault, ledger: NetworkLedger, statements: list[str], lost: int
) -> None:
    """It fits its own signature; who had seen more of it tells, and goes on to tell."""
    fill(ledger, 1)
    vault.write(lambda c: c.execute("CREATE TABLE kept AS SELECT * FROM transfer_head")).result()
    fill(ledger)
    meddle(vault, *statements)
    assert not ledger.summary(0, "").result().intact
    assert ledger.check().result().first_bad == lost
    fill(ledger, 9)
    assert ledger.check().result().first_bad == lost
    assert not ledger.summary(0, "").result().intact
    assert "or is missing" in json.loads(ledger.export("json").result())["words"]
    later = NetworkLedger(vault, KEY, FakeClock())
    assert later.check().result().intact, "what no later one can find: the documents say so"


def test_a_row_that_was_not_kept_is_not_missed(
    vault: Vault, ledger: NetworkLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full: what was rolled back never was."""
    fill(ledger, 1)
    with monkeypatch.context() as full:

        def fails(connection: Connection, key: bytes, phase: rows.Phase) -> int:
            append(connection, key, phase)
            raise VaultError("The disk is full.")

        append = rows.append
        full.setattr(rows, "append", fails)
        with pytest.raises(VaultError):
            ledger.begin(approval(), "one")
    assert ledger.check().result() == ChainVerdict(True, 2, None)
    fill(ledger, 1)
    assert ledger.check().result() == ChainVerdict(True, 4, None)


def test_counts_that_overflow_are_added_up_all_the_same(
    vault: Vault, ledger: NetworkLedger
) -> None:
    """Rows that somebody lied into it do not make it fail for ever."""
    for _ in range(3):
        began = ledger.begin(approval(), "lies")
        ledger.end(began, "ok", 2**62, 2**62)
    assert ledger.summary(0, "").result().bytes_in > 2**62
    assert json.loads(ledger.export("json").result())["verdict"]["intact"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_killed_between_beginning_and_end(tmp_path: Path) -> None:
    """It stands there as begun; the next Hush writes that it was interrupted, bytes unknown."""
    path = tmp_path / "killed.db"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with Vault.open(path, DATABASE_KEY) as vault:
        ledger = NetworkLedger(vault, KEY, FakeClock())
        (row,) = ledger.rows().result()
        assert (row.result, row.bytes_out, row.bytes_in) == ("interrupted", None, None)
        assert ledger.check().result() == ChainVerdict(True, 2, None)
        summary = ledger.summary(0, "").result()
        assert (summary.transfers, summary.unknown) == (1, 1)
        assert len(NetworkLedger(vault, KEY, FakeClock()).rows().result()) == 1, "ended once"
        assert vault.read(lambda c: rows.check(c, KEY)).result().rows == 2


def test_a_transfer_under_way_is_not_ended_by_itself(ledger: NetworkLedger) -> None:
    """Only a new Hush ends what it finds; reading does not."""
    ledger.begin(approval(), "one")
    ledger.check().result()
    (row,) = ledger.rows().result()
    assert row.ended is None


def test_no_row_without_a_vault_to_write_in(vault: Vault, ledger: NetworkLedger) -> None:
    """The caller hears it, before anything can leave."""
    vault.close()
    with pytest.raises(VaultError):
        ledger.begin(approval(), "one")


def test_signed_anew_under_another_key(vault: Vault, ledger: NetworkLedger) -> None:
    """All of it fits the new key, none of it the old one."""
    fill(ledger)
    new = bytes(reversed(KEY))
    found = vault.write(lambda c: rows.sign_anew(c, KEY, new)).result()
    assert (found.rows, found.first_bad) == (6, None)
    assert vault.read(lambda c: rows.check(c, new)).result().first_bad is None
    assert vault.read(lambda c: rows.check(c, KEY)).result().first_bad == 1
    later = NetworkLedger(vault, new, FakeClock())
    fill(later)
    assert later.check().result() == ChainVerdict(True, 12, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transfer SET bytes_out = 0 WHERE seq = 4",
        "DELETE FROM transfer WHERE seq > 4",
        "DELETE FROM transfer WHERE seq = 2",
        "DELETE FROM transfer_head",
    ],
)
def test_a_broken_chain_stays_broken_under_a_new_key(
    vault: Vault, ledger: NetworkLedger, statement: str
) -> None:
    """At the same row: changing the key launders nothing."""
    fill(ledger)
    meddle(vault, statement)
    before = ledger.check().result()
    new = bytes(reversed(KEY))
    vault.write(lambda c: rows.sign_anew(c, KEY, new)).result()
    after = vault.read(lambda c: rows.check(c, new)).result()
    assert not before.intact
    assert (after.rows, after.first_bad) == (before.rows, before.first_bad)


def test_an_empty_ledger_is_signed_anew(vault: Vault, ledger: NetworkLedger) -> None:
    """There is nothing to sign, and it stays whole."""
    vault.write(lambda c: rows.sign_anew(c, KEY, bytes(32))).result()
    assert vault.read(lambda c: rows.check(c, bytes(32))).result().first_bad is None


def test_exported_as_json(ledger: NetworkLedger) -> None:
    """Every row with its MAC, so that whoever has the key can check it elsewhere."""
    fill(ledger, 2)
    whole = json.loads(ledger.export("json").result())
    assert whole["verdict"] == {"intact": True, "rows": 4, "first_bad": None}
    assert [row["seq"] for row in whole["rows"]] == [1, 2, 3, 4]
    assert all(len(bytes.fromhex(row["mac"])) == 32 for row in whole["rows"])
    assert whole["words"].startswith("200 bytes sent. 400 bytes received. 2 transfers.")


def test_exported_as_a_table(ledger: NetworkLedger) -> None:
    """One line for each row; a name that a spreadsheet would compute is quoted."""
    began = ledger.begin(approval(), '=HYPERLINK("https://elsewhere.test")')
    ledger.end(began, "cut", None, None)
    first, names, *lines = csv.reader(io.StringIO(ledger.export("csv").result().decode()))
    assert first[0].startswith("# 0 bytes sent.")
    assert "Of 1 the bytes are not known." in first[0]
    table = [dict(zip(names, line, strict=True)) for line in lines]
    assert [line["phase"] for line in table] == ["began", "ended"]
    assert {line["what"] for line in table} == {'\'=HYPERLINK("https://elsewhere.test")'}


def test_a_reader_beside_the_writer(tmp_path: Path, vault: Vault, ledger: NetworkLedger) -> None:
    """A second Hush lists, checks and exports; it ends nothing that the first one has begun."""
    fill(ledger)
    ledger.begin(approval(), "under way")
    with Vault.open_read_only(tmp_path / "vault.db", DATABASE_KEY) as beside:
        reading = NetworkLedger(beside, KEY, FakeClock())
        assert [row.result for row in reading.rows().result()] == ["", "ok", "ok", "ok"]
        assert reading.check().result() == ChainVerdict(True, 7, None)
        assert json.loads(reading.export("json").result())["verdict"]["rows"] == 7
        with pytest.raises(HushError):
            reading.begin(approval(), "one")
    assert ledger.rows().result()[0].ended is None
