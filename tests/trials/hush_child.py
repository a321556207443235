"""``hush`` in a terminal, impatient and with a model that only echoes.

``python -m tests.trials.hush_child ARGUMENTS``: where another Hush holds the profile it ends at
once, as the real one does after ten seconds.
"""

from __future__ import annotations

import sys

from assistant.access.entrance import Entrance
from assistant.app import Parts
from assistant.terminal.arguments import parse
from assistant.terminal.command import run_command
from tests.fakes.engine import FakeEngine
from tests.trials.vaults import CHEAP

if __name__ == "__main__":
    parts = Parts(
        engine=FakeEngine,
        entrance=lambda profile, clock, **others: Entrance(profile, clock, cost=CHEAP, **others),
    )
    sys.exit(run_command(parse(), parts=parts, patience=0.0))
