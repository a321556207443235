"""Models and the network in the furnished window: both places, made when somebody goes there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from assistant.app import App, Session
from assistant.events import DownloadChanged, Event, ModelRolledBack, ModelsChanged, NetworkChanged
from assistant.settings import Settings
from ui.bridge import Bridge
from ui.days import local
from ui.models.questions import last_questions
from ui.network.approving import Approving
from ui.network.controller import NetworkController
from ui.places import Places
from ui.preferences import Preferences
from ui.window import MODELS, NETWORK, Window

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.shelf.service import ModelService
    from ui.models.controller import ModelsController

_OWN_FILE: Final = (
    "A file of your own stands in the settings, and goes on answering. Use a model here to have "
    "that one instead."
)


class ModelRooms(QObject):
    """Builds what wires both places to their services, and tells it what concerns it.

    Args:
        app: Settings, the seal, and the engine that loads another model.
        session: The services.
        bridge: Brings outcomes to the GUI thread.
        window: Has the places.
        places: All there are.
        preferences: Saves settings and has them take effect.
        pool: For what blocks.
        now: Milliseconds since 1970, UTC.
    """

    def __init__(
        self,
        app: App,
        session: Session,
        bridge: Bridge,
        window: Window,
        places: Places,
        preferences: Preferences,
        pool: Executor,
        now: Callable[[], int],
    ) -> None:
        super().__init__(places.models.holder)  # goes with the places, which a lock takes down
        self._app = app
        self._session = session
        self._bridge = bridge
        self._window = window
        self._places = places
        self._preferences = preferences
        self._pool = pool
        self._controller: ModelsController | None = None  # once somebody went there
        self._approving: Approving | None = None
        self.network = NetworkController(
            session.network,
            session.ledger,
            app.outside.seal,
            bridge,
            lambda: places.network.page,
            window.status,
            pool,
            lambda: local(now()),
            lambda: app.settings,
            preferences.change,
            self,
            cloud=session.cloud,
        )
        preferences.taken.connect(self._adopt)
        window.went_to.connect(self._arrived)
        window.status.network_wanted.connect(partial(window.go_to, NETWORK))
        places.settings.network_wanted.connect(partial(window.go_to, NETWORK))
        window.status.model_wanted.connect(partial(window.go_to, MODELS))

    @property
    def controller(self) -> ModelsController | None:
        """What is done with models; None where this session has none, or nobody came yet."""
        return self._controller

    @property
    def is_working(self) -> bool:
        """Whether something goes on that the person may be waiting for."""
        return self._controller is not None and self._controller.is_working

    def handle(self, event: Event) -> None:
        """Take an event from the core; those that concern neither are passed over."""
        match event:
            case DownloadChanged(state) if self._controller:
                self._controller.show_download(state)
            case ModelsChanged() if self._controller:
                self._controller.refresh()
            case ModelRolledBack():
                self._rolled_back(event)
            case NetworkChanged():
                self.network.refresh()
            case _:
                pass

    # Going there --------------------------------------------------------------------------

    def _arrived(self, place: int) -> None:
        if place == NETWORK:
            self.network.arrive()
        elif place == MODELS:
            self._arrive_at_models()

    def _arrive_at_models(self) -> None:
        models = self._session.models
        if models is None:
            self._places.models.page.rest()
            return
        if self._controller is None:
            self._controller = self._build(models)
        self._controller.refresh()
        if self._app.settings.model_path:
            self._places.models.page.notice.say(_OWN_FILE)

    def _build(self, models: ModelService) -> ModelsController:
        from ui.models.controller import ModelsController, ModelWays

        window, page = self._window, self._places.models.page
        approving = self._approving = Approving(window, lambda: window.theme, models.gate, page)
        ways = ModelWays(self._used, partial(window.go_to, NETWORK), self._questions, self._tell)
        return ModelsController(models, self._bridge, page, approving, self._pool, ways)

    def _questions(self) -> Future[list[str]]:
        return self._pool.submit(last_questions, self._session.conversations)

    # What follows -------------------------------------------------------------------------

    def _used(self) -> None:
        """Another model is to answer: a file of one's own no longer stands before it."""
        settings = replace(self._app.settings, model_path="")
        if settings != self._app.settings:
            self._preferences.change(settings)
        else:
            self._places.settings.adopt(settings)  # the core may have taken it out already
            self._app.warm_engine()

    def _rolled_back(self, event: ModelRolledBack) -> None:
        self._tell(event.words, "Models…", partial(self._window.go_to, MODELS))
        if self._controller:
            self._controller.refresh()

    def _tell(self, sentence: str, action: str, act: Callable[[], None]) -> None:
        self._places.notice.say(sentence, action, act)

    def _adopt(self, settings: Settings) -> None:
        self.network.adopt(settings)
