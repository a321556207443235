"""Calls to the Linux kernel that Python has no function for."""

from __future__ import annotations

import ctypes
from typing import Protocol


class Kernel(Protocol):
    """What a seal asks of Linux."""

    def call(self, number: int, *arguments: int | bytes | None) -> int:
        """Make a system call; its result, or the negative of its errno.

        Args:
            number: The call's, on this architecture.
            arguments: Numbers, and buffers that the kernel reads.
        """


class LinuxKernel:
    """The running one, through the C library's ``syscall(2)``."""

    def __init__(self) -> None:
        self._syscall = ctypes.CDLL(None, use_errno=True).syscall
        self._syscall.restype = ctypes.c_long

    def call(self, number: int, *arguments: int | bytes | None) -> int:
        """See ``Kernel.call``."""
        # Of a variadic function, a plain int would pass for a C int.
        given = [ctypes.c_long(it) if isinstance(it, int) else it for it in arguments]
        result: int = self._syscall(ctypes.c_long(number), *given)
        return result if result >= 0 else -ctypes.get_errno()
