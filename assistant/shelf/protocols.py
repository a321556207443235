"""What the window and the terminal need of the model shelf's rooms and of the network's.

Each is written down once, here, so that a fake and the real room are held to the same words. Who
waits for a ``Future`` sees the errors that are named; they are ``HushError``s with words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from assistant.cancel import Cancel
from assistant.shelf.records import (
    BenchResult,
    DownloadState,
    Fit,
    Found,
    MachineProfile,
    Pair,
    Quantised,
    Tally,
    Winner,
    Yardstick,
)

if TYPE_CHECKING:  # for their names alone: whoever fakes a room needs none of these
    from assistant.net.approvals import Approval
    from assistant.net.gate import Permit
    from assistant.net.metered import Metered
    from assistant.net.records import By, ChainVerdict, LedgerRow, NetworkSummary
    from assistant.net.request import NetRequest
    from assistant.shelf.catalogue import Updated
    from assistant.shelf.downloads import Download
    from assistant.store.bench_rows import BenchRow
    from models.catalogue import Catalogue, Entry
    from models.library import Installed

Progress = Callable[[str, float], None]
"""Gets what is being done, as words, and the share that is done, 0 to 1; on the room's thread."""


def unheard(_words: str, _share: float) -> None:
    """Progress that nobody looks at."""


class CatalogueRoom(Protocol):
    """The list of models that can be had."""

    def current(self) -> Catalogue:
        """The newest one that is to be trusted. Reads a small file at most."""

    def words(self) -> str:
        """What there is to say of its age; empty where nothing."""

    def request(self) -> NetRequest | None:
        """What asking for a newer one would send; None where no address is set."""

    def update(self, permit: Permit, request: NetRequest, cancel: Cancel) -> Updated:
        """Fetch a newer one. Blocks: not for a window's thread.

        Raises:
            NetworkError: it did not come; the one before stays.
            CatalogueRefused: it is not to be trusted; the one before stays.
        """

    def due(self, now_ms: int) -> bool:
        """Whether it should be looked for now."""


class RenewingRoom(Protocol):
    """Looking for a newer list of models."""

    def look(
        self, request: NetRequest, approval: Approval, cancel: Cancel, *, metered_ok: bool = False
    ) -> Future[Updated]:
        """Fetch it; see ``assistant.shelf.renewing.Renewing.look``."""


class FittingRoom(Protocol):
    """Which model suits this machine."""

    def machine(self) -> Future[MachineProfile]:
        """What there is."""

    def measure(self, cancel: Cancel) -> Future[Yardstick]:
        """Measure it: ten seconds."""

    def fits(self) -> Future[tuple[Fit, ...]]:
        """How each model of the catalogue fits, in its order."""

    def recommend(self) -> Future[Fit | None]:
        """The one to take; None where none fits."""


class DownloadRoom(Protocol):
    """Fetching models."""

    def request_for(self, entry: Entry) -> NetRequest:
        """What would be sent: to be shown, and approved."""

    def start(self, entry: Entry, approval: Approval, *, metered_ok: bool = False) -> Download:
        """Fetch it; a second one of the same file joins the first.

        Raises:
            NetworkRefused, ApprovalRefused: nothing was sent.
            StorageFull: there is no room for it.
        """

    def pause(self, sha256: str) -> None:
        """Stop, and keep what is here."""

    def resume(self, sha256: str, approval: Approval, *, metered_ok: bool = False) -> Download:
        """Go on. Raises as ``start`` does; NotFound: nothing of it is here."""

    def entry_of(self, sha256: str) -> Entry:
        """What a download that can be gone on with is of.

        Raises:
            NotFound: nothing of it is here.
        """

    def cancel(self, sha256: str, *, keep: bool) -> None:
        """Stop; ``keep`` what is here, or not."""

    def states(self) -> tuple[DownloadState, ...]:
        """All there are, also those that an earlier run left."""


