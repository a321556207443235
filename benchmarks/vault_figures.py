"""What the vault costs: unlocking, encryption beside plain SQLite, a backup beside the window."""

from __future__ import annotations

import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from assistant.records import MessageState
from assistant.store import conversation_rows, message_rows
from assistant.store.keyring_guard import open_keyring
from assistant.store.migrations import migrate
from assistant.store.sqlcipher import Connection, open_database
from benchmarks.report import Row
from benchmarks.vault_sample import GIB, SMALL, Sample, common_word, fill, texts
from tests.gnome_keyring import gnome_keyring
from tests.trials.plain import open_plain
from tests.virtual_screen import virtual_screen

STARTS: Final = 10
ROUNDS: Final = 15
EXCHANGES: Final = 20  # appended in each round
CHUNKS: Final = 10  # in each answer
LISTS: Final = 20
SEARCHES: Final = 20
STOCK: Final = 10_000  # exchanges there are before: a busy year
MOST_RATIO: Final = 1.3
MOST_UNLOCK_MS: Final = 150
MOST_STALL_MS: Final = 16
_KEY: Final = bytes(range(32))


class Figure(Protocol):
    """Measures some rows; small samples where not ``full``."""

    def __call__(self, *, full: bool) -> Sequence[Row]:
        """Measure."""


def unlock(*, full: bool) -> Sequence[Row]:
    """Keyring to open database, each time in a new process whose imports are counted apart."""
    sample = Sample(GIB if full else SMALL)
    fake = {account: secret.hex() for account, secret in sample.keyring.items()}
    rows = _unlock_rows(sample, "a keyring that answers at once", fake)
    with tempfile.TemporaryDirectory() as folder, gnome_keyring(Path(folder), unlock=True):
        for account, secret in sample.keyring.items():
            open_keyring().put(account, secret)
        return [*rows, *_unlock_rows(sample, "GNOME's keyring", None)]


def _unlock_rows(sample: Sample, which: str, fake: Mapping[str, str] | None) -> list[Row]:
    request = json.dumps({"profile": str(sample.profile.root), "keyring": fake})
    found = []
    for _ in range(STARTS + 1):  # the first warms the disk's cache
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.vault_unlock"],
            input=request,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found.append(json.loads(done.stdout))
    parts = {name: [one[name] for one in found[1:]] for name in found[0]}
    how = f"{which}, {sample.bytes / 1e6:,.0f} MB, {STARTS} processes"
    return [
        Row("unlock, median", statistics.median(parts["unlock"]), "ms", how, MOST_UNLOCK_MS),
        Row("unlock, worst", max(parts["unlock"]), "ms", how, MOST_UNLOCK_MS),
        Row("its imports before, median", statistics.median(parts["imports"]), "ms", how),
        Row("list of all conversations after, median", statistics.median(parts["list"]), "ms", how),
    ]


def encryption(*, full: bool) -> Sequence[Row]:
    """The same work in an encrypted and in a plain database, in turn; medians of the ratios."""
    rounds = ROUNDS if full else ROUNDS // 3
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        ours = open_database(Path(folder) / "vault.db", _KEY)
        migrate(ours)
        plain = open_plain(Path(folder) / "plain.db")
        for connection in (ours, plain):
            fill_up = partial(fill, exchanges=STOCK, text=texts(), dice=random.Random(1))
            _transact(connection, fill_up)
        stream = texts(2)
        for number in range(rounds + 1):
            words = list(itertools.islice(stream, EXCHANGES * (CHUNKS + 1)))
            pair = (ours, plain) if number % 2 else (plain, ours)  # neither is always the first
            spent = {connection is ours: _workload(connection, words) for connection in pair}
            if number:  # the first round warms both
                for part in spent[True]:
                    times.setdefault(part, []).append(spent[True][part] / spent[False][part])
                    times.setdefault(f"{part}, plain ms", []).append(spent[False][part] * 1000)
        ours.close()
        plain.close()
    how = (
        f"plain SQLite of the same build, {rounds} rounds in turn: {EXCHANGES} exchanges with "
        f"{CHUNKS} chunks, {LISTS} lists, {SEARCHES} searches over {STOCK:,} exchanges"
    )
    rows = []
    for part in ("total", "append", "list", "search"):
        ratio = statistics.median(times[part])
        rows.append(Row(f"encrypted store, {part}", ratio, "x", how, MOST_RATIO))
        spent_plain = statistics.median(times[f"{part}, plain ms"])
        rows.append(Row(f"plain SQLite, {part}", spent_plain, "ms", "median of the same rounds"))
    return rows


def _workload(connection: Connection, words: Sequence[str]) -> dict[str, float]:
    """Seconds for each part, and for all."""
    parts: dict[str, Callable[[], None]] = {
        "append": lambda: _append(connection, iter(words)),
        "list": lambda: _repeat(LISTS, connection, conversation_rows.list_all),
        "search": lambda: _repeat(
            SEARCHES, connection, partial(conversation_rows.search, query=common_word())
        ),
    }
    spent = {}
    for part, work in parts.items():
        began = time.perf_counter()
        work()
        spent[part] = time.perf_counter() - began
    return {"total": sum(spent.values()), **spent}


def _append(connection: Connection, text: Iterator[str]) -> None:
    for _ in range(EXCHANGES):
        answer = _transact(connection, partial(_ask, text=next(text)))
        for seq in range(CHUNKS):
            piece = partial(message_rows.append_chunk, message_id=answer, seq=seq)
            _transact(connection, partial(piece, text=next(text)[:160]))
        end = partial(message_rows.finish, message_id=answer, state=MessageState.COMPLETE)
        _transact(connection, end)


def _ask(connection: Connection, text: str) -> int:
    room = conversation_rows.create(connection, text[:50], 1).id
    question = message_rows.add_question(connection, room, None, text, 1).id
    answer = message_rows.add_answer(connection, room, question, 1).id
    conversation_rows.set_head(connection, room, answer)
    return answer


def _repeat(times: int, connection: Connection, work: Callable[[Connection], Any]) -> None:
    for _ in range(times):
        connection.execute("BEGIN")
        work(connection)
        connection.execute("COMMIT")


def _transact(connection: Connection, work: Callable[[Connection], Any]) -> Any:
    connection.execute("BEGIN IMMEDIATE")
    result = work(connection)
    connection.execute("COMMIT")
    return result


def backup_stall(*, full: bool) -> Sequence[Row]:
    """Gaps between the beats of a 1 ms timer in the window, idle and while its vault is copied."""
    sample = Sample(GIB if full else SMALL)
    with tempfile.TemporaryDirectory() as folder, virtual_screen() as screen:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.vault_stall", str(sample.profile.root), folder],
            env=screen.environment,
            check=True,
            stdout=subprocess.PIPE,
        )
    found = json.loads(done.stdout)
    size, seconds = sample.bytes / 1e6, found["seconds"]
    how = f"{size:,.0f} MB backed up in {seconds:.0f} s, {found['beats']:,} beats"
    idle = f"the same window idle, {found['idle_beats']:,} beats"
    return [
        Row("GUI thread stall while idle, max", found["idle_max_ms"], "ms", idle),
        Row("GUI thread stall during a backup, p99", found["p99_ms"], "ms", how),
        Row("GUI thread stall during a backup, max", found["max_ms"], "ms", how, MOST_STALL_MS),
    ]


FIGURES: Final[Mapping[str, Figure]] = {
    "unlock": unlock,
    "encryption": encryption,
    "backup-stall": backup_stall,
}
