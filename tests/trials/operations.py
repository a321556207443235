"""What Hush writes, each as one operation that can fail in the middle."""

from __future__ import annotations

import re
import shutil
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from assistant.access.entrance import Entrance, FirstKeys
from assistant.access.keys import KeyService
from assistant.access.proving import opens
from assistant.background import Background
from assistant.backup.service import BackupService, Wait
from assistant.clock import SystemClock
from assistant.errors import StorageFull, WrongPassphrase
from assistant.paths import Profile
from assistant.records import MessageState
from assistant.store import message_rows
from assistant.store.keyslots import KeyLabel, KeySlots, derive_key
from assistant.store.sqlcipher import Connection, check_integrity, open_database
from tests.golden import content as golden
from tests.trials.vaults import CHEAP, converse, said

OLD: Final = "correct horse battery staple"
NEW: Final = "another passphrase entirely"
WAIT_SECONDS: Final = 60.0
GOLDEN: Final = Path(__file__).parent.parent / "golden" / "v1"

T = TypeVar("T")
Held = Any  # what a person would miss, as plain values


class Operation(ABC):
    """One thing that Hush does to a profile.

    Use: ``make`` once, then ``act`` on copies of what it made; ``wrong`` says after each whether
    the profile is in a state that it may be in.
    """

    secret = OLD

    def __init__(self) -> None:
        self.blocking = Background("blocking")

    def make(self, profile: Profile) -> None:
        """Make the profile that is acted on."""
        profile.prepare()
        with entrance(profile).create(FirstKeys(keyring=False, passphrase=OLD)).vault as vault:
            vault.write(lambda c: converse(c, 1, 12)).result()
            vault.write(message_rows.interrupt_leftovers).result()

    @abstractmethod
    def act(self, profile: Profile, fail_from_here: Callable[[], None]) -> None:
        """Do it; from the moment that ``fail_from_here`` was called writes may fail.

        Raises:
            HushError: it did not work.
        """

    def wrong(self, profile: Profile, before: Held, *, done: bool) -> str:
        """What is wrong with the profile after ``act`` did it, or failed. Empty: nothing."""
        if (found := held(profile, self.secret)) != before:
            return f"{len(found)} conversations where there were {len(before)}, or others"
        return ""

    def look_later(self, profile: Profile) -> None:
        """Do what Hush does of itself some minutes after a start that follows a kill."""
        return


class Save(Operation):
    """A question, an answer in pieces, its end: as many commits as were acknowledged."""

    def act(self, profile: Profile, fail_from_here: Callable[[], None]) -> None:
        """See ``Operation.act``."""
        self._kept: list[Held] = []
        with entrance(profile).open(OLD).vault as vault:
            fail_from_here()
            answer = vault.write(_ask).result()
            self._kept.append(vault.read(golden.read).result())
            for seq in range(3):
                piece = partial(message_rows.append_chunk, message_id=answer, seq=seq)
                vault.write(partial(piece, text=said(2, seq) * 20)).result()
                self._kept.append(vault.read(golden.read).result())
            end = partial(message_rows.finish, message_id=answer, state=MessageState.COMPLETE)
            vault.write(end).result()
            self._kept.append(vault.read(golden.read).result())

    def wrong(self, profile: Profile, before: Held, *, done: bool) -> str:
        """See ``Operation.wrong``."""
        found = held(profile, OLD)
        if found != (self._kept[-1]["conversations"] if self._kept else before):
            return f"not what {len(self._kept)} acknowledged commits left"
        return ""


class FirstRun(Operation):
    """The vault itself is made."""

    def make(self, profile: Profile) -> None:
        """See ``Operation.make``."""
        profile.prepare()

    def act(self, profile: Profile, fail_from_here: Callable[[], None]) -> None:
        """See ``Operation.act``."""
        fail_from_here()
        entrance(profile).create(FirstKeys(keyring=False, passphrase=OLD)).vault.close()

    def wrong(self, profile: Profile, before: Held, *, done: bool) -> str:
        """See ``Operation.wrong``."""
        status = entrance(profile).status()
        if done:
            return "" if status.exists and held(profile, OLD) == [] else "there is no vault"
        return "a vault is said to be there" if status.exists else ""


