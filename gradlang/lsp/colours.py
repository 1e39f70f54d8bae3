"""The colours of a text as the protocol sends them: five numbers a piece, each place counted from the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from ..analysis.names.semantic import MODIFIERS, TYPES, SemanticToken, semantic_tokens
from .documents import Document

if TYPE_CHECKING:
    from .server import Server

LEGEND = types.SemanticTokensLegend(list(TYPES), list(MODIFIERS))
TYPE = {name: i for i, name in enumerate(TYPES)}
BIT = {name: 1 << i for i, name in enumerate(MODIFIERS)}


def colours(server: Server, document: Document, params: types.SemanticTokensParams) -> types.SemanticTokens:
    document.coloured = encoded(document, semantic_tokens(document.text))
    document.colouring += 1
    return types.SemanticTokens(document.coloured, str(document.colouring))


def colours_in_range(
    server: Server, document: Document, params: types.SemanticTokensRangeParams
) -> types.SemanticTokens:
    start, end = document.positions.offsets(params.range)
    inside = [token for token in semantic_tokens(document.text) if token.start < end and start < token.end]
    return types.SemanticTokens(encoded(document, inside))


def changed_colours(
    server: Server, document: Document, params: types.SemanticTokensDeltaParams
) -> types.SemanticTokens | types.SemanticTokensDelta:
    """What is new since the answer that the editor has; everything if that is not the last one."""
    before, is_known = document.coloured, params.previous_result_id == str(document.colouring)
    now = colours(server, document, types.SemanticTokensParams(params.text_document))
    if not is_known:
        return now
    return types.SemanticTokensDelta(list(edits(before, now.data)), now.result_id)


def edits(before: Sequence[int], now: Sequence[int]) -> list[types.SemanticTokensEdit]:
    """The one stretch in which two lists of numbers differ."""
    if before == now:
        return []
    most = min(len(before), len(now))
    start = next((i for i in range(most) if before[i] != now[i]), most)
    rest = next((i for i in range(most - start) if before[-1 - i] != now[-1 - i]), most - start)
    return [types.SemanticTokensEdit(start, len(before) - start - rest, list(now[start : len(now) - rest]))]


def encoded(document: Document, tokens: Sequence[SemanticToken]) -> list[int]:
    data: list[int] = []
    positions = document.positions
    last_line = last_column = 0
    for start, end, kind, modifiers in tokens:
        line, column = positions.place(start)
        if line != last_line:
            last_column = 0
        bits = sum([BIT[name] for name in modifiers])
        data += (line - last_line, column - last_column, positions.length(start, end), TYPE[kind], bits)
        last_line, last_column = line, column
    return data
