"""What macOS says of power and heat. Written from its manuals; not yet run on a Mac.

``NSProcessInfo`` tells ``thermalState`` and, from macOS 12 on, ``isLowPowerModeEnabled``; it is
asked through the Objective-C runtime, as there is no other way without another package. psutil
tells of the battery.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, Final

import psutil

from assistant.power.plan import Heat, Readings

_FOUNDATION: Final = "/System/Library/Frameworks/Foundation.framework/Foundation"
_RUNTIME: Final = "/usr/lib/libobjc.A.dylib"

State = tuple[int, bool | None]
"""``NSProcessInfoThermalState`` and whether power is to be saved; None where that is not told."""


def process_info_reader() -> Callable[[], State]:
    """Load the frameworks; what is returned reads the state.

    Raises:
        OSError, AttributeError: this is no macOS as we know it.
    """
    ctypes.CDLL(_FOUNDATION)
    runtime = ctypes.CDLL(_RUNTIME)
    pointer = ctypes.c_void_p
    runtime.objc_getClass.restype = pointer
    runtime.objc_getClass.argtypes = [ctypes.c_char_p]
    runtime.sel_registerName.restype = pointer
    runtime.sel_registerName.argtypes = [ctypes.c_char_p]

    def sending(result: Any, *arguments: Any) -> Callable[..., Any]:
        # Its type is that of the method: on Apple's processors a variadic call goes elsewhere.
        kind = ctypes.CFUNCTYPE(result, pointer, pointer, *arguments)
        return kind(("objc_msgSend", runtime))

    name = runtime.sel_registerName
    info = sending(pointer)(runtime.objc_getClass(b"NSProcessInfo"), name(b"processInfo"))
    if not info:
        raise OSError("no NSProcessInfo")
    saving = name(b"isLowPowerModeEnabled")
    tells = sending(ctypes.c_bool, pointer)(info, name(b"respondsToSelector:"), saving)
    heat, switch = sending(ctypes.c_long), sending(ctypes.c_bool)
    heat_name = name(b"thermalState")

    def read() -> State:
        return int(heat(info, heat_name)), bool(switch(info, saving)) if tells else None

    return read


class ProcessInfo:
    """A ``Source`` of heat and of the wish to save power.

    Args:
        reader: Makes what reads the state, before the first reading.
    """

    def __init__(self, reader: Callable[[], Callable[[], State]] = process_info_reader) -> None:
        self._reader = reader
        self._state: Callable[[], State] | None = None

    @property
    def name(self) -> str:
        """See ``Source.name``."""
        return "processinfo"

    def read(self) -> Readings:
        """See ``Source.read``.

        Raises:
            OSError, AttributeError: as ``process_info_reader``.
        """
        self._state = self._state or self._reader()
        heat, low_power = self._state()
        known = heat in set(Heat)
        return Readings(heat=Heat(heat) if known else None, low_power=low_power)

    def close(self) -> None:
        """See ``Source.close``: the system's own object is nobody's to release."""


class SystemBattery:
    """A ``Source`` of battery and mains, by psutil.

    Args:
        read: psutil's way, or a test's: an object with ``percent``, ``secsleft``,
            ``power_plugged``; None where there is no battery.
    """

    def __init__(self, read: Callable[[], Any] = psutil.sensors_battery) -> None:
        self._read = read
        self._had_battery = False

    @property
    def name(self) -> str:
        """See ``Source.name``."""
        return "battery"

    def read(self) -> Readings:
        """See ``Source.read``."""
        battery = self._read()
        if battery is None:  # one that was there a moment ago does not make a desktop machine
            return Readings(on_mains=None if self._had_battery else True)
        self._had_battery = True
        return Readings(
            on_mains=battery.power_plugged,
            battery=battery.percent / 100,
            seconds_left=battery.secsleft,  # psutil's negative codes are no seconds: see sane()
        )

    def close(self) -> None:
        """See ``Source.close``: nothing is held."""
