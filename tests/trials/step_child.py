"""Does one operation: ``python -m tests.trials.step_child PROFILE OPERATION DESCRIPTOR``.

It is run where its system calls fail, ``write`` among them: it answers through a socket.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

from assistant.errors import HushError
from assistant.paths import Profile
from tests.trials.operations import OPERATIONS


def main() -> None:
    """Do it, and say how it ended: the error's kind, whether it is ours, and its words."""
    answer = {"error": "", "ours": True, "words": ""}
    try:
        OPERATIONS[sys.argv[2]]().act(Profile(Path(sys.argv[1])), lambda: None)
    except HushError as error:
        words = error.sentence if error.advice else ""
        answer = {"error": type(error).__name__, "ours": True, "words": words}
    except Exception as error:  # noqa: BLE001 - which one it is is what is asked
        answer = {"error": type(error).__name__, "ours": False, "words": ""}
    with socket.socket(fileno=int(sys.argv[3])) as speaker:
        speaker.sendall(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
