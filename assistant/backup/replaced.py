"""What a restore set aside: the files that stood there before it, with all that was in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from assistant.access import erasing
from assistant.backup.files import name_of
from assistant.disk import disk_problem, flush_folder
from assistant.paths import Profile

_KEPT: Final = "before-restore"


def new_folder(profile: Profile, now: int) -> Path:
    """A folder for them that does not exist yet, named after this moment.

    Args:
        profile: Whose.
        now: Milliseconds since 1970, UTC.
    """
    first = f"{name_of(now)}-{_KEPT}"
    folder, turn = profile.kept / first, 1
    while folder.exists():
        turn += 1
        folder = profile.kept / f"{first}-{turn}"
    return folder


def may_hold(profile: Profile, since: int) -> bool:
    """Whether a text may be in some of them.

    Args:
        profile: Whose.
        since: When it was written, milliseconds since 1970, UTC.

    Raises:
        StorageFull: that cannot be read.
    """
    return any(folder.name >= name_of(since) for folder in _folders(profile))


def forget(profile: Profile) -> None:
    """Remove them all, their key slots first. The vault is open: nothing in them is needed.

    Each is first renamed to what a changed key leaves behind, so that the next opening goes on
    where this is cut short.

    Raises:
        StorageFull: something is left.
    """
    try:
        for folder in _folders(profile):
            folder.rename(folder.with_name(f"{erasing.ROTATED}{folder.name}"))
        if profile.kept.is_dir():
            flush_folder(profile.kept)
    except OSError as error:
        raise disk_problem(error) from None
    erasing.forget_rotated(profile)


def _folders(profile: Profile) -> Iterator[Path]:
    try:
        found = sorted(profile.kept.glob(f"[0-9]*-{_KEPT}*"))
    except OSError as error:
        raise disk_problem(error) from None
    yield from (path for path in found if path.is_dir() and not path.is_symlink())
