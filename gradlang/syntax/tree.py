"""The tree: dataclasses with spans, and nothing else.

Nodes are made by the parser, annotated once by the resolver (`Name.binding`
and the like) and read by everybody. Chains of left-associative operators are
flat lists, so no pass recurses along a long sum; what does nest is limited by
the parser to `NESTING_LIMIT`, so passes may recurse into it.

Not frozen (a frozen node costs three times as much to make), without equality
or repr (they would recurse), each with a docstring (dataclass composes a missing
one slowly); by convention only the resolver writes, and only
the fields that it owns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from ..source import Source, Span

NESTING_LIMIT = 200


# ── expressions ──────────────────────────────────────────────────────────────


@dataclass(slots=True, eq=False, repr=False)
class Number:
    """A number, signless."""

    span: Span
    value: float


@dataclass(slots=True, eq=False, repr=False)
class Text:
    """A plain string, escapes already undone."""

    span: Span
    value: str


@dataclass(slots=True, eq=False, repr=False)
class Hole:
    """`{value:format}` inside an interpolated string."""

    span: Span
    value: Expr
    format: str


@dataclass(slots=True, eq=False, repr=False)
class Interpolated:
    """`f"…{x:.3f}…"`: literal texts and holes in order."""

    span: Span
    parts: list[str | Hole]


@dataclass(slots=True, eq=False, repr=False)
class Constant:
    """`true`, `false` or `none`."""

    span: Span
    value: Literal["true", "false", "none"]


@dataclass(slots=True, eq=False, repr=False)
class Name:
    """A name, read or bound."""

    span: Span
    id: str
    binding: Any = None  # set by the resolver


@dataclass(slots=True, eq=False, repr=False)
class Operation:
    """One step of a chain: the operator's own span, and its right operand."""

    span: Span
    op: str
    operand: Expr


@dataclass(slots=True, eq=False, repr=False)
class Chain:
    """`first op operand op operand …`, one precedence level, grouped from the left.

    `**` groups from the right, so its chains have exactly one step.
    """

    span: Span
    first: Expr
    rest: list[Operation]


@dataclass(slots=True, eq=False, repr=False)
class Compare:
    """`first < operand <= operand …`: true where every neighbouring pair is."""

    span: Span
    first: Expr
    rest: list[Operation]


@dataclass(slots=True, eq=False, repr=False)
class Logical:
    """`a and b and c`, or the same with `or`."""

    span: Span
    op: Literal["and", "or"]
    operands: list[Expr]


@dataclass(slots=True, eq=False, repr=False)
class Unary:
    """`-x`, `+x`, `not x`."""

    span: Span
    op: Literal["-", "+", "not"]
    operand: Expr


@dataclass(slots=True, eq=False, repr=False)
class Parameter:
    """A parameter of a function: a name and maybe a default."""

    span: Span
    name: Name
    default: Expr | None


@dataclass(slots=True, eq=False, repr=False)
class Lambda:
    """`x -> body`, `(x, y) -> body`."""

    span: Span
    params: list[Parameter]
    body: Expr
    scope: Any = None  # set by the resolver


@dataclass(slots=True, eq=False, repr=False)
class Block:
    """`{ … }`: its value is its last line's."""

    span: Span
    body: list[Stmt]


@dataclass(slots=True, eq=False, repr=False)
class If:
    """`if c { } else if d { } else { }`, its branches side by side."""

    span: Span
    branches: list[tuple[Expr, Block]]
    otherwise: Block | None


@dataclass(slots=True, eq=False, repr=False)
class Argument:
    """An argument of a call; `name` is None when it is given by position."""

    span: Span
    name: str | None
    name_span: Span | None
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class Call:
    """`function(arguments)`."""

    span: Span
    function: Expr
    arguments: list[Argument]


@dataclass(slots=True, eq=False, repr=False)
class Slice:
    """`start:stop:step`, each part optional."""

    span: Span
    start: Expr | None
    stop: Expr | None
    step: Expr | None


@dataclass(slots=True, eq=False, repr=False)
class Index:
    """`value[subscripts]`."""

    span: Span
    value: Expr
    subscripts: list[Expr | Slice]


@dataclass(slots=True, eq=False, repr=False)
class Attribute:
    """`value.name`; called, it may be the function `name` with `value` as first argument."""

    span: Span
    value: Expr
    name: str
    name_span: Span
    binding: Any = None  # set by the resolver: what `name` is as a function in scope


@dataclass(slots=True, eq=False, repr=False)
class Paren:
    """`( inner )`: kept so that the printer can keep what the user wrote."""

    span: Span
    inner: Expr


@dataclass(slots=True, eq=False, repr=False)
class TupleDisplay:
    """`a, b`; in `(a, b)` it stands inside a `Paren`."""

    span: Span
    items: list[Expr]


@dataclass(slots=True, eq=False, repr=False)
class ListDisplay:
    """`[a, b]`."""

    span: Span
    items: list[Expr]


@dataclass(slots=True, eq=False, repr=False)
class Comprehension:
    """`[body for targets in iterable if condition]`."""

    span: Span
    body: Expr
    targets: list[Name]
    iterable: Expr
    condition: Expr | None
    scope: Any = None  # set by the resolver


Expr: TypeAlias = (
    Number | Text | Interpolated | Constant | Name | Chain | Compare | Logical | Unary | Lambda | Block | If | Call
    | Index | Attribute | Paren | TupleDisplay | ListDisplay | Comprehension
)  # fmt: skip


# ── statements ───────────────────────────────────────────────────────────────


@dataclass(slots=True, eq=False, repr=False)
class Import:
    span: Span
    module: Name  # what is imported
    target: Name  # the name it gets here (the same node without `as`)


@dataclass(slots=True, eq=False, repr=False)
class Param:
    """`param name = value`."""

    span: Span
    name: Name
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class Define:
    """`name(params) = body`; `doc` is the comment block directly above."""

    span: Span
    name: Name
    params: list[Parameter]
    body: Expr
    doc: str = ""
    scope: Any = None  # set by the resolver


@dataclass(slots=True, eq=False, repr=False)
class Assign:
    """`a, b = value`: targets are names or attributes (`w.data`)."""

    span: Span
    targets: list[Name | Attribute]
    value: Expr
    doc: str = ""


@dataclass(slots=True, eq=False, repr=False)
class Update:
    """`target op= value`, with `op` one of `+ - * /`."""

    span: Span
    target: Name | Attribute
    op: str
    op_span: Span
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class For:
    """`for targets in iterable { }`."""

    span: Span
    targets: list[Name]
    iterable: Expr
    body: Block


@dataclass(slots=True, eq=False, repr=False)
class While:
    """`while condition { }`."""

    span: Span
    condition: Expr
    body: Block


@dataclass(slots=True, eq=False, repr=False)
class Return:
    """`return value`."""

    span: Span
    value: Expr | None


@dataclass(slots=True, eq=False, repr=False)
class Break:
    """`break`."""

    span: Span


@dataclass(slots=True, eq=False, repr=False)
class Continue:
    """`continue`."""

    span: Span


Stmt: TypeAlias = Import | Param | Define | Assign | Update | For | While | Return | Break | Continue | Expr


@dataclass(slots=True, eq=False, repr=False)
class Module:
    """A whole source."""

    source: Source
    body: list[Stmt] = field(default_factory=list)
    scope: Any = None  # set by the resolver
