"""`python -m gradlang`."""

from __future__ import annotations

import sys

from .signals import end_at_once

if __name__ == "__main__":
    end_at_once()  # while the rest is loaded, too

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
