"""The real window under Xvfb, real keys, the real starter model: what a person does on a flight."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.e2e.test_terminal import PASSPHRASE, eventually, hush
from tests.virtual_screen import Screen, needs_virtual_screen

pytestmark = needs_virtual_screen

ARTIFACTS = Path(__file__).parent.parent.parent / "artifacts"
WINDOW = [sys.executable, "-c", "import sys; from ui.entry import main; sys.exit(main())"]
QUESTION = "What is the capital of France?"
CANARY = "quokka-lantern-9182"


class OpenWindow:
    """A running ``hush`` window, driven by keys, watched through its log and its screen."""

    def __init__(self, process: subprocess.Popen[bytes], profile: Path, screen: Screen) -> None:
        self.process = process
        self.screen = screen
        self._log = profile / "logs" / "hush.log"
        self._seen = self._log.read_text() if self._log.exists() else ""
        found: list[str] = []

        def has_keyboard() -> bool:
            # Until one takes the keyboard: while a window starts, one that is listed may go again.
            with suppress(subprocess.CalledProcessError):
                for window in screen.windows(process.pid):
                    screen.focus(window)
                    found[:] = [window]
            return bool(found)

        eventually(has_keyboard)
        self.window = found[0]

    def wait_for(self, event: str, times: int = 1) -> None:
        """Wait until the log of this run names an event so many times."""
        eventually(lambda: self.log.count(event) >= times, seconds=60)

    @property
    def log(self) -> str:
        """What this run has logged."""
        return self._log.read_text().removeprefix(self._seen) if self._log.exists() else ""

    def ask(self, text: str) -> None:
        """Type a question and wait for the end of its answer."""
        answers = self.log.count("reply.ended")
        self.screen.type(text)
        self.screen.press("Return")
        self.wait_for("reply.ended", answers + 1)

    def quit(self) -> None:
        """Close it as a person does."""
        self.screen.press("ctrl+q")
        assert self.process.wait(20) == 0


@contextmanager
def open_window(screen: Screen, profile: Path) -> Iterator[OpenWindow]:
    """Start the window; end it with the test, however that ends."""
    reader, writer = os.pipe()
    os.write(writer, f"{PASSPHRASE}\n".encode())
    os.close(writer)
    options = ["--profile", str(profile), "--passphrase-fd", str(reader)]
    with subprocess.Popen(
        [*WINDOW, *options], env=screen.environment, pass_fds=[reader], stdin=subprocess.DEVNULL
    ) as process:
        os.close(reader)
        try:
            yield OpenWindow(process, profile, screen)
        finally:
            process.kill()


def test_a_private_chat(screen: Screen, folder: Path) -> None:
    """Ask, read, close; open again, it is there; and no byte of it is readable on disk."""
    with open_window(screen, folder) as window:
        window.wait_for("engine.warm")
        window.wait_for("window.furnished")
        window.ask(QUESTION)
        window.ask(f"Remember the word {CANARY}.")
        screen.picture(ARTIFACTS / "chat.png")
        assert CANARY not in screen.title(window.window)
        window.quit()
    needles = (CANARY.encode(), CANARY.encode("utf-16-le"), QUESTION.encode())
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        data = path.read_bytes()
        assert not [needle for needle in needles if needle in data], path.name
    with open_window(screen, folder) as window:
        window.wait_for("window.furnished")
        window.wait_for("engine.warm")
        window.quit()
    thread = json.loads(hush(folder, "show", "1", "--json").stdout)
    texts = [message["text"] for message in thread["messages"]]
    assert texts[0] == QUESTION
    assert "Paris" in texts[1]
    assert CANARY in texts[2]
    assert {message["state"] for message in thread["messages"]} == {"complete"}


def test_escape_stops(screen: Screen, folder: Path) -> None:
    """Esc ends a long answer; what was written is kept."""
    with open_window(screen, folder) as window:
        window.wait_for("engine.warm")
        window.wait_for("window.furnished")
        screen.type("Tell me a very long story about the sea.")
        screen.press("Return")
        eventually(lambda: _children(window.process.pid))
        eventually(lambda: "prompt.read" in window.log)
        screen.press("Escape")
        window.wait_for("reply.ended state=stopped")
        window.quit()


def test_killed_engine_keeps_the_window(screen: Screen, folder: Path) -> None:
    """Kill -9 of the child: the window says one sentence, and the next question is answered."""
    with open_window(screen, folder) as window:
        window.wait_for("engine.warm")
        window.wait_for("window.furnished")
        screen.type("Tell me a very long story about the sea.")
        screen.press("Return")
        eventually(lambda: "prompt.read" in window.log)
        for child in _children(window.process.pid):
            child.kill()
        window.wait_for("reply.ended state=failed code=engine-died")
        window.wait_for("engine.warm", 2)
        screen.picture(ARTIFACTS / "engine-died.png")
        window.ask(QUESTION)
        assert "state=complete" in window.log
        window.quit()


def test_second_start_raises_the_first(screen: Screen, folder: Path) -> None:
    """It ends at once, with the first window still the only one."""
    with open_window(screen, folder) as window:
        window.wait_for("window.furnished")
        second = subprocess.run(
            [*WINDOW, "--profile", str(folder)],
            env=screen.environment,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        assert second.returncode == 0
        window.wait_for("window.raised")
        window.quit()


def _children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children()
