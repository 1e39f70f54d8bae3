"""The syntax floor: what parses, how it groups, where it stands, and what is said when it does not parse."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gradlang.diagnostics import Diagnostic, GradlangError
from gradlang.source import Source, Span
from gradlang.syntax import grammar, tree
from gradlang.syntax.foreign import ROWS
from gradlang.syntax.parser import parse, unfinished

# `~` stands for a line break.


def lines(text: str) -> str:
    return text.replace("~", "\n")


def body(text: str) -> list[Any]:
    return list(parse(Source(text)).body)


def errors(text: str) -> list[Diagnostic]:
    with pytest.raises(GradlangError) as caught:
        parse(Source(text))
    return caught.value.diagnostics


def error(text: str) -> Diagnostic:
    (only,) = errors(text)
    return only


def dump(node: Any) -> Any:
    """A tree as nested tuples, without its places."""
    if isinstance(node, (list, tuple)):
        return tuple(dump(item) for item in node)
    if not isinstance(node, tree.Node):
        return node
    fields = [field for field in node._fields if not field.endswith("span")]
    return (type(node).__name__, *(dump(getattr(node, field)) for field in fields))


def nodes(node: Any) -> Iterator[Any]:
    """All nodes at and below a node."""
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, (list, tuple)):
            waiting += item
        elif isinstance(item, tree.Node):
            yield item
            waiting += [getattr(item, field) for field in item._fields]


def grouped(node: Any) -> str:
    """An expression with all its groups in parentheses."""
    match node:
        case tree.Number():
            return f"{node.value:g}"
        case tree.Name():
            return node.id
        case tree.Chain() | tree.Compare():
            return "(" + grouped(node.first) + "".join(f" {s.op} {grouped(s.operand)}" for s in node.rest) + ")"
        case tree.Logical():
            return "(" + f" {node.op} ".join(map(grouped, node.operands)) + ")"
        case tree.Unary():
            return f"({node.op} {grouped(node.operand)})"
        case tree.Attribute():
            return f"({grouped(node.value)} . {node.name})"
        case tree.Index():
            return f"({grouped(node.value)} [] {grouped(node.subscripts[0])})"
        case tree.Call():
            return f"({grouped(node.function)} ())"
        case tree.Lambda():
            return f"({' '.join(p.name.id for p in node.params)} -> {grouped(node.body)})"
        case tree.Paren():
            return grouped(node.inner)
    raise AssertionError(node)


# ── the grammar ──────────────────────────────────────────────────────────────


def test_the_grammar_has_no_conflicts() -> None:
    pytest.importorskip("interegular")
    lark = pytest.importorskip("lark")
    text = grammar.grammar_text()
    grammar.build(text, strict=True)
    with pytest.raises(lark.exceptions.GrammarError):  # strict mode does look for conflicts
        grammar.build(text.replace('"(" exprs ")"  ', '"(" exprs ")" | atom atom'), strict=True)


ACCEPTED = """i += 1;;|1 < x < 2|not not x|x -> y -> z|(x, y) -> x * y|f(a,)|[1,]|[x for x, y in zs if x > 0]
a[1:2, :, ::2, -1]|for x, y in zs {}|if a {} else {}|if a {}~else if b {}~else {}|x~  .sum()~  .relu()|x = 1 +~ 2
f(~1,~2~)|f(x) = {~  y = x * 2~~  y + 1~}|g({~ y = 2~ y * y~})|a = 1; b = 2; a + b|a = 1 # c~# c~~b = 2
f(x, n=2) = x**n|a, b = 1, 2|import util as u|x = 1.|[1., .5, 1e-3]|return a, b|# only a comment||~~~|f() = 1
while true { break }|x = if a { 1 } else { 2 }|x = (if a { 1 }) + 1|w.data -= 1|(1).x|1.relu()|x = none|x;|import~utils
f(x, y -> y)|#!/usr/bin/env gradlang~x = 1|formula = 1|x_1 = é2|f"{x}" + f'{y:.3f}'|\ufeffx = 1"""

