"""Reading from and writing to a terminal or a pipe.

What goes to a terminal is made safe first; what goes into a pipe or a file is exactly what is
stored.
"""

from __future__ import annotations

import getpass
import io
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO, cast

from assistant.errors import HushError, InputRefused, MessageTooLong, StorageFull, VaultLocked
from assistant.text import MAX_MESSAGE_CHARACTERS, for_terminal

_MAX_STDIN_BYTES: Final = 4 * MAX_MESSAGE_CHARACTERS  # a character is at most four bytes of UTF-8
_MAX_PASSPHRASE_BYTES: Final = 4096


@dataclass(slots=True)
class Console:
    """The three streams. One that the caller closed (``>&-``) reads or writes nothing."""

    stdin: TextIO = field(default_factory=lambda: _usable(sys.stdin, "r"))
    stdout: TextIO = field(default_factory=lambda: _usable(sys.stdout, "w"))
    stderr: TextIO = field(default_factory=lambda: _usable(sys.stderr, "w"))
    _held: str = field(default="", init=False)

    @property
    def interactive(self) -> bool:
        """Whether a person sits at both ends."""
        return self.stdin.isatty() and self.stderr.isatty()

    def write(self, text: str) -> None:
        """Print text as it comes, with no line end.

        Raises:
            BrokenPipeError: whoever read the output has gone.
            StorageFull: the output cannot be written.
        """
        self._put(self._safe(text) if self.stdout.isatty() else text)

    def line(self, text: str = "") -> None:
        """Print a line. Raises as ``write`` does."""
        self.write(text + "\n")

    def data(self, value: dict[str, Any]) -> None:
        """Print one JSON object as a line. Control characters are escaped by JSON itself.

        Raises as ``write`` does.
        """
        self._put(json.dumps(value) + "\n")

    def facts(self, facts: dict[str, Any], *, as_json: bool) -> None:
        """Print facts by name: as one JSON object, or a line for each.

        Raises as ``write`` does.
        """
        if as_json:
            self.data(facts)
            return
        for name, fact in facts.items():
            self.line(f"{name:<15} {', '.join(fact) if isinstance(fact, list) else fact}")

    def remark(self, text: str) -> None:
        """Tell the person something beside the output, where somebody listens."""
        with suppress(OSError):
            self.stderr.write(for_terminal(text) + "\n")
            self.stderr.flush()

    def problem(self, error: HushError, *, as_json: bool = False) -> None:
        """Tell the person what went wrong and what to do next."""
        if as_json:
            with suppress(OSError, StorageFull):  # it may be the output itself that went wrong
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
        """What comes through a pipe; empty where stdin is a terminal.

        Raises:
            MessageTooLong: more than a message holds; the rest was not read.
            InputRefused: it cannot be read.
        """
        data = self.piped_bytes(_MAX_STDIN_BYTES)
        if len(data) > _MAX_STDIN_BYTES:
            raise MessageTooLong(
                f"The input is too long: a message holds {MAX_MESSAGE_CHARACTERS:,} characters.",
                "Nothing was sent. Send it in parts.",
            )
        return data.decode("utf-8", "replace").rstrip("\n")

    def piped_bytes(self, most: int) -> bytes:
        """As ``piped``, not decoded; one byte more than ``most`` where there is more.

        Raises:
            InputRefused: it cannot be read.
        """
        if self.stdin.isatty():
            return b""
        try:
            return self.stdin.buffer.read(most + 1)
        except OSError as error:  # a folder, for one: hush ask < .
            raise InputRefused("The input cannot be read.", "Nothing was changed.") from error

    def prompt(self, question: str) -> str:
        """Ask for a line, with the terminal's own editing where there is one.

        Raises:
            EOFError: there is none any more.
        """
        if self.stdin is sys.stdin and self.stdin.isatty():
            return input(question)
        self.write(question)
        line = self.stdin.readline()
        if not line:
            raise EOFError
        return line.removesuffix("\n")

    def reply(self, question: str) -> str:
        """Ask for a line beside the output, and show what is typed.

        Raises:
            VaultLocked: nobody is there to answer.
        """
        with suppress(OSError):
            self.stderr.write(question)
            self.stderr.flush()
        line = self.stdin.readline()
        if not line:
            raise VaultLocked("Nobody answered.", "Nothing was changed.")
        return line.removesuffix("\n")

    def ask(self, question: str) -> str:
        """Ask for a passphrase, without showing it.

        Raises:
            VaultLocked: nobody is there to answer.
        """
        try:
            return getpass.getpass(question, stream=self.stderr)
        except (EOFError, OSError) as error:
            raise VaultLocked("The vault is locked.", "Give its passphrase.") from error

    def _safe(self, text: str) -> str:
        """Make text safe for a terminal. The halves of a CR LF may come in two pieces."""
        text = self._held + text
        self._held = "\r" if text.endswith("\r") else ""
        return for_terminal(text.removesuffix("\r"))

    def _put(self, text: str) -> None:
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except OSError as error:
            self._give_up_output()
            if isinstance(error, BrokenPipeError):
                raise
            raise StorageFull(
                "The output could not be written.", "Look at where it goes: is there room?"
            ) from error

    def _give_up_output(self) -> None:
        """Let the rest go nowhere; Python would complain once more while flushing at exit."""
        with suppress(OSError):  # a stream that is no file has no descriptor
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stdout.fileno())
            os.close(nowhere)


def read_passphrase(descriptor: int) -> str:
    """Read a passphrase from an open file descriptor: its first line, without the line end.

    Nothing after that line is read: with descriptor 0 the question may follow. Bytes that are no
    UTF-8 are kept apart (PEP 383), so that different bytes are different passphrases.

    Raises:
        VaultLocked: the descriptor is not open for reading, or there is nothing in it.
        InputRefused: the line is longer than a passphrase can be.
    """
    data = bytearray()
    try:
        while (byte := os.read(descriptor, 1)) not in {b"", b"\n"}:
            data += byte
            if len(data) > _MAX_PASSPHRASE_BYTES:
                raise InputRefused(
                    f"A passphrase has at most {_MAX_PASSPHRASE_BYTES:,} bytes.",
                    "Nothing was opened.",
                )
    except OSError as error:
        raise VaultLocked(
            f"No passphrase could be read from file descriptor {descriptor}.",
            "Open it first, for example with 3<FILE.",
        ) from error
    text = data.removesuffix(b"\r").decode("utf-8", "surrogateescape")
    if not text:
        raise VaultLocked("The passphrase is empty.", "Nothing was opened.")
    return text


def _usable(stream: TextIO | None, mode: str) -> TextIO:
    """A standard stream that exists, and that no character or byte can break."""
    if stream is None:
        # The lowest free descriptor is taken: the closed one. So nothing else ends up there.
        nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - open to the end
        stream = cast("TextIO", nowhere)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return stream
