"""Examining a model file before anything of it is loaded: the parent's side."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from assistant.cancel import Cancel
from assistant.children.frames import Frame
from assistant.children.limits import RENDER_SECONDS
from assistant.children.task import ChildTask
from assistant.errors import EngineDied, EngineError, HushError
from assistant.shelf.records import Passed, Refused

SECONDS: Final = 4.5
"""By the clock: then it is refused. Starting Python, a header of 300,000 tokens and a chat template
take 0.6 s here."""

_COMMAND: Final = (sys.executable, "-I", "-m", "assistant.shelf.preflight_child")
_SHAPE: Final = 7


def preflight(
    path: Path,
    cancel: Cancel,
    *,
    command: Sequence[str] = _COMMAND,
    seconds: float = SECONDS,
    elapsed: Callable[[], float] = time.perf_counter,
) -> Passed | Refused:
    """Examine a file in a process of its own, under limits. Whatever ends that is a refusal.

    Args:
        path: The file; a whole path.
        cancel: Ends it, as refused.
        command: Starts the child; the tests start ones that misbehave.
        seconds: After which it is ended, as refused.
        elapsed: Seconds since some fixed moment.

    Raises:
        EngineError: the child cannot be started; nothing is known of the file.
    """
    began = elapsed()
    rendering: list[float] = []  # when the header had passed
    task = ChildTask(
        command,
        seconds,
        cancel,
        lambda _: rendering.append(elapsed()),
        "preflight.crash",
        refusal=lambda _: _ended(),
        died=_ended,
    )
    try:
        answer = task.ask({"op": "examine", "path": os.fsencode(path).hex()}, "examined")
    except EngineDied:
        now = elapsed()
        if rendering and now - rendering[0] >= 0.9 * RENDER_SECONDS:
            return refused("template-time")
        return refused("time" if now - began >= seconds else "crashed")
    except OSError as error:
        raise EngineError(
            "The model could not be examined: no process could be started.",
            "Close other programs, then try again.",
        ) from error
    return refused("time") if answer is None else _verdict(answer)


def refused(code: str) -> Refused:
    """A refusal with its words."""
    code = code if code in _WORDS else "crashed"
    return Refused(code, _WORDS[code])


def _verdict(answer: Frame) -> Passed | Refused:
    """Read what the child says; a file may have taken it over."""
    if "refused" in answer:
        return refused(str(answer["refused"]))
    try:
        shape = tuple(int(number) for number in answer["shape"])
        passed = Passed(
            str(answer["architecture"])[:40],
            str(answer["name"])[:100],
            int(answer["parameters"]),
            int(answer["context"]),
            bool(answer["template"]),
            shape,
            answer["kind"],
        )
    except (KeyError, TypeError, ValueError):
        return refused("crashed")
    printable = passed.architecture.isprintable() and passed.name.isprintable()
    sound = printable and len(shape) == _SHAPE and passed.kind in {"chat", "embedding", "other"}
    return passed if sound else refused("crashed")


def _ended() -> HushError:
    return EngineDied("The examination ended by itself.")


_DAMAGED: Final = "It may be damaged or cut short. Fetch it again, or choose another."
_UNSAFE: Final = "Hush does not load it. Choose another model."
_WORDS: Final = {
    "empty": f"The file is empty. {_DAMAGED}",
    "magic": "This is no GGUF model file. Choose a file that ends in .gguf.",
    "version": "The file is of a kind of GGUF that this Hush does not know. Look for a newer Hush,"
    " or for another file of this model.",
    "limit": f"The file's header says things that no model needs. {_UNSAFE}",
    "beyond-end": f"The file is shorter than its header says, or its parts overlap. {_DAMAGED}",
    "alignment": f"The file's header lays out its parts in a way that cannot be. {_DAMAGED}",
    "tokens": f"The file's list of tokens does not fit together. {_UNSAFE}",
    "layers": "The file's header does not describe a language model that Hush can run. Choose"
    " another model.",
    "template": f"The file's chat template does not work. {_UNSAFE}",
    "template-time": f"The file's chat template takes too long. {_UNSAFE}",
    "memory": f"Reading the file's header takes more memory than any model's should. {_UNSAFE}",
    "time": "Examining the file took too long. Where this computer is busy, try again later;"
    " otherwise choose another model.",
    "crashed": f"Examining the file ended in a crash. {_UNSAFE}",
    "kind": "The file is no model that can be used by itself: a part of one, or an addition to one."
    " Choose the whole model as one file.",
}
