"""The quantiser's child process: makes one smaller copy of a model, and holds it against it.

Like the engine's child it has no vault, no key and no network. It may be killed at any time: what
it writes is nothing until its parent has put it on the shelf.
"""

from __future__ import annotations

import ctypes
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from llama_cpp import llama_cpp as low

from assistant.children.frames import BrokenFrame, Frame
from assistant.children.serving import Tell, serve_once
from assistant.disk import disk_full, flush_to_disk
from assistant.engine.llama import silence
from assistant.engine.wire import refusal_frame
from assistant.errors import EngineError, ModelRefused, StorageFull
from assistant.shelf.agreement import Agreement
from assistant.tuning.quantise import largest_copy
from assistant.tuning.trials import PROMPTS, Manner
from models.file import digest
from models.gguf import GgufFault, read_tensors

FILE_TYPES: Final = {
    "Q8_0": low.LLAMA_FTYPE_MOSTLY_Q8_0,
    "Q6_K": low.LLAMA_FTYPE_MOSTLY_Q6_K,
    "Q5_K_M": low.LLAMA_FTYPE_MOSTLY_Q5_K_M,
    "Q4_K_M": low.LLAMA_FTYPE_MOSTLY_Q4_K_M,
    "Q4_0": low.LLAMA_FTYPE_MOSTLY_Q4_0,
}
"""What most tensors become; the rest is llama.cpp's own choice for each form."""

_BUFFER_BYTES: Final = 512 * 1024 * 1024
"""Of a tensor that is held at once; llama.cpp's default is 8 GiB."""

_FULL_BYTES: Final = 1024 * 1024
"""With less than this free, what could not be written is put down to the disk."""

# What llama.cpp logs: "[  12/ 272] blk.0.attn_q.weight …" and "quant size  =   136.40 MiB (8.51".
_STEP: Final = re.compile(rb"\[\s*(\d+)\s*/\s*(\d+)\s*\]")
_SIZE: Final = re.compile(rb"quant size\s*=\s*([\d.]+)\s*MiB")
_MIB: Final = 1024 * 1024

_ANSWERED: Final = 0.4
_MADE: Final = 0.8
"""Shares that are done after the model has answered, and after the copy was made."""


@dataclass(frozen=True, slots=True)
class QuantiseRequest:
    """What to make.

    Attributes:
        source: The model file; only read.
        copy: Where to write; empty where only the size is wanted.
        form: One of ``FILE_TYPES``.
        threads: To compute with.
        prompts: What both are asked; empty: neutral questions of ours.
    """

    source: Path
    copy: str
    form: str
    threads: int
    prompts: tuple[str, ...] = ()


def read_request(frame: Frame) -> QuantiseRequest:
    """Read what the parent asks for.

    Raises:
        BrokenFrame: it is no such request.
    """
    try:
        form = str(frame["form"])
        if form not in FILE_TYPES:
            raise BrokenFrame("no such form")
        prompts = tuple(str(prompt) for prompt in frame.get("prompts", ()))
        threads = max(1, int(frame["threads"]))
        copy = str(frame.get("copy", ""))
        return QuantiseRequest(Path(frame["source"]), copy, form, threads, prompts)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenFrame("no such request") from error


def planned_size(request: QuantiseRequest) -> int:
    """Bytes that the copy will have: llama.cpp's own sum and the header, else what none exceeds.

    Raises:
        ModelRefused: llama.cpp does not quantise this file.
    """
    found: list[int] = []

    def look(line: bytes) -> None:
        if match := _SIZE.search(line):
            found.append(round(float(match[1]) * _MIB))

    # Asked to write to a folder that cannot be: a dry run writes nothing.
    _quantise(request, "/dev/null/none", look, dry=True)
    if not (found and found[-1]):
        return largest_copy(request.source)
    return found[-1] + min(tensor.offset for tensor in read_tensors(request.source))


def make_copy(request: QuantiseRequest, tell: Callable[[float], None]) -> None:
    """Write the copy. On an error nothing stays of it.

    Args:
        request: What to make.
        tell: Gets the share that is written, 0 to 1.

    Raises:
        ModelRefused: llama.cpp does not quantise this file.
        StorageFull: the disk became full meanwhile.
    """
    copy = Path(request.copy)

    def look(line: bytes) -> None:
        if (match := _STEP.search(line)) and int(match[2]):
            tell(min(1.0, int(match[1]) / int(match[2])))

    try:
        _quantise(request, str(copy), look)
        with copy.open("rb+") as file:
            flush_to_disk(file.fileno())
    except (ModelRefused, OSError) as error:
        is_full = _is_full(copy.parent)  # llama.cpp does not say why it gave up
        copy.unlink(missing_ok=True)  # and leaves what it wrote until then
        raise (disk_full() if is_full else _refused()) from error


def _quantise(
    request: QuantiseRequest, copy: str, look: Callable[[bytes], None], *, dry: bool = False
) -> None:
    parameters = low.llama_model_quantize_default_params()
    parameters.ftype = FILE_TYPES[request.form]
    parameters.nthread = request.threads
    parameters.allow_requantize = True  # what is lost is measured, and told before it is used
    parameters.max_buf_size = _BUFFER_BYTES
    parameters.dry_run = dry
    with _heard(look):
        status = low.llama_model_quantize(
            str(request.source).encode(), copy.encode(), ctypes.byref(parameters)
        )
    if status != 0:
        raise _refused()


@contextmanager
def _heard(look: Callable[[bytes], None]) -> Iterator[None]:
    """Have llama.cpp's log lines looked at, and otherwise go nowhere."""

    def heard(_level: int, text: bytes | None, _data: Any) -> None:
        with suppress(ValueError, OSError):  # a number that is none; a parent that is gone
            look(text or b"")

    callback = low.llama_log_callback(heard)
    low.llama_log_set(callback, None)
    try:
        yield
    finally:
        silence()


def _make(request: QuantiseRequest, tell: Tell) -> Frame:
    def say(share: float) -> None:
        tell({"op": "progress", "share": share})

    prompts = request.prompts or PROMPTS
    before = Agreement.asked_of(request.source, Manner(request.threads), prompts)
    say(_ANSWERED)
    make_copy(request, lambda share: say(_ANSWERED + (_MADE - _ANSWERED) * share))
    copy = Path(request.copy)
    agreement = before.of(copy)
    return {
        "op": "quantised",
        "size": copy.stat().st_size,
        "sha256": digest(copy),
        "agreement": agreement,
        "prompts": len(prompts),
    }


def _serve(frame: Frame, tell: Tell) -> Frame:
    low.llama_backend_init()
    request = read_request(frame)
    try:
        if frame["op"] == "plan":
            return {"op": "planned", "size": planned_size(request)}
        return _make(request, tell)
    except EngineError as error:
        return refusal_frame(error)
    except StorageFull as error:
        return {"op": "refused", "code": error.code}
    except (GgufFault, OSError):
        return refusal_frame(_refused())


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _FULL_BYTES
    except OSError:
        return False


def _refused() -> ModelRefused:
    return ModelRefused("No smaller copy of this model can be made.", "It works as it is.")


def main() -> None:
    """Serve one request on this process's stdin and stdout."""
    serve_once(_serve, silence)


if __name__ == "__main__":
    main()
