"""The model shelf as the window and the terminal see it: its rooms, side by side. No logic."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.shelf.protocols import (
    ActivationRoom,
    AdoptingRoom,
    BenchRoom,
    CatalogueRoom,
    ComparingRoom,
    DownloadRoom,
    FittingRoom,
    GateRoom,
    QuantisingRoom,
    RenewingRoom,
    ShelfRoom,
    TakingInRoom,
)


@dataclass(frozen=True, slots=True)
class ModelService:
    """Everything that is done with models.

    Attributes:
        catalogue: The list of models that can be had.
        renewing: Looking for a newer one.
        fitting: Which of them suits this machine.
        downloads: Fetching one.
        library: Those that are here.
        taking_in: Importing a file.
        adopting: Those that other programs hold.
        activation: Which one answers.
        quantising: Making one smaller.
        comparing: Two of them, blind.
        bench: Measuring one.
        gate: What a download, or a look at the list, is approved by.
    """

    catalogue: CatalogueRoom
    renewing: RenewingRoom
    fitting: FittingRoom
    downloads: DownloadRoom
    library: ShelfRoom
    taking_in: TakingInRoom
    adopting: AdoptingRoom
    activation: ActivationRoom
    quantising: QuantisingRoom
    comparing: ComparingRoom
    bench: BenchRoom
    gate: GateRoom
