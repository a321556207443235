"""Everything in one JSON file: for other programs, and for whoever wants to leave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from assistant.backup.cancellable import Cancelled
from assistant.errors import StorageFull
from assistant.importing.placing import (
    clear_unfinished,
    require_file,
    unfinished_of,
    written,
)
from assistant.importing.records import ExportReport, Tell
from assistant.store import conversation_rows, import_rows, note_rows
from assistant.store.vault import Vault

FORMAT: Final = "hush-export"
VERSION: Final = 1

_BEGINS: Final = json.dumps({"format": FORMAT}).removesuffix("}").encode()
_OURS: Final = ("source_hash", "form", "edited", "revision", "folder_tag")
_AT_ONCE: Final = 20  # each is read whole, and may have 20 MB


def export_all(
    vault: Vault,
    path: Path,
    now: int,
    cancelled: Cancelled,
    tell: Tell = lambda _done, _total: None,
) -> ExportReport:
    """Write all notes outside of the trash, and all chats with every variant of their messages.

    ``{"format": "hush-export", "version": 1, "exported_at": …, "notes": […], "conversations":
    […]}``; times are milliseconds since 1970, UTC. Never is all of it in the memory at once.

    Until it is whole it is beside ``path`` (``unfinished_of``); the next export removes what a
    killed one left there.

    Raises:
        InputRefused: ``path`` is no name for a file, or somebody's own stands where it would be
            written.
        StorageFull: it could not be written. An earlier file stands, as it does where
            ``cancelled`` said so.
    """
    require_file(path)
    count = 0
    total = vault.read(note_rows.count_files).result()
    total += len(vault.read(conversation_rows.list_all).result())

    def counted(items: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for number, item in enumerate(items, start=count + 1):
            if cancelled():
                raise CancelledError
            yield item
            tell(number, total)

    try:
        clear_unfinished(path, _BEGINS)
        with written(path, durable=True, fresh=unfinished_of(path)) as file:
            head = json.dumps({"format": FORMAT, "version": VERSION, "exported_at": now})
            file.write(head.removesuffix("}").encode() + b', "notes": [')
            count += _write_list(file, counted(_notes(vault)))
            file.write(b'], "conversations": [')
            count += _write_list(file, counted(_conversations(vault)))
            file.write(b"]}\n")
    except CancelledError:
        return ExportReport(cancelled=True)
    except OSError:
        raise StorageFull(
            f"The file {path.name} could not be written there.",
            "Nothing was changed. Choose another folder, or make room.",
        ) from None
    return ExportReport(written=count)


def _write_list(file: IO[bytes], items: Iterator[dict[str, Any]]) -> int:
    count = 0
    for item in items:
        file.write(b",\n" if count else b"\n")
        file.write(json.dumps(item, ensure_ascii=False).encode())
        count += 1
    return count


def _notes(vault: Vault) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        found = vault.read(partial(note_rows.files, after=after, limit=_AT_ONCE)).result()
        if not found:
            return
        for note in found:
            data = asdict(note)
            for name in _OURS:
                del data[name]
            yield data
        after = found[-1].id


def _conversations(vault: Vault) -> Iterator[dict[str, Any]]:
    for conversation in reversed(vault.read(conversation_rows.list_all).result()):
        look = partial(import_rows.whole_chat, conversation_id=conversation.id)
        head, messages = vault.read(look).result()
        yield asdict(conversation) | {"head_id": head, "messages": messages}
