"""``hush backup``: list, make, check and restore backups, try a restore, forget earlier ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from assistant.app import App
from assistant.backup.service import Backup, Missing
from assistant.errors import HushError, InputRefused, NotFound, VaultLocked, WrongPassphrase
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.terminal.opening import open_to_write

T = TypeVar("T")

READING: Final = frozenset({"list", "verify"})
"""What changes nothing, and so works beside an open window."""

_TRIES: Final = 3
_DRILL_FAILED: Final = 7  # the exit code of a damaged store
_YES: Final = "YES"
_MB: Final = 1_000_000  # as disks and file managers count


def backup(arguments: Arguments, app: App, secret: str | None, console: Console) -> int:
    """Do what ``arguments.action`` says. The profile is held but for what ``READING`` names.

    Args:
        arguments: Parsed.
        app: With nothing opened yet.
        secret: A passphrase or recovery code from the command line.
        console: Where the person is asked and told.

    Returns:
        The exit code.

    Raises:
        NotFound: there is no such backup, or nothing to back up.
        InputRefused: not confirmed; nothing was changed.
        VaultLocked: nothing given opens it, and nobody is there to ask.
        VaultError: in words; what stood before stands.
    """
    work = {
        "list": _list,
        "create": _create,
        "verify": _verify,
        "restore": _restore,
        "forget-earlier": _forget_earlier,
        "drill": _drill,
    }
    return work[arguments.action](arguments, app, secret, console)


def _list(arguments: Arguments, app: App, _secret: str | None, console: Console) -> int:
    found = app.backups.list().result()
    for entry in found:
        if arguments.json:
            console.data(asdict(entry))
        else:
            console.line(
                f"{entry.name:<20}  {entry.bytes / _MB:>8.1f} MB  {_contents(entry)}, "
                f"{entry.reason}, kept until {_day(entry.expires)} at the latest"
            )
    if not found:
        console.remark("There is no backup yet.")
    drill = app.backups.last_drill().result()
    if drill and not drill.ok:
        console.remark(f"The last restore drill, on {_day(drill.at)}, failed. {drill.problem}")
    return 0


def _create(arguments: Arguments, app: App, secret: str | None, console: Console) -> int:
    _require_vault(app)
    open_to_write(app, secret, console)
    to = Path(arguments.to).absolute() if arguments.to else None
    made = app.backups.create(to=to).result()
    _tell(made, arguments, console)
    console.remark("Copied, read back and compared.")
    if to:
        ways = set(app.vault_status().result().ways)
        opens = "the passphrase or recovery code of now"
        console.remark(
            f"It is in {to / made.name}. It opens anywhere with {opens}."
            if ways - {"keyring"}
            else f"It is in {to / made.name}. Only this machine's keyring opens it: "
            "add a passphrase or a recovery code, then make another."
        )
    return 0


def _verify(arguments: Arguments, app: App, secret: str | None, console: Console) -> int:
    which = arguments.backup or _newest(app)
    found, _ = _with_secret(
        lambda words: app.backups.verify(which, words).result(), secret, console
    )
    _tell(found, arguments, console)
    console.remark("Every page is as it was written, and all of it can be read.")
    return 0


def _restore(arguments: Arguments, app: App, secret: str | None, console: Console) -> int:
    which = arguments.backup
    found, opened_with = _with_secret(
        lambda words: app.backups.verify(which, words).result(), secret, console
    )
    console.remark(
        f"This backup of {_moment(found.made)} is whole. It holds {_contents(found)}. "
        f"{missing_words(_missing(app, which, opened_with))} "
        f"The present files, if any, are kept in {app.profile.kept}."
    )
    _confirm(arguments, console, "restored", "Restore it?")
    done = app.backups.restore(which, opened_with).result()
    if arguments.json:
        kept = str(done.kept) if done.kept else None
        console.data({**asdict(done), "kept": kept})
    else:
        console.line(f"Restored: {_contents(found)}.")
    if done.kept:
        console.remark(f"What stood there before is in {done.kept}.")
    return 0


def _forget_earlier(arguments: Arguments, app: App, secret: str | None, console: Console) -> int:
    _require_vault(app)
    open_to_write(app, secret, console)
    count = len(app.backups.list().result())
    console.remark(
        f"This makes a new backup, then deletes all earlier ones: {count}, and the files that "
        "a restore kept. What was deleted or lost before now cannot be had back from them any more."
    )
    _confirm(arguments, console, "deleted", "Go on?")
    _tell(app.backups.forget_earlier().result(), arguments, console)
    console.remark(
        "Only this backup is left in the profile, and nothing that a restore kept. "
        "Copies elsewhere stay."
    )
    return 0


def _drill(arguments: Arguments, app: App, secret: str | None, console: Console) -> int:
    drill, _ = _with_secret(lambda words: app.backups.drill(words).result(), secret, console)
    if arguments.json:
        console.data(asdict(drill))
    elif drill.ok:
        console.line(
            f"{drill.backup} was restored aside and compared: "
            f"{_counts(drill.conversations, drill.messages)}, all there."
        )
    if not drill.ok:
        console.remark(f"The drill failed. {drill.problem} Your vault is as it was.")
    return 0 if drill.ok else _DRILL_FAILED


def _require_vault(app: App) -> None:
    if not app.vault_status().result().exists:
        raise NotFound("There is nothing to back up in this profile yet.")


def _newest(app: App) -> str:
    found = app.backups.list().result()
    if not found:
        raise NotFound("There is no backup yet.", "Make one with “hush backup create”.")
    return found[0].name


def _with_secret(
    work: Callable[[str | None], T], secret: str | None, console: Console
) -> tuple[T, str | None]:
    """Try what was given, or the keyring; then ask, where somebody is there.

    Returns:
        What ``work`` returned, and the secret that it took.
    """
    try:
        return work(secret), secret
    except VaultLocked as error:
        if secret is not None or not console.interactive:
            raise
        console.remark(error.message)
    for left in range(_TRIES - 1, -1, -1):
        typed = console.ask("Passphrase or recovery code: ")
        try:
            return work(typed), typed
        except WrongPassphrase as error:
            if not left:
                raise
            console.remark(error.sentence)
    raise VaultLocked("The backup is locked.")


def _missing(app: App, which: str, secret: str | None) -> Missing | None:
    """What a restore would lose; None where that cannot be known."""
    try:
        return app.backups.missing_since(which, secret).result()
    except HushError:
        return None


def missing_words(missing: Missing | None) -> str:
    """What a restore would lose, in a sentence; None: that cannot be known."""
    none = missing is None or not (missing.conversations or missing.messages)
    if missing is None or (none and not missing.complete):
        return "What you wrote since then would be missing from it."
    if none:
        return "No chat or message was begun since then; answers and drafts may have changed."
    least = "" if missing.complete else "at least "
    since = _counts(missing.conversations, missing.messages)
    return f"Written since then, and missing from it: {least}{since}."


def _confirm(arguments: Arguments, console: Console, done: str, question: str) -> None:
    if arguments.yes:
        return
    if not console.interactive:
        raise InputRefused(f"Nothing was {done}.", "Say --yes where nobody can be asked.")
    if console.reply(f"{question} Type {_YES} to go on: ").strip() != _YES:
        raise InputRefused(f"Nothing was {done}.")


def _tell(entry: Backup, arguments: Arguments, console: Console) -> None:
    if arguments.json:
        console.data(asdict(entry))
    else:
        console.line(f"{entry.name}  {_contents(entry)}")


def _contents(entry: Backup) -> str:
    return _counts(entry.conversations, entry.messages)


def _counts(conversations: int, messages: int) -> str:
    chats = f"{conversations} chat{'' if conversations == 1 else 's'}"
    return f"{chats}, {messages} message{'' if messages == 1 else 's'}"


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000).astimezone().strftime("%Y-%m-%d")


def _moment(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000).astimezone().strftime("%Y-%m-%d %H:%M")
