"""The tokens of a program, each with what stands before it.

Owns reading: which role a token plays, which brackets belong together, and the
line breaks and comments between tokens. Knows the tree only for what tokens do
not tell: which blocks hang together. Invariant: every comment is in exactly one
piece, and the last piece is the end of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..syntax import tree
from ..syntax.newlines import CLOSERS, OPERATORS
from ..syntax.parser import tokens
from ..syntax.tokens import END, Token, made

# Roles that the grammar's terminals do not tell apart.
SIGN = "SIGN"  # + or - before its one operand
GIVEN = "GIVEN"  # = of an argument or a default
APPLIED = {"LPAR": "CALL", "LSQB": "INDEX"}  # the bracket behind what is called or indexed
WIDE_COLON = "WIDE_COLON"  # : between bounds of a slice that have blanks themselves

CLOSED_BY = CLOSERS | {role: CLOSERS[kind] for kind, role in APPLIED.items()}
OPENERS = frozenset(CLOSED_BY)
CLOSING = frozenset(CLOSERS.values())
OPERANDS = frozenset({"NAME", "NUMBER", "STRING", "TRUE", "FALSE", "NONE", "RPAR", "RSQB"})  # what these can end
WIDE = OPERATORS - {"POW"} | {"ARROW", "IF"}

BETWEEN = re.compile(r"#[^\n]*|[\n;]")
TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
TAB = 8  # columns


class Comment:
    """A comment: its text, the line breaks and characters that part it from what is before it, and its column."""

    __slots__ = ("breaks", "column", "gap", "text")

    def __init__(self, text: str, breaks: int, gap: int, column: int) -> None:
        self.text = text
        self.breaks = breaks
        self.gap = gap
        self.column = column


class Piece:
    """A token and what stands before it; `breaks` settles whether it begins a line."""

    __slots__ = (
        "after", "breaks", "comments", "inside", "kind", "mate", "owner", "separated", "siblings", "start", "text",
    )  # fmt: skip

    def __init__(self, token: Token) -> None:
        self.kind = token.type  # the terminal, or one of the roles above
        self.text = str(token)
        self.start = token.start_pos
        self.after = 0  # how many characters part it from the token before
        self.comments: list[Comment] = []
        self.breaks = 0  # line breaks directly before the token
        self.separated = False  # whether it begins a statement behind another one
        self.inside: int = -1  # the piece that opens the innermost bracket around it
        self.mate: int = -1  # of a bracket: the other one
        self.owner: int = -1  # of a block: the `for`, `while` or `if` that it belongs to
        self.siblings: list[int] = []  # of a block of an `if`: all of its blocks


def read(text: str, module: tree.Module) -> list[Piece]:
    """The pieces of a text that has no syntax errors."""
    pieces: list[Piece] = []
    opened: list[int] = []
    end = 0
    separated = False
    for token in [*tokens(text), made(END, "", len(text), len(text))]:
        if token.type == "_NL":
            separated = True
            continue
        piece = Piece(token)
        last = pieces[-1].kind if pieces else "LBRACE"
        piece.separated = separated and last != "LBRACE" and piece.kind not in ("RBRACE", END)
        piece.after = piece.start - end
        if piece.after > 1 or text[end : piece.start].strip(" "):
            _read_between(piece, text, end)
        if opened and piece.kind == CLOSED_BY[pieces[opened[-1]].kind]:
            piece.mate = opened.pop()
            pieces[piece.mate].mate = len(pieces)
        piece.inside = opened[-1] if opened else -1
        piece.kind = _role(piece, "" if piece.separated else last, pieces[piece.inside].kind if opened else "")
        if piece.kind in OPENERS:
            opened.append(len(pieces))
        pieces.append(piece)
        end, separated = token.end_pos, False
    pieces[-1].breaks = max(pieces[-1].breaks, 1)  # the last line may have no line break
    _widen_slices(pieces)
    _relate_blocks(pieces, module)
    return pieces


def _read_between(piece: Piece, text: str, start: int) -> None:
    for match in BETWEEN.finditer(text, start, piece.start):
        mark, at = match[0], match.start()
        if mark == "\n":
            piece.breaks += 1
        elif mark != ";":
            piece.comments.append(Comment(mark.rstrip(), piece.breaks, at - start, column_of(text, at)))
            piece.breaks = 0
        elif piece.comments and piece.breaks:
            piece.breaks += 1  # a comment above `; f(x) = x` is not the documentation of f, and does not become it


def column_of(text: str, offset: int) -> int:
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    if "\t" in line:  # one in a text is a character like others: what stands behind it does not move with it
        line = TEXT.sub(lambda found: found[0].replace("\t", " "), line)
    return len(line.expandtabs(TAB))


def _role(piece: Piece, last: str, around: str) -> str:
    """What a token is, by the one before it in its statement and the bracket around it."""
    kind = piece.kind
    if kind in ("PLUS", "MINUS") and last not in OPERANDS:
        return SIGN
    if kind in APPLIED and last in OPERANDS:
        return APPLIED[kind]
    if kind == "EQUAL" and around in ("LPAR", "CALL"):
        return GIVEN
    return kind


def _widen_slices(pieces: list[Piece]) -> None:
    """Between bounds that have blanks themselves a colon has them, too: `x[i + 1 : n]`."""
    subscripts: dict[tuple[int, int], list[Piece]] = {}  # of each bracket, by the commas before
    commas: dict[int, int] = {}
    for piece in pieces:
        if piece.inside >= 0 and pieces[piece.inside].kind == "INDEX":
            commas[piece.inside] = commas.get(piece.inside, 0) + (piece.kind == "COMMA")
            subscripts.setdefault((piece.inside, commas[piece.inside]), []).append(piece)
    for members in subscripts.values():
        if any(member.kind in WIDE for member in members):
            for member in members:
                if member.kind == "COLON":
                    member.kind = WIDE_COLON


def _relate_blocks(pieces: list[Piece], module: tree.Module) -> None:
    """Tells blocks whose they are, and those of one `if` of each other."""
    at = {piece.start: i for i, piece in enumerate(pieces)}
    for node in _nodes(module):
        match node:
            case tree.For() | tree.While():
                blocks = [node.body]
            case tree.If():
                blocks = [block for _, block in node.branches] + ([node.otherwise] if node.otherwise else [])
            case _:
                continue
        if node.span.start not in at or pieces[at[node.span.start]].kind not in ("FOR", "WHILE", "IF"):
            continue  # it stands in a hole of a string
        places = [at[block.span.start] for block in blocks]
        for place in places:
            pieces[place].owner = at[node.span.start]
            pieces[place].siblings = places


def _nodes(module: tree.Module) -> Iterator[tree.Node]:
    waiting: list[tree.Node] = list(module.body)
    while waiting:
        found = waiting.pop()
        yield found
        waiting += tree.parts(found)
