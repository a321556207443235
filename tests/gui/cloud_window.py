"""The furnished window with a cloud in it, in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pytestqt.qtbot import QtBot

from assistant.events import CloudChanged
from assistant.records import CloudMark, Message, MessageState, Role
from tests.fakes.cloud import FakeCloud
from tests.fakes.models_service import FakeLedger
from tests.fakes.net import FakeGate
from tests.gui.bench import ANSWER, QUESTION
from tests.gui.fakes import FIGURES, NOON, FakeApp, FakeRun, conversation
from tests.gui.furnished import Furnished
from ui.bridge import Bridge
from ui.chat.cloud_line import CloudLine
from ui.chat.message import MessageView
from ui.chat.page import ChatPage
from ui.cloud.controller import CloudController
from ui.cloud.page import CloudPage
from ui.cloud.sheet import ConsentSheet
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT
from ui.window import CLOUD

OFF = "Asking elsewhere is off."
MARK = CloudMark("Mistral", "api.mistral.ai", "mistral-small-latest", NOON, is_kept=True)
CLOUDS = Message(
    13, 1, 11, Role.ASSISTANT, MessageState.COMPLETE, "A coat.", NOON, variant=2, variants=2,
    figures=FIGURES, cloud=MARK,
)  # fmt: skip
"""Another answer to the question of chat 1."""


class CloudWindow(Furnished):
    """Chat 1 has a question and an answer; whom to ask is there, and the cloud is on.

    Args:
        qtbot: Of the test.
        prepare: Changes what is behind the window before it is furnished.
        messages: Of chat 1.
        offered: Whether this session has a cloud at all.
        place: Where the person is; None: in chat 1.
        theme: Colours and type.
    """

    def __init__(
        self,
        qtbot: QtBot,
        prepare: Callable[[FakeApp, FakeCloud], object] = lambda _a, _c: None,
        messages: tuple[Message, ...] = (QUESTION, ANSWER),
        *,
        offered: bool = True,
        place: int | None = None,
        theme: Theme = Theme(LIGHT),  # noqa: B008 # a frozen value
    ) -> None:
        bridge = Bridge()
        app = FakeApp(bridge.sink)
        app.settings = replace(app.settings, cloud=True)
        self.chat = app.chat
        self.cloud = FakeCloud(bridge.sink, self.chat)
        self.gate: Any = FakeGate(clock=self.cloud.clock)
        if offered:
            app.cloud, app.network = self.cloud, self.gate
            app.ledger = FakeLedger()
        app.conversations.add(conversation(1, "Packing list", NOON), list(messages))
        app.conversations.add(conversation(2, "Night train", NOON - 1))
        prepare(app, self.cloud)
        super().__init__(qtbot, bridge, app, theme)
        if place is None:
            self.workplace.chat.open(1)
        else:
            self.window.go_to(place)
        self.settle()

    def settle(self) -> None:
        """Wait until what the pool and the bridge have is delivered and drawn."""
        self.deliver()
        self.qtbot.waitUntil(lambda: self.page.timeline.is_settled)

    def changed(self) -> None:
        """The core tells that something of the cloud is another."""
        self.bridge.sink(CloudChanged())
        self.settle()

    # What is seen -------------------------------------------------------------------------

    @property
    def page(self) -> ChatPage:
        """The chat."""
        page = self.window.findChild(ChatPage)
        assert page
        return page

    @property
    def place(self) -> CloudPage:
        """The cloud's place."""
        page = self.window.findChild(CloudPage)
        assert page
        return page

    @property
    def controller(self) -> CloudController:
        """What is done in the place."""
        controller = self.workplace.cloud.controller
        assert controller
        return controller

    @property
    def sheet(self) -> ConsentSheet | None:
        """What shows what would be sent."""
        sheets = self.window.findChildren(ConsentSheet)
        return next((sheet for sheet in sheets if sheet.isVisible()), None)

    @property
    def view(self) -> MessageView:
        """The last message on the page."""
        views = self.page.timeline.findChildren(MessageView)
        return max((view for view in views if view.isVisible()), key=lambda view: view.y())

    @property
    def line(self) -> CloudLine | None:
        """What stands below it."""
        found = [one for one in self.view.findChildren(CloudLine) if one.isVisible()]
        return found[-1] if found else None

    @property
    def said(self) -> list[str]:
        """What that says, links included."""
        asides = self.line.asides if self.line else ()
        return [
            " | ".join(filter(None, (aside.words, *(words for words, _ in aside.links))))
            for aside in asides
        ]

    # What the person does -----------------------------------------------------------------

    def follow(self, words: str) -> None:
        """Press a link below the last message."""
        assert self.line
        self.click(next(button for button in self.line.buttons if button.text() == words))

    def send(self) -> None:
        """Say yes to what is shown, once that can be said."""
        sheet = self.sheet
        assert sheet
        self.qtbot.waitUntil(sheet.send_button.isEnabled)
        self.click(sheet.send_button)

    def ask(self) -> FakeRun:
        """Ask elsewhere for the last answer's question, and let the answer begin."""
        self.follow("Ask Mistral instead…")
        self.send()
        self.chat.last.save()
        self.chat.last.begin()
        self.settle()
        return self.chat.last

    def go(self) -> None:
        """Go to the cloud's place."""
        self.window.go_to(CLOUD)
        self.settle()