REJECTED = """1 2|x y|2x|a = b = 1|x ^ 2|a && b|!x|i++|i++~print(1)|x--~y|def f(x):|lambda x: x|for i in r:|if x == 1:
if x = 1 {}|print "a"|let x = 3|x := 3|a ? b : c|[1 2 3]|[1; 2]|fn f(x) = x|x **= 2|y = for|y = in + 1|x.for|with a {}
x: int = 3|\"\"\"doc\"\"\"|/* c */|{ "a": 1 }|a if b else c|() -> 1|param w|a[]|f(,)|(1|1)|if x {|"abc|x.true
param true = 1|for none in x {}|f(true=1)|x²|x = 1 +|a, += 1|import|`x`|1 = 2|f(1) = 2|"""


@pytest.mark.parametrize("text", ACCEPTED.replace("\n", "|").split("|"))
def test_accepted(text: str) -> None:
    parse(Source(lines(text)))


@pytest.mark.parametrize("text", [*REJECTED.replace("\n", "|").strip("|").split("|"), "a || b", "x |> f"])
def test_rejected(text: str) -> None:
    for found in errors(lines(text)):
        assert found.message and 0 <= found.span.start < found.span.end <= len(text)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("-2**2", "(- (2 ** 2))"),
        ("2**-1", "(2 ** (- 1))"),
        ("2**3**2", "(2 ** (3 ** 2))"),
        ("10-2-3", "(10 - 2 - 3)"),
        ("1-2*3*4+5", "(1 - (2 * 3 * 4) + 5)"),
        ("1-(2-3)-4", "(1 - (2 - 3) - 4)"),
        ("(1-2)-3", "((1 - 2) - 3)"),
        ("a@b*c", "(a @ b * c)"),
        ("a**b*c", "((a ** b) * c)"),
        ("not a == b", "(not (a == b))"),
        ("a or b and c or d", "(a or (b and c) or d)"),
        ("a and (b and c) and d", "(a and (b and c) and d)"),
        ("-x.f", "(- (x . f))"),
        ("2**x.f", "(2 ** (x . f))"),
        ("-x[0]", "(- (x [] 0))"),
        ("a<b<c", "(a < b < c)"),
        ("x->y->z", "(x -> (y -> z))"),
        ("(x, y) -> x or y", "(x y -> (x or y))"),
        ("a+b<c", "((a + b) < c)"),
        ("-a*b", "((- a) * b)"),
        ("1.relu()", "((1 . relu) ())"),
        ("x <- 3", "(x < (- 3))"),
        ("x // y", "(x // y)"),
    ],
)
def test_grouping(text: str, groups: str) -> None:
    (expression,) = body(text)
    assert grouped(expression) == groups


@pytest.mark.parametrize(("text", "value"), [("1_000", 1000), (".5", 0.5), ("1.", 1), ("1e-3", 0.001), ("2.5e2", 250)])
def test_numbers(text: str, value: float) -> None:
    assert body(text)[0].value == value


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x =~ 1", 1),
        ("x~-1", 2),
        ("f(~{ x~y }~)", 1),
        ("{ (x~.y)~z }", 1),
        ("a~.b~~.c", 1),
        ("if a {}~~# note~else {}", 1),
        ("x = a and~b", 1),
        ("return~x", 2),
        ("x = 1;~.5", 2),
        ("[1,~~ 2]~x", 2),
    ],
)
def test_line_breaks(text: str, count: int) -> None:
    assert len(body(lines(text))) == count


def test_two_operators_do_not_swallow_the_next_line() -> None:
    assert error("i++\nprint(1)").code == "E0107"


def test_line_endings_do_not_matter() -> None:
    text = lines(
        "# doc~# more~f(x) = {~  y = x *~    2~  y~    .sum()~}~if a { 1 }~else { 2 }~s = 'a' # b~[1,~2]~f(~)~"
    )
    want = dump(body(text))
    assert dump(body(text.replace("\n", "\r\n"))) == want
    assert dump(body(text.rstrip("\n"))) == want


