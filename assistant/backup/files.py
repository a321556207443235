"""The small files beside a backup, read strictly: its manifest, and how the last drill went.

They hold numbers, and words that Hush itself chose. They may come from anyone who can write to the
disk, so that nothing is believed beyond its form.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

from assistant.backup.retention import MAX_TIME
from assistant.records import Drill
from assistant.store.backup_rows import NUMBERED

_FORMAT: Final = "hush-backup"
_VERSION: Final = 1
_MAX_BYTES: Final = 64 * 1024
_MAX_COUNT: Final = 2**53
_MAX_ID: Final = 2**63 - 1
_MAX_PROBLEM: Final = 400  # characters; Hush's own sentences are shorter
_NAME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d{6}Z)(-\d{1,3})?", re.ASCII)
_TABLE: Final = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)
_REASON: Final = re.compile(r"[a-z-]{1,20}( [a-z-]{1,20}){0,3}", re.ASCII)

_Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        made: When its making began, milliseconds since 1970, UTC: what was written before is in it.
        reason: Why it was made; a few lower-case words.
        counts: Rows by table.
        newest: When its newest message was written, likewise; 0 where there is none.
        last: The highest id in each of ``NUMBERED``; None in what an earlier Hush wrote.
    """

    made: int
    reason: str
    counts: Mapping[str, int]
    newest: int
    last: Mapping[str, int] | None = None

    @property
    def conversations(self) -> int:
        """How many it holds."""
        return self.counts.get("conversation", 0)

    @property
    def messages(self) -> int:
        """How many it holds."""
        return self.counts.get("message", 0)


def name_of(moment: int) -> str:
    """A moment, in milliseconds since 1970, UTC, as the name of a folder."""
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H%M%SZ")


def is_backup_name(name: str) -> bool:
    """Whether a folder of this name may be a backup."""
    return _NAME.fullmatch(name) is not None


def is_name_of(name: str, moment: int) -> bool:
    """Whether a folder of this name holds a backup of that moment."""
    match = _NAME.fullmatch(name)
    return match is not None and match[1] == name_of(moment)


def is_plain_file(path: Path) -> bool:
    """Whether it is a file itself: no link, and no pipe, which would wait for its writer."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def manifest_to_bytes(manifest: Manifest) -> bytes:
    """The manifest as a file's bytes."""
    data: dict[str, _Json] = {
        "format": _FORMAT,
        "version": _VERSION,
        "made": manifest.made,
        "reason": manifest.reason,
        "counts": dict(manifest.counts),
        "newest": manifest.newest,
    }
    if manifest.last is not None:
        data["last"] = dict(manifest.last)
    return json.dumps(data, indent=1).encode("ascii")


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not what Hush writes.
    """
    try:
        data = _load(path)
        if data["format"] != _FORMAT or data["version"] != _VERSION:
            raise ValueError("another format")
        counts = {
            _matching(_TABLE, name): _number(count, _MAX_COUNT)
            for name, count in dict(data["counts"]).items()
        }
        return Manifest(
            _number(data["made"], MAX_TIME),
            _matching(_REASON, data["reason"]),
            counts,
            _number(data["newest"], MAX_TIME),
            _last(data["last"]) if "last" in data else None,
        )
    except (KeyError, TypeError, RecursionError):
        raise ValueError("not what was written") from None


def drill_to_bytes(drill: Drill) -> bytes:
    """The outcome of a drill as a file's bytes."""
    return json.dumps(asdict(drill)).encode("ascii")


def read_drill(path: Path) -> Drill:
    """Read the outcome of a drill. Raises as ``read_manifest`` does."""
    try:
        data = _load(path)
        if type(data["ok"]) is not bool or type(data["problem"]) is not str:
            raise ValueError("not what was written")
        return Drill(
            at=_number(data["at"], MAX_TIME),
            backup=_matching(_NAME, data["backup"]),
            ok=data["ok"],
            conversations=_number(data["conversations"], _MAX_COUNT),
            messages=_number(data["messages"], _MAX_COUNT),
            problem=data["problem"][:_MAX_PROBLEM],
        )
    except (KeyError, TypeError, RecursionError):
        raise ValueError("not what was written") from None


def _load(path: Path) -> _Json:
    """Read a small JSON file. Raises OSError, ValueError or RecursionError."""
    if not is_plain_file(path):
        raise FileNotFoundError
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ValueError("too long")
    return json.loads(data)


def _last(value: _Json) -> dict[str, int]:
    return {table: _number(value[table], _MAX_ID) for table in NUMBERED}


def _number(value: _Json, limit: int) -> int:
    if type(value) is not int or not 0 <= value <= limit:
        raise ValueError("not a number of that kind")
    return value


def _matching(pattern: re.Pattern[str], value: _Json) -> str:
    if type(value) is not str or not pattern.fullmatch(value):
        raise ValueError("not a word of that kind")
    return value
