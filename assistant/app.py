"""The composition root: builds the parts, starts and stops them in order. It holds no logic."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import Final, Self

from assistant.access.entrance import FirstKeys, OpenVault, VaultStatus
from assistant.access.keys import KeyService
from assistant.background import Background
from assistant.backup.service import BackupService
from assistant.courtesy import Courtesy
from assistant.engine_room import EngineRoom
from assistant.errors import HushError, KeyringChanged, VaultLocked
from assistant.events import Event, EventSink, Notice, PowerChanged
from assistant.house import House
from assistant.log import log_event
from assistant.parts import Parts
from assistant.paths import Profile
from assistant.power.governor import Governor
from assistant.session import Session, session_over
from assistant.settings import Settings, SettingsFile
from assistant.store import message_rows
from assistant.store.vault import Vault
from assistant.tuning.job import machine_key
from assistant.vault_rooms import VaultRooms
from assistant.vaults import Vaults
from assistant.wanted_model import WantedModel
from models.tuned import TunedShelf

__all__ = ["App", "FirstKeys", "Parts", "Session", "VaultStatus"]

_CLOSE_SECONDS: Final = 1.5
_PURGE_SECONDS: Final = 0.5  # at the end; what is left then goes at the next start
_KEYRING_AGAIN: Final = "This machine's keyring holds a key of your vault again."


class App:
    """One running Hush over one profile, which ``profile`` names.

    ``backups`` are of use before the vault is open, too: it may be damaged. A window tells
    ``courtesy`` when it is at work.

    Args:
        profile: Prepared, and held by this process where anything is written.
        sink: Gets every event, on the core's threads.
        parts: What to build from.
    """

    def __init__(self, profile: Profile, sink: EventSink, parts: Parts | None = None) -> None:
        self._parts = parts or Parts(tunes=True)
        self._sink = sink
        self.profile = profile
        self.courtesy = Courtesy()
        self.outside = self._parts.outside
        self._entrance = self._parts.entrance(profile, self._parts.clock)
        self._dek: bytes | None = None  # the open vault's
        self.backups = BackupService(
            profile,
            self._parts.clock,
            sink,
            open_key=lambda: self._dek,
            unlock=self._entrance.unlock_slots,
        )
        self._entrance.before_migration = self.backups.before_migration
        self._file = SettingsFile(profile.settings)
        self._settings, problem = self._file.load()
        # One thread for what blocks: keyring, key derivation, opening, saving settings.
        self._blocking = Background("blocking")
        self._closed = False
        self._locked = False
        self._keyring_changed = False  # it was asked, and does not hold the vault's key
        # Before there is anybody who tells of anything.
        self._rooms: VaultRooms | None = None
        self._session: Session | None = None
        self._wanted = WantedModel(
            profile.models,
            self._parts.starter,
            lambda: self._settings,
            self._parts.clock,
            self._pass,
        )
        self._room = EngineRoom(
            self._parts.engine(),
            self._parts.probe(self._parts.clock),
            self._parts.clock,
            self._wanted,
            lambda: TunedShelf(profile.tuned_models, machine_key()),
            lambda: self._settings,
            self._pass,
        )
        self._house = House(
            profile,
            self._parts,
            self._room,
            self._wanted,
            lambda: self._settings,
            lambda: self.save_settings(replace(self._settings, model_path="")),
            self.courtesy.give_way,
        )
        self._vaults: Vaults | None = None
        self._keeps: Callable[[], bool] = lambda: False  # until the vault is really closed
        if problem:
            sink(Notice(problem))

    @property
    def settings(self) -> Settings:
        """The settings of the moment."""
        return self._settings

    @property
    def governor(self) -> Governor:
        """Decides how hard the model may work."""
        return self._room.governor

    @property
    def is_keeping(self) -> bool:
        """Whether something that was written is on its way to the vault, also while it closes."""
        return self._keeps()

    def tuned(self) -> Future[str]:
        """What tuning the model to this machine came to, as a sentence; empty where nothing yet.

        It lies on the disk.
        """
        return self._blocking.submit(lambda: self._room.tuned.sentence)

    def save_settings(self, settings: Settings) -> Future[Settings]:
        """Use these settings from now on, and write them down.

        Raises:
            StorageFull: in the future; they hold until Hush is closed.
        """
        before, self._settings = self._settings, settings
        if self._rooms:
            self._rooms.obey(before, settings)

        def work() -> Settings:
            self._file.save(settings)
            return settings

        return self._blocking.submit(work)

    def vault_status(self) -> Future[VaultStatus]:
        """What is known of the vault before it is opened; see ``Entrance.status``."""
        return self._blocking.submit(self._entrance.status)

    def create_vault(self, first: FirstKeys) -> Future[Session]:
        """Make the vault, with these ways in; see ``Entrance.create``."""

        def work() -> Session:
            opened = self._entrance.create(first)
            log_event("vault.open", created=True, read_only=False)
            return self._start(opened)

        return self._blocking.submit(work)

    def open_vault(self, *, secret: str | None = None, read_only: bool = False) -> Future[Session]:
        """Open the vault; see ``Entrance.open``. An open one is closed when that worked.

        Where the keyring was asked before and did not hold the key, it gets a new one.
        """

        def work() -> Session:
            try:
                opened = self._entrance.open(secret, read_only=read_only)
            except KeyringChanged:
                self._keyring_changed = True
                raise
            log_event("vault.open", created=False, read_only=read_only)
            session = self._start(opened, read_only=read_only)
            if keys := session.keys:
                with suppress(HushError):  # it can wait for the next start
                    keys.end_change(opened.slot_id)
                if self._keyring_changed:
                    self._keyring_changed = False
                    self._blocking.submit(lambda: _enrol_keyring(keys, self._sink))
            return session

        return self._blocking.submit(work)

    def settled(self) -> Future[None]:
        """Done when what was asked for before is: an enrolment of the keyring, for one."""
        return self._blocking.submit(lambda: None)

    def open_unsaved(self) -> Future[Session]:
        """A session whose conversations are never written anywhere."""
        return self._blocking.submit(lambda: self._begin(Vaults(Vault.in_memory()), None))

    def erase_everything(self) -> Future[None]:
        """Erase the profile, keys first; see ``Entrance.erase``. The session ends with it."""

        def work() -> None:
            self.end_session()
            self._entrance.erase()

        return self._blocking.submit(work)

    def warm_engine(self) -> None:
        """Load the model in the background; ``EngineChanged`` events follow."""
        self._room.worker.warm()

    def keep_index(self) -> None:
        """Keep the index up to date in the background; ``IndexChanged`` events follow."""
        if self._rooms:
            self._rooms.start()

    def close(self, *, locked: bool = False) -> None:
        """Stop what is being written, end the engine, close the vault.

        Takes under 3 s, and longer only while ``is_keeping`` or while a large file is in the last
        half of being written anew. A keyring that is still being asked is not waited for.

        Args:
            locked: Ask for the passphrase at the next start; see ``Entrance.lock``.
        """
        self._closed = True
        if locked:  # first: what follows may take longer than anybody waits
            self._locked = True
            self._entrance.lock()
        self.end_session()
        self.backups.close()

    def end_session(self) -> None:
        """Stop what is being written, end the engine, close the vault. Blocks; see ``close``.

        Nothing can be opened by this process after it.
        """
        if self._session:
            self._session.chat.stop_all()
        if self._rooms:
            self._rooms.stop()
        self.backups.cancel()
        self._room.close(_CLOSE_SECONDS)
        self._close_vault()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, opened: OpenVault, *, read_only: bool = False) -> Session:
        if not read_only:
            opened.vault.write(message_rows.interrupt_leftovers).result()
        if opened.remark:
            self._sink(Notice(opened.remark))
        keys = None if read_only else self._keys(opened)
        session = self._begin(Vaults(opened.vault), keys, opened.dek)
        if not read_only:
            session.conversations.purge_all()  # undo ended with the run before
            if session.notes:
                session.notes.purge_old()
        return session

    def _begin(self, vaults: Vaults, keys: KeyService | None, dek: bytes | None = None) -> Session:
        self._close_vault()
        self._vaults = vaults
        if self._closed:  # while the keyring was being asked
            self._close_vault()
            if self._locked:
                self._entrance.lock()  # again: opening took it away
            raise VaultLocked("Hush is closing.")
        room, self._dek = self._room, dek
        writes = keys is not None
        rooms = self._rooms = VaultRooms(vaults, dek, self._house, writes=writes) if dek else None
        self._keeps = lambda: rooms.is_keeping if rooms else vaults.is_keeping
        session = self._session = session_over(
            vaults, room, lambda: self._settings, self._parts.clock, keys, rooms
        )
        room.attend(
            session.metrics,
            may_tune=self._parts.tunes and writes,
            idle=rooms.look if rooms else lambda: None,
        )
        return session

    def _pass(self, event: Event) -> None:
        rooms, session = self._rooms, self._session  # once: another thread may end them
        if rooms:
            rooms.take(event)
        if session and isinstance(event, PowerChanged):
            session.chat.obey(event.plan)
        self._sink(event)

    def _keys(self, opened: OpenVault) -> KeyService:
        return KeyService(
            self.profile,
            opened.dek,
            self._entrance.ways_in,
            self._parts.clock,
            self._blocking,
            close_vault=self.end_session,
            # A way in that was given up must not open the backups either.
            changed=lambda slots: self.backups.refresh_slots(slots.to_bytes(), opened.dek).result(),
            prover=self._parts.prover,
        )

    def _close_vault(self) -> None:
        self._dek = None
        rooms, self._rooms = self._rooms, None
        if rooms:
            rooms.close()
        vaults, self._vaults = self._vaults, None
        session, self._session = self._session, None
        if vaults and session and session.keys:
            with suppress(HushError):  # the next start tries again
                session.conversations.purge_all(_PURGE_SECONDS).result()
        if vaults:
            vaults.close()
            self._keeps = lambda: False


def _enrol_keyring(keys: KeyService, sink: EventSink) -> None:
    """Let the keyring open the vault at the next start again, and say how that went."""
    try:
        keys.enrol_keyring()
    except HushError as error:
        sink(Notice(error.sentence))
    else:
        sink(Notice(_KEYRING_AGAIN))
