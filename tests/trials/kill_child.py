"""Writes into a vault until it is killed: ``python -m tests.trials.kill_child VAULT SEED``.

Each line on its output is a step that the store has acknowledged: what, which message, which text.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from assistant.records import MessageState
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from tests.trials.vaults import KEY, said


def main() -> None:
    """Write, close and open again, without end."""
    path, seed = Path(sys.argv[1]), int(sys.argv[2])
    dice, numbers = random.Random(seed), itertools.count()  # noqa: S311 - seeded
    acknowledge(("ready", 0, 0))
    while True:
        vault = Vault.open(path, KEY)
        for _ in range(dice.randint(1, 6)):
            exchange(vault, seed, numbers, pieces=dice.randint(0, 12))
        vault.close()


def exchange(vault: Vault, seed: int, numbers: Iterator[int], pieces: int) -> None:
    """One question and its answer, step by step as a reply does it."""
    number = next(numbers)
    question, answer = vault.write(partial(begin, text=said(seed, number))).result()
    acknowledge(("asked", question, number), ("began", answer, number))  # one commit, one write
    for seq in range(pieces):
        number = next(numbers)
        piece = partial(message_rows.append_chunk, message_id=answer, seq=seq)
        vault.write(partial(piece, text=said(seed, number))).result()
        acknowledge(("piece", answer, number))
    end = partial(message_rows.finish, message_id=answer, state=MessageState.COMPLETE)
    vault.write(end).result()
    acknowledge(("ended", answer, number))


def begin(connection: Connection, text: str) -> tuple[int, int]:
    """The question and the empty answer, in one transaction."""
    room = conversation_rows.create(connection, "Trip", 1).id
    question = message_rows.add_question(connection, room, None, text, 1).id
    answer = message_rows.add_answer(connection, room, question, 1).id
    conversation_rows.set_head(connection, room, answer)
    return question, answer


def acknowledge(*steps: tuple[str, int, int]) -> None:
    """Say them in one write: they are there whole or not at all."""
    lines = "".join(f"{step} {message} {number}\n" for step, message, number in steps)
    os.write(sys.stdout.fileno(), lines.encode("ascii"))


if __name__ == "__main__":
    main()
