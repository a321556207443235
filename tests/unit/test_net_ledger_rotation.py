"""A change of the vault's key takes the network's ledger along: still whole, or still broken."""

from __future__ import annotations

import pytest

from assistant.access.entrance import FirstKeys
from assistant.access.keys import KeyService
from assistant.background import Background
from assistant.net.approvals import Approvals
from assistant.net.ledger import NetworkLedger
from assistant.net.records import By, ChainVerdict, Purpose
from assistant.net.request import NetRequest
from assistant.paths import Profile
from assistant.store.keyslots import KeyLabel, derive_key
from assistant.store.sqlcipher import Connection
from assistant.store.transfer_rows import check
from tests.fakes.clock import FakeClock
from tests.fakes.door import PASSPHRASE, Door, FakeProver

REQUEST = NetRequest(Purpose.MODEL, "https://models.test/a.gguf", max_bytes=10)


def cut_the_tail(connection: Connection) -> None:
    """Take the last row out, as who has the database's key could."""
    connection.execute("DROP TRIGGER transfer_kept")
    connection.execute("DELETE FROM transfer WHERE seq = 4")


@pytest.mark.parametrize("is_broken", [False, True], ids=["whole", "cut"])
def test_the_ledger_after_a_change_of_the_key(profile: Profile, is_broken: bool) -> None:
    """Checked with the new key: the same rows, and the same verdict at the same row."""
    door = Door(profile)
    entrance = door.entrance()
    opened = entrance.create(FirstKeys(keyring=True, passphrase=PASSPHRASE))
    ledger = NetworkLedger(opened.vault, derive_key(opened.dek, KeyLabel.AUDIT), FakeClock())
    for _ in range(2):
        began = ledger.begin(Approvals(FakeClock()).grant(REQUEST, By.PERSON), "one")
        ledger.end(began, "ok", 100, 200)
    if is_broken:
        opened.vault.write(cut_the_tail).result()
    expected = ChainVerdict(False, 3, 4) if is_broken else ChainVerdict(True, 4, None)
    assert ledger.check().result() == expected
    keys = KeyService(
        profile,
        opened.dek,
        entrance.ways_in,
        FakeClock(),
        Background("blocking"),
        close_vault=opened.vault.close,
        prover=FakeProver(door),
    )
    keys.rotate(FirstKeys(keyring=True)).result(30)
    anew = door.entrance().open(None)
    assert anew.dek != opened.dek
    with anew.vault:
        key = derive_key(anew.dek, KeyLabel.AUDIT)
        found = anew.vault.read(lambda c: check(c, key)).result()
        assert (found.rows, found.first_bad) == (expected.rows, expected.first_bad)
