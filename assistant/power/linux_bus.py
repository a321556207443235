"""What UPower and power-profiles-daemon say on Linux's system bus.

See https://upower.freedesktop.org/docs/ (``DisplayDevice`` stands for all batteries together) and
the interface of power-profiles-daemon, which has two names: ``net.hadess.PowerProfiles``, and
``org.freedesktop.UPower.PowerProfiles`` since its version 0.20. Only the owner of a name is
believed, no value of another type than it should have, and nothing is started.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeGuard

from assistant.machine.bell import Bell
from assistant.machine.bus import BUS, Answer, BusGone, BusLink, Stopped
from assistant.power.plan import Heat, Readings

UPOWER: Final = "org.freedesktop.UPower"
UPOWER_PATH: Final = "/org/freedesktop/UPower"
DEVICE: Final = f"{UPOWER}.Device"
DISPLAY_DEVICE: Final = f"{UPOWER_PATH}/devices/DisplayDevice"
PROFILES: Final = {
    "org.freedesktop.UPower.PowerProfiles": "/org/freedesktop/UPower/PowerProfiles",
    "net.hadess.PowerProfiles": "/net/hadess/PowerProfiles",
}
_BUS_PATH: Final = "/org/freedesktop/DBus"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_CLOSE_SECONDS: Final = 1.0
_UNKNOWN, _DISCHARGING = 0, 2  # UpDeviceState
_DEGRADED: Final = {"high-operating-temperature": Heat.SERIOUS, "lap-detected": Heat.FAIR}
"""``PerformanceDegraded``: the firmware slows the processor, being hot, or to spare the lap."""


class PowerBus:
    """A ``Source`` of what the system's own services know. It keeps its connection.

    Args:
        address: As in ``DBUS_SYSTEM_BUS_ADDRESS``.
        seconds: How long a reading may take.
    """

    def __init__(self, address: str, seconds: float) -> None:
        self._address = address
        self._seconds = seconds
        self._bell: Bell | None = None
        self._link: BusLink | None = None
        self._closed = False
        self._turn = threading.Lock()

    @property
    def name(self) -> str:
        """See ``Source.name``."""
        return "bus"

    def read(self) -> Readings:
        """See ``Source.read``. No bus is no error: it knows nothing then."""
        deadline = time.monotonic() + self._seconds
        with self._turn:
            try:
                if self._link:
                    try:
                        return self._ask(self._link, deadline)
                    except BusGone:
                        self._leave()  # since the last reading; there may be a new one
                return self._ask(self._enter(deadline), deadline)
            except (BusGone, Stopped):
                self._leave()
                return Readings()
            except BaseException:
                self._leave()
                raise

    def close(self) -> None:
        """See ``Source.close``. Ends a reading that is under way."""
        self._closed = True
        if self._bell:
            self._bell.stop()
        if self._turn.acquire(timeout=_CLOSE_SECONDS):
            try:
                self._leave()
                if self._bell:
                    self._bell.close()
            finally:
                self._turn.release()

    def _enter(self, deadline: float) -> BusLink:
        if self._closed:
            raise Stopped
        self._bell = self._bell or Bell()
        left = max(0.0, deadline - time.monotonic())
        self._link = BusLink(self._address, self._bell, answer_seconds=left)
        return self._link

    def _ask(self, link: BusLink, deadline: float) -> Readings:
        if self._closed:
            raise Stopped
        questions = _Questions(link)
        try:
            questions.begin()
            while questions.open:
                if time.monotonic() > deadline:  # strangers that say much must not hold us up
                    raise BusGone("no answer in time")
                link.receive(deadline)
        except BusGone:
            if not questions.heard:
                raise
            self._leave()  # what comes late is not waited for, and not mistaken for what comes next
        finally:
            questions.end()
        return questions.readings()

    def _leave(self) -> None:
        link, self._link = self._link, None
        if link:
            link.close()


class _Questions:
    """What is asked in one reading: who owns the names, then their properties."""

    def __init__(self, link: BusLink) -> None:
        self._link = link
        self._owners: set[str] = set()
        self._on_battery: object = None
        self._device: dict[str, object] = {}
        self._profiles: list[object] = []
        self._degraded: list[object] = []
        self.open = 0
        self.heard = False

    def begin(self) -> None:
        """Ask the bus for the owners; the rest follows from its answers."""
        self._ask_owner(UPOWER, self._ask_upower)
        for name in PROFILES:
            self._ask_owner(name, partial(self._ask_profiles, name))

    def end(self) -> None:
        """Listen to the owners no more; the next reading finds out who they are then."""
        for owner in self._owners:
            self._link.forget(owner)

    def readings(self) -> Readings:
        """What was answered."""
        power = battery_readings(self._on_battery, self._device)
        known = [value for value in self._profiles if isinstance(value, str)]
        hot = [_DEGRADED[value] for value in self._degraded if value in _DEGRADED]
        return Readings(
            on_mains=power.on_mains,
            battery=power.battery,
            heat=max(hot, default=None),
            low_power="power-saver" in known if known else None,
            watts=power.watts,
            watt_hours=power.watt_hours,
            seconds_left=power.seconds_left,
        )

    def _ask_owner(self, name: str, then: Callable[[str], None]) -> None:
        def answered(answer: Answer) -> None:
            if answer.signature == "s" and answer.body[0]:
                owner = answer.body[0]
                self._owners.add(owner)
                self._link.know(owner)
                then(owner)

        self._call(BUS, _BUS_PATH, f"{BUS}.GetNameOwner", answered, name)

    def _ask_upower(self, owner: str) -> None:
        def on_battery(value: object) -> None:
            self._on_battery = value

        def device(answer: Answer) -> None:
            if answer.signature == "a{sv}":
                self._device = {name: _plain(value) for name, value in answer.body[0].items()}

        self._get(owner, UPOWER_PATH, UPOWER, "OnBattery", on_battery)
        self._call(owner, DISPLAY_DEVICE, f"{_PROPERTIES}.GetAll", device, DEVICE)

    def _ask_profiles(self, name: str, owner: str) -> None:
        path = PROFILES[name]
        self._get(owner, path, name, "ActiveProfile", self._profiles.append)
        self._get(owner, path, name, "PerformanceDegraded", self._degraded.append)

    def _get(
        self, owner: str, path: str, interface: str, of: str, then: Callable[[object], None]
    ) -> None:
        def answered(answer: Answer) -> None:
            if answer.signature == "v":
                then(_plain(answer.body[0]))

        self._call(owner, path, f"{_PROPERTIES}.Get", answered, interface, of)

    def _call(
        self, to: str, path: str, method: str, then: Callable[[Answer], None], *words: str
    ) -> None:
        def answered(answer: Answer) -> None:
            self.open -= 1
            self.heard = True
            then(answer)

        self.open += 1
        self._link.call(to, path, method, answered, "s" * len(words), words)


def battery_readings(on_battery: object, device: Mapping[str, object]) -> Readings:
    """What UPower's properties mean; a value of a wrong type counts as missing.

    Args:
        on_battery: ``OnBattery``.
        device: The properties of ``DisplayDevice``.
    """
    on_mains = not on_battery if isinstance(on_battery, bool) else None
    state = device.get("State")
    if device.get("IsPresent") is not True or not _is_whole(state) or state == _UNKNOWN:
        return Readings(on_mains=on_mains)
    percent = _float(device, "Percentage")
    discharging = state == _DISCHARGING  # else the rate is what goes in
    seconds = device.get("TimeToEmpty")
    return Readings(
        on_mains=on_mains,
        battery=None if percent is None else percent / 100,
        watts=_float(device, "EnergyRate") if discharging else None,
        watt_hours=_float(device, "Energy"),
        seconds_left=float(seconds) if discharging and _is_whole(seconds) else None,
    )


def _float(device: Mapping[str, object], name: str) -> float | None:
    value = device.get(name)
    return value if isinstance(value, float) else None


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _plain(variant: Any) -> object:
    """The value of a variant, as jeepney makes it: its type and it."""
    return variant[1]
