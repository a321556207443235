"""What is wrong with an embedding model's folder, as an error with words for the person."""

from __future__ import annotations

from typing import Final

from assistant.errors import (
    EncoderDamaged,
    EncoderError,
    EncoderMissing,
    EncoderNoRoom,
    EncoderRefused,
    TextUnreadable,
)
from assistant.text import gigabytes
from models.encoders import EncoderFault, EncoderFilesFault

_AGAIN: Final = "Run “make setup” again, or choose another model. Until then words are found."
_ANOTHER: Final = "Choose another model. Until then words are found."

_WORDS: Final[dict[EncoderFault, tuple[type[EncoderError], str, str]]] = {
    EncoderFault.NO_FOLDER: (EncoderMissing, "The embedding model is not there.", _AGAIN),
    EncoderFault.MISSING: (EncoderDamaged, "A file of the embedding model is missing.", _AGAIN),
    EncoderFault.UNREADABLE: (
        EncoderMissing,
        "The embedding model cannot be read.",
        "Check its permissions. Until then words are found.",
    ),
    EncoderFault.ALTERED: (
        EncoderDamaged,
        "The embedding model was changed or is damaged.",
        _AGAIN,
    ),
    EncoderFault.NONSENSE: (
        EncoderDamaged,
        "A file of the embedding model makes no sense.",
        _AGAIN,
    ),
    EncoderFault.UNSUPPORTED: (
        EncoderRefused,
        "Hush cannot use an embedding model of this kind.",
        _ANOTHER,
    ),
}


def words_for(error: EncoderFilesFault) -> EncoderError:
    """The error to raise for a folder that must not be used."""
    kind, message, advice = _WORDS[error.fault]
    return kind(message, advice)


def damaged() -> EncoderDamaged:
    """The error for a file that is not what it should be."""
    return EncoderDamaged("The embedding model was changed or is damaged.", _AGAIN)


def unreadable() -> TextUnreadable:
    """The error for one text that the embedding model fails at."""
    return TextUnreadable("The embedding model cannot read this text.", "Its words are found.")


def not_as_good() -> EncoderRefused:
    """The error for a model that no form of was as good as the original."""
    return EncoderRefused(
        "This embedding model does not come out as good as it should on this machine.", _ANOTHER
    )


def no_tools() -> EncoderMissing:
    """The error for an installation that lacks torch and what belongs to it."""
    return EncoderMissing(
        "What prepares the embedding model is not installed.",
        "Run “make setup” again. Until then words are found.",
    )


def not_loaded() -> EncoderRefused:
    """The error for a folder that sentence-transformers does not load."""
    return EncoderRefused(
        "This embedding model cannot be loaded: it is damaged, or of a kind Hush does not know.",
        _ANOTHER,
    )


def died() -> EncoderError:
    """The error for an export that ended by itself."""
    return EncoderError(
        "Preparing the embedding model stopped unexpectedly.",
        "Hush tries again later. Until then words are found.",
    )


def no_room(of_what: str, needed: int, free: int) -> EncoderNoRoom:
    """The error for too little disk or memory; ``needed`` and ``free`` in bytes."""
    return EncoderNoRoom(
        f"Preparing this embedding model needs about {gigabytes(needed)} of free {of_what}, "
        f"and there are {gigabytes(free)}.",
        "Hush tries again in some minutes. Until then words are found.",
    )
