"""Everything that works over one open vault on the disk, built and ended in order."""

from __future__ import annotations

import os
from typing import Final

from assistant.cloud_room import Elsewhere
from assistant.events import Event
from assistant.house import House
from assistant.library import Library
from assistant.model_room import ModelRoom
from assistant.net.gatekeeper import GateKeeper
from assistant.net.ledger import NetworkLedger
from assistant.net.records import Purpose
from assistant.net.system_probes import system_metered
from assistant.runs import Runs
from assistant.settings import Settings
from assistant.store.keyslots import KeyLabel, derive_key
from assistant.vaults import Vaults

_LAST_SECONDS: Final = 1.0


class VaultRooms:
    """Notes and their index, the ledger; where the vault may be written to, models and the cloud.

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
        self.runs = Runs()
        self.gate: GateKeeper | None = None
        self.models: ModelRoom | None = None
        self.elsewhere: Elsewhere | None = None
        if writes:
            gate = self.gate = self._gate(house)
            self.models = self._models(house, gate)
            self.elsewhere = Elsewhere(vaults, house, self.library, gate, self.runs)

    def _gate(self, house: House) -> GateKeeper:
        return GateKeeper(
            house.parts.outside.net,
            self.ledger,
            system_metered(os.environ),
            house.settings,
            house.parts.clock,
            house.room.sink,
            trusted=lambda request: bool(self.elsewhere and self.elsewhere.trusts(request)),
        )

    def _models(self, house: House, gate: GateKeeper) -> ModelRoom:
        return ModelRoom(
            self._vaults.kept,
            gate,
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
        if self.gate and after.local_only and not before.local_only:
            self.gate.stop_all()
        elif self.gate and before.cloud and not after.cloud:
            self.gate.stop(Purpose.CLOUD)  # a model may still come
        if self.elsewhere:
            self.elsewhere.obey(before, after)

    def look(self) -> None:
        """Nobody needs the machine: do what waited for that. At once."""
        self.library.look()
        if self.models:
            self.models.look()

    def stop(self) -> None:
        """Stop what must not outlast the engine, what was let out first."""
        if self.gate:
            self.gate.stop_all()
        self.library.stop()

    def close(self) -> None:
        """End what is under way. What was stopped has a moment to write down how it ended."""
        self.runs.wait(_LAST_SECONDS)
        for room in (self.elsewhere, self.models, self.gate, self.library):
            if room:
                room.close()
