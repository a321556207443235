"""One conversation as a file for other programs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from assistant.records import MessageState, Role, Thread

_NAMES: Final = {Role.USER: "You", Role.ASSISTANT: "Hush"}
_REMARKS: Final = {
    MessageState.STREAMING: "still being written",
    MessageState.STOPPED: "stopped",
    MessageState.INTERRUPTED: "interrupted when Hush closed",
    MessageState.FAILED: "the model stopped unexpectedly",
}


def to_markdown(thread: Thread) -> str:
    """The shown path as Markdown: a title, then a heading for each message."""
    lines = [f"# {thread.conversation.title}", ""]
    for message in thread.messages:
        remark = _REMARKS.get(message.state)
        lines += [f"## {_NAMES[message.role]} · {_time(message.created_at)}", "", message.text, ""]
        if remark:
            lines += [f"*({remark})*", ""]
    return "\n".join(lines)


def to_plain_data(thread: Thread) -> dict[str, Any]:
    """The shown path as values that ``json.dumps`` takes. Times in milliseconds since 1970."""
    return asdict(thread)


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
