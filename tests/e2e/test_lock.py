"""Locking the real window by its real key: what it held is gone, what was written is not."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from pathlib import Path

import psutil

from assistant.drafts import DraftService
from assistant.paths import Profile
from assistant.store.keyslots import KeyLabel, KeySlots, derive_key
from assistant.store.passphrase import Passphrase
from assistant.store.vault import Vault
from tests.e2e.test_terminal import PASSPHRASE, eventually, hush
from tests.e2e.test_window import WINDOW, OpenWindow, open_window
from tests.process_memory import family, memory_hits, needs_readable_memory, spellings
from tests.virtual_screen import Screen, needs_virtual_screen

pytestmark = needs_virtual_screen

SENT = "okapi-compass-3307"
DRAFT = "ibis-thimble-6641"


def data_key(folder: Path) -> bytes:
    """The DEK, from the key slots and the passphrase."""
    return KeySlots.load(Profile(folder).key_slots).unlock(Passphrase(PASSPHRASE))


def database_key(folder: Path) -> bytes:
    """The key of the database, derived from it."""
    return derive_key(data_key(folder), KeyLabel.DB)


def drafts(folder: Path, key: bytes) -> dict[int | None, str]:
    """What is kept of what is being written, read beside the window."""
    with Vault.open_read_only(Profile(folder).database, key) as vault:
        return dict(DraftService(vault).load().result())


def shows(pid: int, text: str) -> bool:
    """Whether Qt holds a text: the person sees it, or did."""
    return memory_hits([pid], {"text": text.encode("utf-16-le")})["text"] > 0


def unlock(window: OpenWindow) -> None:
    """Type the passphrase into the page that asks for it."""
    window.wait_for("page=UnlockPage")
    eventually(lambda: window.screen.windows(window.process.pid))
    window.screen.focus(window.screen.windows(window.process.pid)[0])
    furnished = window.log.count("window.furnished")
    window.screen.type(PASSPHRASE)
    window.screen.press("Return")
    window.wait_for("window.furnished", furnished + 1)


def broker_of(pid: int) -> int:
    """The one child that passes through a lock: it starts transfers, and never held anything."""
    (broker,) = (
        child.pid
        for child in psutil.Process(pid).children()
        if any(word.endswith("broker.py") for word in child.cmdline())
    )
    return broker


def test_a_lock_leaves_nothing_in_memory(screen: Screen, folder: Path) -> None:
    """Neither key nor text nor passphrase, in no process; then the passphrase brings all back."""
    needs_readable_memory()
    with open_window(screen, folder) as window:
        window.wait_for("engine.warm")
        window.wait_for("window.furnished")
        window.ask(f"Remember the word {SENT}.")
        screen.type(DRAFT)
        dek, key = data_key(folder), database_key(folder)
        keys = {"dek": dek, "key": key, "key in hex": key.hex().encode()}
        needles = spellings(sent=SENT, draft=DRAFT, passphrase=PASSPHRASE) | keys
        pid = window.process.pid
        eventually(partial(shows, pid, DRAFT), seconds=60)
        before = family(pid)
        assert len(before) > 1, "the engine's process"
        found = memory_hits(before, needles)
        for name in ("sent utf-8", "sent utf-16-le", "draft utf-16-le", "dek", "key in hex"):
            assert found[name], f"{name}: this search finds nothing even where there is something"

        screen.press("ctrl+l")
        window.wait_for("page=UnlockPage")
        assert "window.replaced closed=True" in window.log
        left = [pid, broker_of(pid)]
        assert family(pid) == left
        assert not [gone for gone in before if gone not in left and psutil.pid_exists(gone)]
        assert not +memory_hits(left, needles)
        line = "\0".join(psutil.Process(pid).cmdline())
        assert not [text for text in (SENT, DRAFT, PASSPHRASE, key.hex()) if text in line]

        unlock(window)
        window.wait_for("engine.warm", 2)
        eventually(partial(shows, pid, DRAFT), seconds=60)
        answers = window.log.count("reply.ended")
        screen.press("Return")  # the draft, in the conversation that was open
        window.wait_for("reply.ended", answers + 1)
        window.quit()
    thread = json.loads(hush(folder, "show", "1", "--json").stdout)
    texts = [message["text"] for message in thread["messages"]]
    assert SENT in texts[0]
    assert texts[2] == DRAFT
    assert drafts(folder, key) == {}


def test_an_answer_is_stopped_and_kept(screen: Screen, folder: Path) -> None:
    """Locked in the middle of it: its engine ends with the lock, its text stays."""
    with open_window(screen, folder) as window:
        window.wait_for("engine.warm")
        window.wait_for("window.furnished")
        screen.type("Tell me a very long story about the sea.")
        screen.press("Return")
        window.wait_for("prompt.read")
        screen.press("ctrl+l")
        window.wait_for("reply.ended state=stopped")
        window.wait_for("page=UnlockPage")
        pid = window.process.pid
        assert family(pid) == [pid, broker_of(pid)]
        second = subprocess.run(
            [*WINDOW, "--profile", str(folder)],
            env=screen.environment,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        assert second.returncode == 0
        window.wait_for("window.raised")  # the new process listens as the old one did
        unlock(window)
        window.quit()
    thread = json.loads(hush(folder, "show", "1", "--json").stdout)
    assert [message["state"] for message in thread["messages"]] == ["complete", "stopped"]


def test_a_kill_at_each_step(screen: Screen, folder: Path) -> None:
    """Whatever the lock had come to, the next start has every word that was kept before it."""
    steps = ("window.left", "page=CoverPage", "window.replaced", "page=UnlockPage")
    written = ""
    for number, step in enumerate(steps):
        with open_window(screen, folder) as window:
            window.wait_for("window.furnished")
            key = database_key(folder)
            screen.type(f"word{number}")
            written += f"word{number}"
            eventually(partial(is_kept, folder, key, written))
            screen.press("ctrl+l")
            window.wait_for(step)
            window.process.kill()
            window.process.wait(20)
        with Vault.open(Profile(folder).database, key) as vault:
            assert DraftService(vault).load().result() == {None: written}


def is_kept(folder: Path, key: bytes, text: str) -> bool:
    """Whether this, and nothing else, is kept as what is being written."""
    return drafts(folder, key) == {None: text}
