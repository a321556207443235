"""What can be asked of the model for a note or a selection, as a menu."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtWidgets import QMenu

from assistant.actions.records import Action, Description, Placement

_REWRITE: Final = "Rewrite"
_NOTE: Final = "Actions"
_SELECTION: Final = "Actions on the selection"
_TITLE: Final = "Suggest a title"
_TAGS: Final = "Suggest tags with the model"


@dataclass(frozen=True, slots=True)
class Asks:
    """What a choice in the menu does.

    Attributes:
        act: Begins an action.
        title: Asks for a title; None where there is no one to ask.
        tags: Asks the model for tags; None likewise.
    """

    act: Callable[[Description], object]
    title: Callable[[], object] | None = None
    tags: Callable[[], object] | None = None


def menu_title(*, selected: bool) -> str:
    """What the menu is of."""
    return _SELECTION if selected else _NOTE


def fill(menu: QMenu, offered: Sequence[Description], asks: Asks, *, selected: bool) -> None:
    """Put what is offered into a menu.

    Args:
        menu: Empty.
        offered: Every action, in their order.
        asks: What a choice does.
        selected: Whether it is for a selection, of which there is no title and no tag.
    """
    rewriting: QMenu | None = None
    for one in offered:
        if _rewrites(one):
            rewriting = rewriting or menu.addMenu(_REWRITE)
            rewriting.addAction(one.name, partial(asks.act, one))
        else:
            menu.addAction(_name(one), partial(asks.act, one))
    rest = {_TITLE: asks.title, _TAGS: asks.tags}
    if not selected and any(rest.values()):
        menu.addSeparator()
        for name, ask in rest.items():
            if ask:
                menu.addAction(name, ask)


def commands(offered: Sequence[Description], asks: Asks) -> Mapping[str, Callable[[], object]]:
    """The same as commands, by the names in ``ui/search/commands.py``."""
    found: dict[str, Callable[[], object]] = {
        command_name(one.action): partial(asks.act, one) for one in offered
    }
    if asks.title:
        found["suggest_title"] = asks.title
    if asks.tags:
        found["suggest_tags"] = asks.tags
    return found


def command_name(action: Action) -> str:
    """An action's name among the commands."""
    return f"act_{action.value}"


def _rewrites(one: Description) -> bool:
    return one.placement is Placement.REPLACES and not one.needs_language


def _name(one: Description) -> str:
    return f"{one.name}…" if one.needs_language else one.name
