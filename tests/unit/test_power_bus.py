"""UPower and power-profiles-daemon: heard where they make sense, and never waited for."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.power.plan import Heat, Readings
from assistant.power.probe import merged
from tests.fakes.desktop import Service, private_bus
from tests.fakes.power import PROFILES, UPOWER, Mocks, has_template, mocked, needs_dbusmock
from tests.gnome_keyring import BUS, DEADLINE

if sys.platform == "linux":
    from assistant.power.linux_bus import PowerBus

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="D-Bus is Linux's"),
    pytest.mark.skipif(not BUS, reason="dbus-daemon is not installed"),
]


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    """A system bus of the test's own."""
    (tmp_path / "bus.d").mkdir()
    with private_bus(tmp_path / "bus.d") as (address, _):
        yield address


@pytest.fixture
def power(bus: str) -> Iterator[PowerBus]:
    """What listens to it."""
    source = PowerBus(bus, DEADLINE)
    yield source
    source.close()


@needs_dbusmock
def test_upower_discharging_and_charging(bus: str, power: PowerBus) -> None:
    """What goes into a battery is no draw."""
    with mocked(bus, "upower", OnBattery=True):
        upower = Mocks(bus)
        assert power.read() == Readings(on_mains=False)
        upower.battery(18.0, watts=9.5, watt_hours=8.0, seconds=3031)
        assert power.read() == Readings(False, 0.18, None, None, 9.5, 8.0, 3031.0)
        upower.on_battery(False)
        upower.battery(18.0, watts=40.0, watt_hours=8.0, state=1)
        assert power.read() == Readings(True, 0.18, watt_hours=8.0)
        upower.battery(0.0, state=0)  # it has not looked yet
        assert power.read() == Readings(True)
        upower.close()


@needs_dbusmock
def test_upower_that_contradicts_itself(bus: str, power: PowerBus) -> None:
    """On mains and discharging: a charger that is too weak, or a mistake. Neither is believed."""
    with mocked(bus, "upower"):
        upower = Mocks(bus)
        upower.battery(60.0, watts=9.5)
        assert merged([power.read()]) == Readings(battery=0.6)
        upower.close()


@needs_dbusmock
def test_wrong_types_are_not_believed(bus: str, power: PowerBus) -> None:
    """Each property in turn; the others count."""
    with mocked(bus, "upower", OnBattery=True):
        upower = Mocks(bus)
        upower.battery(18.0, watts=9.5, watt_hours=8.0, seconds=3031)
        upower.device(Percentage=("s", "18"), EnergyRate=("b", True), TimeToEmpty=("d", 9.0))
        assert power.read() == Readings(False, watt_hours=8.0)
        upower.device(Energy=("as", ["x"]), State=("b", True))
        assert power.read() == Readings(False)
        upower.set(UPOWER, "/org/freedesktop/UPower", UPOWER, "OnBattery", "s", "no")
        assert power.read() == Readings()
        upower.close()


@needs_dbusmock
@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize(
    ("profile", "degraded", "low_power", "heat"),
    [
        ("power-saver", "", True, None),
        ("balanced", "high-operating-temperature", False, Heat.SERIOUS),
        ("performance", "lap-detected", False, Heat.FAIR),
        ("???", "???", False, None),
    ],
)
def test_power_profiles_by_both_names(
    bus: str,
    power: PowerBus,
    name: str,
    profile: str,
    degraded: str,
    low_power: bool,
    heat: Heat | None,
) -> None:
    """The newer name as an object of its own: not every python-dbusmock has its template."""
    with mocked(bus, name, ActiveProfile=profile, PerformanceDegraded=degraded):
        assert power.read() == Readings(heat=heat, low_power=low_power)


@needs_dbusmock
@pytest.mark.parametrize("template", ["power_profiles_daemon", "upower_power_profiles_daemon"])
def test_power_profiles_templates(bus: str, power: PowerBus, template: str) -> None:
    """As python-dbusmock knows the daemon."""
    if not has_template(template):
        pytest.skip(f"this python3-dbusmock has no template {template}")
    with mocked(bus, template, ActiveProfile="power-saver"):
        assert power.read() == Readings(low_power=True)


@needs_dbusmock
def test_services_that_restart(bus: str, power: PowerBus) -> None:
    """Nothing is known while one is gone, and all of it when it is back."""
    for _ in range(2):
        with mocked(bus, "upower", OnBattery=True):
            assert power.read() == Readings(on_mains=False)
        assert power.read() == Readings()


@needs_dbusmock
def test_bus_that_dies_and_comes_back(tmp_path: Path) -> None:
    """Between two readings, and for longer."""
    (tmp_path / "bus.d").mkdir()
    source = PowerBus(f"unix:path={tmp_path}/bus.d/bus", DEADLINE)
    try:
        assert source.read() == Readings()
        for _ in range(2):
            with private_bus(tmp_path / "bus.d") as (address, _), mocked(address, "upower"):
                assert source.read() == Readings(on_mains=True)
        assert source.read() == Readings()
    finally:
        source.close()


@pytest.mark.parametrize("words", [b"", b"OK 1234deadbeef\r\n", b"REJECTED\r\n", b"\xff" * 9000])
def test_bus_that_never_answers(tmp_path: Path, words: bytes) -> None:
    """It accepts and says nothing, or half of it, or nonsense: known is what others tell."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "bus"))
        server.listen()
        talking = threading.Thread(target=_say, args=(server, words))
        talking.start()
        source = PowerBus(f"unix:path={tmp_path}/bus", 0.05)
        try:
            assert source.read() == Readings()
        finally:
            source.close()
            talking.join(DEADLINE)


def _say(server: socket.socket, words: bytes) -> None:
    """Say something to the first who comes, and listen until they go."""
    server.settimeout(DEADLINE)
    client, _ = server.accept()
    with client:
        client.settimeout(DEADLINE)
        try:
            client.sendall(words)
            while client.recv(1024):
                pass
        except OSError:
            pass


def test_upower_that_never_answers(bus: str) -> None:
    """Whoever else is there is heard; each reading asks anew and leaves nothing behind."""
    silent = Service(bus, UPOWER)
    other = Answering(bus, "net.hadess.PowerProfiles", "power-saver")
    source = PowerBus(bus, 0.2)
    try:
        for _ in range(3):
            while source.read() != Readings(low_power=True):
                pass  # a busy machine
            while len(silent.others()) > 1:
                pass  # whoever kept us waiting gets a new connection: this one goes
    finally:
        source.close()
        other.close()
        silent.close()


def test_close_ends_a_reading(bus: str) -> None:
    """A reading that would wait for long ends at once, and none comes after it."""
    silent = Service(bus, UPOWER)
    source = PowerBus(bus, 1000.0)
    found: list[Readings] = []
    reading = threading.Thread(target=lambda: found.append(source.read()))
    reading.start()
    silent.connection.receive(timeout=DEADLINE)
    source.close()
    reading.join(DEADLINE)
    assert found == [Readings()]
    assert source.read() == Readings()
    silent.close()


class Answering(Service):
    """Answers every call with one string in a variant."""

    def __init__(self, address: str, name: str, word: str) -> None:
        super().__init__(address, name)
        self._word = word
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        from jeepney import MessageType, new_method_return

        try:
            while True:
                message = self.connection.receive()
                if message.header.message_type is MessageType.method_call:
                    answer = new_method_return(message, "v", (("s", self._word),))
                    self.connection.send(answer)
        except OSError:
            pass

    def close(self) -> None:
        self.connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(DEADLINE)
        super().close()
