"""The process that examines one model file that anybody may have made; then it ends.

It has no vault, no key and no network, writes no file, and is held to a gibibyte of memory and five
seconds by the kernel. llama.cpp's bindings are loaded only for a chat template of a file whose
header passed, and weights never.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from assistant.children.confined import confine
from assistant.children.frames import Frame
from assistant.children.limits import limited
from assistant.children.serving import Tell, serve_once
from models.file import open_regular
from models.preflight import Examined, Unfit, examine, shape_row

MEMORY_BYTES: Final = 1 << 30
CPU_SECONDS: Final = 5


def _answer(frame: Frame, tell: Tell) -> Frame:
    try:
        return _examine(Path(os.fsdecode(bytes.fromhex(frame["path"]))), tell)
    except Unfit as error:
        return {"op": "examined", "refused": error.code}
    except MemoryError:
        return {"op": "examined", "refused": "memory"}
    except (OSError, ValueError):  # no file that one can read: a pipe, a link, a device
        return {"op": "examined", "refused": "magic"}


def _examine(path: Path, tell: Tell) -> Frame:
    open_regular(path).close()
    found = examine(path)
    if found.template and found.kind == "chat":
        tell({"op": "progress", "share": 0.5})
        _render(found)
    return {
        "op": "examined",
        "architecture": found.architecture,
        "name": found.name,
        "parameters": found.parameters,
        "context": found.shape.trained_context,
        "template": bool(found.template),
        "shape": shape_row(found.shape),
        "kind": found.kind,
    }


def _render(found: Examined) -> None:
    """Have the template write a conversation: it is code, and may do anything but that."""
    # Not before it is needed: it takes most of the time that an examination takes.
    from assistant.engine.protocol import Turn
    from assistant.engine.template import ChatTemplate, TemplateRefused

    question, answer = Turn("user", "question"), Turn("assistant", "answer")
    try:
        with limited():
            ChatTemplate(found.template, found.bos, found.eos).render([question, answer, question])
    except TemplateRefused as error:
        raise Unfit("template", str(error)) from None


def main() -> None:
    """Serve one request on this process's stdin and stdout."""
    serve_once(_answer, lambda: confine(MEMORY_BYTES, CPU_SECONDS))


if __name__ == "__main__":
    main()
