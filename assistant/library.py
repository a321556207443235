"""Notes, their tags, titles and import, and the index: what is built over one open vault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from assistant.actions.service import ActionService
from assistant.clock import Clock
from assistant.context.ahead import Worker
from assistant.courtesy import GiveWay, nobody_draws
from assistant.embed.shelf import EncoderShelf, machine_key
from assistant.embed.source import ChosenEncoder
from assistant.events import Event, EventSink, ImportProgress, Notice, PowerChanged, ReplyEnded
from assistant.importing.service import ImportService
from assistant.notes.service import NoteService
from assistant.power.plan import Plan
from assistant.scrubber import Scrubber
from assistant.search.indexer import Indexer
from assistant.search.service import SearchService
from assistant.settings import Settings
from assistant.tags.session import open_tags
from assistant.titles.service import TitleService
from assistant.vaults import Vaults
from models.encoders import EncoderFiles, encoder_at, starter_encoder

_CALM_SECONDS: Final = 30.0
"""After the vault was opened, until an embedding model is exported where it has to be."""


def encoder_files(settings: Settings) -> EncoderFiles:
    """The embedding model that the settings name. Reads nothing."""
    return encoder_at(settings.encoder_path) if settings.encoder_path else starter_encoder()


class Library:
    """The services over a person's own words, and the thread that keeps them findable.

    Args:
        vaults: Open.
        clock: Times to write down.
        encoders: The folder of exported embedding models.
        encoder: Which model is wanted now.
        plan: The governor's plan of the moment.
        worker: Runs the language model.
        settings: The settings of the moment.
        publish: Gets the events of all of them.
        writes: Whether the vault may be written to.
        give_way: Called between pieces of what takes long and nobody waits for.
    """

    def __init__(
        self,
        vaults: Vaults,
        clock: Clock,
        encoders: Path,
        encoder: Callable[[], EncoderFiles],
        plan: Callable[[], Plan],
        worker: Worker,
        settings: Callable[[], Settings],
        publish: EventSink,
        *,
        writes: bool,
        give_way: GiveWay = nobody_draws,
    ) -> None:
        self._publish = publish
        self._writes = writes
        self.scrubber = Scrubber(
            vaults.kept, clock, plan, lambda error: publish(Notice(error.sentence))
        )
        self._source = ChosenEncoder(EncoderShelf(encoders, machine_key()), encoder)
        self._indexer = Indexer(
            vaults, self._source, plan, publish, writes=writes, give_way=give_way
        )
        self.search = SearchService(vaults, self._indexer)
        self.notes = NoteService(vaults, clock, self._indexer.wake, self.scrubber)
        self.importing = ImportService(vaults, clock, self._hear)
        self.actions = ActionService(worker, publish)
        self.titles = TitleService(
            vaults,
            worker,
            clock,
            publish,
            plan,
            writes=writes,
            allowed=lambda: settings().give_titles,
        )
        # Nothing begins by itself. Over a vault that is only read, tags can be listed.
        self.tags = open_tags(
            vaults,
            clock,
            publish,
            self.search,
            plan,
            worker=worker,
            may_teach=lambda: settings().teach_tags,
            changed=self._indexer.wake,
            give_way=give_way,
        )

    def start(self) -> None:
        """Keep index and file as they should be from now on. At once; safe to call twice."""
        self._indexer.start(calm_seconds=_CALM_SECONDS)
        if self._writes:
            self.scrubber.start()

    def choose_encoder(self) -> None:
        """Another embedding model may be wanted from now on."""
        self._indexer.choose(self._source)

    def take(self, event: Event) -> None:
        """Hear what happens: there may be something new to do, or leave to."""
        if self._writes:
            self.tags.take(event)
        if isinstance(event, PowerChanged | ReplyEnded):
            self._indexer.wake()
        if isinstance(event, PowerChanged):
            self.scrubber.wake()

    def look(self) -> None:
        """Nobody needs the machine: do what waited for that. At once."""
        self.titles.look()

    def stop(self) -> None:
        """Stop what the language model does for notes: its worker is about to end."""
        self.actions.stop_all()

    def close(self) -> None:
        """End what is under way. Nothing is lost by it: all of it goes on where it was."""
        self.tags.close()
        self.importing.close()
        self.notes.close()
        self.scrubber.close()
        self._indexer.stop()
        self.search.close()

    def _hear(self, event: Event) -> None:
        if isinstance(event, ImportProgress):
            self._indexer.wake()
        self._publish(event)
