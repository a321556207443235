"""Opening the vault from a terminal: keyring, passphrase from a descriptor, or a prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assistant.app import App, Session
from assistant.entrance import VaultStatus
from assistant.errors import (
    InputRefused,
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

_TRIES: Final = 3


def open_to_read(app: App, profile: Profile, passphrase: str | None, console: Console) -> Session:
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
            return app.open_vault(passphrase=words, read_only=True).result()
        except VaultError as error:
            if type(error) is not VaultError:  # only this one says that a writer is needed first
                raise
            _update(app, profile, words, error)
            return app.open_vault(passphrase=words, read_only=True).result()

    return _open(read, status, passphrase, console)


def open_to_write(app: App, passphrase: str | None, console: Console) -> Session:
    """Open the vault, or make it on first use. The profile is held.

    Raises:
        VaultLocked: nothing given opens it, and nobody is there to ask.
        VaultDamaged, VaultTooNew, StorageFull: nothing was changed.
    """
    status = app.vault_status().result()
    if not status.exists:
        return _create(app, status, passphrase, console)
    return _open(
        lambda words: app.open_vault(passphrase=words).result(), status, passphrase, console
    )


def _open(
    way_in: Callable[[str | None], Session],
    status: VaultStatus,
    passphrase: str | None,
    console: Console,
) -> Session:
    try:
        return way_in(passphrase)
    except VaultLocked as error:
        if passphrase is not None or "passphrase" not in status.ways or not console.interactive:
            raise
        if isinstance(error, KeyringUnavailable):
            console.remark(error.message)
    return _ask(way_in, console)


def _update(app: App, profile: Profile, passphrase: str | None, reason: VaultError) -> None:
    try:
        with Instance(profile):
            app.open_vault(passphrase=passphrase).result()
    except ProfileInUse:
        raise reason from None


def _create(app: App, status: VaultStatus, passphrase: str | None, console: Console) -> Session:
    if passphrase is None and not status.keyring:
        if not console.interactive:
            raise VaultLocked(
                f"{status.keyring_problem} Chats are kept encrypted or not at all.",
                "Give a passphrase with --passphrase-fd N, or run it in a terminal.",
            )
        passphrase = _choose(status, console)
    session = app.open_vault(passphrase=passphrase, create=True).result()
    where = "with your passphrase" if passphrase else f"with a key in {status.keyring}"
    console.remark(f"Your chats are kept on this machine, encrypted {where}.")
    return session


def _choose(status: VaultStatus, console: Console) -> str:
    console.remark(
        f"{status.keyring_problem} Choose a passphrase for your chats. "
        "Nobody can recover it if you forget it."
    )
    for _ in range(_TRIES):
        first = console.ask("New passphrase: ")
        if first == console.ask("The same again: "):
            return first
        console.remark("They differ.")
    raise InputRefused("No passphrase was chosen.", "Nothing was kept.")


def _ask(way_in: Callable[[str | None], Session], console: Console) -> Session:
    for left in range(_TRIES - 1, -1, -1):
        try:
            return way_in(console.ask("Passphrase: "))
        except WrongPassphrase as error:
            if not left:
                raise
            console.remark(error.sentence)
    raise VaultLocked("The vault is locked.")
