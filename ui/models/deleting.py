"""Deleting a model: asked once more in its card, and said in the notice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from assistant.errors import HushError
from ui.bridge import Bridge
from ui.models import words
from ui.models.page import ModelsPage

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.shelf.protocols import ShelfRoom
    from models.library import Installed


class Deleting:
    """Takes models off the shelf.

    Args:
        library: The shelf.
        bridge: Brings outcomes to the GUI thread.
        page: The place.
        say: Says what went wrong with a model.
        changed: Hears that there is one less.
    """

    def __init__(
        self,
        library: ShelfRoom,
        bridge: Bridge,
        page: ModelsPage,
        say: Callable[[str, str], object],
        changed: Callable[[], object],
    ) -> None:
        self._library = library
        self._bridge = bridge
        self._page = page
        self._say = say
        self._changed = changed

    def ask(self, model: Installed) -> None:
        """Ask once more; a yes deletes it."""
        card = self._page.card(model.sha256)
        if card:
            form = card.ask_delete(words.deleting(model))
            form.given.connect(partial(self._remove, model))

    def _remove(self, model: Installed) -> None:
        def done(count: int) -> None:
            self._page.notice.say(words.freed(model.name, count))
            self._changed()

        def failed(error: HushError) -> None:
            card = self._page.card(model.sha256)
            if card:
                card.close_form()
            self._say(model.sha256, error.sentence)

        self._bridge.then(self._library.remove(model.sha256), done, failed)
