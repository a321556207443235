"""Whether what is to be imported is a folder that was imported before."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from assistant.importing.folder import Scan
from assistant.store import import_rows
from assistant.store.import_rows import KnownFile
from assistant.store.vault import Vault

_EMPTY: Final = hashlib.sha256(b"").digest()


def known_of(vault: Vault, found: Scan) -> tuple[Path, dict[str, KnownFile]]:
    """What was found goes by this name in the vault, and these files of it were seen before.

    A folder is known by where it is. Archives of several notebooks may lie in one place and go
    by one name (``Notes-home.zip`` and ``Notes-work.zip``, each with ``Notes/…`` in it): the
    later ones are numbered.

    Args:
        vault: Open.
        found: By ``survey``.
    """
    if not found.archive:
        return found.folder, _known(vault, found.folder)
    paths = {entry.path for entry in found.entries}
    for number in count(1):
        folder = found.folder
        if number > 1:
            folder = folder.with_name(f"{folder.stem} {number}{folder.suffix}")
        known = _known(vault, folder)
        if not known or are_most_there(known, paths):
            return folder, known
    raise AssertionError  # count has no end


def are_most_there(known: Collection[str], paths: Collection[str], at_least: int = 1) -> bool:
    """Whether more than half of the files that were seen before are among these paths."""
    here = sum(path in paths for path in known)
    return here >= at_least and 2 * here > len(known)


def have_one_alike(known: Mapping[str, KnownFile], hashes: Mapping[str, bytes]) -> bool:
    """Whether a file that was seen before is here still, with words and to the letter."""
    return any(
        path in known and known[path].hash == digest != _EMPTY for path, digest in hashes.items()
    )


def _known(vault: Vault, folder: Path) -> dict[str, KnownFile]:
    return vault.read(partial(import_rows.known_files, folder=str(folder))).result()
