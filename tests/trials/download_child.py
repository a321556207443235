"""Downloads a model until it is done or killed: ``… download_child FOLDER ENTRY AUTHORITY``.

Everything is real: vault, ledger, gate, broker, net child, part, examination, shelf. Its lines are
"ready", "begun", and at the end how it ended: "done", or an error's name.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from assistant.clock import SystemClock
from assistant.errors import HushError
from assistant.net.starting import BrokerStarter
from assistant.shelf.fetched import FetchedModels
from assistant.shelf.preflight import preflight
from models.catalogue import read_entry
from models.file import ModelFile
from models.library import ModelLibrary
from tests.served import served


def main() -> None:
    """Download, once."""
    folder, stored, authority = (Path(argument) for argument in sys.argv[1:])
    os.environ["SSL_CERT_FILE"] = str(authority)
    entry = read_entry(json.loads(stored.read_text()))
    starter = BrokerStarter.begin()
    library = library_of(folder)
    with served(folder, starter, FetchedModels(library, preflight, lambda _: None)) as home:
        say("ready")
        download = home.start(entry)
        say("begun")
        try:
            download.future.result()
            told = "done"
        except HushError as error:
            told = type(error).__name__
    starter.close()
    say(told)


def library_of(folder: Path) -> ModelLibrary:
    """The shelf of a trial; its starter model lies nowhere."""
    starter = ModelFile(folder / "starter.gguf", "Starter", 1, "0" * 64)
    return ModelLibrary(folder / "models", starter, SystemClock().now)


def say(line: str) -> None:
    """In one write."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode("ascii"))


if __name__ == "__main__":
    main()
