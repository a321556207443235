"""The seal of this system, put up at the start of every process that a person starts."""

from __future__ import annotations

import sys

from assistant.sealing.protocol import Seal, SealReport


def install(seal: Seal | None = None) -> SealReport:
    """Seal this process for good, with its threads and the children it will have.

    To be called before the first thread, and after whatever must not be sealed was started: the
    broker. Never in a process of the tests: none of them would ever get a socket again.

    Args:
        seal: By default this system's own.
    """
    return (seal or system_seal()).install()


def report(seal: Seal | None = None) -> SealReport:
    """What holds of this process now, tried anew.

    Args:
        seal: By default this system's own.
    """
    return (seal or system_seal()).report()


def system_seal(platform: str = sys.platform) -> Seal:
    """The seal that a system has.

    Args:
        platform: Python's name of it.
    """
    if platform == "linux":
        from assistant.sealing.linux import LinuxSeal

        return LinuxSeal()
    if platform == "darwin":
        from assistant.sealing.macos import MacSeal

        return MacSeal()
    from assistant.sealing.unsealed import NoSeal

    return NoSeal(platform)
