"""The services over the tags of one open vault, built and closed together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.clock import Clock
from assistant.context.ahead import Worker
from assistant.courtesy import GiveWay, nobody_draws
from assistant.events import Event, EventSink, IndexChanged, PowerChanged, ReplyEnded
from assistant.power.plan import Plan
from assistant.search.records import IndexState
from assistant.search.service import SearchService
from assistant.tags.bulk import BulkTagging
from assistant.tags.deciding import Undos
from assistant.tags.idle_teaching import IdleTeaching
from assistant.tags.managing import TagManager
from assistant.tags.service import TagService
from assistant.tags.thread import ModelThread
from assistant.vaults import Vaults


@dataclass(frozen=True, slots=True)
class Tags:
    """What the window and the terminal use.

    Attributes:
        suggest: Suggests tags for one note, and learns.
        bulk: Suggests tags for many notes.
        manager: Looks after the tags themselves.
        model: The thread that the first two share.
        teaching: Has the language model propose tags when nobody needs it; None: there is none.
    """

    suggest: TagService
    bulk: BulkTagging
    manager: TagManager
    model: ModelThread
    teaching: IdleTeaching | None = None

    def take(self, event: Event) -> None:
        """Hear what happens. At once, on any thread."""
        match event:
            case IndexChanged() if event.status.state in _SETTLED:
                self.model.index_changed()
            case PowerChanged():
                self.model.wake()
            case _:
                pass
        if self.teaching and isinstance(event, PowerChanged | ReplyEnded):
            self.teaching.look()

    def close(self) -> None:
        """End what is under way, in a second at most: runs can be gone on with.

        Before search, index and vault are closed; the language model's worker may be closed before.
        """
        self.bulk.close()
        self.model.close()


_SETTLED = frozenset({IndexState.READY, IndexState.WORDS_ONLY})


def open_tags(
    vaults: Vaults,
    clock: Clock,
    publish: EventSink,
    search: SearchService,
    plan: Callable[[], Plan],
    *,
    worker: Worker | None = None,
    may_teach: Callable[[], bool] = lambda: True,
    changed: Callable[[], None] = lambda: None,
    give_way: GiveWay = nobody_draws,
) -> Tags:
    """Build them over a vault that may be written to. Nothing is read, and no thread begins.

    Args:
        vaults: Open. Tags live in the vault that is kept.
        clock: Gives the times that are written down.
        publish: Gets ``TagsChanged`` and ``BulkProgress``, on the tag model's thread.
        search: Understands notes and the names of tags.
        plan: The governor's plan of the moment.
        worker: Runs the language model; None: it is not asked.
        may_teach: Whether it may be asked when nobody asked for that; one that is too small to
            teach anything is not (``teaching.can_teach``).
        changed: Called after the manager may have changed texts: the index has something to do.
        give_way: Called between pieces of what takes long.
    """
    vault, undos = vaults.kept, Undos()
    model = ModelThread(
        vault, clock, publish, search.embed, lambda: search.status().state, plan, give_way
    )

    def tags_changed() -> None:
        changed()
        model.wake()

    suggest = TagService(vault, clock, publish, model, undos, worker)
    teaching = IdleTeaching(vault, suggest, model, worker, plan, may_teach) if worker else None
    return Tags(
        suggest,
        BulkTagging(vault, clock, publish, model, undos, plan),
        TagManager(vaults, clock, tags_changed, search.embed),
        model,
        teaching,
    )
