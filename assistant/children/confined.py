"""Limits that the kernel holds a child process to that takes other people's files apart."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Final

from assistant.children.offline import refuse_network

_OPEN_FILES: Final = 16  # its pipes, its file, and Python's modules one at a time


def confine(address_space: int, cpu_seconds: int, open_files: int = _OPEN_FILES) -> None:
    """Hold this process to so much, for good. It writes no file and reaches for no network.

    Windows has no such limits, and macOS heeds no limit of address space: there the parent's clock
    holds, and the limits that the code itself keeps to.

    Args:
        address_space: In bytes, the interpreter's own and what is mapped included. Past it Python
            raises ``MemoryError``.
        cpu_seconds: Past them the kernel ends the process.
        open_files: At a time.
    """
    sys.dont_write_bytecode = True
    refuse_network()
    if sys.platform == "win32":
        return
    import resource

    limit_memory(address_space)
    for which, most in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, open_files),
    ):
        _lower(which, most)


def limit_memory(address_space: int) -> None:
    """Hold this process to so many bytes of address space, for good. Not on Windows or macOS."""
    if sys.platform == "win32":
        return
    import resource

    _lower(resource.RLIMIT_AS, address_space)


def _lower(which: int, most: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    with suppress(OSError, ValueError):  # macOS does not heed all of them
        _, hard = resource.getrlimit(which)
        lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (lower, lower))
