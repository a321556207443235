"""The services that the window and the terminal call, over one open vault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.access.keys import KeyService
from assistant.actions.service import ActionService
from assistant.asking.protocol import SearchRetriever
from assistant.chat import ChatService
from assistant.clock import Clock
from assistant.cloud.protocols import CloudRoom
from assistant.conversations import ConversationService
from assistant.drafts import DraftService
from assistant.engine_room import EngineRoom
from assistant.importing.service import ImportService
from assistant.metrics import MetricsService
from assistant.notes.service import NoteService
from assistant.search.service import SearchService
from assistant.settings import Settings
from assistant.shelf.protocols import GateRoom, LedgerRoom
from assistant.shelf.service import ModelService
from assistant.tags.session import Tags
from assistant.titles.service import TitleService
from assistant.vault_rooms import VaultRooms
from assistant.vaults import Vaults


@dataclass(frozen=True, slots=True)
class Session:
    """The services over an open vault.

    ``keys`` is None where nothing may be written, and so are ``models``, ``network`` and
    ``cloud``; from ``notes`` on all are where there is no vault on the disk.
    """

    conversations: ConversationService
    chat: ChatService
    drafts: DraftService
    metrics: MetricsService
    keys: KeyService | None = None
    notes: NoteService | None = None
    search: SearchService | None = None
    importing: ImportService | None = None
    tags: Tags | None = None
    actions: ActionService | None = None
    titles: TitleService | None = None
    models: ModelService | None = None
    network: GateRoom | None = None
    ledger: LedgerRoom | None = None
    cloud: CloudRoom | None = None


def session_over(
    vaults: Vaults,
    room: EngineRoom,
    settings: Callable[[], Settings],
    clock: Clock,
    keys: KeyService | None,
    rooms: VaultRooms | None,
) -> Session:
    """Build the services, and hand on those of the rooms where there are some. Nothing is read.

    Args:
        vaults: Open.
        room: What works for an answer.
        settings: The settings of the moment.
        clock: Times to write down and to measure with.
        keys: Changes the ways in; None where nothing may be written.
        rooms: Over the same vault; None where there is none on the disk.
    """
    library = rooms.library if rooms else None
    chat = ChatService(
        vaults,
        room.worker,
        settings,
        room.sink,
        clock,
        plan=lambda: room.governor.plan,
        retriever=SearchRetriever(library.search) if library else None,
        runs=rooms.runs if rooms else None,
    )
    scrubber = library.scrubber if library else None
    session = Session(
        ConversationService(vaults, clock, chat.stop_in, room.worker.forget, scrubber),
        chat,
        DraftService(vaults.kept),
        MetricsService(vaults.kept, clock, is_kept=keys is not None),
        keys,
    )
    if rooms is None:
        return session
    library, models = rooms.library, rooms.models
    return replace(
        session,
        notes=library.notes,
        search=library.search,
        importing=library.importing,
        tags=library.tags,
        actions=library.actions,
        titles=library.titles,
        models=models.service if models else None,
        network=rooms.gate,
        ledger=rooms.ledger,
        cloud=rooms.elsewhere.service if rooms.elsewhere else None,
    )