# ── the tree ─────────────────────────────────────────────────────────────────


def test_statements() -> None:
    (define,) = body("f(x, n=2) = x")
    assert [(p.name.id, p.default and p.default.value) for p in define.params] == [("x", None), ("n", 2)]
    (assign,) = body("a, w.data = 1, 2")
    assert [type(target).__name__ for target in assign.targets] == ["Name", "Attribute"]
    (update,) = body("w.data *= 2")
    assert (update.op, update.op_span.text) == ("*", "*=")
    (plain, renamed) = body("import a; import b as c")
    assert (plain.target is plain.module, renamed.module.id, renamed.target.id) == (True, "b", "c")
    (branches,) = body("if a {1} else if b {2} else if c {3} else {4}")
    assert (len(branches.branches), branches.otherwise.span.text) == (3, "{4}")
    (call,) = body("f(1, dim=0,)")
    assert [(a.name, a.name_span and a.name_span.text) for a in call.arguments] == [(None, None), ("dim", "dim")]
    (each,) = body("[x + y for x, y in zs if x > 0]")
    assert ([t.id for t in each.targets], each.condition.span.text) == (["x", "y"], "x > 0")


@pytest.mark.parametrize(
    ("text", "bounds"),
    [(":", "---"), ("1:", "1--"), (":2", "-2-"), ("::3", "--3"), ("1:2:3", "123"), ("1:2:", "12-"), ("1::", "1--")],
)
def test_slices(text: str, bounds: str) -> None:
    (part,) = body(f"x[{text}]")[0].subscripts
    found = "".join(bound.span.text if bound else "-" for bound in (part.start, part.stop, part.step))
    assert (found, part.span.text) == (bounds, text)


def test_strings() -> None:
    assert [node.value for node in body(r"""'a"b'; "\n\t\\\"\'"; "\u{3b1}\u{1F600}"; ''""")] == [
        'a"b',
        "\n\t\\\"'",
        "α😀",
        "",
    ]


def test_interpolation() -> None:
    (node,) = body(r"""f"a{{\n{x:.3f}}}{ y['k'][1:2] }{if c {1} else {2}}\u{3b1}" """)
    first, hole, brace, second, third, last = node.parts
    assert (first, brace, last) == ("a{\n", "}", "α")
    assert (hole.format, hole.value.id, hole.span.text) == (".3f", "x", "{x:.3f}")
    assert (second.format, second.value.span.text, third.value.span.text) == ("", "y['k'][1:2]", "if c {1} else {2}")


EVERYTHING = lines("""import a as b
param w = randn(2, 3)  # weights
x, w.data = (1, -2), none
f(x, n=2) = { y = x**n + 1 - 3; return y }
for i, j in zip(a, b) { while i < 3 <= j and not true or c { break; continue } }
g = (p, q) -> [1, 2] @ [p * k // 2 % 3 for k in xs if k != 0][1:2, :, -1].sum(dim=0,)
if a { 1 } else if b { 2 } else { w -= f"α{x + 1:.3f}{'😀'}" }
""")


def test_spans() -> None:
    """What stands under a node's span is, parsed alone, the same node."""
    seen = set()
    for node in nodes(body(EVERYTHING)):
        seen.add(type(node))
        text = node.span.text if not isinstance(node, Span) else "-"
        assert text == text.strip() and text
        if isinstance(node, (tree.Name, tree.Constant, tree.Text)):
            assert str(getattr(node, "id", getattr(node, "value", None))) == text.strip("'")
        if isinstance(node, tree.Operation):
            assert text == node.op
        if isinstance(node, tree.Update):
            assert node.op_span.text == node.op + "="
        if isinstance(node, tree.Attribute):
            assert node.name_span.text == node.name
        parts = (tree.Operation, tree.Argument, tree.Parameter, tree.Slice, tree.Hole, Source, Span, tree.TupleDisplay)
        if not isinstance(node, parts):
            (again,) = body(text)
            assert dump(again) == dump(node)
    kinds = {kind for kind in vars(tree).values() if isinstance(kind, type) and issubclass(kind, tree.Node)}
    assert seen >= kinds - {tree.Module, tree.Node}


