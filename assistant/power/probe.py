"""What the machine tells of its power and heat, from every source there is."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol, TypeVar

from assistant.clock import Clock
from assistant.log import log_error
from assistant.power.patient import Patient
from assistant.power.plan import Readings
from assistant.power.sane import sane

if sys.platform == "linux":
    from assistant.power.linux_heat import ProcessorHeat
    from assistant.power.linux_supplies import PowerSupplies
elif sys.platform == "darwin":
    from assistant.power.macos import ProcessInfo, SystemBattery
elif sys.platform == "win32":
    from assistant.power.windows import PowerStatus

_T = TypeVar("_T")

_SECONDS: Final = 2.0
"""How long a reading may take: sensors answer in milliseconds, a busy bus in some hundred."""


class PowerProbe(Protocol):
    """Reads the machine. ``tests/contract/test_probe_contract.py`` is its contract in code."""

    def read(self) -> Readings:
        """What is known now. Blocks for a few seconds at most; never raises."""

    def close(self) -> None:
        """Let go of what is held, from any thread. Later readings are empty."""


class Source(Protocol):
    """One place that tells something. It may raise, and it may hang."""

    @property
    def name(self) -> str:
        """A short code, for the thread and the log."""

    def read(self) -> Readings:
        """What it knows; the rest is None."""

    def close(self) -> None:
        """Let go of what is held, from any thread, also while it is being read."""


class MergedProbe:
    """A ``PowerProbe`` over sources, each of them read on a thread of its own.

    Args:
        sources: Those that know best come first.
        clock: Tells how old the last reading of a source that hangs is.
        seconds: How long a reading may take.
    """

    def __init__(self, sources: Sequence[Source], clock: Clock, seconds: float = _SECONDS) -> None:
        self._sources = tuple(sources)
        self._asked = [Patient(one.name, one.read, clock) for one in self._sources]
        self._seconds = seconds
        self._closed = False

    def read(self) -> Readings:
        """See ``PowerProbe.read``."""
        if self._closed:
            return Readings()
        deadline = time.monotonic() + self._seconds
        for one in self._asked:
            one.begin()
        for one in self._asked:
            one.wait(deadline - time.monotonic())
        return merged([one.latest() or Readings() for one in self._asked])

    def close(self) -> None:
        """See ``PowerProbe.close``."""
        if self._closed:
            return
        self._closed = True
        for source in self._sources:
            try:
                source.close()
            except Exception as error:  # noqa: BLE001 - the others are to be closed all the same
                log_error("power.close", error)


def merged(parts: Sequence[Readings]) -> Readings:
    """One reading of several, each made sane first.

    The first that knows a thing is believed; the hottest counts, and so does any word that power
    is to be saved.
    """
    parts = [sane(part) for part in parts]
    savings = [part.low_power for part in parts if part.low_power is not None]
    return sane(
        Readings(
            on_mains=_first(parts, lambda part: part.on_mains),
            battery=_first(parts, lambda part: part.battery),
            heat=max((part.heat for part in parts if part.heat is not None), default=None),
            low_power=any(savings) if savings else None,
            watts=_first(parts, lambda part: part.watts),
            watt_hours=_first(parts, lambda part: part.watt_hours),
            seconds_left=_first(parts, lambda part: part.seconds_left),
        )
    )


def system_probe(
    clock: Clock,
    environment: Mapping[str, str] = os.environ,
    root: Path = Path("/sys"),
    seconds: float = _SECONDS,
) -> PowerProbe:
    """A probe of all that this system has. Nothing is opened before the first reading.

    Args:
        clock: Times readings.
        environment: On Linux tells where the system bus is.
        root: On Linux where sysfs is.
        seconds: How long a reading may take.
    """
    return MergedProbe(_sources(clock, environment, root, seconds), clock, seconds)


def _sources(
    clock: Clock, environment: Mapping[str, str], root: Path, seconds: float
) -> tuple[Source, ...]:
    if sys.platform == "linux":
        # Here: jeepney takes 20 ms to import, and not every command asks for power.
        from assistant.machine.session_linux import system_bus
        from assistant.power.linux_bus import PowerBus

        bus = PowerBus(system_bus(environment), seconds / 2)  # what it heard by then still counts
        return (bus, PowerSupplies(root), ProcessorHeat(root, clock.elapsed))
    if sys.platform == "darwin":
        return (SystemBattery(), ProcessInfo())
    if sys.platform == "win32":
        return (PowerStatus(),)
    return ()


def _first(parts: Sequence[Readings], of: Callable[[Readings], _T | None]) -> _T | None:
    return next((value for part in parts if (value := of(part)) is not None), None)
