"""What stands on the page about a run, each part as HTML.

Owns the words and the order in a part. Texts of the program come in as they
are and go out escaped; pictures come in as SVG.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from ..analysis.text.tokens import tokens
from ..palette import PALETTE
from ..source import Source


class Part(NamedTuple):
    """A part of the page; it is left out where the run has nothing for it."""

    id: str
    title: str
    body: str
    remark: str = ""


def section(part: Part) -> str:
    """A part with its heading."""
    id, title, body, remark = part
    said = f'<p class="remark">{escape(remark)}</p>' if remark else ""
    return f'<section id="{id}" aria-labelledby="{id}-title"><h2 id="{id}-title">{title}</h2>{said}{body}</section>'


def program(source: Source) -> str:
    """The text in its colours, with the numbers of its lines."""
    lines = [f"<i>{line}</i>\n" for line in colored(source.text.rstrip("\n")).split("\n")]
    return f'<pre class="program" tabindex="0"><code>{"".join(lines)}</code></pre>'


def colored(text: str) -> str:
    """Each piece in a span of its role; a piece of several lines in one span a line."""
    parts, at = [], 0
    for start, end, role in tokens(text, {}):
        piece = text[start:end]
        lines = [f'<span class="{role}">{escape(line)}</span>' if line else "" for line in piece.split("\n")]
        parts += [escape(text[at:start]), "\n".join(lines) if any(PALETTE.get(role, ("", ""))) else escape(piece)]
        at = end
    return "".join([*parts, escape(text[at:])])


def printed(text: str) -> str:
    return f'<pre tabindex="0">{escape(text)}</pre>' if text else ""


def charts(pictures: Iterable[str]) -> str:
    """Pictures one below the other, none wider than the page."""
    return "".join([f'<figure class="fitted">{svg}</figure>' for svg in pictures])


def graph(picture: str) -> str:
    """A picture as wide as it is: its texts are to be read."""
    return f'<figure tabindex="0">{picture}</figure>'


def lines(texts: Iterable[str]) -> str:
    found = "\n".join(texts)
    return f"<pre>{escape(found)}</pre>" if found else ""


def role_styles() -> str:
    """The palette of the terminal, whose colours can be read on light and on dark."""
    rules = []
    for role, (color, attributes) in PALETTE.items():
        styles = [f"color:{color}"] if color else []
        styles += ["font-weight:600"] * ("bold" in attributes) + ["font-style:italic"] * ("italic" in attributes)
        if styles:
            rules.append(f".program .{role}{{{';'.join(styles)}}}")
    return "\n".join(rules)
