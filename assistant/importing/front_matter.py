"""The YAML between two ``---`` lines at the head of a Markdown file: reading and writing it.

YAML is a large language, and a file may be anybody's. So every scalar is a string, a reference
(by which a few lines can stand for gigabytes) is refused, and so is a tag (by which YAML asks for
objects of a program). What cannot be read is not hidden: it stays in the note's text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import yaml

MAX_CHARACTERS: Final = 64 * 1024
"""Of a front matter that is read. Real ones have a few hundred."""

_FENCED: Final = re.compile(
    r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_NO_YAML: Final = "Its front matter is not YAML; it stands in the text."
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_MOST_NESTED: Final = 100
_CORE_TAG: Final = "tag:yaml.org,2002:"
_CORE_KINDS: Final = frozenset({"str", "int", "float", "bool", "null", "timestamp", "seq", "map"})
_SAFE_WORD: Final = re.compile(r"[^\W\d][\w/-]*")
_RESERVED: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_NOT_PRINTABLE: Final = re.compile("[\x7f-\x9f\ufeff\ufffe\uffff]")  # YAML 1.1, 5.1
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


class FrontMatterRefused(Exception):
    """It cannot be read. The message is a sentence for the report."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a front matter says of its note. Times are milliseconds since 1970, UTC."""

    title: str = field(default="", repr=False)
    tags: tuple[str, ...] = field(default=(), repr=False)
    aliases: tuple[str, ...] = field(default=(), repr=False)
    created_at: int | None = None
    updated_at: int | None = None


def split(text: str) -> tuple[str, str]:
    """Part a file's text into its front matter, with its ``---`` lines, and the rest.

    The front matter is empty where the file does not begin with one.
    """
    # No further than it may be long: a first "---" may be a rule, in a text of any length.
    found = _FENCED.match(text, 0, MAX_CHARACTERS)
    if found is None or (found.end() == MAX_CHARACTERS < len(text)):
        return "", text
    return text[: found.end()], text[found.end() :]


def read(front_matter: str) -> Facts | None:
    """Read what ``split`` found; None where it is no YAML mapping but text between two rules.

    Raises:
        FrontMatterRefused: it is not YAML, or asks for what Hush does not do.
    """
    values = _mapping(front_matter)
    if values is None:
        return None
    return Facts(
        title=_first(values, "title"),
        tags=_tags(values.get("tags")) + _tags(values.get("tag")),
        aliases=_words(values.get("aliases")) + _words(values.get("alias")),
        created_at=_time(_first(values, "created", "date created", "created_at", "date")),
        updated_at=_time(_first(values, "updated", "modified", "date modified", "updated_at")),
    )


def make(title: str, tags: tuple[str, ...], created_at: int) -> str:
    """Write the front matter of a note that has none.

    Args:
        title: Empty where the text itself says it.
        tags: Beside those in the text.
        created_at: Milliseconds since 1970, UTC.
    """
    created = datetime.fromtimestamp(created_at / 1000, UTC).isoformat(timespec="milliseconds")
    lines = [f"title: {_scalar(title)}"] if title else []
    lines += [_tags_line(tags)] if tags else []
    return "\n".join(["---", *lines, f"created: {created}", "---", ""])


def rewrite(front_matter: str, title: str | None, tags: tuple[str, ...] | None) -> str | None:
    """Change title or tags in a front matter and leave every other line as it is.

    Args:
        front_matter: As ``split`` found it.
        title: The new one; None leaves it.
        tags: The new ones; None leaves them.

    Returns:
        None where that cannot be done with certainty.
    """
    opening, *lines = front_matter.removesuffix("\n").split("\n")
    closing, ended = lines.pop(), front_matter.endswith("\n")
    if any(line.startswith("?") for line in lines):  # a key on lines of its own
        return None
    if title is not None:
        lines = [f"title: {_scalar(title)}", *_without(lines, {"title"})]
    if tags is not None:
        lines = [*_without(lines, {"tags", "tag"}), *([_tags_line(tags)] if tags else [])]
    written = "\n".join([opening, *lines, closing]) + ("\n" if ended else "")
    try:
        before, after = read(front_matter), read(written)
    except FrontMatterRefused:
        return None
    if before is None or after is None:
        return None
    wanted = replace(
        before,
        title=before.title if title is None else " ".join(title.split()),
        tags=before.tags if tags is None else tags,
    )
    return written if after == wanted else None


