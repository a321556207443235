"""``hush list``, ``hush show`` and ``hush export``."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from assistant.app import Session
from assistant.export import to_markdown, to_plain_data, write_export
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.text import storable


def list_conversations(arguments: Arguments, session: Session, console: Console) -> int:
    """Print conversations, newest first: id, time, title."""
    for conversation in session.conversations.list(storable(arguments.query)).result():
        if arguments.json:
            console.data(asdict(conversation))
        else:
            console.line(
                f"{conversation.id:>6}  {local_time(conversation.updated_at)}  {conversation.title}"
            )
    return 0


def show(arguments: Arguments, session: Session, console: Console) -> int:
    """Print one conversation.

    Raises:
        NotFound: there is none.
    """
    thread = session.conversations.thread(arguments.id).result()
    if arguments.json:
        console.data(to_plain_data(thread))
    else:
        console.write(to_markdown(thread))
    return 0


def export(arguments: Arguments, session: Session, console: Console) -> int:
    """Write one conversation to a file, readable by its owner only, or to stdout.

    Raises:
        NotFound: there is none.
        InputRefused: the output is a folder, a link or a device.
        StorageFull: the file cannot be written.
    """
    thread = session.conversations.thread(arguments.id).result()
    if arguments.format == "json":
        text = json.dumps(to_plain_data(thread), indent=2, ensure_ascii=False) + "\n"
    else:
        text = to_markdown(thread)
    if arguments.output == "-":
        console.write(text)
        return 0
    write_export(Path(arguments.output), text)
    console.remark(f"Written to {arguments.output}. It is not encrypted there.")
    return 0


def local_time(milliseconds: int) -> str:
    """A time as a list shows it, in this machine's own zone."""
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M")
