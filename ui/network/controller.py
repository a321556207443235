"""Wires the network's page and the status line to the gate, the ledger and the seal."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from assistant.disk import write_atomically
from assistant.errors import HushError, VaultLocked
from assistant.settings import Settings
from ui.bridge import Bridge
from ui.latest import Latest
from ui.network.words import proof_words

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.cloud.protocols import CloudRoom
    from assistant.cloud.records import Sent
    from assistant.net.records import LedgerRow, NetworkSummary
    from assistant.sealing.protocol import SealReport
    from assistant.shelf.protocols import GateRoom, LedgerRoom
    from ui.network.page import NetworkPage
    from ui.status.line import StatusLine

_FILE: Final = "Hush network record.json"
_KINDS: Final = "JSON (*.json);;Table (*.csv)"
_CHECKING: Final = "Reading every row…"
_EXPORTED: Final = "The record is written to {name}."
_ROWS: Final = 500  # that are read at once
_NOT_KEPT: Final = (
    "What was sent is not kept any more, or nothing of yours was in it: it went with its answer, "
    "or Hush only asked which models there are."
)
_FORGOTTEN: Final = "What was sent is deleted. That something was sent stays here."

AskFile = Callable[[QWidget, str, Callable[[Path], object]], object]
"""Asks where a file is to be written; gets a name to offer, and hands the path over."""


def ask_new_file(parent: QWidget, name: str, take: Callable[[Path], object]) -> None:
    """Ask with the system's dialog."""
    dialog = QFileDialog(parent, "Export the record")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setNameFilter(_KINDS)
    dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
    dialog.selectFile(name)
    dialog.fileSelected.connect(lambda chosen: take(Path(chosen)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


class NetworkController(QObject):
    """What a person sees and does of the network.

    Args:
        gate: The only way out; None where this session has none.
        ledger: What ever left; None where nothing is written down.
        seal: What keeps this process in.
        bridge: Brings outcomes to the GUI thread.
        page: The place, made when it is first asked for.
        status: Says the same in few words.
        pool: Writes files.
        now: Local time.
        settings: Those of the moment.
        change: Makes settings hold that were changed here.
        parent: What this goes with.
        ask_file: Asks where to write the record.
        cloud: Keeps what was sent to somebody else; None where this session has none.
    """

    def __init__(
        self,
        gate: GateRoom | None,
        ledger: LedgerRoom | None,
        seal: SealReport,
        bridge: Bridge,
        page: Callable[[], NetworkPage],
        status: StatusLine,
        pool: Executor,
        now: Callable[[], datetime],
        settings: Callable[[], Settings],
        change: Callable[[Settings], None],
        parent: QObject,
        ask_file: AskFile = ask_new_file,
        *,
        cloud: CloudRoom | None = None,
    ) -> None:
        super().__init__(parent)
        self._gate = gate
        self._ledger = ledger
        self._seal = seal
        self._bridge = bridge
        self._make = page
        self._page: NetworkPage | None = None
        self._status = status
        self._pool = pool
        self._now = now
        self._settings = settings
        self._change = change
        self._ask_file = ask_file
        self._cloud = cloud
        self._was_local = settings().local_only
        self._wanted = _ROWS
        self._summaries, self._rows, self._sent = Latest(bridge), Latest(bridge), Latest(bridge)
        status.show_network(None, seal)
        self.refresh()

    # What there is ------------------------------------------------------------------------

    def arrive(self) -> None:
        """The person comes to the page."""
        if self._page is None:
            self._page = page = self._make()
            page.local_only_turned.connect(self._turn)
            page.check_wanted.connect(self._check)
            page.export_wanted.connect(self._export)
            page.sent_wanted.connect(self._look_for_sent)
            page.older_wanted.connect(self._look_further)
            page.show_seal(self._seal)
        self.refresh()

    def refresh(self) -> None:
        """Look again at what was sent."""
        with suppress(VaultLocked):  # a transfer's end is told of while the session ends, too
            self._look()

    def _look(self) -> None:
        if self._gate and self._ledger:
            self._summaries.expect(self._gate.summary(), self._show, self._failed)
        elif self._page:
            self._page.show_without_record(local_only=self._settings().local_only)
        self._look_at_rows()

    def _look_at_rows(self) -> None:
        if self._page and self._ledger:  # one more than is listed says whether there are older ones
            rows = self._ledger.rows(self._wanted + 1)
            self._rows.expect(rows, self._show_rows, self._failed)

    def _look_further(self) -> None:
        self._wanted += _ROWS
        with suppress(VaultLocked):
            self._look_at_rows()

    def adopt(self, settings: Settings) -> None:
        """Settings were changed, here or elsewhere; the core ends what may run no more."""
        if settings.local_only != self._was_local:
            self._was_local = settings.local_only
            self.refresh()

    def _show(self, summary: NetworkSummary) -> None:
        self._status.show_network(summary, self._seal)
        if self._page:
            self._page.show_summary(summary, local_only=self._settings().local_only)

    def _show_rows(self, rows: list[LedgerRow]) -> None:
        if self._page:
            has_older = len(rows) > self._wanted
            self._page.show_rows(rows[: self._wanted], self._now(), has_older=has_older)

    def _failed(self, error: HushError) -> None:
        if self._page:
            self._page.notice.say_error(error)

    # The person's hands -------------------------------------------------------------------

    def _turn(self, on: bool) -> None:  # noqa: FBT001 # as the signal gives it
        self._change(replace(self._settings(), local_only=on))

    def _check(self) -> None:
        page = self._page
        if page and self._ledger and not page.record.is_working:
            page.record.begin(page.record_line, _CHECKING)
            self._bridge.then(self._ledger.check(), page.say_checked, self._not_done)

    def _export(self) -> None:
        if self._page:
            self._ask_file(self._page.window(), _FILE, self._write)

    def _write(self, file: Path) -> None:
        """Its name says what it is to be: a table, else JSON."""
        form: Literal["json", "csv"] = "csv" if file.suffix.lower() == ".csv" else "json"
        page, ledger = self._page, self._ledger
        if not page or not ledger:
            return

        def done(_: None) -> None:
            page.record.say(page.record_line, _EXPORTED.format(name=file.name))

        def write(data: bytes) -> None:
            written = self._pool.submit(write_atomically, file, data)
            self._bridge.then(written, done, self._not_done)

        self._bridge.then(ledger.export(form), write, self._not_done)

    def _look_for_sent(self, row: LedgerRow) -> None:
        if self._cloud is None:
            self._say_of(row, f"{_NOT_KEPT} {proof_words(row, whole=True)}")
            return
        failed = partial(self._not_found, row)
        self._sent.expect(
            self._cloud.find_sent(row.payload_sha256), partial(self._show_sent, row), failed
        )

    def _show_sent(self, row: LedgerRow, sent: Sent | None) -> None:
        page, cloud = self._page, self._cloud
        if sent is None or page is None or cloud is None:
            self._say_of(row, f"{_NOT_KEPT} {proof_words(row, whole=True)}")
            return
        from ui.cloud.what_was_sent import WhatWasSent

        sheet = WhatWasSent(page.window(), page.theme, sent)
        sheet.deleted.connect(lambda: self._forget_sent(row, sent))
        sheet.open_centred()

    def _forget_sent(self, row: LedgerRow, sent: Sent) -> None:
        if self._cloud:
            done = self._cloud.forget_sent(sent.answer_id)
            said = partial(self._say_of, row, _FORGOTTEN)
            self._bridge.then(done, lambda _: said(), partial(self._not_found, row))

    def _not_found(self, row: LedgerRow, error: HushError) -> None:
        if self._page:
            self._page.say_of(row, error.sentence, danger=True)

    def _say_of(self, row: LedgerRow, sentence: str) -> None:
        if self._page:
            self._page.say_of(row, sentence)

    def _not_done(self, error: HushError) -> None:
        if self._page:
            record = self._page.record
            if record.is_working:
                record.end(error.sentence, danger=True)
            else:
                record.say(self._page.record_line, error.sentence, danger=True)
