"""A profile with chats in it and the service over its backups, for the tests of both."""

from __future__ import annotations

import queue
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from assistant.access.entrance import FirstKeys, OpenVault
from assistant.backup.service import Backup, BackupService
from assistant.errors import HushError
from assistant.events import Event
from assistant.paths import Profile
from assistant.store import conversation_rows, message_rows
from assistant.store.recovery import RecoveryCode
from assistant.store.sqlcipher import Connection
from tests.fakes.clock import FakeClock
from tests.fakes.door import PASSPHRASE, Door

CODE = RecoveryCode(bytes(range(20)))
KEYS = FirstKeys(keyring=False, passphrase=PASSPHRASE, recovery=CODE)
PLENTY = 1 << 40
SECONDS = 30.0
HOUR = 3600.0
DAY = 24 * HOUR
PAGE = 4096


class Looks:
    """The schedule's waiter: it waits for the test, not for the time."""

    def __init__(self) -> None:
        self.waited: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._go = threading.Semaphore(0)

    def __call__(self, closing: threading.Event, seconds: float) -> bool:
        """See ``Wait``."""
        self.waited.put(seconds)
        while not self._go.acquire(timeout=0.01):
            if closing.is_set():
                return True
        return closing.is_set()

    def look(self) -> None:
        """Let one look happen; returns when it is over."""
        self._go.release()
        self.waited.get(timeout=SECONDS)


@dataclass
class Home:
    """An open vault with chats, its backups, and a clock."""

    profile: Profile
    first: FirstKeys = KEYS
    clock: FakeClock = field(default_factory=FakeClock)
    events: list[Event] = field(default_factory=list)
    free: int = PLENTY

    def __post_init__(self) -> None:
        self.door = Door(self.profile)
        self.looks = Looks()
        self.opened: OpenVault | None = self.door.entrance().create(self.first)
        self.dek = self.opened.dek
        self.chat("Trip to Rome")
        self.service = self.start()

    def start(self) -> BackupService:
        """The service, as after a restart."""
        return BackupService(
            self.profile,
            self.clock,
            self.events.append,
            open_key=lambda: self.opened.dek if self.opened else None,
            unlock=self.door.entrance().unlock_slots,
            zone=ZoneInfo("Europe/Vienna"),
            free=lambda _: self.free,
            wait=self.looks,
        )

    def chat(self, title: str, messages: int = 40) -> None:
        """Write a conversation now."""
        now = self.clock.now()

        def work(connection: Connection) -> None:
            made = conversation_rows.create(connection, title, now)
            parent = None
            for turn in range(messages):
                text = f"the canary sings {turn} " * 40
                parent = message_rows.add_question(connection, made.id, parent, text, now).id
            if parent is not None:
                conversation_rows.set_head(connection, made.id, parent)

        assert self.opened
        self.opened.vault.write(work).result(SECONDS)

    def titles(self) -> list[str]:
        """What the open vault holds."""
        assert self.opened
        found = self.opened.vault.read(conversation_rows.list_all).result(SECONDS)
        return sorted(conversation.title for conversation in found)

    def lock(self) -> None:
        """Close the vault; its key is gone."""
        if self.opened:
            self.opened.vault.close()
        self.opened = None

    def open(self, secret: str = PASSPHRASE) -> None:
        """Open it again."""
        self.lock()
        self.opened = self.door.entrance().open(secret)

    def back_up(self) -> Backup:
        """Make one now."""
        return self.service.create().result(SECONDS)

    def names(self) -> list[str]:
        """The backups there are, newest first."""
        return [backup.name for backup in self.service.list().result(SECONDS)]

    def folder(self, backup: Backup) -> Path:
        """Where one lies."""
        return self.profile.backups / backup.name

    def unfinished(self) -> list[str]:
        """What was left behind."""
        return [path.name for path in self.profile.backups.glob(".*")]

    def close(self) -> None:
        """End the threads."""
        self.service.close()
        self.lock()


def flip(path: Path, offset: int = 3 * PAGE + 100) -> None:
    """Change one bit."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def state(profile: Profile) -> dict[str, bytes]:
    """The vault's own files, as they lie there."""
    return {
        path.name: path.read_bytes()
        for path in profile.root.iterdir()
        if path.is_file() and path.name.startswith(("vault.db", "keyslots"))
    }


def elsewhere(backup: Path, folder: Path) -> Path:
    """A backup's folder carried to another place."""
    return Path(shutil.copytree(backup, folder / "a stick" / "copied"))


def problem_of(error: BaseException | None) -> HushError:
    """An outcome that is an error in words."""
    assert isinstance(error, HushError), error
    return error
