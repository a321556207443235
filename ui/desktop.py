"""The window's start and end: profile and window first, everything else after the first paint.

::

    run -> hold the profile -> show the window -> first paint
        -> build the core on a thread -> open the vault (front door) -> furnish (workplace)

What the first paint does not need takes longer to import than the window to show, so it is
imported on the thread that builds the core; the imports inside functions then cost nothing.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QApplication

from assistant.errors import HushError, ProfileInUse
from assistant.events import EngineChanged, Event, EventSink, Notice, RaiseRequested
from assistant.hardening import harden_process
from assistant.instance import Instance, raise_first
from assistant.log import log_event, start_log
from assistant.paths import Profile
from ui.bridge import Bridge
from ui.process import problems_logged, quit_on_signals
from ui.shortcuts import KeysPanel, bind
from ui.theme.icons import app_icon
from ui.theme.style import dress, system_theme
from ui.window import Window

if TYPE_CHECKING:  # imported late, see above
    from assistant.app import App, Session
    from ui.front_door import FrontDoor
    from ui.workplace import Workplace

_APP_ID: Final = "app.hush.Hush"  # as packaging/ names the desktop entry
_POOL_THREADS: Final = 2
_IMPORTED_LATE: Final = ("assistant.app", "ui.front_door", "ui.workplace")


def run(profile: Profile, passphrase: str | None = None) -> int:
    """Open the window and stay until it is closed; returns the exit code.

    Args:
        profile: Where everything is kept. Where another Hush holds it, that one's window comes
            forward and this one ends.
        passphrase: From the command line; opens the vault, or makes it.
    """
    harden_process()
    with ExitStack() as stack:
        holds = stack.enter_context(ExitStack())  # let go last, also where it is taken late
        held: Instance | HushError
        try:
            held = hold(profile, holds)
        except ProfileInUse as error:
            if raise_first(profile):
                return 0
            held = error
        except HushError as error:
            held = error
        application = _application()
        window = Window(system_theme())
        desktop = Desktop(window, profile, holds, passphrase)
        stack.enter_context(problems_logged(desktop.tell))
        stack.enter_context(quit_on_signals(window.close))
        stack.callback(desktop.close)
        application.styleHints().colorSchemeChanged.connect(desktop.follow_system)
        window.first_painted.connect(lambda: desktop.start(held))
        window.show()
        return application.exec()


def hold(profile: Profile, holds: ExitStack) -> Instance:
    """Make the profile this process's own, and begin its log, until ``holds`` is closed.

    Raises:
        ProfileUnusable, ProfileInUse: nothing is held.
    """
    profile.prepare()
    instance = holds.enter_context(Instance(profile))
    holds.enter_context(start_log(profile.logs))
    return instance


def build_core(profile: Profile, sink: EventSink) -> App:
    """Import and build the core. Takes a few tenths of a second: not on the GUI thread."""
    for name in _IMPORTED_LATE:
        importlib.import_module(name)
    from assistant.app import App

    return App(profile, sink)


class Desktop:
    """Brings an empty window to life, step by step.

    Args:
        window: Shown already.
        profile: Where everything is kept.
        holds: Keeps what is held until the end.
        passphrase: From the command line, or None.
        build: Builds the core, on a thread.
    """

    def __init__(
        self,
        window: Window,
        profile: Profile,
        holds: ExitStack,
        passphrase: str | None = None,
        build: Callable[[Profile, EventSink], App] = build_core,
    ) -> None:
        self._window = window
        self._profile = profile
        self._holds = holds
        self._passphrase = passphrase
        self._build_core = build
        self._bridge = Bridge()
        self._pool = ThreadPoolExecutor(_POOL_THREADS, thread_name_prefix="window")
        self._core: Future[App] | None = None
        self._app: App | None = None
        self._front_door: FrontDoor | None = None
        self._workplace: Workplace | None = None
        self._early: list[Event] = []
        self._bridge.received.connect(self._handle)
        bind(window, {"quit": window.close, "help": self._show_keys})

    def start(self, held: Instance | HushError) -> None:
        """Go on after the first paint.

        Args:
            held: The hold on the profile, or why there is none.
        """
        log_event("window.shown")
        if isinstance(held, HushError):
            self._trouble(held)
        else:
            self._build(held)

    def tell(self, text: str) -> None:
        """Say something to the person, from any thread."""
        self._bridge.sink(Notice(text))

    def close(self) -> None:
        """End everything that was started. Waits for the core: at most 2 s, with no window."""
        self._pool.shutdown(cancel_futures=True)
        core = self._core  # built perhaps a moment ago, and never heard of since
        if core and not core.cancelled() and not core.exception():
            core.result().close()

    def follow_system(self) -> None:
        """Take the system's theme, with the person's reading size."""
        reading = self._app.settings.reading_size if self._app else self._window.theme.reading
        self._window.apply(system_theme(reading))

    # Step by step -------------------------------------------------------------------------

    def _build(self, instance: Instance) -> None:
        instance.listen(lambda: self._bridge.sink(RaiseRequested()))
        self._core = self._pool.submit(self._build_core, self._profile, self._bridge.sink)
        self._bridge.then(self._core, self._built, self._trouble)

    def _built(self, app: App) -> None:
        from ui.front_door import FrontDoor

        self._app = app
        if app.settings.reading_size != self._window.theme.reading:
            self.follow_system()
        app.warm_engine()
        self._front_door = FrontDoor(app, self._bridge, self._window, self._opened)
        self._front_door.knock(self._passphrase)
        self._passphrase = None

    def _opened(self, session: Session) -> None:
        from ui.workplace import Workplace

        assert self._app  # noqa: S101 # a session comes from it
        self._workplace = Workplace(
            self._app, session, self._bridge, self._window, self._pool, _now
        )
        for event in self._early:
            self._workplace.handle(event)
        self._early.clear()
        log_event("window.furnished")

    def _trouble(self, error: HushError) -> None:
        """What keeps Hush from starting, before there is a front door."""
        from ui.trouble import TroublePage

        page = TroublePage(error, self._window.theme)
        page.retry_wanted.connect(self._hold_again)
        page.quit_wanted.connect(self._window.close)
        self._window.show_full_page(page)

    def _hold_again(self) -> None:
        future = self._pool.submit(hold, self._profile, self._holds)
        self._bridge.then(future, self._build, self._trouble)

    def _show_keys(self) -> None:
        KeysPanel(self._window).open_centred()

    def _handle(self, event: Event) -> None:
        if isinstance(event, RaiseRequested):
            self._window.come_forward()
            log_event("window.raised")
        elif self._workplace:
            self._workplace.handle(event)
        elif isinstance(event, EngineChanged):
            self._window.status.show_engine(event)
        else:
            self._early.append(event)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _application() -> QApplication:
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Hush")
    application.setOrganizationName("Hush")
    application.setDesktopFileName(_APP_ID)
    application.setWindowIcon(app_icon())
    application.setStyle("Fusion")  # the same measures on every system; the colours are ours
    dress(application, system_theme())
    return application
