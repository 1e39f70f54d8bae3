"""`python -m gradlang`."""

from __future__ import annotations

import sys

from .signals import claim_signals

if __name__ == "__main__":
    claim_signals()  # while the rest is loaded, too

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
