"""Ways into a vault: making the first ones, and finding the key through those there are."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from assistant.errors import (
    InputRefused,
    KeyringChanged,
    KeyringUnavailable,
    VaultLocked,
    WrongPassphrase,
)
from assistant.store.cloud_accounts import CloudAccounts
from assistant.store.keyring_guard import SecretStore, open_keyring
from assistant.store.keyslot_format import Slot, SlotType
from assistant.store.keyslots import (
    KEK_BYTES,
    KekSource,
    KeyringKey,
    KeySlots,
    keyring_account,
    new_vault_id,
)
from assistant.store.passphrase import Argon2Policy, Passphrase
from assistant.store.recovery import CODE_CHARACTERS, RecoveryCode

MIN_PASSPHRASE_CHARACTERS: Final = 8
"""Shortest new passphrase (NIST SP 800-63B, 5.1.1.2)."""

_CODE_LETTERS: Final = frozenset(string.ascii_uppercase + string.digits + "- ")
_CODE_SLACK: Final = 4  # characters too many or too few that still look like a code


@dataclass(frozen=True, slots=True)
class FirstKeys:
    """The ways in that a new key gets. At least one.

    Attributes:
        keyring: Keep one in this machine's keyring.
        passphrase: As the person typed it.
        recovery: Shown to the person, and confirmed by them, before.
    """

    keyring: bool
    passphrase: str | None = field(default=None, repr=False)
    recovery: RecoveryCode | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A vault's key, and the slot by which it was reached."""

    dek: bytes = field(repr=False)
    slot: Slot = field(repr=False)
    slots: KeySlots = field(repr=False)


