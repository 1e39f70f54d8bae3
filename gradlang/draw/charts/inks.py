"""The colours of charts.

Series and classes have the palette's, which can be told apart on black and on
white; heat maps have viridis (https://bids.github.io/colormap), whose lightness
rises evenly, so that it is read without colour, too.
"""

from __future__ import annotations

from ...palette import PALETTE, has_all_colors, nearest

SERIES = [PALETTE[role][0] for role in ("builtin", "gradient", "string", "keyword", "error", "label")]
MARKS = "ox+*#%"  # of series and classes, where there are no colours
MUTED = PALETTE["muted"][0]
VIRIDIS = ["#440154", "#482878", "#3e4a89", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"]
BLACK, WHITE = "#000000", "#ffffff"


def series(i: int) -> str:
    return SERIES[i % len(SERIES)]


def mark(i: int) -> str:
    return MARKS[i % len(MARKS)]


def heat(share: float) -> str:
    """The colour of a number between the lowest, 0, and the highest, 1; grey where there is none."""
    if share != share:
        return MUTED
    at = max(0.0, min(1.0, share)) * (len(VIRIDIS) - 1)
    i = min(int(at), len(VIRIDIS) - 2)
    return mixed(VIRIDIS[i], VIRIDIS[i + 1], at - i)


def mixed(a: str, b: str, share: float) -> str:
    """A colour between two."""
    pairs = zip(channels(a), channels(b), strict=True)
    return "#" + "".join([f"{round(x + (y - x) * share):02x}" for x, y in pairs])


def channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def painted(text: str, ink: str, ground: str = "") -> str:
    """Text in a colour, and on one, for a terminal; "" is the terminal's own."""
    codes = [code_of(color, what) for color, what in ((ink, 38), (ground, 48)) if color]
    return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if codes else text


def code_of(color: str, what: int) -> str:
    red, green, blue = channels(color)
    return f"{what};2;{red};{green};{blue}" if has_all_colors() else f"{what};5;{nearest(red, green, blue)}"