def test_documentation() -> None:
    start = "#!/usr/bin/env gradlang~# Far.~~# One.~#   Two.~f(x) = x~y = 1  # no~z = 2~"
    f, y, z, block = body(lines(start + "{~  # in~  g(x) = 1; h = 2~}"))
    g, h = block.body
    assert [node.doc for node in (f, y, z, g, h)] == ["One.\n  Two.", "", "", "in", ""]
    assert body("#!/usr/bin/env gradlang\nx = 1")[0].doc == ""


# ── size ─────────────────────────────────────────────────────────────────────

MANY = 100_000


def test_long_chains_are_flat() -> None:
    (assign,) = body("x = 1" + " + x" * MANY)
    assert (len(assign.value.rest), assign.value.span.end) == (MANY, 5 + 4 * MANY)
    (logical,) = body("x" + " and x" * 1000)
    assert len(logical.operands) == 1001
    (branches,) = body("if a {}" + " else if a {}" * 1000)
    assert len(branches.branches) == 1001


@pytest.mark.parametrize("start", ["(", "[", "{", "f(", "x[", "if a {", "f(x) = {", "-", "not ", "x**", "x->"])
def test_deep_nesting_is_an_error(start: str) -> None:
    assert error(start * MANY + "x").code == "E0103"


@pytest.mark.parametrize("end", [".a", "()", "[0]"])
def test_long_postfix_chains_are_an_error(end: str) -> None:
    assert error("x" + end * MANY).code == "E0103"


@pytest.mark.parametrize(("start", "end"), [("(", ")"), ("-", ""), ("[", "]"), ("{", "}"), ("f(", ")"), ("x -> ", "")])
def test_the_nesting_limit(start: str, end: str) -> None:
    limit = tree.NESTING_LIMIT
    parse(Source("x = " + start * limit + "1" + end * limit))
    assert error("x = " + start * (limit + 1) + "1" + end * (limit + 1)).code == "E0103"
    assert error(f'f"{{ {start * limit}1{end * limit} }}"').code == "E0103"


# ── mistakes ─────────────────────────────────────────────────────────────────

