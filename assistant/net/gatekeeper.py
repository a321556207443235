"""The only way out. What leaves was approved, is written down first, and goes through one child."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.errors import ApprovalRefused, HushError, NetworkRefused
from assistant.events import EventSink, NetworkChanged
from assistant.log import log_error, log_event
from assistant.net.approvals import Approval, Approvals
from assistant.net.gate import MAX_RUNS, PERMIT_SECONDS
from assistant.net.ledger import NetworkLedger
from assistant.net.metered import READ_SECONDS, Metered, MeteredProbe
from assistant.net.records import (
    By,
    Done,
    Failure,
    NetworkSummary,
    Purpose,
    TransferEvent,
    TransferFailed,
)
from assistant.net.request import NetRequest
from assistant.net.starting import NetStarter
from assistant.net.transfer import Transfer
from assistant.settings import Settings
from assistant.store.transfer_rows import INTERRUPTED, Phase

OK: Final = "ok"
REFUSED: Final = "refused"

_KEPT_SECONDS: Final = 60.0
_CLOSE_SECONDS: Final = 2.0
_LOCAL_ONLY: Final = "Hush is set to stay on this computer, so nothing is sent or fetched."
_NOT_BY_ITSELF: Final = "Only you can approve this. Nothing was sent."
_SWITCH: Final = "You can change that in the settings."
_NO_LEDGER: Final = (
    "Nothing is sent or fetched in this session: there is no vault to write it down in."
)


class GateKeeper:
    """A ``NetworkGate``.

    Args:
        starter: Starts net children.
        ledger: None where there is no vault to write in: then nothing leaves.
        probe: Says whether the connection is paid for by volume; closed by ``close``.
        settings: As they are now.
        clock: For approvals and permits.
        publish: Told when a transfer begins or ends. Called on any thread.
        random: Returns this many random bytes.
    """

    def __init__(
        self,
        starter: NetStarter,
        ledger: NetworkLedger | None,
        probe: MeteredProbe,
        settings: Callable[[], Settings],
        clock: Clock,
        publish: EventSink = lambda _: None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._starter = starter
        self._ledger = ledger
        self._settings = settings
        self._publish = publish
        self._approvals = Approvals(clock, random)
        self._meter = _Meter(probe, clock)
        self._clock = clock
        self._lock = threading.Condition()
        self._running: set[Transfer] = set()
        self._stops = 0

    def approve(self, request: NetRequest, by: By = By.PERSON) -> Approval:
        """See ``NetworkGate.approve``."""
        if not request.is_sound:
            raise NetworkRefused(
                "This address is not one that Hush asks: it has to begin with https.",
            )
        if by is By.SETTING and not _is_allowed_look(request, self._settings()):
            raise NetworkRefused(_NOT_BY_ITSELF)
        return self._approvals.grant(request, by)

    def open(
        self, approval: Approval, request: NetRequest, what: str, *, metered_ok: bool = False
    ) -> _OpenPermit:
        """See ``NetworkGate.open``."""
        with self._lock:
            stops = self._stops
        self._require_open(approval.by, request, metered_ok=metered_ok)
        self._approvals.take(approval, request)
        return _OpenPermit(self, approval, what, stops, self._clock, metered_ok=metered_ok)

    def summary(self) -> Future[NetworkSummary]:
        """See ``NetworkGate.summary``."""
        with self._lock:
            under_way = len(self._running)
        why_not = self._why_not()
        if self._ledger:
            return self._ledger.summary(under_way, why_not)
        told: Future[NetworkSummary] = Future()
        told.set_result(NetworkSummary(0, 0, 0, 0, under_way, True, False, why_not))
        return told

    @property
    def metered(self) -> Metered:
        """See ``NetworkGate.metered``."""
        return self._meter.known()

    def read_metered(self) -> Metered:
        """See ``NetworkGate.read_metered``."""
        return self._meter.now()

    def stop_all(self) -> None:
        """See ``NetworkGate.stop_all``."""
        why = Failure.LOCAL_ONLY if self._settings().local_only else Failure.CANCELLED
        self._approvals.clear()
        with self._lock:
            self._stops += 1
            running = list(self._running)
        for transfer in running:
            transfer.stop(why)
        self._publish(NetworkChanged())

    def close(self) -> None:
        """End what runs, and let go of the bus. Safe to call twice.

        Waits a moment for the last rows of the ledger: the vault is closed next.
        """
        self.stop_all()
        self._meter.close()
        with self._lock:
            self._lock.wait_for(lambda: not self._running, _CLOSE_SECONDS)

    def run(
        self, approval: Approval, request: NetRequest, permit: _OpenPermit, cancel: Cancel
    ) -> Iterator[TransferEvent]:
        """One connection of a permit; for it alone."""
        ledger = self._require_open(approval.by, request, metered_ok=permit.metered_ok)
        began = ledger.begin(approval, permit.what)
        try:
            transfer = Transfer(self._starter.start(), request)
        except BaseException:
            self._end(ledger, began, REFUSED, 0, 0, "")
            raise
        with self._listed(transfer, permit.stops):
            cancel.listen(lambda: transfer.stop(Failure.CANCELLED))
            try:
                yield from self._written_down(transfer, ledger, began)
            finally:
                cancel.listen(None)

    def _written_down(
        self, transfer: Transfer, ledger: NetworkLedger, began: Phase
    ) -> Iterator[TransferEvent]:
        """The transfer's events; its end is in the ledger before anybody hears of it."""
        events = transfer.events()
        is_written = False
        try:
            for event in events:
                if isinstance(event, Done):
                    is_written = True
                    ledger.end(began, OK, event.bytes_out, event.bytes_in, transfer.reached)
                    self._tell_end(OK, event.bytes_out, event.bytes_in)
                yield event
        except TransferFailed as error:
            result = error.failure.value
            self._end(ledger, began, result, error.bytes_out, error.bytes_in, transfer.reached)
            raise
        except (GeneratorExit, KeyboardInterrupt):  # nobody wants more of it
            if is_written:
                raise
            heard = transfer.last_word()
            out, received = (heard.bytes_out, heard.bytes_in) if heard else (None, None)
            result = Failure.CANCELLED.value
            self._end(ledger, began, result, out, received, transfer.reached)
            raise
        except BaseException:  # nobody thought of this one: its row is not left open for it
            if not is_written:
                self._end(ledger, began, INTERRUPTED, None, None, transfer.reached)
            raise
        finally:
            events.close()

    def _end(
        self,
        ledger: NetworkLedger,
        began: Phase,
        result: str,
        out: int | None,
        received: int | None,
        host: str,
    ) -> None:
        """Write down how it failed. Where even that fails, what failed first is what is told."""
        try:
            ledger.end(began, result, out, received, host)
        except HushError as error:
            log_error("net.unwritten", error)  # the next start writes that it was interrupted
        self._tell_end(result, out, received)

    def _tell_end(self, result: str, out: int | None, received: int | None) -> None:
        log_event("net.ended", result=result, out=out or 0, received=received or 0)

    @contextmanager
    def _listed(self, transfer: Transfer, stops: int) -> Iterator[None]:
        """Have ``stop_all`` know of a transfer; one that it came too late for is stopped here."""
        with self._lock:
            self._running.add(transfer)
            is_late = self._stops != stops
        if is_late:
            transfer.stop(Failure.LOCAL_ONLY)
        self._publish(NetworkChanged())
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(transfer)
                self._lock.notify_all()
            self._publish(NetworkChanged())

    def require_same(self, stops: int) -> None:
        """Refuse a permit that ``stop_all`` took back; for permits alone."""
        with self._lock:
            if self._stops != stops:
                raise ApprovalRefused(
                    "This was stopped, and what you approved then no longer counts.",
                    "Approve it again.",
                )

    def _why_not(self) -> str:
        if self._settings().local_only:
            return _LOCAL_ONLY
        if not self._ledger:
            return _NO_LEDGER
        return self._starter.reason

    def _require_open(self, by: By, request: NetRequest, *, metered_ok: bool) -> NetworkLedger:
        """Refuse while nothing may leave; the ledger, where something may."""
        why_not = self._why_not()
        if why_not or not self._ledger:
            raise NetworkRefused(why_not, _SWITCH if why_not == _LOCAL_ONLY else "")
        if by is By.SETTING and not _is_allowed_look(request, self._settings()):
            raise NetworkRefused(_NOT_BY_ITSELF)
        metered = self._meter.now()
        if by is By.SETTING and metered is not Metered.NO:
            raise NetworkRefused(
                "Hush does not look for models by itself on a connection that may be paid for "
                "by volume."
            )
        if metered is Metered.YES and not metered_ok:
            raise NetworkRefused(
                "This connection is paid for by volume, so nothing was fetched.",
                "Allow it for this download, or connect to another network.",
            )
        return self._ledger


