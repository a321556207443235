"""The export's child process: the only one that ever loads torch.

Like the engine's child it has no vault and no key, and it reaches for no network. It may be killed
at any time: what it writes lies in a folder that nobody looks into before its parent gives it a
name.
"""

from __future__ import annotations

import os
from typing import Final

from assistant.children.frames import Frame
from assistant.children.offline import refuse_network
from assistant.children.serving import Tell, serve_once
from assistant.embed.request import read_request
from assistant.errors import EnvironmentProblem

_ENVIRONMENT: Final = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # see assistant/embed/hushed.py
}


def stay_offline() -> None:
    """Have the libraries look for nothing elsewhere, and refuse what would reach out all the same.

    Cannot be taken back: for a process of its own.
    """
    os.environ.update(_ENVIRONMENT)
    refuse_network()


def _export(frame: Frame, tell: Tell) -> Frame:
    # Not before the process is offline.
    from assistant.embed.exporter import Exporter

    try:
        Exporter(read_request(frame), lambda share: tell({"op": "progress", "share": share})).run()
    except EnvironmentProblem as error:
        return {
            "op": "refused",
            "code": error.code,
            "message": error.message,
            "advice": error.advice,
        }
    return {"op": "exported"}


def main() -> None:
    """Serve one request on this process's stdin and stdout."""
    serve_once(_export, stay_offline)


if __name__ == "__main__":
    main()
