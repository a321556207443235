"""What an import came to so far. It is written down with what it adds: a kill loses none of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.importing.folder import Scan
from assistant.importing.records import MOST_NAMED, ImportReport, Named, at_most
from assistant.store.note_rows import Outcome


@dataclass(slots=True)
class Tally:
    """Counts of outcomes, and sentences about files by name, one for each.

    ``by_folder`` is what the person chose for folders as tags; None: as it was before.
    """

    counts: dict[str, int] = field(default_factory=dict)
    conversations: int = 0
    skipped: dict[str, str] = field(default_factory=dict, repr=False)
    remarks: dict[str, str] = field(default_factory=dict, repr=False)
    by_folder: bool | None = None

    @classmethod
    def parse(cls, written: str) -> Tally:
        """Read what ``to_json`` gave; an empty one where that was never written."""
        try:
            found: Any = json.loads(written)
            return cls(**found)
        except (ValueError, TypeError):
            return cls()

    def copy(self) -> Tally:
        """Another, to count on in a transaction that may yet fail."""
        return replace(
            self,
            counts=dict(self.counts),
            skipped=dict(self.skipped),
            remarks=dict(self.remarks),
        )

    def count(self, outcome: Outcome) -> None:
        """Count a note or a conversation."""
        self.counts[outcome] = self.counts.get(outcome, 0) + 1

    @property
    def done(self) -> int:
        """How many notes and conversations are in."""
        return sum(self.counts.values())

    def skip(self, name: str, why: str) -> None:
        """Note what is not imported."""
        if len(self.skipped) <= 2 * MOST_NAMED:
            self.skipped[name] = why

    def take(self, name: str, remark: str) -> None:
        """Note that a file is imported after all, and what of it is not just so."""
        self.skipped.pop(name, None)
        if remark and len(self.remarks) <= 2 * MOST_NAMED:
            self.remarks[name] = remark

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(
            {
                "counts": self.counts,
                "conversations": self.conversations,
                "skipped": self.skipped,
                "remarks": self.remarks,
                "by_folder": self.by_folder,
            }
        )

    def report(self, scan: Scan, tags: int, *, cancelled: bool) -> ImportReport:
        """What the person is told at the end."""
        skipped = [*scan.skipped, *(Named(*item) for item in self.skipped.items())]
        others = sorted(scan.attachments)
        return ImportReport(
            new=self.counts.get(Outcome.NEW, 0),
            changed=self.counts.get(Outcome.CHANGED, 0),
            same=self.counts.get(Outcome.SAME, 0),
            kept_both=self.counts.get(Outcome.KEPT_BOTH, 0),
            in_trash=self.counts.get(Outcome.IN_TRASH, 0),
            conversations=self.conversations,
            tags=tags,
            skipped=at_most(skipped),
            remarks=at_most([Named(*item) for item in self.remarks.items()]),
            attachments=tuple(others[:MOST_NAMED]),
            more_attachments=max(0, len(others) - MOST_NAMED),
            cancelled=cancelled,
        )
