"""How requests and events travel between the engine and its child: dataclasses as JSON frames.

Both ends are built from the same release, so a field is written by its name and read back by it.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Literal

from assistant.children.frames import BrokenFrame, Frame
from assistant.engine.protocol import (
    EngineOptions,
    Finished,
    GenerationEvent,
    GenerationRequest,
    ModelInfo,
    Pace,
    Piece,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.errors import EngineError, ModelRefused, PromptTooLong, SchemaRefused
from assistant.records import FinishReason
from models.file import ModelFile

_EVENTS: Final[dict[str, type[Prefilled | Piece]]] = {"prefilled": Prefilled, "piece": Piece}
_REFUSALS: Final = {kind.code: kind for kind in (ModelRefused, PromptTooLong, SchemaRefused)}


def load_frame(model: ModelFile, options: EngineOptions) -> Frame:
    """Ask for a model."""
    return {
        "op": "load",
        "path": str(model.path),
        "name": model.name,
        "options": asdict(options),
    }


def read_load(frame: Frame) -> tuple[ModelFile, EngineOptions]:
    """Read ``load_frame`` back."""
    return ModelFile(Path(frame["path"]), frame["name"]), EngineOptions(**frame["options"])


def request_frame(
    number: int, request: GenerationRequest, op: Literal["generate", "prefill"] = "generate"
) -> Frame:
    """Ask for a reply, or for its prompt to be read ahead."""
    return {"op": op, "id": number, "request": asdict(request)}


def read_request(frame: Frame) -> GenerationRequest:
    """Read ``request_frame`` back."""
    fields = dict(frame["request"])
    fields["turns"] = tuple(Turn(**turn) for turn in fields["turns"])
    fields["stop"] = tuple(fields["stop"])
    fields["sampling"] = Sampling(**fields["sampling"])
    return GenerationRequest(**fields)


def pace_frame(pace: Pace) -> Frame:
    """Say how hard to work."""
    return {"op": "pace", "pace": asdict(pace)}


def read_pace(frame: Frame) -> Pace:
    """Read ``pace_frame`` back."""
    return Pace(**frame["pace"])


def event_frame(number: int, event: GenerationEvent) -> Frame:
    """Tell one event of the reply ``number``."""
    return {"op": type(event).__name__.lower(), "id": number, **asdict(event)}


def read_event(frame: Frame) -> GenerationEvent:
    """Read ``event_frame`` back.

    Raises:
        BrokenFrame: no such event.
    """
    fields = {name: value for name, value in frame.items() if name not in {"op", "id"}}
    try:
        if frame["op"] == "finished":
            return Finished(**(fields | {"reason": FinishReason(fields["reason"])}))
        return _EVENTS[frame["op"]](**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenFrame("no such event") from error


def refusal_frame(error: EngineError) -> Frame:
    """Tell that what was asked cannot be done, with the words for the person."""
    return {"op": "refused", "code": error.code, "message": error.message, "advice": error.advice}


def read_refusal(frame: Frame) -> EngineError:
    """Read ``refusal_frame`` back as the error to raise."""
    return _REFUSALS.get(str(frame.get("code")), EngineError)(
        str(frame.get("message")), str(frame.get("advice"))
    )


def read_info(frame: Frame) -> ModelInfo:
    """Read what the child says of the model it loaded.

    Raises:
        BrokenFrame: fields are missing or unknown.
    """
    info: dict[str, Any] = frame.get("info", {})
    try:
        return ModelInfo(**info)
    except TypeError as error:
        raise BrokenFrame("no model info") from error
