"""``python -m benchmarks [NAME ...]``: run these, or all."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Final

from benchmarks import chat, cloud, confidence, engine, models, search, tags, vault
from benchmarks.report import report
from benchmarks.vault_figures import FIGURES
from tests.trials.catalogue import TRIALS

BENCHMARKS: Final[dict[str, Callable[[argparse.Namespace], bool]]] = {
    "chat": lambda _: report("chat", chat.measure()),
    "cloud": cloud.run,
    "confidence": confidence.run,
    "engine": engine.run,
    "models": models.run,
    "search": search.run,
    "tags": tags.run,
    "vault": vault.run,
}


def main() -> int:
    """Run the named benchmarks; 1 where a bar is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    group = parser.add_argument_group("of vault")
    known = [*TRIALS, *FIGURES]
    group.add_argument("--trial", action="append", choices=known, help="only this; repeatable")
    group.add_argument("--full", action="store_true", help="the full counts, some 40 minutes")
    group.add_argument("--resume", action="store_true", help="leave out what has a result already")
    group.add_argument("--seed", type=int, help="do an earlier run again; of models, too")
    group = parser.add_argument_group("of engine")
    group.add_argument(
        "--row", action="append", choices=engine.FIGURES, help="only this; repeatable"
    )
    words = "few rounds, to see that it works; of cloud, models and search, too"
    group.add_argument("--quick", action="store_true", help=words)
    group = parser.add_argument_group("of cloud, models, search and tags")
    words = "only this; repeatable"
    parts = dict.fromkeys([*cloud.PARTS, *models.PARTS, *search.PARTS, *tags.PARTS])
    group.add_argument("--part", action="append", choices=parts, help=words)
    options = parser.parse_args()
    names = options.names or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}")
    held = [BENCHMARKS[name](options) for name in names]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
