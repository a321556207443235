"""Downloads of models: one after the other, on a thread of their own, over restarts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.errors import (
    HushError,
    InputRefused,
    ModelUnsafe,
    NetworkRefused,
    NotFound,
    VaultError,
)
from assistant.events import DownloadChanged, EventSink
from assistant.log import log_error, log_event
from assistant.net.approvals import Approval
from assistant.net.gate import Permit
from assistant.net.records import Failure, TransferFailed
from assistant.net.request import NetRequest
from assistant.shelf.download import Fetching, Wait, request_for, wait
from assistant.shelf.pace import Pace
from assistant.shelf.part import Part, left_behind
from assistant.shelf.records import DownloadState, Passed, Refused, Step
from assistant.shelf.space import Space
from models.catalogue import Entry
from models.library import Installed

_TELL_SECONDS: Final = 0.25  # between two events of one step: more often nobody can read it
_CLOSE_SECONDS: Final = 2.0
_PERHAPS_LATER: Final = frozenset({"time", "template-time", "memory", "crashed"})
"""Refusals that a busy machine may bring about. The digest was right: the file is the one."""

_OVER: Final = frozenset({Step.DONE, Step.FAILED, Step.PAUSED})


class Gate(Protocol):
    """What is needed of the gate."""

    def open(
        self, approval: Approval, request: NetRequest, what: str, *, metered_ok: bool = False
    ) -> Permit:
        """See ``assistant.net.gate.NetworkGate.open``."""


class Shelf(Protocol):
    """Where a whole file goes. Used on the downloads' threads alone; may block."""

    def find(self, sha256: str) -> Installed | None:
        """The model of this digest, where it is there and ready."""

    def examine(self, path: Path, cancel: Cancel) -> Passed | Refused:
        """See ``assistant.shelf.preflight.preflight``."""

    def put(self, file: Path, entry: Entry) -> Installed:
        """Move a file that passed to its place, at once and whole."""


@dataclass(frozen=True, slots=True)
class Download:
    """A download that was asked for.

    Attributes:
        future: The model on the shelf. ``InputRefused`` where it was paused or called off,
            ``NetworkError``, ``ApprovalRefused``, ``StorageFull``, ``ModelDamaged``,
            ``ModelUnsafe`` where it failed.
    """

    sha256: str
    future: Future[Installed] = field(repr=False)


@dataclass(slots=True)
class _Job:
    """One download of this run. Whoever changes it holds the service's lock.

    Attributes:
        keep: What is here stays where it is called off.
        over: Whoever waits for it was told.
    """

    entry: Entry
    state: DownloadState
    handle: Download
    cancel: Cancel = field(default_factory=Cancel)
    keep: bool = True
    over: bool = False


