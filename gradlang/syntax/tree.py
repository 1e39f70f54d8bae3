"""The tree: plain data with spans, and nothing else.

Nodes are made by the parser, annotated once by the resolver (`Name.binding`
and the like) and read by everybody. Chains of left-associative operators are
flat lists, so no pass recurses along a long sum; what does nest is limited by
the parser to `NESTING_LIMIT`, so passes may recurse into it.

Data classes by `Node` rather than by the standard decorator, which takes 6 ms
of every start for these classes and 5 to be loaded. Without equality and repr, which would
recurse. By convention only the resolver writes, and only the fields it owns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, dataclass_transform

if TYPE_CHECKING:
    from ..source import Source, Span

NESTING_LIMIT = 200
LEAVES = ("Span", "Source", "str", "float", "bool", "Literal", "Any")  # how annotations of other fields begin


@dataclass_transform(eq_default=False)
class Node:
    """The base of all nodes: fields are the annotations of the class, in order; parts are those that hold nodes."""

    _fields: ClassVar[tuple[str, ...]] = ()
    _parts: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = tuple(cls.__annotations__)
        cls._parts = tuple([name for name, kind in cls.__annotations__.items() if not kind.startswith(LEAVES)])

    def __init__(self, *values: Any, **named: Any) -> None:
        """Makes the class its constructor, plain stores, when its first node is made; most programs use few classes."""
        cls = type(self)
        fields = {name: f"={vars(cls)[name]!r}" if name in vars(cls) else "" for name in cls._fields}
        head = ", ".join(name + default for name, default in fields.items())
        space: dict[str, Any] = {}
        exec(f"def __init__(self, {head}):\n " + "; ".join(f"self.{name} = {name}" for name in fields), space)
        cls.__init__ = space["__init__"]  # type: ignore[method-assign]
        cls.__init__(self, *values, **named)


# ── expressions ──────────────────────────────────────────────────────────────


class Number(Node):
    """A number, signless."""

    span: Span
    value: float


class Text(Node):
    """A plain string, escapes already undone."""

    span: Span
    value: str


class Hole(Node):
    """`{value:format}` inside an interpolated string."""

    span: Span
    value: Expr
    format: str


class Interpolated(Node):
    """`f"…{x:.3f}…"`: literal texts and holes in order."""

    span: Span
    parts: list[str | Hole]


class Constant(Node):
    """`true`, `false` or `none`."""

    span: Span
    value: Literal["true", "false", "none"]


class Name(Node):
    """A name, read or bound."""

    span: Span
    id: str
    binding: Any = None  # set by the resolver


class Operation(Node):
    """One step of a chain: the operator's own span, and its right operand."""

    span: Span
    op: str
    operand: Expr


class Chain(Node):
    """`first op operand op operand …`, one precedence level, grouped from the left.

    `**` groups from the right, so its chains have exactly one step.
    """

    span: Span
    first: Expr
    rest: list[Operation]


class Compare(Node):
    """`first < operand <= operand …`: true where every neighbouring pair is."""

    span: Span
    first: Expr
    rest: list[Operation]


class Logical(Node):
    """`a and b and c`, or the same with `or`."""

    span: Span
    op: Literal["and", "or"]
    operands: list[Expr]


class Unary(Node):
    """`-x`, `+x`, `not x`."""

    span: Span
    op: Literal["-", "+", "not"]
    operand: Expr


class Parameter(Node):
    """A parameter of a function: a name and maybe a default."""

    span: Span
    name: Name
    default: Expr | None


class Lambda(Node):
    """`x -> body`, `(x, y) -> body`."""

    span: Span
    params: list[Parameter]
    body: Expr
    scope: Any = None  # set by the resolver


class Block(Node):
    """`{ … }`: its value is its last line's."""

    span: Span
    body: list[Stmt]


class If(Node):
    """`if c { } else if d { } else { }`, its branches side by side."""

    span: Span
    branches: list[tuple[Expr, Block]]
    otherwise: Block | None


class Argument(Node):
    """An argument of a call; `name` is None when it is given by position."""

    span: Span
    name: str | None
    name_span: Span | None
    value: Expr


class Call(Node):
    """`function(arguments)`."""

    span: Span
    function: Expr
    arguments: list[Argument]


class Slice(Node):
    """`start:stop:step`, each part optional."""

    span: Span
    start: Expr | None
    stop: Expr | None
    step: Expr | None


class Index(Node):
    """`value[subscripts]`."""

    span: Span
    value: Expr
    subscripts: list[Expr | Slice]


class Attribute(Node):
    """`value.name`; called, it may be the function `name` with `value` as first argument."""

    span: Span
    value: Expr
    name: str
    name_span: Span
    binding: Any = None  # set by the resolver: what `name` is as a function in scope


class Paren(Node):
    """`( inner )`: kept so that the printer can keep what the user wrote."""

    span: Span
    inner: Expr


class TupleDisplay(Node):
    """`a, b`; in `(a, b)` it stands inside a `Paren`."""

    span: Span
    items: list[Expr]


class ListDisplay(Node):
    """`[a, b]`."""

    span: Span
    items: list[Expr]


class Comprehension(Node):
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


class Import(Node):
    span: Span
    module: Name  # what is imported
    target: Name  # the name it gets here (the same node without `as`)


class Param(Node):
    """`param name = value`."""

    span: Span
    name: Name
    value: Expr


class Define(Node):
    """`name(params) = body`; `doc` is the comment block directly above."""

    span: Span
    name: Name
    params: list[Parameter]
    body: Expr
    doc: str = ""
    scope: Any = None  # set by the resolver


class Assign(Node):
    """`a, b = value`: targets are names or attributes (`w.data`)."""

    span: Span
    targets: list[Name | Attribute]
    value: Expr
    doc: str = ""


class Update(Node):
    """`target op= value`, with `op` one of `+ - * /`."""

    span: Span
    target: Name | Attribute
    op: str
    op_span: Span
    value: Expr


class For(Node):
    """`for targets in iterable { }`."""

    span: Span
    targets: list[Name]
    iterable: Expr
    body: Block
    is_nested: bool = False  # set by the resolver: whether it stands in another loop of its function
    scope: Any = None  # set by the resolver: whose names it binds


class While(Node):
    """`while condition { }`."""

    span: Span
    condition: Expr
    body: Block
    is_nested: bool = False  # as in For
    scope: Any = None


class Return(Node):
    """`return value`."""

    span: Span
    value: Expr | None


class Break(Node):
    """`break`."""

    span: Span


class Continue(Node):
    """`continue`."""

    span: Span


Stmt: TypeAlias = Import | Param | Define | Assign | Update | For | While | Return | Break | Continue | Expr


class Module(Node):
    """A whole source."""

    source: Source
    body: list[Stmt]
    scope: Any = None  # set by the resolver


def parts(node: Node) -> list[Node]:
    """The nodes directly inside of a node, in order of its fields."""
    found: list[Node] = []
    for name in node._parts:
        value = getattr(node, name)
        if value.__class__ is list:
            for item in value:
                if item.__class__ is tuple:  # a branch of an `if`
                    found += item
                elif item.__class__ is not str:
                    found.append(item)
        elif value is not None:
            found.append(value)
    return found
