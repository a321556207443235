"""Tags where they stand in a text: written otherwise, and whether a name can stand there. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.notes.markdown_facts import tag_places, tags_in
from assistant.notes.names import folded


def can_stand(name: str) -> bool:
    """Whether ``#name`` in a text is this very tag: a blank, for one, would end it before."""
    return list(tags_in(f"#{name}")) == [(0, len(name) + 1, name)]


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A text with other tags; code, and what links lead to, stands as it is.

    Args:
        text: All of it.
        names: What each is called from now on, by its folded name. All at once: of two that
            change places each becomes the other.
    """
    kept: list[str] = []
    at = 0
    for start, end, name in tag_places(text):
        wanted = names.get(folded(name))
        if wanted is not None:
            kept += [text[at:start], "#", wanted]
            at = end
    return "".join(kept) + text[at:]
