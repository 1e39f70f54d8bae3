"""Programs that take more and more of something, the limits within which they are run, and the error they end in.

Each is harmless only because the limit holds. As a program of its own it runs those that fill the memory, each in a
process of its own, and prints what each took at its peak, in MB: `python tests/bombs.py [NAME …]`.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NamedTuple

from gradlang.engine.limits import MB, Limits
from gradlang.engine.process import resident


class Bomb(NamedTuple):
    name: str
    program: str
    limits: dict[str, Any]
    code: str


STOP = {"cost": 50_000_000, "memory": 1 << 30}  # where another limit does not hold, and
MOST = 8 << 30  # bytes of address space, where that of memory does not
ROOM = 64 * MB  # beyond its limit that a process may take at its peak


def bombs(code: str, limits: dict[str, Any], programs: dict[str, str]) -> list[Bomb]:
    return [Bomb(name, program.strip() + "\n", limits, code) for name, program in programs.items()]


COST = bombs("E0903", {"cost": 50_000}, {
    "an empty loop": "while true { }",
    "a loop that counts": "x = 0\nwhile true { x += 1 }",
    "a long loop": "for i in range(10**15) { }",
    "loops in loops": "for i in range(10**6) { for j in range(10**6) { x = i * j } }",
    "a loop in a function": "f() = { x = 1\n while x > 0 { x = x + 1 }\n return x }\nf()",
    "a comprehension": "s = [i for i in range(10**9) if i < 0]",
    "recursion that branches": "f(n) = if n < 2 { n } else { f(n - 1) + f(n - 2) }\nf(80)",
    "functions of functions": "twice(f) = x -> f(f(x))\nf = x -> x + 1\nfor i in range(40) { f = twice(f) }\nf(0)",
    "matrix products": "x = eye(200)\nwhile true { x = x @ x }",
    "wide operations": "x = zeros(100000)\nwhile true { x = x + 1 }",
    "derivatives of derivatives": "h = x -> x**9 * sin(x)\nfor i in range(12) { h = grad(h) }\nh(2.0)",
    "backward again and again": "param w = 1\ny = w\nfor i in range(2000) { y = sin(y) }\nwhile true { backward(y) }",
    "training": """
