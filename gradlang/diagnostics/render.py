"""Diagnostics as text for people and as JSON for programs.

Owns the picture: a title, an excerpt of every source that is spoken of, the
remarks below. Knows diagnostics and sources, not the language and not the
terminal: an excerpt is built of rows of styled pieces, and only `_paint` turns
styles into escape codes.

Invariants: what a source contains never reaches the terminal as a control
character, and marks stand under what they mark whatever its width (`layout`).
A span is always shown, also where there is nothing: at the end of a line, or
at the end of the input, where it moves back to the last thing written; only of
a source without any text just the name may be.

Why a mark may be cut up: `x @ W` is one main span, and `x` and `W` inside it
have labels of their own. The narrower span is drawn over the wider one, and
what remains of that, without its blanks, is the operator: `- ^ -`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .layout import cut, excerpt_line, printable

if TYPE_CHECKING:
    from ..source import Source, Span
    from . import Diagnostic

Row = list[tuple[str, str]]  # pieces of text, each with the name of its style


def render_text(d: Diagnostic, color: bool = False, width: int = 100) -> str:
    """The picture of one diagnostic; source lines longer than `width` are cut around their marks."""
    said = {(id(x.span.source), x.span.start, x.span.end, x.text): x for x in d.labels}  # a recursion says it often
    marks = [_Mark(d.span, d.label, "^", d.severity), *(_Mark(x.span, x.text, "-", "label") for x in said.values())]
    gutter = len(str(max(m.last for m in marks)))
    rows: list[Row] = [[(f"{d.severity}[{d.code}]", d.severity), (f": {printable(d.message)}", "title")]]
    for source in dict.fromkeys(m.source for m in marks):
        if source is not d.span.source:
            rows.append([(f" {'':{gutter}} |", "gutter")])
        rows += _excerpt([m for m in marks if m.source is source], gutter, width)
    rows += [*_remarks("note", d.notes, gutter), *_remarks("help", d.help, gutter)]
    return "\n".join(_paint(row, color) for row in rows)


def _paint(row: Row, color: bool) -> str:
    if not color:
        return "".join(text for text, _ in row).rstrip()
    from ..palette import paint

    return "".join([paint(style, text) for text, style in row])


def _remarks(kind: str, texts: Sequence[str], gutter: int) -> Iterator[Row]:
    for text in texts:
        first, *more = text.split("\n")
        yield [(f" {'':{gutter}} = ", "gutter"), (f"{kind}:", "remark"), (f" {printable(first)}", "")]
        for line in more:
            yield [(f" {'':{gutter}}   {'':{len(kind)}}  {printable(line)}", "")]


class _Mark:
    """A span by lines and code points, what is said there, and how it is drawn."""

    __slots__ = ("char", "end", "first", "last", "source", "start", "style", "text")

    def __init__(self, span: Span, text: str, char: str, style: str) -> None:
        start, end = _extent(span)
        self.source: Source = span.source
        self.first, column = span.source.line_column(start)
        self.start = column - 1
        self.last, column = span.source.line_column(end)
        self.end = column - 1
        self.text = printable(text)
        self.char = char
        self.style = style

    @property
    def is_main(self) -> bool:
        return self.char == "^"


def _extent(span: Span) -> tuple[int, int]:
    """Offsets to show for a span: without line breaks at its end, and not in the void behind the last line."""
    text, start, end = span.source.text, span.start, span.end
    while end > start and text[end - 1] in "\r\n":
        end -= 1
    if start == len(text):
        start = end = len(text.rstrip())
    return start, end


# ── excerpts ─────────────────────────────────────────────────────────────────


def _excerpt(marks: list[_Mark], gutter: int, width: int) -> Iterator[Row]:
    """One source: the place, the lines that bear marks, and what leads over the gaps between them."""
    source, lead = marks[0].source, marks[0]
    if not source.text and not any(m.text for m in marks):  # a file that could not be read has no lines
        yield [(f" {'':{gutter}}--> ", "gutter"), (printable(source.name), "")]
        return
    yield [(f" {'':{gutter}}--> ", "gutter"), (f"{printable(source.name)}:{lead.first}:{lead.start + 1}", "")]
    yield [(f" {'':{gutter}} |", "gutter")]
    bar = lead if lead.is_main and lead.last > lead.first else None
    before = 0
    for number in _shown(marks, bar):
        if before and number > before + 1:
            inside = bar is not None and bar.first <= before < bar.last
            yield [(f"{'...':{gutter + 4}}", "gutter"), ("|" if inside else "", lead.style)]
        yield from _line(number, marks, bar, gutter, width)
        before = number


def _shown(marks: list[_Mark], bar: _Mark | None) -> list[int]:
    """The lines to show; a gap of one line is filled, as `...` would take as much room."""
    lines = {m.first for m in marks}
    if bar:
        lines |= {bar.first + 1, bar.last - 1, bar.last}
    lines |= {n + 1 for n in lines if n + 2 in lines}
    return sorted(lines)


def _line(number: int, marks: list[_Mark], bar: _Mark | None, gutter: int, width: int) -> Iterator[Row]:
    """One source line and what stands below it.

    `bar` is the main mark when it covers several lines: a line down the left
    side joins its two ends. Other marks of several lines show their first.
    """
    whole, columns = excerpt_line(marks[0].source.line(number))
    pieces = [_Piece(m, columns) for m in marks if m.first == number and m is not bar]
    end = _Piece(bar, columns, number == bar.last) if bar and number in (bar.first, bar.last) else None
    both = [end, *pieces] if end else pieces
    room = max(width - gutter - 5, 20)
    cells, shift = cut(whole, [(p.start, p.end) for p in both], room)
    for piece in both:
        piece.move(shift, len(cells) + 1 if cells is whole else room)

    text = "".join(cells)
    inside = bar is not None and bar.first < number <= bar.last
    opens = end is not None and not inside and not text[: end.start].strip()  # no need for a corner
    side: Row = [("| " if inside else "  ", marks[0].style)] if bar else []
    below: Row = [("| ", marks[0].style)] if opens else side
    yield [(f" {number:>{gutter}} | ", "gutter"), *([("/ ", marks[0].style)] if opens else side), (text, "")]
    for row in _below(pieces, cells):
        yield [(f" {'':{gutter}} | ", "gutter"), *below, *row]
    if end and not opens:
        yield [(f" {'':{gutter}} | ", "gutter"), *_corner(end, inside)]


def _corner(end: _Piece, inside: bool) -> Row:
    """The row that ties the bar to the beginning or to the end of its span."""
    row: Row = [("|" if inside else " ", end.style), ("_" * (end.start + 1) + "^", end.style)]
    return [*row, (f" {end.text}", end.style)] if inside and end.text else row


# ── marks below a line ───────────────────────────────────────────────────────


class _Piece:
    """A mark on one line, in columns of the screen."""

    __slots__ = ("anchor", "char", "end", "start", "style", "text")

    def __init__(self, mark: _Mark, columns: Sequence[int], corner: bool | None = None) -> None:
        """`corner`: only the beginning (False) or the end (True) of a mark of several lines."""
        last = len(columns) - 1
        end = mark.end if mark.first == mark.last or corner else last
        start = max(end - 1, 0) if corner else mark.start
        self.start = columns[min(start, last)]
        self.end = max(columns[min(end, last)], self.start + 1)
        self.anchor = self.start  # where its text hangs
        self.text, self.char, self.style = mark.text, mark.char, mark.style

    def move(self, shift: int, room: int) -> None:
        """Follows the line when it was cut, and stays within it."""
        self.start = min(max(self.start - shift, 0), room - 1)
        self.end = max(min(self.end - shift, room), self.start + 1)


def _below(pieces: list[_Piece], cells: list[str]) -> Iterator[Row]:
    """The row of marks, with the last one's text; then the other texts, from right to left, on stems."""
    if not pieces:
        return
    owner = _owners(pieces, cells)
    for piece in pieces:
        piece.anchor = next((c for c in sorted(owner) if owner[c] is piece), piece.start)
    row = _spread({column: (piece.char, piece.style) for column, piece in owner.items()})
    last = owner[max(owner)]
    yield [*row, (f" {last.text}", last.style)] if last.text else row

    stacked = sorted((p for p in pieces if p.text and p is not last), key=lambda p: -p.anchor)
    if stacked:
        yield _spread({p.anchor: ("|", p.style) for p in stacked})
    for i, piece in enumerate(stacked):
        stems = {p.anchor: ("|", p.style) for p in stacked[i + 1 :] if p.anchor < piece.anchor}
        yield _spread({**stems, piece.anchor: (piece.text, piece.style)})


