"""The wall on Linux: a seccomp filter that lets no process make a socket but a local one.

The filter is a program of a dozen instructions that the kernel runs before each system call; see
seccomp(2), ``linux/filter.h`` and ``linux/seccomp.h``. It is put up without any privilege, stands
for all threads, is handed down to every child and through ``exec``, and cannot be taken back.

Refused are sockets of every family but AF_UNIX; other ways to a socket (io_uring, which makes them
past this filter; taking one from another process, by ``pidfd_getfd`` or by tracing or writing to
one that may make them; that one's memory as a file it is Landlock that refuses); and every system
call of another architecture than the program's own, whose numbers would mean something else. What
it cannot see is a socket that another program hands over, or another program that is asked, over a
local socket, to reach out.
"""

from __future__ import annotations

import errno
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from assistant.sealing.kernel import Kernel

_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # linux/bpf_common.h
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # struct seccomp_data; low word, little-endian
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000  # SECCOMP_RET_*
_SET_MODE_FILTER, _TSYNC = 1, 1
_NO_NEW_PRIVS: Final = 38  # PR_SET_NO_NEW_PRIVS
_AF_UNIX: Final = 1
_X32: Final = 0x40000000  # calls of x86_64 with 32-bit pointers: the same calls by other numbers
_IO_URING: Final = (425, 426, 427)  # setup, enter, register; the same everywhere
_PIDFD_GETFD: Final = 438

_SIGN: Final = 0x00485553
"""No system call has this number. The filter answers it with an error that none has, either, and
so tells whoever asks that it stands."""

FILTER_ALONE: Final = 2001  # in place of an errno; those of Linux end below 600
FILTER_OVER_LANDLOCK: Final = 2002
FILTER_OVER_SCOPE: Final = 2003


@dataclass(frozen=True, slots=True)
class Machine:
    """Numbers of an architecture: ``linux/audit.h`` and its table of system calls."""

    audit: int
    socket: int
    socketpair: int
    seccomp: int
    prctl: int
    ptrace: int
    process_vm_writev: int
    has_x32: bool = False


MACHINES: Final[Mapping[str, Machine]] = {
    "x86_64": Machine(0xC000003E, 41, 53, 317, 157, 101, 311, has_x32=True),
    "aarch64": Machine(0xC00000B7, 198, 199, 277, 167, 117, 271),
}


def machine_of(name: str, *, is_64_bit: bool = sys.maxsize > 2**32) -> Machine | None:
    """The numbers that this process's calls have; None for an architecture that is not known.

    Args:
        name: The kernel's architecture, as ``os.uname`` has it.
        is_64_bit: Whether this program is, too: another's calls the filter would refuse whole.
    """
    return MACHINES.get(name) if is_64_bit else None


def program(machine: Machine, sign: int = FILTER_ALONE) -> bytes:
    """The filter, as the kernel takes it: instructions of eight bytes.

    Args:
        machine: Whose numbers.
        sign: What it says when it is asked: one of the three above.
    """
    steps: list[_Step] = [
        _Step(_LOAD, _ARCHITECTURE),
        _Step(_IF_EQUAL, machine.audit, no="refused"),
        _Step(_LOAD, _NUMBER),
    ]
    if machine.has_x32:
        steps.append(_Step(_IF_AT_LEAST, _X32, yes="refused"))
    # "There is no such call": libraries then do without.
    steps += (_Step(_IF_EQUAL, number, yes="missing") for number in _IO_URING)
    taking = (_PIDFD_GETFD, machine.ptrace, machine.process_vm_writev)
    steps += (_Step(_IF_EQUAL, number, yes="forbidden") for number in taking)
    steps += (
        _Step(_IF_EQUAL, _SIGN, yes="sign"),
        _Step(_IF_EQUAL, machine.socket, yes="family"),
        _Step(_IF_EQUAL, machine.socketpair, yes="family"),
        _Step(_RETURN, _ALLOW),
        _Step(_LOAD, _FIRST_ARGUMENT, name="family"),
        _Step(_IF_EQUAL, _AF_UNIX, no="refused"),
        _Step(_RETURN, _ALLOW),
        _Step(_RETURN, _ERRNO | errno.EACCES, name="refused"),
        _Step(_RETURN, _ERRNO | errno.EPERM, name="forbidden"),
        _Step(_RETURN, _ERRNO | errno.ENOSYS, name="missing"),
        _Step(_RETURN, _ERRNO | sign, name="sign"),
    )
    return _assembled(steps)


def forgo_privileges(kernel: Kernel, machine: Machine) -> int:
    """Let no program that is started gain rights: without that no filter, and no Landlock.

    Returns:
        0, or a negative errno.
    """
    return kernel.call(machine.prctl, _NO_NEW_PRIVS, 1, 0, 0, 0)


def put_up(kernel: Kernel, machine: Machine, sign: int) -> int:
    """Put the filter up for all threads. ``forgo_privileges`` comes first.

    Returns:
        0; a negative errno; or the number of a thread that does not take it, which leaves no
        thread with it.
    """
    import ctypes

    rows = program(machine, sign)
    held = ctypes.create_string_buffer(rows, len(rows))  # until the call is over
    count = len(rows) // _INSTRUCTION.size
    described = struct.pack("@HP", count, ctypes.addressof(held))  # struct sock_fprog
    return kernel.call(machine.seccomp, _SET_MODE_FILTER, _TSYNC, described)


def sign_of(kernel: Kernel) -> int:
    """What the filter answers of itself; 0 where none of ours stands."""
    answer = -kernel.call(_SIGN)
    known = {FILTER_ALONE, FILTER_OVER_LANDLOCK, FILTER_OVER_SCOPE}
    return answer if answer in known else 0


def refuses_io_uring(kernel: Kernel) -> bool:
    """Whether this process can make no ring; tried with nothing that one could be made of."""
    return kernel.call(_IO_URING[0], 0, 0) in {-errno.ENOSYS, -errno.EPERM}


_INSTRUCTION: Final = struct.Struct("HBBI")


@dataclass(frozen=True, slots=True)
class _Step:
    """One instruction; where to go on is a later step's name, or the next one."""

    code: int
    value: int
    yes: str = ""
    no: str = ""
    name: str = ""


def _assembled(steps: Sequence[_Step]) -> bytes:
    places = {step.name: index for index, step in enumerate(steps) if step.name}

    def distance(index: int, name: str) -> int:
        return places[name] - index - 1 if name else 0

    return b"".join(
        _INSTRUCTION.pack(step.code, distance(at, step.yes), distance(at, step.no), step.value)
        for at, step in enumerate(steps)
    )
