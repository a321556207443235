"""What NetworkManager's numbers mean, and what becomes of answers that are none."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from assistant.net.network_manager import NETWORK_MANAGER, NetworkManagerNumbers
from assistant.net.online import NobodyKnowsOnline, Online
from assistant.net.online_linux import NetworkManagerOnline, meaning
from assistant.net.system_probes import system_online
from tests.fakes.desktop import private_bus
from tests.fakes.network_manager import OddManager, Said, needs_bus
from tests.gnome_keyring import DEADLINE


@pytest.mark.parametrize(
    ("connectivity", "state", "online"),
    [
        (4, 70, Online.YES),  # full
        (4, 0, Online.YES),
        (0, 70, Online.YES),  # it does not test, and there is a route
        (1, 70, Online.NO),  # none
        (2, 60, Online.NO),  # somebody has to sign in first
        (3, 60, Online.UNKNOWN),  # its own test does not get through; a proxy may
        (0, 60, Online.UNKNOWN),
        (0, 50, Online.UNKNOWN),
        (4, 40, Online.NO),  # connecting, whatever was found before
        (4, 20, Online.NO),  # disconnected
        (4, 10, Online.NO),  # asleep
        (0, 0, Online.UNKNOWN),
        (5, 70, Online.UNKNOWN),
        (2**32 - 1, 2**32 - 1, Online.UNKNOWN),
    ],
)
def test_what_both_numbers_mean(connectivity: int, state: int, online: Online) -> None:
    """As NetworkManager's pages say, and nothing where they say nothing."""
    assert meaning(connectivity, state) is online


@needs_bus
@pytest.mark.parametrize(
    "odd",
    [
        ("v", (("s", "full"),)),
        ("v", (("i", 4),)),
        ("v", (("b", True),)),
        ("v", (("au", [4]),)),
        ("u", (4,)),
        ("s", ("full",)),
        ("", ()),
    ],
    ids=str,
)
def test_an_answer_of_another_type(tmp_path: Path, odd: Said) -> None:
    """Says nothing of its property; the other one counts."""
    with private_bus(tmp_path) as (address, _):
        manager = OddManager(address, {"Connectivity": odd, "State": ("v", (("u", 20),))})
        found = NetworkManagerNumbers(address, DEADLINE).read("Connectivity", "State")
        assert found == {"State": 20}
        assert manager.asked == [("Get", "Connectivity"), ("Get", "State")]
        manager.close()


@needs_bus
def test_half_an_answer(tmp_path: Path) -> None:
    """What was told in time is known; the rest is not waited for beyond it."""
    with private_bus(tmp_path) as (address, _):
        manager = OddManager(address, {"State": ("v", (("u", 20),))})
        assert NetworkManagerOnline(address, 0.2).read() is Online.NO
        manager.close()


@needs_bus
def test_a_manager_that_never_answers(tmp_path: Path) -> None:
    """Closing ends the reading at once."""
    with private_bus(tmp_path) as (address, _):
        manager = OddManager(address, {})
        assert NetworkManagerOnline(address, 0.05).read() is Online.UNKNOWN
        manager.was_asked.clear()
        probe = NetworkManagerOnline(address, 10 * DEADLINE)
        found: list[Online] = []
        reading = threading.Thread(target=lambda: found.append(probe.read()))
        reading.start()
        assert manager.was_asked.wait(DEADLINE)
        probe.close()
        reading.join(DEADLINE)
        assert found == [Online.UNKNOWN]
        manager.close()


@needs_bus
def test_a_manager_that_says_much_and_nothing(tmp_path: Path) -> None:
    """Each of its signals is read, and none of them puts off the end."""
    from jeepney import DBusAddress, HeaderFields, new_signal

    with private_bus(tmp_path) as (address, _):
        manager = OddManager(address, {})
        place = DBusAddress("/org/freedesktop/NetworkManager", NETWORK_MANAGER, NETWORK_MANAGER)
        found: list[Online] = []
        probe = NetworkManagerOnline(address, 0.3)
        reading = threading.Thread(target=lambda: found.append(probe.read()))
        reading.start()
        assert manager.was_asked.wait(DEADLINE)
        noise = new_signal(place, "StateChanged", "u", (70,))
        noise.header.fields[HeaderFields.destination] = manager.caller
        while reading.is_alive() and not manager.is_tired():
            manager.connection.send(noise)
        assert not manager.is_tired(), "or nobody looked at the time"
        assert found == [Online.UNKNOWN]
        manager.close()


@needs_bus
def test_nobody_there(tmp_path: Path) -> None:
    """A bus without NetworkManager, and no bus at all."""
    with private_bus(tmp_path) as (address, _):
        assert NetworkManagerOnline(address, DEADLINE).read() is Online.UNKNOWN
    nothing = f"unix:path={tmp_path}/nothing"
    probe = system_online({"DBUS_SYSTEM_BUS_ADDRESS": nothing})
    assert isinstance(probe, NetworkManagerOnline)
    assert probe.read() is Online.UNKNOWN
    probe.close()


def test_elsewhere_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS and Windows there is no NetworkManager."""
    monkeypatch.setattr("sys.platform", "darwin")
    assert isinstance(system_online({}), NobodyKnowsOnline)
