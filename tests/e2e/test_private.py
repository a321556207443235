"""A private chat in the real program, watched by the kernel: not one byte of it goes to a file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from assistant.access.entrance import Entrance
from assistant.clock import SystemClock
from assistant.paths import Profile
from assistant.store.keyslots import KeyLabel, derive_key
from tests.cipher_pages import hits
from tests.e2e.test_terminal import HUSH, PASSPHRASE, eventually, hush
from tests.e2e.test_window import WINDOW, OpenWindow
from tests.virtual_screen import Screen, needs_virtual_screen, virtual_screen

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

ARTIFACTS: Final = Path(__file__).parent.parent.parent / "artifacts"
KEPT = "walnut-harbour-ferry"
# No digits: strace writes a NUL before a digit in another way.
CANARIES = ("heron-velvet-quill", "otter-copper-lilac", "magpie-silver-thyme")

# Everything that puts bytes into an open file. Mapped files are looked at as they lie there.
_CALLS = "write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,splice,vmsplice"
_WATCHED = f"trace={_CALLS},openat,open,creat,rename,renameat,renameat2,link,linkat,symlink"
_CALL = re.compile(r"^\d+\s+(?P<name>\w+)\((?P<rest>.*)$")
_TARGET = re.compile(r"^-?\w+<(?P<path>[^>]*)>")
_SEEN = re.compile(r"^(\d+) ", re.MULTILINE)
_ENDED = re.compile(r"^(\d+) +\+\+\+ (?:exited|killed|superseded)", re.MULTILINE)
_OPENED = re.compile(r"O_(?:WRONLY|RDWR).*= \d+<(?P<path>/[^>]*)>")
_MADE_OF_MEMORY = ("/dev/", "/proc/", "/memfd:", "pipe:", "socket:", "anon_inode:", "UNIX", "TCP")


class Witness:
    """What strace saw a program write, and where.

    Args:
        trace: strace's report; it grows while the program runs.
    """

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    @property
    def prefix(self) -> list[str]:
        """Runs a command under strace, whose process keeps the number that it was started with."""
        options = ["-D", "-f", "-q", "-yy", "-s", "1000000", "-e", _WATCHED, "-e", "signal=none"]
        return ["strace", *options, "-o", str(self._trace)]

    def wait(self) -> None:
        """Until all has been reported: strace is another process, and comes behind."""
        eventually(self._is_over)

    def _is_over(self) -> bool:
        text = self._text
        return set(_SEEN.findall(text)) == set(_ENDED.findall(text))

    def found(self, words: Sequence[str]) -> list[str]:
        """The calls that gave one of these words to a file, or named one after it."""
        return [
            f"{name}: {path or 'a name'}"
            for name, path, rest in self._calls()
            if self._is_file(path) and any(form in rest for word in words for form in _forms(word))
        ]

    @property
    def files(self) -> list[Path]:
        """Every file that was opened for writing and is still there."""
        paths = {Path(match["path"]) for match in _OPENED.finditer(self._text)}
        return sorted(path for path in paths if self._is_file(str(path)) and path.is_file())

    @property
    def _text(self) -> str:
        return self._trace.read_text(errors="replace")

    def _calls(self) -> Iterator[tuple[str, str, str]]:
        for line in self._text.split("\n"):
            call = _CALL.match(line)
            if call:
                target = _TARGET.match(call["rest"])
                yield call["name"], target["path"] if target else "", call["rest"]

    @staticmethod
    def _is_file(path: str) -> bool:
        return not path.startswith(_MADE_OF_MEMORY)


def _forms(word: str) -> tuple[str, str]:
    """A word as strace shows it in UTF-8, and in UTF-16 with its NULs."""
    return word, "\\0".join(word)


def holding(paths: Sequence[Path], words: Sequence[str]) -> list[Path]:
    """Those of the files that hold one of the words, as they lie on the disk."""
    needles = [word.encode(form) for word in words for form in ("utf-8", "utf-16-le")]
    return [path for path in paths if any(needle in path.read_bytes() for needle in needles)]


def in_vault(folder: Path, words: Sequence[str]) -> list[str]:
    """Those of the words that stand anywhere in the database's decrypted pages, freed or not."""
    profile = Profile(folder)
    opened = Entrance(profile, SystemClock()).open(PASSPHRASE)
    opened.vault.close()
    return hits(profile.database, derive_key(opened.dek, KeyLabel.DB), list(words))


