"""Opening the vault from a terminal: keyring, a secret from a descriptor, or a prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assistant.access.entrance import VaultStatus
from assistant.app import App, Session
from assistant.errors import (
    KeyringUnavailable,
    NotFound,
    ProfileInUse,
    VaultError,
    VaultLocked,
    WrongPassphrase,
)
from assistant.instance import Instance
from assistant.paths import Profile
from assistant.terminal.console import Console
from assistant.terminal.first_run import make_vault

_TRIES: Final = 3
_WORDS: Final = {"passphrase": "passphrase", "recovery": "recovery code"}
_TYPED: Final = frozenset(_WORDS)


def open_to_read(app: App, profile: Profile, secret: str | None, console: Console) -> Session:
    """Open the vault for reading, beside whoever writes.

    An older Hush's vault is brought up to date first: for that moment the profile is held.

    Raises:
        NotFound: there is nothing to read yet.
        VaultLocked: nothing given opens it, and nobody is there to ask.
        VaultDamaged, VaultTooNew, StorageFull: nothing was changed.
    """
    status = app.vault_status().result()
    if not status.exists:
        raise NotFound("There is nothing in this profile yet.", "Start with “hush ask …”.")

    def read(words: str | None) -> Session:
        try:
            return app.open_vault(secret=words, read_only=True).result()
        except VaultError as error:
            if type(error) is not VaultError:  # only this one says that a writer is needed first
                raise
            _update(app, profile, words, error)
            return app.open_vault(secret=words, read_only=True).result()

    return _open(read, status, secret, console)


def open_to_write(
    app: App, secret: str | None, console: Console, *, keyring_only: bool = False
) -> Session:
    """Open the vault, or make it on first use. The profile is held.

    Raises:
        VaultLocked: nothing given opens it, and nobody is there to ask.
        VaultDamaged, VaultTooNew, StorageFull: nothing was changed.
    """
    status = app.vault_status().result()
    if not status.exists:
        return make_vault(app, status, secret, console, keyring_only=keyring_only)
    return _open(lambda words: app.open_vault(secret=words).result(), status, secret, console)


def _open(
    way_in: Callable[[str | None], Session],
    status: VaultStatus,
    secret: str | None,
    console: Console,
) -> Session:
    try:
        return way_in(secret)
    except VaultLocked as error:
        if secret is not None or not _TYPED & set(status.ways) or not console.interactive:
            raise
        if isinstance(error, KeyringUnavailable):
            console.remark(error.message)
    return _ask(way_in, status, console)


def _update(app: App, profile: Profile, secret: str | None, reason: VaultError) -> None:
    try:
        with Instance(profile):
            app.open_vault(secret=secret).result()
    except ProfileInUse:
        raise reason from None


def _ask(way_in: Callable[[str | None], Session], status: VaultStatus, console: Console) -> Session:
    question = " or ".join(word for way, word in _WORDS.items() if way in status.ways)
    for left in range(_TRIES - 1, -1, -1):
        try:
            return way_in(console.ask(f"{question.capitalize()}: "))
        except WrongPassphrase as error:
            if not left:
                raise
            console.remark(error.sentence)
    raise VaultLocked("The vault is locked.")
