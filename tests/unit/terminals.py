"""A terminal over a fake engine, and the people who sit at it."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TextIO

from assistant.access.entrance import Entrance
from assistant.app import Parts
from assistant.clock import Clock
from assistant.errors import KeyringUnavailable
from assistant.paths import Profile
from assistant.terminal.arguments import parse
from assistant.terminal.command import run_command
from assistant.terminal.console import Console
from tests.fakes.door import CHEAP, PASSPHRASE
from tests.fakes.engine import FakeEngine
from tests.fakes.power import FakeProbe


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


class Person(io.StringIO):
    """Reads what the terminal asks, and answers.

    Args:
        answer: Gets everything that was printed so far; None ends the conversation.
    """

    def __init__(self, answer: Callable[[str], str | None]) -> None:
        super().__init__()
        self.reads = Screen()
        self._answer = answer

    def isatty(self) -> bool:
        """They sit there."""
        return True

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override] # typeshed's StringIO has both bases
        """Type a line."""
        del size
        typed = self._answer(self.reads.getvalue())
        return "" if typed is None else typed + "\n"


class Terminal:
    """Runs ``hush`` commands in one profile, with a fake engine and no keyring."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.engine: Callable[[], FakeEngine] = FakeEngine
        self.entrance: Callable[[Profile, Clock], Entrance] = lambda profile, clock: Entrance(
            profile, clock, keyring=no_keyring, cost=CHEAP
        )
        self.probe = FakeProbe()
        self.out = ""
        self.err = ""

    def run(
        self,
        *words: str,
        piped: str = "",
        passphrase: str | None = PASSPHRASE,
        screen: bool = False,
        person: Person | None = None,
    ) -> int:
        """Run one command; what it printed, to a pipe or a ``screen``, is in ``out``, ``err``.

        Args:
            words: The command line.
            piped: What comes through stdin.
            passphrase: Comes through a descriptor.
            screen: Whether the output is a terminal.
            person: Sits at the terminal, at both ends.
        """
        argv = ["--profile", str(self.root), *words]
        if passphrase is not None:
            argv += ["--passphrase-fd", str(readable(passphrase + "\n"))]
        out = Screen() if screen else io.StringIO()
        err = person.reads if person else io.StringIO()
        stdin: TextIO = io.TextIOWrapper(io.BytesIO(piped.encode("utf-8", "surrogateescape")))
        stdin = person or stdin
        code = run_command(parse(argv), Console(stdin, out, err), self.parts(), patience=0.0)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def parts(self) -> Parts:
        """No keyring, cheap key derivation, the fake engine."""
        return Parts(
            engine=lambda: self.engine(),
            entrance=self.entrance,
            probe=lambda _: self.probe,
        )


def no_keyring() -> NoReturn:
    """A machine without a safe keyring."""
    raise KeyringUnavailable("No safe keyring is running here.")


def readable(text: str) -> int:
    """A file descriptor from which ``text`` can be read."""
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    os.close(writer)
    return reader
