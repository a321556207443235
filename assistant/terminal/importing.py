"""``hush notes import``, ``hush notes report`` and ``hush notes export``."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from assistant.app import Session
from assistant.errors import InputRefused
from assistant.events import ExportProgress, ImportProgress
from assistant.importing.placing import UNFINISHED_NAME
from assistant.importing.records import ExportRun, ImportReport, ImportRun, Named
from assistant.importing.service import ImportService
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.terminal.reading import local_time
from assistant.terminal.waiting import EXIT_STOPPED, Counter, Events

ACTIONS: Final = frozenset({"import", "report", "export"})

_SHOWN: Final = 20  # of skipped files, at the end
_KEPT: Final = "; “hush notes report” names them"  # of imports: no report of an export is kept
_WAIT_SECONDS: Final = 0.2
_NO_FILE: Final = "No file was written."
_IN_FOLDER: Final = f"What was written stays, unencrypted, with a file “{UNFINISHED_NAME}”."


def transfer(arguments: Arguments, session: Session, events: Events, console: Console) -> int:
    """Import from ``arguments.path``, or export to it; or tell what the last imports came to.

    Returns:
        The exit code.

    Raises:
        InputRefused: there is nothing to import there, or nothing may be written there.
        StorageFull: with how far it came.
    """
    service = session.importing
    if service is None:
        raise InputRefused("Notes need a vault that is kept.", "Open yours first.")
    if arguments.action == "import":
        return _import(arguments, service, events, console)
    if arguments.action == "report":
        return _report(arguments, service, console)
    return _export(arguments, service, events, console)


def _import(arguments: Arguments, service: ImportService, events: Events, console: Console) -> int:
    run = service.start(Path(arguments.path), by_folder=arguments.by_folder)
    try:
        _follow(run, events, console)
        report = run.done.result()
    except KeyboardInterrupt:
        service.cancel(run.id)
        report = run.done.result()
    if arguments.json:
        console.data(_described(asdict(report)))
    else:
        _tell(report, console)
    return EXIT_STOPPED if report.cancelled else 0


def _report(arguments: Arguments, service: ImportService, console: Console) -> int:
    found = service.reports().result()
    if arguments.json:
        for past in found:
            told = _described(asdict(past.report))
            console.data({"path": str(past.path), "ended_at": past.ended_at} | told)
        return 0
    if not found:
        console.remark("There is no report of an import.")
    for past in found:
        console.line(f"{local_time(past.ended_at)}  {past.path}")
        _tell(past.report, console, shown=None)
    return 0


def _follow(run: ImportRun | ExportRun, events: Events, console: Console) -> None:
    """Show how far it is, where somebody looks, until it is done."""
    counter = Counter(console)
    while not run.done.done():
        with suppress(queue.Empty):
            event = events.get(timeout=_WAIT_SECONDS)
            if not isinstance(event, ImportProgress | ExportProgress):
                continue
            if event.total:
                what = "files" if isinstance(event, ImportProgress) else "written"
                counter.show(f"{event.done:,} of {event.total:,} {what}")
    counter.keep()


def _tell(report: ImportReport, console: Console, shown: int | None = _SHOWN) -> None:
    counts = (
        (report.new, "new"),
        (report.changed, "changed"),
        (report.same, "unchanged"),
        (report.kept_both, "changed here and there: both kept"),
        (report.in_trash, "in the trash"),
    )
    words = ", ".join(f"{count:,} {what}" for count, what in counts if count) or "nothing to import"
    chats = f" {report.conversations:,} of these are chats." if report.conversations else ""
    console.line(f"{words[0].upper()}{words[1:]}.{chats}")
    if report.others:
        console.remark(f"{report.others:,} other files stay where they are.")
    _name(report.remarks, "not quite as it stood", console, shown, _KEPT)
    _name(report.skipped, "skipped", console, shown, _KEPT)
    if report.cancelled:
        console.remark("Stopped. What was imported stays; import it again to go on.")


def _export(arguments: Arguments, service: ImportService, events: Events, console: Console) -> int:
    target = Path(arguments.path)
    as_json = arguments.format == "json"
    run = service.export_json(target) if as_json else service.export_notes(target)
    try:
        _follow(run, events, console)
    except KeyboardInterrupt:
        service.cancel(run.id)
    report = run.done.result()
    if arguments.json:
        console.data(_described(asdict(report)))
    else:
        unchanged = f", {report.unchanged:,} as they stood there" if report.unchanged else ""
        console.line(f"{report.written:,} written{unchanged}.")
        _name(report.remarks, "to know", console)
        _name(report.skipped, "skipped", console)
    if report.cancelled:
        console.remark("Stopped. " + (_NO_FILE if as_json else _IN_FOLDER))
        return EXIT_STOPPED
    console.remark(f"Written to {target}. It is not encrypted there.")
    return 0


def _name(
    found: Sequence[Named],
    what: str,
    console: Console,
    shown: int | None = _SHOWN,
    where: str = "",
) -> None:
    """Name the first of them; ``where`` says what names the others, if anything does."""
    for name, why in found[:shown]:
        console.remark(f"{what}: {name}: {why}")
    if shown is not None and len(found) > shown:
        console.remark(f"{what}: {len(found) - shown:,} more{where}.")


def _described(report: dict[str, Any]) -> dict[str, Any]:
    """With names to the pairs of name and sentence."""
    for key in ("skipped", "remarks"):
        report[key] = [{"name": name, "why": why} for name, why in report[key]]
    return report
