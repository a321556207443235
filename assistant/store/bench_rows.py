"""SQL for what models measured on which machine: a row for each run. Digests and numbers only.

Plain functions, to be called inside ``Vault.read`` or ``Vault.write``.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

from assistant.store.sqlcipher import Connection

KEPT_RUNS: Final = 50
"""Of each model on each machine: enough to see that one became slower."""

_RUN: Final = (
    "at, model, machine, prompt_speed, decode_speed, first_token_ms, peak_memory, predicted_decode"
)


@dataclass(frozen=True, slots=True)
class BenchRow:
    """What one run measured.

    Attributes:
        at: When it ended, milliseconds since 1970, UTC.
        model: Its SHA-256.
        machine: Names the processor and llama.cpp's build.
        prompt_speed: Tokens a second, reading.
        decode_speed: Tokens a second, writing.
        first_token_ms: Time to first token.
        peak_memory: Of the engine's process, bytes.
        predicted_decode: What was foretold, tokens a second; None: nothing was.
    """

    at: int
    model: str
    machine: str
    prompt_speed: float
    decode_speed: float
    first_token_ms: float
    peak_memory: int
    predicted_decode: float | None


def add(connection: Connection, row: BenchRow) -> None:
    """Add a run; of its model on its machine the oldest go that are too many."""
    values = astuple(row)
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO bench_run ({_RUN}) VALUES ({marks})", values)  # noqa: S608 - ours
    connection.execute(
        "DELETE FROM bench_run WHERE model = :model AND machine = :machine AND id NOT IN ("
        "SELECT id FROM bench_run WHERE model = :model AND machine = :machine "
        "ORDER BY id DESC LIMIT :kept)",
        {"model": row.model, "machine": row.machine, "kept": KEPT_RUNS},
    )


def latest(connection: Connection, machine: str) -> tuple[BenchRow, ...]:
    """The newest run of each model on a machine, the newest of these first."""
    rows = connection.execute(
        f"SELECT {_RUN} FROM bench_run WHERE id IN ("  # noqa: S608 - ours
        "SELECT max(id) FROM bench_run WHERE machine = ? GROUP BY model) ORDER BY id DESC",
        (machine,),
    )
    return tuple(BenchRow(*row) for row in rows)
