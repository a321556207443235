"""The command line of ``hush``, parsed. Global options stand before or after the subcommand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant import __version__
from assistant.terminal import values
from assistant.terminal.cloud_arguments import add_asking_elsewhere, add_cloud, alone
from assistant.terminal.model_arguments import add_models, add_network
from assistant.terminal.note_arguments import add_json, add_notes, add_slowly

_EXIT_CODES = """exit codes:
  0 done · 1 bug · 2 usage · 3 vault locked · 4 not found · 5 model failed
  6 profile in use or unusable · 7 store damaged or too new, disk full or read-only
  8 this machine lacks memory or a library · 9 network refused or failed · 130 stopped"""

_KEY_ACTIONS = {
    "list": "The ways in there are.",
    "passphrase": "Add a passphrase, or change it.",
    "recovery": "Make a new recovery code; an earlier one opens nothing any more.",
    "keyring": "Let this machine's keyring open the vault.",
    "remove": "Take a way in away; never the last one.",
    "rotate": "Change the vault's key: everything is encrypted anew.",
}

_BACKUP_ACTIONS = {
    "list": "The backups there are, newest first.",
    "create": "Make one now. It is read back before it counts.",
    "verify": "Read every page of one, the newest by default, and compare it.",
    "restore": "Put one in the place of your chats. The present files are kept.",
    "forget-earlier": "Make one now, then delete all others: what you deleted goes from them, too.",
    "drill": "Restore the newest aside, read all of it, remove it.",
}

_INDEX_ACTIONS = {
    "status": "How far the index is.",
    "update": "Bring it up to date now.",
    "rebuild": "Build it anew, beside the one that serves until then.",
}


@dataclass(frozen=True, slots=True)
class Arguments:
    """What was asked for. ``command`` is empty where no subcommand was named."""

    command: str = ""
    profile: str | None = None
    passphrase_fd: int | None = None
    text: tuple[str, ...] = ()
    query: str = ""
    conversation: int | None = None
    id: int = 0
    json: bool = False
    unsaved: bool = False
    format: str = "markdown"
    output: str = "-"
    keyring_only: bool = False
    action: str = ""
    way: str = ""
    new_passphrase_fd: int | None = None
    yes: bool = False
    after: str = ""
    broker_fd: int | None = None
    geometry: str = ""
    open: int | None = None
    backup: str = ""
    to: str = ""
    days: int = 7
    slowly: bool = False
    title: str = ""
    tags: tuple[str, ...] = ()
    trash: bool = False
    path: str = ""
    by_folder: bool | None = None
    of_notes: bool = False
    of_tag: str = ""
    of_note: int | None = None
    of_chat: int | None = None
    attach: tuple[str, ...] = ()
    kind: str = ""
    limit: int = 20
    ids: tuple[int, ...] = ()
    apply_above: float | None = None
    review: bool = False
    resume: bool = False
    log: bool = False
    undo: int = 0
    dry_run: bool = False
    task: str = ""
    language: str = ""
    apply: bool = False
    diff: bool = False
    step: str = ""
    name: str = ""
    into: str = ""
    hue: str = ""
    keep_in_texts: bool = False
    approve: str = ""
    metered: bool = False
    use: bool = False
    copy: bool = False
    form: str = ""
    tally: bool = False
    check: bool = False
    cloud: bool = False
    as_it_is: bool = False
    leave_out: tuple[str, ...] = ()
    address: str = ""
    model: str = ""
    key_fd: int | None = None
    price_in: float | None = None
    price_out: float | None = None
    currency: str | None = None
    limit_field: str = ""


def parse(argv: Sequence[str] | None = None) -> Arguments:
    """Parse ``argv`` (default: the process's own).

    Raises:
        SystemExit: 2 where it is not understood, 0 for ``--help`` and ``--version``.
    """
    parser = _parser()
    found = vars(parser.parse_args(sys.argv[1:] if argv is None else list(argv)))
    if problem := alone(found):
        parser.error(problem)
    return Arguments(**{name: _frozen(value) for name, value in found.items()})


def _parser() -> argparse.ArgumentParser:
    shared = _globals()
    parser = argparse.ArgumentParser(
        prog="hush",
        description="A private assistant that works with no network. Without a command it opens "
        "its window.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
    )
    parser.add_argument("--version", action="version", version=f"hush {__version__}")
    _resumption(parser)
    commands = parser.add_subparsers(dest="command", metavar="command")
    parser.set_defaults(command="")

    def command(name: str, help_text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help_text, description=help_text, parents=[shared])

    ask = command("ask", "Ask one question. Reads it, or what it is about, from a pipe too.")
    ask.add_argument("text", nargs="*", help="the question")
    ask.add_argument(
        "--conversation", type=values.conversation, metavar="ID", help="go on with a conversation"
    )
    ask.add_argument("--unsaved", action="store_true", help="keep nothing of it")
    _scope(ask)
    _attach(ask)
    add_slowly(ask)
    _keyring_only(ask)
    add_asking_elsewhere(ask)
    add_json(ask, "one event a line")

    chat = command("chat", "Chat in the terminal.")
    chat.add_argument(
        "--conversation", type=values.conversation, metavar="ID", help="go on with a conversation"
    )
    chat.add_argument("--unsaved", action="store_true", help="keep nothing of it")
    _scope(chat)
    add_slowly(chat)
    _keyring_only(chat)

    listing = command("list", "List conversations, newest first.")
    listing.add_argument("query", nargs="?", default="", help="only titles that contain this")
    add_json(listing, "one conversation a line")

    show = command("show", "Show a conversation.")
    show.add_argument("id", type=values.conversation)
    add_json(show, "as one object")

    export = command("export", "Write a conversation to a file or to the terminal.")
    export.add_argument("id", type=values.conversation)
    export.add_argument("--format", choices=("markdown", "json"), default="markdown")
    export.add_argument("-o", "--output", default="-", metavar="FILE", help="default: the terminal")

    keys = command("keys", "See and change the ways into your vault.")
    actions = keys.add_subparsers(dest="action", metavar="action", required=True)
    for name, words in _KEY_ACTIONS.items():
        action = actions.add_parser(name, help=words, description=words, parents=[shared])
        add_json(action, "as one object")
        if name in {"passphrase", "rotate"}:
            action.add_argument(
                "--new-passphrase-fd",
                type=values.descriptor,
                metavar="N",
                help="read the new passphrase from file descriptor N",
            )
        if name == "remove":
            action.add_argument("way", choices=("keyring", "passphrase", "recovery"))

    _backup(command("backup", "See, make, check and restore backups."), shared)

    add_notes(command("notes", "Write, find, tag and change notes."), shared)

    _search(command("search", "Find passages of notes and chats, by words and by meaning."))
    _index(command("index", "See, update and rebuild the index that search uses."), shared)

    metrics = command("metrics", "What answers cost on this machine. Numbers, never content.")
    metrics.add_argument(
        "--days",
        type=values.days,
        default=7,
        metavar="N",
        help=f"the last N, 1 to {values.MAX_DAYS}; 7",
    )
    add_json(metrics, "as one object of numbers")

    add_models(command("models", "See, get, try, change and remove models."), shared)
    add_network(command("network", "What was ever sent, to whom and why."))
    add_cloud(command("cloud", "Who can be asked elsewhere, and what waits for it."), shared)

    erase = command("erase", "Erase everything in this profile, its keys first.")
    erase.add_argument("--yes", action="store_true", help="do not ask")

    add_json(command("doctor", "Say what Hush found on this machine."), "as one object")
    return parser


def _globals() -> argparse.ArgumentParser:
    """Options that every command takes.

    Suppressed defaults: the later parser must not undo what the earlier one read.
    """
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = shared.add_argument_group("global options")
    group.add_argument(
        "--profile", metavar="DIR", help="keep everything in this folder (or set HUSH_PROFILE)"
    )
    group.add_argument(
        "--passphrase-fd",
        type=values.descriptor,
        metavar="N",
        help="read the passphrase or recovery code from file descriptor N; on first use, make "
        "the vault with this passphrase alone",
    )
    return shared


def _resumption(parser: argparse.ArgumentParser) -> None:
    """What a window hands to the process that replaces it. Not for people, so not in the help."""
    for name in ("--after", "--geometry"):
        parser.add_argument(name, default="", help=argparse.SUPPRESS)
    parser.add_argument("--open", type=values.conversation, help=argparse.SUPPRESS)
    parser.add_argument("--broker-fd", type=values.descriptor, help=argparse.SUPPRESS)


def _backup(parser: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    for name, words in _BACKUP_ACTIONS.items():
        action = actions.add_parser(name, help=words, description=words, parents=[shared])
        add_json(action, "one backup a line" if name == "list" else "as one object")
        if name == "create":
            action.add_argument(
                "--to", default="", metavar="FOLDER", help="there, where Hush deletes none"
            )
        if name == "verify":
            action.add_argument("backup", nargs="?", default="", metavar="NAME", help="see “list”")
        if name == "restore":
            action.add_argument("backup", metavar="NAME_OR_FOLDER", help="see “list”")
        if name in {"restore", "forget-earlier"}:
            action.add_argument("--yes", action="store_true", help="do not ask")


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="+", metavar="word", help="what to search for")
    parser.add_argument("--kind", choices=("note", "message"), default="", help="only these")
    parser.add_argument(
        "--tag",
        default="",
        dest="of_tag",
        metavar="TAG",
        help="only notes with this tag, or one in it",
    )
    parser.add_argument(
        "--limit",
        type=values.hits,
        default=20,
        metavar="N",
        help=f"at most N, 1 to {values.MAX_HITS}; 20",
    )
    add_json(parser, "one passage a line")


def _index(parser: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    for name, words in _INDEX_ACTIONS.items():
        action = actions.add_parser(name, help=words, description=words, parents=[shared])
        add_json(action, "as one object")


def _conversation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--conversation", type=values.conversation, metavar="ID", help="go on with a conversation"
    )


def _scope(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--notes",
        action="store_true",
        dest="of_notes",
        help="answer from your notes, with the passages it rests on",
    )
    group.add_argument(
        "--tag", default="", dest="of_tag", metavar="TAG", help="from the notes with this tag"
    )
    group.add_argument(
        "--note", type=values.note, dest="of_note", metavar="ID", help="from one note"
    )
    group.add_argument(
        "--chat", type=values.conversation, dest="of_chat", metavar="ID", help="from another chat"
    )


def _attach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--attach",
        action="append",
        default=[],
        metavar="FILE",
        help="let it read a text, PDF or DOCX file; may be given again",
    )


def _keyring_only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keyring-only",
        action="store_true",
        help="on first use, do without a second way in: if the keyring is lost, so are the chats",
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
