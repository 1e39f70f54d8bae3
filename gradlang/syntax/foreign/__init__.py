"""What people type who know another language, and how gradlang says it.

Tables and nothing else: `mistakes` tries the rows from the top on the line of a
syntax error. `rows` says what a row is. Invariant: rows are consulted only where
the parser has already failed, so no row can make a valid program invalid.
"""

from __future__ import annotations

from .blocks import BLOCKS
from .characters import LOOKALIKES, PARTNERS
from .functions import FUNCTIONS
from .loops import LOOPS
from .names import NAMES
from .operators import OPERATORS
from .quotes import QUOTES
from .rows import MARK, Row
from .values import SIDE_BY_SIDE, VALUES

__all__ = ["LOOKALIKES", "MARK", "PARTNERS", "QUOTES", "ROWS", "Row"]

ROWS = [*QUOTES, *LOOPS, *OPERATORS, *FUNCTIONS, *BLOCKS, *NAMES, *VALUES, *SIDE_BY_SIDE]
