"""A profile made beside a real keyring opens on a clean machine with its recovery code alone."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.test_terminal import HUSH, hush, without_network
from tests.gnome_keyring import gnome_keyring, needs_gnome_keyring

_SHOWN = re.compile(r"(?:[0-9A-Z]{4} {2}){8}[0-9A-Z]{4}")
_ASKED = re.compile(r"type groups (\d) and (\d): $")


@dataclass
class Sitter:
    """Somebody at a real terminal: reads what is on it, types."""

    process: subprocess.Popen[bytes]
    screen: int
    seen: str = field(default="", init=False)

    def until(self, pattern: str) -> re.Match[str]:
        """Read until this is at the end of what is on the screen."""
        while True:
            if found := re.search(pattern, self.seen):
                return found
            try:
                data = os.read(self.screen, 4096)
            except OSError:  # Linux says so when the other end is closed
                data = b""
            assert data, f"it ended before {pattern!r}: {self.seen!r}"
            self.seen += data.decode().replace("\r\n", "\n")

    def type(self, text: str) -> None:
        """Type a line."""
        self.seen = ""
        os.write(self.screen, f"{text}\n".encode())


@contextlib.contextmanager
def sitting_at(folder: Path, *words: str) -> Iterator[Sitter]:
    """Run ``hush`` in a terminal of its own."""
    screen, terminal = pty.openpty()
    command = [*HUSH, "--profile", str(folder), *words]
    with subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
    ) as process:
        os.close(terminal)
        try:
            yield Sitter(process, screen)
        finally:
            process.kill()
            os.close(screen)


def first_run(folder: Path) -> str:
    """Set Hush up as a person does, and ask something; returns the recovery code."""
    with sitting_at(folder, "ask", "What is the capital of France?") as person:
        person.until(r"n for none: $")
        person.type("r")
        person.until(_ASKED.pattern)
        groups = _SHOWN.findall(person.seen)[0].split()
        found = _ASKED.search(person.seen)
        assert found
        person.type(f"{groups[int(found[1]) - 1]} {groups[int(found[2]) - 1]}")
        person.until(r"Paris")
        assert person.process.wait(60) == 0
    return "-".join(groups)


@needs_gnome_keyring
def test_a_clean_machine_and_the_recovery_code(tmp_path: Path) -> None:
    """The folder alone, another home, no keyring, no network: the code opens it, nothing else."""
    folder, elsewhere = tmp_path / "profile", tmp_path / "clean" / "profile"
    with gnome_keyring(tmp_path / "home", unlock=True):
        code = first_run(folder)
        assert "capital of France" in hush(folder, "list", passphrase=None).stdout
    shutil.copytree(folder, elsewhere)
    shutil.rmtree(folder)
    clean = (*without_network(), "env", "-i", f"HOME={tmp_path / 'clean'}")
    barred = hush(elsewhere, "list", prefix=clean, passphrase=None)
    assert barred.returncode == 3
    assert hush(elsewhere, "list", prefix=clean, passphrase=code[:-1]).returncode == 3
    opened = hush(elsewhere, "show", "1", prefix=clean, passphrase=code)
    assert opened.returncode == 0, opened.stderr
    assert "Paris" in opened.stdout
    doctor = hush(elsewhere, "doctor", prefix=clean, passphrase=None).stdout
    assert "recovery" in doctor


@needs_gnome_keyring
def test_a_new_keyring_is_enrolled_after_the_code_was_typed(tmp_path: Path) -> None:
    """The old keyring is gone: the code opens once, and from then on the new keyring does."""
    folder = tmp_path / "profile"
    with gnome_keyring(tmp_path / "home", unlock=True):
        code = first_run(folder)
    with gnome_keyring(tmp_path / "new", unlock=True):
        assert hush(folder, "list", passphrase=None).returncode == 3
        with sitting_at(folder, "chat") as person:
            person.until(r"(?i)recovery code: $")
            person.type(code)
            person.until(r"holds a key of your vault again")
            person.until(r"You: $")
            person.type("/quit")
            assert person.process.wait(60) == 0
        assert "capital of France" in hush(folder, "list", passphrase=None).stdout
    with gnome_keyring(tmp_path / "home", unlock=True):
        assert hush(folder, "list", passphrase=None).returncode == 3, "the old one is no way in"
