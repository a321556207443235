"""Whether a file that is being fetched still fits on its disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assistant.backup.making import FreeBytes, free_bytes
from assistant.errors import StorageFull

_GB: Final = 10**9


@dataclass(frozen=True, slots=True)
class Space:
    """How much room a download leaves to everything else on the disk.

    Attributes:
        free: How many bytes are free on a folder's disk.
        share: Of the file's size, asked for besides: block lists, records, the copy's own folder.
        reserve: Bytes that stay free for the vault, which must always be able to write.
        every: Bytes between two looks while it runs: others write to the disk as well.
    """

    free: FreeBytes = free_bytes
    share: float = 0.05
    reserve: int = 200_000_000
    every: int = 64 << 20

    def require(self, folder: Path, size: int, here: int) -> None:
        """Ask before a transfer whether the rest of a file fits.

        Args:
            folder: Where it is to lie; it need not exist yet.
            size: Of the whole file.
            here: Bytes of it that lie there already.

        Raises:
            StorageFull: with how much is needed and how much there is; nothing was written.
        """
        self._compare(folder, size - here + round(size * self.share) + self.reserve)

    def require_rest(self, folder: Path, rest: int) -> None:
        """Ask while a transfer runs, which asked for its margin at the beginning.

        Raises:
            StorageFull: what is here stays.
        """
        self._compare(folder, rest + self.reserve)

    def _compare(self, folder: Path, needed: int) -> None:
        free = self.free(folder)
        if free < needed:
            raise StorageFull(
                f"There is too little room on the disk: {needed / _GB:.2f} GB are needed,"
                f" {free / _GB:.2f} GB are free. What is here already stays.",
                "Free some space, then go on.",
            )
