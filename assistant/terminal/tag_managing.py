"""``hush notes tags``: the tags there are, looked after.

With ``--json`` ``list`` prints one tag a line (``name``, ``notes``, ``description``, ``colour``,
``kept``), ``alike`` one pair a line (``a``, ``b``, ``why``, ``likeness``); the others print what
they came to as one object: ``notes`` that have another tag now, how many of them had it
``in_texts``, and the ids of notes ``changed`` and ``skipped``.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import asdict
from typing import Final

from assistant.app import Session
from assistant.errors import InputRefused, TagExists, TagInTexts
from assistant.tags.managing import TagManager
from assistant.tags.records import NearDuplicate, Renamed, TagInfo
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console

READING: Final = frozenset({"list", "alike"})
"""The steps that change nothing."""

_NO_COLOUR: Final = "none"
_WHYS: Final = {
    "spelling": "spelt alike",
    "meaning": "about the same meaning",
    "notes": "on mostly the same notes",
}


def tags(arguments: Arguments, session: Session, console: Console) -> int:
    """Do one of the steps on tags.

    Returns:
        The exit code.

    Raises:
        NotFound: there is no such tag.
        InputRefused: it cannot be done so. Nothing was changed.
        StorageFull: some notes may have the new name, the others the old one.
    """
    if session.tags is None:
        raise InputRefused("Notes need a vault that is kept.", "Open yours first.")
    manager = session.tags.manager
    match arguments.step:
        case "list":
            for tag in manager.all().result():
                _print(tag, console, as_json=arguments.json)
        case "alike":
            for pair in manager.near_duplicates().result():
                _print_pair(pair, console, as_json=arguments.json)
        case "create" | "describe" | "colour":
            _mark(arguments, manager).result()
            if arguments.json:
                console.data({"name": arguments.name})
        case _:
            _tell(_moved(arguments, manager), console, as_json=arguments.json)
    return 0


def _mark(arguments: Arguments, manager: TagManager) -> Future[None]:
    """Make a tag, describe it or colour it."""
    words = " ".join(arguments.text)
    if arguments.step == "create":
        return manager.create(arguments.name, words)
    name = arguments.name.strip().removeprefix("#")
    if arguments.step == "describe":
        return manager.describe(name, words)
    return manager.colour(name, "" if arguments.hue == _NO_COLOUR else arguments.hue)


def _moved(arguments: Arguments, manager: TagManager) -> Renamed:
    """Rename, merge, nest or delete.

    Raises:
        InputRefused: it cannot be done; the advice names the command that can.
    """
    try:
        match arguments.step:
            case "rename":
                return manager.rename(arguments.name, arguments.into).result()
            case "merge":
                return manager.merge(arguments.tags, arguments.into).result()
            case "nest":
                return manager.nest(arguments.name, arguments.into).result()
            case _:
                kept = arguments.keep_in_texts
                return manager.delete(arguments.name, keep_in_texts=kept).result()
    except TagExists as error:
        raise TagExists(error.message, "To make them one: hush notes tags merge A B.") from None
    except TagInTexts as error:
        raise TagInTexts(error.message, "--keep-in-texts takes it off the other notes.") from None


def _print(tag: TagInfo, console: Console, *, as_json: bool) -> None:
    if as_json:
        console.data(asdict(tag))
        return
    colour = f"  ({tag.colour})" if tag.colour else ""
    description = f"  {tag.description}" if tag.description else ""
    console.line(f"{tag.notes:>6}  #{tag.name}{colour}{description}")


def _print_pair(pair: NearDuplicate, console: Console, *, as_json: bool) -> None:
    if as_json:
        console.data(asdict(pair))
    else:
        console.line(f"#{pair.a}  #{pair.b}  {_WHYS[pair.why]}")


def _tell(came: Renamed, console: Console, *, as_json: bool) -> None:
    if as_json:
        described = asdict(came)
        del described["token"]  # of use within one run of Hush alone
        console.data(described)
        return
    notes = "1 note" if came.notes == 1 else f"{came.notes:,} notes"
    texts = f", {came.in_texts:,} of them in the text" if came.in_texts else ""
    console.line(f"{notes} changed{texts}.")
    for note_id in came.skipped:
        console.remark(f"note {note_id} has the tag in its text still.")
