"""Short turns one after another: ``python -m benchmarks.engine_growth TURNS`` prints JSON.

The JSON is a list: bytes of resident memory after each turn, of this process and its child.
"""

from __future__ import annotations

import json
import sys

import psutil

from benchmarks.engine_asking import ask
from benchmarks.engine_texts import QUESTIONS
from benchmarks.harness import hush


def main() -> None:
    """Ask, and look at the memory after each answer."""
    sizes, conversation = [], None
    with hush(reply_tokens=16, use_tuned=False) as ours:
        this = psutil.Process()
        for number in range(int(sys.argv[1])):
            turn = ask(ours, QUESTIONS[number % len(QUESTIONS)], conversation)
            conversation = turn.conversation_id
            ours.rest(quiet_seconds=0.05)
            family = [this, *this.children(recursive=True)]
            sizes.append(sum(process.memory_info().rss for process in family))
            while not ours.events.empty():
                ours.events.get()
    print(json.dumps(sizes))


if __name__ == "__main__":
    main()
