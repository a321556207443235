"""Ctrl+K: go to any command, note, chat or tag by typing some of its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from ui.search.entries import Catalogue, Command, Entry, EntryKind
from ui.search.gathering import Gathering
from ui.search.picker import Picker
from ui.theme.style import Theme


@dataclass(frozen=True, slots=True)
class Destinations:
    """How to go to what was chosen: by an id, by a tag's name, or with words to search for."""

    note: Callable[[int], object]
    chat: Callable[[int], object]
    tag: Callable[[str], object]
    search: Callable[[str], object]


class GoTo:
    """Opens the picker, fills it, and goes where the person chose.

    Args:
        window: What it stands in front of.
        theme: Colours and type of the moment.
        gathering: Tells what there is.
        commands: What can be done right now.
        to: How to go somewhere.
        now: Milliseconds since 1970, UTC.
    """

    def __init__(
        self,
        window: QWidget,
        theme: Callable[[], Theme],
        gathering: Gathering,
        commands: Callable[[], Sequence[Command]],
        to: Destinations,
        now: Callable[[], int],
    ) -> None:
        self._window = window
        self._theme = theme
        self._gathering = gathering
        self._commands = commands
        self._to = to
        self._now = now
        self._picker: Picker | None = None
        self._offered: dict[str | int, Command] = {}

    def open(self) -> None:
        """Ask where to go. Commands are there at once, names as soon as they are read."""
        if self._picker:
            return
        commands = self._commands()
        self._offered = {command.name: command for command in commands}
        picker = Picker(self._window, self._theme(), "Go to anything", self._now)
        self._picker = picker
        shown = Catalogue(commands)

        def show() -> None:
            picker.show_rows(shown.searching(picker.field.text()))

        def fill(catalogue: Catalogue) -> None:
            nonlocal shown
            shown = catalogue
            if self._picker is picker:
                show()

        picker.query_changed.connect(lambda _: show())
        picker.closed.connect(self._forget)
        picker.chosen.connect(self._go)
        show()
        picker.open_high()
        self._gathering.gather(fill, commands)

    def _forget(self) -> None:
        self._picker = None

    def _go(self, entry: Entry) -> None:
        match entry.kind:
            case EntryKind.COMMAND:
                self._offered[entry.key].act()
            case EntryKind.NOTE:
                self._to.note(int(entry.key))
            case EntryKind.CHAT:
                self._to.chat(int(entry.key))
            case EntryKind.TAG:
                self._to.tag(str(entry.key))
            case _:
                self._to.search(str(entry.key))
