"""Where the prompt writes, and how wide that is.

Pieces of text come with roles (`draw.terminal.fragments`); here they get the colours of
the palette, or none where colours are unwanted.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable

from ..draw.terminal.fragments import plain
from ..palette import paint
from ..streams import shows_unicode


class Screen:
    """Standard output as the prompt sees it; `interactive` where somebody reads along."""

    def __init__(self, color: bool, interactive: bool) -> None:
        self.color = color
        self.interactive = interactive

    @property
    def width(self) -> int:
        return max(20, shutil.get_terminal_size((80, 24)).columns)

    @property
    def height(self) -> int:
        return max(5, shutil.get_terminal_size((80, 24)).lines)

    @property
    def unicode(self) -> bool:
        """Whether lines and dots can be written, not only ASCII."""
        return shows_unicode(sys.stdout)

    def write(self, fragments: Iterable[tuple[str, str]]) -> None:
        """Writes pieces, and ends the last line."""
        pieces = list(fragments)
        text = "".join([paint(role, text) for role, text in pieces]) if self.color else plain(pieces)
        if text:
            sys.stdout.write(text if plain(pieces).endswith("\n") else text + "\n")
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """A remark of the prompt's own, in lines that fit."""
        from textwrap import fill

        self.write([("muted", fill(text, self.width, break_long_words=False, break_on_hyphens=False) + "\n")])
