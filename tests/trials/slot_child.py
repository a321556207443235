"""Tries key files: ``python -m tests.trials.slot_child``, limited in memory by whoever starts it.

For each path on its input one line of JSON goes out: how it ended, in how long, with how much.
"""

from __future__ import annotations

import json
import re
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Final

from assistant.errors import HushError
from assistant.store.keyslots import KekSource, KeyringKey, KeySlots
from assistant.store.passphrase import Passphrase
from assistant.store.recovery import RecoveryCode

_STATUS: Final = Path("/proc/self/status")
_CLEAR: Final = Path("/proc/self/clear_refs")
_RESET_PEAK: Final = "5"  # proc_pid_clear_refs(5)


def main() -> None:
    """Answer until the input ends."""
    first = json.loads(sys.stdin.readline())
    sources: dict[str, KekSource] = {
        "passphrase": Passphrase(first["passphrase"]),
        "recovery": RecoveryCode.parse(first["recovery"]),
        "keyring": KeyringKey(bytes.fromhex(first["keyring"])),
    }
    for line in sys.stdin:
        request = json.loads(line)
        answer = _tried(Path(request["path"]), sources[request["way"]])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _tried(path: Path, source: KekSource) -> dict[str, Any]:
    if _CLEAR.exists():
        _CLEAR.write_text(_RESET_PEAK)
    began = time.perf_counter()
    try:
        answer: dict[str, Any] = {"dek": KeySlots.load(path).unlock(source).hex()}
    except HushError as error:
        answer = {"error": type(error).__name__, "words": error.sentence}
    except BaseException as error:  # noqa: BLE001 - what gets out is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-1]
        answer = {"escaped": f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"}
    return answer | {"seconds": time.perf_counter() - began, "mb": _peak_mb()}


def _peak_mb() -> float:
    """The most memory held since it was last asked, in 10**6 bytes; 0 where nobody counts it."""
    if not _STATUS.exists():
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


if __name__ == "__main__":
    main()
