"""Random programs from the grammar, such that most of what they do is done.

Every alternative of grammars/gradlang.lark has its place here. An expression is asked for by what it should be worth
(a number, a vector of 3, a 3 by 3 matrix, text …) and reads names that are worth that where there are some. Now and
then it is worth something else, or a name is bound nowhere, so that programs go wrong in all places, and seldom early.
"""

from __future__ import annotations

import random
from collections.abc import Callable

NUMBER, TRUTH, VECTOR, MATRIX, TEXT, ITEMS, PAIR, FUNCTION, MODEL = (
    "number", "truth", "vector", "matrix", "text", "items", "pair", "function", "model",
)  # fmt: skip
KINDS = (NUMBER, TRUTH, VECTOR, MATRIX, TEXT, ITEMS, PAIR, FUNCTION, MODEL)
VALUES = (NUMBER, NUMBER, VECTOR, VECTOR, MATRIX, TRUTH, TEXT, ITEMS, PAIR, FUNCTION, MODEL)
NAMES = ["a", "b", "x", "y", "n", "loss", "W", "out", "θ", "é1", "names", "sum", "i", "f", "net", "end_", "e5", "_"]
NUMBERS = [
    "0", "1", "2", "3", "2.5", "1.", ".5", "1e-3", "0.1", "-1", "1_000", "7", "1e308", "1e-320", "1e400", "nan", "inf",
    "pi", "-0.0", "10", "1e9", "123456789012345678901234567890", "0.1e+2",
]  # fmt: skip
TEXTS = [
    '"text"', "'it'", '""', '"a b c"', r'"\n\t\\\""', r'"\u{1F600}"', '"größe"', "'#{}'", '"1.5"', '"ab"[0:1]',
    '"\x01"', '"\u202eabc"', '"日本語"',
]  # fmt: skip
SPECS = ["", ":.3f", ":>10", ":e", ":+.1f", ":d", ":.1%", ":<3", ":^9", ":x", ":,", ":999"]
UNARY = [
    "exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "sigmoid", "relu", "leaky_relu", "gelu", "softplus", "abs",
    "sign", "floor", "round", "detach",
]  # fmt: skip
REDUCTIONS = ["sum", "mean", "std", "var", "max", "min", "prod", "norm", "logsumexp", "argmax", "argmin"]
COMMENTS = ["  # why", "  #> 3", "  #! E0201", "# allow W0301", "  # größe"]