class DownloadService:
    """For any thread; nothing blocks. One download runs, the others wait.

    A download lives on the permit that its approval became, until it is paused, ends, or Hush
    does; what is here is gone on with after a new approval.

    Args:
        folder: Where parts lie. Held by this process.
        gate: The one way out.
        shelf: Where whole files go.
        clock: Measures the speed.
        sink: Gets ``DownloadChanged``, on any thread.
        space: How much room must stay on the disk.
        wait: Waits between two tries.
    """

    def __init__(
        self,
        folder: Path,
        gate: Gate,
        shelf: Shelf,
        clock: Clock,
        sink: EventSink,
        *,
        space: Space | None = None,
        wait: Wait = wait,
    ) -> None:
        self._folder = folder
        self._gate = gate
        self._shelf = shelf
        self._clock = clock
        self._sink = sink
        self._space = space or Space()
        self._wait = wait
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._left: dict[str, tuple[Entry, int]] | None = None  # what earlier runs began
        self._last_speed: float | None = None
        self._closed = False
        self._permits = Background("download-permits")  # asking takes long where a bus hangs
        self._work = Background("downloads")

    @property
    def last_speed(self) -> float | None:
        """Bytes a second of the last whole download of this run; None: there was none."""
        return self._last_speed

    def request_for(self, entry: Entry) -> NetRequest:
        """What is sent: to be shown, and approved."""
        return request_for(entry)

    def entry_of(self, sha256: str) -> Entry:
        """What a download that can be gone on with is of.

        Raises:
            NotFound: nothing of it is here.
        """
        with self._lock:
            job = self._jobs.get(sha256)
            left = self._earlier().get(sha256)
        if job:
            return job.entry
        if left:
            return left[0]
        raise NotFound("This download is not here any more.", "Begin it anew.")

    def start(self, entry: Entry, approval: Approval, *, metered_ok: bool = False) -> Download:
        """Fetch a model; where it is being fetched already, join that.

        Args:
            entry: Of the catalogue.
            approval: Of ``request_for(entry)``; used up, but where there is nothing to fetch.
            metered_ok: The person said yes to a connection that is paid for by volume.

        Raises:
            InputRefused: this Hush does not use such a model.
        """
        if not entry.usable:
            raise InputRefused(f"This Hush does not use {entry.name} yet. Nothing was fetched.")
        with self._lock:
            running = self._jobs.get(entry.sha256)
            if running and running.state.step not in _OVER and not running.cancel.asked:
                return running.handle
            here = self._earlier().get(entry.sha256, (entry, 0))[1]
            state = _state(entry, Step.WAITING, running.state.done if running else here)
            job = _Job(entry, state, Download(entry.sha256, Future()))
            job.handle.future.set_running_or_notify_cancel()  # it is ``cancel`` that calls it off
            self._jobs[entry.sha256] = job
        self._sink(DownloadChanged(state))
        self._permits.submit(lambda: self._admit(job, approval, metered_ok=metered_ok))
        return job.handle

    def resume(self, sha256: str, approval: Approval, *, metered_ok: bool = False) -> Download:
        """Go on with what is here.

        Args:
            sha256: Of the model.
            approval: A new one, of ``request_for(entry_of(sha256))``.
            metered_ok: As for ``start``.

        Raises:
            NotFound: nothing of it is here.
        """
        return self.start(self.entry_of(sha256), approval, metered_ok=metered_ok)

    def pause(self, sha256: str) -> None:
        """Stop, and keep what is here. One that does not run stays as it is."""
        self.cancel(sha256, keep=True)

    def cancel(self, sha256: str, *, keep: bool) -> None:
        """Stop. Where ``keep`` is false, what is here is removed and forgotten."""
        with self._lock:
            job = self._jobs.get(sha256)
            runs = job is not None and job.state.step not in _OVER
            if job and runs:
                job.keep = job.keep and keep
            elif not keep:
                self._jobs.pop(sha256, None)
                self._earlier().pop(sha256, None)
        if job and runs:
            job.cancel.ask()
            if job.state.step is Step.WAITING:  # its turn may be far away
                self._end(job, _stopped(job))
        elif not keep:
            Part(self._folder, sha256).drop()

    def states(self) -> tuple[DownloadState, ...]:
        """All of this run, and those that earlier ones began."""
        with self._lock:
            jobs = tuple(job.state for job in self._jobs.values())
            left = tuple(
                _state(entry, Step.PAUSED, size, "Hush ended before it was done.", can_resume=True)
                for sha256, (entry, size) in self._earlier().items()
                if sha256 not in self._jobs
            )
        return jobs + left

    def close(self) -> None:
        """Stop all, and keep what is here. Takes up to two seconds."""
        with self._lock:
            self._closed = True
            jobs = [job for job in self._jobs.values() if job.state.step not in _OVER]
        for job in jobs:
            job.cancel.ask()
        ended = threading.Event()
        self._work.submit(ended.set)
        ended.wait(_CLOSE_SECONDS)

    # On the downloads' threads ------------------------------------------------------------

    def _admit(self, job: _Job, approval: Approval, *, metered_ok: bool) -> None:
        """Use the approval up while it is valid; the download's turn may come much later."""
        try:
            if self._closed:
                raise NetworkRefused("Hush is closing. Nothing was fetched.")
            if job.cancel.asked:
                raise _stopped(job)
            found = self._shelf.find(job.entry.sha256)
            if found:
                Part(self._folder, job.entry.sha256).drop()
                self._end(job, found)
                return
            permit = self._gate.open(
                approval, request_for(job.entry), job.entry.id, metered_ok=metered_ok
            )
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            self._end(job, error)
            return
        self._work.submit(lambda: self._run(job, permit))

    def _run(self, job: _Job, permit: Permit) -> None:
        """A download's turn."""
        with permit:
            try:
                if job.cancel.asked:
                    raise CancelledError
                outcome: Installed | Exception = self._fetch(job, permit)
            except CancelledError:
                outcome = _stopped(job)
            except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
                outcome = error
        with self._lock:
            # Called off between its turn and its first step, its end dropped what it made only now.
            if job.over and not job.keep and job.entry.sha256 not in self._jobs:
                Part(self._folder, job.entry.sha256).drop()
        self._end(job, outcome)

    def _fetch(self, job: _Job, permit: Permit) -> Installed:
        part = Part(self._folder, job.entry.sha256)
        began, telling = self._clock.elapsed(), _Telling(job, self._clock, self._tell)
        try:
            Fetching(
                job.entry,
                part,
                permit,
                job.cancel,
                telling.tell,
                now=self._clock.now(),
                space=self._space,
                wait=self._wait,
            ).run()
        finally:
            part.close()
        if telling.received:
            self._last_speed = telling.received / max(self._clock.elapsed() - began, 1e-3)
        return self._put_away(job, part)

    def _put_away(self, job: _Job, part: Part) -> Installed:
        self._tell(job, replace(job.state, step=Step.PREFLIGHT, bytes_per_second=0.0))
        verdict = self._shelf.examine(part.path, job.cancel)
        if job.cancel.asked:
            raise CancelledError
        if isinstance(verdict, Refused) and verdict.code in _PERHAPS_LATER:
            raise ModelUnsafe(verdict.words, "The file is kept: close other programs, then go on.")
        if isinstance(verdict, Refused):
            part.drop()
            raise ModelUnsafe(verdict.words, "It was thrown away. Choose another model.")
        installed = self._shelf.put(part.path, job.entry)
        part.drop()
        return installed

    # States -------------------------------------------------------------------------------

    def _end(self, job: _Job, outcome: Installed | Exception) -> None:
        """Say how it ended, once, to whoever waits and to whoever watches."""
        if isinstance(outcome, Exception):
            state = self._after(job, outcome)
        else:
            state = _state(job.entry, Step.DONE, job.entry.size)
        with self._lock:
            if job.over:
                return
            job.over = True
            forgotten = job.cancel.asked and not job.keep and state.step is not Step.DONE
            if forgotten:
                state = replace(state, done=0, can_resume=False)
            job.state = state
            # Another one of the same file may have been begun while this one was ending.
            is_current = self._jobs.get(job.entry.sha256) is job
            if is_current:
                self._earlier().pop(job.entry.sha256, None)
            if is_current and forgotten:
                del self._jobs[job.entry.sha256]
                Part(self._folder, job.entry.sha256).drop()
        log_event("download.ended", step=state.step.value)
        if is_current:
            self._sink(DownloadChanged(state))
        if isinstance(outcome, Exception):
            job.handle.future.set_exception(outcome)
        else:
            job.handle.future.set_result(outcome)

    def _after(self, job: _Job, error: Exception) -> DownloadState:
        """What an error leaves behind."""
        here = _size(self._folder, job.entry.sha256)
        if not isinstance(error, HushError):
            log_error("download.bug", error)
            words = "Something went wrong in Hush itself. What is here stays."
            return _state(job.entry, Step.FAILED, here, words, can_resume=here > 0)
        step = Step.PAUSED if _can_wait(error) else Step.FAILED
        return _state(job.entry, step, here, error.sentence, can_resume=here > 0)

    def _tell(self, job: _Job, state: DownloadState) -> None:
        with self._lock:
            if job.over:
                return
            job.state = state
            is_current = self._jobs.get(job.entry.sha256) is job
        if is_current:
            self._sink(DownloadChanged(state))

    def _earlier(self) -> dict[str, tuple[Entry, int]]:
        """What earlier runs left; read once, before anything is fetched. The lock is held."""
        if self._left is None:
            self._left = {
                record.entry.sha256: (record.entry, size)
                for record, size in left_behind(self._folder)
            }
        return self._left


