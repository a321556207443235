"""The governor: a thread that reads the machine, decides, and has the engine obey."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from assistant.clock import Clock
from assistant.events import EventSink, PowerChanged
from assistant.log import log_error, log_event
from assistant.power.decide import Limits, decide, overridden
from assistant.power.drain import Charge, ChargeHistory
from assistant.power.holding import Holding
from assistant.power.idling import IdleModel, MemoryReading, read_memory, reason_to_evict
from assistant.power.patient import Patient
from assistant.power.plan import Heat, Mode, Override, Plan, Readings
from assistant.power.probe import PowerProbe
from assistant.power.sane import sane
from assistant.settings import Settings

Wait: TypeAlias = Callable[[threading.Event, float], bool]
"""Waits so many seconds, or until the event is set."""

_BRISKLY: Final = 1.0
"""Seconds between two readings while something runs that nobody waits for: unplugged, it stops."""
_CLOSELY: Final = 5.0  # on battery, or warm
_SELDOM: Final = 15.0  # on mains and cool
_FIRST: Final = 5.0  # how long the first reading may take before its lack is told
_CLOSE_SECONDS: Final = 1.0


class Governor:
    """Decides how hard the model may work, from now until it is closed.

    Args:
        probe: Reads the machine; closed with the governor. One that hangs is left alone, and what
            it said last becomes unknown after three minutes.
        clock: Times holding and readings.
        obey: Gets each plan that changes anything but words, on the governor's thread.
        publish: Gets ``PowerChanged`` where the plan or what it rests on changed visibly.
        settings: The settings of the moment; ``refresh`` makes changed ones count at once.
        threads: What the engine computes with where the settings leave that to it; 0 is unknown.
        model: What is unloaded when it is idle; None: nothing.
        memory: How short memory is.
        looked: Called after each look, on the governor's thread.
        busy: Whether something beside the model works that nobody waits for.
        wait: Waits between two looks.
    """

    def __init__(
        self,
        probe: PowerProbe,
        clock: Clock,
        obey: Callable[[Plan], None],
        publish: EventSink,
        settings: Callable[[], Settings],
        *,
        threads: int = 0,
        model: IdleModel | None = None,
        memory: Callable[[], MemoryReading] = read_memory,
        looked: Callable[[], None] = lambda: None,
        busy: Callable[[], bool] = lambda: False,
        wait: Wait = threading.Event.wait,
    ) -> None:
        self._probe = probe
        self._clock = clock
        self._obey = obey
        self._publish = publish
        self._settings = settings
        self._threads = threads
        self._model = model
        self._memory = memory
        self._looked = looked
        self._busy = busy
        self._wait = wait
        self._holding = Holding()
        self._charges = ChargeHistory()
        self._history: tuple[Charge, ...] = ()
        self._override = Override.NONE
        self._changing = threading.Lock()  # of the override, which the governor ends too
        self._plan = Plan()
        self._readings = Readings()
        self._told: tuple[Plan, Readings] | None = None
        self._obeyed: Plan | None = None
        self._read_at = clock.elapsed()
        self._at_once = True
        self._closing = False
        self._news = threading.Event()
        self._reading = Patient("probe", probe.read, clock, done=self._news.set)
        self._thread = threading.Thread(target=self._run, name="governor", daemon=True)
        self._thread.start()

    @property
    def plan(self) -> Plan:
        """What the engine obeys now."""
        return self._plan

    @property
    def readings(self) -> Readings:
        """What the plan rests on."""
        return self._readings

    @property
    def history(self) -> tuple[Charge, ...]:
        """How the charge fell since the machine runs on battery; for ``drain.time_left``."""
        return self._history

    def override(self, wanted: Override) -> None:
        """Do what the person wants instead; ``Override.NONE`` takes it back. On any thread.

        Full power ends with the next reply, going on slowly when nothing would pause any more.
        """
        log_event("power.override", wanted=wanted.value)
        with self._changing:
            self._override = wanted
        self.refresh()

    def reply_ended(self) -> None:
        """Say that a reply has ended, well or not. On any thread."""
        if self._end_override(Override.FULL_ONCE):
            self._news.set()

    def refresh(self) -> None:
        """Decide anew at once, and read the machine. On any thread."""
        self._at_once = True
        self._news.set()

    def close(self) -> None:
        """End. Waits a second at most; a probe that hangs is not waited for."""
        self._closing = True
        self._news.set()
        if self._thread is not threading.current_thread():
            self._thread.join(_CLOSE_SECONDS)
        self._probe.close()

    def _run(self) -> None:
        self._read_if_due()
        self._wait(self._news, _FIRST)  # else the first thing told would be that nothing is known
        while True:
            self._news.clear()  # first: news of the end that come after it end the wait below
            if self._closing:
                return
            self._read_if_due()
            for step in (self._decide, self._have_obeyed, self._tell, self._let_go, self._looked):
                try:
                    step()
                except Exception as error:  # noqa: BLE001 - the thread outlives whoever it tells
                    log_error("power.governor", error)
            self._wait(self._news, self._pause())

    def _decide(self) -> None:
        self._readings = sane(self._reading.latest() or Readings())
        self._charges.note(self._readings, self._clock.elapsed(), self._clock.now())
        self._history = self._charges.charges
        self._plan = self._planned()

    def _read_if_due(self) -> None:
        now = self._clock.elapsed()
        asked, self._at_once = self._at_once, False
        # A clock that went back must not put the next reading off.
        if asked or not 0 <= now - self._read_at < self._interval():
            self._read_at = now
            if not self._reading.begin() and asked:
                self._at_once = True  # when the one under way is done: it may have begun too early

    def _interval(self) -> float:
        if self._busy() or (self._model and self._model.in_background):
            return _BRISKLY
        readings = self._readings
        warm = readings.heat is not None and readings.heat >= Heat.FAIR
        return _CLOSELY if readings.on_mains is False or warm else _SELDOM

    def _pause(self) -> float:
        """Until the next reading; at least a tenth of a second, whatever the clock says."""
        left = self._interval() - (self._clock.elapsed() - self._read_at)
        return min(max(0.1, left), self._interval())

    def _planned(self) -> Plan:
        settings = self._settings()
        limits = Limits(
            threads=settings.threads or self._threads,
            background_on_battery=settings.background_on_battery,
        )
        # What the person wants takes effect at once: it is laid over what is held.
        held = self._holding.next(decide(self._readings, limits=limits), self._clock.elapsed())
        if held.mode is not Mode.PAUSED:
            self._end_override(Override.GO_ON_SLOWLY)
        if settings.always_quiet:
            held = overridden(held, Override.ALWAYS_QUIET, limits)
        return overridden(held, self._override, limits)

    def _end_override(self, ended: Override) -> bool:
        with self._changing:
            if self._override is not ended:
                return False
            self._override = Override.NONE
        return True

    def _have_obeyed(self) -> None:
        work = replace(self._plan, words="")
        if work != self._obeyed:
            self._obey(self._plan)
            self._obeyed = work  # only now: what failed is tried again with the next look
            log_event("power.plan", mode=self._plan.mode.value, reason=self._plan.reason.value)

    def _tell(self) -> None:
        shown = (self._plan, _shown(self._readings))
        if shown != self._told:
            self._publish(PowerChanged(self._plan, self._readings))
            self._told = shown

    def _let_go(self) -> None:
        model = self._model
        if model is None or not model.is_warm:
            return
        reason = reason_to_evict(model.idle_seconds(), self._readings.on_mains, self._memory())
        if reason:
            model.evict(reason)


def _shown(readings: Readings) -> Readings:
    """As a person would see them: what is finer is no news."""
    return replace(
        readings,
        battery=_rounded(readings.battery, 0.01),
        watts=_rounded(readings.watts, 1.0),
        watt_hours=_rounded(readings.watt_hours, 1.0),
        seconds_left=_rounded(readings.seconds_left, 300.0),
    )


def _rounded(value: float | None, step: float) -> float | None:
    return None if value is None else round(value / step) * step
