"""The only way out. What leaves was approved, is written down first, and goes through one child."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.errors import ApprovalRefused, CloudRefused, HushError, NetworkRefused
from assistant.events import EventSink, NetworkChanged
from assistant.log import log_error, log_event
from assistant.net.approvals import Approval, Approvals, require_in_time
from assistant.net.gate import MAX_RUNS, PERMIT_SECONDS
from assistant.net.ledger import NetworkLedger
from assistant.net.meter import Meter
from assistant.net.metered import Metered, MeteredProbe
from assistant.net.ready import ReadyChildren
from assistant.net.records import (
    By,
    Done,
    Failure,
    NetworkSummary,
    Purpose,
    TransferEvent,
    TransferFailed,
)
from assistant.net.request import CLOUD, NetRequest
from assistant.net.starting import Line, NetStarter
from assistant.net.transfer import Transfer
from assistant.settings import Settings
from assistant.store.transfer_rows import INTERRUPTED, Phase

OK: Final = "ok"
NOT_BEGUN: Final = "not-begun"
"""No child could be started, or not in time: nothing left."""

STOPPED: Final = "stopped"
"""By Hush itself, for it could not use what came, or could keep no more of it."""

_CLOSE_SECONDS: Final = 2.0
_LOCAL_ONLY: Final = "Hush is set to stay on this computer, so nothing is sent or fetched."
_NOT_BY_ITSELF: Final = "Only you can approve this. Nothing was sent."
_NO_CLOUD: Final = "Asking elsewhere is switched off, so nothing is sent."
_NOT_TRUSTED: Final = "You do not trust this address. Nothing was sent."
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
        trusted: Whether a request goes to a box of the person's own that they trust.
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
        trusted: Callable[[NetRequest], bool] = lambda _: False,
    ) -> None:
        self._starter = starter
        self._ready = ReadyChildren(starter)
        self._trusted = trusted
        self._ledger = ledger
        self._settings = settings
        self._publish = publish
        self._approvals = Approvals(clock, random)
        self._meter = Meter(probe, clock)
        self._clock = clock
        self._lock = threading.Condition()
        self._running: dict[Transfer, Purpose] = {}
        self._stops: Counter[Purpose] = Counter()  # how often each was stopped
        self._why: dict[Purpose, Failure] = {}  # the last time

    def approve(self, request: NetRequest, by: By = By.PERSON) -> Approval:
        """See ``NetworkGate.approve``."""
        if not request.is_sound:
            raise NetworkRefused(
                "This address is not one that Hush asks: it has to begin with https.",
            )
        self._require_by(by, request)
        return self._approvals.grant(request, by)

    def prepare(self, kind: str) -> None:
        """See ``NetworkGate.prepare``."""
        if self._why_not() or (kind == CLOUD and not self._settings().cloud):
            return
        with self._lock:
            stops = self._stops.total()
        self._ready.prepare(kind)
        with self._lock:
            is_late = self._stops.total() != stops
        if is_late:
            self._ready.discard()

    def discard(self) -> None:
        """See ``NetworkGate.discard``."""
        self._ready.discard()

    def open(
        self, approval: Approval, request: NetRequest, what: str, *, metered_ok: bool = False
    ) -> _OpenPermit:
        """See ``NetworkGate.open``."""
        with self._lock:
            stops = self._stops[request.purpose]
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

    def stop(self, purpose: Purpose) -> None:
        """See ``NetworkGate.stop``."""
        self._stop((purpose,))

    def stop_all(self) -> None:
        """See ``NetworkGate.stop_all``."""
        self._stop(tuple(Purpose))

    def _stop(self, purposes: Collection[Purpose]) -> None:
        why = Failure.LOCAL_ONLY if self._settings().local_only else Failure.CANCELLED
        self._approvals.clear(purposes)
        with self._lock:
            self._stops.update(purposes)
            self._why.update(dict.fromkeys(purposes, why))
            running = [one for one, purpose in self._running.items() if purpose in purposes]
        self._ready.discard()  # whatever for: it knows nothing, and another one is soon started
        for transfer in running:
            transfer.stop(why)
        self._publish(NetworkChanged())

    def close(self) -> None:
        """End what runs, and let go of the bus. Safe to call twice.

        Waits a moment for the last rows of the ledger: the vault is closed next.
        """
        self.stop_all()
        self._ready.close()
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
            transfer = Transfer(self._line(request.kind, permit), request)
        except BaseException:
            self._end(ledger, began, NOT_BEGUN, 0, 0, "")
            raise
        with self._listed(transfer, request.purpose, permit.stops):
            cancel.listen(lambda: transfer.stop(Failure.CANCELLED))
            try:
                yield from self._written_down(transfer, ledger, began, cancel)
            finally:
                cancel.listen(None)

    def _line(self, kind: str, permit: _OpenPermit) -> Line:
        """A child for a request. To get one may take a while, in which the permit may end."""
        line = self._ready.take(kind)
        try:
            permit.require_in_time()
        except ApprovalRefused:
            line.close()
            raise
        return line

    def _written_down(
        self, transfer: Transfer, ledger: NetworkLedger, began: Phase, cancel: Cancel
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
        except (GeneratorExit, KeyboardInterrupt) as error:  # nobody wants more of it
            if is_written:
                raise
            is_ours = isinstance(error, GeneratorExit) and not cancel.asked
            result = STOPPED if is_ours else Failure.CANCELLED.value
            heard = transfer.last_word()
            out, received = (heard.bytes_out, heard.bytes_in) if heard else (None, None)
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
    def _listed(self, transfer: Transfer, purpose: Purpose, stops: int) -> Iterator[None]:
        """Have ``stop_all`` know of a transfer; one that it came too late for is stopped here."""
        with self._lock:
            self._running[transfer] = purpose
            why = self._why.get(purpose) if self._stops[purpose] != stops else None
        if why:
            transfer.stop(why)
        self._publish(NetworkChanged())
        try:
            yield
        finally:
            with self._lock:
                del self._running[transfer]
                self._lock.notify_all()
            self._publish(NetworkChanged())

    def require_same(self, purpose: Purpose, stops: int) -> None:
        """Refuse a permit that ``stop_all`` took back; for permits alone."""
        with self._lock:
            if self._stops[purpose] != stops:
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
        self._require_by(by, request)
        self._require_unmetered(by, request, metered_ok=metered_ok)
        return self._ledger

    def _require_by(self, by: By, request: NetRequest) -> None:
        """Refuse what this kind of yes may not allow as the settings are now."""
        settings = self._settings()
        if by is By.SETTING and not _is_allowed_look(request, settings):
            raise NetworkRefused(_NOT_BY_ITSELF)
        if request.purpose is Purpose.CLOUD:
            if settings.local_only:
                raise CloudRefused(_LOCAL_ONLY, _SWITCH)
            if not settings.cloud:
                raise CloudRefused(_NO_CLOUD, _SWITCH)
        is_own = request.purpose is Purpose.CLOUD and request.own_network
        if by is By.TRUST and not (is_own and self._trusted(request)):
            raise CloudRefused(_NOT_TRUSTED, "Look at what would be sent, and approve it.")

    def _require_unmetered(self, by: By, request: NetRequest, *, metered_ok: bool) -> None:
        """Refuse where it is paid for by volume, and nobody said yes to that.

        The meter may take seconds: it is not read where it would change nothing.
        """
        if by is not By.SETTING and metered_ok:
            return
        metered = self._meter.now()
        if by is By.SETTING and metered is not Metered.NO:
            raise NetworkRefused(
                "Hush does not look for models by itself on a connection that may be paid for "
                "by volume."
            )
        if metered is Metered.YES:
            is_cloud = request.purpose is Purpose.CLOUD
            verb, what = ("sent", "request") if is_cloud else ("fetched", "download")
            raise NetworkRefused(
                f"This connection is paid for by volume, so nothing was {verb}.",
                f"Allow it for this {what}, or connect to another network.",
            )


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
        stops: How often what it is for had been stopped when it was opened.
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
        self._gate.require_same(approved.purpose, self.stops)
        with self._lock:
            if not self._left or self._clock.elapsed() >= self._until:
                self._left = 0
                raise ApprovalRefused(
                    "What you approved is used up. Nothing more was sent.", "Approve it again."
                )
            self._left -= 1
        self.require_in_time()
        return self._gate.run(approved, request, self, cancel)

    def require_in_time(self) -> None:
        """Refuse what asks a cloud once its approval is over; the rest may go on for longer."""
        if self._approval.purpose is Purpose.CLOUD:
            require_in_time(self._approval, self._clock)

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
