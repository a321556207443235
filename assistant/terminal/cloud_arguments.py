"""The command line of ``hush cloud``, and what ``hush ask`` takes of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, Final

from assistant.terminal import values
from assistant.terminal.model_arguments import digest
from assistant.terminal.note_arguments import add_json

_ACTIONS: Final = {
    "providers": "Who can be asked; the one that is offered is marked. Nothing is sent.",
    "add": "Add a provider, or change the one of this name. Nothing is sent.",
    "remove": "Forget a provider, its key first.",
    "test": "Ask a provider which models it has. You are asked first; only your key is sent.",
    "waiting": "The questions that wait for a network. Each is approved by hand.",
    "on": "Let Hush offer to ask elsewhere. It never does so by itself.",
    "off": "Offer nothing, and let nothing more be asked.",
}
_SHAPES: Final = {"providers": "one provider a line", "waiting": "one question a line"}
_PROVIDER: Final = "its name, or its id; see “hush cloud providers”"

_ONLY_ELSEWHERE: Final = {
    "to": "--to",
    "as_it_is": "--as-it-is",
    "leave_out": "--leave-out",
    "dry_run": "--dry-run",
    "approve": "--approve",
}

Adds = Callable[[argparse.ArgumentParser], None]


def add_cloud(parser: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Add the actions to the parser of ``hush cloud``."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    for name, words in _ACTIONS.items():
        action = actions.add_parser(name, help=words, description=words, parents=[shared])
        add_json(action, _SHAPES.get(name, "as one object"))
        if add := _ADDS.get(name):
            add(action)


def add_asking_elsewhere(parser: argparse.ArgumentParser) -> None:
    """Add what lets ``hush ask`` ask somebody else.

    ``--cloud`` takes no value of its own: an optional one would take the question's first word for
    a provider's name, or the other way round.
    """
    group = parser.add_argument_group("asking elsewhere")
    group.add_argument(
        "--cloud",
        action="store_true",
        help="ask a provider instead of the model on this machine; what would be sent is shown "
        "first, and you are asked",
    )
    group.add_argument(
        "--to", default="", metavar="PROVIDER", help=f"{_PROVIDER}; default: the marked one"
    )
    group.add_argument(
        "--as-it-is", action="store_true", help="swap no personal data for placeholders"
    )
    group.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="PART",
        help="do not send this part; “--dry-run” names them; may be given again",
    )
    _approval(group)


def alone(found: Mapping[str, Any]) -> str:
    """What is wrong where options of ``--cloud`` stand without it; empty where nothing is.

    Else ``--dry-run`` would be passed over, and what was only to be looked at would be done.

    Args:
        found: Options by name, as they were parsed.
    """
    if found["command"] != "ask" or found["cloud"]:
        return ""
    given = [words for name, words in _ONLY_ELSEWHERE.items() if found.get(name)]
    return f"{', '.join(given)}: only together with --cloud" if given else ""


def _approval(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    other = parser.add_mutually_exclusive_group()
    other.add_argument(
        "--dry-run", action="store_true", help="print what would be sent where, and send nothing"
    )
    other.add_argument(
        "--approve",
        type=digest,
        default=argparse.SUPPRESS,  # a default would be read as a digest, too
        metavar="SHA256",
        help="say yes, in a pipe, to exactly what “--dry-run” printed",
    )


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what you call it")
    parser.add_argument("address", metavar="ADDRESS", help="like https://api.example.com/v1")
    parser.add_argument("model", metavar="MODEL", help="as the provider calls it")
    parser.add_argument(
        "--key-fd",
        type=values.descriptor,
        metavar="N",
        help="read its key from file descriptor N; otherwise a terminal asks for it",
    )
    for way, what in (("in", "sent"), ("out", "answered")):
        parser.add_argument(
            f"--price-{way}",
            type=values.price,
            metavar="PRICE",
            help=f"what a million tokens that are {what} cost; left out: as before",
        )
    parser.add_argument("--currency", metavar="CODE", type=str.upper, help="of the prices; USD")
    parser.add_argument(
        "--limit-field",
        choices=("max_tokens", "max_completion_tokens", "none"),
        default="",
        help="what it calls the limit of an answer; left out: as before, at first max_tokens",
    )


def _remove(parser: argparse.ArgumentParser) -> None:
    _one(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _test(parser: argparse.ArgumentParser) -> None:
    _one(parser)
    _approval(parser)


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="PROVIDER", help=_PROVIDER)


_ADDS: Final[dict[str, Adds]] = {"add": _add, "remove": _remove, "test": _test}