class _Telling:
    """Turns pieces into states: every step at once, the pieces of one now and then."""

    def __init__(
        self, job: _Job, clock: Clock, tell: Callable[[_Job, DownloadState], None]
    ) -> None:
        self._job = job
        self._clock = clock
        self._tell = tell
        self._pace = Pace(clock)
        self._step: Step | None = None
        self._told = 0.0
        self._here = 0
        self.received = 0

    def tell(self, step: Step, done: int, words: str = "") -> None:
        """See ``assistant.shelf.download.Tell``."""
        if step is not self._step:
            self._pace.begin(done)
        elif step is Step.RUNNING:
            self.received += max(0, done - self._here)
            self._pace.note(done)
        self._here = done
        now = self._clock.elapsed()
        if step is self._step and now - self._told < _TELL_SECONDS:
            return
        self._step, self._told = step, now
        total = self._job.entry.size
        speed, left = 0.0, None
        if step is Step.RUNNING:
            speed, left = self._pace.bytes_per_second, self._pace.seconds_left(total - done)
        self._tell(self._job, _state(self._job.entry, step, done, words, speed=speed, left=left))


def _state(
    entry: Entry,
    step: Step,
    done: int,
    words: str = "",
    *,
    speed: float = 0.0,
    left: float | None = None,
    can_resume: bool = False,
) -> DownloadState:
    return DownloadState(
        entry.sha256, entry.name, step, done, entry.size, speed, left, words, can_resume
    )


def _can_wait(error: HushError) -> bool:
    """Whether it only waits for a person or for room, so that nothing failed."""
    if isinstance(error, TransferFailed):
        return error.failure in {Failure.LOCAL_ONLY, Failure.CANCELLED}
    return isinstance(error, InputRefused | NetworkRefused | VaultError) and not isinstance(
        error, NotFound
    )


def _stopped(job: _Job) -> InputRefused:
    if job.keep:
        return InputRefused("The download is paused. What is here stays.")
    return InputRefused("The download was called off. What was here is removed.")


def _size(folder: Path, sha256: str) -> int:
    try:
        return Part(folder, sha256).path.lstat().st_size
    except OSError:
        return 0
