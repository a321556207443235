"""Batteries and mains on Linux, from ``/sys/class/power_supply``.

See Documentation/ABI/testing/sysfs-class-power of the kernel: amounts are in millionths. psutil
reads the same files, but takes a wireless mouse's battery for the machine's (its ``scope`` is
"Device"), knows one battery only, and no watts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from assistant.power.linux_files import entries, read_text, read_whole
from assistant.power.plan import Readings

_MOST: Final = 16  # supplies that are looked at
_MICRO: Final = 1e-6


@dataclass(frozen=True, slots=True)
class _Battery:
    """One battery. Amounts are in the driver's own unit, watt-hours or ampere-hours."""

    discharging: bool
    charging_or_full: bool
    share: float | None
    watts: float | None
    watt_hours: float | None

    @classmethod
    def read(cls, folder: Path) -> Self:
        status = read_text(folder / "status").lower()
        volts = _amount(folder / "voltage_now")
        amps, amp_hours = _amount(folder / "current_now"), _amount(folder / "charge_now")
        return cls(
            discharging=status == "discharging",
            charging_or_full=status in {"charging", "full", "not charging"},
            share=_share(folder),
            watts=_known(_amount(folder / "power_now"), _product(amps, volts)),
            watt_hours=_known(_amount(folder / "energy_now"), _product(amp_hours, volts)),
        )


class PowerSupplies:
    """A ``Source`` of mains, charge and draw.

    Args:
        root: Where sysfs is.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / "class/power_supply"
        self._had_battery = False

    @property
    def name(self) -> str:
        """See ``Source.name``."""
        return "supplies"

    def read(self) -> Readings:
        """See ``Source.read``."""
        if not self._folder.is_dir():
            return Readings()
        online: dict[str, list[bool]] = {"mains": [], "usb": []}
        batteries: list[_Battery] = []
        for folder in entries(self._folder, "*", _MOST):
            kind = read_text(folder / "type").lower()
            if kind in online:
                online[kind].append(read_whole(folder / "online") == 1)
            elif kind in {"battery", "ups"} and _is_the_machines(folder):
                batteries.append(_Battery.read(folder))
        self._had_battery = self._had_battery or bool(batteries)
        return Readings(
            on_mains=self._on_mains(online["mains"], online["usb"], batteries),
            battery=_mean([one.share for one in batteries]),
            watts=_sum([one.watts for one in batteries if one.discharging]),
            watt_hours=_sum([one.watt_hours for one in batteries]),
        )

    def close(self) -> None:
        """See ``Source.close``: nothing is held."""

    def _on_mains(
        self, mains: list[bool], usb: list[bool], batteries: list[_Battery]
    ) -> bool | None:
        if any(mains):
            return True
        if any(one.discharging for one in batteries):
            return False  # also where a USB port is "online": it may give power to a telephone
        if any(usb) or any(one.charging_or_full for one in batteries):
            return True
        if not batteries and not self._had_battery:
            return True  # a machine without one
        return False if mains and batteries else None


def _is_the_machines(folder: Path) -> bool:
    """Not a mouse's or a headset's, and not an empty bay."""
    device = read_text(folder / "scope").lower() == "device"
    return not device and read_whole(folder / "present") != 0


def _share(folder: Path) -> float | None:
    for what in ("energy", "charge"):
        now, full = read_whole(folder / f"{what}_now"), read_whole(folder / f"{what}_full")
        if now is not None and full is not None and now >= 0 and full > 0:
            return now / full
    percent = read_whole(folder / "capacity")
    return None if percent is None else percent / 100


def _amount(path: Path) -> float | None:
    """In whole units. Some drivers give what is drawn a minus; none means -1 by -1 µW."""
    value = read_whole(path)
    return None if value in {None, -1} else abs(value or 0) * _MICRO


def _known(first: float | None, second: float | None) -> float | None:
    return second if first is None else first


def _product(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one * other


def _sum(values: list[float | None]) -> float | None:
    """Of all, or unknown where one is."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _mean(values: list[float | None]) -> float | None:
    """Two batteries of one machine are of about one size."""
    total = _sum(values)
    return None if total is None else total / len(values)
