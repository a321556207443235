"""Search and notes in the real window: keystroke to results, and whether it ever stalls."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from assistant.access.entrance import Entrance, FirstKeys
from assistant.clock import SystemClock
from assistant.paths import Profile
from assistant.store import edition_rows
from assistant.store.edition_rows import EditionState
from assistant.store.keyslots import KeyLabel, derive_key
from assistant.store.sqlcipher import Connection, open_database
from benchmarks.cache import cache_folder
from benchmarks.harness import CHEAP, PASSPHRASE
from benchmarks.report import Row
from benchmarks.search_data import KEY, library, notes
from benchmarks.search_library import chosen_encoder
from models.encoders import starter_encoder
from tests.virtual_screen import virtual_screen

MOST_MILLISECONDS: Final = 60.0
MOST_SECONDS: Final = 60.0
MOST_STALL: Final = 16.0  # milliseconds: a frame

_PASSAGES: Final = 100_000
_NOTES: Final = 10_000


def window_rows(passages: int = _PASSAGES) -> list[Row]:
    """Typing, importing and opening, each in a window of its own process and a fresh profile."""
    chosen_encoder()  # exported, once
    return [*_typing(passages), *_importing(), *_opening()]


def _typing(passages: int) -> list[Row]:
    encoder = chosen_encoder().open()
    try:
        path = library(passages, encoder)
    finally:
        encoder.close()
    with tempfile.TemporaryDirectory() as folder:
        _take_over(_profile(Path(folder)), path)
        found = _watched("typing", folder)
    how = (
        f"{passages:,} passages, {found['keys']} keys, 60-120 ms apart; a key whose results "
        f"were overtaken ({found['overtaken']}) counts to the next results seen"
    )
    return [
        Row("keystroke to results painted, p95", found["p95_ms"], "ms", how, MOST_MILLISECONDS),
        Row("keystroke to results painted, p50", found["p50_ms"], "ms", "the same"),
        Row("the same, of results not overtaken, p95", found["shown_p95_ms"], "ms", "the same"),
        *_stalls("while typing a query", found),
    ]


def _importing() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        _profile(Path(folder))
        found = _watched("importing", folder)
    how = (
        f"{found['notes']:,} notes, {found['passages']:,} passages, through the window's panel; "
        f"a note is written in and the list scrolled meanwhile"
    )
    return [
        Row("importing and indexing in the window", found["seconds"], "s", how, MOST_SECONDS),
        *_stalls("meanwhile", found, MOST_STALL),
    ]


def _opening() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        profile = _profile(Path(folder))
        connection = open_database(profile.database, _key(profile))
        try:
            _fill(connection, _NOTES, starter_encoder().key())
        finally:
            connection.close()
        found = _watched("opening", folder)
    return [
        *_stalls(f"opening {found['notes']:,} notes", found, MOST_STALL),
        *_stalls("down their list", found, name="scroll_"),
        *_stalls("opening notes", found, name="note_"),
    ]


def _stalls(
    when: str, found: dict[str, Any], bar: float | None = None, name: str = ""
) -> list[Row]:
    """Gaps between the beats of a 1 ms timer on the GUI thread."""
    how = (
        f"{found[f'{name}beats']:,.0f} beats, p99 {found[f'{name}p99_ms']:.1f} ms, "
        f"{found[f'{name}over']:.0f} over a frame"
    )
    own = f"without what waited for a core; {found[f'{name}own_over']:.0f} over a frame"
    work = f"between two beats; {found[f'{name}work_over']:.0f} over a frame"
    return [
        Row(f"GUI thread stall {when}, max", found[f"{name}max_ms"], "ms", how, bar),
        Row("of which its own", found[f"{name}own_max_ms"], "ms", own),
        Row("longest that it computed", found[f"{name}work_max_ms"], "ms", work),
    ]


def _watched(what: str, folder: str) -> dict[str, Any]:
    with virtual_screen() as screen:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.search_watched", what, folder],
            env=screen.environment,
            check=True,
            stdout=subprocess.PIPE,
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _profile(folder: Path) -> Profile:
    """A profile with an empty vault; its embedding model is exported already."""
    profile = Profile(folder / "profile")
    profile.prepare()
    first = FirstKeys(keyring=False, passphrase=PASSPHRASE)
    Entrance(profile, SystemClock(), cost=CHEAP).create(first).vault.close()
    shutil.copytree(cache_folder() / "encoders", profile.encoders, dirs_exist_ok=True)
    return profile


def _key(profile: Profile) -> bytes:
    """Of the profile's database."""
    opened = Entrance(profile, SystemClock(), cost=CHEAP).open(PASSPHRASE)
    opened.vault.close()
    return derive_key(opened.dek, KeyLabel.DB)


def _take_over(profile: Profile, path: Path) -> None:
    """Let a profile's database be a copy of the one at ``path``, under the profile's own key."""
    key = _key(profile)
    for ending in ("-wal", "-shm"):
        profile.database.with_name(f"{profile.database.name}{ending}").unlink(missing_ok=True)
    shutil.copyfile(path, profile.database)
    connection = open_database(profile.database, KEY)
    try:
        connection.execute(f"PRAGMA rekey = \"x'{key.hex()}'\"")
    finally:
        connection.close()


def _fill(connection: Connection, count: int, encoder_key: str) -> None:
    """Write so many notes, a minute apart; nothing of them waits for the indexer."""
    texts = islice(cycle(notes()), count)
    now = SystemClock().now()
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO note (title, title_by, text, revision, created_at, updated_at)"
        " VALUES (?, 'person', ?, 1, ?, ?)",
        [(one.title, one.text, now - 60_000 * n, now - 60_000 * n) for n, one in enumerate(texts)],
    )
    edition_rows.begin(connection, encoder_key, EditionState.SERVING)
    connection.execute("DELETE FROM index_queue")
    connection.execute("COMMIT")
