"""A whole day with Hush and no network: what a person does, under the eyes of a witness."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.detectors.tracing import Tracer
from tests.e2e.test_terminal import PASSPHRASE, eventually, hush
from tests.e2e.test_window import WINDOW, OpenWindow
from tests.virtual_screen import Screen

QUESTION: Final = "What is the capital of France?"
NOTE: Final = "The ferry to Harwich leaves at ten from pier four"

COMMANDS: Final = (
    ("ask", QUESTION),
    ("notes", "new", NOTE, "--tag", "travel"),
    ("notes", "new", "Buy a ferry ticket and a map of the harbour"),
    ("notes", "tags", "describe", "travel", "Journeys,", "ferries", "and", "trains."),
    ("search", "ferry", "harbour"),
    ("notes", "tag"),
    ("ask", "--notes", "When does the ferry leave?"),
    ("list",),
    ("show", "1"),
    ("doctor", "--json"),
)
"""First run, chat, notes, search, tag, and a look at the seal."""


def in_terminal(folder: Path, prefix: Sequence[str]) -> list[str]:
    """Run every command to its end; what they printed, in their order."""
    said = []
    for words in COMMANDS:
        done = hush(folder, *words, prefix=tuple(prefix))
        assert done.returncode == 0, (words, done.stderr)
        said.append(done.stdout)
    return said


def in_window(folder: Path, screen: Screen, tracer: Tracer | None) -> None:
    """First run, chat, note, search, tags, lock, unlock, chat again; by real keys."""
    with _window(folder, screen, tracer) as window:
        window.wait_for("engine.warm")
        window.wait_for("window.furnished")
        window.ask(QUESTION)
        screen.press("ctrl+shift+n")
        screen.type(NOTE)
        screen.press("ctrl+3")
        screen.type("ferry harbour")
        screen.press("Return", "ctrl+2", "ctrl+shift+t", "ctrl+k", "Escape", "ctrl+1")
        screen.press("ctrl+l")
        window.wait_for("page=UnlockPage")
        eventually(lambda: screen.windows(window.process.pid))
        screen.focus(screen.windows(window.process.pid)[0])
        screen.type(PASSPHRASE)
        screen.press("Return")
        window.wait_for("window.furnished", 2)
        window.wait_for("engine.warm", 2)
        screen.press("ctrl+n")
        window.ask("And of Italy?")
        window.quit()


@contextmanager
def _window(folder: Path, screen: Screen, tracer: Tracer | None) -> Iterator[OpenWindow]:
    reader, writer = os.pipe()
    os.write(writer, f"{PASSPHRASE}\n".encode())
    os.close(writer)
    options = ["--profile", str(folder), "--passphrase-fd", str(reader)]
    # With no bus named, Qt would have one started, which stays when the window goes.
    no_bus = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder.parent}/no-bus"}
    with subprocess.Popen(
        [*(tracer.prefix if tracer else ()), *WINDOW, *options],
        env=screen.environment | no_bus,
        pass_fds=[reader],
        stdin=subprocess.DEVNULL,
    ) as process:
        os.close(reader)
        try:
            yield OpenWindow(process, folder, screen)
        finally:
            process.kill()