X, y = make_moons(50)
model = mlp(2, [8, 1])
opt = sgd(model, lr=0.1)
while true { loss = ((model(X)[:, 0] - y)**2).mean()
 backward(loss)
 opt.step() }""",
    "batches": "X = zeros(1000, 2)\nwhile true { for Xb, yb in batches(X, X[:, 0], 10) { s = Xb.sum() } }",
    "items of a tensor": "X = zeros(1000, 200)\nwhile true { for x in X { s = x.sum() } }",
    "sorting": "xs = range(10000)\nwhile true { ys = sorted(xs) }",
    "zipping": "while true { ys = zip(range(1000), range(1000)) }",
    "mapping": "while true { ys = map(abs, range(1000)) }",
    "counting": "while true { ys = enumerate(range(1000)) }",
    "a tuple of itself": "t = (1, 2)\nfor i in range(60) { t = (t, t) }\nprint(t)",
    "tuples compared": "t = (1, 2)\nu = (1, 2)\nfor i in range(60) { t = (t, t)\n u = (u, u) }\nt == u",
    "a vocabulary": 't = "abc" * 1000\nwhile true { v = vocab(t) }',
    "encoding": 't = "abc" * 1000\nv = vocab(t)\nwhile true { x = encode(t, v) }',
    "text compared": 't = "a" * 100000\nu = "a" * 100000\nwhile true { x = t == u }',
    "text sliced": 't = "a" * 100000\nwhile true { x = t[1:] }',
    "a list copied": "xs = append([i for i in range(5000)], none)\nwhile true { ys = append(xs, 1) }",
    "random numbers": "while true { x = randn(10000) }",
    "shuffling": "while true { x = randperm(10000) }",
    "choosing": "p = rand(10000)\nwhile true { x = multinomial(p, 1) }",
    "models": "while true { m = mlp(100, [100, 100]) }",
    "gradients checked": "gradcheck(x -> (x**2).sum(), rand(3000))",
    "parameters counted": "m = mlp(2, [2, 1])\nms = [m for i in range(1000)]\nwhile true { n = num_parameters(ms) }",
    "curves": "x = rand(10000)\nwhile true { plot(x) }",
})  # fmt: skip

DEPTH = bombs("E0901", {"depth": 100}, {
    "recursion": "f(n) = f(n + 1)\nf(0)",
    "recursion by another": "f(n) = g(n)\ng(n) = f(n)\nf(0)",
    "recursion in map": "f(x) = map(f, [x, none])\nf(0)",
    "recursion of a gradient": "f(x) = grad(f)(x)\nf(2.0)",
    "closures": "wrap(g) = x -> g(x)\nf = x -> x\nfor i in range(1000) { f = wrap(f) }\nf(1)",
})  # fmt: skip

NESTING = bombs("E0103", {"nesting": 20}, {
    "brackets": "x = " + "(" * 30 + "1" + ")" * 30,
    "lists": "x = " + "[" * 30 + "1" + "]" * 30,
    "blocks": "if true { " * 30 + "x = 1" + " }" * 30,
    "calls": "x = " + "abs(" * 30 + "1" + ")" * 30,
    "signs": "x = " + "- " * 30 + "y",
})  # fmt: skip

ELEMENTS = bombs("E0904", {"elements": 10_000}, {
    "zeros": "x = zeros(1000, 1000)",
    "an outer product": "x = arange(1000)\ny = x.reshape(1000, 1) * x.reshape(1, 1000)",
    "a matrix product": "x = ones(1000, 1) @ ones(1, 1000)",
    "doubling": "x = [1.0]\nwhile true { x = cat([x, x]) }",
    "stacking": "x = [1.0, 2.0]\nwhile true { x = stack([x, x]) }",
    "a long comprehension": "x = [i for i in range(10**12)]",
    "a list that grows": "xs = []\nwhile true { xs = append(xs, 1) }",
    "a long zip": "x = zip(range(10**12), range(10**12))",
    "a long map": "x = map(abs, range(10**12))",
    "a long sort": "x = sorted(range(10**12))",
    "a range as numbers": "x = maximum(range(10**12), 1)",
    "classes": "x = one_hot(zeros(1000), 1000)",
    "the identity": "x = eye(1000)",
    "spaced": "x = linspace(0, 1, 10**9)",
    "counted": "x = arange(0, 1, 1e-9)",
    "drawn": "x = randn(1000, 1000)",
    "in random order": "x = randperm(10**9)",
    "indices drawn": "x = multinomial([1, 2], 10**9)",
    "a large layer": "m = linear(1000, 1000)",
    "points": "X, y = make_moons(10**9)",
    "repeated rows": "x = zeros(100, 10)\ny = x[zeros(5000)]",
})  # fmt: skip

TEXT = bombs("E0905", {"text": 10_000}, {
    "text repeated": 'x = "ab" * 10**9',
    "text doubled": 'x = "a"\nwhile true { x = x + x }',
    "text put together": 'x = "a"\nwhile true { x = f"{x}{x}" }',
    "a wide format": 'x = f"{1:1000000000}"',
    "a long format": 'x = f"{1:.1000000000f}"',
    "numbers written out": "x = repr(zeros(50000))",
    "a long line": 'x = "a" * 9000\nprint(x, x)',
    "text in a tuple": 'x = "a" * 9000\ny = str((x, x))',
    "a tuple of itself written": "t = (1, 2)\nfor i in range(60) { t = (t, t) }\nx = str(t)",
    "decoded": 'x = decode(zeros(9000), ["abc"])',
})  # fmt: skip

OUTPUT = bombs("E0906", {"output": 10_000}, {
    "lines": 'while true { print("hello") }',
    "a tensor": "x = rand(10, 10)\nwhile true { print(x) }",
    "drawings": "x = rand(100)\nwhile true { plot(x) }",
    "help": "while true { help(relu) }",
    "lines of a function": "f(n) = { print(n)\n return f(n + 1) }\nf(0)",
})  # fmt: skip

MEMORY = bombs("E0902", {"memory": 24 * MB}, {
    "a graph that grows": "param w = 1\ns = 0\nwhile true { s = s + w * 2 }\nbackward(s)",
    "a sum of losses": "param w = randn(100, 10)\nall = 0\nwhile true { all = all + (w * w).sum() }\nbackward(all)",
    "a list of arrays": "xs = []\nwhile true { xs = append(xs, zeros(10000)) }",
    "a list of numbers": "xs = []\nx = 0\nwhile true { x += 1\n xs = append(xs, x * 2) }",
    "a list of texts": 'xs = []\nwhile true { xs = append(xs, "ab" * 5000) }',
    "lists of lists": "xs = []\nwhile true { xs = append(xs, append([i for i in range(100)], none)) }",
    "doubling text": 'x = "a"\nwhile true { x = x + x }',
    "doubling a tensor": "x = zeros(1000)\nwhile true { x = cat([x, x]) }",
    "an outer product in memory": "x = arange(100000)\ny = x.reshape(100000, 1) * x.reshape(1, 100000)",
    "stretching": "x = zeros(5000, 1)\ny = zeros(1, 5000)\nz = x + y",
    "matrix products in memory": "x = zeros(1000000, 1)\ny = x @ x.T",
    "a batch of products": "param w = zeros(300, 1000)\ny = zeros(300, 1000, 1)\nz = w @ y\nbackward(z.sum())",
    "zeros in memory": "x = zeros(1e6, 1e6)",
    "noise": "x = randn(3000, 3000)",
    "an order": "x = randperm(1e6)",
    "a long comprehension in memory": "xs = [str(i) for i in range(10**7)]",
    "a comprehension of arrays": "xs = [zeros(1000) + i for i in range(10**6)]",
    "many terms": "x = zeros(1000000)\ny = " + " + ".join(["cat([x, x, x, x, x])"] * 3),
    "parts of a list": "x = zeros(1000000)\ny = [" + ", ".join(["x + 1"] * 40) + "]",
    "backward of much": "param w = zeros(100000)\ny = w\nfor i in range(45) { y = y * 1.5 }\nbackward(y.sum())",
    "backward of indices": "param w = zeros(500000)\ns = 0\nfor i in range(100000) { s = s + w[i] }\nbackward(s)",
    "recursion that holds": "f(n, x) = { y = x + 1\n return f(n + 1, y).sum() + y.sum() }\nf(0, zeros(10000))",
    "gelu": "x = gelu(zeros(2000000))",
    "softmax": "x = zeros(2000, 2000)\ny = softmax(x)\nz = softmax(y)",
    "indices": "x = zeros(100, 100)\ny = x[zeros(100000)]",
    "a long zip in memory": "x = zip(range(10**7), range(10**7))",
    "closures that hold": "f = x -> x\nhold(g, x) = y -> g(y) + x\nwhile true { f = hold(f, zeros(1000)) }",
    "models in memory": "ms = []\nwhile true { ms = append(ms, mlp(100, [100, 100])) }",
    "optimisers": "m = linear(300, 300)\nos = []\nwhile true { os = append(os, adam(m)) }",
    "numbers written out in memory": "x = repr(rand(1000000))",
    "gradients of gradients": """