def assert_never_written(folder: Path, witness: Witness) -> None:
    """No call wrote a canary, no file holds one, and the vault, taken apart, knows none."""
    witness.wait()
    assert witness.found(CANARIES) == []
    assert any(path.is_relative_to(folder) for path in witness.files), "strace saw no file at all"
    in_profile = [path for path in folder.rglob("*") if path.is_file()]
    assert {"vault.db", "hush.log"} <= {path.name for path in in_profile}
    assert holding([*witness.files, *in_profile], CANARIES) == []
    assert not [path for path in folder.rglob("*") if any(word in path.name for word in CANARIES)]
    assert in_vault(folder, [KEPT, *CANARIES]) == [KEPT]


def passphrase_pipe() -> int:
    """A descriptor to read the passphrase from."""
    reader, writer = os.pipe()
    os.write(writer, f"{PASSPHRASE}\n".encode())
    os.close(writer)
    return reader


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """Nothing seen yet."""
    return Witness(tmp_path / "trace")


def test_the_witness_is_not_blind(tmp_path: Path, witness: Witness) -> None:
    """It finds a word that is written in either form, in a file's name, and in a mapped file."""
    word = CANARIES[0]
    script = f"""
import mmap, os, pathlib
root = pathlib.Path({str(tmp_path)!r})
(root / "plain").write_bytes(b"..." + {word!r}.encode() + b"...")
(root / "wide").write_bytes({word!r}.encode("utf-16-le"))
(root / "other").touch()
(root / "other").rename(root / {word!r})
with open(root / "mapped", "w+b") as file:
    file.truncate(100)
    with mmap.mmap(file.fileno(), 100) as memory:
        memory[:{len(word)}] = {word!r}.encode()
print({word!r})
"""
    subprocess.run(
        [*witness.prefix, sys.executable, "-c", script],
        check=True,
        timeout=60,
        stdout=subprocess.PIPE,  # to a pipe it may go: that is not a file
    )
    witness.wait()
    seen = witness.found([word])
    assert [call.partition(":")[0] for call in seen if "plain" in call] == ["write"]
    assert [call.partition(":")[0] for call in seen if "wide" in call] == ["write"]
    assert [call for call in seen if call.startswith("rename")]
    assert not [call for call in seen if "pipe" in call]
    assert holding(witness.files, [word]) == [
        tmp_path / name for name in ("mapped", "plain", "wide")
    ]


def test_in_the_terminal(folder: Path, witness: Witness) -> None:
    """Ask in a kept chat, then twice in a private one, look for it, leave."""
    typed = (
        f"Remember the word {KEPT}.",
        "/private",
        f"Remember the word {CANARIES[0]}.",
        f"And the word {CANARIES[1]}.",
        f"/list {CANARIES[0]}",
        "/quit",
    )
    reader = passphrase_pipe()
    done = subprocess.run(
        [*witness.prefix, *HUSH, "--profile", str(folder), "--passphrase-fd", str(reader), "chat"],
        input="\n".join(typed) + "\n",
        capture_output=True,
        text=True,
        pass_fds=[reader],
        timeout=200,
        check=False,
    )
    os.close(reader)
    assert done.returncode == 0, done.stderr
    assert f"private  Remember the word {CANARIES[0]}." in done.stdout
    assert_never_written(folder, witness)


@needs_virtual_screen
def test_in_the_window(folder: Path, witness: Witness) -> None:
    """Type with real keys into a private chat, edit its question, leave a draft in it, close."""
    assert hush(folder, "ask", f"Remember the word {KEPT}.").returncode == 0
    reader = passphrase_pipe()
    options = ["--profile", str(folder), "--passphrase-fd", str(reader)]
    with (
        virtual_screen() as screen,
        subprocess.Popen(
            [*witness.prefix, *WINDOW, *options],
            env=screen.environment,
            pass_fds=[reader],
            stdin=subprocess.DEVNULL,
        ) as process,
    ):
        os.close(reader)
        try:
            _talk(OpenWindow(process, folder, screen), screen)
        finally:
            process.kill()
    assert_never_written(folder, witness)


def _talk(window: OpenWindow, screen: Screen) -> None:
    window.wait_for("engine.warm")
    window.wait_for("window.furnished")
    screen.press("ctrl+shift+p")
    window.ask(f"Remember the word {CANARIES[0]}.")
    screen.press("F2")  # its title
    screen.type(CANARIES[1])
    screen.press("Return")
    screen.picture(ARTIFACTS / "private-chat.png")
    assert screen.title(window.window) == "Hush"
    screen.press("Tab", "ctrl+n", "ctrl+shift+p")
    screen.type(f"A draft of {CANARIES[2]}")
    screen.press("ctrl+n", "ctrl+shift+p")  # leaving keeps the drafts of other chats
    screen.picture(ARTIFACTS / "private-draft.png")
    window.quit()
