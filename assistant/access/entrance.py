"""The way into the vault: making it on the first run, opening it on every other.

A first run ends with two files, the database and the key slots. The slots are written under
another name first and get their own when the database stands, so a crash in between is told from
a loss: it is finished, or undone, at the next start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypedDict

from assistant.access import erasing
from assistant.access.ways_in import MIN_PASSPHRASE_CHARACTERS, FirstKeys, Unlocked, WaysIn
from assistant.clock import Clock
from assistant.disk import (
    disk_problem,
    flush_folder,
    sweep_unfinished,
    write_atomically,
)
from assistant.errors import (
    InputRefused,
    KeyringUnavailable,
    StorageFull,
    VaultDamaged,
    VaultError,
    VaultLocked,
)
from assistant.paths import Profile
from assistant.store.keyring_guard import SecretStore, open_keyring
from assistant.store.keyslot_format import SlotType
from assistant.store.keyslots import KeyLabel, KeySlots, derive_key, previous_slots
from assistant.store.migrations import LATEST
from assistant.store.passphrase import Argon2Policy
from assistant.store.recovery import RecoveryCode
from assistant.store.succession import Succession
from assistant.store.vault import Vault, schema_version

__all__ = [
    "MIN_PASSPHRASE_CHARACTERS",
    "Entrance",
    "FirstKeys",
    "OpenVault",
    "RecoveryCode",
    "VaultStatus",
]


@dataclass(frozen=True, slots=True)
class VaultStatus:
    """What is known before anything is opened.

    Attributes:
        exists: A vault was made before.
        ways: Slot types that open it: ``"keyring"``, ``"passphrase"``, ``"recovery"``.
        locked: Hush was locked, and the passphrase has to be typed.
        keyring: Name of the safe keyring found, empty where none is, or where none is asked
            because the vault has no key there.
        keyring_problem: A sentence for the person where none is usable.
    """

    exists: bool
    ways: tuple[str, ...]
    keyring: str
    keyring_problem: str
    locked: bool = False


@dataclass(frozen=True, slots=True)
class OpenVault:
    """An open vault, its key, the slot that opened it, and what the person should hear of it."""

    vault: Vault
    dek: bytes = field(repr=False)
    slot_id: str
    remark: str = ""


class _KeyringWords(TypedDict):
    keyring: str
    keyring_problem: str


_UNASKED: Final[_KeyringWords] = {"keyring": "", "keyring_problem": ""}
_OLDER_SLOTS: Final = (
    "The vault's key file was damaged. An earlier copy of it was used and put in its place; "
    "the damaged one is kept beside it."
)


class Entrance:
    """Opens one profile's vault. Every method blocks: a keyring may ask the person something.

    Args:
        profile: Prepared.
        clock: For the times in the key slots.
        keyring: Finds the safe keyring.
        cost: What a new passphrase slot may cost to open.
        before_migration: Called with the key before a vault of an older schema is changed;
            what it raises stops that.
    """

    def __init__(
        self,
        profile: Profile,
        clock: Clock,
        *,
        keyring: Callable[[], SecretStore] = open_keyring,
        cost: Argon2Policy | None = None,
        before_migration: Callable[[bytes], object] = lambda _: None,
    ) -> None:
        self._profile = profile
        self._clock = clock
        self.ways_in = WaysIn(keyring, cost)
        self.before_migration = before_migration

    def status(self) -> VaultStatus:
        """Look, without opening.

        Raises:
            VaultDamaged, VaultTooNew, StorageFull: from the key slots' file.
        """
        if not self._exists():
            return VaultStatus(exists=False, ways=(), **self._keyring_words())
        types = next(self._readable_slots())[1].types
        words = self._keyring_words() if SlotType.KEYRING in types else _UNASKED
        locked = self._profile.locked.exists() and SlotType.PASSPHRASE in types
        return VaultStatus(exists=True, ways=tuple(sorted(types)), locked=locked, **words)

    def create(self, first: FirstKeys) -> OpenVault:
        """Make the vault, with these ways in.

        Raises:
            InputRefused: a vault stands already, or a passphrase is too short.
            KeyringUnavailable: the keyring is wanted, and there is none that is safe.
            StorageFull: nothing was made.
        """
        erasing.finish(self._profile)
        if self._exists():
            raise InputRefused("This profile has a vault already.")
        slots, dek = self.ways_in.new_slots(first, self._clock.now())
        try:
            with self._undone_if_it_fails():
                vault = self._make(slots, derive_key(dek, KeyLabel.DB))
        except BaseException:
            self.ways_in.forget(slots)
            raise
        with suppress(OSError):  # of a vault that was here before
            self._profile.locked.unlink(missing_ok=True)
        return OpenVault(vault, dek, slots.newest.id)

    def open(self, secret: str | None, *, read_only: bool = False) -> OpenVault:
        """Open the vault.

        Args:
            secret: A passphrase or a recovery code, as typed; None to ask the keyring.
            read_only: Beside another process that writes.

        Raises:
            VaultLocked, WrongPassphrase, KeyringUnavailable: another way in is needed.
            VaultDamaged, VaultTooNew, StorageFull: nothing was changed.
        """
        if not self._exists():
            raise VaultLocked("There is no vault in this profile yet.")
        if not read_only:
            self._finish()
        elif Succession(self._profile).is_decided:
            raise VaultError(
                "A change of the vault's files was cut short. Nothing is lost.",
                "Start Hush once in the ordinary way: it ends what was begun.",
            )
        if secret is None and self._profile.locked.exists():
            self._require_typing()
        path, found = self._unlock(secret)
        key = derive_key(found.dek, KeyLabel.DB)
        database = self._profile.database
        if not database.exists():
            raise VaultDamaged(
                "The vault's database is missing. Its key is still here.",
                f"Put {database.name} back into the profile folder, or restore a backup.",
            )
        if read_only:
            return OpenVault(Vault.open_read_only(database, key), found.dek, found.slot.id)
        remark = "" if path in self._usual_slots() else self._put_back(found.slots)
        if schema_version(database, key) < LATEST:
            self.before_migration(found.dek)
        vault = Vault.open(database, key)
        with suppress(StorageFull, OSError):  # tidying is no reason to stay out
            self._profile.locked.unlink(missing_ok=True)
            erasing.forget_rotated(self._profile)
        return OpenVault(vault, found.dek, found.slot.id, remark)

    def lock(self) -> None:
        """Ask for the passphrase at the next opening, where there is one, by whatever start.

        The keyring alone stays enough where nothing else was set up, or only a code on paper.
        """
        with suppress(OSError):  # the vault is closed all the same
            self._profile.locked.touch(mode=0o600)

    def _require_typing(self) -> None:
        if SlotType.PASSPHRASE in next(self._readable_slots())[1].types:
            raise VaultLocked("Your chats are locked.", "Enter your passphrase.")

    def unlock_slots(self, slots: KeySlots, secret: str | None) -> bytes:
        """Find the key (32 bytes) of other slots, a backup's for one. Raises as ``open`` does."""
        return self.ways_in.unlock(slots, secret).dek

    def erase(self) -> None:
        """Erase the whole profile: keys first, so that the rest is noise from then on.

        The vault must be closed. A kill in the middle is made up for before the next vault is made.

        Raises:
            StorageFull: something is left; its keys are not.
        """
        erasing.begin(self._profile)
        slots = []
        for path in erasing.key_files(self._profile):
            with suppress(VaultError):  # unreadable, or a newer Hush's: it goes all the same
                slots.append(KeySlots.load(path))
        erasing.finish(self._profile)
        self.ways_in.forget(*slots)  # last: a keyring may take its time, and nothing waits on it

    # The key slots' file, and what to do without it ---------------------------------------

    def _unlock(self, secret: str | None) -> tuple[Path, Unlocked]:
        """Reach the key through the first file of slots that is as Hush wrote it."""
        damage: VaultDamaged | None = None
        for path, slots in self._readable_slots():
            try:
                return path, self.ways_in.unlock(slots, secret)
            except VaultDamaged as error:  # readable, and altered
                damage = damage or error
        raise damage or VaultDamaged("The vault's key file cannot be used.")

    def _readable_slots(self) -> Iterator[tuple[Path, KeySlots]]:
        """The slots' files that can be read: the vault's own, else its earlier copy.

        Raises:
            VaultDamaged, StorageFull: from the first, where there is none at all.
        """
        damage: VaultDamaged | None = None
        found = False
        for path in (*self._usual_slots(), previous_slots(self._profile.key_slots)):
            try:
                slots = KeySlots.load(path)
            except VaultDamaged as error:
                damage = damage or error
            else:
                found = True
                yield path, slots
        if damage and not found:
            raise damage

    def _usual_slots(self) -> tuple[Path, ...]:
        succession = Succession(self._profile)
        if succession.is_decided and succession.key_slots.exists():
            return (succession.key_slots,)  # theirs is the vault, from the decision on
        finished = self._profile.key_slots
        cut_short = not finished.exists() and self._unfinished.exists()
        return (self._unfinished,) if cut_short else (finished,)

    def _put_back(self, slots: KeySlots) -> str:
        """Let an earlier copy of the slots be the vault's own again; keep the damaged one."""
        path = self._profile.key_slots
        try:
            if path.exists():
                aside = self._profile.kept / f"{self._clock.now()}{erasing.DAMAGED_KEY_FILE}"
                aside.mkdir(mode=0o700, parents=True)
                path.replace(aside / path.name)
            write_atomically(path, slots.to_bytes())
        except OSError as error:
            raise disk_problem(error) from None
        return _OLDER_SLOTS

    # First and last runs that were cut short -----------------------------------------------

    def _keyring_words(self) -> _KeyringWords:
        try:
            return {"keyring": self.ways_in.keyring().name, "keyring_problem": ""}
        except KeyringUnavailable as error:
            return {"keyring": "", "keyring_problem": error.message}

    @property
    def _unfinished(self) -> Path:
        path = self._profile.key_slots
        return path.with_name(path.name + ".first")

    def _make(self, slots: KeySlots, key: bytes) -> Vault:
        try:
            for path in (self._unfinished, previous_slots(self._unfinished)):
                path.unlink(missing_ok=True)  # of a first run that kept nothing
        except OSError as error:
            raise disk_problem(error) from None
        slots.save(self._unfinished)
        vault = Vault.open(self._profile.database, key)
        try:
            self._finish()
        except BaseException:
            vault.close()
            raise
        return vault

    @contextmanager
    def _undone_if_it_fails(self) -> Iterator[None]:
        """Leave no half of a vault: its key is forgotten. What stood here before stays."""
        made = [path for path in self._files_of_a_first_run() if not path.exists()]
        try:
            yield
        except BaseException:
            with suppress(OSError):  # what cannot be removed is found by the next start
                for path in made:
                    path.unlink(missing_ok=True)
            raise

    def _files_of_a_first_run(self) -> Iterator[Path]:
        yield from (self._profile.key_slots, self._unfinished, previous_slots(self._unfinished))
        for name in (self._profile.database.name, f"{self._profile.database.name}.new"):
            for ending in ("", "-wal", "-shm", "-journal"):
                yield self._profile.root / f"{name}{ending}"

    def _exists(self) -> bool:
        """Whether a vault was made. Looks only: another process may be making it now.

        Backups without a vault are a loss, too, not a first run.
        """
        profile = self._profile
        if profile.erasing.exists():
            return False
        stand = (profile.key_slots, profile.database, profile.succession)
        return any(path.exists() for path in stand) or any(profile.backups.glob("*/keyslots.json"))

    def _finish(self) -> None:
        """End what an earlier run, or this one, began: a first run, or a change of the vault."""
        Succession(self._profile).finish()
        sweep_unfinished(self._profile.root)
        if self._profile.key_slots.exists() or not self._unfinished.exists():
            return
        try:
            self._unfinished.replace(self._profile.key_slots)
            flush_folder(self._profile.root)
        except OSError as error:
            raise disk_problem(error) from None
