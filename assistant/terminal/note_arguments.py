"""The command line of ``hush notes``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

from assistant.actions.records import Action
from assistant.tags.records import HUES
from assistant.terminal import values

_ACTIONS: Final = {
    "list": "List notes, newest first.",
    "show": "Show a note.",
    "new": "Write a note: from words, from a pipe, else in your editor ($EDITOR).",
    "edit": "Change a note in your editor ($EDITOR), or replace its text by what a pipe holds.",
    "tag": "Suggest tags for notes, by what you tagged before. Nothing is added unless you say so.",
    "tags": "List the tags there are; describe, colour, rename, merge, nest and delete them.",
    "title": "Give notes titles: their own heading, else one that the model writes.",
    "act": "Have the model do something with a note's text, and print what comes of it.",
    "import": "Import a folder of notes, a .zip of one, or a file: Markdown, text, PDF, DOCX, "
    "ChatGPT's chats.",
    "report": "What the last imports came to: what they skipped, and why.",
    "export": "Write all notes as Markdown into a folder, or all notes and chats as one JSON file.",
}

_SHAPES: Final = {
    "list": "one note a line",
    "tag": "one event a line: suggestion, decided, ended",
    "title": "one note a line: id, title, before, written",
    "act": "one event a line: progress, text, ended",
}

_TAGS_ACTIONS: Final = {
    "list": "The tags there are, by the alphabet, each with how many notes have it.",
    "create": "Make a tag that no note has yet, with a sentence on what it is for.",
    "describe": "Say in a sentence what a tag is for: Hush suggests it by meaning.",
    "colour": "Give a tag a colour, or none.",
    "rename": "Call a tag otherwise, on all notes and in their texts.",
    "merge": "Make several tags one.",
    "nest": "Put a tag under another one, or under none.",
    "delete": "Take a tag off all notes.",
    "alike": "Tags that may be one: spelt alike, of one meaning, or on the same notes.",
}

_TAGS_SHAPES: Final = {"list": "one tag a line", "alike": "one pair a line"}

Adds = Callable[[argparse.ArgumentParser], None]


def add_notes(parser: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Add the actions on notes to the parser of ``hush notes``."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    for name, words in _ACTIONS.items():
        action = actions.add_parser(name, help=words, description=words, parents=[shared])
        if name == "tags":
            _tags(action, shared)
            continue
        add_json(action, _SHAPES.get(name, "as one object"))
        if add := _ADDS.get(name):
            add(action)


def add_json(parser: argparse.ArgumentParser, shape: str) -> None:
    """Add ``--json``, and say what it prints."""
    parser.add_argument("--json", action="store_true", help=f"print JSON: {shape}")


def add_slowly(parser: argparse.ArgumentParser) -> None:
    """Add ``--slowly``."""
    parser.add_argument(
        "--slowly",
        action="store_true",
        help="go on slowly where Hush would pause: the machine is too hot or its battery too low",
    )


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=values.note, metavar="ID")


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="*", metavar="word", help="only those with all these")
    parser.add_argument(
        "--tag",
        default="",
        dest="of_tag",
        metavar="TAG",
        help="only those with this tag, or one in it",
    )
    parser.add_argument("--trash", action="store_true", help="those in the trash")


def _new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="*", help="what to write down")
    parser.add_argument("--title", default="", help="default: the text's first line")
    parser.add_argument(
        "--tag",
        action="append",
        default=[],
        dest="tags",
        metavar="TAG",
        help="may be given again",
    )


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="FOLDER_OR_FILE")
    parser.add_argument(
        "--folder-tags",
        action=argparse.BooleanOptionalAction,
        dest="by_folder",
        help="tag notes with their folders: travel/japan; default: as the last time",
    )


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="FOLDER_OR_FILE", help="new, or one that stands")
    parser.add_argument("--format", choices=("markdown", "json"), default="markdown")


def _some(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("ids", nargs="*", type=values.note, metavar="ID", help=default)


def _tag(parser: argparse.ArgumentParser) -> None:
    _some(parser, "default: all notes")
    parser.add_argument(
        "--apply-above",
        type=values.share,
        metavar="P",
        help="give tags at once that are at least so probable, like 0.95; --undo takes them off",
    )
    parser.add_argument(
        "--review", action="store_true", help="ask of each suggestion whether you want it"
    )
    add_slowly(parser)
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--resume", action="store_true", help="go on with the run that was stopped")
    other.add_argument("--log", action="store_true", help="list the tags that were given at once")
    other.add_argument(
        "--undo", type=values.run, default=0, metavar="RUN", help="take the tags of a run off again"
    )


def _title(parser: argparse.ArgumentParser) -> None:
    _some(parser, "default: all whose title is only the beginning of their text")
    parser.add_argument("--dry-run", action="store_true", help="print titles, and give none")
    add_slowly(parser)


def _act(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(Action)
    parser.add_argument(
        "task", choices=[one.value for one in Action], metavar="ACTION", help=f"one of {names}"
    )
    _one(parser)
    parser.add_argument("--language", default="", help="what to translate into: French")
    parser.add_argument(
        "--apply",
        action="store_true",
        help="write it to the note: it replaces the text or follows it",
    )
    parser.add_argument(
        "--diff", action="store_true", help="mark what a new text changes: [-gone-]{+new+}"
    )
    add_slowly(parser)


_ADDS: Final[dict[str, Adds]] = {
    "list": _list,
    "show": _one,
    "new": _new,
    "edit": _one,
    "tag": _tag,
    "title": _title,
    "act": _act,
    "import": _import,
    "export": _export,
}


def _tags(parser: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """``hush notes tags``: without a further word it lists them."""
    add_json(parser, _TAGS_SHAPES["list"])
    steps = parser.add_subparsers(dest="step", metavar="action", required=False)
    parser.set_defaults(step="list")
    for name, words in _TAGS_ACTIONS.items():
        step = steps.add_parser(
            name,
            help=words,
            description=words,
            parents=[shared],
            argument_default=argparse.SUPPRESS,  # as before the action, so behind it
        )
        add_json(step, _TAGS_SHAPES.get(name, "as one object"))
        if name in {"create", "describe"}:
            step.add_argument("name", metavar="TAG")
            step.add_argument("text", nargs="*", metavar="SENTENCE", help="what it is for")
        if name == "colour":
            step.add_argument("name", metavar="TAG")
            step.add_argument(
                "hue", choices=("none", *HUES), metavar="COLOUR", help=", ".join(("none", *HUES))
            )
        if name == "rename":
            step.add_argument("name", metavar="TAG")
            step.add_argument("into", metavar="NEW_NAME")
        if name == "merge":
            step.add_argument("tags", nargs="+", metavar="TAG")
            step.add_argument("into", metavar="INTO", help="one of them, or another one")
        if name == "nest":
            step.add_argument("name", metavar="TAG")
            step.add_argument("into", nargs="?", default="", metavar="UNDER", help="default: none")
        if name == "delete":
            step.add_argument("name", metavar="TAG")
            step.add_argument(
                "--keep-in-texts",
                action="store_true",
                help="notes that have it in their text keep it",
            )
