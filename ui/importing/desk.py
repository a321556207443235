"""Where import and export are done: one panel, and the dialogs that ask for a path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from assistant.errors import HushError
from ui.importing import stages
from ui.importing.panel import TransferPanel
from ui.importing.stage import Stage
from ui.theme.style import Theme
from ui.window import Window

Tell = Callable[[str, str, Callable[[], None]], object]
"""Says a sentence beside what the person does, with one button: its words, and what it does."""

Again = tuple[str, Callable[[], object]]
"""What can be done after a failure: the button's words, and what it does."""


class Desk:
    """One panel at a time.

    Args:
        window: The panel stands in front of it.
        tell: Says how something ended where no panel is open.
    """

    def __init__(self, window: Window, tell: Tell) -> None:
        self._window = window
        self._tell = tell
        self._panel: TransferPanel | None = None
        self.stage: Stage | None = None  # what is shown

    @property
    def is_open(self) -> bool:
        """Whether the panel is."""
        return self._panel is not None

    @property
    def theme(self) -> Theme:
        """Colours and type in use."""
        return self._window.theme

    def show(
        self, name: str, stage: Stage, take_drop: Callable[[Path], object] | None = None
    ) -> None:
        """Show a step, in the panel that is open or a new one.

        Args:
            name: What the panel is for, for screen readers.
            stage: The step.
            take_drop: Gets a file or folder that the person lets fall on it.
        """
        if not self._panel:
            self._panel = TransferPanel(self._window, self.theme, name)
            self._panel.closed.connect(self._forget)
        self.stage = stage
        self._panel.show_stage(stage, take_drop)

    def fail(self, name: str, title: str, error: HushError, again: Again) -> None:
        """Say what went wrong, in the panel, or beside what the person does by now."""
        words, act = again
        if self._panel:
            self.show(name, stages.failed(self.theme, title, error, words, act, self.close))
        else:
            self._tell(f"{title}. {error.sentence}", words, lambda: _do(act))

    def tell(self, sentence: str, words: str, act: Callable[[], object]) -> None:
        """Say how something ended: the panel was closed meanwhile."""
        self._tell(sentence, words, lambda: _do(act))

    def close(self) -> None:
        """Close the panel, where it is open."""
        if self._panel:
            self._panel.close_panel()

    def _forget(self) -> None:
        self._panel = self.stage = None

    # Dialogs ------------------------------------------------------------------------------

    def ask_folder(self, title: str, take: Callable[[Path], object]) -> None:
        """Ask for a folder."""
        dialog = self._dialog(title, take)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.open()

    def ask_file(self, title: str, names: str, take: Callable[[Path], object]) -> None:
        """Ask for a file that is there; ``names`` are those offered, as Qt writes filters."""
        dialog = self._dialog(title, take)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(names)
        dialog.open()

    def ask_new_file(self, title: str, name: str, take: Callable[[Path], object]) -> None:
        """Ask where a file is to be written; ``name`` is offered, and tells its kind."""
        suffix = Path(name).suffix
        dialog = self._dialog(title, take)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{suffix[1:].upper()} (*{suffix})")
        dialog.setDefaultSuffix(suffix[1:])
        dialog.selectFile(name)
        dialog.open()

    def _dialog(self, title: str, take: Callable[[Path], object]) -> QFileDialog:
        dialog = QFileDialog(self._window, title)
        dialog.fileSelected.connect(lambda chosen: take(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        return dialog


def _do(act: Callable[[], object]) -> None:
    act()
