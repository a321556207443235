"""The embedding model that the person chose: its tokenizer, its export, and the model at work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cancel import Cancel
from assistant.embed.export import COMMAND, Export
from assistant.embed.protocol import Encoder, Tokenizer
from assistant.embed.shelf import EncoderShelf, Exported
from assistant.embed.words import words_for
from assistant.errors import EncoderUnprepared
from models.encoders import EncoderFiles, EncoderFilesFault

if TYPE_CHECKING:  # imported late: it takes a tenth of a second, which no start waits for
    from assistant.embed.tokens import Tokens

Stamp = tuple[tuple[str, int, int], ...]


class ChosenEncoder:
    """An ``EncoderSource``. Every method on any thread; each may read files, so not the window's.

    Args:
        shelf: Where exported models lie.
        chosen: Which model is wanted now.
        command: Starts the export's child; the tests start others.
    """

    def __init__(
        self,
        shelf: EncoderShelf,
        chosen: Callable[[], EncoderFiles],
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._shelf = shelf
        self._chosen = chosen
        self._command = tuple(command)
        self._looking = threading.Lock()
        self._exporting = threading.Lock()
        self._keys: dict[Path, tuple[Stamp, str]] = {}
        self._tokens: Tokens | None = None  # the last that were loaded

    def tokenizer(self) -> Tokenizer:
        """See ``EncoderSource.tokenizer``."""
        # Both are loaded in one go, when the index is first looked at: later, a person may be
        # writing, and no other thread runs while the second is imported.
        from assistant.embed import onnx_encoder
        from assistant.embed.tokens import Tokens

        del onnx_encoder
        files = self._chosen()
        try:
            files.check()
            data, key = files.tokenizer(), self._key(files)
            tokens = self._tokens  # loading them keeps the window waiting: so once
            if tokens is None or tokens.key != key:
                tokens = self._tokens = Tokens(data, files.name, key, files.reading())
        except EncoderFilesFault as error:
            raise words_for(error) from error
        return tokens

    def open(self) -> Encoder:
        """See ``EncoderSource.open``."""
        files = self._chosen()
        exported = self._find(files)
        if exported is None:
            raise EncoderUnprepared(
                "The embedding model is still being prepared.", "Until then words are found."
            )
        return _encoder(exported, self._tokens)

    def open_earlier(self, key: str) -> Encoder | None:
        """See ``EncoderSource.open_earlier``."""
        with self._looking:
            exported = self._shelf.find(key)
        return _encoder(exported, self._tokens) if exported else None

    def prepare(self, cancel: Cancel, progress: Callable[[float], None]) -> bool:
        """See ``EncoderSource.prepare``."""
        with self._exporting:
            files = self._chosen()
            if self._find(files):
                return True
            try:
                key = self._key(files)
            except EncoderFilesFault as error:
                raise words_for(error) from error
            return Export(files, key, self._shelf, cancel, progress, self._command).run()

    def _find(self, files: EncoderFiles) -> Exported | None:
        """The exported model, whole; its original must be there only where it is not.

        Raises:
            EncoderMissing, EncoderDamaged, EncoderRefused: with the reason in words.
        """
        try:
            with self._looking:
                exported = self._shelf.find(self._key(files))
            if exported is None:
                files.check()
        except EncoderFilesFault as error:
            raise words_for(error) from error
        return exported

    def _key(self, files: EncoderFiles) -> str:
        """The model's key, read from its files only where they changed."""
        if files.known:
            return files.key()
        files.check()
        stamp = files.stamp()
        stored = self._keys.get(files.folder)
        if stored is None or stored[0] != stamp:
            stored = self._keys[files.folder] = (stamp, files.key())
        return stored[1]


def _encoder(exported: Exported, tokens: Tokens | None) -> Encoder:
    from assistant.embed.onnx_encoder import OnnxEncoder

    return OnnxEncoder(exported, tokens=tokens)