class Migrate(Operation):
    """A vault of the first schema is brought up to date."""

    secret = golden.PASSPHRASE

    def make(self, profile: Profile) -> None:
        """See ``Operation.make``."""
        profile.prepare()
        for name in ("vault.db", "keyslots.json"):
            shutil.copy(GOLDEN / name, profile.root / name)

    def act(self, profile: Profile, fail_from_here: Callable[[], None]) -> None:
        """See ``Operation.act``."""
        way_in = entrance(profile)
        with backups(profile) as service:
            way_in.before_migration = service.before_migration
            fail_from_here()
            way_in.open(golden.PASSPHRASE).vault.close()

    def wrong(self, profile: Profile, before: Held, *, done: bool) -> str:
        """See ``Operation.wrong``."""
        if not done:  # opening it as Hush does would migrate it now
            return "" if _looked_at(profile, golden.PASSPHRASE) == before else "not the same"
        with backups(profile) as service:
            made = settled(service.list())
        if [backup.reason for backup in made] != ["before migration"]:
            return f"{len(made)} backups were made before it"
        return super().wrong(profile, before, done=done)


class Rewrap(Operation):
    """The passphrase is changed, and no backup opens with the old one any more."""

    def make(self, profile: Profile) -> None:
        """See ``Operation.make``."""
        super().make(profile)
        with backups(profile, dek_of(profile)) as service:
            settled(service.create())

    def act(self, profile: Profile, fail_from_here: Callable[[], None]) -> None:
        """See ``Operation.act``."""
        opened = entrance(profile).open(OLD)
        with opened.vault, backups(profile, opened.dek) as service:

            def changed(slots: KeySlots) -> None:
                settled(service.refresh_slots(slots.to_bytes(), opened.dek))

            keys = key_service(profile, self.blocking, changed)
            fail_from_here()
            settled(keys.set_passphrase(NEW))

    def wrong(self, profile: Profile, before: Held, *, done: bool) -> str:
        """See ``Operation.wrong``."""
        if wrong := _opens_rightly(profile, before, done=done):
            return wrong
        with backups(profile) as service:
            (backup,) = settled(service.list())
            # First, for a service knows the key from the first secret that was right.
            if done and not _refused(lambda: settled(service.verify(backup.name, OLD))):
                return "the old passphrase opens the backup"
            settled(service.verify(backup.name, NEW if done else OLD))
        return ""

    def look_later(self, profile: Profile) -> None:
        """See ``Operation.look_later``: the backups' schedule looks, once."""
        with backups(profile, dek_of(profile, NEW), wait=(once := _Once())) as service:
            service.start_schedule()
            if not once.over.wait(WAIT_SECONDS):
                raise AssertionError("the schedule never looked")


class Rotate(Operation):
    """The key itself is changed, and everything encrypted anew."""

    def act(self, profile: Profile, fail_from_here: Callable[[], None]) -> None:
        """See ``Operation.act``."""
        keys = key_service(profile, self.blocking)
        fail_from_here()
        settled(keys.rotate(FirstKeys(keyring=False, passphrase=NEW)))

    def wrong(self, profile: Profile, before: Held, *, done: bool) -> str:
        """See ``Operation.wrong``."""
        return _opens_rightly(profile, before, done=done)


class MakeBackup(Operation):
    """A backup is made beside the open vault."""

    def act(self, profile: Profile, fail_from_here: Callable[[], None]) -> None:
        """See ``Operation.act``."""
        opened = entrance(profile).open(OLD)
        with opened.vault, backups(profile, opened.dek) as service:
            fail_from_here()
            settled(service.create())

    def wrong(self, profile: Profile, before: Held, *, done: bool) -> str:
        """See ``Operation.wrong``."""
        with backups(profile) as service:
            made = settled(service.list())
            if len(made) > 1 or (done and not made):
                return f"{len(made)} backups are there"
            for backup in made:  # one that an error came too late for is whole, at least
                settled(service.verify(backup.name, OLD))
        return super().wrong(profile, before, done=done)


class Restore(Operation):
    """A backup takes the place of a vault that went on after it."""

    def make(self, profile: Profile) -> None:
        """See ``Operation.make``."""
        super().make(profile)
        self._after = held(profile, OLD)
        with backups(profile, dek_of(profile)) as service:
            settled(service.create())
        with entrance(profile).open(OLD).vault as vault:
            vault.write(lambda c: converse(c, 2, 3)).result()
            vault.write(message_rows.interrupt_leftovers).result()

    def act(self, profile: Profile, fail_from_here: Callable[[], None]) -> None:
        """See ``Operation.act``."""
        with backups(profile) as service:
            (backup,) = settled(service.list())
            fail_from_here()
            settled(service.restore(backup.name, OLD))

    def wrong(self, profile: Profile, before: Held, *, done: bool) -> str:
        """See ``Operation.wrong``."""
        return super().wrong(profile, self._after if done else before, done=done)


