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
from assistant.events import Event, ReplyEnded
from assistant.paths import Profile
from assistant.settings import Settings
from assistant.store.passphrase import Argon2Policy

PASSPHRASE = "benchmarks only"
CHEAP = Argon2Policy(floor_kib=8, ceiling_kib=8, passes=1, lanes=1, seconds=0.0)


@dataclass(frozen=True, slots=True)
class Stamped:
    """An event and when it arrived, in seconds of ``time.perf_counter``."""

    at: float
    event: Event


class Hush:
    """Services over a real engine and a vault on disk."""

    def __init__(self, root: Path, settings: Settings, parts: Parts) -> None:
        profile = Profile(root)
        profile.prepare()
        self.events: queue.SimpleQueue[Stamped] = queue.SimpleQueue()
        self.app = App(profile, self._take, parts)
        self.app.save_settings(settings).result()
        first = FirstKeys(keyring=False, passphrase=PASSPHRASE)
        self.session: Session = self.app.create_vault(first).result()

    def _take(self, event: Event) -> None:
        self.events.put(Stamped(time.perf_counter(), event))

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
    parts = Parts(entrance=lambda profile, clock: Entrance(profile, clock, cost=CHEAP))
    chosen = replace(Settings(), **settings)  # type: ignore[arg-type] # checked by Settings itself
    with tempfile.TemporaryDirectory() as folder:
        running = Hush(Path(folder) / "profile", chosen, parts)
        try:
            yield running
        finally:
            running.app.close()
