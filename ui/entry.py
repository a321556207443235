"""The ``hush`` command: opens the window, or runs a subcommand in the terminal.

Nothing of Qt is imported until a window is wanted, so subcommands work where there is none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from assistant.display import display_server, is_elsewhere
from assistant.errors import HushError
from assistant.machine.hardening import harden_process
from assistant.outside import part_from_internet
from assistant.paths import Profile
from assistant.terminal import Arguments, parse
from assistant.terminal import run as run_in_terminal

_ELSEWHERE: Final = (
    "This display is reached over the network, as with ssh -X, and the system refuses Hush any "
    "connection there. So this is the chat in the terminal."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``hush``; returns the exit code.

    Args:
        argv: Arguments without the program's name; default: the process's own.
    """
    harden_process()  # before the first secret, which may be a passphrase on a descriptor
    arguments = parse(argv)
    if arguments.command:
        return run_in_terminal(arguments)
    if not display_server(os.environ):
        sys.stderr.write("hush: There is no display here, so this is the chat in the terminal.\n")
        return run_in_terminal(arguments)
    if is_elsewhere(os.environ):
        sys.stderr.write(f"hush: {_ELSEWHERE}\n")
        return run_in_terminal(arguments)
    return _open_window(arguments)


def _open_window(arguments: Arguments) -> int:
    outside = part_from_internet(arguments.broker_fd)
    try:
        passphrase = _passphrase(arguments)
    except HushError as error:
        from assistant.terminal.command import exit_code  # a window that opens has no use for it

        sys.stderr.write(f"hush: {error.sentence}\n")
        return exit_code(error)
    from ui.lock.resumption import Resumption  # Qt
    from ui.start import run

    resumption = Resumption.read(arguments.after, arguments.geometry, arguments.open)
    return run(Profile.choose(arguments.profile), passphrase, resumption, outside)


def _passphrase(arguments: Arguments) -> str | None:
    if arguments.passphrase_fd is None:
        return None
    from assistant.terminal.console import read_passphrase

    return read_passphrase(arguments.passphrase_fd)
