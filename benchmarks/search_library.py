"""Search as the program builds it, over a vault of its own, for the benchmarks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assistant.cancel import Cancel
from assistant.embed.protocol import EncoderSource
from assistant.embed.shelf import EncoderShelf, machine_key
from assistant.embed.source import ChosenEncoder
from assistant.power.plan import Plan
from assistant.search.indexer import Indexer
from assistant.search.service import SearchService
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from benchmarks.cache import cache_folder
from benchmarks.search_data import KEY, Text
from models.encoders import starter_encoder

_MOST_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Library:
    """A vault that is searched."""

    vaults: Vaults
    indexer: Indexer
    search: SearchService


def chosen_encoder() -> ChosenEncoder:
    """The embedding model that comes with Hush, exported once for all benchmarks."""
    folder = cache_folder() / "encoders"
    folder.mkdir(parents=True, exist_ok=True)
    source = ChosenEncoder(EncoderShelf(folder, machine_key()), starter_encoder)
    source.prepare(Cancel(), lambda _: None)
    return source


@contextmanager
def opened(path: Path, source: EncoderSource | None = None) -> Iterator[Library]:
    """Search over the vault at ``path``, loaded."""
    source = source or chosen_encoder()
    vaults = Vaults(Vault.open(path, KEY))
    indexer = Indexer(vaults, source, Plan, lambda _: None)
    search = SearchService(vaults, indexer)
    indexer.start()
    try:
        assert indexer.loaded(_MOST_SECONDS)
        yield Library(vaults, indexer, search)
    finally:
        search.close()
        indexer.stop()
        vaults.close()


@contextmanager
def indexed(texts: Sequence[Text]) -> Iterator[Library]:
    """Search over these texts as notes, in full: split, encoded, in a vault that goes at last.

    The note of a text has the text's id.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vault.db"
        with Vault.open(path, KEY) as vault:
            vault.write(lambda c: _put(c, texts)).result()
        with opened(path) as library:
            assert library.indexer.settled(_MOST_SECONDS)
            yield library


def _put(connection: Connection, texts: Sequence[Text]) -> None:
    connection.executemany(
        "INSERT INTO note (id, title, title_by, text, revision, created_at, updated_at)"
        " VALUES (?, ?, 'person', ?, 1, 1, 1)",
        [(one.id, one.title, one.text) for one in texts],
    )
