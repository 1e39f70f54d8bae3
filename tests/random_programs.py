"""Random programs from the grammar, such that most of what they do is done.

Every alternative of grammars/gradlang.lark has its place here or in `random_expressions`. Statements bind names that
expressions then read; loops end, and most of what is called fits.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from random_expressions import FUNCTION, ITEMS, MATRIX, MODEL, NAMES, NUMBER, TEXT, TRUTH, VALUES, VECTOR, Expressions

COMMENTS = ["  # why", "  #> 3", "  #! E0201", "# allow W0301", "  # größe"]


class Writer(Expressions):
    """Writes one program."""

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


def program(rng: random.Random) -> str:
    return Writer(rng).program()