class _Loader(yaml.BaseLoader):
    """Every scalar a string; no references, no tags but YAML's own."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Look at what comes next before anything is made of it."""
        event = self.peek_event()  # type: ignore[no-untyped-call] # its hints are not whole
        if isinstance(event, yaml.AliasEvent):
            raise FrontMatterRefused(
                "Its front matter uses references, which Hush does not follow; "
                "it stands in the text."
            )
        tag = getattr(event, "tag", None)
        if tag not in {None, "!"} and tag.removeprefix(_CORE_TAG) not in _CORE_KINDS:
            raise FrontMatterRefused(
                "Its front matter asks for objects of a program, which Hush does not make; "
                "it stands in the text."
            )
        return super().compose_node(parent, index)


def _mapping(front_matter: str) -> dict[str, Any] | None:
    inner = front_matter.split("\n", 1)[1].removesuffix("\n").rpartition("\n")[0]
    if _depth(inner) > _MOST_NESTED:
        raise FrontMatterRefused(_NO_YAML)
    try:
        # BaseLoader: strings and nothing else; see the module's docstring.
        values = yaml.load(inner, Loader=_Loader)  # noqa: S506 - no object can come of it
    except (yaml.YAMLError, RecursionError, ValueError):
        raise FrontMatterRefused(_NO_YAML) from None
    if not inner.strip():
        return {}
    if not isinstance(values, dict):
        return None
    return {str(key).strip().lower(): value for key, value in values.items()}


def _depth(yaml_text: str) -> int:
    """How deep brackets are nested, those in quotes counted, too.

    PyYAML looks at every open bracket for each sign that it reads: thousands take it minutes.
    """
    deepest = depth = 0
    for bracket in _BRACKETS.findall(yaml_text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _first(values: dict[str, Any], *names: str) -> str:
    """The first of these that is there and a word, on one line."""
    found = (values.get(name) for name in names)
    return next(
        (" ".join(value.split()) for value in found if isinstance(value, str) and value), ""
    )


def _words(value: Any) -> tuple[str, ...]:
    """A list of words, or one word."""
    items = value if isinstance(value, list) else [value]
    return tuple(item.strip() for item in items if isinstance(item, str) and item.strip())


def _tags(value: Any) -> tuple[str, ...]:
    """Tags as Obsidian reads them: a list, or one line with commas or spaces between."""
    items = re.split(r"[,\s]+", value) if isinstance(value, str) else value
    return tuple(dict.fromkeys(tag for item in _words(items) if (tag := item.lstrip("#").strip())))


def _time(words: str) -> int | None:
    try:
        found = datetime.fromisoformat(words)
        at = found if found.tzinfo else found.astimezone()  # the clock of whoever wrote it
        if not 0 < at.timestamp() < _LATEST.timestamp():
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return round(at.timestamp() * 1000)


def _without(lines: list[str], names: set[str]) -> list[str]:
    """Leave out top-level keys with all that hangs on them."""
    kept, dropping = [], False
    for line in lines:
        if line and not line[0].isspace() and not line.startswith(("-", "#")):
            dropping = line.partition(":")[0].strip().strip("'\"").lower() in names
        if not dropping or line.startswith("#"):
            kept.append(line)
    return kept


def _tags_line(tags: tuple[str, ...]) -> str:
    return f"tags: [{', '.join(_scalar(tag) for tag in tags)}]"


def _scalar(text: str) -> str:
    """A word as it is where YAML reads it as that word; else in double quotes."""
    line = " ".join(text.split())
    if _SAFE_WORD.fullmatch(line) and line.lower() not in _RESERVED:
        return line
    # JSON's strings are YAML's, but for characters that YAML wants escaped, too.
    quoted = json.dumps(line, ensure_ascii=False)
    return _NOT_PRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
