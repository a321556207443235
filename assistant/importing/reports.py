"""The report of an import that ended, as it is kept in the vault. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any, Final

from assistant.importing.records import ImportReport, Named

_ENDED: Final = "ended"
_NAMED: Final = ("skipped", "remarks")


def to_json(report: ImportReport, ended_at: int) -> str:
    """Write a report down, with the moment: milliseconds since 1970, UTC."""
    return json.dumps({**asdict(report), _ENDED: ended_at})


def parse(written: str) -> tuple[ImportReport, int]:
    """Read what ``to_json`` gave: the report, and when the import ended.

    What another Hush wrote and this one does not know is left out.
    """
    found: dict[str, Any] = json.loads(written)
    known = {field.name for field in fields(ImportReport)}
    values = {name: value for name, value in found.items() if name in known}
    for name in _NAMED:
        values[name] = tuple(Named(*item) for item in values.get(name, ()))
    values["attachments"] = tuple(values.get("attachments", ()))
    return ImportReport(**values), int(found[_ENDED])
