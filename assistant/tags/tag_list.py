"""The tags there are, as the model takes them: names, descriptions and what these mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.store import tag_learning_rows
from assistant.store.tag_learning_rows import TagRow
from assistant.store.vault import Vault
from assistant.tags.name_vectors import NameVectors
from assistant.tags.names import TagName
from assistant.tags.note_texts import Embed
from assistant.tags.verdicts import Verdicts


class TagList:
    """What was read of the tags last. On one thread.

    Args:
        vault: Open for writing.
        embed: The texts' vectors; None where there is no embedding model now.
    """

    def __init__(self, vault: Vault, embed: Embed) -> None:
        self._vault = vault
        self._vectors = NameVectors(vault, embed)
        self.rows: Sequence[TagRow] = ()
        self.names: Mapping[int, str] = {}

    def read(self, encoder: str) -> bool:
        """Read which tags there are; whether they are others than before.

        Args:
            encoder: Names the embedding model; empty where there is none.
        """
        found = self._vault.read(tag_learning_rows.tags).result()
        if found == self.rows:
            return False
        self.rows = found
        self.names = {tag.id: tag.name for tag in found}
        self._vectors.of(found, encoder)
        return True

    def targets(self, encoder: str) -> list[TagName]:
        """The tags for the model, each with its vector where there is one already."""
        vectors = self._vectors.of(self.rows, encoder)
        return [
            TagName(tag.id, tag.name, tag.description, vectors.get(tag.id)) for tag in self.rows
        ]

    def known(self, verdicts: Verdicts) -> Verdicts:
        """Without tags that there are no more, or that only notes in the trash have."""
        there = self.names.keys()
        return Verdicts(
            verdicts.accepted & there, verdicts.rejected & there, verdicts.proposed & there
        )

    @property
    def missing(self) -> int:
        """How many names have no vector."""
        return self._vectors.missing

    def encode_some(self) -> bool:
        """Make vectors of some names; False where none is missing, or there is no model now."""
        return self._vectors.encode_some()
