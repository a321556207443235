"""Run in an empty network of its own: some commands of the journey, with every packet captured.

``unshare -n python -m tests.detectors.enclosed FOLDER`` prints one JSON object: what each command
ended with, and how much was captured before the mark that ends the capture.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.detectors.capturing import Capture
from tests.detectors.journey import COMMANDS
from tests.detectors.plants import leak
from tests.e2e.test_terminal import hush

_FEW = 5  # ask, notes, tags, search


def main() -> None:
    """See above; with ``plant`` as a second word, a leak as well."""
    folder, planted = Path(sys.argv[1]), "plant" in sys.argv[2:]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)  # noqa: S607 # of this network
    with Capture(-1) as capture:
        commands = COMMANDS[: 1 if planted else _FEW]
        codes = [hush(folder, *words).returncode for words in commands]
        if planted:
            leak("datagram", "a word", 9)
        seen = capture.end()
    told = {"codes": codes, "bytes": len(seen), "word": b"a word" in seen}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
