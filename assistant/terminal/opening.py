"""Opening the vault from a terminal: keyring, passphrase from a descriptor, or a prompt."""

from __future__ import annotations

from typing import Final

from assistant.app import App, Session
from assistant.entrance import VaultStatus
from assistant.errors import (
    InputRefused,
    KeyringUnavailable,
    NotFound,
    VaultLocked,
    WrongPassphrase,
)
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console, read_passphrase

_TRIES: Final = 3


def open_session(
    app: App, arguments: Arguments, console: Console, *, read_only: bool = False
) -> Session:
    """Open the vault, or make it on first use.

    Raises:
        VaultLocked: nothing given opens it, and nobody is there to ask.
        NotFound: a command that only reads, and nothing to read yet.
        VaultDamaged, VaultTooNew, StorageFull: nothing was changed.
    """
    passphrase = None
    if arguments.passphrase_fd is not None:
        passphrase = read_passphrase(arguments.passphrase_fd)
    status = app.vault_status().result()
    if not status.exists:
        if arguments.command not in {"", "ask", "chat"}:
            raise NotFound("There is nothing in this profile yet.", "Start with “hush ask …”.")
        return _create(app, status, passphrase, console)
    if passphrase is not None:
        return app.open_vault(passphrase=passphrase, read_only=read_only).result()
    try:
        return app.open_vault(read_only=read_only).result()
    except VaultLocked as error:
        if "passphrase" not in status.ways or not console.interactive:
            raise
        if isinstance(error, KeyringUnavailable):
            console.remark(error.message)
    return _ask(app, console, read_only=read_only)


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


def _ask(app: App, console: Console, *, read_only: bool) -> Session:
    for left in range(_TRIES - 1, -1, -1):
        try:
            passphrase = console.ask("Passphrase: ")
            return app.open_vault(passphrase=passphrase, read_only=read_only).result()
        except WrongPassphrase as error:
            if not left:
                raise
            console.remark(error.sentence)
    raise VaultLocked("The vault is locked.")
