"""The furnished window with a shelf of models in it, in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from pytestqt.qtbot import QtBot

from assistant.net.starting import NoStarter
from assistant.outside import Outside
from assistant.sealing.protocol import SealReport
from tests.fakes.models_service import FakeModels
from tests.fakes.seal import WHOLE
from tests.gui.fakes import FakeApp
from tests.gui.furnished import Furnished
from ui.bridge import Bridge
from ui.models.card import ModelCard
from ui.models.controller import ModelsController
from ui.models.page import ModelsPage
from ui.network.approving import ApprovalSheet
from ui.network.page import NetworkPage
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT
from ui.window import MODELS, NETWORK


class ModelsBench(Furnished):
    """The window, and what is behind it.

    Args:
        qtbot: Of the test.
        prepare: Changes what is behind the window before it is furnished.
        offered: Whether the session has a shelf and a ledger at all.
        seal: What keeps this process in.
        place: Where the person is.
    """

    def __init__(
        self,
        qtbot: QtBot,
        prepare: Callable[[FakeApp, FakeModels], object] = lambda _a, _m: None,
        *,
        offered: bool = True,
        seal: SealReport = WHOLE,
        place: int = MODELS,
    ) -> None:
        bridge = Bridge()
        app = FakeApp(bridge.sink)
        app.outside = Outside(NoStarter("Nothing leaves a test."), seal)
        self.models = FakeModels(bridge.sink)
        if offered:
            app.models = self.models.service
            app.network, app.ledger = self.models.gate, self.models.ledger
        prepare(app, self.models)
        super().__init__(qtbot, bridge, app, Theme(LIGHT))
        self.window.go_to(place)
        self.settle()

    # What is seen -------------------------------------------------------------------------

    @property
    def page(self) -> ModelsPage:
        """The models' place."""
        page = self.window.findChild(ModelsPage)
        assert page
        return page

    @property
    def network(self) -> NetworkPage:
        """The network's page."""
        page = self.window.findChild(NetworkPage)
        assert page
        return page

    @property
    def controller(self) -> ModelsController:
        """What is done with models."""
        controller = self.workplace.models.controller
        assert controller
        return controller

    @property
    def sheet(self) -> ApprovalSheet | None:
        """What asks whether something may leave."""
        sheets = self.window.findChildren(ApprovalSheet)
        return next((sheet for sheet in sheets if sheet.isVisible()), None)

    def card(self, sha256: str) -> ModelCard:
        """The card of a model."""
        card = self.page.card(sha256)
        assert card
        return card

    @property
    def said(self) -> str:
        """What the notice above the models says."""
        return self.page.notice.text

    # What the person does -----------------------------------------------------------------

    def act(self, sha256: str, act: str) -> None:
        """Press a button of a card."""
        self.card(sha256).buttons[act].click()
        self.settle()

    def choose(self, sha256: str, words: str) -> None:
        """Choose something in a card's menu."""
        actions = self.card(sha256).more.menu().actions()
        next(action for action in actions if action.text() == words).trigger()
        self.settle()

    def say_yes(self) -> None:
        """Press the button of the sheet, once it can be pressed."""
        sheet = self.sheet
        assert sheet
        self.qtbot.waitUntil(sheet.yes_button.isEnabled)
        self.click(sheet.yes_button)

    def go_to_network(self) -> None:
        """Go to the network's page."""
        self.window.go_to(NETWORK)
        self.settle()

    def hold_above(self, *files: Path) -> QDragEnterEvent:
        """Hold files above the page."""
        event = QDragEnterEvent(
            QPoint(50, 50),
            Qt.DropAction.CopyAction,
            _held(files),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        event.setAccepted(False)
        self.page.dragEnterEvent(event)
        return event

    def drop(self, *files: Path) -> None:
        """Let files fall on the page."""
        self.page.dropEvent(
            QDropEvent(
                QPointF(50, 50),
                Qt.DropAction.CopyAction,
                _held(files),
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            )
        )
        self.settle()


_ALIVE: list[QMimeData] = []  # Qt does not own what an event of ours carries


def _held(files: tuple[Path, ...]) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    _ALIVE.append(data)
    return data
