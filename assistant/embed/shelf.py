"""The shelf of exported embedding models: one folder for each, complete or not there.

A folder is named by the model's key and holds the ONNX file, the tokenizer and the record. It takes
its name only once all three are on the disk; what is being made has a name that ends differently.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assistant.disk import flush_folder, flush_to_disk
from assistant.embed.record import EncoderRecord, read_record
from assistant.machine.processor import CPU_FILE, cpu_lines, key_of
from models.encoders import KnownFile
from models.file import ModelFileFault, digest

UNFINISHED: Final = ".partial"
"""Ends the name of a folder that is being made."""

_CPU_LINES: Final = ("flags", "Features")
_FAST_INTEGERS: Final = ("avx2", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm")


@dataclass(frozen=True, slots=True)
class Exported:
    """An exported model that was verified."""

    folder: Path
    record: EncoderRecord


def machine_key(cpu_file: Path = CPU_FILE) -> str:
    """Name what an exported model's figures depend on: how this processor multiplies integers.

    Args:
        cpu_file: What Linux tells of the processor; need not exist.
    """
    flags = {flag for line in cpu_lines(_CPU_LINES, cpu_file) for flag in line.split()}
    return key_of([platform.machine(), *(name for name in _FAST_INTEGERS if name in flags)])


class EncoderShelf:
    """The folder of exported models. One export at a time; the rest on any thread.

    Args:
        folder: Where they lie; it need not exist.
        machine: Names this machine's processor; see ``machine_key``.
    """

    def __init__(self, folder: Path, machine: str) -> None:
        self.folder = folder
        self.machine = machine
        self._checked: dict[Path, tuple[tuple[int, int], ...]] = {}

    def place(self, key: str) -> Path:
        """Where the model of this key lies, if it is there."""
        return self.folder / key

    def find(self, key: str) -> Exported | None:
        """The exported model of this key, if it is whole and was checked on such a machine.

        The first call reads its files; later ones look at their sizes and times.
        """
        folder = self.place(key)
        record = read_record(folder)
        if record is None or record.key != key or record.machine != self.machine:
            return None
        return Exported(folder, record) if self._is_whole(folder, record.files) else None

    def begin(self, key: str) -> Path:
        """A new folder to export into.

        Raises:
            OSError: where the system refuses.
        """
        self.sweep()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self.folder / f"{key}{UNFINISHED}"
        partial.mkdir(mode=0o700)
        return partial

    def finish(self, partial: Path, key: str) -> None:
        """Give what was exported its name, in place of what stood there.

        Raises:
            OSError: where the system refuses.
        """
        for path in partial.iterdir():
            with path.open("rb+") as file:
                flush_to_disk(file.fileno())
        flush_folder(partial)
        place = self.place(key)
        if place.exists():  # of another machine, or damaged: nobody asked for it while it stood
            old = self.folder / f"{key}.old{UNFINISHED}"
            place.replace(old)
        partial.replace(place)
        flush_folder(self.folder)
        self.sweep()

    def keep_only(self, keys: Collection[str]) -> None:
        """Remove every exported model but these."""
        if self.folder.is_dir():
            for path in list(self.folder.iterdir()):
                if path.is_dir() and path.name not in keys and path.suffix != UNFINISHED:
                    shutil.rmtree(path, ignore_errors=True)

    def sweep(self) -> None:
        """Take away what exports that were cut off left behind."""
        for path in list(self._leftovers()):
            shutil.rmtree(path, ignore_errors=True)

    def _leftovers(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from (path for path in self.folder.iterdir() if path.suffix == UNFINISHED)

    def _is_whole(self, folder: Path, files: tuple[KnownFile, ...]) -> bool:
        try:
            stamps = tuple(_stamp(folder / file.name) for file in files)
            if self._checked.get(folder) == stamps:
                return True
            sizes = tuple(size for size, _ in stamps)
            if sizes != tuple(file.size for file in files):
                return False
            if any(digest(folder / file.name) != file.sha256 for file in files):
                return False
        except (OSError, ModelFileFault):
            return False
        self._checked[folder] = stamps
        return True


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
