"""The profile: one folder that holds everything Hush keeps, readable by its owner only."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assistant.disk import disk_full, disk_read_only
from assistant.errors import HushError, ProfileUnusable

PROFILE_VARIABLE: Final = "HUSH_PROFILE"
_PRIVATE_FOLDER: Final = 0o700


@dataclass(frozen=True, slots=True)
class Profile:
    """Where things lie. Building one touches no disk; ``prepare`` does."""

    root: Path

    @staticmethod
    def choose(named: str | None, environment: Mapping[str, str] = os.environ) -> Profile:
        """Pick the profile: named on the command line, else ``HUSH_PROFILE``, else the default.

        Raises:
            ProfileUnusable: it lies in the home of a user whom this machine does not know.
        """
        chosen = named or environment.get(PROFILE_VARIABLE)
        try:
            root = Path(chosen).expanduser().absolute() if chosen else _default(environment)
        except RuntimeError as error:
            raise ProfileUnusable(
                "The profile's home folder cannot be found.",
                "Name a folder with --profile, from its root on.",
            ) from error
        return Profile(root)

    @property
    def database(self) -> Path:
        """The encrypted database; its ``-wal`` and ``-shm`` lie beside it."""
        return self.root / "vault.db"

    @property
    def key_slots(self) -> Path:
        """The wrapped data key: useless without a keyring entry or a passphrase."""
        return self.root / "keyslots.json"

    @property
    def settings(self) -> Path:
        """Settings: how Hush behaves, nothing that was written in it."""
        return self.root / "settings.json"

    @property
    def lock(self) -> Path:
        """Held with a kernel lock while Hush runs."""
        return self.root / "lock"

    @property
    def logs(self) -> Path:
        """Events and numbers, no content."""
        return self.root / "logs"

    @property
    def crashes(self) -> Path:
        """Crash reports: types and line numbers, no values."""
        return self.root / "crashes"

    @property
    def tuned_models(self) -> Path:
        """Copies of models, made for this machine. Weights, nothing of anybody's."""
        return self.root / "tuned-models"

    @property
    def models(self) -> Path:
        """Folder of models that were fetched, imported or made smaller here."""
        return self.root / "models"

    @property
    def encoders(self) -> Path:
        """Embedding models, exported for this machine. Weights, nothing of anybody's."""
        return self.root / "encoders"

    @property
    def backups(self) -> Path:
        """Verified, encrypted copies of the vault, one folder each."""
        return self.root / "backups"

    @property
    def kept(self) -> Path:
        """What was set aside when something else took its place: damaged files, for one."""
        return self.root / "kept"

    @property
    def locked(self) -> Path:
        """Stands from a lock to the next opening: another start must not walk around the lock."""
        return self.root / "locked"

    @property
    def succession(self) -> Path:
        """Says that a new database and new key slots are to take the old ones' place."""
        return self.root / "succession.json"

    @property
    def erasing(self) -> Path:
        """Says that everything here is to be erased, from the first step of that to the last."""
        return self.root / "erasing"

    def prepare(self) -> None:
        """Make what is missing, private, and prove that the profile can be written.

        What only reads does without it. A folder that stood before keeps its mode.

        Raises:
            ProfileUnusable: the folder holds other things, or the system refuses; in words.
            StorageFull: the disk is full or read-only.
        """
        try:
            self._make_root()
            self.logs.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root) as probe:
                probe.write(b"\0")
        except OSError as error:
            raise profile_problem(self.root, error) from error

    def _make_root(self) -> None:
        try:
            self.root.mkdir(mode=_PRIVATE_FOLDER, parents=True)
        except FileExistsError:
            present = {path.name for path in self.root.iterdir()}
            if present and not present & self._own_names():
                raise ProfileUnusable(
                    f"The folder {self.root} holds other things. Nothing was changed.",
                    "Name an empty or a new folder with --profile.",
                ) from None

    def _own_names(self) -> set[str]:
        own = (self.database, self.key_slots, self.settings, self.lock, self.logs, self.backups)
        return {path.name for path in own}


def profile_problem(root: Path, error: OSError) -> HushError:
    """Say in words why a profile cannot be used.

    Args:
        root: The profile's folder.
        error: What the system raised.
    """
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full()
    if error.errno == errno.EROFS:
        return disk_read_only()
    return ProfileUnusable(
        f"Hush cannot use its profile folder {root}: {_reason(error)}.",
        "Nothing was changed. Free the folder, or name another with --profile.",
    )


def _default(environment: Mapping[str, str]) -> Path:
    """The folder the platform keeps for an application's own data."""
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Hush"
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA", home / "AppData" / "Local")) / "Hush"
    # XDG Base Directory Specification 0.8: relative paths are to be ignored.
    data = Path(environment.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else home / ".local" / "share") / "hush"


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