def _owners(pieces: list[_Piece], cells: list[str]) -> dict[int, _Piece]:
    """Which mark each column bears: the narrowest, of equals the main one, which never vanishes."""
    owner: dict[int, _Piece] = {}
    for piece in sorted(pieces, key=lambda p: (p.start - p.end, p.char == "^")):
        owner.update(dict.fromkeys(range(piece.start, piece.end), piece))
    cut_up = {p for p in pieces if any(owner[c] is not p for c in range(p.start, p.end))}
    owner = {c: p for c, p in owner.items() if p not in cut_up or (c < len(cells) and cells[c] != " ")}
    hidden = [p for p in pieces if p.char == "^" and p not in owner.values()]
    return {**owner, **{c: p for p in hidden for c in range(p.start, p.end)}}


def _spread(items: dict[int, tuple[str, str]]) -> Row:
    """Texts at their columns, blanks between them, neighbours of one style as one piece."""
    row: Row = []
    at = 0
    for column in sorted(items):
        text, style = items[column]
        if column > at:
            row.append((" " * (column - at), ""))
        if row and row[-1][1] == style:
            row[-1] = (row[-1][0] + text, style)
        else:
            row.append((text, style))
        at = column + len(text)
    return row


# ── JSON ─────────────────────────────────────────────────────────────────────


def render_json(diagnostics: Sequence[Diagnostic]) -> str:
    """One JSON document: a list with an object for each diagnostic; the text is plain ASCII."""
    import json

    return json.dumps([_as_data(d) for d in diagnostics], indent=2)


def _as_data(d: Diagnostic) -> dict[str, Any]:
    return {
        "code": d.code,
        "severity": d.severity,
        "message": d.message,
        **_place(d.span),
        "label": d.label,
        "labels": [{**_place(x.span), "text": x.text} for x in d.labels],
        "notes": d.notes,
        "help": d.help,
        "fixes": [
            {
                "title": fix.title,
                "is_safe": fix.is_safe,
                "edits": [{**_place(span), "text": text} for span, text in fix.edits],
            }
            for fix in d.fixes
        ],
    }


def _place(span: Span) -> dict[str, Any]:
    """Lines and columns count from 1, offsets from 0, all in code points; the end is exclusive."""
    line, column = span.source.line_column(span.start)
    end_line, end_column = span.source.line_column(span.end)
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "offsets": [span.start, span.end],
    }
