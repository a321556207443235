"""The cloud in the furnished window: its place, the lines below answers, and what they lead to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from assistant.app import App, Session
from assistant.events import (
    CloudChanged,
    Diverged,
    Event,
    NetworkChanged,
    PowerChanged,
    ReplyEnded,
)
from assistant.net.online import Online
from assistant.records import Message
from assistant.settings import Settings
from ui.bridge import Bridge
from ui.chat.controller import ChatController
from ui.cloud.asides import Asides
from ui.cloud.elsewhere import Elsewhere
from ui.cloud.words import arrived, look
from ui.days import local
from ui.latest import Latest
from ui.network.approving import Approving
from ui.places import Places
from ui.preferences import Preferences
from ui.window import CLOUD, Window

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.cloud.protocols import CloudRoom
    from assistant.cloud.records import Divergence, Sent, Waiting
    from ui.cloud.controller import CloudController


class CloudRooms(QObject):
    """Builds what wires the window to the cloud, where this session has one.

    Args:
        app: Settings.
        session: The services.
        bridge: Brings outcomes to the GUI thread.
        window: Has the places, and is covered by the sheet.
        places: All there are.
        preferences: Saves settings and has them take effect.
        chat: What is done with a chat.
        now: Milliseconds since 1970, UTC.
        count: Has what was sent counted, and shown.
    """

    def __init__(
        self,
        app: App,
        session: Session,
        bridge: Bridge,
        window: Window,
        places: Places,
        preferences: Preferences,
        chat: ChatController,
        now: Callable[[], int],
        count: Callable[[], object],
    ) -> None:
        super().__init__(places.cloud.holder)  # goes with the places, which a lock takes down
        self._app = app
        self._session = session
        self._bridge = bridge
        self._window = window
        self._places = places
        self._preferences = preferences
        self._chat = chat
        self._now = now
        self._count = count
        self._controller: CloudController | None = None  # once somebody went there
        self._was_online = False
        self._sheets = Latest(bridge)  # two clicks open one
        self._asides: Asides | None = None
        self._elsewhere: Elsewhere | None = None
        window.went_to.connect(self._arrived)
        places.settings.cloud_wanted.connect(partial(window.go_to, CLOUD))
        cloud, gate = session.cloud, session.network
        if cloud and gate:
            self._asides = Asides(cloud, bridge, places.page, chat)
            self._elsewhere = Elsewhere(
                cloud, gate, bridge, window, places.page, chat, lambda: places.notice
            )
            self._elsewhere.let_go.connect(window.status.sent_button.show_asking)
            self._elsewhere.over.connect(self._asked)
            self._connect()
            self._follow()
            if app.settings.cloud:  # until they were read nobody seems to be there
                known = cloud.providers.list()
                bridge.then(known, lambda _: self._follow(), lambda _: None)

    def _connect(self) -> None:
        page = self._places.page
        page.timeline.cloud_requested.connect(self._requested)
        page.paused.elsewhere_wanted.connect(self._ask_instead)
        self._chat.around.moved.connect(self._moved)
        self._preferences.taken.connect(self._adopt)

    @property
    def controller(self) -> CloudController | None:
        """What is done in the place; None where this session has none, or nobody came yet."""
        return self._controller

    @property
    def elsewhere(self) -> Elsewhere | None:
        """Asks; None where this session sends nothing."""
        return self._elsewhere

    def leave(self) -> None:
        """The window goes, and a sheet that is open with it: nothing was approved."""
        if self._elsewhere:
            self._elsewhere.leave()

    # What the core tells ------------------------------------------------------------------

    def handle(self, event: Event) -> None:
        """Take an event from the core; those that do not concern the cloud are passed over."""
        if self._asides is None:
            return
        match event:
            case ReplyEnded():
                was_elsewhere = self._elsewhere and self._elsewhere.ended(event.run_id)
                self._asides.ended(event, was_elsewhere=bool(was_elsewhere))
            case Diverged():
                self._asides.diverged(event)
            case CloudChanged():
                self._follow()
            case PowerChanged() | NetworkChanged():
                self._asides.refresh()
            case _:
                pass

    def _follow(self) -> None:
        """Providers, what waits, or what is known of the network may be others now."""
        if self._asides:
            self._asides.refresh()
        self._window.status.sent_button.show_cloud(on=self._can_ask)
        if self._controller:
            self._controller.refresh()
        self._look_for_network()

    def _adopt(self, settings: Settings) -> None:
        del settings
        if self._asides:
            self._asides.refresh()
        self._window.status.sent_button.show_cloud(on=self._can_ask)
        if self._controller:
            self._controller.show_settings()

    def _asked(self, run_id: int) -> None:
        """A question was let go, and answered or not: the status line tells what was sent."""
        self._window.status.sent_button.show_asked(run_id)
        self._count()

    @property
    def _can_ask(self) -> bool:
        return self._session.cloud is not None and not self._session.cloud.why_not

    def _moved(self) -> None:
        if self._elsewhere:
            self._elsewhere.go_on()
        if self._asides:
            self._asides.refresh()

    # What waits for a network -------------------------------------------------------------

    def _look_for_network(self) -> None:
        """Tell once, each time that a network comes, that something waits for it."""
        cloud = self._session.cloud
        is_online = cloud is not None and self._can_ask and cloud.online is Online.YES
        came, self._was_online = is_online and not self._was_online, is_online
        if cloud and came:
            self._bridge.then(cloud.waiting.list(), self._tell_waiting, lambda _: None)

    def _tell_waiting(self, waiting: tuple[Waiting, ...]) -> None:
        if waiting:
            notice = self._places.notice
            notice.say(arrived(len(waiting)), look(len(waiting)), self._show_waiting)

    def _show_waiting(self) -> None:
        self._window.go_to(CLOUD)
        page = self._places.cloud.page
        page.show_section(page.waiting)

    # The person's hands -------------------------------------------------------------------

    def _requested(self, message: Message, what: str) -> None:
        """A link below a message was pressed."""
        if self._asides is None:
            return
        match what:
            case "offer":
                self._ask_about(message, may_skip=True)
            case "ask":
                self._ask_about(message)
            case "not-now":
                self._asides.decline(message)
            case "sent":
                self._show_sent(message)
            case "compare":
                self._compare(message)
            case "key":
                self._change_key(message)
            case _:
                pass

    def _ask_about(self, message: Message, *, may_skip: bool = False) -> None:
        """Ask another one for the question that this message answers.

        Args:
            message: The answer.
            may_skip: What was pressed says whom: for a box that is trusted, that is the yes.
        """
        if self._asides is None or self._elsewhere is None:
            return
        question_id = self._asides.question_of(message)
        if question_id is not None:
            offer = self._asides.offer_for(message) or self._elsewhere.asked_offer()
            self._elsewhere.ask(question_id, offer, may_skip=may_skip)

    def _ask_instead(self) -> None:
        """Ask elsewhere for what waits here because the machine must cool down."""
        message = self._asides.waits_for if self._asides else None
        if message:
            self._ask_about(message)

    def _show_sent(self, message: Message) -> None:
        cloud = self._session.cloud
        if cloud:
            self._sheets.expect(cloud.sent(message.id), self._open_sent, self._failed)

    def _open_sent(self, sent: Sent) -> None:
        from ui.cloud.what_was_sent import WhatWasSent

        sheet = WhatWasSent(self._window, self._window.theme, sent)
        sheet.deleted.connect(partial(self._forget_sent, sent.answer_id))
        sheet.open_centred()

    def _forget_sent(self, answer_id: int) -> None:
        cloud = self._session.cloud
        if cloud:
            self._bridge.then(cloud.forget_sent(answer_id), lambda _: None, self._failed)

    def _compare(self, message: Message) -> None:
        cloud = self._session.cloud
        divergence = self._asides.divergence(message) if self._asides else None
        if cloud and divergence:
            opened = partial(self._open_compared, divergence)
            self._sheets.expect(cloud.answers(divergence), opened, self._failed)

    def _open_compared(self, divergence: Divergence, found: tuple[str, Message, Message]) -> None:
        from ui.cloud.side_by_side import SideBySide

        question, here, there = found
        theme = self._window.theme
        SideBySide(self._window, theme, question, here, there, divergence).open_centred()

    def _change_key(self, message: Message) -> None:
        self._window.go_to(CLOUD)
        if self._controller and message.cloud:
            self._controller.change_key(message.cloud)

    def _failed(self, error: object) -> None:
        sentence = getattr(error, "sentence", "")
        self._places.notice.say(sentence, danger=True)

    # Going there --------------------------------------------------------------------------

    def _arrived(self, place: int) -> None:
        if place != CLOUD:
            return
        cloud = self._session.cloud
        if cloud is None or self._elsewhere is None:
            self._places.cloud.page.rest()
            return
        if self._controller is None:
            self._controller = self._build(cloud, self._elsewhere)
        self._controller.refresh()

    def _build(self, cloud: CloudRoom, elsewhere: Elsewhere) -> CloudController:
        from ui.cloud.controller import CloudController, CloudWays

        window, page, gate = self._window, self._places.cloud.page, self._session.network
        approving = Approving(window, lambda: window.theme, gate, page) if gate else None
        ways = CloudWays(
            lambda: self._app.settings,
            self._preferences.change,
            self._preferences.show,
            elsewhere.ask_waiting,
            lambda: local(self._now()),
        )
        return CloudController(cloud, self._bridge, page, approving, ways)
