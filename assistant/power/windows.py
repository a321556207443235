"""What Windows says of power. Written from its manuals; not yet run on Windows.

``GetSystemPowerStatus`` of winbase.h tells of mains, battery and battery saver. Windows tells
programs without an administrator's rights nothing of heat.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import ClassVar, Final, NamedTuple

from assistant.power.plan import Readings

_NO_BATTERY: Final = 0x80  # BatteryFlag
_FLAG_UNKNOWN: Final = 0xFF
_PERCENT_UNKNOWN: Final = 0xFF
_SECONDS_UNKNOWN: Final = 0xFFFF_FFFF
_MAINS: Final = {0: False, 1: True}  # ACLineStatus; 255 is unknown
_SAVER_ON: Final = 1  # SystemStatusFlag


class Status(NamedTuple):
    """SYSTEM_POWER_STATUS, as far as it is read."""

    mains: int
    flag: int
    percent: int
    saver: int
    seconds: int


def readings_of(status: Status) -> Readings:
    """What it means."""
    on_mains = _MAINS.get(status.mains)
    low_power = status.saver == _SAVER_ON
    known = status.flag != _FLAG_UNKNOWN
    if known and status.flag & _NO_BATTERY:
        # A machine without a battery that does not tell of its mains has it all the same.
        return Readings(on_mains=on_mains is not False, low_power=low_power)
    return Readings(
        on_mains=on_mains,
        battery=None if status.percent == _PERCENT_UNKNOWN else status.percent / 100,
        low_power=low_power,
        seconds_left=None if status.seconds == _SECONDS_UNKNOWN else status.seconds,
    )


def power_status() -> Status:
    """Ask Windows.

    Raises:
        OSError: it does not answer, or this is no Windows.
    """
    if sys.platform != "win32":
        raise OSError("this is Windows's")
    found = _SystemPowerStatus()
    if not ctypes.WinDLL("kernel32").GetSystemPowerStatus(ctypes.byref(found)):
        raise OSError("GetSystemPowerStatus")
    return Status(found.mains, found.flag, found.percent, found.saver, found.seconds)


class PowerStatus:
    """A ``Source`` of all that Windows tells.

    Args:
        read: Asks Windows.
    """

    def __init__(self, read: Callable[[], Status] = power_status) -> None:
        self._read = read

    @property
    def name(self) -> str:
        """See ``Source.name``."""
        return "status"

    def read(self) -> Readings:
        """See ``Source.read``.

        Raises:
            OSError: Windows does not answer.
        """
        return readings_of(self._read())

    def close(self) -> None:
        """See ``Source.close``: nothing is held."""


class _SystemPowerStatus(ctypes.Structure):
    """SYSTEM_POWER_STATUS of winbase.h."""

    _fields_: ClassVar = [
        ("mains", ctypes.c_ubyte),
        ("flag", ctypes.c_ubyte),
        ("percent", ctypes.c_ubyte),
        ("saver", ctypes.c_ubyte),
        ("seconds", ctypes.c_uint32),
        ("full_seconds", ctypes.c_uint32),
    ]