# What is typed; the code and the underlined text; the program after the fix, if there is one.
MISTAKES: list[tuple[str, str, str, str | None]] = [
    ("x ^ 2", "E0107", "^", "x ** 2"),
    ("a&&b", "E0107", "&&", "a and b"),
    ("a || b", "E0107", "||", "a or b"),
    ("!x", "E0107", "!", "not x"),
    ("i++", "E0107", "++", "i += 1"),
    ("x-- # less", "E0107", "--", "x -= 1 # less"),
    ("def f(x):", "E0107", "def", None),
    ("def f(x): return x * 2", "E0107", "def", "f(x) = x * 2"),
    ("fn f(x)", "E0107", "fn", None),
    ("fn f(x) = x", "E0107", "fn", "f(x) = x"),
    ("function f(x) { x }", "E0107", "function", "f(x) = { x }"),
    ("f(x) { x }", "E0107", "{", "f(x) = { x }"),
    ("lambda x: x", "E0107", "lambda", "x -> x"),
    ("map(lambda x, y: x, z)", "E0107", "lambda", "map((x, y) -> x, z)"),
    ("for i in r:", "E0107", ":", None),
    ("for i in r: print(i)", "E0107", ":", "for i in r { print(i) }"),
    ("if x == 1:", "E0107", ":", None),
    ("while c:~  x = 1", "E0107", ":", "while c {~  x = 1~}"),
    ("if a {~}~elif b {~}", "E0107", "elif", "if a {~}~else if b {~}"),
    ("if x = 1 {}", "E0107", "=", "if x == 1 {}"),
    ("a = b = 1", "E0107", "=", "b = 1; a = b"),
    ("let x = 3", "E0107", "let", "x = 3"),
    ("{ var x = 3 }", "E0107", "var", "{ x = 3 }"),
    ("const x = 3", "E0107", "const", "x = 3"),
    ("x := 3", "E0107", ":=", "x = 3"),
    ("a ? b : c", "E0107", "?", "if a { b } else { c }"),
    ("[1 2, 3]", "E0107", "2", "[1, 2, 3]"),
    ("[1; 2]", "E0107", ";", "[[1], [2]]"),
    ("x **= 2", "E0107", "**=", "x = x ** 2"),
    ("y = 2x", "E0107", "x", "y = 2 * x"),
    ('print "a"', "E0107", '"a"', 'print("a")'),
    ("x: int = 3", "E0107", ":", "x = 3"),
    ("f(x: float) = x", "E0107", ":", "f(x) = x"),
    ('"""doc"""', "E0107", '"""', "# doc"),
    ("/* c */", "E0107", "/*", "# c"),
    ("x = 3 /* c */", "E0107", "/*", "x = 3 # c"),
    ("// note", "E0107", "//", "# note"),
    ("x = 3 // a note", "E0107", "//", "x = 3 # a note"),
    ('{ "a": 1 }', "E0107", ":", None),
    ("a if b else c", "E0107", "if", "if b { a } else { c }"),
    ("x |> f", "E0107", "|>", "f(x)"),
    ("() -> 1", "E0107", "()", None),
    ("with open(f) as g {~}", "E0107", "with", None),
    ("x'", "E0107", "'", "x.T"),
    ("g'(x) + 1", "E0107", "'", "grad(g)(x) + 1"),
    ("f'(x)", "E0107", "f'", "grad(f)(x)"),
    ("f(,)", "E0101", ",", None),
    ("param w", "E0101", "w", None),
    ("for i in r~  print(i)", "E0107", "r", "for i in r {~  print(i)~}"),
    ("while c~{~}", "E0107", "c", "while c {~}"),
    ("if c print(1)", "E0107", "print", None),
    ("if c {} else 3", "E0107", "3", "if c {} else { 3 }"),
    ("else { }", "E0101", "else", None),
    ("f(x) -> x", "E0111", "f(x)", "f(x) = x"),
    ("f(x) -> float = x", "E0111", "f(x)", "f(x) = x"),
    ("1 -> x", "E0111", "1", None),
    ("x => 2", "E0107", "=>", "x -> 2"),
    ("a === b", "E0107", "===", "a == b"),
    ("x is none", "E0107", "is", "x == none"),
    ("if x not in xs { }", "E0107", "not in", None),
    ("1 + if a { 1 }", "E0101", "if", None),
    ("f(*args)", "E0107", "*", None),
    ("sum(x for x in xs)", "E0107", "for", "sum([x for x in xs])"),
    ("for i in 0..10 {}", "E0107", "..", "for i in range(0, 10) {}"),
    ("for (x in xs) {}", "E0107", "(", "for x in xs {}"),
    ("for (i = 0; i < 3; i++) {}", "E0107", "(", "for i in range(3) {}"),
    ("x = 1 + \\~2", "E0107", "\\", "x = 1 + ~2"),
    ("$x", "E0108", "$", "x"),
    ("x²", "E0108", "²", "x**2"),
    ("a − b", "E0108", "−", "a - b"),
    ('x = "abc', "E0104", '"abc', None),
    ('f"abc', "E0104", 'f"abc', None),
    (r'"\d"', "E0104", r"\d", r'"\\d"'),
    (r'"\u{d800}"', "E0104", r"\u{d800}", None),
    ("x = (1 + 2", "E0102", "(", None),
    ("x = (1 + 2~y = 3", "E0102", "(", None),
    ("f(x) = {~  y = 1", "E0102", "{", None),
    ("x = 1 +~", "E0102", "+", None),
    ("f(1]", "E0106", "]", None),
    ("x = 1)", "E0106", ")", None),
    ("y = for", "E0101", "for", None),
    ("x.for", "E0101", "for", None),
    ("true = 3", "E0105", "true", None),
    ("x[0] = 1", "E0304", "x[0]", None),
    ("x[0] += 1", "E0304", "x[0]", None),
    ("(a) = 1", "E0105", "(a)", "a = 1"),
    ("a, 1 = x", "E0105", "1", None),
    ("x + 1 = 2", "E0105", "x + 1", None),
    ("f(x) += 2", "E0105", "f(x)", None),
    ("f(x, x) = 1", "E0111", "x", None),
    ("f(n=1, x) = 1", "E0111", "x", None),
    ("f(1) = 2", "E0111", "1", None),
    ("(x, 1) -> 1", "E0111", "1", None),
    ('f"{x"', "E0109", "{", None),
    ('f"}"', "E0109", "}", 'f"}}"'),
    ('f"{ }"', "E0109", "{ }", None),
    ('f"{x +}"', "E0109", "+", None),
    ('f"{x = 1}"', "E0109", "{x = 1}", None),
    ('f"{x ^ 2}"', "E0107", "^", 'f"{x ** 2}"'),
    ('f"{f(x]}"', "E0106", "]", None),
    ("x = 1~y = f'{x!r}'", "E0107", "!r", "x = 1~y = f'{repr(x)}'"),
    ("[i for i in xs if i > 1 else 0]", "E0107", "else", None),
    ("net = new Net()", "E0107", "new", "net = Net()"),
    ("for (k, v) in xs {~  k~}", "E0107", "(", "for k, v in xs {~  k~}"),
    ("acc = (p > 0.5 = y).mean()", "E0107", "=", "acc = (p > 0.5 == y).mean()"),
]