class ShelfRoom(Protocol):
    """What is on this computer."""

    def all(self) -> Future[tuple[Installed, ...]]:
        """Every model, the active one among them."""

    def verify(self, sha256: str, progress: Progress, cancel: Cancel) -> Future[Installed]:
        """Read all of a file; what it is then, is in its ``state``."""

    def remove(self, sha256: str) -> Future[int]:
        """Take it off; bytes that were freed.

        Raises:
            NotFound: it is not there.
            InputRefused: it is in use, or came with Hush.
        """


class TakingInRoom(Protocol):
    """Importing a file."""

    def take(self, path: Path, progress: Progress, cancel: Cancel) -> Future[Installed]:
        """Copy a GGUF file to the shelf.

        Raises:
            InputRefused, FileRefused: it is no such file.
            ModelUnsafe: it does not pass its examination.
            StorageFull: there is no room.
        """


class AdoptingRoom(Protocol):
    """What other programs hold already."""

    def look(self, cancel: Cancel) -> Future[list[Found]]:
        """Find it."""

    def adopt(
        self, found: Found, how: Literal["link", "copy"], progress: Progress, cancel: Cancel
    ) -> Future[Installed]:
        """Use it from where it is, or copy it. Raises as ``TakingInRoom.take``."""


class ActivationRoom(Protocol):
    """Which model answers."""

    def activate(self, sha256: str, progress: Progress, cancel: Cancel) -> Future[Installed]:
        """Check, examine, try out, and from then on use it; at any refusal the old one stands.

        Raises:
            NotFound: it is not on the shelf.
            ModelUnsafe, ModelDamaged, ModelRefused, EngineDied: naming the model.
        """

    def roll_back(self) -> Future[Installed]:
        """Use the one before again.

        Raises:
            NotFound: there was none.
        """


class QuantisingRoom(Protocol):
    """Making a model smaller."""

    def start(
        self, sha256: str, form: str, prompts: Sequence[str], progress: Progress, cancel: Cancel
    ) -> Future[Quantised]:
        """Make a copy in this form; see ``assistant.shelf.quantising.Quantising.start``."""


class ComparingRoom(Protocol):
    """Two models, blind."""

    def begin(
        self,
        a: str,
        b: str,
        prompts: Sequence[str],
        on_pair: Callable[[Pair], None],
        cancel: Cancel,
    ) -> Future[int]:
        """Have both answer; see ``assistant.shelf.comparing.Comparing.begin``."""

    def decide(self, pair_id: int, winner: Winner) -> Future[Tally]:
        """Say which answer was better; what all decisions come to."""

    def sides(self, pair_id: int) -> tuple[str, str]:
        """Whose the left and the right answer were, once that is decided."""

    def tally(self, a: str, b: str) -> Future[Tally]:
        """What all decisions between these two come to."""


class BenchRoom(Protocol):
    """Measuring a model."""

    def run(self, sha256: str, progress: Progress, cancel: Cancel) -> Future[BenchResult]:
        """Measure it; see ``assistant.shelf.bench.Bench.run``."""

    def latest(self) -> Future[tuple[BenchRow, ...]]:
        """The newest figures of each model, as measured on this machine."""


class GateRoom(Protocol):
    """The one way out."""

    @property
    def metered(self) -> Metered:
        """Whether the connection costs by the byte."""

    def read_metered(self) -> Metered:
        """The same, read anew. Waits for it."""

    def approve(self, request: NetRequest, by: By = ...) -> Approval:
        """Let this one thing go, once. To be called where a person said yes, nowhere else."""

    def summary(self) -> Future[NetworkSummary]:
        """What has been sent, and whether anything can be."""

    def prepare(self, kind: str) -> None:
        """Have a child wait for a request of this kind; see ``NetworkGate.prepare``."""

    def discard(self) -> None:
        """Have none wait."""

    def stop_all(self) -> None:
        """End what is under way at once."""


class LedgerRoom(Protocol):
    """What was ever sent."""

    def rows(self, limit: int = 500, before: int | None = None) -> Future[list[LedgerRow]]:
        """Transfers, newest first."""

    def check(self) -> Future[ChainVerdict]:
        """Whether every row is as it was written."""

    def export(self, form: Literal["json", "csv"]) -> Future[bytes]:
        """All of it, with what shows that it is whole."""
