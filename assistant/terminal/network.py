"""``hush network``: what was ever sent, to whom and why; numbers and names of hosts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Final, Literal, cast

from assistant.app import Session
from assistant.errors import InputRefused
from assistant.export import write_export
from assistant.net.records import ChainVerdict, LedgerRow
from assistant.shelf.protocols import LedgerRoom
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.terminal.reading import local_time

_EXIT_DAMAGED: Final = 7
_MOST_ROWS: Final = 1_000_000
_WHOLE: Final = "Every row is as Hush wrote it."
_UNKNOWN: Final = "–"


def network(arguments: Arguments, session: Session, console: Console) -> int:
    """Tell what was sent, check the ledger, or print all of it.

    Returns:
        The exit code: 7 where the ledger is not as Hush wrote it.

    Raises:
        InputRefused: there is no ledger in this session, or the output is no plain file.
        StorageFull: the output cannot be written.
    """
    ledger = session.ledger
    if ledger is None:
        raise InputRefused("The ledger lies in a vault that is kept.", "Open yours first.")
    return work(arguments, ledger, console)


def work(arguments: Arguments, ledger: LedgerRoom, console: Console) -> int:
    """Do it with this ledger; see ``network``."""
    if arguments.format:
        return _export(arguments, ledger, console)
    verdict = ledger.check().result()
    rows = [] if arguments.check else ledger.rows(_MOST_ROWS).result()
    if arguments.json:
        listed = {} if arguments.check else {"transfers": [asdict(row) for row in rows]}
        totals = {} if arguments.check else _totals(rows)
        console.data({**totals, **asdict(verdict), **listed})
    else:
        _tell(rows, verdict, console, only_check=arguments.check)
    return 0 if verdict.intact else _EXIT_DAMAGED


def _export(arguments: Arguments, ledger: LedgerRoom, console: Console) -> int:
    data = ledger.export(cast("Literal['json', 'csv']", arguments.format)).result()
    if arguments.output == "-":
        console.write(data.decode())
        return 0
    write_export(Path(arguments.output), data.decode())
    console.remark(f"Written to {arguments.output}. It is not encrypted there.")
    return 0


def _tell(
    rows: list[LedgerRow], verdict: ChainVerdict, console: Console, *, only_check: bool
) -> None:
    if not only_check:
        totals = _totals(rows)
        console.line(
            f"{totals['bytes_out']:,} bytes sent, {totals['bytes_in']:,} received, "
            f"{totals['count']:,} transfer{'' if totals['count'] == 1 else 's'}"
        )
    for row in rows:
        console.line(
            f"{local_time(row.began)}  {_where(row):<32}  {row.what:<28}  "
            f"{_bytes(row.bytes_out):>10} out  {_bytes(row.bytes_in):>14} in  "
            f"{row.result or 'under way'}  ({row.by.value})"
        )
    if verdict.intact:
        console.remark(_WHOLE)
    else:
        console.remark(
            f"Row {verdict.first_bad} of the ledger is not as Hush wrote it, or is missing: the "
            "vault's file was changed by something else, or damaged."
        )


def _where(row: LedgerRow) -> str:
    """Who was asked, and whom a redirect led to."""
    return f"{row.host} → {row.reached}" if row.reached else row.host


def _totals(rows: list[LedgerRow]) -> dict[str, int]:
    return {
        "count": len(rows),
        "bytes_out": sum(row.bytes_out or 0 for row in rows),
        "bytes_in": sum(row.bytes_in or 0 for row in rows),
    }


def _bytes(count: int | None) -> str:
    return _UNKNOWN if count is None else f"{count:,}"
