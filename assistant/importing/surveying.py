"""Looking at what is to be imported, whatever it is: a folder, a file, an archive."""

from __future__ import annotations

from pathlib import Path

from assistant.cancel import Cancel
from assistant.importing.archive_notebook import ArchiveNotebook, scan_archive
from assistant.importing.folder import Scan, scan
from assistant.importing.notebook import FolderNotebook, Notebook
from assistant.importing.parsing import Parser
from assistant.importing.records import Kind


def survey(path: Path, parser: Parser, stop: Cancel) -> Scan:
    """Look at a folder and all below it, at one file, or into a .zip.

    Args:
        path: What the person chose.
        parser: Starts the process that looks into an archive.
        stop: Ends it.

    Raises:
        NotFound: there is nothing.
        InputRefused: it cannot be read, and why.
        CancelledError: ``stop`` was asked.
    """
    found = scan(path, lambda: stop.asked)
    is_archive = [entry.kind for entry in found.entries] == [Kind.CHATS_ARCHIVE]
    return scan_archive(found, path, parser, stop) if is_archive else found


def notebook_of(found: Scan, parser: Parser, stop: Cancel) -> Notebook:
    """What reads the files that ``survey`` found."""
    if found.archive:
        return ArchiveNotebook(found.archive, found.root, parser, stop)
    return FolderNotebook(found.folder, parser, stop)
