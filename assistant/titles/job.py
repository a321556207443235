"""Having the model write a title, and the job of doing so for whoever waits for it."""

from __future__ import annotations

from concurrent.futures import Future

from assistant.cancel import Cancel
from assistant.engine.protocol import Engine, Finished, ModelInfo, Piece
from assistant.errors import EngineDied, HushError
from assistant.records import FinishReason
from assistant.store.title_rows import Untitled
from assistant.titles import wording


def written(engine: Engine, one: Untitled, cancel: Cancel) -> str | None:
    """Have the model write a title.

    Returns:
        The title; empty where what came is none; None where it was cancelled.

    Raises:
        EngineError: the engine cannot.
    """
    text: list[str] = []
    for event in engine.generate(wording.request(one.text, one.answer), cancel):
        match event:
            case Piece():
                text.append(event.text)
            case Finished(reason=FinishReason.CANCELLED):
                return None
    return wording.accepted("".join(text), f"{one.text}\n{one.answer}")


class SuggestTitle:
    """Writes one title for whoever waits for it.

    Args:
        one: What to title. Its own heading comes first, its first words last.
        cancel: Asked when the person stops it.
        answer: Gets the title.
    """

    def __init__(self, one: Untitled, cancel: Cancel, answer: Future[str]) -> None:
        self._one = one
        self.cancel = cancel
        self._answer = answer

    def run(self, engine: Engine, info: ModelInfo) -> None:  # noqa: ARG002 - a Job's
        """See ``Job.run``."""
        title = written(engine, self._one, self.cancel)
        if title is None:
            self.fail(EngineDied("Stopped before there was a title."))
        else:
            self._answer.set_result(title or wording.first_words(self._one.text))

    def fail(self, error: HushError) -> None:
        """See ``Job.fail``."""
        self._answer.set_exception(error)
