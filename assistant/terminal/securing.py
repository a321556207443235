"""``hush keys`` and ``hush erase``: the ways into the vault, and the end of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from assistant.access.entrance import FirstKeys
from assistant.access.keys import KeyService, WayIn
from assistant.app import App, Session
from assistant.errors import InputRefused, VaultLocked
from assistant.store.keyslot_format import SlotType
from assistant.store.recovery import RecoveryCode
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console, read_passphrase
from assistant.terminal.first_run import choose_passphrase, confirm_recovery_code

_NAMES: Final = {
    SlotType.KEYRING: "this machine's keyring",
    SlotType.PASSPHRASE: "a passphrase",
    SlotType.RECOVERY: "a recovery code",
}
_ERASE: Final = "ERASE"


def keys(arguments: Arguments, session: Session, console: Console) -> int:
    """List the ways in, or change one.

    Raises:
        InputRefused: there is nothing to remove, or it is the only way in.
        VaultLocked: somebody has to be asked, and nobody is there.
        VaultError: the earlier ways in stand.
    """
    service = session.keys
    if service is None:
        raise VaultLocked("The vault is open for reading only.")
    work: dict[str, Callable[[], tuple[WayIn, ...]]] = {
        "list": lambda: service.ways().result(),
        "passphrase": lambda: service.set_passphrase(_new_passphrase(arguments, console)).result(),
        "recovery": lambda: service.set_recovery(_new_code(console)).result(),
        "keyring": lambda: service.set_keyring().result(),
        "remove": lambda: service.remove(SlotType(arguments.way)).result(),
        "rotate": lambda: _rotate(service, arguments, console),
    }
    ways = work[arguments.action]()
    if arguments.json:
        console.data({"ways": [{"type": way.type.value, "created": way.created} for way in ways]})
        return 0
    for way in ways:
        since = datetime.fromtimestamp(way.created / 1000).astimezone()
        console.line(f"{way.type.value:<12} since {since:%Y-%m-%d %H:%M}")
    if len(ways) == 1:
        console.remark(
            f"Only {_NAMES[ways[0].type]} opens your vault. Add another way in: “hush keys …”."
        )
    return 0


def erase(arguments: Arguments, app: App, console: Console) -> int:
    """Erase everything in this profile, after asking.

    Raises:
        InputRefused: not confirmed; nothing was changed.
        StorageFull: something is left; its keys are not.
    """
    console.remark(
        "This erases every chat, draft and backup in this profile, and the keys to them. "
        "Exported files and copies elsewhere stay. It cannot be undone."
    )
    if not arguments.yes:
        if not console.interactive:
            raise InputRefused("Nothing was erased.", "Say --yes where nobody can be asked.")
        if console.reply(f"Type {_ERASE} to go on: ").strip() != _ERASE:
            raise InputRefused("Nothing was erased.")
    app.erase_everything().result()
    console.remark("Everything is erased.")
    return 0


def _rotate(service: KeyService, arguments: Arguments, console: Console) -> tuple[WayIn, ...]:
    """Change the vault's key; every way in there is gets a successor."""
    types = {way.type for way in service.ways().result()}
    passphrase = code = None
    if SlotType.PASSPHRASE in types:
        passphrase = _new_passphrase(arguments, console)
    if SlotType.RECOVERY in types:
        code = _new_code(console)
    console.remark("Encrypting everything anew …")
    service.rotate(FirstKeys(SlotType.KEYRING in types, passphrase, code)).result()
    console.remark("Done. Earlier backups stay under the old key; see “hush backup”.")
    return ()


def _new_passphrase(arguments: Arguments, console: Console) -> str:
    if arguments.new_passphrase_fd is not None:
        return read_passphrase(arguments.new_passphrase_fd)
    return choose_passphrase(console)


def _new_code(console: Console) -> RecoveryCode:
    if not console.interactive:
        raise VaultLocked("A recovery code is shown to a person, once.", "Run this in a terminal.")
    return confirm_recovery_code(console)
