"""What a stream can show: its columns, and whether its characters are more than ASCII."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def columns_of(stream: TextIO | int, otherwise: int) -> int:
    """The columns of a stream's terminal, by itself or its number; `otherwise` where it leads elsewhere."""
    try:
        return os.get_terminal_size(stream if isinstance(stream, int) else stream.fileno()).columns or otherwise
    except (OSError, ValueError):
        return otherwise


def shows_unicode(stream: TextIO) -> bool:
    """Whether lines, dots and blocks can be written to it."""
    return (stream.encoding or "").lower().replace("-", "").startswith("utf")
