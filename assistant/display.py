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
