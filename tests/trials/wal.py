"""The write-ahead log cut at every 512 bytes: the vault shows a committed prefix, always."""

from __future__ import annotations

import os
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from assistant.errors import HushError
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection, check_integrity, open_database
from assistant.store.vault import Vault
from tests.trials.outcome import Outcome
from tests.trials.vaults import CANARY, KEY, Snapshot, converse, everything, said, traces

CUT_BYTES: Final = 512
LOG_BYTES: Final = 100 * CUT_BYTES  # at least this long is each log, before the next one
_WAL_HEADER: Final = 32  # https://sqlite.org/fileformat2.html#walformat
_FRAME: Final = 24 + 4096

_Step = Callable[[Connection], object]


@dataclass(frozen=True, slots=True)
class Log:
    """A database with its log, as a power cut would find them.

    ``states[n]`` is what stands after ``n`` commits, ``ends[n]`` where in the log they end.
    """

    folder: Path
    states: list[Snapshot]
    ends: list[int]

    @property
    def bytes(self) -> int:
        """Length of the log."""
        return (self.folder / "vault.db-wal").stat().st_size


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Cut ``count`` times: one log after the other, each from its first byte to its last."""
    found: list[str] = []
    shown: set[tuple[int, int]] = set()
    for turn, (number, log, at) in enumerate(_cuts(seed, folder, count)):
        place = folder / "cut"
        lay_out(log, place, at)
        expected = bisect_right(log.ends, at) - 1
        shown.add((number, expected))
        found += [
            f"cut {turn}, log {number} at {at}: {what}" for what in faults(place, log, expected)
        ]
    return Outcome(count, seed, tuple(found), {"committed states shown": len(shown)})


def _cuts(seed: int, folder: Path, count: int) -> Iterator[tuple[int, Log, int]]:
    left, number = count, 0
    while left > 0:
        # Every other log was begun anew over an older one, whose frames lie behind its own.
        log = written(folder / f"log-{number}", seed + number, reused=number % 2 == 1)
        for at in range(0, log.bytes + 1, CUT_BYTES)[:left]:
            yield number, log, at
            left -= 1
        number += 1


def written(folder: Path, seed: int, *, reused: bool) -> Log:
    """Write commits of one step each, and copy the files while the writer is still open."""
    Vault.open(folder / "writing" / "vault.db", KEY).close()
    connection = open_database(folder / "writing" / "vault.db", KEY)
    try:
        _transact(connection, partial(converse, seed=seed, exchanges=12 if reused else 3))
        connection.execute("PRAGMA wal_checkpoint(RESTART)")
        if not reused:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        states, ends = [everything(connection)], [0]
        for step in _steps(connection, seed):
            _transact(connection, step)
            states.append(everything(connection))
            ends.append(_end(connection))
            if ends[-1] >= LOG_BYTES:
                break
        (folder / "left").mkdir()
        for ending in ("", "-wal"):
            name = f"vault.db{ending}"
            shutil.copy(folder / "writing" / name, folder / "left" / name)
    finally:
        connection.close()
    return Log(folder / "left", states, ends)


def _steps(connection: Connection, seed: int) -> Iterator[_Step]:
    """What a chat commits, most of it pieces of an answer; each step one commit."""
    number = 0
    while True:
        yield partial(_ask, text=f"<{CANARY} {number}>")
        row = connection.execute("SELECT max(id) FROM message").fetchone()
        answer = row[0] if row else 0
        for seq in range(8):
            piece = partial(message_rows.append_chunk, message_id=answer, seq=seq)
            yield partial(piece, text=said(seed, number + seq)[:200])
        yield message_rows.interrupt_leftovers
        yield partial(_rename, title=f"{CANARY} {number}")
        number += 1


def _rename(connection: Connection, title: str) -> None:
    conversation_rows.rename(connection, 1, title, "person", 1)


def _ask(connection: Connection, text: str) -> None:
    question = message_rows.add_question(connection, 1, None, text, 1)
    message_rows.add_answer(connection, 1, question.id, 1)


def _transact(connection: Connection, step: _Step) -> None:
    connection.execute("BEGIN IMMEDIATE")
    step(connection)
    connection.execute("COMMIT")


def _end(connection: Connection) -> int:
    """Where the log's last valid frame ends, in bytes."""
    row = connection.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
    assert row is not None
    return _WAL_HEADER + int(row[1]) * _FRAME


def lay_out(log: Log, place: Path, at: int) -> None:
    """Put the database into a folder, with so many bytes of its log."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(log.folder, place)
    os.truncate(place / "vault.db-wal", at)


def faults(place: Path, log: Log, expected: int) -> Iterator[str]:
    """Open what lies there, twice, and say where it differs from the first ``expected`` commits."""
    yield from (f"plaintext in {name}" for name in traces(place))
    for opening in ("first", "second"):  # the second finds what the first one left
        try:
            with Vault.open(place / "vault.db", KEY) as vault:
                found = vault.read(everything).result()
                vault.read(check_integrity).result()
        except HushError as error:
            yield f"{opening} opening: {type(error).__name__}: {error.message}"
            return
        if found == log.states[expected]:
            continue
        if found in log.states:
            shown = log.states.index(found)
            yield f"{opening} opening: shows {shown} commits where {expected} are in the log"
        else:
            yield f"{opening} opening: shows what was never committed"
