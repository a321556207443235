"""A running Hush without a window, for measuring: real engine, real store, events on a queue."""

from __future__ import annotations

import queue
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.access.entrance import Entrance, FirstKeys
from assistant.app import App, Parts, Session
from assistant.chat import Run
from assistant.events import Activity, BackgroundChanged, Event, ReplyEnded
from assistant.paths import Profile
from assistant.settings import Settings
from assistant.store.passphrase import Argon2Policy
from tests.fakes.power import FakeProbe

PASSPHRASE = "benchmarks only"
CHEAP = Argon2Policy(floor_kib=8, ceiling_kib=8, passes=1, lanes=1, seconds=0.0)


@dataclass(frozen=True, slots=True)
class Stamped:
    """An event and when it arrived, in seconds of ``time.perf_counter``."""

    at: float
    event: Event


class Hush:
    """Services over a real engine and a vault on disk.

    ``done_ahead`` grows by what runs in the background.
    """

    def __init__(self, root: Path, settings: Settings, parts: Parts) -> None:
        profile = Profile(root)
        profile.prepare()
        self.events: queue.SimpleQueue[Stamped] = queue.SimpleQueue()
        self.done_ahead: list[Activity] = []
        self._ahead: Activity | None = None
        self._ahead_changed = time.perf_counter()
        self.app = App(profile, self._take, parts)
        self.app.save_settings(settings).result()
        first = FirstKeys(keyring=False, passphrase=PASSPHRASE)
        self.session: Session = self.app.create_vault(first).result()

    def _take(self, event: Event) -> None:
        now = time.perf_counter()
        if isinstance(event, BackgroundChanged):
            self._ahead_changed, self._ahead = now, event.activity
            if event.activity:
                self.done_ahead.append(event.activity)
        self.events.put(Stamped(now, event))

    def rest(self, quiet_seconds: float = 0.25) -> None:
        """Wait, as a person who reads does, until the background has been quiet for so long."""
        asked = time.perf_counter()
        while self._ahead or time.perf_counter() - max(asked, self._ahead_changed) < quiet_seconds:
            time.sleep(0.01)

    def follow(self, run: Run) -> Iterator[Stamped]:
        """The events of a run, to its end."""
        while True:
            stamped = self.events.get()
            if getattr(stamped.event, "run_id", None) == run.id:
                yield stamped
                if isinstance(stamped.event, ReplyEnded):
                    return


@contextmanager
def hush(**settings: object) -> Iterator[Hush]:
    """A Hush in a folder that is gone afterwards; ``settings`` override the defaults."""
    parts = Parts(
        entrance=lambda profile, clock: Entrance(profile, clock, cost=CHEAP),
        probe=lambda _: FakeProbe(),  # on mains and cool, whatever this machine is
    )
    chosen = replace(Settings(), **settings)  # type: ignore[arg-type] # checked by Settings itself
    with tempfile.TemporaryDirectory() as folder:
        running = Hush(Path(folder) / "profile", chosen, parts)
        try:
            yield running
        finally:
            running.app.close()
