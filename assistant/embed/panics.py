"""What a library's Rust throws where it meets what it never expects."""

from __future__ import annotations


def is_panic(error: BaseException) -> bool:
    """Whether this is a panic: it is no ``Exception``, and as little a reason to end as one."""
    return type(error).__name__ == "PanicException"


def is_survivable(error: BaseException) -> bool:
    """Whether a thread may go on: anything but being asked to end, like by Ctrl+C."""
    return isinstance(error, Exception) or is_panic(error)
