"""The ways into an open vault: see them, add, change and remove them, and change the key itself.

A way in that is replaced is dropped only after a new process reached the key through the new one.
Whoever once had a passphrase *and* the files of that time keeps what they could read then: changing
a passphrase wraps the same key anew. Only ``rotate`` changes the key.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from assistant.access import erasing
from assistant.access.proving import ChildProver, Prover
from assistant.access.ways_in import FirstKeys, WaysIn
from assistant.background import Background
from assistant.clock import Clock
from assistant.errors import KeyringUnavailable, StorageFull, VaultError
from assistant.log import log_event
from assistant.paths import Profile
from assistant.store.copying import copy_verified
from assistant.store.keyslot_format import SlotType
from assistant.store.keyslots import (
    KEK_BYTES,
    KekSource,
    KeyLabel,
    KeyringKey,
    KeySlots,
    derive_key,
    keyring_account,
)
from assistant.store.recovery import RecoveryCode
from assistant.store.succession import Succession
from assistant.store.transfer_rows import sign_anew


@dataclass(frozen=True, slots=True)
class WayIn:
    """One way into the vault. ``created``: milliseconds since 1970, UTC."""

    type: SlotType
    created: int


class KeyService:
    """Each method answers with a future; the work is done on one thread, in order.

    Args:
        profile: Held by this process.
        dek: The open vault's key, 32 bytes.
        ways_in: Makes sources from secrets; knows the keyring.
        clock: For the times in the slots.
        blocking: Where the work is done.
        close_vault: Closes the vault for good, before its files are replaced.
        changed: Called with the slots of now, before and after an old way in is dropped.
        prover: Tries a new way in.
    """

    def __init__(
        self,
        profile: Profile,
        dek: bytes,
        ways_in: WaysIn,
        clock: Clock,
        blocking: Background,
        *,
        close_vault: Callable[[], None],
        changed: Callable[[KeySlots], object] = lambda _: None,
        prover: Prover | None = None,
    ) -> None:
        self._profile = profile
        self._dek = dek
        self._ways_in = ways_in
        self._clock = clock
        self._blocking = blocking
        self._close_vault = close_vault
        self._changed = changed
        self._prover = prover or ChildProver()

    def ways(self) -> Future[tuple[WayIn, ...]]:
        """The ways in there are, one for each type."""
        return self._blocking.submit(lambda: _ways(self._slots()))

    def set_passphrase(self, new: str) -> Future[tuple[WayIn, ...]]:
        """Add a passphrase, or put this one in the place of the one there is.

        Raises:
            InputRefused: in the future, where it is too short.
            VaultError: in the future; the earlier one stands.
        """
        return self._blocking.submit(lambda: self._replace(self._ways_in.passphrase(new), new))

    def set_recovery(self, code: RecoveryCode) -> Future[tuple[WayIn, ...]]:
        """Let this code, which the person has written down, be the only one. Raises likewise."""
        return self._blocking.submit(lambda: self._replace(code, code.text))

    def set_keyring(self) -> Future[tuple[WayIn, ...]]:
        """Let this machine's keyring open the vault, and no other.

        Raises:
            KeyringUnavailable: in the future; what there was stands.
        """
        return self._blocking.submit(self.enrol_keyring)

    def remove(self, kind: SlotType) -> Future[tuple[WayIn, ...]]:
        """Take a way in away.

        Raises:
            InputRefused: in the future, where it is the only one.
        """

        def work() -> tuple[WayIn, ...]:
            slots = self._slots()
            return self._drop(slots, [slot.id for slot in slots.of_type(kind)])

        return self._blocking.submit(work)

    def rotate(self, first: FirstKeys) -> Future[None]:
        """Change the key itself: everything is encrypted anew, under a new DEK.

        The old database and slots are removed once a new process reached the new key through
        each way in. Backups stay as they are, under the old key and its ways in. The vault is
        closed for this, and the process has to be replaced after it.

        Args:
            first: The new key's ways in.

        Raises:
            InputRefused, KeyringUnavailable: in the future; nothing was changed or closed.
            VaultError: in the future; the old key and everything else stand.
        """
        return self._blocking.submit(lambda: self._rotate(first))

    def enrol_keyring(self) -> tuple[WayIn, ...]:
        """What ``set_keyring`` does, at once: for the thread that opens the vault."""
        key = secrets.token_bytes(KEK_BYTES)
        keyring = self._ways_in.keyring()

        def put(slots: KeySlots) -> None:
            keyring.put(keyring_account(slots.vault_id, slots.newest.id), key)

        return self._replace(KeyringKey(key), "", put)

    def end_change(self, used: str) -> None:
        """End a change of a way in that was cut short; for the thread that opens the vault.

        What opened the vault is proved, by this process, which knew nothing before. Of its type
        no other way in is left then.

        Args:
            used: The id of the slot that opened the vault.

        Raises:
            VaultError: both stand on.
        """
        slots = self._slots()
        kind = next(slot.type for slot in slots.header.slots if slot.id == used)
        if twins := [slot.id for slot in slots.of_type(kind) if slot.id != used]:
            self._drop(slots, twins)

    def _replace(
        self, source: KekSource, secret: str, put: Callable[[KeySlots], None] = lambda _: None
    ) -> tuple[WayIn, ...]:
        before = self._slots()
        after = before.add(self._dek, source, now=self._clock.now())
        new = after.newest
        put(after)
        try:
            after.save(self._profile.key_slots)
        except BaseException:
            self._forget_accounts(after, [new.id])
            raise
        if not self._prover.prove(self._profile.key_slots, new.id, secret):
            self._drop(after, [new.id])
            raise VaultError(
                "A new process could not open the vault that way. Your earlier ways in stand.",
                "Try again, or choose another way in.",
            )
        log_event("key.added", type=new.type.value)
        return self._drop(after, [slot.id for slot in before.of_type(new.type)])

    def _drop(self, slots: KeySlots, slot_ids: list[str]) -> tuple[WayIn, ...]:
        """Forget slots everywhere: in the backups, the file, its earlier copy and the keyring."""
        if not slot_ids:
            with suppress(StorageFull):  # as below
                self._changed(slots)  # what was added shall open the backups, too
            return _ways(slots)
        left = slots.drop(self._dek, slot_ids)
        self._changed(slots)  # both open everything, until the one step that decides:
        try:
            left.save(self._profile.key_slots, forget=True)
        except StorageFull:
            if self._slots().generation != left.generation:
                raise
            # It stands; the disk only would not say that it stays.
        with suppress(StorageFull):  # the backups' schedule makes up for it, and says so
            self._changed(left)
            erasing.forget_damaged_key_files(self._profile)
        self._forget_accounts(slots, slot_ids)
        log_event("key.dropped", count=len(slot_ids))
        return _ways(left)

    def _forget_accounts(self, slots: KeySlots, slot_ids: list[str]) -> None:
        kinds = {slot.id: slot.type for slot in slots.header.slots}
        for slot_id in slot_ids:
            if kinds[slot_id] is SlotType.KEYRING:
                try:
                    self._ways_in.keyring().delete(keyring_account(slots.vault_id, slot_id))
                except KeyringUnavailable:
                    return  # what it keeps opens nothing any more

    def _rotate(self, first: FirstKeys) -> None:
        old = self._slots()
        slots, dek = self._ways_in.new_slots(first, self._clock.now())
        succession = Succession(self._profile)
        try:
            succession.prepare(slots.to_bytes())
            self._prove_all(succession, slots, first)
            self._close_vault()
            audit_keys = (derive_key(of, KeyLabel.AUDIT) for of in (self._dek, dek))
            copy_verified(
                self._profile.database,
                derive_key(self._dek, KeyLabel.DB),
                succession.database,
                derive_key(dek, KeyLabel.DB),
                amend=lambda copy: sign_anew(copy, *audit_keys),
            )
            self._ways_in.carry(old, slots)
            succession.commit(kept=f"{erasing.ROTATED}{self._clock.now()}")
        except BaseException:
            if not succession.is_decided:
                with suppress(OSError):  # else the next start removes it
                    succession.abandon()
                self._ways_in.forget(slots)
            raise
        with suppress(StorageFull):  # the next start goes on with it
            erasing.forget_rotated(self._profile)
        if _in_backups(self._profile, old.vault_id):
            self._ways_in.forget_cloud(old)  # of that nothing is in a backup
        else:
            self._ways_in.forget(old)
        log_event("key.rotated", ways=len(slots.header.slots))

    def _prove_all(self, succession: Succession, slots: KeySlots, first: FirstKeys) -> None:
        secrets_by_type = {
            SlotType.KEYRING: "",
            SlotType.PASSPHRASE: first.passphrase or "",
            SlotType.RECOVERY: first.recovery.text if first.recovery else "",
        }
        for slot in slots.header.slots:
            if not self._prover.prove(succession.key_slots, slot.id, secrets_by_type[slot.type]):
                raise VaultError(
                    "A new process could not reach the new key. The old one stands.",
                    "Try again, or leave out the way in that failed.",
                )

    def _slots(self) -> KeySlots:
        slots = KeySlots.load(self._profile.key_slots)
        slots.verify(self._dek)
        return slots


def _ways(slots: KeySlots) -> tuple[WayIn, ...]:
    newest = {slot.type: slot.created for slot in slots.header.slots}
    return tuple(WayIn(kind, newest[kind]) for kind in SlotType if kind in newest)


def _in_backups(profile: Profile, vault_id: str) -> bool:
    """Whether a backup still needs what the keyring holds for this vault."""
    for path in profile.backups.glob(f"*/{profile.key_slots.name}"):
        try:
            if KeySlots.load(path).vault_id == vault_id:
                return True
        except VaultError:
            continue
    return False
