"""The panel for import and export: one step after the other, in front of the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from ui.importing.stage import WIDTH, Stage
from ui.overlay import Overlay
from ui.theme.style import Theme
from ui.theme.tokens import Space


class TransferPanel(Overlay):
    """Shows one stage at a time. What runs goes on when it is closed.

    Args:
        window: What it covers.
        theme: Colours and type.
        name: For screen readers.
    """

    def __init__(self, window: QWidget, theme: Theme, name: str) -> None:
        super().__init__(
            window, name, width=theme.px(WIDTH) + 2 * Space.GROUP, any_key_closes=False
        )
        self._stage: Stage | None = None
        self._take_drop: Callable[[Path], object] | None = None

    def show_stage(self, stage: Stage, take_drop: Callable[[Path], object] | None = None) -> None:
        """Show a step in place of the one before; the first time, the panel with it.

        Args:
            stage: The step.
            take_drop: Gets a file or folder that the person lets fall here.
        """
        before, self._stage = self._stage, stage
        self._take_drop = take_drop
        self.setAcceptDrops(take_drop is not None)
        if before:
            self.column.removeWidget(before)
            before.hide()
            before.deleteLater()
        self.column.addWidget(stage)
        stage.show()  # now: what is hidden takes no keyboard
        stage.grew.connect(self.refit)
        self.describe(stage.text)
        if self.isVisible():
            self.refit()
        else:
            self.open_centred()
        stage.first_focus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay when the window's size changes: something may be running."""
        if watched is self._window and event.type() is QEvent.Type.Resize:
            self.setGeometry(self._window.rect())
            self.refit()
            return False
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file or folder of this machine."""
        if self._take_drop and _one_path(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Go on with what was let fall."""
        path = _one_path(event)
        if path and self._take_drop:
            event.acceptProposedAction()
            self._take_drop(path)


def _one_path(event: QDropEvent) -> Path | None:
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    return Path(urls[0].toLocalFile())
