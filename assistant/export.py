"""One conversation as a file for other programs."""

from __future__ import annotations

import stat
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from assistant.asking.shown import answer_text, given_words, listed_sources, source_name
from assistant.disk import write_atomically
from assistant.errors import EngineDied, InputRefused, ModelMissing, StorageFull
from assistant.records import Message, MessageState, Role, Thread

_NAMES: Final = {Role.USER: "You", Role.ASSISTANT: "Hush"}
_REMARKS: Final = {
    MessageState.STREAMING: "still being written",
    MessageState.STOPPED: "stopped",
    MessageState.INTERRUPTED: "interrupted when Hush closed",
    MessageState.FAILED: "this answer could not be finished",
}
_FAILURES: Final = {
    EngineDied.code: "the model stopped unexpectedly",
    ModelMissing.code: "the model's file was missing",
    StorageFull.code: "the disk could not take more",
}


def to_markdown(thread: Thread) -> str:
    """The shown path as Markdown: a title, then a heading for each message."""
    lines = [f"# {thread.conversation.title}", ""]
    for message in thread.messages:
        remark = _remark(message)
        heading = f"## {_name(message)} · {_time(message.created_at)}"
        lines += [heading, "", answer_text(message), ""]
        lines += [f"[{one.number}] {source_name(one)}  " for one in listed_sources(message)]
        lines += [""] if listed_sources(message) else []
        lines += [f"*({words})*", ""] if (words := given_words(message)) else []
        if remark:
            lines += [f"*({remark})*", ""]
    return "\n".join(lines)


def to_plain_data(thread: Thread) -> dict[str, Any]:
    """The shown path as values that ``json.dumps`` takes. Times in milliseconds since 1970."""
    return asdict(thread)


def write_export(path: Path, text: str) -> None:
    """Write an export to a file, readable by its owner only; an earlier file is replaced.

    Args:
        path: A new file, or a plain one. Links are refused, not followed: what they stand for,
            like ``/dev/stdout``, is often no file, and replacing it would not do what was asked.
        text: What to write.

    Raises:
        InputRefused: ``path`` is no name for a file.
        StorageFull: the file could not be written.
    """
    try:
        if not path.name or path.is_dir():
            raise InputRefused("This is a folder, not a file.", "Name a file in it.")
        if path.is_symlink() or (path.exists() and not stat.S_ISREG(path.stat().st_mode)):
            raise InputRefused("This is a link or a device, not a plain file.", "Name a file.")
        if not path.parent.is_dir():
            raise InputRefused("The folder for this file does not exist.", "Make it first.")
        write_atomically(path, text.encode())
    except (OSError, StorageFull) as error:  # its own words are about Hush's folder
        raise StorageFull(
            f"The file {path.name} could not be written there.",
            "Nothing was changed. Choose another folder, or make room.",
        ) from error


def _name(message: Message) -> str:
    """Who wrote it: a reader elsewhere must see what did not come from this computer."""
    if message.cloud:
        return f"{message.cloud.provider} ({message.cloud.host}, {message.cloud.model})"
    return _NAMES[message.role]


def _remark(message: Message) -> str:
    """What a reader should know of how the message ended; empty where it is complete."""
    general = _REMARKS.get(message.state, "")
    failed = message.state is MessageState.FAILED
    return _FAILURES.get(message.failure, general) if failed else general


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
