"""Indexes a vault until it is done or killed: ``python -m tests.unit.index_child VAULT MODEL``.

Before each thing that it does it says so in a line, and goes on when it is told to.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.power.plan import Plan
from assistant.search.indexer import Indexer
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.fakes.encoder import FakeEncoder, FakeEncoderSource
from tests.trials.vaults import KEY

SECONDS = 60.0


class SlowEncoder(FakeEncoder):
    """An encoder that waits for a line before each batch."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        if len(text) > 500:  # a note, not the headings above it
            said("split")
        return super().spans(text)

    def encode(
        self, texts: Sequence[str], *, query: bool = False, threads: int = 1
    ) -> NDArray[np.float32]:
        said("encode")
        return super().encode(texts, query=query, threads=threads)


def said(word: str) -> None:
    """Say what comes, and wait for the word to go on."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
    sys.stdin.readline()


def main() -> None:
    """Index until all is done."""
    vaults = Vaults(Vault.open(Path(sys.argv[1]), KEY))
    source = FakeEncoderSource(SlowEncoder(sys.argv[2], max_tokens=60))
    indexer = Indexer(vaults, source, Plan, lambda _event: None)
    indexer.start()
    indexer.settled(SECONDS)
    indexer.stop()
    vaults.close()
    sys.stdout.write("done\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
