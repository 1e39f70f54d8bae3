"""Random expressions by what they should be worth: a number, a vector of 3, a 3 by 3 matrix, text …

Names are read that are worth that, where there are some. Now and then an expression is worth something else, or a name
is bound nowhere, so that programs go wrong in all places, and seldom early. What stands in braces, `random_programs`
writes.
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


class Expressions:
    """Writes the expressions of one program; `bound` are the names in scope by what they are worth."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.bound: dict[str, list[str]] = {kind: [] for kind in KINDS}
        self.params: list[str] = []
        self.loops = self.functions = 0  # that the place is in
        self.slips = rng.choice([0.0, 0.0, 0.01, 0.05])  # how often something is not what it should be
        self.left = rng.choice([10, 30, 100])  # expressions, until only plain ones are written

    def block(self, depth: int, most: int = 3, last: str = "") -> str:
        """Statements in braces, the last one as given."""
        raise NotImplementedError

    def conditional(self, depth: int, kind: str) -> str:
        r = self.rng
        text = f"if {self.of(TRUTH, 2)} {self.block(depth, 1, self.of(kind, 2))}"
        if r.random() < 0.3:
            text += f" else if {self.of(TRUTH, 2)} {self.block(depth, 1, self.of(kind, 2))}"
        return text + f" else {self.block(depth, 1, self.of(kind, 2))}"

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
