"""Which tags are to be called what when some are renamed or merged, and what cannot be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from assistant.errors import InputRefused
from assistant.notes.limits import MAX_TAG_CHARACTERS
from assistant.notes.names import folded, tag_name
from assistant.store.tag_manager_rows import Move

_UNCHANGED: Final = "Nothing was changed."


def wanted_name(name: str) -> str:
    """Clean a name that a person wishes for a tag.

    Raises:
        InputRefused: it is empty or too long.
    """
    clean = tag_name(name)
    if not folded(clean):
        raise InputRefused("A tag needs a name.", _UNCHANGED)
    if len(clean) > MAX_TAG_CHARACTERS:
        raise InputRefused(
            f"A tag holds {MAX_TAG_CHARACTERS} characters; this name would be longer.", _UNCHANGED
        )
    return clean


def leaf(name: str) -> str:
    """The last part of a tag's name: of ``a/b`` it is ``b``."""
    return name.rpartition("/")[2]


def is_within(name: str, outer: str) -> bool:
    """Whether a tag is nested in another, or is it."""
    key, within = folded(name), folded(outer)
    return key == within or key.startswith(f"{within}/")


def refuse_cycle(names: Iterable[str], to: str) -> None:
    """Refuse what would put a tag under itself.

    Raises:
        InputRefused: ``to`` is nested in one of them.
    """
    if any(is_within(to, name) and folded(to) != folded(name) for name in names):
        raise InputRefused("A tag cannot stand under itself.", _UNCHANGED)


def new_names(there: Iterable[str], wishes: Mapping[str, str]) -> dict[str, str]:
    """What each tag is to be called: those that are wished for, and those nested in them.

    Args:
        there: Names of tags that there are.
        wishes: New names, each by a clean old one. Of two that a tag is nested in the inner counts.

    Raises:
        InputRefused: one would be too long.
    """
    keys = {folded(old): (old, new) for old, new in wishes.items()}
    found: dict[str, str] = {}
    for name in there:
        parts = name.split("/")
        for count in range(len(parts), 0, -1):
            wish = keys.get(folded("/".join(parts[:count])))
            if wish:
                found[name] = wanted_name("/".join([wish[1], *parts[count:]]))
                break
    return found


def rounds(moves: Sequence[Move]) -> list[list[Move]]:
    """What can be done at once; one after the other where a new name is another's old one.

    The outermost first: it makes room for what comes into its place.
    """
    real = [one for one in moves if one.old != one.new]
    olds = {folded(one.old) for one in real}
    if any(folded(one.new) in olds and not one.is_spelling for one in real):
        return [[one] for one in sorted(real, key=lambda one: one.old.count("/"))]
    return [real] if real else []
