"""How hot a Linux machine is: its thermal zones, and whether its processor had to slow down.

Each zone (``/sys/class/thermal/thermal_zone*``) has trip points of its own, in millidegrees. The
kernel's Documentation/driver-api/thermal/sysfs-api.rst says what they stand for: at ``passive`` the
kernel slows processors down, ``hot`` is told to the firmware as an emergency, at ``critical`` the
machine is switched off; ``active`` only turns a fan. Heat is what is left to them. The margins
below are this house's: they sort into what macOS calls fair (slightly elevated), serious (the
system slows down) and critical (it must cool down at once).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from assistant.power.linux_files import entries, read_text, read_whole
from assistant.power.plan import Heat, Readings

_MARGINS: Final = {
    "passive": ((0, Heat.SERIOUS), (5_000, Heat.FAIR)),
    "hot": ((0, Heat.CRITICAL), (5_000, Heat.SERIOUS), (10_000, Heat.FAIR)),
    "critical": ((3_000, Heat.CRITICAL), (10_000, Heat.SERIOUS), (20_000, Heat.FAIR)),
}
"""So many millidegrees below the trip point it is as hot as that, hottest first."""
_COLDEST: Final = 1  # a trip point that is not set is 0 or -274,000
_HOTTEST: Final = 150_000  # what no computer survives was not measured
_ZONES: Final = 64
_TRIPS: Final = 16
_PROCESSORS: Final = 64
_COUNTERS: Final = tuple(
    f"{part}_throttle_{what}" for part in ("core", "package") for what in ("count", "total_time_ms")
)
_SERIOUS_SHARE: Final = 0.2  # of the time in which the processor held itself back
_HELD_DOWN: Final = 0.8  # of its top frequency


class ProcessorHeat:
    """A ``Source`` of heat.

    Args:
        root: Where sysfs is.
        elapsed: Seconds since some fixed moment.
    """

    def __init__(self, root: Path, elapsed: Callable[[], float]) -> None:
        self._zones = root / "class/thermal"
        self._processors = root / "devices/system/cpu"
        self._elapsed = elapsed
        self._counts: dict[Path, int] = {}
        self._counted = elapsed()

    @property
    def name(self) -> str:
        """See ``Source.name``."""
        return "heat"

    def read(self) -> Readings:
        """See ``Source.read``."""
        zones = entries(self._zones, "thermal_zone*", _ZONES)
        processors = entries(self._processors, "cpu[0-9]*", _PROCESSORS)
        found = [zone_heat(zone) for zone in zones]
        found += [self._slowed(processors), _held_down(processors)]
        return Readings(heat=max((heat for heat in found if heat is not None), default=None))

    def close(self) -> None:
        """See ``Source.close``: nothing is held."""

    def _slowed(self, processors: list[Path]) -> Heat | None:
        """What the processors' own protection did since the last reading; Intel's alone tell.

        Once in a while is usual on a thin laptop, so it is fair; a fifth of the time is serious.
        """
        counts = dict(_throttles(processors))
        seconds, self._counted = self._elapsed() - self._counted, self._elapsed()
        before, self._counts = self._counts, counts
        grown = {path: count - before.get(path, count) for path, count in counts.items()}
        if not before or not grown:
            return None
        slow = max((more for path, more in grown.items() if path.name.endswith("_ms")), default=0)
        if seconds > 0 and slow / (seconds * 1000) >= _SERIOUS_SHARE:
            return Heat.SERIOUS
        return Heat.FAIR if max(grown.values()) > 0 else Heat.NOMINAL


def zone_heat(zone: Path) -> Heat | None:
    """How hot a thermal zone is by its own trip points; None where it does not tell."""
    degrees = read_whole(zone / "temp")
    if degrees is None or not _COLDEST <= degrees <= _HOTTEST:
        return None
    if read_text(zone / "mode") == "disabled":
        return None
    found = [
        _near(degrees, trip, _MARGINS[kind])
        for trip, kind in _trip_points(zone)
        if kind in _MARGINS and _COLDEST <= trip <= _HOTTEST
    ]
    return max(found, default=None)


def _trip_points(zone: Path) -> Iterator[tuple[int, str]]:
    for path in entries(zone, "trip_point_*_temp", _TRIPS):
        trip = read_whole(path)
        if trip is not None:
            yield trip, read_text(path.with_name(path.name.removesuffix("temp") + "type"))


def _near(degrees: int, trip: int, margins: tuple[tuple[int, Heat], ...]) -> Heat:
    return next((heat for margin, heat in margins if degrees >= trip - margin), Heat.NOMINAL)


def _throttles(processors: list[Path]) -> Iterator[tuple[Path, int]]:
    for processor in processors:
        for name in _COUNTERS:
            path = processor / "thermal_throttle" / name
            count = read_whole(path)
            if count is not None:
                yield path, count


def _held_down(processors: list[Path]) -> Heat | None:
    """Fair where all processors may not go near their top frequency.

    thermald and the kernel do that against heat, power profiles to save power, and people as they
    like: it says too little for more than "take it easy when the battery is low".
    """
    tops = [
        (now, top)
        for processor in processors
        if (now := read_whole(processor / "cpufreq/scaling_max_freq")) is not None
        if (top := read_whole(processor / "cpufreq/cpuinfo_max_freq")) is not None
    ]
    held = bool(tops) and all(0 < now < _HELD_DOWN * top for now, top in tops)
    return Heat.FAIR if held else None
