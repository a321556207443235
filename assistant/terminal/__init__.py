"""Hush in a terminal: the same services and the same store as the window, with no Qt.

Exit codes::

    0    done
    1    a bug in Hush
    2    the command line was not understood, or there was nothing to do
    3    the vault is locked: wrong passphrase, no keyring
    4    no such conversation, note, tag or backup
    5    the model is missing or failed
    6    the profile is in use, or its folder cannot be used
    7    the store is damaged or from a newer Hush, a disk is full or read-only,
         or a trial restore failed
    8    this machine lacks what Hush needs: memory, or a library that is new enough
    9    the network was refused, or failed
    130  stopped with Ctrl+C
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.machine.hardening import harden_process
from assistant.outside import part_from_internet
from assistant.terminal.arguments import Arguments, parse

__all__ = ["Arguments", "main", "parse", "run"]

_MAY_FETCH: Final = frozenset({"models", "doctor"})  # the latter says whether the others could


def may_fetch(arguments: Arguments) -> bool:
    """Whether a command may want something of the internet: only then there is a way out at all."""
    if arguments.command == "ask":
        return arguments.cloud
    if arguments.command == "cloud":
        return arguments.action == "test"
    return arguments.command in _MAY_FETCH


def run(arguments: Arguments) -> int:
    """Seal this process, then run the chosen command; returns the exit code.

    Not for tests, which share a process: it never gets a socket to the internet again.
    """
    harden_process()
    outside = part_from_internet(arguments.broker_fd, fetches=may_fetch(arguments))
    # Imported here: the window parses arguments too, and should not wait for what it won't use.
    from assistant.app import Parts
    from assistant.terminal.command import run_command

    return run_command(arguments, parts=Parts(tunes=True, outside=outside))


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m assistant``: as ``hush``, but without a window ``hush chat`` is the default."""
    return run(parse(argv))
