"""The command line of ``hush``, parsed. Global options stand before or after the subcommand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant import __version__

_EXIT_CODES = """exit codes:
  0 done · 1 bug · 2 usage · 3 vault locked · 4 not found · 5 model failed
  6 profile in use or unusable · 7 store damaged or too new, disk full or read-only
  8 this machine lacks memory or a library · 130 stopped"""

_MAX_ID = 2**63 - 1  # SQLite's largest row id
_MAX_DESCRIPTOR = 2**31 - 1  # a C int


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


def parse(argv: Sequence[str] | None = None) -> Arguments:
    """Parse ``argv`` (default: the process's own).

    Raises:
        SystemExit: 2 where it is not understood, 0 for ``--help`` and ``--version``.
    """
    found = vars(_parser().parse_args(sys.argv[1:] if argv is None else list(argv)))
    return Arguments(**{name: _frozen(value) for name, value in found.items()})


def conversation_id(text: str) -> int | None:
    """Read a conversation's number as a person types it; None where it can be none."""
    number = int(text) if text.isdecimal() and len(text) <= len(str(_MAX_ID)) else 0
    return number if 1 <= number <= _MAX_ID else None


def _id(text: str) -> int:
    number = conversation_id(text)
    if number is None:
        raise argparse.ArgumentTypeError("a conversation's number is wanted; see “hush list”")
    return number


def _descriptor(text: str) -> int:
    number = int(text) if text.isdecimal() and len(text) <= len(str(_MAX_DESCRIPTOR)) else -1
    if not 0 <= number <= _MAX_DESCRIPTOR:
        raise argparse.ArgumentTypeError("the number of an open file descriptor is wanted")
    return number


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
    commands = parser.add_subparsers(dest="command", metavar="command")
    parser.set_defaults(command="")

    def command(name: str, help_text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help_text, description=help_text, parents=[shared])

    ask = command("ask", "Ask one question. Reads it, or what it is about, from a pipe too.")
    ask.add_argument("text", nargs="*", help="the question")
    ask.add_argument("--conversation", type=_id, metavar="ID", help="go on with a conversation")
    ask.add_argument("--unsaved", action="store_true", help="keep nothing of it")
    _json(ask, "one event a line")

    chat = command("chat", "Chat in the terminal.")
    chat.add_argument("--conversation", type=_id, metavar="ID", help="go on with a conversation")
    chat.add_argument("--unsaved", action="store_true", help="keep nothing of it")

    listing = command("list", "List conversations, newest first.")
    listing.add_argument("query", nargs="?", default="", help="only titles that contain this")
    _json(listing, "one conversation a line")

    show = command("show", "Show a conversation.")
    show.add_argument("id", type=_id)
    _json(show, "as one object")

    export = command("export", "Write a conversation to a file or to the terminal.")
    export.add_argument("id", type=_id)
    export.add_argument("--format", choices=("markdown", "json"), default="markdown")
    export.add_argument("-o", "--output", default="-", metavar="FILE", help="default: the terminal")

    _json(command("doctor", "Say what Hush found on this machine."), "as one object")
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
        type=_descriptor,
        metavar="N",
        help="read the passphrase from file descriptor N; on first use, make the vault with it",
    )
    return shared


def _json(parser: argparse.ArgumentParser, shape: str) -> None:
    parser.add_argument("--json", action="store_true", help=f"print JSON: {shape}")


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
