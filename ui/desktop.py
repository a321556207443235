"""What happens behind the window, from its first paint to its end or its lock.

::

    start -> build the core on a thread -> open the vault (front door) -> furnish (workplace)
    lock -> cover the window -> keep drafts -> close the core on a thread -> become a new process

What the first paint does not need takes longer to import than the window to show, so it is
imported on the thread that builds the core; the imports inside functions then cost nothing.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from assistant.errors import HushError, ProfileInUse
from assistant.events import EngineChanged, Event, EventSink, Notice, RaiseRequested
from assistant.instance import Instance
from assistant.log import log_event
from assistant.outside import Outside
from assistant.paths import Profile
from ui.bridge import Bridge
from ui.collecting import Collector
from ui.holding import hold_or_raise
from ui.lock.cover import CoverPage, cover
from ui.lock.locking import LockTriggers, WatchSession, watch_system
from ui.lock.relaunch import Launch, Relaunch, replace_process
from ui.lock.resumption import LockReason, News, Resumption
from ui.process import be_let_first
from ui.shortcuts import KeysPanel, bind
from ui.theme.style import system_theme
from ui.window import Window

if TYPE_CHECKING:  # imported late, see above
    from assistant.access.keys import WayIn
    from assistant.app import App, Session
    from ui.door.front_door import FrontDoor
    from ui.workplace import Workplace

_POOL_THREADS: Final = 2
_IMPORTED_LATE: Final = (
    "assistant.app",
    "assistant.machine.session_watch",
    "ui.door.front_door",
    "ui.workplace",
)
_PATIENCE: Final = 5.0
"""Seconds in which a process that replaced another waits for the profile: a terminal's ``hush``
may have taken it in between."""


def build_core(profile: Profile, sink: EventSink, outside: Outside | None = None) -> App:
    """Import and build the core. Takes a few tenths of a second: not on the GUI thread."""
    for name in _IMPORTED_LATE:
        importlib.import_module(name)
    from assistant.app import App, Parts

    return App(profile, sink, Parts(tunes=True, outside=outside) if outside else None)


class Desktop:
    """Brings an empty window to life, step by step.

    Args:
        window: Shown already.
        profile: Where everything is kept.
        holds: Keeps what is held until the end.
        passphrase: From the command line, or None.
        build: Builds the core, on a thread.
        resumption: What the process before this one was locked with, if it was.
        watch: Listens to the system's session.
        become: Replaces this process by a new one.
    """

    def __init__(
        self,
        window: Window,
        profile: Profile,
        holds: ExitStack,
        passphrase: str | None = None,
        build: Callable[[Profile, EventSink], App] = build_core,
        *,
        resumption: Resumption | None = None,
        watch: WatchSession = watch_system,
        become: Callable[[Sequence[str]], object] = replace_process,
    ) -> None:
        self._window = window
        self._profile = profile
        self._holds = holds
        self._passphrase = passphrase
        self._build_core = build
        self._resumption = resumption
        self._watch = watch
        self._become = become
        self._bridge = Bridge()
        self._pool = ThreadPoolExecutor(_POOL_THREADS, thread_name_prefix="window")
        self._core: Future[App] | None = None
        self._app: App | None = None
        self._front_door: FrontDoor | None = None
        self._workplace: Workplace | None = None
        self._triggers: LockTriggers | None = None
        self._relaunch: Relaunch | None = None
        self._lock_wanted: LockReason | None = None  # before there was a front door
        self._leaving: LockReason | None = None
        self._following = Resumption(LockReason.RESTART)  # what the next process goes on from
        self._early: list[Event] = []
        self._has_started = False
        self._bridge.received.connect(self._handle)
        window.covered.connect(self._note_page)
        bind(window, {"quit": window.close, "help": self._show_keys, "lock": self.lock})
        if resumption:
            resumption.place(window)
            window.show_full_page(CoverPage(window.theme, locked=resumption.locked))

    def start(self, held: Instance | HushError) -> None:
        """Go on after the first paint, or without it where nobody sees the window. Once.

        Args:
            held: The hold on the profile, or why there is none.
        """
        if self._has_started:
            return
        self._has_started = True
        log_event("window.shown")
        if isinstance(held, ProfileInUse) and self._resumption:
            self._hold_again(_PATIENCE)
        elif isinstance(held, HushError):
            self._trouble(held)
        else:
            self._build(held)

    def tell(self, text: str) -> None:
        """Say something to the person, from any thread."""
        self._bridge.sink(Notice(text))

    def close(self) -> None:
        """End everything that was started, with no window by now.

        Waits for the core: at most 3 s where it closes, longer while what was written is on its
        way to the disk, and as long as the rest of building it takes where it is being built.
        """
        if self._relaunch:
            self._relaunch.abandon()  # it closes the core
            self._pool.shutdown(wait=False, cancel_futures=True)
            return
        if self._workplace:
            self._workplace.keep()
        if self._triggers:
            self._triggers.end()
        self._bridge.close()
        self._pool.shutdown(cancel_futures=True)
        core = self._core  # built perhaps a moment ago, and never heard of since
        if core and not core.cancelled() and not core.exception():
            core.result().close()

    @property
    def workplace(self) -> Workplace | None:
        """The furnished window's inner side; None while no vault is open."""
        return self._workplace

    def follow_system(self) -> None:
        """Take the system's theme, with the person's reading size."""
        reading = self._app.settings.reading_size if self._app else self._window.theme.reading
        self._window.apply(system_theme(reading))

    # Locking ------------------------------------------------------------------------------

    def lock(self, reason: LockReason = LockReason.BY_HAND) -> None:
        """Cover everything now, and end what held key and texts: this process.

        A vault that is being opened is locked once it is open; a process that starts anew becomes
        a locked one. Does nothing where a page waits for a way in: there is nothing to lock.
        """
        if self._leaving:
            self._lock_the_next(reason)
        elif self._workplace:
            self._start_anew(reason)
        elif self._front_door:
            self._front_door.lock(reason)
            if self._triggers:
                self._triggers.let_sleep()
        elif isinstance(self._window.full_page, CoverPage | None):
            self._lock_wanted = self._lock_wanted or reason

    def restart(self, news: News | None = None) -> None:
        """Start anew: the vault's keys or files were replaced.

        Args:
            news: What the person hears of it afterwards.
        """
        self._start_anew(LockReason.RESTART, news)

    def _start_anew(self, reason: LockReason, news: News | None = None) -> None:
        app = self._app
        if self._leaving or not app:
            return
        self._leaving = reason
        log_event("window.left", reason=reason)
        self._following = Resumption.from_window(self._window, reason)
        try:
            since = self._workplace.rotating_since if self._workplace else None
            if self._workplace and news is None:
                news = _news_of(self._workplace)
            self._following = replace(self._following, news=news, since=since)
            conversation_id = self._clear(reason)
            self._following = replace(self._following, conversation_id=conversation_id)
        finally:  # whatever a bug leaves on the screen, the process that holds the key goes
            self._relaunch = Relaunch(
                partial(app.close, locked=self._following.locked),
                self._next_command(),
                is_keeping=lambda: app.is_keeping,
                replace=self._become,
            )
            self._relaunch.begin()

    def _lock_the_next(self, reason: LockReason) -> None:
        """It only started anew, and would open by the keyring: now somebody wants it locked."""
        if self._leaving is not LockReason.RESTART or not (self._relaunch and self._app):
            return
        self._leaving = reason
        log_event("window.left", reason=reason)
        self._following = replace(self._following, reason=reason)
        self._relaunch.become_instead(partial(self._app.close, locked=True), self._next_command())
        cover(self._window, CoverPage(self._window.theme, locked=True))

    def _next_command(self) -> Sequence[str]:
        return Launch.of_this_process().with_arguments(
            ("--profile", str(self._profile.root), *self._following.arguments)
        )

    def _clear(self, reason: LockReason) -> int | None:
        """Cover the window, keep drafts, drop everything behind; what to open again after it."""
        locked = reason is not LockReason.RESTART
        cover(self._window, CoverPage(self._window.theme, locked=locked))
        workplace, self._workplace = self._workplace, None
        was_open = workplace.leave() if workplace else None
        self._bridge.close()
        if self._triggers:
            self._triggers.close()
        return was_open if locked else None

    # Step by step -------------------------------------------------------------------------

    def _build(self, instance: Instance) -> None:
        instance.listen(lambda: self._bridge.sink(RaiseRequested()))
        self._core = self._pool.submit(self._build_core, self._profile, self._bridge.sink)
        self._bridge.then(self._core, self._built, self._trouble)

    def _built(self, app: App) -> None:
        from ui.door.front_door import FrontDoor

        self._app = app
        if app.settings.reading_size != self._window.theme.reading:
            self.follow_system()
        self._triggers = LockTriggers(
            lambda: app.settings.lock_minutes if self._workplace else 0,
            lambda: bool(self._workplace and self._workplace.is_busy),
            self._watch,
            stirred=be_let_first(app.courtesy),
        )
        self._triggers.wanted.connect(self.lock)
        before = self._resumption
        self._front_door = FrontDoor(
            app,
            self._bridge,
            self._window,
            self._opened,
            locked=bool(before and before.locked),
            reason=before.reason.words(app.settings.lock_minutes) if before else "",
            remark=before.news.words if before and before.news else "",
        )
        self._front_door.knock(self._passphrase)
        self._passphrase = None
        if self._lock_wanted:
            self._front_door.lock(self._lock_wanted)

    def _opened(self, session: Session) -> None:
        from ui.workplace import Workplace

        app, door, triggers = self._app, self._front_door, self._triggers
        assert app  # noqa: S101 # a session comes from it
        assert door  # noqa: S101 # and through this
        assert triggers  # noqa: S101 # which these come before
        self._workplace = workplace = Workplace(
            app,
            session,
            self._bridge,
            self._window,
            self._pool,
            _now,
            lock=self.lock,
            restart=self.restart,
        )
        triggers.begin()
        app.keep_index()
        self._go_on_from_before(session, workplace)
        for event in self._early:
            self._workplace.handle(event)
        self._early.clear()
        Collector(lambda: triggers.untouched, self._window)
        log_event("window.furnished")
        if door.lock_wanted:
            self._start_anew(door.lock_wanted)

    def _go_on_from_before(self, session: Session, workplace: Workplace) -> None:
        before, self._resumption = self._resumption, None
        if not before:
            return
        if before.conversation_id is not None:
            workplace.chat.open(before.conversation_id)
        if before.news is News.ROTATING and session.keys:
            self._bridge.then(session.keys.ways(), partial(self._say_which_key, before), _ignore)
        elif before.news:
            self.tell(before.news.words)

    def _say_which_key(self, before: Resumption, ways: Sequence[WayIn]) -> None:
        """A lock came while the vault's key was being changed: which recovery code counts?"""
        if before.since is not None and ways:
            # Not "later": the clock may have been set back in between.
            is_new = max(way.created for way in ways) != before.since
            self.tell((News.KEY_CHANGED if is_new else News.KEY_KEPT).words)

    def _trouble(self, error: HushError) -> None:
        """What keeps Hush from starting, before there is a front door."""
        from ui.door.trouble import TroublePage

        page = TroublePage(error, self._window.theme)
        page.retry_wanted.connect(partial(self._hold_again, 0.0))
        page.quit_wanted.connect(self._window.close)
        self._lock_wanted = None
        self._window.show_full_page(page)

    def _hold_again(self, patience: float) -> None:
        future = self._pool.submit(hold_or_raise, self._profile, self._holds, patience)
        self._bridge.then(future, self._held, self._trouble)

    def _held(self, instance: Instance | None) -> None:
        if instance:
            self._build(instance)
        else:
            self._window.close()

    def _show_keys(self) -> None:
        KeysPanel(self._window).open_centred()

    def _note_page(self, covered: bool) -> None:  # noqa: FBT001 # as the signal gives it
        if covered:
            log_event("window.covered", page=type(self._window.full_page).__name__)

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


def _news_of(workplace: Workplace) -> News | None:
    """What the next process has to say of what goes with this one."""
    if workplace.rotating_since is not None:
        return News.ROTATING
    return News.UNTAKEN if workplace.acts and workplace.acts.has_untaken else None


def _ignore(_: HushError) -> None:
    """The vault's place says why its keys cannot be read."""


def _now() -> int:
    return time.time_ns() // 1_000_000
