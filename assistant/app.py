"""The composition root: builds the parts, starts and stops them in order. It holds no logic."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from assistant.background import Background
from assistant.chat import ChatService
from assistant.clock import Clock, SystemClock
from assistant.conversations import ConversationService
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import Engine, EngineOptions
from assistant.engine.worker import LlmWorker
from assistant.entrance import Entrance, VaultStatus
from assistant.errors import VaultLocked
from assistant.events import EventSink, Notice
from assistant.log import log_event
from assistant.paths import Profile
from assistant.settings import Settings, SettingsFile
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from models.file import ModelFile
from models.starter import starter_model

__all__ = ["App", "Parts", "Session", "VaultStatus"]

_CLOSE_SECONDS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Parts:
    """What the app is built from; the tests and the benchmarks bring their own."""

    engine: Callable[[], Engine] = ChildEngine
    clock: Clock = field(default_factory=SystemClock)
    entrance: Callable[[Profile, Clock], Entrance] = Entrance
    starter: Callable[[], ModelFile] = starter_model


@dataclass(frozen=True, slots=True)
class Session:
    """The services over an open vault."""

    conversations: ConversationService
    chat: ChatService


class App:
    """One running Hush over one profile.

    Args:
        profile: Prepared, and held by this process where anything is written.
        sink: Gets every event, on the core's threads.
        parts: What to build from.
    """

    def __init__(self, profile: Profile, sink: EventSink, parts: Parts | None = None) -> None:
        self._parts = parts or Parts()
        self._sink = sink
        self._entrance = self._parts.entrance(profile, self._parts.clock)
        self._file = SettingsFile(profile.settings)
        self._settings, problem = self._file.load()
        # One thread for what blocks: keyring, key derivation, opening, saving settings.
        self._blocking = Background("blocking")
        self._closed = False
        self._worker = LlmWorker(self._parts.engine(), sink, self._wanted_model)
        self._vault: Vault | None = None
        self._chat: ChatService | None = None
        if problem:
            sink(Notice(problem))

    @property
    def settings(self) -> Settings:
        """The settings of the moment."""
        return self._settings

    def save_settings(self, settings: Settings) -> Future[Settings]:
        """Use these settings from now on, and write them down.

        Raises:
            StorageFull: in the future; they hold until Hush is closed.
        """
        self._settings = settings

        def work() -> Settings:
            self._file.save(settings)
            return settings

        return self._blocking.submit(work)

    def vault_status(self) -> Future[VaultStatus]:
        """What is known of the vault before it is opened; see ``Entrance.status``."""
        return self._blocking.submit(self._entrance.status)

    def open_vault(
        self, *, passphrase: str | None = None, create: bool = False, read_only: bool = False
    ) -> Future[Session]:
        """Open the vault, or make it; see ``Entrance``. An open one is closed when that worked."""

        def work() -> Session:
            if create:
                vault = self._entrance.create(passphrase)
            else:
                vault = self._entrance.open(passphrase, read_only=read_only)
            log_event("vault.open", created=create, read_only=read_only)
            return self._start(vault, read_only=read_only)

        return self._blocking.submit(work)

    def open_unsaved(self) -> Future[Session]:
        """A session whose conversations are never written anywhere."""
        return self._blocking.submit(lambda: self._start(Vault.in_memory(), read_only=False))

    def warm_engine(self) -> None:
        """Load the model in the background; ``EngineChanged`` events follow."""
        self._worker.warm()

    def close(self) -> None:
        """Stop what is being written, end the engine, close the vault. Takes under 2 s.

        A keyring that is still being asked is not waited for.
        """
        self._closed = True
        if self._chat:
            self._chat.stop_all()
        self._worker.close(_CLOSE_SECONDS)
        self._close_vault()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, vault: Vault, *, read_only: bool) -> Session:
        self._close_vault()
        self._vault = vault
        if self._closed:  # while the keyring was being asked
            self._close_vault()
            raise VaultLocked("Hush is closing.")
        clock = self._parts.clock
        if not read_only:
            vault.write(_tidy).result()
        chat = ChatService(vault, self._worker, lambda: self._settings, self._sink, clock)
        self._chat = chat
        return Session(ConversationService(vault, clock, chat.stop_in), chat)

    def _close_vault(self) -> None:
        vault, self._vault = self._vault, None
        if vault:
            vault.close()

    def _wanted_model(self) -> tuple[ModelFile, EngineOptions]:
        settings = self._settings
        chosen = Path(settings.model_path)
        model = ModelFile(chosen, chosen.stem) if settings.model_path else self._parts.starter()
        return model, EngineOptions(settings.context_tokens, settings.threads)


def _tidy(connection: Connection) -> None:
    """At each start: nobody writes the answers left half-written, and undo is over."""
    message_rows.interrupt_leftovers(connection)
    conversation_rows.purge_deleted(connection, before=_FOREVER)


_FOREVER: Final = 2**62  # later than any deletion
