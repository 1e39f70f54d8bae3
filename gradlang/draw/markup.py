"""Numbers and texts as SVG and HTML take them."""

from __future__ import annotations


def number(x: float) -> str:
    """A coordinate, to a tenth."""
    return f"{x:.1f}".removesuffix(".0")


def xml(text: str) -> str:
    """Text between tags or in quotes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
