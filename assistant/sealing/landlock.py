"""The second layer on Linux: Landlock, which refuses TCP to a process and its children.

See landlock(7). Its rules for the network are from version 4 of its interface (Linux 6.7), and
for TCP alone: what asks for a name's address over UDP passes. So it stands behind the filter. It
covers the calling thread and what that one starts later, and so it is put up before any other.

Whatever its rules are, a process behind them can neither trace another one nor open its memory
(``/proc/PID/mem``, where a filter sees only a file): a program that may have sockets would do what
is written there. For that alone rules are put up where there are none for the network.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Final

from assistant.sealing.kernel import Kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_ASK_VERSION: Final = 1  # LANDLOCK_CREATE_RULESET_VERSION
_BIND_TCP, _CONNECT_TCP = 1, 2  # LANDLOCK_ACCESS_NET_*
_NETWORK_VERSION, _REFER_VERSION = 4, 2
_PATH_BENEATH: Final = 1  # LANDLOCK_RULE_PATH_BENEATH

# LANDLOCK_ACCESS_FS_*
_READ_FILE, _READ_DIR, _MAKE_BLOCK, _REFER = 1 << 2, 1 << 3, 1 << 11, 1 << 13
_FILE_ACCESSES: Final = {1: (1 << 13) - 1, 2: _REFER, 3: 1 << 14, 5: 1 << 15}
"""By the version that brought them: all of the first, moving elsewhere, truncating, devices'."""

# struct landlock_ruleset_attr as of version 4: accesses to files, of which none, and to the
# network. The later field "scoped" is not used: X11 and the screen reader's bus have abstract
# sockets, which that would part us from.
_NETWORK: Final = struct.pack("QQ", 0, _BIND_TCP | _CONNECT_TCP)


# For what rules do besides: one access that nobody needs, and which is allowed. Moving files from
# folder to folder is refused by any rules for files that do not allow it, as version 1 cannot.
_SCOPE: Final = struct.pack("Q", _MAKE_BLOCK | _REFER)


class Stands(Enum):
    """What was put up."""

    NOTHING = 0
    SCOPE = 1
    """Other processes' memory is out of reach."""

    NETWORK = 2
    """And TCP is refused."""


def version(kernel: Kernel) -> int:
    """The interface's version; 0 where there is no Landlock, or it is switched off."""
    return max(0, kernel.call(_CREATE_RULESET, None, 0, _ASK_VERSION))


def put_up(kernel: Kernel) -> Stands:
    """Refuse this thread, and all it will start, other processes' memory, and TCP.

    As far as the kernel can. ``seccomp.forgo_privileges`` comes first.
    """
    known = version(kernel)
    if known >= _NETWORK_VERSION:
        return Stands.NETWORK if _restricted(kernel, _NETWORK) else Stands.NOTHING
    if known >= _REFER_VERSION:
        everywhere = [(Path("/"), _MAKE_BLOCK | _REFER)]
        return Stands.SCOPE if _restricted(kernel, _SCOPE, everywhere) else Stands.NOTHING
    return Stands.NOTHING


def read_only(kernel: Kernel, paths: Iterable[Path]) -> bool:
    """Leave this thread, and all it will start, nothing of the disk but to read there.

    No file is written, made, moved or removed any more, and no program started; before version 3
    one may still be truncated. ``seccomp.forgo_privileges`` comes first.

    Args:
        kernel: Whom to ask.
        paths: Files, and folders with all that is in them; those that are not there are left out.

    Returns:
        Whether it stands.
    """
    known = version(kernel)
    if not known:
        return False
    handled = 0
    for since, accesses in _FILE_ACCESSES.items():
        handled |= accesses if known >= since else 0
    rules = [(path, _READ_FILE | (_READ_DIR if path.is_dir() else 0)) for path in paths]
    return _restricted(kernel, struct.pack("Q", handled), rules)


def _restricted(kernel: Kernel, handled: bytes, rules: Iterable[tuple[Path, int]] = ()) -> bool:
    """Put up rules; whether they stand."""
    ruleset = kernel.call(_CREATE_RULESET, handled, len(handled), 0)
    if ruleset < 0:
        return False
    try:
        for path, allowed in rules:
            _allow(kernel, ruleset, path, allowed)
        return kernel.call(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        with suppress(OSError):
            os.close(ruleset)


def _allow(kernel: Kernel, ruleset: int, path: Path, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there
        return
    try:
        beneath = struct.pack("=Qi", allowed, place)  # struct landlock_path_beneath_attr
        kernel.call(_ADD_RULE, ruleset, _PATH_BENEATH, beneath, 0)  # else it stays refused
    finally:
        os.close(place)
