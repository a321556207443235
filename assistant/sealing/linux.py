"""The seal on Linux: Landlock where there is one, and over it the filter that is the wall."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from assistant.sealing import landlock, seccomp
from assistant.sealing.kernel import Kernel, LinuxKernel
from assistant.sealing.landlock import Stands
from assistant.sealing.protocol import MEMORY_OPEN, Layer, Level, SealReport, report_of

_FILTER: Final = "seccomp"
_LANDLOCK: Final = "Landlock (TCP)"
_SCOPE: Final = "Landlock (memory)"
_STATUS: Final = Path("/proc/self/status")
_SIGNS: Final = {
    Stands.NOTHING: seccomp.FILTER_ALONE,
    Stands.SCOPE: seccomp.FILTER_OVER_SCOPE,
    Stands.NETWORK: seccomp.FILTER_OVER_LANDLOCK,
}
_NO_SUCH_PROTOCOL: Final = 253
"""For experiments, says RFC 3692, so nobody has it: asking for a socket of it makes none anywhere,
but only behind the wall is the family already the reason."""

_KINDS: Final = (
    (socket.AF_INET, socket.SOCK_STREAM),
    (socket.AF_INET6, socket.SOCK_STREAM),
    (socket.AF_INET, socket.SOCK_DGRAM),
)
_REFUSED: Final = frozenset({errno.EACCES, errno.EPERM})


class LinuxSeal:
    """Filter and Landlock.

    Args:
        kernel: Whom to ask; by default the running one.
        architecture: The kernel's.
        status: Where it tells of this process.
        is_refused: Whether sockets of these kinds are refused; by default it is tried.
        is_tcp_refused: Whether TCP is, where sockets are not; by default it is tried.
    """

    def __init__(
        self,
        kernel: Kernel | None = None,
        architecture: str = "",
        status: Path = _STATUS,
        is_refused: Callable[[], bool] | None = None,
        is_tcp_refused: Callable[[], bool] | None = None,
    ) -> None:
        self._kernel = kernel or LinuxKernel()
        self._machine = seccomp.machine_of(architecture or os.uname().machine)
        self._status = status
        self._is_refused = is_refused or _sockets_are_refused
        self._is_tcp_refused = is_tcp_refused or _tcp_is_refused

    def install(self) -> SealReport:
        """See ``Seal.install``. What an earlier image of this process put up stays as it is."""
        why = "this kind of processor is not known to Hush"
        if self._machine and not seccomp.sign_of(self._kernel):
            why = self._put_up(self._machine)
        return self._examined(why)

    def report(self) -> SealReport:
        """See ``Seal.report``."""
        return self._examined("it was not put up")

    def _put_up(self, machine: seccomp.Machine) -> str:
        """Both layers; why there is no filter, if there is none."""
        failed = seccomp.forgo_privileges(self._kernel, machine)
        if failed:
            return _because(failed)
        sign = _SIGNS[landlock.put_up(self._kernel)]
        failed = seccomp.put_up(self._kernel, machine, sign)
        return _because(failed) if failed else ""

    def _examined(self, why: str) -> SealReport:
        sign = seccomp.sign_of(self._kernel)
        if not sign:
            has_landlock = self._is_tcp_refused()
            layers = (Layer(_FILTER, False, f"Not there: {why}."), self._landlock(has_landlock))
            level = Level.PARTIAL if has_landlock else Level.NONE
            return report_of(level, layers, proven=has_landlock)
        is_proven = self._is_refused() and seccomp.refuses_io_uring(self._kernel)
        has_landlock = sign == seccomp.FILTER_OVER_LANDLOCK
        is_scoped = sign != seccomp.FILTER_ALONE
        behind = self._landlock(has_landlock) if has_landlock else self._scope(is_scoped)
        layers = (Layer(_FILTER, True, self._status_words()), behind)
        level = Level.WHOLE if is_scoped else Level.PARTIAL
        return report_of(level, layers, proven=is_proven, in_part=MEMORY_OPEN)

    def _scope(self, stands: bool) -> Layer:  # noqa: FBT001 # named for what it says
        version = landlock.version(self._kernel)
        if stands:
            words = f"Version {version}, for other programs' memory; it knows no network."
            return Layer(_SCOPE, True, words)
        words = f"Not put up (version {version})." if version else "Not in this kernel."
        return Layer(_SCOPE, False, f"{words} Other programs' memory can be written to.")

    def _landlock(self, stands: bool) -> Layer:  # noqa: FBT001 # named for what it says
        version = landlock.version(self._kernel)
        if stands:
            return Layer(_LANDLOCK, True, f"Version {version}, behind the filter.")
        words = f"Not put up (version {version})." if version else "Not in this kernel."
        return Layer(_LANDLOCK, False, words)

    def _status_words(self) -> str:
        """What the kernel itself says of the filter, in its own terms."""
        found: dict[str, str] = {}
        with suppress(OSError):
            for row in self._status.read_text().splitlines():
                name, _, value = row.partition(":")
                found[name] = value.strip()
        shown = [f"{key} {found[key]}" for key in ("Seccomp", "NoNewPrivs") if key in found]
        return f"Only local sockets ({', '.join(shown)})." if shown else "Only local sockets."


def _because(failed: int) -> str:
    if failed > 0:
        return "a thread that ran before could not be covered"
    return f"the system refused it ({errno.errorcode.get(-failed, str(-failed))})"


def _sockets_are_refused() -> bool:
    return all(_refuses(family, kind) for family, kind in _KINDS)


def _refuses(family: int, kind: int) -> bool:
    try:
        socket.socket(family, kind, _NO_SUCH_PROTOCOL).close()
    except OSError as error:
        return error.errno in _REFUSED
    return False


def _tcp_is_refused() -> bool:
    """Whether a port of this machine's own is refused: Landlock forbids that with the rest."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
            tried.bind(("127.0.0.1", 0))
    except OSError as error:
        return error.errno in _REFUSED
    return False
