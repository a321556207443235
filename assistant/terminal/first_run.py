"""The first run in a terminal: which ways into the vault there will be, before anything is kept."""

from __future__ import annotations

import secrets
from typing import Final

from assistant.access.entrance import FirstKeys, VaultStatus
from assistant.app import App, Session
from assistant.errors import InputRefused, VaultLocked
from assistant.store.recovery import RecoveryCode
from assistant.terminal.console import Console

_TRIES: Final = 3
_ASKED_GROUPS: Final = 2
_KEYRING_LOST: Final = (
    "If this keyring is lost (a new laptop, a reinstalled system, a forgotten login password), "
    "nobody can open your chats again."
)
_FORGOTTEN: Final = "If you forget this passphrase, nobody can open your chats again."


def make_vault(
    app: App, status: VaultStatus, secret: str | None, console: Console, *, keyring_only: bool
) -> Session:
    """Make the vault; a second way in is confirmed, or plainly done without, before that.

    Args:
        app: With no vault yet.
        status: Says whether there is a keyring.
        secret: A passphrase from the command line: then it is the only way in.
        console: Where the person is asked.
        keyring_only: The command line says that the keyring is enough.

    Raises:
        VaultLocked: nobody is there to ask, and nothing given is a way in.
        InputRefused: nothing was chosen; nothing was made.
    """
    session = app.create_vault(
        _first_keys(status, secret, console, keyring_only=keyring_only)
    ).result()
    console.remark("Your chats are kept on this machine, encrypted.")
    return session


def choose_passphrase(console: Console) -> str:
    """Ask for a new passphrase, twice.

    Raises:
        InputRefused: three times the two differed.
    """
    for _ in range(_TRIES):
        first = console.ask("New passphrase: ")
        if first == console.ask("The same again: "):
            return first
        console.remark("They differ.")
    raise InputRefused("No passphrase was chosen.", "Nothing was changed.")


def confirm_recovery_code(console: Console) -> RecoveryCode:
    """Show a new recovery code, and let the person prove that it is written down.

    Raises:
        InputRefused: three times it was not.
    """
    code = RecoveryCode.generate()
    console.remark(f"\nYour recovery code:\n\n    {'  '.join(code.groups)}\n")
    console.remark(
        "Write it on paper and keep it away from this laptop. It is not shown again. "
        "Clear this terminal's scrollback afterwards."
    )
    for _ in range(_TRIES):
        numbers = sorted(secrets.SystemRandom().sample(range(len(code.groups)), _ASKED_GROUPS))
        asked = " and ".join(str(number + 1) for number in numbers)
        typed = console.reply(f"To confirm, type groups {asked}: ").upper().split()
        if typed == [code.groups[number] for number in numbers]:
            return code
        console.remark("That is not what it says there.")
    raise InputRefused("The recovery code was not confirmed.", "Nothing was changed.")


def _first_keys(
    status: VaultStatus, secret: str | None, console: Console, *, keyring_only: bool
) -> FirstKeys:
    if secret is not None:
        return FirstKeys(keyring=False, passphrase=secret)
    if keyring_only and status.keyring:
        console.remark(_KEYRING_LOST)
        return FirstKeys(keyring=True)
    if not console.interactive:
        raise _nobody_there(status)
    if not status.keyring:
        console.remark(f"{status.keyring_problem} Choose a passphrase for your chats.")
        return _with_second_way(FirstKeys(False, choose_passphrase(console)), console)
    console.remark(f"The key of your chats will be kept by {status.keyring}. {_KEYRING_LOST}")
    return _with_second_way(FirstKeys(keyring=True), console)


def _with_second_way(first: FirstKeys, console: Console) -> FirstKeys:
    """Add what the person chooses; the answer has to be given, there is no default."""
    choices = "r for a recovery code" + ", p for a passphrase" * first.keyring
    for _ in range(_TRIES):
        match console.reply(f"A second way in? {choices}, n for none: ").strip().lower():
            case "r":
                code = confirm_recovery_code(console)
                return FirstKeys(first.keyring, first.passphrase, code)
            case "p" if first.keyring:
                return FirstKeys(keyring=True, passphrase=choose_passphrase(console))
            case "n":
                console.remark(_KEYRING_LOST if first.keyring else _FORGOTTEN)
                return first
            case _:
                continue
    raise InputRefused("No second way in was chosen.", "Nothing was kept.")


def _nobody_there(status: VaultStatus) -> VaultLocked:
    if status.keyring:
        return VaultLocked(
            "Hush is not set up yet: a second way into your chats comes first.",
            "Run “hush chat” once in a terminal, or open the window. Or say --keyring-only.",
        )
    return VaultLocked(
        f"{status.keyring_problem} Chats are kept encrypted or not at all.",
        "Give a passphrase with --passphrase-fd N, or run it in a terminal.",
    )
