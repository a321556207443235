"""Building the tag model from the rows, in slices."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.courtesy import GiveWay
from assistant.errors import VaultLocked
from assistant.store.vault import Vault
from assistant.tags.features import Features, NoteText, Reader
from assistant.tags.model import TagModel
from assistant.tags.note_texts import NoteTexts
from assistant.tags.tag_list import TagList
from assistant.tags.teachers import chosen
from assistant.tags.verdicts import Verdicts

_READ_AT_ONCE: Final = 16  # notes that teach
FEW: Final = 32
"""Names of tags that are understood at once: a third of a second, for which somebody may wait."""


@dataclass(frozen=True, slots=True)
class Built:
    """A model and what is known beside it.

    Attributes:
        model: It.
        reader: What reads notes for it.
        taught: The notes that it learned from.
        late: What notes teach whose meaning is not known yet.
        said: Notes of which the person said something.
    """

    model: TagModel
    reader: Reader
    taught: Sequence[int]
    late: Mapping[int, Verdicts] = field(repr=False)
    said: frozenset[int] = field(repr=False)


def build(
    vault: Vault,
    notes: NoteTexts,
    tags: TagList,
    encoder: str,
    is_closing: Callable[[], bool],
    give_way: GiveWay,
) -> Generator[float, None, Built]:
    """Build a model; between two slices whoever asks may come in.

    Args:
        vault: Open for writing.
        notes: Reads texts and vectors.
        tags: Read already.
        encoder: Names the embedding model.
        is_closing: Whether to end: asked within what takes long.
        give_way: Called before each note.

    Raises:
        VaultLocked: it is closing.
    """
    least = tags.missing - FEW  # the others can wait: the model is told of them then
    while tags.missing > max(0, least) and tags.encode_some() and not is_closing():
        yield 0.0
    reader = Reader.of(_all(notes, is_closing, give_way))
    yield 0.0
    verdicts = yield from chosen(vault)
    pairs: list[tuple[Features, Verdicts]] = []
    late: dict[int, Verdicts] = {}
    order = list(verdicts)
    for at in range(0, len(order), _READ_AT_ONCE):
        for read in notes.some(order[at : at + _READ_AT_ONCE]):
            give_way()
            if read.is_ready:
                pairs.append((reader.read(read.note), verdicts[read.row.id]))
            else:
                late[read.row.id] = verdicts[read.row.id]
        yield 0.0
    place = {note_id: number for number, note_id in enumerate(order)}
    pairs.sort(key=lambda pair: place[pair[0].id])
    model = TagModel(reader, tags.targets(encoder))
    model.teach_all([(features, tags.known(said)) for features, said in pairs])
    said = frozenset(note_id for note_id, one in verdicts.items() if one.is_said)
    return Built(model, reader, [features.id for features, _ in pairs], late, said)


def _all(notes: NoteTexts, is_closing: Callable[[], bool], give_way: GiveWay) -> Iterator[NoteText]:
    last = 0
    while ids := notes.after(last):
        if is_closing():
            raise VaultLocked("The vault is closed.")
        for read in notes.some(ids):
            give_way()
            yield read.note
        last = ids[-1]
