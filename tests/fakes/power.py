"""A machine's power and heat, made up: a probe, a sysfs tree, and the services of a system bus."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from assistant.power.plan import Heat, Readings
from assistant.power.sane import sane
from tests.fakes.desktop import Service
from tests.gnome_keyring import BUS, DEADLINE, owner_change

UPOWER: Final = "org.freedesktop.UPower"
UPOWER_PATH: Final = "/org/freedesktop/UPower"
DISPLAY_DEVICE: Final = f"{UPOWER_PATH}/devices/DisplayDevice"
PROFILES: Final = {
    "net.hadess.PowerProfiles": "/net/hadess/PowerProfiles",
    "org.freedesktop.UPower.PowerProfiles": "/org/freedesktop/UPower/PowerProfiles",
}
DISCHARGING: Final = 2
CHARGING: Final = 1

_SYSTEM_PYTHON: Final = "/usr/bin/python3"  # Debian's python3-dbusmock is no package of ours


def _has_dbusmock() -> bool:
    if not (BUS and Path(_SYSTEM_PYTHON).exists()):
        return False
    command = [_SYSTEM_PYTHON, "-c", "import dbusmock, dbus.mainloop.glib"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


needs_dbusmock = pytest.mark.skipif(
    not _has_dbusmock(), reason="dbus-daemon or Debian's python3-dbusmock is not installed"
)


class FakeProbe:
    """A ``PowerProbe`` that says what it was told to."""

    def __init__(self, readings: Readings | None = None) -> None:
        self.readings = Readings(on_mains=True) if readings is None else readings
        self.reads = 0
        self.closed = False

    def read(self) -> Readings:
        self.reads += 1
        return Readings() if self.closed else sane(self.readings)

    def close(self) -> None:
        self.closed = True


class StuckProbe(FakeProbe):
    """A probe that breaks its contract: it hangs while ``going`` is not set."""

    def __init__(self, readings: Readings | None = None) -> None:
        super().__init__(readings)
        self.going = threading.Event()
        self.going.set()
        self.hanging = threading.Event()

    def read(self) -> Readings:
        found = super().read()  # as it was when it began
        if not self.going.is_set():
            self.hanging.set()
            self.going.wait(DEADLINE)
        return found

    def close(self) -> None:
        super().close()
        self.going.set()


class SysTree:
    """A tree like ``/sys``, of what Hush reads there.

    Args:
        root: An empty folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("class/power_supply", "class/thermal", "devices/system/cpu"):
            (root / folder).mkdir(parents=True)

    def write(self, folder: str, **values: object) -> Path:
        """Write one file for each value."""
        place = self.root / folder
        place.mkdir(parents=True, exist_ok=True)
        for name, value in values.items():
            (place / name).write_text(f"{value}\n")
        return place

    def supply(self, name: str, **values: object) -> Path:
        """A power supply."""
        return self.write(f"class/power_supply/{name}", **values)

    def zone(self, number: int, degrees: object, **trips: int) -> Path:
        """A thermal zone; degrees and trip points by type, in °C."""
        folder = f"class/thermal/thermal_zone{number}"
        temperature = int(degrees * 1000) if isinstance(degrees, int | float) else degrees
        place = self.write(folder, type="x86_pkg_temp", mode="enabled", temp=temperature)
        for index, (kind, trip) in enumerate(trips.items()):
            values = {
                f"trip_point_{index}_type": kind,
                f"trip_point_{index}_temp": trip * 1000,
            }
            self.write(folder, **values)
        return place

    def processor(self, number: int = 0, **throttles: int) -> None:
        """A processor's throttle counters."""
        self.write(f"devices/system/cpu/cpu{number}/thermal_throttle", **throttles)

    def frequency(self, now: int, top: int, number: int = 0) -> None:
        """A processor's frequencies, in kHz."""
        folder = f"devices/system/cpu/cpu{number}/cpufreq"
        self.write(folder, scaling_max_freq=now, cpuinfo_max_freq=top)

    def pipe(self, file: str) -> None:
        """Put a named pipe in a file's place: to open it waits for a writer, and none comes."""
        path = self.root / file
        path.unlink(missing_ok=True)
        os.mkfifo(path)


HEATS: Final = {Heat.NOMINAL: 40, Heat.FAIR: 77, Heat.SERIOUS: 85, Heat.CRITICAL: 99}
"""Degrees of a zone whose passive trip point is at 80 and whose critical one is at 100."""


