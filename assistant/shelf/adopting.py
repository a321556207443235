"""Using models that other programs on this computer hold already: linked or copied, never moved."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Literal

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.errors import FileRefused
from assistant.events import EventSink, ModelsChanged
from assistant.shelf import keepers
from assistant.shelf.protocols import Progress, unheard
from assistant.shelf.records import Found
from assistant.shelf.shelf import Shelf
from assistant.shelf.taking_in import TakingIn, check_digest, examine, opened, read_all
from assistant.shelf.telling import Telling
from assistant.shelf.words import in_words
from models.library import Installed, Origin
from models.library_records import Stamp
from models.preflight import name_for_people


class Adopting:
    """For any thread; nothing blocks.

    Args:
        shelf: Where models go.
        taking_in: Copies files.
        publish: Gets ``ModelsChanged`` and ``ModelTask``.
        work: Where it runs, one after the other.
        around: Where to look; None: as this computer is.
    """

    def __init__(
        self,
        shelf: Shelf,
        taking_in: TakingIn,
        publish: EventSink,
        work: Background,
        around: keepers.Surroundings | None = None,
    ) -> None:
        self._shelf = shelf
        self._taking_in = taking_in
        self._publish = publish
        self._work = work
        self._around = around
        self._looking = Background("shelf-looking")  # not behind a copy of minutes

    def look(self, cancel: Cancel | None = None) -> Future[list[Found]]:
        """Models that other programs hold and the shelf does not. Nothing is read but names."""
        asked = cancel or Cancel()

        def find() -> list[Found]:
            around = self._around or keepers.Surroundings(Path.home())
            found = keepers.look(replace(around, cancelled=lambda: asked.asked))
            known = [model for model in self._shelf.library.all() if model.state == "ready"]
            digests, paths = {it.sha256 for it in known}, {it.path for it in known}
            return [it for it in found if it.sha256 not in digests and it.path not in paths]

        return self._looking.submit(find)

    def adopt(
        self,
        found: Found,
        how: Literal["link", "copy"],
        progress: Progress = unheard,
        cancel: Cancel | None = None,
    ) -> Future[Installed]:
        """Use a model from where it lies, or copy it. All of it is read either way.

        Raises:
            FileRefused: it is no such file, or not the one that its program says.
            ModelUnsafe: it did not pass its examination.
            InputRefused: cancelled.
            StorageFull: there is no room, or the disk refuses.
        """
        asked = cancel or Cancel()
        if how == "copy":
            return self._work.submit(
                lambda: self._taking_in.bring(
                    found.path, found.name, "adopted", progress, asked, found.sha256
                )
            )
        return self._work.submit(lambda: self._link(found, progress, asked))

    def _link(self, found: Found, progress: Progress, cancel: Cancel) -> Installed:
        _check_name(found.path)
        told = Telling(self._publish, "adopt", progress, found.sha256 or "")
        with opened(found.path) as file:
            sha256 = read_all(file, told, cancel)
            check_digest(sha256, found.sha256)
            known = self._shelf.find(sha256)
            if known:
                return known
            told.sha256 = sha256
            told("Examining the file", 0.0)
            passed = examine(self._shelf, found.path, found.name, cancel)
            file.check_unchanged()
            _check_same(found.path, file.stamp)
            name = name_for_people(found.name) or passed.name or f"Model {sha256[:8]}"
            with in_words():
                model = self._shelf.library.link(
                    found.path.absolute(), Origin(sha256, file.stamp.size, name, "adopted")
                )
        self._publish(ModelsChanged())
        return model


def _check_name(path: Path) -> None:
    """llama.cpp is given the path as text."""
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise FileRefused(
            "It lies in a folder, or has a name, that is no text.", "Have it copied instead."
        ) from None


def _check_same(path: Path, stamp: Stamp) -> None:
    """What was read is what the path still leads to."""
    try:
        same = Stamp.of(path.stat(follow_symlinks=False)) == stamp
    except OSError:
        same = False
    if not same:
        raise FileRefused(
            "It was replaced while it was read. Nothing was taken over.",
            "Wait until the other program is done with it.",
        )
