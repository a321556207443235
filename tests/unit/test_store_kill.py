"""A process killed while it writes: what was acknowledged is there, and nothing is in the clear."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from assistant.records import Message, MessageState
from assistant.store import conversation_rows as conversations
from assistant.store import message_rows as messages
from assistant.store.sqlcipher import Connection, check_integrity
from assistant.store.vault import Vault

KEY = bytes(range(32))
CANARY = "the canary sings"
PIECES = 12  # in each answer
ROUNDS = 20

# Writes answers without end and prints each step once the store has acknowledged it.
WRITER = f"""
import itertools, sys
from pathlib import Path
from assistant.records import MessageState
from assistant.store import message_rows as messages
from assistant.store.vault import Vault

vault = Vault.open(Path(sys.argv[1]), bytes(range(32)))
room, question = int(sys.argv[2]), int(sys.argv[3])
while True:
    answer = vault.write(lambda c: messages.add_answer(c, room, question, 1)).result().id
    for seq in range({PIECES}):
        text = "<%d {CANARY}>" % seq
        vault.write(lambda c: messages.append_chunk(c, answer, seq, text)).result()
        print(answer, seq, flush=True)
    vault.write(lambda c: messages.finish(c, answer, MessageState.COMPLETE)).result()
    print(answer, "finished", flush=True)
"""


def whole(pieces: int) -> str:
    """An answer of this many pieces."""
    return "".join(f"<{seq} {CANARY}>" for seq in range(pieces))


def traces(folder: Path) -> list[str]:
    """Files that hold the canary, or the key, in the clear."""
    secrets = (CANARY.encode(), CANARY.encode("utf-16-le"), KEY, KEY.hex().encode())
    return [
        file.name
        for file in folder.iterdir()
        if any(secret in file.read_bytes() for secret in secrets)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The profile folder: every file in it is searched at the end."""
    made = tmp_path / "profile"
    yield made
    assert traces(made) == []


def test_the_search_finds_what_is_planted(tmp_path: Path) -> None:
    """Or its silence elsewhere would mean nothing."""
    (tmp_path / "journal").write_bytes(b"..." + CANARY.encode() + b"...")
    (tmp_path / "log").write_text(KEY.hex())
    (tmp_path / "fine").write_bytes(b"nothing")
    assert sorted(traces(tmp_path)) == ["journal", "log"]


def test_killed_while_writing(folder: Path) -> None:
    """Twenty times over one vault, each time at another step; the WAL of the last is read on."""
    path = folder / "vault.db"
    with Vault.open(path, KEY) as vault:
        room = vault.write(lambda c: conversations.create(c, "Trip", 1)).result().id
        ask = vault.write(lambda c: messages.add_question(c, room, None, "?", 1)).result().id
    for turn in range(ROUNDS):
        acknowledged = run_and_kill(path, room, ask, steps=1 + 7 * turn)
        with Vault.open(path, KEY) as vault:
            vault.read(check_integrity).result()
            for answer, (pieces, finished) in acknowledged.items():
                found = vault.read(partial(messages.get, message_id=answer)).result()
                assert_kept(found, pieces, finished=finished)
            streaming = vault.read(still_streaming).result()
            assert vault.write(messages.interrupt_leftovers).result() == streaming <= 1


def run_and_kill(path: Path, room: int, ask: int, steps: int) -> dict[int, tuple[int, bool]]:
    """Kill a writer after so many acknowledged steps, in the middle of the next ones.

    Returns:
        For each answer the number of pieces acknowledged and whether its end was.
    """
    command = [sys.executable, "-c", WRITER, str(path), str(room), str(ask)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    lines = [writer.stdout.readline() for _ in range(steps)]
    writer.kill()
    lines += writer.communicate()[0].splitlines(keepends=True)
    found: dict[int, tuple[int, bool]] = {}
    for answer, step in (line.split() for line in lines if line.endswith("\n")):
        finished = step == "finished"
        found[int(answer)] = (PIECES if finished else int(step) + 1, finished)
    assert found
    return found


def assert_kept(found: Message, pieces: int, *, finished: bool) -> None:
    """At least what was acknowledged, at most one step more, and nothing torn."""
    assert found.text in (whole(pieces), whole(pieces + 1))
    if finished:
        assert found.state is MessageState.COMPLETE
    elif pieces < PIECES:
        assert found.state is MessageState.STREAMING


def still_streaming(connection: Connection) -> int:
    """How many answers are being written."""
    row = connection.execute("SELECT count(*) FROM message WHERE state = 'streaming'").fetchone()
    assert row is not None
    return int(row[0])
