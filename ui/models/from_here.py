"""Models that are on this computer already: in a file, or kept by another program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from assistant.shelf.records import Found
from ui.controls import TextButton
from ui.models.bar_line import BarLine
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Line
from ui.vault.section import Section
from ui.vault.words import breakable, number, size

_FILE: Final = "A model file"
_FILE_WORDS: Final = (
    "Drop a .gguf file anywhere on this page, or choose one. It is checked, then copied; the file "
    "itself stays as it is."
)
_OTHERS: Final = "Models of other programs"
_OTHERS_WORDS: Final = (
    "Ollama, LM Studio, Jan, GPT4All and the Hugging Face cache may hold some already. Using one "
    "where it lies takes no room; nothing is moved or changed there."
)
_NOTHING_FOUND: Final = "None of them holds a model that Hush could use."
_KINDS: Final = "Models (*.gguf);;All files (*)"

Ask = Callable[[QWidget, Callable[[Path], object]], object]
"""Asks for a file, above a widget, and hands it over."""


def ask_file(parent: QWidget, take: Callable[[Path], object]) -> None:
    """Ask for a model file with the system's dialog."""
    dialog = QFileDialog(parent, "Choose a model file")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilter(_KINDS)
    dialog.fileSelected.connect(lambda name: take(Path(name)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


class FoundLine(BarLine):
    """One model of another program.

    Args:
        theme: Colours and type.
        found: Which.
    """

    link_wanted = Signal()
    copy_wanted = Signal()

    def __init__(self, theme: Theme, found: Found, parent: QWidget | None = None) -> None:
        words = f"{found.program} · {size(found.size)}\n{breakable(found.path)}"
        super().__init__(theme, found.name, words, parent)
        self.link = self.add_button("Use it", f"Use {found.name} where it lies")
        self.copy = self.add_button("Copy it", f"Copy {found.name} to Hush")
        self.link.clicked.connect(self.link_wanted)
        self.copy.clicked.connect(self.copy_wanted)


class FromHere(Section):
    """Asks for files, and lists what other programs hold.

    Args:
        theme: Colours and type.
        ask: Asks for a file.
    """

    taken = Signal(object)  # Path
    look_wanted = Signal()
    adopted = Signal(object, str)  # Found, "link" or "copy"
    cancelled = Signal()

    def __init__(self, theme: Theme, ask: Ask = ask_file, parent: QWidget | None = None) -> None:
        super().__init__("From this computer", theme, parent)
        self._ask = ask
        self.file_line = BarLine(theme, _FILE, _FILE_WORDS)
        self.others_line = BarLine(theme, _OTHERS, _OTHERS_WORDS)
        for line in (self.file_line, self.others_line):
            self.add_line(line)
        self.found: dict[Path, FoundLine] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(Space.RELATED)
        self.column.addLayout(self._list)
        self.choose_button = self._button(self.file_line, "Choose a file…", self._choose)
        self.look_button = self._button(self.others_line, "Look for them", self.look_wanted.emit)
        for line in (self.file_line, self.others_line):
            line.cancelled.connect(self.cancelled)

    def _button(self, line: Line, words: str, act: Callable[[], object]) -> TextButton:
        button = line.add_button(words, words)
        button.clicked.connect(lambda: act())
        return button

    def _choose(self) -> None:
        self._ask(self.window(), self.taken.emit)

    def show_found(self, found: Sequence[Found]) -> None:
        """List what other programs hold."""
        for line in self.found.values():
            self._list.removeWidget(line)
            self.drop_line(line)
        self.found = {one.path: self._line(one) for one in found}
        count = number(len(found), "model")
        self.say(self.others_line, f"{count} found." if found else _NOTHING_FOUND)

    def _line(self, found: Found) -> FoundLine:
        line = FoundLine(self.theme, found)
        self.add_line(line, self._list)
        line.link_wanted.connect(lambda: self.adopted.emit(found, "link"))
        line.copy_wanted.connect(lambda: self.adopted.emit(found, "copy"))
        line.cancelled.connect(self.cancelled)
        return line
