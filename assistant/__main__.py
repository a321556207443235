"""``python -m assistant``: Hush in the terminal, with no Qt installed."""

import sys

from assistant.terminal import main

sys.exit(main())
