"""A tripwire against reaching out, for child processes that take other people's data apart.

It sees what goes through Python's own sockets, and not what a C library does: the wall is the
kernel's to build.
"""

from __future__ import annotations

import sys
from typing import Any, Final

_REACHING_OUT: Final = frozenset(
    f"socket.{call}" for call in ("connect", "getaddrinfo", "gethostbyname", "sendto", "sendmsg")
)
"""Events of Python's audit (its documentation, "Audit events table")."""


def refuse_network() -> None:
    """Refuse whatever would reach out. Cannot be taken back: for a process of its own."""
    sys.addaudithook(_refuse)


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    if event in _REACHING_OUT:
        raise PermissionError("this process has no network")
