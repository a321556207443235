"""Which display a window would open on."""

from __future__ import annotations

import sys
from collections.abc import Mapping


def display_server(environment: Mapping[str, str], system: str = sys.platform) -> str:
    """Name the display server; empty where there is none, as only Linux and its kin may be."""
    if system in {"darwin", "win32"}:
        return system
    if environment.get("QT_QPA_PLATFORM"):
        return environment["QT_QPA_PLATFORM"]
    if environment.get("WAYLAND_DISPLAY"):
        return "wayland"
    return "x11" if environment.get("DISPLAY") else ""


def is_elsewhere(environment: Mapping[str, str], system: str = sys.platform) -> bool:
    """Whether the display is reached over the network, as with ``ssh -X``: the seal forbids that.

    A name is ``host:display.screen``; without a host it is a local socket (``X(7)``).
    """
    if display_server(environment, system) != "x11":
        return False
    host = environment.get("DISPLAY", "").rpartition(":")[0]
    return not (host in {"", "unix"} or host.startswith(("/", "unix/")))
