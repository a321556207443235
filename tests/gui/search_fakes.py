"""Search, notes' names and import as the window sees them, in memory, with answers held back."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from assistant.errors import HushError
from assistant.importing.records import (
    ExportReport,
    ExportRun,
    ImportPlan,
    ImportReport,
    ImportRun,
    PastImport,
    UnfinishedImport,
)
from assistant.notes.records import NoteFilter, NoteLine, TagCount
from assistant.search.records import (
    Filters,
    Hit,
    IndexState,
    IndexStatus,
    Kind,
    SearchResult,
    Snippet,
)
from tests.gui.vault_fakes import NOON, Held

HOUR = 3_600_000  # milliseconds
DAY = 24 * HOUR

READY = IndexStatus(IndexState.READY, 1_200, 1_200, "all-MiniLM-L6-v2")
EVERYWHERE = Filters()

_WORD = re.compile(r"\w+")


def hit(
    number: int,
    text: str,
    *,
    title: str = "",
    context: str = "",
    kind: Kind = Kind.NOTE,
    conversation_id: int | None = None,
    at: int = NOON - HOUR,
) -> Hit:
    """A passage that is all there is in its note or message."""
    if kind is Kind.MESSAGE and conversation_id is None:
        conversation_id = number
    return Hit(
        passage_id=number,
        kind=kind,
        owner_id=number,
        conversation_id=conversation_id,
        title=title or f"Note {number}",
        context=context,
        snippet=Snippet(text),
        text=text,
        start=0,
        length=len(text),
        at=at,
        score=1 / number,
        similarity=0.5,
    )


def note(number: int, title: str, at: int = NOON, tags: tuple[str, ...] = ()) -> NoteLine:
    """A note as a list shows it."""
    return NoteLine(number, title, "", pinned=False, tags=tags, updated_at=at)


class FakeSearch(Held):
    """``SearchService`` over a list: finds what has every word, the last one as a beginning.

    ``meant`` maps a query to what its typing mistakes are mended to, ``tags`` an id to its tags.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Hit] = []
        self.meant: dict[str, str] = {}
        self.tags: dict[int, tuple[str, ...]] = {}
        self.now = READY
        self.by_meaning = True
        self.asked: list[tuple[str, Filters, int]] = []
        self.warmed = 0
        self.rebuilt = 0

    def search(
        self, query: str, filters: Filters = EVERYWHERE, limit: int = 30
    ) -> Future[SearchResult]:
        """As ``SearchService.search``."""
        self.asked.append((query, filters, limit))
        mended = self.meant.get(query.strip(), "")
        words = _WORD.findall((mended or query).casefold())
        hits = [_marked(entry, words) for entry in self.found if self._has(entry, words, filters)]
        found = tuple(hits[:limit]) if words else ()
        return self.answer(SearchResult(query, found, mended, self.by_meaning))

    def status(self) -> IndexStatus:
        """As ``SearchService.status``."""
        return self.now

    def related(self, note_id: int, limit: int = 8) -> Future[list[Hit]]:
        """As ``SearchService.related``: nothing ever is."""
        del note_id, limit
        return self.answer([])

    def rebuild(self) -> None:
        """As ``SearchService.rebuild``."""
        self.rebuilt += 1

    def warm(self) -> None:
        """As ``SearchService.warm``."""
        self.warmed += 1

    def _has(self, entry: Hit, words: list[str], filters: Filters) -> bool:
        there = _WORD.findall(f"{entry.title} {entry.text}".casefold())
        beginnings = all(any(word.startswith(part) for word in there) for part in words)
        is_kind = filters.kind in (None, entry.kind)
        is_tag = not filters.tag or filters.tag in self.tags.get(entry.owner_id, ())
        is_chat = filters.conversation_id in (None, entry.conversation_id)
        is_new = filters.since is None or entry.at >= filters.since
        return beginnings and is_kind and is_tag and is_chat and is_new


def _marked(entry: Hit, words: list[str]) -> Hit:
    marks = tuple(
        (match.start(), len(word))
        for match in _WORD.finditer(entry.text)
        for word in words
        if match.group().casefold().startswith(word)
    )
    return Hit(
        **{name: getattr(entry, name) for name in entry.__slots__ if name != "snippet"},
        snippet=Snippet(entry.text, marks),
    )


class FakeNames(Held):
    """What ``NoteService`` tells of all notes at once: their titles, and the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[NoteLine] = []
        self.counts: list[TagCount] = []

    def list(self, chosen: NoteFilter | None = None) -> Future[list[NoteLine]]:
        """As ``NoteService.list``."""
        del chosen
        return self.answer(list(self.lines))

    def tags(self) -> Future[list[TagCount]]:
        """As ``NoteService.tags``."""
        return self.answer(list(self.counts))


class FakeImports(Held):
    """``ImportService``: plans as told, runs that the test ends."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = ImportPlan(notes=1_871, documents=0, chats=0, bytes=6_200_000)
        self.left: list[UnfinishedImport] = []
        self.past: list[PastImport] = []
        self.by_folder: list[bool | None] = []  # of each start
        self.looked: list[Path] = []
        self.started: list[Path | int] = []  # a path, or the run that was gone on with
        self.cancelled: list[int] = []
        self.refusal: HushError | None = None  # what the next start raises
        self.runs: dict[int, Future[ImportReport]] = {}
        self.exported: list[Path] = []
        self.export_report = ExportReport(written=1_871)
        self._numbers = itertools.count(1)

    def look(self, path: Path) -> Future[ImportPlan]:
        """As ``ImportService.look``."""
        self.looked.append(path)
        return self.answer(self.plan)

    def start(self, path: Path, *, by_folder: bool | None = None) -> ImportRun:
        """As ``ImportService.start``."""
        self.by_folder.append(by_folder)
        return self._begin(path)

    def resume(self, run_id: int) -> ImportRun:
        """As ``ImportService.resume``."""
        self.left = [run for run in self.left if run.id != run_id]
        return self._begin(run_id)

    def cancel(self, run_id: int) -> None:
        """As ``ImportService.cancel``: the run ends by itself, soon."""
        self.cancelled.append(run_id)

    def unfinished(self) -> Future[list[UnfinishedImport]]:
        """As ``ImportService.unfinished``."""
        return self.answer(list(self.left), at_once=True)

    def forget(self, run_id: int) -> Future[None]:
        """As ``ImportService.forget``."""
        self.left = [run for run in self.left if run.id != run_id]
        self.past = [run for run in self.past if run.id != run_id]
        return self.answer(None)

    def reports(self) -> Future[list[PastImport]]:
        """As ``ImportService.reports``."""
        return self.answer(list(self.past), at_once=True)

    def export_notes(self, folder: Path, ids: Sequence[int] | None = None) -> ExportRun:
        """As ``ImportService.export_notes``."""
        del ids
        return self._export(folder)

    def export_json(self, file: Path) -> ExportRun:
        """As ``ImportService.export_json``."""
        return self._export(file)

    def _export(self, target: Path) -> ExportRun:
        self.exported.append(target)
        return ExportRun(next(self._numbers), self.answer(self.export_report))

    def _begin(self, what: Path | int) -> ImportRun:
        refusal, self.refusal = self.refusal, None
        if refusal:
            raise refusal
        self.started.append(what)
        number = next(self._numbers)
        self.runs[number] = Future()
        return ImportRun(number, self.runs[number])