class Writer:
    """Writes one program; `bound` are the names in scope by what they are worth."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.bound: dict[str, list[str]] = {kind: [] for kind in KINDS}
        self.params: list[str] = []
        self.loops = self.functions = 0  # that the place is in
        self.slips = rng.choice([0.0, 0.0, 0.01, 0.05])  # how often something is not what it should be
        self.left = rng.choice([10, 30, 100])  # expressions, until only plain ones are written

    def program(self) -> str:
        lines = []
        for _ in range(self.rng.choice([1, 2, 4, 8, 16])):
            lines.append(self.statement(0))
            if self.rng.random() < 0.05:
                lines[-1] += self.rng.choice(COMMENTS)
        text = ""
        for line in lines:
            text += line + ("\n" if "#" in line.rpartition('"')[2] else self.rng.choice(["\n", "\n", "\n\n", "; "]))
        return text

    # ── statements ───────────────────────────────────────────────────────────

    def statement(self, depth: int) -> str:
        r = self.rng
        if self.loops and r.random() < 0.08:
            return r.choice(["break", "continue", f"if {self.of(TRUTH, 2)} {{ {r.choice(['break', 'continue'])} }}"])
        if self.functions and r.random() < 0.12:
            return r.choice(["return", f"return {self.any(2)}", f"return {self.any(2)}, {self.any(2)}"])
        if r.random() < self.slips:
            if r.random() < 0.6:
                return "slip = " + self.slip(1)
            return r.choice(["break", "return 1", "import nowhere", "continue", "w = w"])
        if depth > 2:
            return self.assignment() if r.random() < 0.6 else f"print({self.any(2)})"
        writers: list[tuple[Callable[[int], str], int]] = [
            (lambda _: self.assignment(), 10), (self.parameter, 3), (self.update, 3), (self.definition, 4),
            (self.for_, 3), (self.while_, 1), (self.if_statement, 2), (self.backward, 4), (self.training, 1),
            (self.shown, 4), (self.unpacked, 1), (self.imported, 1),
        ]  # fmt: skip
        (write,) = r.choices([w for w, _ in writers], [weight for _, weight in writers])
        return write(depth)

    def block(self, depth: int, most: int = 3, last: str = "") -> str:
        """Statements in braces; what they bind is not known behind."""
        before = {kind: list(names) for kind, names in self.bound.items()}
        found = [self.statement(depth + 1) for _ in range(self.rng.randint(0, most))] + [last] * bool(last)
        self.bound = before
        return "{ " + self.rng.choice(["; ", "\n  "]).join(found) + " }"

    def new(self, kind: str) -> str:
        """A name for what is bound, seldom one that is worth something else by now."""
        name = self.rng.choice(NAMES) if self.rng.random() < 0.4 else f"{kind[0]}{self.rng.randrange(9)}"
        if name in self.params and self.rng.random() < 0.9:
            name += "_"
        return name

    def bind(self, name: str, kind: str) -> None:
        for names in self.bound.values():
            if name in names:
                names.remove(name)
        self.bound[kind].append(name)

    def assignment(self) -> str:
        kind = self.rng.choice(VALUES)
        value, name = self.of(kind, 0), self.new(kind)
        self.bind(name, kind)
        return f"{name} = {value}"

    def unpacked(self, depth: int) -> str:
        kind, other = self.rng.choice(VALUES), self.rng.choice(VALUES)
        values = f"{self.of(kind, 1)}, {self.of(other, 1)}"
        names = self.new(kind), self.new(other)
        self.bind(names[0], kind)
        self.bind(names[1], other)
        return f"{names[0]}, {names[1]} = {values}"

    def imported(self, depth: int) -> str:
        return self.rng.choice(
            [
                "import test_log as h; h.total + h.x[0]",
                "import newton",
                "help(relu)",
                "manual_seed(3)",
                "manual_seed(4)",
            ]
        )

    def parameter(self, depth: int) -> str:
        kind = self.rng.choice([NUMBER, VECTOR, MATRIX])
        value, name = self.of(kind, 1), f"p{self.rng.randrange(9)}"
        self.bind(name, kind)
        self.params.append(name)
        return f"param {name} = {value}"

    def update(self, depth: int) -> str:
        operator = self.rng.choice(["+=", "-=", "*=", "/="])
        kind = self.rng.choice([NUMBER, VECTOR, MATRIX])
        named = [name for name in self.bound[kind] if not self.functions or name in self.params]
        if not named:
            return self.assignment()
        part = "[0]" if self.rng.random() < 0.03 else self.rng.choice(["", "", "", "", ".data"])
        target = self.rng.choice(named) + part
        return f"{target} {operator} {self.of(kind, 1)}"

    def definition(self, depth: int) -> str:
        """A function, most with a number for a parameter, and with a default sometimes."""
        r, name = self.rng, f"f{self.rng.randrange(5)}"
        kind = r.choice([NUMBER, NUMBER, VECTOR, MATRIX])
        parameters = r.choice(["q", "q", "q, k=2", "q, q2=[1, 2]"])
        if r.random() < self.slips:
            parameters = r.choice(["q, *k", "q, q", "", "q, k=", "[q]"])
        before, loops = {k: list(names) for k, names in self.bound.items()}, self.loops
        self.functions, self.loops = self.functions + 1, 0
        self.bind("q", kind)
        body = self.of(kind, 1)
        if r.random() < 0.5:
            body = self.block(depth, 3, r.choice([body, f"return {body}"]))
        if r.random() < 0.05:
            body = f"if q.sum() < 0.5 {{ q }} else {{ {name}(q * 0.1) }}"
        self.functions, self.loops = self.functions - 1, loops
        self.bound = before
        self.bind(name, FUNCTION)
        return f"{name}({parameters}) = {body}"

    def for_(self, depth: int) -> str:
        r, before = self.rng, {kind: list(names) for kind, names in self.bound.items()}
        things, kinds = r.choice([
            ("i in range(3)", [("i", NUMBER)]), (f"v in {self.of(VECTOR, 2)}", [("v", NUMBER)]),
            (f"row in {self.of(MATRIX, 2)}", [("row", VECTOR)]), (f"c in {self.of(TEXT, 2)}", [("c", TEXT)]),
            (f"i, v in enumerate({self.of(VECTOR, 2)})", [("i", NUMBER), ("v", NUMBER)]),
            (f"k, v in zip({self.of(VECTOR, 2)}, {self.of(MATRIX, 2)})", [("k", NUMBER), ("v", VECTOR)]),
            (f"it in {self.of(ITEMS, 2)}", [("it", ITEMS)]), ("i in range(40)", [("i", NUMBER)]),
            (f"xb, yb in batches({self.of(MATRIX, 2)}, {self.of(VECTOR, 2)}, 2)", [("xb", MATRIX), ("yb", VECTOR)]),
            ("p in parameters([1])", [("p", VECTOR)]),
        ])  # fmt: skip
        for name, kind in kinds:
            self.bind(name, kind)
        self.loops += 1
        body = self.block(depth)
        self.loops -= 1
        self.bound = before
        return f"for {things} {body}"

    def while_(self, depth: int) -> str:
        self.loops += 1
        body = self.block(depth, 2)
        self.loops -= 1
        return f"t = 0; while t < {self.rng.choice(['3', '20'])} {{ t += 1; {body[1:]}"

    def conditional(self, depth: int, kind: str) -> str:
        r = self.rng
        text = f"if {self.of(TRUTH, 2)} {self.block(depth, 1, self.of(kind, 2))}"
        if r.random() < 0.3:
            text += f" else if {self.of(TRUTH, 2)} {self.block(depth, 1, self.of(kind, 2))}"
        return text + f" else {self.block(depth, 1, self.of(kind, 2))}"

    def if_statement(self, depth: int) -> str:
        text = f"if {self.of(TRUTH, 1)} {self.block(depth)}"
        return text + (f" else {self.block(depth)}" if self.rng.random() < 0.5 else "")

    def backward(self, depth: int) -> str:
        """From a number that hangs on a name, where one is bound."""
        r, named = self.rng, [name for kind in (NUMBER, VECTOR, MATRIX) for name in self.bound[kind]]
        if not named:
            return self.parameter(depth)
        name = r.choice(named)
        root = f"({self.of(NUMBER, 1)} * {name}{r.choice(['', '**2', '.tanh()'])}).sum()"
        asked = f"; {name}.grad" if r.random() < 0.5 else ""
        return f"backward({root}{r.choice(['', '', ', accumulate=true'])}){asked}"

    def training(self, depth: int) -> str:
        r = self.rng
        optimiser = r.choice(["sgd(net, lr=0.1, momentum=0.5)", "adam(net)", "adam(parameters(net), lr=0.01)"])
        model = self.of(MODEL, 3)
        self.bind("net", MODEL)
        loss = r.choice([
            "mse_loss(net(X), X)", "cross_entropy(net(X), [0, 1, 2])", "(net(X)**2).mean()", "net(X).softmax().norm()",
            "binary_cross_entropy(net(X).sigmoid()[:, 0], [0, 1, 1])", "sum([net(x).sum() for x in X])",
        ])  # fmt: skip
        steps = r.choice(["3", "30"])
        return (
            f"X = {self.of(MATRIX, 1)}; net = {model}; opt = {optimiser}\n"
            f"for step in range({steps}) {{ loss = {loss}; backward(loss); opt.step() }}"
        )

    def shown(self, depth: int) -> str:
        r = self.rng
        return r.choice([
            f"print({self.any(1)}, {self.any(1)})", f"print({self.any(1)}, sep={self.of(TEXT, 3)})", self.any(1),
            f"plot({self.of(VECTOR, 2)}, title={self.of(TEXT, 3)})", f"hist({self.of(VECTOR, 2)})",
            f"show({self.of(MATRIX, 2)})", f"gradcheck(q -> (q * {self.of(NUMBER, 3)}).sum(), {self.of(VECTOR, 3)})",
            f"repr({self.any(1)})", f"draw({self.of(NUMBER, 2)}, {r.choice(['a.svg', 'a.dot', 'a.html', 'a'])!r})",
            f"save({self.plain(MODEL)}, 'm.safetensors')", "load_csv('data/diabetes.csv')[0]",
        ])  # fmt: skip

    # ── expressions ──────────────────────────────────────────────────────────

    def any(self, depth: int) -> str:
        return self.of(self.rng.choice(VALUES), depth)

    def of(self, kind: str, depth: int) -> str:
        """An expression that is worth something of this kind."""
        r = self.rng
        self.left -= 1
        if r.random() < self.slips:
            return self.slip(depth)
        names = self.bound[kind]
        if names and r.random() < (0.35 if depth < 3 else 0.7):
            return r.choice(names)
        if depth > 3 or self.left < 0:
            return self.plain(kind)
        if r.random() < 0.05:
            return self.braced(kind, depth + 1)
        if r.random() < 0.1 and kind in (NUMBER, VECTOR, MATRIX):
            return f"({self.of(kind, depth + 1)})" + r.choice([".detach()", "", ".relu()", ".tanh()"])
        write: Callable[[int], str] = getattr(self, f"{kind}_")
        return write(depth + 1)

    def braced(self, kind: str, depth: int) -> str:
        """A block or an `if` for a value, which no statement in it can leave."""
        outside, self.loops, self.functions = (self.loops, self.functions), 0, 0
        last = self.of(kind, depth + 1)
        text = self.conditional(depth, kind) if self.rng.random() < 0.6 else self.block(depth, 2, last)
        self.loops, self.functions = outside
        return f"({text})"

    def slip(self, depth: int) -> str:
        r = self.rng
        word = r.choice([*NAMES, "none", "self", "lenght", "true", "end"])
        return r.choice([
            word, f"{word}.{r.choice(NAMES)}", self.plain(r.choice(KINDS)), f"{word}({self.any(depth + 2)})",
            f"{word}[{self.any(depth + 2)}]", r'"\q"', '"a" "b"', f"zeros({r.choice(NUMBERS)}, {r.choice(NUMBERS)})",
            f"{self.any(depth + 2)} {r.choice(['@', '**', '//', '%', '<', '+', 'and'])} {self.any(depth + 2)}",
            f"{self.any(depth + 2)}[{r.choice(['::-1', '0, 0, 0', ':, -5:', '1:0', 'x > 0', '[0, 7]', '0.5', '::0'])}]",
            f"f'{{{self.plain(NUMBER)}:{r.choice(['999999999', '.99999', '3d3'])}}}'",
            f"range({r.choice(NUMBERS)}, {r.choice(NUMBERS)}, {r.choice(NUMBERS)})",
            f"{r.choice(['mlp', 'adam', 'batches', 'one_hot', 'encode', 'eye', 'stack'])}({self.any(depth + 2)})",
        ])  # fmt: skip

    def plain(self, kind: str) -> str:
        r = self.rng
        numbers = [f"{r.uniform(-2, 2):.2f}" for _ in range(9)]
        match kind:
            case "number":
                return r.choice(NUMBERS) if r.random() < 0.3 else numbers[0]
            case "truth":
                return r.choice(["true", "false"])
            case "vector":
                return r.choice([f"[{', '.join(numbers[:3])}]", "zeros(3)", "ones(3)", "arange(3)", "[1, 2, 3,]"])
            case "matrix":
                rows = [f"[{', '.join(numbers[i : i + 3])}]" for i in (0, 3, 6)]
                return r.choice([f"[{', '.join(rows)}]", "eye(3)", "randn(3, 3)", "ones(3, 3)"])
            case "text":
                return r.choice(TEXTS)
            case "items":
                return r.choice(['["a", "b"]', "[1, [2, 3]]", "[]", '[("a", 1), ("b", 2)]', "[none, true]"])
            case "pair":
                return r.choice(["(1, 2)", '("a", [1, 2])', "(1, (2, 3))"])
            case "function":
                return r.choice(["(q -> q * 2)", "((q) -> q)", "tanh", "(q -> q.sum())", "grad(q -> (q * q).sum())"])
            case _:
                return r.choice(["mlp(3, [4, 3])", "linear(3, 3)", "mlp(3, [3], activation=tanh)"])

    def number_(self, depth: int) -> str:
        r = self.rng
        return r.choice([
            lambda: f"{self.of(NUMBER, depth)} {r.choice(['+', '-', '*', '/', '//', '%'])} {self.of(NUMBER, depth)}",
            lambda: f"({self.of(NUMBER, depth)}){r.choice(['**2', '**-1', '**0.5', ' ** 3'])}",
            lambda: f"{r.choice(['-', '+', '--'])}{self.of(NUMBER, depth)}",
            lambda: f"{r.choice(UNARY)}({self.of(NUMBER, depth)})",
            lambda: f"{self.of(r.choice([VECTOR, MATRIX]), depth)}.{r.choice(REDUCTIONS)}()",
            lambda: f"{r.choice(REDUCTIONS)}({self.of(VECTOR, depth)}, dim=0)",
            lambda: f"{self.of(VECTOR, depth)} @ {self.of(VECTOR, depth)}",
            lambda: f"{self.of(VECTOR, depth)}[{r.choice(['0', '-1', 'argmax([1, 2])', '1'])}]",
            lambda: f"{self.of(MATRIX, depth)}[0, {r.choice(['0', '-1', '2'])}]",
            lambda: f"len({self.of(r.choice([TEXT, ITEMS, VECTOR]), depth)})",
            lambda: f"{self.of(NUMBER, depth)}.item()",
            lambda: f"grad(q -> q * {self.of(NUMBER, depth)})({self.of(NUMBER, depth)})",
            lambda: f"{r.choice(['minimum', 'maximum'])}({self.of(NUMBER, depth)}, {self.of(NUMBER, depth)})",
            lambda: f"where({self.of(TRUTH, depth)}, {self.of(NUMBER, depth)}, {self.of(NUMBER, depth)})",
            lambda: f"clamp({self.of(NUMBER, depth)}, min=-1, max=1)",
            lambda: f"sum([{self.of(NUMBER, depth)} for i in range(3)])",
            lambda: f"{self.of(FUNCTION, depth)}({self.of(NUMBER, depth)})",
            lambda: f"mse_loss({self.of(VECTOR, depth)}, {self.of(VECTOR, depth)})",
            lambda: f"num_parameters({self.of(MODEL, depth)})",
            lambda: r.choice(["rand()", "randint(0, 3)", "randn()"]),
        ])()  # fmt: skip

    def truth_(self, depth: int) -> str:
        r = self.rng
        return r.choice([
            lambda: f"{self.of(NUMBER, depth)} {r.choice(['<', '<=', '>', '>=', '==', '!='])} {self.of(NUMBER, depth)}",
            lambda: f"0 < {self.of(NUMBER, depth)} <= 3",
            lambda: f"{self.of(TRUTH, depth)} {r.choice(['and', 'or'])} {self.of(TRUTH, depth)}",
            lambda: f"not {self.of(TRUTH, depth)}",
            lambda: f"{r.choice(['all', 'any'])}({self.of(VECTOR, depth)} > 0)",
            lambda: f"{self.of(TEXT, depth)} {r.choice(['==', '<', '!='])} {self.of(TEXT, depth)}",
            lambda: f"{self.any(depth)} == {self.any(depth)}",
        ])()  # fmt: skip

    def vector_(self, depth: int) -> str:
        r = self.rng
        return r.choice([
            lambda: f"{self.of(VECTOR, depth)} {r.choice('+-*/')} {self.of(r.choice([VECTOR, NUMBER]), depth)}",
            lambda: f"{self.of(MATRIX, depth)} @ {self.of(VECTOR, depth)}",
            lambda: f"{self.of(MATRIX, depth)}[{r.choice(['0', ':, 1', '-1, :', '2, ::1', 'eye(3) > 0'])}]",
            lambda: f"{self.of(MATRIX, depth)}.{r.choice(REDUCTIONS)}(dim={r.choice(['0', '1', '-1'])})",
            lambda: f"{r.choice(UNARY)}({self.of(VECTOR, depth)})",
            lambda: f"{r.choice(['softmax', 'log_softmax', 'flip', 'tanh'])}({self.of(VECTOR, depth)})",
            lambda: f"[{self.of(NUMBER, depth)}, {self.of(NUMBER, depth)}, 2{r.choice(['', ','])}]",
            lambda: f"[{self.of(NUMBER, depth)} for q in {self.of(VECTOR, depth)}]",
            lambda: f"[q for q, k in zip({self.of(VECTOR, depth)}, [3, 4, 5]) if {self.of(TRUTH, depth)}]",
            lambda: f"{self.of(VECTOR, depth)}[{r.choice(['::-1', '[2, 0, 1]', ':', 'randperm(3)', '0:3', '[0]'])}]",
            lambda: f"cat({self.of(VECTOR, depth)}, {self.of(VECTOR, depth)})[0:3]",
            lambda: f"stack({self.of(NUMBER, depth)}, 1, {self.of(NUMBER, depth)})",
            lambda: f"map({self.of(FUNCTION, depth)}, {self.of(VECTOR, depth)})",
            lambda: f"where({self.of(VECTOR, depth)} > 0, {self.of(VECTOR, depth)}, {self.of(NUMBER, depth)})",
            lambda: f"grad(q -> {self.of(NUMBER, depth)} * q.sum())({self.of(VECTOR, depth)})",
            lambda: f"{self.of(MODEL, depth)}({self.of(VECTOR, depth)})",
            lambda: f"sorted({self.of(VECTOR, depth)}{r.choice(['', ', reverse=true', ', key=q -> -q'])})",
            lambda: f"{self.of(FUNCTION, depth)}({self.of(VECTOR, depth)})",
            lambda: f"multinomial(softmax({self.of(VECTOR, depth)}), 3)",
            lambda: f"append({self.of(VECTOR, depth)}, {self.of(NUMBER, depth)})[1:]",
            lambda: f"linspace({self.of(NUMBER, depth)}, 1, 3)",
        ])()  # fmt: skip

    def matrix_(self, depth: int) -> str:
        r = self.rng
        return r.choice([
            lambda: f"{self.of(MATRIX, depth)} {r.choice('+-*/@')} {self.of(MATRIX, depth)}",
            lambda: f"{self.of(MATRIX, depth)}{r.choice(['.T', '.transpose()', '[::-1, :]', '[:, randperm(3)]'])}",
            lambda: f"{r.choice(UNARY)}({self.of(MATRIX, depth)})",
            lambda: f"softmax({self.of(MATRIX, depth)}, dim={r.choice(['0', '1', '-1'])})",
            lambda: f"stack([{self.of(VECTOR, depth)}, {self.of(VECTOR, depth)}, {self.of(VECTOR, depth)}])",
            lambda: f"[{self.of(VECTOR, depth)} for i in range(3)]",
            lambda: f"{self.of(MATRIX, depth)}.reshape({r.choice(['3, 3', '(3, 3)', '-1, 3', '9'])}).reshape(3, -1)",
            lambda: f"{self.of(VECTOR, depth)}.unsqueeze(1) * {self.of(VECTOR, depth)}.unsqueeze(0)",
            lambda: f"{self.of(MODEL, depth)}({self.of(MATRIX, depth)})",
            lambda: f"one_hot([0, 1, 2], 3) + {self.of(NUMBER, depth)}",
            lambda: f"{self.of(MATRIX, depth)} + {self.of(NUMBER, depth)}",
            lambda: f"flip({self.of(MATRIX, depth)}, dim=1)",
            lambda: f"{self.of(FUNCTION, depth)}({self.of(MATRIX, depth)})",
        ])()  # fmt: skip

    def text_(self, depth: int) -> str:
        r = self.rng
        return r.choice([
            lambda: f"{self.of(TEXT, depth)} + {self.of(TEXT, depth)}",
            lambda: f'f"{{{self.inside(depth)}{r.choice(SPECS)}}} and {{{{{r.choice(NUMBERS)}}}}}"',
            lambda: f"f'{{{self.inside(depth)}}}'",
            lambda: f"str({self.any(depth)})",
            lambda: f"{self.of(TEXT, depth)} * {r.choice(['2', '0', '3'])}",
            lambda: f"{self.of(TEXT, depth)}[{r.choice(['0:2', '::-1', ':', '-1:'])}]",
            lambda: f"repr({self.any(depth)})",
            lambda: 'decode([0, 1], vocab("ab"))',
        ])()  # fmt: skip

    def inside(self, depth: int) -> str:
        """An expression for a text to show, seldom one with quotes in it."""
        text = self.of(self.rng.choice([NUMBER, NUMBER, VECTOR]), depth + 2)
        return text if self.rng.random() < 0.1 or not set("\"'\n:") & set(text) else "a"

    def items_(self, depth: int) -> str:
        return self.rng.choice([
            lambda: f"[{self.of(TEXT, depth)}, {self.any(depth)}]",
            lambda: f"append({self.of(ITEMS, depth)}, {self.any(depth)})",
            lambda: f"[{self.any(depth)} for c in {self.of(TEXT, depth)}]",
            lambda: f"parameters({self.of(MODEL, depth)})",
            lambda: f"enumerate({self.of(VECTOR, depth)})",
            lambda: f"zip({self.of(TEXT, depth)}, {self.of(VECTOR, depth)})",
            lambda: f"{self.of(ITEMS, depth)}[0:1]",
            lambda: f"sorted({self.of(TEXT, depth)})",
            lambda: f"[{self.of(FUNCTION, depth)}, {self.of(FUNCTION, depth)}]",
        ])()  # fmt: skip

    def pair_(self, depth: int) -> str:
        return self.rng.choice([
            lambda: f"({self.any(depth)}, {self.any(depth)})",
            lambda: f"{self.of(MATRIX, depth)}.shape",
            lambda: f"value_and_grad(q -> q * q)({self.of(NUMBER, depth)})",
            lambda: "make_moons(10)",
            lambda: f"train_test_split({self.of(MATRIX, depth)}, {self.of(VECTOR, depth)}, test=0.3)",
        ])()  # fmt: skip

    def function_(self, depth: int) -> str:
        r = self.rng
        parameters = r.choice(["(q, k=2)", "(q, *k)", "()", "(q, q)"] if r.random() < self.slips else ["q", "(q)"])
        self.functions += 1
        body = self.block(3, 2, "q * 1") if r.random() < 0.3 else f"q * {self.of(NUMBER, depth)}"
        self.functions -= 1
        return r.choice([f"({parameters} -> {body})", "grad(q -> (q**2).sum())", r.choice(UNARY)])

    def model_(self, depth: int) -> str:
        activation = self.rng.choice(["tanh", "relu", "gelu", "sigmoid", "(q -> q * 0.5)"])
        return self.rng.choice([f"mlp(3, [{self.rng.choice('345')}, 3], activation={activation})", "linear(3, 3)"])


def program(rng: random.Random) -> str:
    return Writer(rng).program()
