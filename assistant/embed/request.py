"""What the parent asks of the export's child, and how that travels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.children.frames import BrokenFrame, Frame
from models.encoders import EncoderFiles, KnownFile


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export, and where.

    Attributes:
        files: The model.
        key: What its files come to.
        folder: Where to write: empty, and nobody else's.
        machine: For the record.
        threads: To compute with.
    """

    files: EncoderFiles
    key: str
    folder: Path
    machine: str
    threads: int

    def frame(self) -> Frame:
        """The request as the parent sends it."""
        return {
            "op": "export",
            "source": str(self.files.folder),
            "name": self.files.name,
            "known": [asdict(file) for file in self.files.known],
            "key": self.key,
            "folder": str(self.folder),
            "machine": self.machine,
            "threads": self.threads,
        }


def read_request(frame: Frame) -> ExportRequest:
    """Read ``ExportRequest.frame`` back.

    Raises:
        BrokenFrame: it is no such request.
    """
    try:
        known = tuple(KnownFile(**file) for file in frame["known"])
        files = EncoderFiles(Path(frame["source"]), str(frame["name"]), known)
        threads = max(1, int(frame["threads"]))
        folder, machine = Path(frame["folder"]), str(frame["machine"])
        return ExportRequest(files, str(frame["key"]), folder, machine, threads)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenFrame("no such request") from error
