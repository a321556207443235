"""Everything of asking elsewhere, over an open vault."""

from __future__ import annotations

import locale
import os

from assistant.asking.protocol import SearchRetriever
from assistant.cloud.comparing import Comparing
from assistant.cloud.drafting import Drafting, finder
from assistant.cloud.evidence import Evidence
from assistant.cloud.hidden import HiddenWords
from assistant.cloud.keys import KeyringKeys
from assistant.cloud.providers import ProviderShelf
from assistant.cloud.service import CloudService, Rooms
from assistant.cloud.waiting import WaitingList
from assistant.cloud.watching import Watching
from assistant.events import CloudChanged
from assistant.house import House
from assistant.library import Library
from assistant.net.gate import NetworkGate
from assistant.net.request import NetRequest
from assistant.net.system_probes import system_online
from assistant.runs import Runs
from assistant.settings import Settings
from assistant.store.keyslots import KeySlots
from assistant.vaults import Vaults


class Elsewhere:
    """Who can be asked, what waits, what was sent; over a vault that is written to.

    Nothing begins by itself but that, while something waits, the system is asked for a network.

    Args:
        vaults: Open.
        house: Where it is built.
        library: Over the same vault.
        gate: Lets out what was approved.
        runs: The replies under way.
    """

    def __init__(
        self, vaults: Vaults, house: House, library: Library, gate: NetworkGate, runs: Runs
    ) -> None:
        clock, publish = house.parts.clock, house.room.sink
        keys = KeyringKeys(
            KeySlots.load(house.profile.key_slots).vault_id,
            clock,
            house.parts.key_texts,
            found=lambda: publish(CloudChanged()),
        )
        self._shelf = ProviderShelf(vaults.kept, keys, clock, publish)
        waiting = WaitingList(vaults.kept, clock, publish)
        self._watching = Watching(
            system_online(os.environ), waiting, publish, clock, lambda: house.settings().cloud
        )
        comparing = Comparing(vaults, library.search.embed, house.settings, publish)
        rooms = Rooms(
            self._shelf,
            keys,
            waiting,
            self._watching,
            Evidence(vaults, library.scrubber),
            HiddenWords(vaults.kept),
            Drafting(vaults, house.settings, finder(SearchRetriever(library.search))),
        )
        self.service = CloudService(
            vaults,
            gate,
            runs,
            rooms,
            house.settings,
            publish,
            clock,
            plan=lambda: house.room.governor.plan,
            compare=comparing.look,
            closed=lambda: house.parts.outside.net.reason,
            region=_region(),
        )

    def trusts(self, request: NetRequest) -> bool:
        """Whether it goes to a box of the person's own that they trust. From memory."""
        return self._shelf.trusts(request)

    def obey(self, before: Settings, after: Settings) -> None:
        """The person chose something else."""
        if after.cloud and not before.cloud:
            self._watching.wake()

    def close(self) -> None:
        """Ask for a network no more."""
        self._watching.close()


def _region() -> str:
    """Where this computer says that it is, as "GB"; empty where it does not say."""
    language = locale.getlocale()[0] or ""
    return language.partition("_")[2][:2].upper()