@pytest.mark.parametrize(("text", "code", "under", "mended"), MISTAKES)
def test_mistakes(text: str, code: str, under: str, mended: str | None) -> None:
    text = lines(text)
    found = error(text)
    assert (found.code, found.span.text) == (code, under)
    assert (found.fixes == []) == (mended is None)
    if mended is not None:
        edits = sorted((span.start, span.end, new) for span, new in found.fixes[0].edits)
        for start, end, new in reversed(edits):
            text = text[:start] + new + text[end:]
        assert text == lines(mended)
        parse(Source(lines(mended)))
    if code == "E0107":
        assert found.help


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("f(1 2)", "expected an operator, `,` or `)`, found `2`"),
        ("x = [1,\n2\n3]", "expected an operator, `,` or `]`, found `3`"),
        ("for 1 in x {}", "expected a name, found `1`"),
        ("import a b", "expected `as` or the end of the statement, found `b`"),
        ("x = 1 +", "unfinished: a value should follow `+`"),
        ("f(1]", "`]` does not match `(`"),
        ("y = in", "expected a value, but `in` is a keyword"),
        ("x.for", "`for` is a keyword and cannot be a name"),
        ("x = (1 + 2\ny = 3", "`(` is never closed"),
    ],
)
def test_messages(text: str, message: str) -> None:
    assert error(text).message == message