class Mocks:
    """UPower and power-profiles-daemon on a bus of the test's own, by python-dbusmock."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._asking = Service(address)

    def close(self) -> None:
        """Leave the bus."""
        self._asking.close()

    def set(
        self, name: str, path: str, interface: str, property_: str, kind: str, value: object
    ) -> None:
        """Set a property; ``kind`` is its D-Bus type."""
        body = (interface, property_, (kind, value))
        self._call(name, path, "org.freedesktop.DBus.Properties", "Set", "ssv", body)

    def on_battery(self, on_battery: bool) -> None:
        """What UPower says of the mains."""
        self.set(UPOWER, UPOWER_PATH, UPOWER, "OnBattery", "b", on_battery)

    def device(self, **properties: tuple[str, object]) -> None:
        """Set properties of UPower's DisplayDevice: each with its type."""
        for name, (kind, value) in properties.items():
            self.set(UPOWER, DISPLAY_DEVICE, f"{UPOWER}.Device", name, kind, value)

    def battery(
        self,
        percent: float,
        *,
        watts: float = 0.0,
        watt_hours: float = 0.0,
        seconds: int = 0,
        state: int = DISCHARGING,
        present: bool = True,
    ) -> None:
        """What UPower says of all batteries together."""
        self.device(
            IsPresent=("b", present),
            State=("u", state),
            Percentage=("d", percent),
            EnergyRate=("d", watts),
            Energy=("d", watt_hours),
            TimeToEmpty=("x", seconds),
        )

    def profile(self, profile: str, degraded: str = "", name: str = "") -> None:
        """What power-profiles-daemon says, by one of its names."""
        name = name or next(iter(PROFILES))
        self.set(name, PROFILES[name], name, "ActiveProfile", "s", profile)
        self.set(name, PROFILES[name], name, "PerformanceDegraded", "s", degraded)

    def be(self, readings: Readings) -> None:
        """Say all of it, of a machine with a battery."""
        self.on_battery(not readings.on_mains)
        self.battery(
            (readings.battery or 0.0) * 100,
            watts=readings.watts or 0.0,
            watt_hours=readings.watt_hours or 0.0,
            seconds=int(readings.seconds_left or 0),
            state=CHARGING if readings.on_mains else DISCHARGING,
            present=readings.battery is not None,
        )
        self.profile("power-saver" if readings.low_power else "balanced")

    def _call(
        self, name: str, path: str, interface: str, member: str, kinds: str, body: tuple[Any, ...]
    ) -> None:
        from jeepney import DBusAddress, MessageType, new_method_call

        call = new_method_call(DBusAddress(path, name, interface), member, kinds, body)
        answer = self._asking.connection.send_and_get_reply(call, timeout=DEADLINE)
        assert answer.header.message_type is MessageType.method_return, answer.body


@contextlib.contextmanager
def mocked(address: str, template: str, **parameters: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of python-dbusmock's templates; or an object with properties, by its name.

    Args:
        address: The bus.
        template: A template, or a well-known name of ``PROFILES``.
        parameters: The template's, or the properties.
    """
    from jeepney import DBusAddress, new_method_call

    if template in PROFILES:
        name, path = template, PROFILES[template]
        what = [name, path, name]
    else:
        name = UPOWER if template == "upower" else "net.hadess.PowerProfiles"
        path, what = "", ["--template", template, "--parameters", json.dumps(parameters)]
    command = [_SYSTEM_PYTHON, "-m", "dbusmock", "--system", *what]
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address}
    quiet = subprocess.DEVNULL
    with owner_change(address, name) as wait:
        process = subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment
        )
        try:
            wait()
            if path:
                asking = Service(address)
                adding = new_method_call(
                    DBusAddress(path, name, "org.freedesktop.DBus.Mock"),
                    "AddProperties",
                    "sa{sv}",
                    (name, {key: ("s", value) for key, value in parameters.items()}),
                )
                asking.connection.send_and_get_reply(adding, timeout=DEADLINE)
                asking.close()
            yield process
        finally:
            process.terminate()
            process.wait(DEADLINE)


def has_template(name: str) -> bool:
    """Whether this version of python-dbusmock has a template."""
    code = (
        "import importlib.util, sys;"
        f"sys.exit(importlib.util.find_spec('dbusmock.templates.{name}') is None)"
    )
    command = [_SYSTEM_PYTHON, "-c", code]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
