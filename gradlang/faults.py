"""What went wrong, before anybody knows where.

The engine knows shapes and kinds, not the user's program. It raises a `Fault`;
the interpreter, which holds the span and the user's names, turns it into a
diagnostic. So no message of the engine names a variable or a line.
"""

from __future__ import annotations

from collections.abc import Collection


class Fault(Exception):
    """A coded failure without a place.

    `at` is the position of the offending argument where one is to blame, so
    that the interpreter can point at it rather than at the whole operation; a
    negative one counts from the last.
    """

    def __init__(self, code: str, message: str, *help: str, at: int | None = None, notes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.at = at
        self.notes = notes


def listed(names: Collection[str], most: int = 12) -> str:
    """Names in a message; of many the first, and how many more there are."""
    more = len(names) - most
    return ", ".join(list(names)[:most]) + (f" and {more:,} more" if more > 0 else "")


def counted(number: int, what: str, form: str = "") -> str:
    """`1 unit`, `2 units`; `form` is how the number is written, "," for `1,000 units`."""
    return f"{number:{form}} {what}" + "s" * (number != 1)
