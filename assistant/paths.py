"""The profile: one folder that holds everything Hush keeps, readable by its owner only."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assistant.errors import ProfileUnusable

PROFILE_VARIABLE: Final = "HUSH_PROFILE"
_PRIVATE_FOLDER: Final = 0o700


@dataclass(frozen=True, slots=True)
class Profile:
    """Where things lie. Building one touches no disk; ``prepare`` does."""

    root: Path

    @staticmethod
    def choose(named: str | None, environment: Mapping[str, str] = os.environ) -> Profile:
        """Pick the profile: named on the command line, else ``HUSH_PROFILE``, else the default."""
        chosen = named or environment.get(PROFILE_VARIABLE)
        return Profile(Path(chosen).expanduser().absolute() if chosen else _default(environment))

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

    def prepare(self) -> None:
        """Make the folders, private, and prove that the profile can be written.

        Raises:
            ProfileUnusable: with what the operating system said, in words.
        """
        try:
            for folder in (self.root, self.logs):
                folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
                folder.chmod(_PRIVATE_FOLDER)
            with tempfile.TemporaryFile(dir=self.root) as probe:
                probe.write(b"\0")
        except OSError as error:
            raise ProfileUnusable(
                f"Hush cannot write to its profile folder {self.root}: {_reason(error)}.",
                "Nothing was changed. Free the folder, or name another with --profile.",
            ) from error


def keep_private() -> None:
    """Make every file this process creates from now on readable by its owner only."""
    os.umask(0o077)


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
