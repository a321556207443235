"""What the names and descriptions of tags mean, computed once and kept in the vault."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from assistant.store import tag_label_rows, tag_learning_rows
from assistant.store.sqlcipher import Connection
from assistant.store.tag_learning_rows import TagRow
from assistant.store.vault import Vault
from assistant.tags.near import said
from assistant.tags.records import TagInfo

if TYPE_CHECKING:
    from assistant.embed.protocol import Vectors

Vector = NDArray[np.float32]

_KEPT: Final = "name/"  # before a key
_READ: Final = 500  # vectors at once: a few milliseconds
_ENCODED: Final = 8  # names at once: so that whoever asks for something else comes in between


class NameVectors:
    """Vectors of tags, for one embedding model at a time. On one thread.

    Args:
        vault: Open for writing.
        embed: The texts' vectors, ``[len(texts), dimensions]``, unit length; None where there is
            no model now.
    """

    def __init__(self, vault: Vault, embed: Callable[[Sequence[str]], Vectors | None]) -> None:
        self._vault = vault
        self._embed = embed
        self._there: dict[str, Vector] = {}
        self._missing: dict[str, str] = {}  # key and text
        self._is_tidy = False  # nothing is kept of tags that went before all this began

    @property
    def missing(self) -> int:
        """How many tags of the last ``of`` have no vector."""
        return len(self._missing)

    def of(self, tags: Sequence[TagRow], encoder: str) -> Mapping[int, Vector]:
        """The vectors that there are, by the tag's id; ``encode_some`` makes the others.

        Args:
            tags: All tags there are; what is kept of others is forgotten.
            encoder: Names the embedding model.
        """
        texts = {tag.id: said(TagInfo(tag.name, 0, tag.description)) for tag in tags}
        keys = {tag_id: _key(encoder, text) for tag_id, text in texts.items()}
        self._load([key for key in keys.values() if key not in self._there])
        gone = self._there.keys() - set(keys.values())
        if gone or not self._is_tidy:
            self._forget(set(keys.values()))
        self._missing = {
            keys[tag_id]: text for tag_id, text in texts.items() if keys[tag_id] not in self._there
        }
        return {tag_id: self._there[key] for tag_id, key in keys.items() if key in self._there}

    def encode_some(self) -> bool:
        """Make some of the missing vectors; False where there are none left, or no model now."""
        some = dict(list(self._missing.items())[:_ENCODED])
        if not some:
            return False
        made = self._embed(list(some.values()))
        if made is None:
            return False
        found = dict(zip(some, np.asarray(made, np.float32), strict=True))
        self._vault.write(lambda c: _keep(c, found), patient=True).result()
        self._there |= found
        for key in some:
            self._missing.pop(key)
        return True

    def _load(self, keys: Sequence[str]) -> None:
        for at in range(0, len(keys), _READ):
            some = keys[at : at + _READ]
            kept = self._vault.read(partial(tag_learning_rows.states, keys=some)).result()
            for key, data in kept.items():
                if len(data) % 2 == 0:
                    self._there[key] = np.frombuffer(data, np.float16).astype(np.float32)

    def _forget(self, keys: set[str]) -> None:
        """What a tag meant that is gone or called otherwise tells of it."""
        self._there = {key: vector for key, vector in self._there.items() if key in keys}
        self._vault.write(
            lambda c: tag_learning_rows.keep_only(c, _KEPT, keys), patient=True
        ).result()
        self._is_tidy = True


def _keep(connection: Connection, vectors: Mapping[str, Vector]) -> None:
    for key, vector in vectors.items():
        tag_label_rows.keep_state(connection, key, vector.astype(np.float16).tobytes())


def _key(encoder: str, text: str) -> str:
    named = f"{encoder}\0{text}".encode("utf-8", "surrogatepass")
    return _KEPT + hashlib.sha256(named).hexdigest()[:32]