class WaysIn:
    """What turns secrets into a vault's key. Every method blocks.

    Args:
        keyring: Finds the safe keyring.
        cost: What a new passphrase slot may cost to open.
    """

    def __init__(
        self, keyring: Callable[[], SecretStore] = open_keyring, cost: Argon2Policy | None = None
    ) -> None:
        self.keyring = keyring
        self._cost = cost

    def new_slots(self, first: FirstKeys, now: int) -> tuple[KeySlots, bytes]:
        """Make a new DEK with its first slots; the keyring holds its part then.

        Args:
            first: Which slots.
            now: Milliseconds since 1970, UTC.

        Returns:
            The slots, not yet saved, and the DEK (32 bytes).

        Raises:
            InputRefused: a passphrase too short, or no way in at all.
            KeyringUnavailable: the keyring is wanted, and there is none.
        """
        key = secrets.token_bytes(KEK_BYTES)
        wanted: list[KekSource] = [KeyringKey(key)] if first.keyring else []
        if first.passphrase is not None:
            wanted.append(self.passphrase(first.passphrase))
        if first.recovery:
            wanted.append(first.recovery)
        if not wanted:
            raise InputRefused("A vault needs a way in.")
        keyring = self.keyring() if first.keyring else None  # before a costly derivation
        slots, dek = KeySlots.create(new_vault_id(), wanted[0], now=now)
        for source in wanted[1:]:
            slots = slots.add(dek, source, now=now)
        if keyring:
            keyring.put(self._accounts(slots)[0], key)
        return slots, dek

    def passphrase(self, text: str) -> Passphrase:
        """A new passphrase as a way in.

        Raises:
            InputRefused: it is too short.
        """
        if len(text) < MIN_PASSPHRASE_CHARACTERS:
            raise InputRefused(
                f"A passphrase needs at least {MIN_PASSPHRASE_CHARACTERS} characters.",
                "A few unrelated words are easy to remember and hard to guess.",
            )
        return Passphrase(text, policy=self._cost)

    def unlock(self, slots: KeySlots, secret: str | None) -> Unlocked:
        """Find the key.

        Args:
            slots: The ways in there are.
            secret: A passphrase or a recovery code, as typed; None to ask the keyring.

        Raises:
            VaultLocked, WrongPassphrase, KeyringUnavailable: another way in is needed.
            VaultDamaged: the slots were altered.
        """
        if secret is None:
            return self._through_keyring(slots)
        refusal: VaultLocked | None = None
        for source in self._typed(slots, secret):
            try:
                slot, dek = slots.find(source)
            except VaultLocked as error:
                # A code that proves itself is no mistyped passphrase: its words stay.
                refusal = refusal or error
            else:
                return Unlocked(dek, slot, slots)
        raise refusal or VaultLocked("Nothing typed can open this vault.")

    def forget(self, *all_slots: KeySlots) -> None:
        """Take the keyring's part of these slots away, and the keys of providers beside them.

        A keyring that does not answer once is not asked again: what it holds opens nothing here.
        """
        if not all_slots:
            return
        accounts = {account for slots in all_slots for account in self._accounts(slots)}
        with suppress(KeyringUnavailable):
            # Also where no slot needs it: a vault that a passphrase opens may have such keys.
            keyring = self.keyring()
            for account in sorted(accounts):
                keyring.delete(account)
            _forget_cloud(keyring, *all_slots)

    def forget_cloud(self, slots: KeySlots) -> None:
        """Take the keys of providers away, as far as the keyring answers."""
        with suppress(KeyringUnavailable):
            _forget_cloud(self.keyring(), slots)

    def carry(self, before: KeySlots, after: KeySlots) -> None:
        """Have the keys of providers go along to a vault's new key, as far as the keyring answers.

        They stay under the old one's name, too, until that is forgotten. What does not go along
        has to be entered again.
        """
        with suppress(KeyringUnavailable):
            CloudAccounts(self.keyring().texts, before.vault_id).copy_to(after.vault_id)

    def _through_keyring(self, slots: KeySlots) -> Unlocked:
        if not slots.of_type(SlotType.KEYRING):
            raise VaultLocked("This vault is locked.", f"Enter its {_what_to_type(slots)}.")
        keyring = self.keyring()
        refusal = KeyringChanged(
            "Your keyring does not hold this vault's key.",
            "Unlock the keyring that Hush was set up with, put it back, or use another way in.",
        )
        for account in reversed(self._accounts(slots)):  # the newest is the likeliest
            try:
                if key := keyring.get(account):
                    slot, dek = slots.find(KeyringKey(key), account.rpartition("-")[2])
                    return Unlocked(dek, slot, slots)
            except KeyringChanged as error:
                refusal = error
        raise refusal

    def _typed(self, slots: KeySlots, secret: str) -> Iterator[KekSource]:
        """What a typed secret may be: a code that proves itself, a passphrase, a mistyped code.

        Raises:
            WrongPassphrase: after those, with what is wrong with the code.
        """
        types = slots.types
        slip: InputRefused | None = None
        if SlotType.RECOVERY in types:
            try:
                yield RecoveryCode.parse(secret)
            except InputRefused as error:
                slip = error
        if SlotType.PASSPHRASE in types:
            yield Passphrase(secret, policy=self._cost)
        if slip and (SlotType.PASSPHRASE not in types or _looks_like_code(secret)):
            raise WrongPassphrase(slip.message, slip.advice)

    @staticmethod
    def _accounts(slots: KeySlots) -> list[str]:
        ids = [slot.id for slot in slots.of_type(SlotType.KEYRING)]
        return [keyring_account(slots.vault_id, slot_id) for slot_id in ids]


def _forget_cloud(keyring: SecretStore, *all_slots: KeySlots) -> None:
    for vault_id in sorted({slots.vault_id for slots in all_slots}):
        CloudAccounts(keyring.texts, vault_id).forget_all()


def _looks_like_code(secret: str) -> bool:
    typed = secret.upper()
    groups = sum(character not in "- " for character in typed)
    return set(typed) <= _CODE_LETTERS and abs(groups - CODE_CHARACTERS) <= _CODE_SLACK


def _what_to_type(slots: KeySlots) -> str:
    words = {SlotType.PASSPHRASE: "passphrase", SlotType.RECOVERY: "recovery code"}
    return " or ".join(word for kind, word in words.items() if kind in slots.types)
