"""The network's ledger: every transfer since Hush was set up, in the vault, as a chain of MACs."""

from __future__ import annotations

import csv
import io
import json
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, replace
from typing import Any, Final, Literal

from assistant.clock import Clock
from assistant.net.approvals import Approval
from assistant.net.records import By, ChainVerdict, LedgerRow, NetworkSummary, Purpose
from assistant.store import transfer_rows as rows
from assistant.store.sqlcipher import Connection
from assistant.store.transfer_rows import Phase, Verdict
from assistant.store.vault import Vault

FORMAT: Final = "hush network ledger 1"
MAX_WHAT: Final = 200
_ID_BYTES: Final = 16
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class NetworkLedger:
    """Writes down what leaves, before it leaves, and how it ended.

    What an earlier Hush began and did not end is ended when it is made: as interrupted. Over a
    vault that is read beside its writer nothing is written; it is listed, checked and exported.

    A check finds rows that were changed, moved, taken out or forged without the key. That the
    ledger was put back to an earlier state, emptied included, it finds only while this one is
    open that has seen more of it: of what was before, nothing outside the vault tells.

    Args:
        vault: Open.
        key: Derived from the vault's key for this alone; 32 bytes.
        clock: For the times.
        random: Returns this many random bytes.
    """

    def __init__(
        self,
        vault: Vault,
        key: bytes,
        clock: Clock,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._vault = vault
        self._key = key
        self._clock = clock
        self._random = random
        self._counting = threading.Lock()
        self._checked: rows.Verdict | None = None  # on the store thread
        self._seen = 0  # rows that are on the disk, as far as this session knows
        self._lost: int | None = None  # the first of them that was gone; on the store thread
        at = clock.now()
        vault.write(lambda c: rows.end_leftovers(c, key, at), patient=True)

    def begin(self, approval: Approval, what: str) -> rows.Phase:
        """Write down that a transfer begins. It is on the disk when this returns.

        Args:
            approval: What it rests on.
            what: A name, never content.

        Raises:
            VaultError: it is not written; nothing may leave.
        """
        began = rows.Phase(
            "began",
            self._random(_ID_BYTES).hex(),
            self._clock.now(),
            approval.purpose.value,
            approval.host,
            what[:MAX_WHAT],
            approval.id,
            approval.by.value,
            approval.payload_sha256,
        )
        self._append(began)
        return began

    def end(
        self,
        began: rows.Phase,
        result: str,
        bytes_out: int | None,
        bytes_in: int | None,
        host: str = "",
    ) -> None:
        """Write down how a transfer ended. On the disk when this returns.

        Args:
            began: From ``begin``.
            result: "ok", or what went wrong in one word.
            bytes_out: None: not known.
            bytes_in: As ``bytes_out``.
            host: Whom it reached in the end, where a redirect led elsewhere.

        Raises:
            VaultError: it is not written; the next start writes that it was interrupted.
        """
        ended = rows.ended_of(
            began, self._clock.now(), host or began.host, bytes_out, bytes_in, result
        )
        self._append(ended)

    def rows(self, limit: int = 500, before: int | None = None) -> Future[list[LedgerRow]]:
        """Transfers, the newest first.

        Args:
            limit: At most so many.
            before: Only those whose ``number`` is smaller.
        """

        def work(connection: Connection) -> list[LedgerRow]:
            found = rows.latest(connection, limit, before)
            return [
                _row(seq, began, rows.end_of(connection, began.transfer_id)) for seq, began in found
            ]

        return self._vault.read(work)

    def check(self) -> Future[ChainVerdict]:
        """Compute the whole chain anew, from the first row to the last."""

        def work(connection: Connection) -> ChainVerdict:
            self._checked = self._looked_at(rows.check(connection, self._key))
            return _verdict(self._checked)

        return self._vault.read(work)

    def summary(self, under_way: int, why_not: str) -> Future[NetworkSummary]:
        """What it all comes to. The chain is checked whole the first time, then what is new of it.

        Args:
            under_way: How many run now.
            why_not: Why nothing could be asked for now; empty: it could.
        """

        def work(connection: Connection) -> NetworkSummary:
            found = rows.totals(connection)
            self._checked = self._looked_at(rows.check(connection, self._key, self._checked))
            return NetworkSummary(
                found.transfers,
                found.bytes_out,
                found.bytes_in,
                found.since,
                under_way,
                self._checked.first_bad is None,
                not why_not,
                why_not,
                found.unknown,
            )

        return self._vault.read(work)

    def export(self, form: Literal["json", "csv"]) -> Future[bytes]:
        """All of it, with the MACs and what a check of them said, as UTF-8.

        Args:
            form: JSON, or a table; in the table what could be a formula is quoted.
        """
        at = self._clock.now()

        def work(connection: Connection) -> bytes:
            verdict = _verdict(self._looked_at(rows.check(connection, self._key)))
            said = list(rows.signed(connection))
            words = _in_words(rows.totals(connection), verdict)
            return _json(at, words, verdict, said) if form == "json" else _csv(words, said)

        return self._vault.read(work)

    def _append(self, phase: Phase) -> None:
        def work(connection: Connection) -> int:
            number = rows.append(connection, self._key, phase)
            self._compare(number - 1)
            return number

        number = self._vault.write(work).result()  # a row that is not kept was never seen
        with self._counting:
            self._seen = max(self._seen, number)

    def _looked_at(self, found: Verdict) -> Verdict:
        """What was found, with what this session knows: an older ledger fits its own signature."""
        self._compare(found.rows)
        return replace(found, first_bad=self._lost) if found.first_bad is None else found

    def _compare(self, count: int) -> None:
        """There are so many rows; perhaps there were more."""
        with self._counting:
            if count < self._seen and self._lost is None:
                self._lost = count + 1
            self._seen = max(self._seen, count)


def _row(number: int, began: rows.Phase, ended: rows.Phase | None) -> LedgerRow:
    return LedgerRow(
        transfer_id=began.transfer_id,
        began=began.at,
        ended=ended.at if ended else None,
        purpose=Purpose(began.purpose),
        host=began.host,
        what=began.what,
        by=By(began.approved_by),
        approval_id=began.approval_id,
        payload_sha256=began.payload_sha256,
        bytes_out=ended.bytes_out if ended else None,
        bytes_in=ended.bytes_in if ended else None,
        result=ended.result if ended else "",
        number=number,
        reached=ended.host if ended and ended.host != began.host else "",
    )


def _verdict(found: rows.Verdict) -> ChainVerdict:
    return ChainVerdict(found.first_bad is None, found.rows, found.first_bad)


def _in_words(found: rows.Totals, verdict: ChainVerdict) -> str:
    if not verdict.intact:
        state = f"Row {verdict.first_bad} is not as Hush wrote it, or is missing."
    else:
        state = "Every row is as Hush wrote it."
    if not found.transfers:
        return f"0 bytes sent. 0 bytes received. 0 transfers. {state}"
    unknown = f" Of {found.unknown} the bytes are not known." if found.unknown else ""
    return (
        f"{found.bytes_out:,} bytes sent. {found.bytes_in:,} bytes received."
        f" {found.transfers:,} transfers.{unknown} {state}"
    )


def _json(at: int, words: str, verdict: ChainVerdict, said: list[rows.Signed]) -> bytes:
    whole: dict[str, Any] = {
        "format": FORMAT,
        "exported": at,
        "words": words,
        "verdict": asdict(verdict),
        "rows": [{"seq": one.seq, **asdict(one.phase), "mac": one.mac.hex()} for one in said],
    }
    return (json.dumps(whole, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def _csv(words: str, said: list[rows.Signed]) -> bytes:
    text = io.StringIO(newline="")
    table = csv.writer(text)
    names = list(rows.Phase.__dataclass_fields__)
    table.writerow([f"# {words}"])
    table.writerow(["seq", *names, "mac"])
    for one in said:
        values = [_harmless(value) for value in asdict(one.phase).values()]
        table.writerow([one.seq, *values, one.mac.hex()])
    return text.getvalue().encode()


def _harmless(value: object) -> object:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
