"""Seals without a kernel: reports to show, and a Linux that runs the real filter's program."""

from __future__ import annotations

import ctypes
import errno
import struct
from typing import Final

from assistant.sealing import seccomp
from assistant.sealing.protocol import Layer, Level, SealReport, report_of

WHOLE: Final = report_of(
    Level.WHOLE,
    (
        Layer("seccomp", True, "Only local sockets (Seccomp 2, NoNewPrivs 1)."),
        Layer("Landlock (TCP)", True, "Version 7, behind the filter."),
    ),
    proven=True,
)
PARTIAL: Final = report_of(
    Level.PARTIAL,
    (
        Layer("seccomp", False, "Not there: the system refused it (EINVAL)."),
        Layer("Landlock (TCP)", True, "Version 7, behind the filter."),
    ),
    proven=True,
)
NONE: Final = report_of(
    Level.NONE, (Layer("none", False, "Hush knows of no seal for this system."),), proven=False
)

_ALLOW, _ERRNO, _DATA = 0x7FFF0000, 0x00050000, 0xFFFF


class FakeSeal:
    """Stands once it was put up.

    Args:
        after: What holds then.
    """

    def __init__(self, after: SealReport = WHOLE) -> None:
        self._after = after
        self._now = NONE
        self.installed = 0

    def install(self) -> SealReport:
        """See ``Seal.install``."""
        self.installed += 1
        self._now = self._after
        return self._now

    def report(self) -> SealReport:
        """See ``Seal.report``."""
        return self._now


def verdict(program: bytes, number: int, architecture: int, first: int = 0) -> int:
    """Run a filter as the kernel does, on one system call.

    Args:
        program: Instructions of eight bytes.
        number: The call's.
        architecture: The caller's, as ``linux/audit.h`` has it.
        first: The call's first argument; its low word counts.

    Returns:
        0 where the call goes on, else its errno.
    """
    data = {0: number, 4: architecture, 16: first & 0xFFFFFFFF}
    rows = list(struct.iter_unpack("HBBI", program))
    held, at = 0, 0
    while True:
        code, yes, no, value = rows[at]
        at += 1
        if code == 0x20:
            held = data[value]
        elif code == 0x06:
            assert value == _ALLOW or value & ~_DATA == _ERRNO
            return 0 if value == _ALLOW else value & _DATA
        else:
            assert code in {0x15, 0x35}
            at += yes if (held == value if code == 0x15 else held >= value) else no


class FakeKernel:
    """A Linux as old, as strict or as odd as a test wants it, with one process in it.

    Args:
        machine: What it runs on.
        seccomp_answer: What it says to a filter; 0 takes it.
        privileges_answer: What it says when rights are forgone.
        landlock_version: 0 has none.
    """

    def __init__(
        self,
        machine: str = "x86_64",
        *,
        seccomp_answer: int = 0,
        privileges_answer: int = 0,
        landlock_version: int = 7,
    ) -> None:
        self.machine = seccomp.MACHINES[machine]
        self.filters: list[bytes] = []
        self.landlocked = 0
        self.leaks_sockets = False
        self._seccomp_answer = seccomp_answer
        self._privileges_answer = privileges_answer
        self._landlock_version = landlock_version

    def call(self, number: int, *arguments: int | bytes | None) -> int:
        """See ``Kernel.call``."""
        for program in self.filters:
            refused = verdict(program, number, self.machine.audit, _number(arguments))
            if refused:
                return -refused
        if number == self.machine.prctl:
            return self._privileges_answer
        if number == self.machine.seccomp:
            return self._take(arguments)
        if number == 444:
            return self._ruleset(arguments)
        if number == 445:
            return 0
        if number == 446:
            self.landlocked += 1
            return 0
        return -errno.ENOSYS if number == 0x485553 else -errno.EFAULT

    def refuses_sockets(self) -> bool:
        """Whether internet sockets of both kinds are refused."""
        return not self.leaks_sockets and all(
            any(verdict(it, self.machine.socket, self.machine.audit, family) for it in self.filters)
            for family in (2, 10)
        )

    def _take(self, arguments: tuple[int | bytes | None, ...]) -> int:
        described = arguments[2]
        assert isinstance(described, bytes)
        if self._seccomp_answer == 0:
            count, place = struct.unpack("@HP", described)
            self.filters.append(ctypes.string_at(place, count * 8))
        return self._seccomp_answer

    def _ruleset(self, arguments: tuple[int | bytes | None, ...]) -> int:
        if arguments[2] == 1:
            return self._landlock_version or -errno.EOPNOTSUPP
        import os

        return os.open(os.devnull, os.O_RDONLY)  # the caller closes what it got


def _number(arguments: tuple[int | bytes | None, ...]) -> int:
    first = arguments[0] if arguments else 0
    return first if isinstance(first, int) else 0