class RestoreDrill(Operation):
    """The newest backup is restored aside, read and removed."""

    def make(self, profile: Profile) -> None:
        """See ``Operation.make``."""
        super().make(profile)
        with backups(profile, dek_of(profile)) as service:
            settled(service.create())

    def act(self, profile: Profile, fail_from_here: Callable[[], None]) -> None:
        """See ``Operation.act``. What a drill finds out is in its outcome."""
        with backups(profile, dek_of(profile)) as service:
            fail_from_here()
            drill = settled(service.drill())
        if not drill.ok:
            if not re.search("disk|read-only", drill.problem):
                raise AssertionError(drill.problem)
            raise StorageFull(drill.problem, "It is in the drill's outcome.")

    def wrong(self, profile: Profile, before: Held, *, done: bool) -> str:
        """See ``Operation.wrong``."""
        with backups(profile) as service:
            last = settled(service.last_drill())
            if done and not (last and last.ok):
                return "it is not written down that it worked"
            (backup,) = settled(service.list())
            settled(service.verify(backup.name, OLD))
            if not done and not settled(service.drill(OLD)).ok:
                return "the next drill does not work"
        if not done and (left := [path.name for path in profile.backups.glob(".*")]):
            return f"the next drill leaves {left} behind"
        return super().wrong(profile, before, done=done)


OPERATIONS: Final[Mapping[str, type[Operation]]] = {
    "first run": FirstRun,
    "save": Save,
    "backup": MakeBackup,
    "migrate": Migrate,
    "rewrap": Rewrap,
    "restore": Restore,
    "drill": RestoreDrill,
    "rotate": Rotate,
}


class _Once:
    """A waiter for the backups' schedule: one look, and no more after it."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self._looked = False

    def __call__(self, closing: threading.Event, seconds: float) -> bool:
        """See ``assistant.backup.service.Wait``."""
        if self._looked:
            self.over.set()
        self._looked = True
        return self.over.is_set()


class _ProverHere:
    """A ``Prover`` in this process: starting another one for each page of a disk takes too long."""

    def prove(self, key_slots: Path, slot_id: str, secret: str) -> bool:
        """See ``Prover.prove``."""
        return opens(key_slots, slot_id, secret)


def entrance(profile: Profile) -> Entrance:
    """The way in, at little cost."""
    return Entrance(profile, SystemClock(), cost=CHEAP)


def dek_of(profile: Profile, secret: str = OLD) -> bytes:
    """The key of a vault that is not open."""
    opened = entrance(profile).open(secret, read_only=True)
    opened.vault.close()
    return opened.dek


def key_service(
    profile: Profile,
    blocking: Background,
    changed: Callable[[KeySlots], object] = lambda _: None,
) -> KeyService:
    """The service over the ways in."""
    return KeyService(
        profile,
        dek_of(profile),
        entrance(profile).ways_in,
        SystemClock(),
        blocking,
        close_vault=lambda: None,
        changed=changed,
        prover=_ProverHere(),
    )


@contextmanager
def backups(
    profile: Profile, dek: bytes | None = None, wait: Wait = threading.Event.wait
) -> Iterator[BackupService]:
    """The service over the backups, which believes that there is room: to fail later than usual."""
    service = BackupService(
        profile,
        SystemClock(),
        lambda _: None,
        open_key=lambda: dek,
        unlock=entrance(profile).unlock_slots,
        free=lambda _: 2**60,
        wait=wait,
    )
    try:
        yield service
    finally:
        service.close()


def held(profile: Profile, secret: str) -> Held:
    """All conversations, after the whole vault was checked.

    Raises:
        HushError: it does not open, or is damaged.
    """
    with entrance(profile).open(secret).vault as vault:
        vault.read(check_integrity).result()
        return vault.read(golden.read).result()["conversations"]


def _looked_at(profile: Profile, secret: str) -> Held:
    """The same, of whatever schema, without changing anything."""
    dek = entrance(profile).unlock_slots(KeySlots.load(profile.key_slots), secret)
    connection = open_database(profile.database, derive_key(dek, KeyLabel.DB), read_only=True)
    try:
        check_integrity(connection)
        return golden.read(connection)["conversations"]
    finally:
        connection.close()


def settled(future: Future[T]) -> T:
    """Wait for it; return what it returns, raise what it raises."""
    return future.result(WAIT_SECONDS)


def _opens_rightly(profile: Profile, before: Held, *, done: bool) -> str:
    """Done, the old passphrase is none any more; not done, it is one, whatever else is."""
    if held(profile, NEW if done else OLD) != before:
        return "not the same conversations"
    if done and not _refused(lambda: entrance(profile).open(OLD).vault.close()):
        return "the old passphrase opens it"
    return ""


def _refused(way_in: Callable[[], object]) -> bool:
    try:
        way_in()
    except WrongPassphrase:
        return True
    return False


def _ask(connection: Connection) -> int:
    question = message_rows.add_question(connection, 1, None, said(2, 99) * 20, 5)
    return message_rows.add_answer(connection, 1, question.id, 5).id