def test_labels_show_the_other_place() -> None:
    assert [label.span.text for label in error("f(1]").labels] == ["("]
    assert [label.span.text for label in error("x = (1 + 2\ny = 3").labels] == ["y"]
    assert [label.span.text for label in error("x = 1 +\n  y = 2").labels] == ["+"]


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_rows_are_well_formed(row: int) -> None:
    template, groups = ROWS[row], re.compile(ROWS[row].pattern).groupindex
    assert "‸" in template.pattern or not template.marked
    for text in (template.message, template.help, template.fix):
        assert text is None or callable(text) or set(re.findall(r"\\g<(\w+)>", text)) <= set(groups)
    assert template.block in ("", "braced", "freed")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("x = = 1~y = 2~z = 3 3~w = 1", "1:5 3:7"),
        ("x[0] = 1~y = 2 2~1 = 3", "1:1 2:7 3:1"),
        ("for i in r {~  x = = 3~  y = 2~}~z = 1 1", "2:7 5:7"),
        ("x = f(1, 2~y = 3~z = 1 1", "1:6 3:7"),
        ("f(x) = {~  y = (1~  y~}~z = 1 1", "2:7 5:7"),
        ("f(x) = {~  y = 1~g(x) = 3~z = 1 1", "1:8 4:7"),
        ("if a {~x = f(1]~}~y = ", "2:8 4:3"),
        ('"""~Some text here.~"""~x = 1 1', "1:1 4:7"),
        ('f(x) = {~  """~  Some text.~  """~  x~}~x = 1 1', "2:3 7:7"),
        ("x = 1)~y = 2]~z = 1", "1:6 2:6"),
        ('a = f"{x y} {z"~b = "\\q"', "1:10 1:13 2:6"),
        ("if x == 1:~  print(1)~y = 2", "1:10"),
        ("x = 'abc~y = 1~z = 'def", "1:5 3:5"),
    ],
)
def test_each_broken_statement_gives_its_own_error(text: str, places: str) -> None:
    found = [found.span.source.line_column(found.span.start) for found in errors(lines(text))]
    assert " ".join(f"{line}:{column}" for line, column in found) == places


SOUP = """x 1 "a" f"{x}" f"{x ' ( ) [ ] { } + - * ** / // = == += -> . , : ; ~ # | & ! ? @ ^ $ if else for in while
param return import not and true def print lambda : ++ 2x"""


@pytest.mark.parametrize("seed", range(400))
def test_any_text_gives_a_tree_or_diagnostics(seed: int) -> None:
    draw = random.Random(seed)
    text = lines(draw.choice([" ", ""]).join(draw.choices(SOUP.split(), k=draw.randrange(1, 30))))
    try:
        parse(Source(text))
    except GradlangError as caught:
        assert caught.diagnostics
        for found in caught.diagnostics:
            places = [
                found.span,
                *(label.span for label in found.labels),
                *(e[0] for f in found.fixes for e in f.edits),
            ]
            assert all(0 <= place.start <= place.end <= len(text) for place in places)
            assert "‸" not in found.message and "\\g<" not in found.message + "".join(found.help)
    assert unfinished(text) in (True, False)


def test_errors_come_in_order_of_place() -> None:
    assert [found.span.text for found in errors("f(1) = {\n  x[0] = 1\n}\ny[0] = 1")] == ["1", "x[0]", "y[0]"]
    assert [found.span.text for found in errors("f(1) = {\n  x[0] = 1\n}\ny = 1 1")] == ["1", "x[0]", "1"]


def test_endless_errors_end() -> None:
    assert len(errors("x = = 1\n" * 1000)) == 50


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x = (1 +", True), ("f(x) = {", True), ("f(x) = {\n  y = 1\n", True), ("x = 1 +", True), ("x = 1 +\n", True),
        ("x =", True), ("x = 'abc", True), ("[1,", True), ("x = 1 + # note", True), ("for", True), ("x.", True),
        ("", False), ("x = 1", False), ("x = 1\n", False), ("i++", False), ("param w", False), ("x = = (", False),
        ("x = (1]", False), ("'abc\nx = 1", False), ("x = 1)", False), ("if a { 1 }", False), ("x = 1 +;", False),
        ("(" * 300, False),
    ],
)  # fmt: skip
def test_unfinished(text: str, wanted: bool) -> None:
    assert unfinished(text) is wanted


# ── loading ──────────────────────────────────────────────────────────────────


def test_threads_do_not_mix() -> None:
    found: dict[int, Any] = {}

    def read(number: int) -> None:
        found[number] = [
            node.span.source.name for node in parse(Source(f"f'{{x + {number}}}'\n" * 50, str(number))).body
        ]

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [str(number)] * 50 for number in range(4)}
