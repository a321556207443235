"""Reading from and writing to a terminal or a pipe. Everything printed is made safe first."""

from __future__ import annotations

import getpass
import json
import os
import sys
from dataclasses import dataclass, field
from typing import Any, TextIO

from assistant.errors import HushError, MessageTooLong, VaultLocked
from assistant.text import MAX_MESSAGE_CHARACTERS, for_terminal

_MAX_STDIN_BYTES = 4 * MAX_MESSAGE_CHARACTERS  # a character is at most four bytes of UTF-8
_MAX_PASSPHRASE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Console:
    """The three streams."""

    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)

    @property
    def interactive(self) -> bool:
        """Whether a person sits at both ends."""
        return self.stdin.isatty() and self.stderr.isatty()

    def write(self, text: str) -> None:
        """Print text as it comes, with no line end."""
        self.stdout.write(for_terminal(text))
        self.stdout.flush()

    def line(self, text: str = "") -> None:
        """Print a line."""
        self.write(text + "\n")

    def data(self, value: dict[str, Any]) -> None:
        """Print one JSON object as a line. Control characters are escaped by JSON itself."""
        self.stdout.write(json.dumps(value) + "\n")
        self.stdout.flush()

    def remark(self, text: str) -> None:
        """Tell the person something beside the output."""
        self.stderr.write(for_terminal(text) + "\n")
        self.stderr.flush()

    def problem(self, error: HushError, *, as_json: bool = False) -> None:
        """Tell the person what went wrong and what to do next."""
        if as_json:
            self.data(
                {
                    "event": "error",
                    "code": error.code,
                    "message": error.message,
                    "advice": error.advice,
                }
            )
        self.remark(f"hush: {error.sentence}")

    def piped(self) -> str:
        """What comes through a pipe; empty where stdin is a terminal or closed.

        Raises:
            MessageTooLong: more than a message holds; the rest was not read.
        """
        if self.stdin is None or self.stdin.closed or self.stdin.isatty():
            return ""
        data = self.stdin.buffer.read(_MAX_STDIN_BYTES + 1)
        if len(data) > _MAX_STDIN_BYTES:
            raise MessageTooLong(
                f"The input is too long: a message holds {MAX_MESSAGE_CHARACTERS:,} characters.",
                "Nothing was sent. Send it in parts.",
            )
        return data.decode("utf-8", "replace").rstrip("\n")

    def ask(self, question: str) -> str:
        """Ask for a passphrase, without showing it.

        Raises:
            VaultLocked: nobody is there to answer.
        """
        try:
            return getpass.getpass(question, stream=self.stderr)
        except (EOFError, OSError) as error:
            raise VaultLocked("The vault is locked.", "Give its passphrase.") from error


def read_passphrase(descriptor: int) -> str:
    """Read a passphrase from an open file descriptor: its first line, without the line end.

    Raises:
        VaultLocked: the descriptor is not open for reading, or there is nothing in it.
    """
    data = b""
    try:
        while len(data) < _MAX_PASSPHRASE_BYTES and b"\n" not in data:
            block = os.read(descriptor, _MAX_PASSPHRASE_BYTES)
            if not block:
                break
            data += block
    except OSError as error:
        raise VaultLocked(
            f"No passphrase could be read from file descriptor {descriptor}.",
            "Open it first, for example with 3<FILE.",
        ) from error
    text = data.split(b"\n", 1)[0].removesuffix(b"\r").decode("utf-8", "replace")
    if not text:
        raise VaultLocked("The passphrase is empty.", "Nothing was opened.")
    return text
