"""The colours of everything that is shown in a terminal.

Owns one palette, whose every colour has a contrast of at least 4 to black and
to white, so that nobody has to say what their background is. Pieces of text
come with roles; here roles become escape codes.
"""

from __future__ import annotations

import os

# role -> colour ("" for the terminal's own), and bold, italic or underline
PALETTE: dict[str, tuple[str, str]] = {
    "keyword": ("#a047ba", "bold"),
    "number": ("#0e7c93", ""),
    "string": ("#3f8423", ""),
    "comment": ("#767676", "italic"),
    "operator": ("", ""),
    "punctuation": ("", ""),
    "builtin": ("#2f74d0", ""),
    "parameter": ("#b35d00", "bold"),
    "function": ("#2f74d0", ""),
    "variable": ("", ""),
    "argument": ("#767676", ""),
    "member": ("#0e7c93", ""),
    "unknown": ("", "underline"),
    "error": ("#d63a3a", "bold"),
    "warning": ("#b35d00", "bold"),
    "title": ("", "bold"),
    "remark": ("", "bold"),
    "gutter": ("#2f74d0", ""),
    "label": ("#0e7c93", ""),
    "name": ("", "bold"),
    "gradient": ("#b35d00", ""),
    "muted": ("#767676", ""),
    "heading": ("", "bold"),
    "command": ("#a047ba", ""),
    "prompt": ("#767676", ""),
}
ATTRIBUTES = {"bold": "1", "italic": "3", "underline": "4"}


def paint(role: str, text: str) -> str:
    """A piece in its colour, line by line, so that no colour runs into the margin."""
    code = escape_code(role)
    if not code:
        return text
    return "\n".join([f"\x1b[{code}m{line}\x1b[0m" if line else "" for line in text.split("\n")])


def escape_code(role: str) -> str:
    color, attributes = PALETTE.get(role, ("", ""))
    codes = [ATTRIBUTES[word] for word in attributes.split()]
    if color:
        red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        codes.append(f"38;2;{red};{green};{blue}" if has_all_colors() else f"38;5;{nearest(red, green, blue)}")
    return ";".join(codes)


def has_all_colors() -> bool:
    return os.environ.get("COLORTERM", "") in ("truecolor", "24bit")


def nearest(red: int, green: int, blue: int) -> int:
    """The place of a colour in the 6 x 6 x 6 cube of terminals with 256 colours."""
    steps = [0, 95, 135, 175, 215, 255]
    r, g, b = (min(range(6), key=lambda i: abs(steps[i] - x)) for x in (red, green, blue))
    return 16 + 36 * r + 6 * g + b
