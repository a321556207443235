"""The seal on macOS: ``sandbox_init``, by which browsers seal theirs.

Written after its manual page and the profiles in ``/System/Library/Sandbox``, and never run: no
such machine was at hand. Apple calls the function deprecated and offers no other to programs that
are not from its store. Children inherit it.
"""

from __future__ import annotations

import ctypes
import errno
import socket
from collections.abc import Callable
from typing import Final

from assistant.sealing.protocol import Layer, Level, SealReport, report_of

_NAME: Final = "Seatbelt"

PROFILE: Final = b"""(version 1)
(allow default)
(deny network*)
(allow network* (local unix-socket) (remote unix-socket))
(deny network-outbound (literal "/private/var/run/mDNSResponder"))
(deny mach-lookup
    (global-name "com.apple.dnssd.service")
    (global-name "com.apple.mDNSResponder")
    (global-name "com.apple.nsurlsessiond"))
"""
"""All but local sockets, and of those not the resolver's: a name that is asked for leaves, too.
The last three would ask, or fetch, in this process's place."""

_SOMEWHERE: Final = ("127.0.0.1", 9)  # this machine; a datagram's socket only remembers it


class MacSeal:
    """Seatbelt.

    Args:
        sandbox: Puts a profile up; what is wrong with it, or empty. By default the system's.
        is_refused: Whether reaching out is refused; by default it is tried.
    """

    def __init__(
        self,
        sandbox: Callable[[bytes], str] | None = None,
        is_refused: Callable[[], bool] | None = None,
    ) -> None:
        self._sandbox = sandbox or _sandbox_init
        self._is_refused = is_refused or _refuses

    def install(self) -> SealReport:
        """See ``Seal.install``."""
        if self._is_refused():
            return self.report()
        return self._examined(self._sandbox(PROFILE))

    def report(self) -> SealReport:
        """See ``Seal.report``."""
        return self._examined("it was not put up")

    def _examined(self, why: str) -> SealReport:
        is_proven = self._is_refused()
        words = "Only local sockets." if is_proven else f"Not there: {why or 'it had no effect'}."
        return report_of(Level.WHOLE, (Layer(_NAME, is_proven, words),), proven=is_proven)


def _sandbox_init(profile: bytes) -> str:
    try:
        init = ctypes.CDLL("/usr/lib/libSystem.B.dylib").sandbox_init
    except (OSError, AttributeError):
        return "this macOS has no such function"
    init.argtypes = [ctypes.c_char_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_char_p)]
    return "the system refused it" if init(profile, 0, ctypes.byref(ctypes.c_char_p())) else ""


def _refuses() -> bool:
    """Whether this process may not so much as name an address. Sends nothing."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
            tried.connect(_SOMEWHERE)
    except OSError as error:
        return error.errno in {errno.EPERM, errno.EACCES}
    return False
