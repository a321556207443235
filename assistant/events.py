"""What the core tells whoever listens. Frozen values, handed to one plain callback.

The callback (an ``EventSink``) is called on the core's threads: it must return at once and never
raise. ``ui/bridge.py`` turns events into a Qt signal; the terminal puts them on a queue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from assistant.actions.records import ActionResult
from assistant.errors import HushError
from assistant.power.plan import Plan, Readings
from assistant.records import Backup, ContextView, Conversation, Drill, Message
from assistant.search.records import IndexStatus
from assistant.shelf.records import DownloadState
from assistant.tags.records import BulkProgress as BulkProgress


class EngineCondition(StrEnum):
    """Where the model stands."""

    COLD = "cold"
    LOADING = "loading"
    WARM = "warm"
    EVICTED = "evicted"  # unloaded to save memory or power; the next request loads it again
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EngineChanged:
    """The engine's condition changed.

    Attributes:
        condition: Where the model stands.
        model: Its name; may be empty.
        context_cap: In tokens.
        load_seconds: How long loading took, or took the last time.
        error: Set where it failed.
        reason: Why it was evicted, as a sentence.
        next_turn_seconds: What loading again and reading the conversation will add to the next
            reply's first word; 0 where nothing.
        device: What computes: "CPU", or a GPU's name and how many layers it holds.
    """

    condition: EngineCondition
    model: str = ""
    context_cap: int = 0
    load_seconds: float = 0.0
    error: HushError | None = None
    reason: str = ""
    next_turn_seconds: float = 0.0
    device: str = ""


class Activity(StrEnum):
    """Work that nobody waits for. The status line shows it while it runs."""

    READING_AHEAD = "reading ahead"
    SUMMARISING = "summarising"
    TUNING = "tuning the model"
    TITLING = "writing titles"
    TAGGING = "suggesting tags"


@dataclass(frozen=True, slots=True)
class BackgroundChanged:
    """What runs in the background changed; None: nothing does."""

    activity: Activity | None


@dataclass(frozen=True, slots=True)
class PowerChanged:
    """The governor's plan changed, or what it rests on."""

    plan: Plan
    readings: Readings


@dataclass(frozen=True, slots=True)
class ContextBuilt:
    """What the model will see of a conversation at its next turn, or sees now."""

    conversation_id: int
    view: ContextView


@dataclass(frozen=True, slots=True)
class IndexChanged:
    """How far the index of passages is. The status line shows it while it works or waits."""

    status: IndexStatus


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """An import under way.

    ``total`` is 0 while files are still being counted; ``done`` counts all that were looked at.
    """

    run_id: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """An export under way: ``done`` of ``total`` notes and conversations are written."""

    run_id: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ReplyBegan:
    """The prompt is built and goes to the model.

    ``left_out`` tells the person what did not fit; empty where everything does. Where it had to be
    built smaller after all, only ``ContextBuilt`` comes again.
    """

    run_id: int
    conversation_id: int
    message_id: int
    prompt_tokens: int
    context_cap: int
    left_out: str


@dataclass(frozen=True, slots=True)
class PromptRead:
    """Prefill is done, the first token comes next. ``seconds`` counts from the request."""

    run_id: int
    message_id: int
    prompt_tokens: int
    reused_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ReplyText:
    """More text of the answer, in order."""

    run_id: int
    conversation_id: int
    message_id: int
    text: str = field(repr=False)
    tokens: int


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The answer is final in the store.

    ``error`` is set where it failed; the partial text stands in ``message`` all the same.
    """

    run_id: int
    conversation: Conversation
    message: Message
    error: HushError | None = None


@dataclass(frozen=True, slots=True)
class ActionProgress:
    """An action reads portion ``part`` of ``parts``; of a long text ``parts`` may still grow."""

    run_id: int
    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class ActionText:
    """More of what an action writes, in order. What it comes to is in ``ActionEnded``."""

    run_id: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ActionEnded:
    """An action ended. Without ``result`` and ``error`` the person stopped it.

    Nothing is written anywhere: a result is shown, and accepted or not.
    """

    run_id: int
    result: ActionResult | None = None
    error: HushError | None = None


@dataclass(frozen=True, slots=True)
class TagsChanged:
    """What is suggested for notes may be different now."""


@dataclass(frozen=True, slots=True)
class TitlesChanged:
    """Hush gave these notes and conversations titles."""

    note_ids: tuple[int, ...] = ()
    conversation_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RaiseRequested:
    """A second instance was started on this profile: show the window."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know that belongs to no single action."""

    text: str


@dataclass(frozen=True, slots=True)
class BackupEnded:
    """A backup that nobody asked for ended: made, or failed with ``error``."""

    backup: Backup | None = None
    error: HushError | None = None


@dataclass(frozen=True, slots=True)
class DrillEnded:
    """The monthly restore drill ended, well or not."""

    drill: Drill


@dataclass(frozen=True, slots=True)
class DamageFound:
    """The vault's file was found to be damaged while it is open. ``error`` says how."""

    error: HushError


@dataclass(frozen=True, slots=True)
class ModelsChanged:
    """What is on the shelf changed, or which model is in use."""


@dataclass(frozen=True, slots=True)
class DownloadChanged:
    """A download is further, or ended."""

    state: DownloadState


@dataclass(frozen=True, slots=True)
class ModelTask:
    """Work on a model that takes a while: reading, trying out, making smaller, measuring.

    Attributes:
        what: Which kind of work; one word.
        sha256: Of the model.
        share: How far, from 0 to 1.
        words: What is being done now.
    """

    what: str
    sha256: str
    share: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class ModelRolledBack:
    """A model was given up after it ended the engine twice. ``to`` is in use now; ``words`` why."""

    name: str
    to: str
    words: str


@dataclass(frozen=True, slots=True)
class NetworkChanged:
    """A transfer began or ended, or the switch that keeps everything here was moved."""


@dataclass(frozen=True, slots=True)
class CloudChanged:
    """Providers, what waits, or what is known of the network changed: ask again."""


@dataclass(frozen=True, slots=True)
class Diverged:
    """A cloud's answer says something else than the local one; both stand."""

    question_id: int
    cloud_id: int


Event = (
    EngineChanged
    | BackgroundChanged
    | PowerChanged
    | ContextBuilt
    | IndexChanged
    | ImportProgress
    | ExportProgress
    | ReplyBegan
    | PromptRead
    | ReplyText
    | ReplyEnded
    | ActionProgress
    | ActionText
    | ActionEnded
    | TagsChanged
    | BulkProgress
    | TitlesChanged
    | RaiseRequested
    | Notice
    | BackupEnded
    | DrillEnded
    | DamageFound
    | ModelsChanged
    | DownloadChanged
    | ModelTask
    | ModelRolledBack
    | NetworkChanged
    | CloudChanged
    | Diverged
)
EventSink = Callable[[Event], None]
