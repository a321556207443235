"""Which file of the shelf a second engine may load, and how a copy that was made comes to it."""

from __future__ import annotations

from pathlib import Path

from assistant.cancel import Cancel
from assistant.errors import ModelDamaged, ModelUnsafe
from assistant.shelf.bench import Models
from assistant.shelf.quantising import Copy, Keep
from assistant.shelf.records import Refused
from assistant.shelf.shelf import Shelf
from assistant.shelf.words import in_words
from models.file import ModelFile
from models.library import Origin


def files_of(shelf: Shelf) -> Models:
    """Find models to load beside the warm one.

    A model of the shelf may have been put there by hand, so it is examined first; what comes with
    Hush is not.

    Args:
        shelf: Where they are.
    """

    def find(sha256: str) -> ModelFile:
        library = shelf.library
        with in_words():
            file = library.file(sha256)
        model = library.get(sha256)
        if model is None or model.state != "ready":
            raise ModelDamaged(f"“{file.name}” was not checked yet.", "Check its file first.")
        if sha256 != library.starter:
            verdict = shelf.examine(file.path, Cancel())  # five seconds at most
            if isinstance(verdict, Refused):
                raise ModelUnsafe(verdict.words, "Remove it, and choose another one.")
        return file

    return find


def kept_on(shelf: Shelf) -> Keep:
    """Put copies on the shelf, once they passed the examination that every model passes.

    Args:
        shelf: Theirs, on the disk where they are made.
    """

    def keep(path: Path, copy: Copy) -> None:
        verdict = shelf.examine(path, Cancel())
        if isinstance(verdict, Refused):
            raise ModelUnsafe(
                "The copy that was made does not pass its examination. It was thrown away.",
                "The model itself works as it is.",
            )
        origin = Origin(
            copy.sha256,
            copy.size,
            copy.name,
            "quantised",
            version=copy.form,
            made_from=copy.made_from,
        )
        shelf.put_origin(path, origin)

    return keep
