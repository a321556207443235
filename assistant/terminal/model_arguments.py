"""The command line of ``hush models`` and ``hush network``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Final

from assistant.shelf.forms import FORMS
from assistant.terminal.note_arguments import add_json

_ACTIONS: Final = {
    "list": "The models on this computer; the one in use is marked.",
    "recommend": "Models that can be had, and how each would do on this machine. Nothing is sent.",
    "update": "Look for a newer list of models. Host and size are shown first; you are asked.",
    "download": "Fetch a model, or go on with it. Host and size are shown first; you are asked.",
    "import": "Copy a GGUF file from your disk to the shelf, after an examination.",
    "adopt": "List what Ollama, LM Studio, Jan, GPT4All and others hold here; use one from there.",
    "verify": "Read all of a model's file, or of every one, and compare it with its digest.",
    "activate": "Use a model from now on, after it was examined and tried out.",
    "rollback": "Use the model before this one again.",
    "remove": "Delete a model from the shelf. What other programs hold stays.",
    "quantise": "Make a smaller copy, and compare size, speed and answers.",
    "bench": "Measure reading, writing, time to first token and memory.",
    "compare": "Two models answer your questions; you say which is better, blind.",
}

_SHAPES: Final = {
    "list": "one model a line",
    "recommend": "one model a line",
    "download": "one event a line: download, then installed",
    "adopt": "one model a line, or the one that was adopted",
    "verify": "one model a line",
}

_MODEL: Final = "its name, its id in the catalogue, or the beginning of its digest"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")

Adds = Callable[[argparse.ArgumentParser], None]


def add_models(parser: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Add the actions on models to the parser of ``hush models``."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    for name, words in _ACTIONS.items():
        action = actions.add_parser(name, help=words, description=words, parents=[shared])
        add_json(action, _SHAPES.get(name, "as one object"))
        if add := _ADDS.get(name):
            add(action)


def add_network(parser: argparse.ArgumentParser) -> None:
    """Add what ``hush network`` takes."""
    add_json(parser, "as one object")
    other = parser.add_mutually_exclusive_group()
    other.add_argument(
        "--check", action="store_true", help="compute the ledger's chain of MACs anew"
    )
    other.add_argument(
        "--export",
        choices=("json", "csv"),
        default="",
        dest="format",
        help="print the whole ledger",
    )
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="default: the terminal")


def digest(text: str) -> str:
    """A SHA-256 as hexadecimal digits."""
    found = text.lower()
    if not _DIGEST.fullmatch(found):
        raise argparse.ArgumentTypeError("a SHA-256 is wanted: 64 hexadecimal digits")
    return found


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="MODEL", help=_MODEL)


def _perhaps_one(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "name", nargs="?", default="", metavar="MODEL", help=f"{_MODEL}; default: {default}"
    )


def _download(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="ID", help="its id in the catalogue; see “recommend”")
    _asking(parser)
    parser.add_argument("--use", action="store_true", help="activate it once it is here")


def _asking(parser: argparse.ArgumentParser) -> None:
    """What sends something: a look at it first, and a yes where nobody can be asked."""
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would be sent where, and send nothing"
    )
    parser.add_argument(
        "--approve",
        type=digest,
        default=argparse.SUPPRESS,  # a default would be read as a digest, too
        metavar="SHA256",
        help="say yes, in a pipe, to exactly what “--dry-run” printed",
    )
    parser.add_argument(
        "--metered", action="store_true", help="also on a connection that is paid for by volume"
    )


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="FILE")
    parser.add_argument("--use", action="store_true", help="activate it once it is here")


def _adopt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name",
        nargs="?",
        default="",
        metavar="NAME_OR_FILE",
        help="default: list what there is",
    )
    parser.add_argument(
        "--copy", action="store_true", help="copy it; otherwise it is used from where it lies"
    )
    parser.add_argument("--use", action="store_true", help="activate it once it is here")


def _remove(parser: argparse.ArgumentParser) -> None:
    _one(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _quantise(parser: argparse.ArgumentParser) -> None:
    _one(parser)
    parser.add_argument(
        "form", choices=FORMS, metavar="FORM", help=f"from large to small: {', '.join(FORMS)}"
    )
    _questions(parser, "default: neutral ones of Hush's own")


def _compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="MODEL", help=_MODEL)
    parser.add_argument("into", metavar="OTHER_MODEL", help="likewise")
    _questions(parser, "may be given again")
    parser.add_argument(
        "--tally", action="store_true", help="only print what your decisions came to so far"
    )


def _questions(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--ask",
        action="append",
        default=[],
        dest="text",
        metavar="QUESTION",
        help=f"one of your own questions; {default}",
    )
    parser.add_argument(
        "--questions", default="", dest="path", metavar="FILE", help="a text file, one a line"
    )


_ADDS: Final[dict[str, Adds]] = {
    "update": _asking,
    "download": _download,
    "import": _import,
    "adopt": _adopt,
    "verify": lambda parser: _perhaps_one(parser, "all of them"),
    "activate": _one,
    "remove": _remove,
    "quantise": _quantise,
    "bench": lambda parser: _perhaps_one(parser, "the one in use"),
    "compare": _compare,
}
