"""Vaults to be maltreated: what they hold, and how all of it is read."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from assistant.records import MessageState
from assistant.store import conversation_rows, message_rows
from assistant.store.passphrase import Argon2Policy
from assistant.store.sqlcipher import Connection, Row

KEY: Final = bytes(range(32))
CANARY: Final = "the canary sings"
CHEAP: Final = Argon2Policy(floor_kib=64, ceiling_kib=64, passes=1, lanes=1, seconds=0.0)
WORDS: Final = "lamp sea keeper grey stair island letter winter bread harbour " * 3

Snapshot = Mapping[str, list[Row]]


def said(seed: int, number: int) -> str:
    """What is written as the ``number``-th text of a run: known to whoever knows the seed."""
    times = random.Random(f"{seed}/{number}").choice((1, 1, 1, 2, 8, 120))  # noqa: S311 - seeded
    return f"<{CANARY} {seed}/{number}>" * times


def converse(connection: Connection, seed: int, exchanges: int) -> None:
    """Write one conversation of so many exchanges, the last of them still being written."""
    dice = random.Random(seed)  # noqa: S311 - seeded
    room = conversation_rows.create(connection, f"{CANARY} {seed}", seed).id
    head = None
    for number in range(exchanges):
        question = message_rows.add_question(connection, room, head, said(seed, number), number)
        answer = message_rows.add_answer(connection, room, question.id, number)
        for seq in range(3):
            message_rows.append_chunk(connection, answer.id, seq, sentence(dice))
        if number < exchanges - 1:
            message_rows.finish(connection, answer.id, MessageState.COMPLETE)
        head = answer.id
    if head is not None:
        conversation_rows.set_head(connection, room, head)


def sentence(dice: random.Random) -> str:
    """Some words."""
    return " ".join(dice.choices(WORDS.split(), k=40))


def everything(connection: Connection) -> Snapshot:
    """Every row of every table, the full-text index's own among them."""
    tables = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main'"
        " AND type IN ('table', 'virtual', 'shadow') ORDER BY name"
    ).fetchall()
    return {
        name: connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608 - our tables
        for (name,) in tables
    }


def traces(folder: Path, needles: Iterable[str] = (CANARY,)) -> list[str]:
    """Files below a folder that hold a needle, or the key, in the clear."""
    wanted = [KEY, KEY.hex().encode(), KEY.hex().upper().encode()]
    for needle in needles:
        wanted += [needle.encode(), needle.encode("utf-16-le"), needle.encode("utf-16-be")]
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(secret in path.read_bytes() for secret in wanted)
    )
