"""Folders as tags: what lies in ``travel/japan`` has the tag ``travel/japan``. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.notes.limits import MAX_TAG_CHARACTERS
from assistant.notes.names import tag_name

TOO_LONG = f"Its folders make no tag: together they have more than {MAX_TAG_CHARACTERS} characters."


def folder_tag(path: str) -> str:
    """The tag of a file at this path; empty on top of everything, and where it is no tag.

    Args:
        path: Relative to the folder that is imported, with ``/``.
    """
    tag = tag_name(path.rpartition("/")[0])
    return tag if len(tag) <= MAX_TAG_CHARACTERS else ""


def folder_tags(paths: Iterable[str]) -> tuple[str, ...]:
    """The tags that files at these paths would get, each once, in their order."""
    return tuple(dict.fromkeys(tag for path in paths if (tag := folder_tag(path))))
