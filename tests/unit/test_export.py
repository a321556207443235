"""A conversation as a file: who wrote what, where it did not come from this computer."""

from __future__ import annotations

import json

from assistant.export import to_markdown, to_plain_data
from assistant.records import CloudMark, Conversation, Message, MessageState, Role, Thread

MARK = CloudMark("Mistral", "api.mistral.ai", "mistral-small", 2, is_kept=True)


def message(number: int, role: Role, text: str, cloud: CloudMark | None = None) -> Message:
    """One that stands."""
    parent = number - 1 or None
    return Message(number, 1, parent, role, MessageState.COMPLETE, text, number, cloud=cloud)


THREAD = Thread(
    Conversation(1, "Lisbon", 1, 4),
    (
        message(1, Role.USER, "Where is it?"),
        message(2, Role.ASSISTANT, "In Portugal."),
        message(3, Role.USER, "And the river?"),
        message(4, Role.ASSISTANT, "The Tagus.", MARK),
    ),
)


def test_an_answer_from_elsewhere_says_so() -> None:
    """With host and model in its heading; the others say Hush and You."""
    headings = [line for line in to_markdown(THREAD).splitlines() if line.startswith("## ")]
    assert [line.partition(" · ")[0] for line in headings] == [
        "## You",
        "## Hush",
        "## You",
        "## Mistral (api.mistral.ai, mistral-small)",
    ]


def test_a_program_reads_it_too() -> None:
    """None for an answer of this computer."""
    data = json.loads(json.dumps(to_plain_data(THREAD)))
    assert data["messages"][1]["cloud"] is None
    assert data["messages"][3]["cloud"]["host"] == "api.mistral.ai"
