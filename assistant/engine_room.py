"""The worker that owns the model and the governor that paces it, and what they tell each other."""

from __future__ import annotations

import math
from collections.abc import Callable

from assistant.clock import Clock
from assistant.engine.process import computing_threads
from assistant.engine.protocol import Engine
from assistant.engine.worker import LlmWorker
from assistant.events import (
    BackgroundChanged,
    Event,
    EventSink,
    IndexChanged,
    PowerChanged,
    PromptRead,
    ReplyEnded,
)
from assistant.metrics import MetricsService
from assistant.power.drain import watt_hours
from assistant.power.governor import Governor
from assistant.power.plan import Mode
from assistant.power.probe import PowerProbe
from assistant.reading_cost import ReadingCost
from assistant.records import ReplyFigures
from assistant.search.records import IndexState
from assistant.settings import Settings
from assistant.tuning.tuned_model import TunedModel
from assistant.wanted_model import WantedModel
from models.tuned import TunedShelf


class EngineRoom:
    """Everything that works for an answer, from the model to the measuring of it.

    Args:
        engine: Not loaded yet.
        probe: Reads the machine; closed with the room.
        clock: Times everything.
        wanted: Which model the person wants, and how it is to be loaded.
        shelf: Opens where copies of it lie that are faster here, when a model is first wanted.
        settings: The settings of the moment.
        publish: Gets every event that passes ``sink``.
    """

    def __init__(
        self,
        engine: Engine,
        probe: PowerProbe,
        clock: Clock,
        wanted: WantedModel,
        shelf: Callable[[], TunedShelf],
        settings: Callable[[], Settings],
        publish: EventSink,
    ) -> None:
        self._engine = engine
        self._publish = publish
        self._clock = clock
        self._cost = ReadingCost()
        self._metrics: MetricsService | None = None
        self._read_seconds = 0.0  # of the reply that is being written
        self._is_paused = False
        self._paused_until = -math.inf  # seconds of the clock
        self._may_tune = False
        self._idle: Callable[[], None] | None = None
        self._indexes = False
        self.tuned = TunedModel(shelf, wanted.get, settings)
        self.worker = LlmWorker(
            engine,
            self.sink,
            self.tuned.choose,
            clock.elapsed,
            self._cost.seconds,
            self.tuned.did_not_load,
            # A copy that ends the engine says nothing of its original, which is loaded at once.
            lambda model: self.tuned.did_not_load(model) or wanted.crashed(model),
            lambda model: wanted.worked(self.tuned.original(model)),
        )
        self.governor = Governor(
            probe,
            clock,
            self.worker.obey,
            self.sink,
            settings,
            threads=computing_threads(),
            model=self.worker,
            looked=self._looked,
            busy=lambda: self._indexes,
        )

    def sink(self, event: Event) -> None:
        """Take an event on its way to the person, on any thread."""
        self._cost.note(event)
        match event:
            case PowerChanged():
                self._note_pause(event.plan.mode is Mode.PAUSED)
                if self._metrics:
                    self._metrics.mode_changed(event.plan)
            case PromptRead():
                self._read_seconds = event.seconds
            case BackgroundChanged() if event.activity:
                self.governor.refresh()  # from now on it looks every second
            case IndexChanged():
                was, self._indexes = self._indexes, event.status.state is IndexState.WORKING
                if self._indexes and not was:
                    self.governor.refresh()
            case ReplyEnded() if not event.message.cloud:  # that was not this machine's work
                if event.message.figures and not event.conversation.private:
                    self._measure(event.message.figures)
                self.governor.reply_ended()
            case _:
                pass
        self._publish(event)

    def attend(
        self, metrics: MetricsService, *, may_tune: bool, idle: Callable[[], None] = lambda: None
    ) -> None:
        """Work over an open vault from now on.

        Args:
            metrics: Where figures are kept.
            may_tune: Whether a copy of the model may be made and written to the profile.
            idle: Told, on the governor's thread, that there is time for what nobody waits for.
        """
        self._idle = idle
        self._metrics = metrics
        self._may_tune = may_tune
        metrics.mode_changed(self.governor.plan)

    def close(self, patience: float) -> None:
        """End the model, after the jobs there are; cancel those first.

        Args:
            patience: Seconds; see ``LlmWorker.close``.
        """
        self.governor.close()
        self.worker.close(patience)
        metrics, self._metrics = self._metrics, None
        if metrics:
            metrics.session_ended()

    def _note_pause(self, is_paused: bool) -> None:  # noqa: FBT001 - a state, not a switch
        if self._is_paused and not is_paused:
            self._paused_until = self._clock.elapsed()
        self._is_paused = is_paused

    def _looked(self) -> None:
        """The governor looked: is there anything to do that nobody waits for?"""
        # Before a vault is open there is nothing; the governor's first look may be before it has
        # a name here.
        if self._idle is None or not self.governor.plan.background_allowed:
            return
        self._idle()
        if self._may_tune:
            self.tuned.look(self.worker)

    def _measure(self, figures: ReplyFigures) -> None:
        speed = figures.tokens_per_second
        writing = figures.reply_tokens / speed if speed else 0.0
        asked_at = self._clock.elapsed() - writing - figures.first_token_ms / 1000
        if self._metrics is None or self._is_paused or self._paused_until > asked_at:
            return  # it would measure the pause
        # Not from Enter: what it waited for its turn is not its own draw.
        seconds = self._read_seconds + writing
        self._metrics.reply_ended(
            figures,
            self.governor.plan.mode,
            self._engine.memory_bytes,
            watt_hours(self.governor.readings.watts, seconds),
        )
