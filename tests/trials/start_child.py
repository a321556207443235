"""Starts on a profile as Hush does: ``python -m tests.trials.start_child PROFILE``.

Its input gives the passphrase, then when to start, then when to end.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from assistant.access.entrance import Entrance, FirstKeys
from assistant.clock import SystemClock
from assistant.errors import HushError
from assistant.instance import Instance
from assistant.paths import Profile
from assistant.store import conversation_rows
from assistant.terminal.command import exit_code
from tests.trials.vaults import CHEAP


def main() -> int:
    """Hold the profile, make the vault or open it, write; or say why not."""
    profile = Profile(Path(sys.argv[1]))
    passphrase = sys.stdin.readline().rstrip("\n")
    say("ready")
    title = sys.stdin.readline().rstrip("\n")
    try:
        profile.prepare()
        with Instance(profile):
            entrance = Entrance(profile, SystemClock(), cost=CHEAP)
            if entrance.status().exists:
                opened = entrance.open(passphrase)
            else:
                opened = entrance.create(FirstKeys(keyring=False, passphrase=passphrase))
            with opened.vault as vault:
                vault.write(lambda c: conversation_rows.create(c, title, 1)).result()
                say("writing")
                sys.stdin.readline()
    except HushError as error:
        say(type(error).__name__)
        return exit_code(error)
    return 0


def say(line: str) -> None:
    """In one write."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode("ascii"))


if __name__ == "__main__":
    sys.exit(main())
