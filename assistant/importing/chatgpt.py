"""ChatGPT's ``conversations.json``, read piece by piece. Runs in the limited child process only.

The file is a list of conversations. Each has a ``mapping`` of nodes, a tree: regenerated answers
and edited questions stand beside the earlier ones, as in Hush. Between what people see stand
nodes that they never saw: system texts, tools and their results, the model's thoughts.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from assistant.errors import FileRefused
from assistant.importing.chats import MAX_TURN_CHARACTERS, MAX_TURNS, Chat, ChatTurn
from assistant.importing.records import Named
from assistant.records import Role
from assistant.text import clean, title_from

MAX_CHAT_CHARACTERS: Final = 64 * 1024 * 1024
"""Of one conversation's JSON. The longest real ones have about a hundredth of it."""

_PIECE: Final = 1024 * 1024
_DAMAGED: Final = "It is damaged, or no list of ChatGPT's conversations."
_MOST_KEY: Final = 200  # characters; real ones have 36
_PICTURE: Final = "[picture]"
_MARKS: Final = re.compile("\ue200.*?\ue201", re.DOTALL)  # ChatGPT's citations; empty boxes else
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_LATEST: Final = 7_258_118_400  # the year 2200, seconds

Read = Callable[[int], str]


@dataclass(slots=True)
class _Node:
    """A node of the tree. ``role`` is None where nobody saw it."""

    parent: str | None
    role: Role | None
    text: str
    at: int | None
    children: list[str] = field(default_factory=list)


def read_chats(read: Read) -> Iterator[Chat | Named]:
    """The conversations in a file, one after the other, and those that cannot be had, by name.

    Args:
        read: Gives so many characters or fewer; none at the end.

    Raises:
        FileRefused: it is no such file.
    """
    for value in _elements(read):
        if not isinstance(value, dict) or not isinstance(value.get("mapping"), dict):
            raise FileRefused(_DAMAGED)
        title = title_from(clean(_string(value.get("title")))) or "Imported chat"
        try:
            chat = _chat(value, title)
        except FileRefused as refusal:
            yield Named(title, refusal.message)
            continue
        if chat:
            yield chat


def _elements(read: Read) -> Iterator[Any]:
    """The values of a JSON list that never stands in the memory as a whole."""
    decoder = json.JSONDecoder()
    text, at, ended = "", 0, False

    def more() -> None:
        nonlocal text, at, ended
        rest = text[at:]
        if len(rest) > MAX_CHAT_CHARACTERS:
            raise FileRefused(
                f"It holds a conversation of more than {MAX_CHAT_CHARACTERS:,} bytes."
            )
        piece = read(max(_PIECE, len(rest)))  # twice as much each time: tried again but few times
        text, at, ended = rest + piece, 0, not piece

    def next_sign() -> str:
        nonlocal at
        while True:
            at = _SPACE.match(text, at).end()  # type: ignore[union-attr] # it matches nothing, too
            if at < len(text) or ended:
                return text[at : at + 1]
            more()

    if next_sign() != "[":
        raise FileRefused(_DAMAGED)
    at += 1
    if next_sign() == "]":
        return
    while True:
        next_sign()
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            if ended:
                raise FileRefused(_DAMAGED) from None
            more()
            continue
        except (RecursionError, ValueError):  # nested without end; a number of thousands of digits
            raise FileRefused(_DAMAGED) from None
        at = end
        yield value
        sign = next_sign()
        at += 1
        if sign == "]":
            return
        if sign != ",":
            raise FileRefused(_DAMAGED)


def _chat(value: dict[str, Any], title: str) -> Chat | None:
    """One conversation; None where nobody said anything in it.

    Raises:
        FileRefused: it is larger than a conversation can be.
    """
    nodes = {str(name): _node(raw) for name, raw in value["mapping"].items()}
    if len(nodes) > MAX_TURNS:
        raise FileRefused(f"It has more than {MAX_TURNS:,} messages.")
    seen_parent = _SeenParents(nodes)
    roots: list[str] = []
    for name, node in nodes.items():
        if node.role is not None:
            parent = seen_parent.of(name)
            (roots if parent is None else nodes[parent].children).append(name)
    turns, turn_of = _turns(nodes, roots)
    if not turns:
        return None
    current = _string(value.get("current_node"))
    shown = current if current in turn_of else seen_parent.of(current) if current in nodes else None
    return Chat(
        key=_key(value) or title,
        title=title,
        created_at=_time(value.get("create_time")),
        updated_at=_time(value.get("update_time")),
        head=turn_of.get(shown or "", len(turns) - 1),
        turns=tuple(turns),
    )


