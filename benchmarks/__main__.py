"""``python -m benchmarks [NAME ...]``: run these, or all."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks import chat
from benchmarks.report import Row, report

BENCHMARKS: Final[dict[str, Callable[[], Sequence[Row]]]] = {"chat": chat.measure}


def main() -> int:
    """Run the named benchmarks; 1 where a bar is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}")
    held = [report(name, BENCHMARKS[name]()) for name in names]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