def _is_allowed_look(request: NetRequest, settings: Settings) -> bool:
    """Whether this is the one thing that a setting says yes to, bare: a look at the catalogue.

    Nothing may ride along: neither a header, one that no approval is bound to included, nor a
    body, nor another host.
    """
    return (
        settings.check_catalogue
        and request.purpose is Purpose.CATALOGUE
        and request.url == settings.catalogue_address.strip()
        and (request.kind, request.method) == ("fetch", "GET")
        and not (request.headers or request.body or request.options or request.hosts)
    )


class _OpenPermit:
    """A ``Permit``.

    Args:
        gate: Runs its connections.
        approval: Used up already.
        what: For the ledger.
        stops: How often everything had been stopped when it was opened.
        clock: For how long it holds.
        metered_ok: See ``NetworkGate.open``.
    """

    def __init__(
        self,
        gate: GateKeeper,
        approval: Approval,
        what: str,
        stops: int,
        clock: Clock,
        *,
        metered_ok: bool,
    ) -> None:
        self.what = what
        self.stops = stops
        self.metered_ok = metered_ok
        self._gate = gate
        self._approval = approval
        self._clock = clock
        self._lock = threading.Lock()
        is_single = approval.purpose is Purpose.CLOUD or approval.by is By.SETTING
        self._left = 1 if is_single else MAX_RUNS
        self._until = clock.elapsed() + PERMIT_SECONDS

    def run(self, request: NetRequest, cancel: Cancel) -> Iterator[TransferEvent]:
        """See ``Permit.run``."""
        approved = self._approval
        if (request.purpose, request.host, request.payload_sha256) != (
            approved.purpose,
            approved.host,
            approved.payload_sha256,
        ) or not request.is_sound:
            raise ApprovalRefused(
                "What was to be asked is not what you approved. Nothing was sent.",
                "Approve it as it is now.",
            )
        self._gate.require_same(self.stops)
        with self._lock:
            if not self._left or self._clock.elapsed() >= self._until:
                self._left = 0
                raise ApprovalRefused(
                    "What you approved is used up. Nothing more was sent.", "Approve it again."
                )
            self._left -= 1
        return self._gate.run(approved, request, self, cancel)

    def close(self) -> None:
        """See ``Permit.close``."""
        with self._lock:
            self._left = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class _Meter:
    """Asks a probe on a thread of its own, so that one that hangs holds nobody up.

    Args:
        probe: May take as long as it likes.
        clock: For when it was asked.
        seconds: How long a reading may take.
    """

    def __init__(self, probe: MeteredProbe, clock: Clock, seconds: float = READ_SECONDS) -> None:
        self._probe = probe
        self._clock = clock
        self._seconds = seconds
        self._thread = Background("net-gate")
        self._lock = threading.Lock()
        self._known = Metered.UNKNOWN
        self._read_at: float | None = None
        self._next: Future[Metered] | None = None  # a reading that has not begun
        self._reads = False

    def known(self) -> Metered:
        """What was last read; reads again in the background where that is long ago."""
        with self._lock:
            is_old = self._read_at is None or self._clock.elapsed() - self._read_at >= _KEPT_SECONDS
            if is_old and not self._reads:
                self._ask()
            return self._known

    def now(self) -> Metered:
        """What it is now, read anew; nothing is known where that takes too long."""
        with self._lock:
            asking = self._ask()
        try:
            return asking.result(2 * self._seconds)  # one reading may be under way before it
        except FutureTimeout:
            return Metered.UNKNOWN

    def close(self) -> None:
        """Let go of the bus."""
        self._probe.close()

    def _ask(self) -> Future[Metered]:
        """The next reading: one that has begun may have been answered before now. Locked."""
        if self._next is None:
            self._next = self._thread.submit(self._read)
        return self._next

    def _read(self) -> Metered:
        with self._lock:
            self._next = None
            self._reads = True
        found = Metered.UNKNOWN
        try:
            found = self._probe.read()
        except Exception as error:  # noqa: BLE001 - whatever the bus says, a yes is not made of it
            log_error("net.meter", error)
        finally:
            with self._lock:
                self._known = found
                self._read_at = self._clock.elapsed()
                self._reads = False
        return found
