"""Everything that is done with models, over an open vault."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.engine.protocol import Engine
from assistant.engine_room import EngineRoom
from assistant.errors import HushError
from assistant.net.gatekeeper import GateKeeper
from assistant.net.records import By
from assistant.settings import Settings
from assistant.shelf.activation import Activation
from assistant.shelf.adopting import Adopting
from assistant.shelf.bench import Bench
from assistant.shelf.catalogue import Bundle, CatalogueKeeper, bundled
from assistant.shelf.closing import Closing
from assistant.shelf.comparing import Comparing
from assistant.shelf.downloads import DownloadService
from assistant.shelf.fetched import FetchedModels
from assistant.shelf.fitting import Fitting
from assistant.shelf.leftovers import sweep_records
from assistant.shelf.machine import Machine
from assistant.shelf.measures import MeasuresFile
from assistant.shelf.quantising import Quantising
from assistant.shelf.renewing import Renewing
from assistant.shelf.service import ModelService
from assistant.shelf.shelf import Shelf
from assistant.shelf.side import SideRoom
from assistant.shelf.side_files import files_of, kept_on
from assistant.shelf.taking_in import TakingIn
from assistant.shelf.yardstick import Measuring
from assistant.store.vault import Vault
from assistant.tuning.job import machine_key
from assistant.wanted_model import WantedModel

_AGAIN_SECONDS: Final = 3600.0  # after a list of models was asked for, whatever came of it

DOWNLOADS: Final = "downloads"
"""The folder of unfinished files, within that of the models: on the same disk."""


class ModelRoom:
    """Everything that is done with models, over a vault that is written to.

    What a killed Hush left is swept away at once; else nothing begins by itself but what ``look``
    is called for.

    Args:
        vault: Open for writing.
        gate: Lets out what was approved.
        wanted: Which model answers.
        room: What works for answers.
        engine: Makes an engine that is not loaded.
        settings: The settings of the moment.
        use_shelf: Lets the shelf decide which model answers, where the settings named a file.
        clock: Times everything.
        bundle: The list of models that came with Hush.
    """

    def __init__(
        self,
        vault: Vault,
        gate: GateKeeper,
        wanted: WantedModel,
        room: EngineRoom,
        engine: Callable[[], Engine],
        settings: Callable[[], Settings],
        use_shelf: Callable[[], object],
        clock: Clock,
        bundle: Callable[[], Bundle] = bundled,
    ) -> None:
        self._worker = room.worker
        self._use_shelf = use_shelf
        self._clock = clock
        self._closing = Closing()
        self._check_from = 0.0  # seconds of the clock
        publish, library = room.sink, wanted.library
        self._gate = gate
        self._catalogue = CatalogueKeeper(
            library.folder / "catalogue", settings, bundle, clock, metered=lambda: gate.metered
        )
        self._renewing = Renewing(self._catalogue, gate, self._closing)
        work = Background("models")
        shelf = Shelf(library, publish, work, removed=room.tuned.forget)
        side = SideRoom(self._worker, lambda: room.governor.plan, engine)
        unfinished = library.folder / DOWNLOADS
        downloads = DownloadService(
            unfinished, gate, FetchedModels(library, shelf.examine, publish), clock, publish
        )
        self._downloads = downloads
        files, options = files_of(shelf), lambda: wanted.options
        measuring = Measuring(unfinished, machine_key, options, engine, clock)
        self._fitting = fitting = Fitting(
            self._catalogue.current,
            Machine(library.folder).read,
            measuring.run,
            MeasuresFile(library.folder / "measures.json"),
            machine_key,
            side.check_quiet,
            lambda: downloads.last_speed,
            options,
        )
        taking_in = TakingIn(shelf, unfinished, publish, work, closing=self._closing)
        quantising = Quantising(
            files,
            kept_on(shelf),
            unfinished,
            options,
            side,
            work,
            publish,
            closing=self._closing,
        )
        # What a killed Hush left goes now, not when the next such work begins; in turn with that.
        for sweep in (taking_in.sweep, quantising.sweep, measuring.sweep):
            work.submit(sweep)
        work.submit(lambda: sweep_records(library.folder, clock.now() / 1000))
        self.service = ModelService(
            catalogue=self._catalogue,
            renewing=self._renewing,
            fitting=fitting,
            downloads=downloads,
            library=shelf,
            taking_in=taking_in,
            adopting=Adopting(shelf, taking_in, publish, work),
            activation=Activation(
                library,
                publish,
                work,
                switched=self._switched,
                make_room=side.make_room,
                note_truth=fitting.note_trial,
                options=options,
            ),
            quantising=quantising,
            comparing=Comparing(files, options, side, work, vault, clock, publish),
            bench=Bench(files, options, side, work, vault, machine_key, clock, publish, fitting),
            gate=gate,
        )

    def look(self) -> None:
        """Nobody needs the machine: measure it once, and look for newer models where allowed."""
        self._fitting.look(self._worker)
        elapsed = self._clock.elapsed()
        if elapsed >= self._check_from and self._catalogue.due(self._clock.now()):
            self._check_from = elapsed + _AGAIN_SECONDS
            self._check()

    def close(self) -> None:
        """End what runs. What was fetched so far stays."""
        self._closing.close()
        self._fitting.close()
        self._downloads.close()

    def _switched(self) -> None:
        self._use_shelf()
        self._worker.warm()

    def _check(self) -> None:
        """Ask for a newer catalogue, which the setting says yes to.

        Where it fails nobody is told: it is tried again.
        """
        request = self._catalogue.request()
        if request is None:
            return
        with suppress(HushError):
            approval = self._gate.approve(request, By.SETTING)
            self._renewing.look(request, approval, Cancel())