f(x) = (x**3).sum()
param w = zeros(200000)
g = w
for i in range(100) { g = grad(x -> (grad(f)(x) * 2).sum())(g) }""",
})  # fmt: skip

NATIVE = bombs("E0902", {"memory": 40 * MB}, {
    "a list of numbers by machine code": "xs = []\nx = 0\nwhile true { x += 1\n xs = append(xs, x * 2) }",
    "a native list": "xs = []\nx = 1.0\nfor i in range(10**9) { x = x * 1.0001 + 0.1\n xs = append(xs, x) }",
    "a native list of rows": "xs = []\nx = zeros(50)\nfor i in range(10**9) { x = x * 0.9 + 0.1\n xs = append(xs, x) }",
})  # fmt: skip

FINE = bombs("", {"memory": 64 * MB}, {  # what they hold at a time is within the limit
    "garbage that holds itself": """
f(n) = { x = zeros(50000) + n
 g = y -> x + y
 return g(1).sum() }
s = 0
for i in range(1000) { s = s + f(i) }""",
    "large and gone": "for i in range(100) { x = zeros(2000000) }",
    "training in memory": """
X, y = make_moons(1000)
model = mlp(2, [64, 64, 1])
opt = adam(model)
for i in range(50) { loss = ((model(X)[:, 0] - y)**2).mean()
 backward(loss)
 opt.step() }""",
})  # fmt: skip

BOMBS = [*COST, *DEPTH, *NESTING, *ELEMENTS, *TEXT, *OUTPUT, *MEMORY, *NATIVE]


def ending(bomb: Bomb, backend: str = "auto") -> str:
    """The code that a bomb ends in, in this process, with its message and place; empty where it ends well."""
    from gradlang.diagnostics import GradlangError
    from gradlang.language.runtime import running
    from gradlang.session import Session
    from gradlang.source import Source

    limits = Limits(**{**({} if bomb.code == "E0902" else STOP), **bomb.limits})
    with running(".", lambda text: None, lambda warning: None, limits=limits) as run:
        run.backend = backend
        try:
            Session().run(Source(bomb.program, bomb.name), lambda warning: None)
        except GradlangError as error:
            return f"{error.diagnostics[0].code} {error.diagnostics[0].message}, at {error.diagnostics[0].span.text!r}"
    return ""


def measured(bomb: Bomb, backend: str = "auto") -> tuple[str, int]:
    """The same in a process of its own, and the bytes that it held at its peak beyond those at its beginning."""
    import resource

    read, write = os.pipe()
    process = os.fork()
    if not process:
        before = resident()
        resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))
        try:
            told = f"{before} {ending(bomb, backend)}"
        except BaseException as error:
            told = f"{before} {error!r}"
        os.write(write, told.encode())
        os._exit(0)
    os.close(write)
    with open(read, encoding="utf-8") as file:
        told = file.read()
    _, _, usage = os.wait4(process, 0)
    if not told:
        return "the process died", 0
    before, _, found = told.partition(" ")
    return found, usage.ru_maxrss * 1024 - int(before)


def main(*names: str) -> None:
    import numpy

    numpy.seterr(all="ignore")
    import gradlang.session  # noqa: F401  what every run loads is not a run's own
    from gradlang.engine.table import arrays

    arrays.abs  # noqa: B018  the same for arrays
    for bomb in [*MEMORY, *NATIVE, *FINE]:
        if not names or bomb.name in names:
            found, peak = measured(bomb, "auto" if bomb in NATIVE else "interp")
            print(f"{bomb.name}\t{peak / MB:.0f}\t{found}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
