"""Unlocks a vault once and prints how long that took: ``python -m benchmarks.vault_unlock``.

Its input is one line of JSON: the profile, and what a fake keyring holds (null: ask the real one).
"""

from __future__ import annotations

import time

BEGAN = time.perf_counter()

import json  # noqa: E402 - the imports are measured
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import keyring.backends.SecretService  # noqa: E402, F401 - a real unlock needs it

from assistant.access.entrance import Entrance  # noqa: E402
from assistant.clock import SystemClock  # noqa: E402
from assistant.paths import Profile  # noqa: E402
from assistant.store import conversation_rows  # noqa: E402
from assistant.store.keyring_guard import SecretStore, open_keyring  # noqa: E402
from tests.fakes.secrets import FakeSecretStore  # noqa: E402


def main() -> None:
    """Unlock, list the conversations, print milliseconds."""
    request = json.loads(sys.stdin.readline())
    imported = time.perf_counter()
    find: Callable[[], SecretStore] = open_keyring
    if request["keyring"] is not None:
        fake = FakeSecretStore()
        for account, secret in request["keyring"].items():
            fake.put(account, bytes.fromhex(secret))
        find = lambda: fake  # noqa: E731 - one expression
    entrance = Entrance(Profile(Path(request["profile"])), SystemClock(), keyring=find)
    began = time.perf_counter()
    vault = entrance.open(None).vault
    opened = time.perf_counter()
    vault.read(conversation_rows.list_all).result()
    listed = time.perf_counter()
    vault.close()
    print(
        json.dumps(
            {
                "imports": (imported - BEGAN) * 1000,
                "unlock": (opened - began) * 1000,
                "list": (listed - opened) * 1000,
            }
        )
    )


if __name__ == "__main__":
    main()
