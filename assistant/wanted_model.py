"""Which model is to answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from assistant.clock import Clock
from assistant.engine.protocol import EngineOptions
from assistant.events import EventSink
from assistant.settings import Settings
from assistant.shelf.choice import ModelChoice
from models.file import ModelFile
from models.library import ModelLibrary


class WantedModel:
    """The model that is to answer: one of the person's own, one of the shelf, or the starter.

    Args:
        folder: Of the shelf.
        starter: The model that comes with Hush.
        settings: The settings of the moment; a path in them wins over the shelf.
        clock: Times to write down.
        publish: Hears of a model that was given up.
    """

    def __init__(
        self,
        folder: Path,
        starter: Callable[[], ModelFile],
        settings: Callable[[], Settings],
        clock: Clock,
        publish: EventSink,
    ) -> None:
        self._folder = folder
        self._starter = starter
        self._settings = settings
        self._clock = clock
        self._publish = publish
        self._making = threading.Lock()  # the worker and the window may look at the same time
        self._made: tuple[ModelLibrary, ModelChoice] | None = None

    @property
    def library(self) -> ModelLibrary:
        """The shelf's folder. Two small files are read with the first look."""
        return self._both()[0]

    @property
    def _choice(self) -> ModelChoice:
        return self._both()[1]

    def _both(self) -> tuple[ModelLibrary, ModelChoice]:
        with self._making:
            if self._made is None:
                library = ModelLibrary(self._folder, self._starter(), self._clock.now)
                self._made = library, ModelChoice(library, self._publish)
            return self._made

    @property
    def is_own(self) -> bool:
        """Whether the settings name a file."""
        return bool(self._settings().model_path)

    @property
    def options(self) -> EngineOptions:
        """How models are loaded by the settings."""
        now = self._settings()
        return EngineOptions(now.context_tokens, now.threads, gpu_layers=now.gpu_layers)

    def get(self) -> tuple[ModelFile, EngineOptions]:
        """Which one, and how it is to be loaded."""
        own = Path(self._settings().model_path)
        return ModelFile(own, own.stem) if self.is_own else self._choice.wanted(), self.options

    def crashed(self, model: ModelFile) -> bool:
        """See ``ModelChoice.crashed``."""
        return not self.is_own and self._choice.crashed(model)

    def worked(self, model: ModelFile) -> None:
        """See ``ModelChoice.worked``."""
        if not self.is_own:
            self._choice.worked(model)
