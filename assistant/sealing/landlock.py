"""The second layer on Linux: Landlock, which refuses TCP to a process and its children.

See landlock(7). Its rules for the network are from version 4 of its interface (Linux 6.7), and
for TCP alone: what asks for a name's address over UDP passes. So it stands behind the filter. It
covers the calling thread and what that one starts later, and so it is put up before any other.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from typing import Final

from assistant.sealing.kernel import Kernel

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # the same on every architecture
_ASK_VERSION: Final = 1  # LANDLOCK_CREATE_RULESET_VERSION
_BIND_TCP, _CONNECT_TCP = 1, 2  # LANDLOCK_ACCESS_NET_*
_FIRST_VERSION: Final = 4

# struct landlock_ruleset_attr as of version 4: accesses to files, of which none, and to the
# network. The later field "scoped" is not used: X11 and the screen reader's bus have abstract
# sockets, which that would part us from.
_RULES: Final = struct.pack("QQ", 0, _BIND_TCP | _CONNECT_TCP)


def version(kernel: Kernel) -> int:
    """The interface's version; 0 where there is no Landlock, or it is switched off."""
    return max(0, kernel.call(_CREATE_RULESET, None, 0, _ASK_VERSION))


def put_up(kernel: Kernel) -> bool:
    """Refuse this thread, and all it will start, TCP; whether that worked.

    ``seccomp.forgo_privileges`` comes first.
    """
    if version(kernel) < _FIRST_VERSION:
        return False
    rules = kernel.call(_CREATE_RULESET, _RULES, len(_RULES), 0)
    if rules < 0:
        return False
    try:
        return kernel.call(_RESTRICT_SELF, rules, 0) == 0
    finally:
        with suppress(OSError):
            os.close(rules)
