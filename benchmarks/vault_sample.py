"""Large vaults to measure with: made once, kept in the cache folder between runs."""

from __future__ import annotations

import itertools
import json
import random
import shutil
from collections.abc import Iterator
from typing import Final

from assistant.access.entrance import Entrance, FirstKeys
from assistant.clock import SystemClock
from assistant.paths import Profile
from assistant.store.keyslot_format import SlotType
from assistant.store.keyslots import KeySlots, keyring_account
from assistant.store.migrations import LATEST
from assistant.store.sqlcipher import Connection
from benchmarks.cache import cache_folder
from benchmarks.harness import CHEAP, PASSPHRASE
from tests.fakes.secrets import FakeSecretStore

GIB: Final = 10**9  # what people and disks call 1 GB
SMALL: Final = 64 * 10**6
EXCHANGES: Final = 20  # in each conversation
_BATCH: Final = 1000  # exchanges in a transaction


class Sample:
    """A profile with a vault of some size, and what its keyring would hold.

    Args:
        bytes_wanted: The database is at least this large.
    """

    def __init__(self, bytes_wanted: int) -> None:
        self.folder = cache_folder() / f"vault-{bytes_wanted}-schema-{LATEST}"
        self.profile = Profile(self.folder / "profile")
        if not (self.folder / "keyring.json").exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            self._make(bytes_wanted)

    @property
    def keyring(self) -> dict[str, bytes]:
        """The keyring's accounts and their secrets."""
        found = json.loads((self.folder / "keyring.json").read_text())
        return {account: bytes.fromhex(secret) for account, secret in found.items()}

    @property
    def bytes(self) -> int:
        """Size of the database."""
        return self.profile.database.stat().st_size

    def _make(self, bytes_wanted: int) -> None:
        self.profile.prepare()
        keyring = FakeSecretStore()
        entrance = Entrance(self.profile, SystemClock(), keyring=lambda: keyring, cost=CHEAP)
        first = FirstKeys(keyring=True, passphrase=PASSPHRASE)
        with entrance.create(first).vault as vault:
            text, dice = texts(), random.Random(1)
            while self.bytes < bytes_wanted:
                vault.write(lambda c: fill(c, _BATCH, text, dice)).result()
        slots = KeySlots.load(self.profile.key_slots)
        accounts = [
            keyring_account(slots.vault_id, slot.id) for slot in slots.of_type(SlotType.KEYRING)
        ]
        held = {account: (keyring.get(account) or b"").hex() for account in accounts}
        (self.folder / "keyring.json").write_text(json.dumps(held))


def fill(connection: Connection, exchanges: int, text: Iterator[str], dice: random.Random) -> None:
    """Add conversations of twenty exchanges each: short questions, answers of some paragraphs."""
    row = connection.execute("SELECT coalesce(max(id), 0) FROM conversation").fetchone()
    last = connection.execute("SELECT coalesce(max(id), 0) FROM message").fetchone()
    assert row is not None
    assert last is not None
    for conversation in range(row[0] + 1, row[0] + 1 + exchanges // EXCHANGES):
        first = last[0] + 1 + 2 * EXCHANGES * (conversation - row[0] - 1)
        connection.execute(
            "INSERT INTO conversation VALUES (?, ?, 'hush', NULL, ?, ?, NULL)",
            (conversation, next(text)[:50], conversation, conversation),
        )
        connection.executemany(
            "INSERT INTO message (id, conversation_id, parent_id, role, state, text, created_at)"
            " VALUES (?, ?, ?, ?, 'complete', ?, ?)",
            [
                (
                    first + number,
                    conversation,
                    first + number - 1 if number else None,
                    "assistant" if number % 2 else "user",
                    "\n\n".join(itertools.islice(text, dice.randint(2, 6)))
                    if number % 2
                    else next(text)[:200],
                    conversation,
                )
                for number in range(2 * EXCHANGES)
            ],
        )
        connection.execute(
            "UPDATE conversation SET head_id = ? WHERE id = ?",
            (first + 2 * EXCHANGES - 1, conversation),
        )


def texts(seed: int = 1) -> Iterator[str]:
    """Paragraphs without end: words as frequent as words are, and new ones now and then."""
    dice = random.Random(seed)
    words = [_word(dice) for _ in range(30_000)]
    often = [1 / (place + 3) for place in range(len(words))]  # Zipf
    stock = [" ".join(dice.choices(words, often, k=80)) for _ in range(3_000)]
    for number in itertools.count():
        yield f"{dice.choice(stock)} {_word(dice)}{number} {dice.choice(words)}."


def common_word(seed: int = 1) -> str:
    """A word of which ``texts`` is full."""
    return _word(random.Random(seed))


def _word(dice: random.Random) -> str:
    return "".join(dice.choices("etaoinshrdlucmfw", k=dice.randint(2, 10)))
