"""What the shelf refuses, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from assistant.disk import disk_problem
from assistant.errors import HushError, InputRefused, ModelDamaged, ModelMissing, NotFound
from models.file import Fault, ModelFileFault
from models.library import ShelfRefusal, Why


@contextmanager
def in_words(name: str = "This model") -> Iterator[None]:
    """Turn what the shelf and its files raise in the body into errors with words.

    Args:
        name: Of the model, for the words.
    """
    try:
        yield
    except ShelfRefusal as error:
        raise refusal(error.why, name) from error
    except ModelFileFault as error:
        raise file_problem(error.fault, name) from error
    except OSError as error:
        raise disk_problem(error) from error


def refusal(why: Why, name: str = "This model") -> HushError:
    """Why the shelf does not do what it is asked."""
    kind, message, advice = _REFUSALS[why]
    return kind(message.format(name=name), advice)


def file_problem(fault: Fault, name: str) -> HushError:
    """What is wrong with a model's file."""
    if fault in {Fault.MISSING, Fault.UNREADABLE}:
        return ModelMissing(
            f"{name} is not where it was, or cannot be read.",
            "Put it back, or get it again on the Models page.",
        )
    if fault is Fault.CHANGED:
        return ModelDamaged(
            f"{name} belongs to another program, and its file is not the one that was checked.",
            "Add it anew, or remove it from the list.",
        )
    return ModelDamaged(
        f"{name} is damaged: its file is not what it was.",
        "Get it again on the Models page. Your notes and chats are not concerned.",
    )


_REFUSALS: Final[dict[Why, tuple[type[HushError], str, str]]] = {
    Why.UNKNOWN: (
        NotFound,
        "There is no such model on this computer.",
        "Look at the list of models.",
    ),
    Why.IN_USE: (
        InputRefused,
        "{name} is in use. Nothing was removed.",
        "Use another model first.",
    ),
    Why.STARTER: (
        InputRefused,
        "The starter model came with Hush and stays. Nothing was removed.",
        "",
    ),
    Why.NOT_READY: (
        ModelDamaged,
        "{name} is not ready to be used: its file is missing, damaged or not checked.",
        "Check its file first.",
    ),
    Why.NO_PREVIOUS: (
        NotFound,
        "There is no model before this one to go back to.",
        "Choose one from the list.",
    ),
}


def stopped() -> InputRefused:
    """What work ends with that was called off."""
    return InputRefused("Stopped.", "Nothing was changed.")
