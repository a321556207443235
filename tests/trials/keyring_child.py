"""Meets the keyring as a start of Hush does: ``python -m tests.trials.keyring_child PROFILE TASK``.

Its first line of input is the passphrase, its second the recovery code. ``make`` makes a vault,
``try`` tries each way in and says how it went, ``again`` lets a changed keyring be enrolled anew.
"""

from __future__ import annotations

import json
import queue
import sys
from pathlib import Path
from typing import Any, Final

from assistant.access.entrance import Entrance, FirstKeys
from assistant.app import App, Parts
from assistant.clock import Clock, SystemClock
from assistant.errors import HushError
from assistant.events import Event, Notice
from assistant.paths import Profile
from assistant.store import conversation_rows
from assistant.store.keyring_guard import open_keyring
from assistant.store.recovery import RecoveryCode
from tests.fakes.engine import FakeEngine
from tests.trials.vaults import CHEAP

TITLE: Final = "The lighthouse"
NOTICE_SECONDS: Final = 60.0
DEADLINE_SECONDS: Final = 3.0  # for the keyring: a person is not there to type its password

Report = dict[str, Any]  # JSON


def tried(entrance: Entrance, profile: Profile, secrets: list[str]) -> Report:
    """Open through the keyring, then with each of ``secrets``; say how each went."""
    before = contents(profile.root)
    report: Report = {"ways": list(entrance.status().ways), "keyring": _opened(entrance, None)}
    report["untouched"] = contents(profile.root) == before or not report["keyring"]["error"]
    report["others"] = [_opened(entrance, secret) for secret in secrets]
    return report


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _opened(entrance: Entrance, secret: str | None) -> Report:
    try:
        with entrance.open(secret).vault as vault:
            found = vault.read(conversation_rows.list_all).result()
    except HushError as error:
        return {"error": type(error).__name__, "message": error.message, "advice": error.advice}
    return {"error": "", "titles": [conversation.title for conversation in found]}


def made(entrance: Entrance, first: FirstKeys) -> None:
    """Make a vault with one conversation in it."""
    with entrance.create(first).vault as vault:
        vault.write(lambda c: conversation_rows.create(c, TITLE, 1)).result()


def _again(profile: Profile, passphrase: str) -> Report:
    """The keyring refuses, the passphrase opens, and Hush says that the keyring knows it now."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with App(profile, events.put, Parts(engine=FakeEngine, entrance=_entrance)) as app:
        refused = app.open_vault().exception(NOTICE_SECONDS)
        app.open_vault(secret=passphrase).result(NOTICE_SECONDS)
        while not isinstance(event := events.get(timeout=NOTICE_SECONDS), Notice):
            continue
    return {"refused": type(refused).__name__, "notice": event.text}


def _entrance(profile: Profile, clock: Clock, **others: Any) -> Entrance:
    keyring = lambda: open_keyring(DEADLINE_SECONDS)  # noqa: E731 - one expression
    return Entrance(profile, clock, keyring=keyring, cost=CHEAP, **others)


def main() -> None:
    """Do one task; print a report."""
    profile, task = Profile(Path(sys.argv[1])), sys.argv[2]
    passphrase, code = (sys.stdin.readline().rstrip("\n") for _ in range(2))
    entrance = _entrance(profile, SystemClock())
    report: Report = {}
    if task == "make":
        made(entrance, FirstKeys(True, passphrase, RecoveryCode.parse(code)))
    elif task == "again":
        report = _again(profile, passphrase)
    else:
        report = tried(entrance, profile, [passphrase, code])
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
