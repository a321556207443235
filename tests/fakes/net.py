"""A network that is none: a gate, its permits and a meter that do what they are told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import Final, Self

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.errors import ApprovalRefused, CloudRefused, NetworkRefused
from assistant.net.approvals import Approval, Approvals, require_in_time
from assistant.net.deltas import Delta, pack
from assistant.net.gate import MAX_RUNS
from assistant.net.metered import Metered
from assistant.net.records import (
    Answered,
    By,
    Data,
    Done,
    Failure,
    NetworkSummary,
    Purpose,
    TransferEvent,
    TransferFailed,
)
from assistant.net.request import CLOUD, NetRequest
from tests.fakes.clock import FakeClock

Course = Sequence[TransferEvent | Exception]
"""What one connection does: events, and perhaps an error at its end."""

NOTHING_SENT: Final = NetworkSummary(0, 0, 0, 0, 0, True, True, "")


def whole(body: bytes, piece: int = 64 * 1024) -> Course:
    """A connection that brings all of a body."""
    pieces = [Data(body[at : at + piece]) for at in range(0, len(body), piece)]
    answered = Answered(200, {"content-length": str(len(body))}, "https://files.test/whole")
    return [answered, *pieces, Done(512, len(body) + 4096)]


def said(*deltas: Delta) -> Course:
    """A connection over which a cloud says this."""
    frames = [Data(frame) for delta in deltas for frame in pack(delta)]
    answered = Answered(200, {}, "https://cloud.test/v1/chat/completions")
    return [answered, *frames, Done(512, 4096)]


def failed(failure: Failure, status: int = 0, retry_after: float = 0.0) -> TransferFailed:
    """The error of a transfer that failed so."""
    return TransferFailed(
        "It failed.",
        failure=failure,
        status=status,
        retry_after=retry_after,
        bytes_out=100,
        bytes_in=0,
    )


class FakePermit:
    """A ``Permit`` that plays courses, one for each connection, the last one again and again.

    Args:
        courses: What the connections do.
        request: What was approved; None takes any.
        runs: How many connections it allows.
        check: Refuses one, by an error.
    """

    def __init__(
        self,
        courses: Iterable[Course],
        request: NetRequest | None = None,
        runs: int = 20,
        check: Callable[[], object] = lambda: None,
    ) -> None:
        self.request = request
        self._courses = list(courses)
        self._left = runs
        self._check = check
        self.requests: list[NetRequest] = []
        self.closed = False

    def run(self, request: NetRequest, cancel: Cancel) -> Iterator[TransferEvent]:
        if self.closed or not self._left:
            raise ApprovalRefused("This permit is spent.")
        if self.request and request.payload_sha256 != self.request.payload_sha256:
            raise ApprovalRefused("It is not what was approved.")
        self._check()
        self._left -= 1
        self.requests.append(request)
        course = self._courses.pop(0) if len(self._courses) > 1 else self._courses[0]
        return self._play(course, cancel)

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _play(self, course: Course, cancel: Cancel) -> Iterator[TransferEvent]:
        for step in course:
            if cancel.asked or self.closed:
                raise failed(Failure.CANCELLED)
            if isinstance(step, Exception):
                raise step
            yield step


class FakeGate:
    """A ``NetworkGate`` whose permits play courses. What was asked of it stands in its lists.

    Args:
        courses: For every permit that it opens.
        summary: What it tells.
        metered: What it tells.
        refusal: Why nothing may leave, as a sentence; empty: all may.
        trusted: Whether a box of the person's own is trusted.

    Attributes:
        cloud: Whether the cloud is switched on.
        prepared: Of which kind a child waits; empty: none does.
        was_read: False: like a fresh process it knows nothing of the meter when first asked.
    """

    def __init__(
        self,
        courses: Iterable[Course] = (),
        *,
        summary: NetworkSummary = NOTHING_SENT,
        metered: Metered = Metered.NO,
        refusal: str = "",
        clock: Clock | None = None,
        trusted: Callable[[NetRequest], bool] = lambda _: False,
    ) -> None:
        self.cloud = True
        self.trusted = trusted
        self.prepared = ""
        self.courses: list[Course] = list(courses)
        self.told = summary
        self.metered_now = metered
        self.was_read = True
        self.refusal = refusal
        self.approved: list[tuple[NetRequest, By]] = []
        self.opened: list[tuple[NetRequest, str]] = []
        self.permits: list[FakePermit] = []
        self.stopped = 0
        self._clock = clock or FakeClock()
        self._approvals = Approvals(self._clock)

    def approve(self, request: NetRequest, by: By = By.PERSON) -> Approval:
        if not request.is_sound:
            raise NetworkRefused("This address is not one that Hush asks.")
        self._require(request, by)
        self.approved.append((request, by))
        return self._approvals.grant(request, by)

    def open(
        self, approval: Approval, request: NetRequest, what: str, *, metered_ok: bool = False
    ) -> FakePermit:
        if self.refusal:
            raise NetworkRefused(self.refusal)
        self._require(request, approval.by)
        if self.metered_now is Metered.YES and not metered_ok:
            raise NetworkRefused("This connection is paid for by volume.")
        self._approvals.take(approval, request)
        self.opened.append((request, what))
        if request.purpose is Purpose.CLOUD:
            in_time = partial(require_in_time, approval, self._clock)
            permit = FakePermit(self.courses, request, 1, in_time)
        else:
            permit = FakePermit(self.courses, request, MAX_RUNS)
        self.permits.append(permit)
        return permit

    def summary(self) -> Future[NetworkSummary]:
        told: Future[NetworkSummary] = Future()
        told.set_result(self.told)
        return told

    @property
    def metered(self) -> Metered:
        known = self.metered_now if self.was_read else Metered.UNKNOWN
        self.was_read = True  # the background has read it by the next time
        return known

    def read_metered(self) -> Metered:
        self.was_read = True
        return self.metered_now

    def prepare(self, kind: str) -> None:
        if not self.refusal and (kind != CLOUD or self.cloud):
            self.prepared = kind

    def discard(self) -> None:
        self.prepared = ""

    def _require(self, request: NetRequest, by: By) -> None:
        if request.purpose is Purpose.CLOUD and not self.cloud:
            raise CloudRefused("The cloud is off.")
        is_own = request.purpose is Purpose.CLOUD and request.own_network
        if by is By.TRUST and not (is_own and self.trusted(request)):
            raise CloudRefused("This address is not trusted.")

    def stop(self, purpose: Purpose) -> None:
        self._stop((purpose,))

    def stop_all(self) -> None:
        self.stopped += 1
        self._stop(tuple(Purpose))

    def _stop(self, purposes: Collection[Purpose]) -> None:
        self.discard()
        self._approvals.clear(purposes)
        for permit in self.permits:
            if permit.request and permit.request.purpose in purposes:
                permit.close()


class FakeMetered:
    """A ``MeteredProbe`` that says what it was told to."""

    def __init__(self, metered: Metered = Metered.NO) -> None:
        self.metered = metered
        self.reads = 0
        self.closed = False

    def read(self) -> Metered:
        self.reads += 1
        return Metered.UNKNOWN if self.closed else self.metered

    def close(self) -> None:
        self.closed = True
