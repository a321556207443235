"""Random bit flips in the database: none is silently accepted. Beside it, plain SQLite."""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Final

from sqlcipher3 import dbapi2

from assistant.errors import HushError, VaultDamaged
from assistant.store.sqlcipher import check_integrity
from assistant.store.vault import Vault
from tests.trials.outcome import Outcome
from tests.trials.plain import open_plain
from tests.trials.vaults import KEY, Snapshot, converse, everything

EXCHANGES: Final = 150  # in each of the conversations: some 700 KiB together
CONVERSATIONS: Final = 3


class _End(Enum):
    """What became of one flip."""

    REFUSED = "refused at once"
    READ_STOPPED = "stopped while reading"
    CHECK_FOUND = "found by the whole check"
    UNNOTICED = "not noticed"
    WRONG = "read wrongly"
    MISNAMED = "called something else than damage"


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Flip one bit, read everything, check everything; ``count`` times in each database."""
    dice = random.Random(seed)  # noqa: S311 - seeded
    vault, plain = folder / "vault.db", folder / "plain.db"
    with Vault.open(vault, KEY) as writer:
        for number in range(CONVERSATIONS):
            writer.write(lambda c, n=number: converse(c, n, EXCHANGES)).result()  # type: ignore[misc] # n is bound now, on purpose
        truth = writer.read(everything).result()
    connection = open_plain(plain)
    for number in range(CONVERSATIONS):
        connection.execute("BEGIN")
        converse(connection, number, EXCHANGES)
        connection.execute("COMMIT")
    plain_truth = everything(connection)
    connection.close()
    ours: dict[_End, int] = dict.fromkeys(_End, 0)
    theirs: dict[_End, int] = dict.fromkeys(_End, 0)
    faults: list[str] = []
    for turn in range(count):
        end, where = _flipped(vault, dice, lambda path: _encrypted(path, truth))
        ours[end] += 1
        if end in (_End.UNNOTICED, _End.WRONG, _End.MISNAMED):
            faults.append(f"flip {turn} at {where}: {end.value}")
        theirs[_flipped(plain, dice, lambda path: _plain(path, plain_truth))[0]] += 1
    numbers = {f"ours {end.value}": float(times) for end, times in ours.items()}
    numbers |= {f"plain SQLite {end.value}": float(times) for end, times in theirs.items()}
    return Outcome(count, seed, tuple(faults), numbers)


def _flipped(whole: Path, dice: random.Random, look: Callable[[Path], _End]) -> tuple[_End, str]:
    """Look at a copy with one bit changed."""
    data = bytearray(whole.read_bytes())
    place, bit = dice.randrange(len(data)), dice.randrange(8)
    data[place] ^= 1 << bit
    path = whole.parent / "flipped" / whole.name
    path.parent.mkdir(exist_ok=True)
    for old in path.parent.iterdir():
        old.unlink()
    path.write_bytes(data)
    return look(path), f"byte {place}, bit {bit}"


def _encrypted(path: Path, truth: Snapshot) -> _End:
    before = path.read_bytes()
    try:
        with Vault.open(path, KEY) as vault:
            try:
                found = vault.read(everything).result()
            except VaultDamaged:
                return _End.READ_STOPPED
            if found != truth:
                return _End.WRONG
            try:
                vault.read(check_integrity).result()
            except VaultDamaged:
                return _End.CHECK_FOUND
            return _End.UNNOTICED
    except VaultDamaged:
        return _End.REFUSED if path.read_bytes() == before else _End.WRONG
    except HushError:
        return _End.MISNAMED


def _plain(path: Path, truth: Snapshot) -> _End:
    """The same with SQLite alone: its own checks are all there is."""
    try:
        connection = open_plain(path)
    except dbapi2.Error:
        return _End.REFUSED
    try:
        if everything(connection) != truth:
            return _End.WRONG
        found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        return _End.UNNOTICED if found == ["ok"] else _End.CHECK_FOUND
    except (dbapi2.Error, UnicodeDecodeError):
        return _End.READ_STOPPED
    finally:
        connection.close()
