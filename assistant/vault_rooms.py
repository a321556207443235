"""Everything that works over one open vault on the disk, built and ended in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.courtesy import GiveWay
from assistant.engine_room import EngineRoom
from assistant.events import Event
from assistant.library import Library
from assistant.model_room import ModelRoom
from assistant.net.ledger import NetworkLedger
from assistant.parts import Parts
from assistant.paths import Profile
from assistant.settings import Settings
from assistant.store.keyslots import KeyLabel, derive_key
from assistant.vaults import Vaults
from assistant.wanted_model import WantedModel


@dataclass(frozen=True, slots=True)
class House:
    """What stands before a vault is open, and after it is closed.

    Attributes:
        profile: Where everything is kept.
        parts: What to build from.
        room: What works for an answer.
        wanted: Which model answers.
        settings: The settings of the moment.
        use_shelf: Lets the shelf decide which model answers, where the settings named a file.
        give_way: Called between pieces of what takes long and nobody waits for.
    """

    profile: Profile
    parts: Parts
    room: EngineRoom
    wanted: WantedModel
    settings: Callable[[], Settings]
    use_shelf: Callable[[], object]
    give_way: GiveWay


class VaultRooms:
    """Notes and their index, the ledger, and, where the vault may be written to, models.

    Args:
        vaults: Open.
        key: The vault's.
        house: Where they are built.
        writes: Whether the vault may be written to.
    """

    def __init__(self, vaults: Vaults, key: bytes, house: House, *, writes: bool) -> None:
        self._vaults = vaults
        parts, room = house.parts, house.room
        self.library = Library(
            vaults,
            parts.clock,
            house.profile.encoders,
            lambda: parts.encoder(house.settings()),
            lambda: room.governor.plan,
            room.worker,
            house.settings,
            room.sink,
            writes=writes,
            give_way=house.give_way,
        )
        self.ledger = NetworkLedger(vaults.kept, derive_key(key, KeyLabel.AUDIT), parts.clock)
        self.models = self._models(house) if writes else None

    def _models(self, house: House) -> ModelRoom:
        return ModelRoom(
            self._vaults.kept,
            self.ledger,
            house.parts.outside.net,
            house.wanted,
            house.room,
            house.parts.engine,
            house.settings,
            house.use_shelf,
            house.parts.clock,
            house.parts.bundle,
        )

    @property
    def is_keeping(self) -> bool:
        """Whether something that was written is on its way to the vault, also while it closes."""
        return self._vaults.is_keeping or self.library.notes.is_keeping

    def start(self) -> None:
        """Keep the index up to date in the background."""
        self.library.start()

    def take(self, event: Event) -> None:
        """Hear what happens."""
        self.library.take(event)

    def obey(self, before: Settings, after: Settings) -> None:
        """The person chose something else."""
        if before.encoder_path != after.encoder_path:
            self.library.choose_encoder()
        closes = after.local_only and not before.local_only
        if self.models and closes:
            self.models.gate.stop_all()

    def look(self) -> None:
        """Nobody needs the machine: do what waited for that. At once."""
        self.library.look()
        if self.models:
            self.models.look()

    def stop(self) -> None:
        """Stop what must not outlast the engine, what was let out first."""
        if self.models:
            self.models.gate.stop_all()
        self.library.stop()

    def close(self) -> None:
        """End what is under way."""
        if self.models:
            self.models.close()
        self.library.close()
