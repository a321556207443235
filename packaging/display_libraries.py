"""Name the system libraries that Hush's window needs and this machine lacks.

PySide6 brings Qt itself, not what Qt stands on: a machine without a desktop often has no libEGL or
libxcb-cursor, and Qt then ends the process that asks it for a window. So this looks first, with
``ldd``, and names the Debian packages in one line.

Run as a script it exits with 0 where nothing is missing and 1 where something is. It needs nothing
but Python's standard library.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What Qt 6.11's platform plugins name in their headers (read with ldd), by Debian 12's packages.
# Debian 13 and Ubuntu 24.04 renamed libglib2.0-0; apt still accepts the old name there.
DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}


def session_plugin(environment: Mapping[str, str]) -> str | None:
    """Name the platform plugin that Qt takes in this session; None where there is no display."""
    if environment.get("WAYLAND_DISPLAY"):
        return "wayland"
    return "xcb" if environment.get("DISPLAY") else None


def plugin_path(root: Path, plugin: str) -> Path | None:
    """Find one of Qt's platform plugins in ``root``'s virtual environment; None where it is not."""
    pattern = f".venv/lib/python*/site-packages/PySide6/Qt/plugins/platforms/libq{plugin}.so"
    return next(root.glob(pattern), None)


def ldd(library: Path) -> str:
    """List what ``library`` needs, as ldd prints it."""
    command = ["ldd", str(library)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def not_found(listing: str) -> list[str]:
    """Pick the libraries that ldd could not find, in its order, each once."""
    lines = (line.split() for line in listing.splitlines() if line.endswith("=> not found"))
    return list(dict.fromkeys(words[0] for words in lines))


def install_line(libraries: Iterable[str]) -> str:
    """Say in one line what to install for the missing ``libraries``.

    A library that no package is known for stands under its own name, in brackets.
    """
    names = dict.fromkeys(DEBIAN_PACKAGES.get(name, f"({name})") for name in libraries)
    return f"Hush's window needs system libraries: apt install {' '.join(names)}"


def main(arguments: list[str]) -> int:
    """Print what is missing, or with ``--list`` every package that may be needed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugin", help="Qt's platform plugin; else the one for this session")
    parser.add_argument("--list", action="store_true", help="print every package, and check none")
    options = parser.parse_args(arguments)
    if options.list:
        print(*sorted(set(DEBIAN_PACKAGES.values())))
        return 0
    plugin = options.plugin or session_plugin(os.environ)
    library = plugin_path(ROOT, plugin) if plugin else None
    if library is None:
        return 0  # no display to open a window on, or not Linux: Qt finds all it needs there
    missing = not_found(ldd(library))
    if missing:
        print(install_line(missing), file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
