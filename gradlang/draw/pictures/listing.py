"""Lines of one text: where a program is several files, or entries of a prompt, a line alone says nothing.

Owns the lines of pictures that show no text beside them. What was made in
another file has the line of the call that led there.
"""

from __future__ import annotations

from dataclasses import replace

from ...engine.origins import Call, origin_of
from ...source import Source, Span
from .picture import Picture


def with_lines_of(picture: Picture, source: Source | None) -> Picture:
    """The picture with the lines of one text, without lines where there is none."""
    nodes, blocks = [], []
    for node in picture.nodes:
        line = node.line
        if node.call is not None:
            line = line_in(source, node.call.span, node.call.outer)
        elif line is not None and node.value is not None:
            origin = origin_of(node.value)
            line = line_in(source, node.value.span, origin[0] if origin is not None else None)
        nodes.append(node if line == node.line else replace(node, line=line))
    for block in picture.blocks:
        line = line_in(source, block.call.span, block.call.outer) if block.call is not None else None
        blocks.append(block if line == block.line else replace(block, line=line))
    return replace(picture, nodes=nodes, blocks=blocks)


def line_in(source: Source | None, span: Span | None, call: Call | None) -> int | None:
    """The line of a place, or of the innermost call there that is in the text."""
    while span is None or span.source is not source:
        if call is None:
            return None
        span, call = call.span, call.outer
    return span.line
