"""Write the golden profile of this Hush's schema. Once for each schema, before its release.

    python -m tests.golden.make

A profile that stands already is never written again: it is what that Hush really wrote.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from assistant.store.keyslots import KeyLabel, KeySlots, derive_key, new_vault_id
from assistant.store.migrations import LATEST
from assistant.store.passphrase import Argon2Policy, Passphrase
from assistant.store.vault import Vault
from tests.golden.content import MADE, PASSPHRASE, read, write

HERE: Final = Path(__file__).parent
CHEAP: Final = Argon2Policy(floor_kib=8, ceiling_kib=8, passes=1, lanes=1, seconds=0.0)


def make(folder: Path) -> None:
    """Write a profile and, in the clear beside it, what it holds.

    Args:
        folder: Must not exist yet.

    Raises:
        FileExistsError: it does.
    """
    folder.mkdir()
    way_in = Passphrase(PASSPHRASE, policy=CHEAP)
    slots, dek = KeySlots.create(new_vault_id(), way_in, now=MADE)
    slots.save(folder / "keyslots.json")
    with Vault.open(folder / "vault.db", derive_key(dek, KeyLabel.DB)) as vault:
        vault.write(write).result()
        held = vault.read(read).result()
    # In ASCII: nothing is hidden, and nothing is shown in another order.
    text = json.dumps({"schema": LATEST, "held": held}, indent=1, sort_keys=True)
    (folder / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        make(HERE / f"v{LATEST}")
    except FileExistsError:
        sys.exit(f"The golden profile of schema {LATEST} stands already. Nothing was changed.")
