"""The shape of a text: its contents, what can be folded, what a selection grows to, and its colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from ..analysis.help.symbols import Symbol, symbols
from ..analysis.names import programs
from ..analysis.text.folding import folds
from ..analysis.text.selection import selections
from .documents import Document

if TYPE_CHECKING:
    from .server import Server

SYMBOLS = {
    "function": types.SymbolKind.Function,
    "parameter": types.SymbolKind.Property,
    "variable": types.SymbolKind.Variable,
    "module": types.SymbolKind.Module,
}
FOLDS = {
    "region": types.FoldingRangeKind.Region,
    "comment": types.FoldingRangeKind.Comment,
    "imports": types.FoldingRangeKind.Imports,
}
MOST = 500  # symbols of a workspace


def document_symbols(
    server: Server, document: Document, params: types.DocumentSymbolParams
) -> Sequence[types.DocumentSymbol] | Sequence[types.SymbolInformation]:
    can = server.client_capabilities.text_document
    found = symbols(document.text)
    if can and can.document_symbol and can.document_symbol.hierarchical_document_symbol_support:
        return [nested(document, symbol) for symbol in found]
    return list(flat(server, document.name, found))


def nested(document: Document, symbol: Symbol) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=symbol.name,
        kind=SYMBOLS[symbol.kind],
        range=document.positions.range(*symbol.span),
        selection_range=document.positions.range(*symbol.name_span),
        detail=symbol.detail or None,
        children=[nested(document, child) for child in symbol.children] or None,
    )


def flat(server: Server, path: str, found: Sequence[Symbol], within: str = "") -> Iterator[types.SymbolInformation]:
    for symbol in found:
        place = server.files.location(path, *symbol.name_span)
        yield types.SymbolInformation(place, symbol.name, SYMBOLS[symbol.kind], container_name=within or None)
        yield from flat(server, path, symbol.children, symbol.name)


def workspace_symbols(server: Server, params: types.WorkspaceSymbolParams) -> list[types.SymbolInformation]:
    found = programs.workspace_symbols(server.files, params.query)[:MOST]
    return [
        types.SymbolInformation(server.files.location(path, *symbol.name_span), symbol.name, SYMBOLS[symbol.kind])
        for path, symbol in found
    ]


def folding_ranges(server: Server, document: Document, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    found = [
        (document.positions.range(start, last_written(document.text, end)), kind)
        for start, end, kind in folds(document.text)
    ]
    return [
        types.FoldingRange(r.start.line, r.end.line, r.start.character, r.end.character, FOLDS[kind])
        for r, kind in found
    ]


def last_written(text: str, end: int) -> int:
    """The end of what is written before a place: no line break in front of a closing bracket."""
    return len(text[:end].rstrip())


def selection_ranges(
    server: Server, document: Document, params: types.SelectionRangeParams
) -> list[types.SelectionRange]:
    return [selection_range(document, document.positions.offset(position)) for position in params.positions]


def selection_range(document: Document, offset: int) -> types.SelectionRange:
    grown: types.SelectionRange | None = None
    for start, end in reversed(selections(document.text, offset)):
        grown = types.SelectionRange(document.positions.range(start, end), grown)
    return grown or types.SelectionRange(document.positions.range(offset, offset))
