"""Kill -9 of the writing process at random instants: what was acknowledged is there."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assistant.errors import HushError
from assistant.records import MessageState
from assistant.store import message_rows
from assistant.store.sqlcipher import Connection, check_integrity
from assistant.store.vault import Vault
from tests.trials.outcome import Outcome
from tests.trials.vaults import KEY, said, traces

ROUNDS_PER_VAULT: Final = 20  # then a new one: the whole of it is read after every kill
LONGEST_SECONDS: Final = 0.35  # that a writer lives after its imports: some hundred commits
DEADLINE_SECONDS: Final = 30.0


@dataclass
class Told:
    """What the writers of one vault were told to be durable.

    ``at`` is the answer that was being written at the kill, ``following`` the text that was to
    be written next: that one step may be there or not.
    """

    texts: dict[int, str] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    at: int | None = None
    following: str = ""

    def hear(self, lines: list[str], seed: int) -> None:
        """Take over what a writer said."""
        last = -1
        self.at = None
        for line in lines:
            step, message, last = line.split()[0], int(line.split()[1]), int(line.split()[2])
            if step == "asked":
                self.texts[message] = said(seed, last)
            elif step == "began":
                self.texts[message], self.at = "", message
            elif step == "piece":
                self.texts[message] += said(seed, last)
            elif step == "ended":
                self.ended.add(message)
                self.at = None
        self.following = said(seed, last + 1)


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Kill ``count`` writers, each over what the one before it left."""
    faults: list[str] = []
    acknowledged = killed_writing = 0
    worst = 0.0
    for vault_number, first in enumerate(range(0, count, ROUNDS_PER_VAULT)):
        place, told = folder / f"kill-{vault_number}", Told()
        for turn in range(first, min(first + ROUNDS_PER_VAULT, count)):
            dice = random.Random(f"{seed}/{turn}")  # noqa: S311 - seeded
            text_seed = dice.getrandbits(32)
            lines = _killed(place / "vault.db", text_seed, dice.uniform(0, LONGEST_SECONDS))
            told.hear(lines, text_seed)
            acknowledged += len(lines)
            killed_writing += bool(lines)
            began = time.perf_counter()
            faults += [f"kill {turn}: {what}" for what in _faults(place, told)]
            worst = max(worst, time.perf_counter() - began)
    return Outcome(
        count,
        seed,
        tuple(faults),
        {
            "acknowledged steps": acknowledged,
            "killed while writing": killed_writing,
            "slowest opening and check_s": worst,
        },
    )


def _killed(path: Path, seed: int, seconds: float) -> list[str]:
    """Let a writer write for so long, kill it, return what it had acknowledged."""
    command = [sys.executable, "-m", "tests.trials.kill_child", str(path), str(seed)]
    # Unbuffered: what a buffer took in beside the first line, ``communicate`` would not hand out.
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as writer:
        assert writer.stdout is not None
        try:
            assert writer.stdout.readline().startswith(b"ready"), "the writer did not start"
            time.sleep(seconds)  # a random instant is what this is about
        finally:
            writer.kill()
        output, _ = writer.communicate(timeout=DEADLINE_SECONDS)
    return output.decode("ascii").splitlines()


def _faults(place: Path, told: Told) -> Iterator[str]:
    """What a person would have lost, or could not trust."""
    yield from (f"plaintext in {name}" for name in traces(place))
    if not (place / "vault.db").exists():
        if told.texts:
            yield "the vault is gone"
        return
    try:
        with Vault.open(place / "vault.db", KEY) as vault:
            vault.read(check_integrity).result()
            found = vault.read(_texts).result()
            vault.write(message_rows.interrupt_leftovers).result()  # as every start does
    except HushError as error:
        yield f"{type(error).__name__}: {error.message}"
        return
    yield from differences(found, told)
    told.texts = {message: text for message, (text, _) in found.items()}


def differences(found: dict[int, tuple[str, str]], told: Told) -> Iterator[str]:
    """Where a vault differs from what its writers were told.

    Args:
        found: Text and state of each message.
        told: What was acknowledged.
    """
    for message, text in told.texts.items():
        if message not in found:
            yield f"message {message} is gone"
            continue
        kept, state = found[message]
        allowed = {text, text + told.following} if message == told.at else {text}
        if kept not in allowed:
            yield f"message {message} reads differently"
        if message in told.ended and state != MessageState.COMPLETE:
            yield f"message {message} is not complete"
    new = sorted(found.keys() - told.texts.keys())
    # At most the exchange whose commit was not acknowledged: its question, and an empty answer.
    if new and [found[message][0] for message in new] != [told.following, ""]:
        yield f"{len(new)} messages are there that nobody wrote"


def _texts(connection: Connection) -> dict[int, tuple[str, str]]:
    rows = connection.execute(
        "SELECT id, state, text || coalesce((SELECT group_concat(c.text, '' ORDER BY c.seq)"
        " FROM chunk c WHERE c.message_id = message.id), '') FROM message"
    )
    return {row[0]: (row[2], row[1]) for row in rows}