def _key(value: dict[str, Any]) -> str:
    return clean(_string(value.get("conversation_id")) or _string(value.get("id")))[:_MOST_KEY]


class _SeenParents:
    """The nearest node above another that people saw, in a tree that may be none."""

    def __init__(self, nodes: dict[str, _Node]) -> None:
        self._nodes = nodes
        self._known: dict[str, str | None] = {}

    def of(self, name: str) -> str | None:
        """None where there is none. What goes round in a circle has none."""
        passed: list[str] = []
        passing: set[str] = set()
        at = self._nodes[name].parent
        while at in self._nodes and self._nodes[at].role is None and at not in passing:
            if at in self._known:
                at = self._known[at]
                break
            passed.append(at)
            passing.add(at)
            at = self._nodes[at].parent
        found = at if at in self._nodes and self._nodes[at].role is not None else None
        self._known.update(dict.fromkeys(passed, found))
        return found


def _turns(nodes: dict[str, _Node], roots: list[str]) -> tuple[list[ChatTurn], dict[str, int]]:
    """Put the nodes that people saw in an order in which each follows its parent.

    What one side said in several nodes, with a tool's work in between, becomes one turn: Hush's
    turns alternate.

    Returns:
        The turns, and which of them holds which node's text.
    """
    turns: list[ChatTurn] = []
    turn_of: dict[str, int] = {}
    whole = 0
    waiting: list[tuple[str, str | None]] = [(name, None) for name in reversed(roots)]
    while waiting:
        name, parent = waiting.pop()
        node = nodes[name]
        assert node.role is not None  # noqa: S101 - only such nodes are anybody's child
        above = turns[turn_of[parent]] if parent is not None else None
        if above is None or above.role is not node.role:
            follows = None if parent is None else turn_of[parent]
            turn = ChatTurn(follows, node.role, node.text, node.at)
        else:
            turn = ChatTurn(above.parent, above.role, f"{above.text}\n\n{node.text}", above.at)
        if above and above.role is node.role and parent and len(nodes[parent].children) == 1:
            turn_of[name] = turn_of[parent]
            turns[turn_of[parent]] = turn
        else:
            turn_of[name] = len(turns)
            turns.append(turn)
        whole += len(turn.text)
        if len(turn.text) > MAX_TURN_CHARACTERS or whole > MAX_CHAT_CHARACTERS:
            raise FileRefused(f"One of its messages has over {MAX_TURN_CHARACTERS:,} characters.")
        waiting += [(child, name) for child in reversed(node.children)]
    return turns, turn_of


def _node(raw: Any) -> _Node:
    """A node as far as it matters here; any value at all is some node."""
    parent = raw.get("parent") if isinstance(raw, dict) else None
    message = raw.get("message") if isinstance(raw, dict) else None
    role, text, at = None, "", None
    if isinstance(message, dict):
        text = clean(_MARKS.sub("", _text(message.get("content")))).strip()
        role = _role(message) if text else None
        at = _time(message.get("create_time"))
    return _Node(parent if isinstance(parent, str) else None, role, text, at)


def _role(message: dict[str, Any]) -> Role | None:
    """Who wrote it; None where people never saw it."""
    author, metadata = message.get("author"), message.get("metadata")
    if isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation"):
        return None
    if message.get("recipient") not in {None, "all"} or not isinstance(author, dict):
        return None
    return {"user": Role.USER, "assistant": Role.ASSISTANT}.get(_string(author.get("role")))


def _text(content: Any) -> str:
    """What people saw of a message. Thoughts, tools' results and the like are other types."""
    if not isinstance(content, dict):
        return ""
    if content.get("content_type") == "code":
        return f"```\n{_string(content.get('text'))}\n```"
    parts = content.get("parts")
    if content.get("content_type") not in {"text", "multimodal_text"} or not isinstance(
        parts, list
    ):
        return ""
    return "\n\n".join(filter(None, (_part(part) for part in parts)))


def _part(part: Any) -> str:
    if isinstance(part, dict):  # speech has its words beside it; a picture is kept elsewhere
        spoken = _string(part.get("text"))
        pointer = _string(part.get("content_type")).startswith("image")
        return spoken or (_PICTURE if pointer else "")
    return _string(part)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _time(value: Any) -> int | None:
    """Seconds, as the file has them, to milliseconds."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return round(value * 1000) if 0 < value < _LATEST else None
