"""``python -m ui``: the window, as the ``hush`` command opens it."""

import sys

from ui.entry import main

sys.exit(main())
