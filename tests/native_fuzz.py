"""Random loops by the interpreter and by a backend.

    .venv/bin/python tests/native_fuzz.py FIRST COUNT [scalars|training [backend]]

prints the programs of these seeds for which the two differ.
"""

from __future__ import annotations

import random
import sys

from native_differences import Ran, differences

NAMES = ["a", "b", "c", "d"]
HEAD = """\
param w = 0.3
param v = 0.7
x0 = 0.4
X = [0.1, 0.2, 0.3, 0.4]
log = append([], 0.0)
a = 0.1; b = 0.2; c = x0; d = 0.4; kept = 0
loss = (w + v + a + b + c + d)**2; backward(loss)
f(q) = q * 0.5 + w
peek() = a * 0.5
"""


def expression(r: random.Random, depth: int = 0) -> str:
    k = r.random()
    if depth > 2 or k < 0.34:
        return r.choice([*NAMES, "w", "v", "i", "0.5", "1.5", "x0"])
    if k < 0.6:
        return f"({expression(r, depth + 1)} {r.choice('+-*')} {expression(r, depth + 1)})"
    if k < 0.7:
        return f"tanh({expression(r, depth + 1)})"
    if k < 0.86:
        return f"tanh({expression(r, depth + 1)}).item()"
    if k < 0.9:
        return r.choice(["w", "v"]) + ".grad"
    if k < 0.92:
        return r.choice(NAMES) + ".grad"
    if k < 0.95:
        return f"f({expression(r, depth + 1)})"
    if k < 0.97:
        return "peek()"
    return "X[i % 4]"


def condition(r: random.Random) -> str:
    return r.choice(
        [
            f"i % {r.randint(2, 9)} == {r.randint(0, 3)}",
            f"{r.choice(NAMES)} > {r.choice(['0', '0.3', 'b'])}",
            f"i > {r.randint(3, 40)}",
            f"w.item() < {r.choice(['0.5', '1'])}",
        ]
    )


def statement(r: random.Random, depth: int = 0) -> str:
    k = r.random()
    if k < 0.4:
        return f"{r.choice(NAMES)} = tanh({expression(r)})" + r.choice(["", ".item()", ".item()"])
    if k < 0.46:
        return f"{r.choice(NAMES)} += 0.1 * tanh({expression(r)})" + r.choice(["", ".item()", ".item()"])
    if k < 0.62:
        return f"loss = (w - {expression(r)})**2 + (v * 0.3 - 1)**2; backward(loss)"
    if k < 0.78:
        p = r.choice("wv")
        return f"{p} -= 0.02 * tanh({p}.grad)"
    if k < 0.81:
        return "a, b = b, a"
    if k < 0.84:
        return f"log = append(log, {r.choice(NAMES)}{r.choice(['.item()', '.item()', ''])})"
    if k < 0.86:
        return f"backward({r.choice(NAMES)})"
    if k < 0.88:
        return f"t = ({r.choice(NAMES)}, {expression(r)}); {r.choice(NAMES)} = tanh(t[{r.randint(0, 1)}])"
    if k < 0.9 and depth < 2:
        return f"for j in range({r.choice(['2', '3', 'i % 3'])}) {{ {statement(r, depth + 1)} }}"
    if k < 0.985 and depth < 2:
        text = f"if {condition(r)} {{ {statement(r, depth + 1)} }}"
        return text + (f" else {{ {statement(r, depth + 1)} }}" if r.random() < 0.4 else "")
    if depth:
        return r.choice(["break", "continue", "print(i, a)", "kept = loss", "kept = c"])
    return "d = rand(1)[0]"


def program(seed: int) -> str:
    r = random.Random(seed)
    body = "\n  ".join(statement(r) for _ in range(r.randint(2, 6)))
    count = r.choice([12, 30, 45])
    if r.random() < 0.15:
        return f"{HEAD}i = 0\nwhile i < {count} {{\n  i = (i + 1).item()\n  {body}\n}}\n"
    return f"{HEAD}for i in range({count}) {{\n  {body}\n}}\n"


# ── training loops: tensors, models, optimisers, draws ──

AROUND = """\
X = randn(6, 3); t = [0.0, 1.0, 2.0, 1.0, 0.0, 2.0]
net = mlp(3, [4, 3], activation=tanh)
param W = randn(3, 3) * 0.3
param bias = zeros(3)
scale = 0.5; best = 100; mean_loss = 0; history = append([], 0.0); state = [0.1, 0.2, 0.3]; momentum = zeros(3, 3)
dense(n, m) = { param K = randn(n, m) * 0.4; x -> relu(x @ K) * scale }
layer = dense(3, 3)
objective(p, x, k=2) = (x @ p)[:, 0:k].sum()
opt = OPT
"""
OPTIMISERS = [
    "sgd([W, bias], lr=0.01)", "sgd(net, lr=0.05, momentum=0.9)", "adam([W, net], lr=0.01)",
    "sgd([W, bias], lr=0.1, momentum=0.5, weight_decay=0.01)", "adam(net, lr=0.003, weight_decay=0.1)",
]  # fmt: skip
ROWS = [
    "X", "X", "X[i % 6 : i % 6 + 1]", "X[(i % 3) * 2 : (i % 3) * 2 + 2]", "X[randperm(6)[0:4]]",
    "X + 0.1 * randn(6, 3)",
    "stack([X[i % 6], X[0]])", "[x * 0.5 for x in X]", "cat([X, X[0:2]], dim=0)", "X[:, randperm(3)]", "flip(X, 0)",
]  # fmt: skip
OUTPUTS = [
    "net(ROWS)",
    "ROWS @ W + bias",
    "layer(ROWS)",
    "tanh(ROWS @ W)",
    "(ROWS @ W).relu() @ W.T",
    "layer(net(ROWS))",
]
LOSSES = [
    "(OUT**2).mean()", "cross_entropy(OUT, t[0 : OUT.shape[0]]) if OUT.shape[0] <= 6", "OUT.logsumexp(dim=1).sum()",
    "abs(OUT).max()", "softmax(OUT)[:, 0].std()", "where(OUT > 0, OUT, 0.1 * OUT).sum()", "OUT.norm()",
    "(sigmoid(OUT) * one_hot(randint(0, 3, [3]), 3)[0]).sum()", "mse_loss(OUT, scale)", "clamp(OUT, -1, 1).mean()",
    "(OUT.T @ OUT).mean()", "log_softmax(OUT)[0, i % 3]", "prod(OUT[0] + 1.5)", "sum([OUT[0, k] for k in range(3)])",
    "gelu(OUT[:, argmax(OUT[0])]).mean()", "objective(W, X) + objective(bias.unsqueeze(1), X, k=1)",
]  # fmt: skip


UPDATES = [
    "opt.step()", "W -= 0.05 * W.grad", "for p in parameters(net) { p -= 0.02 * p.grad }",
    "for p in parameters([layer, W]) { p -= 0.03 * tanh(p.grad) }", "bias.data = bias * 0.9 + 0.01",
]  # fmt: skip
OTHERS = [
    "mean_loss = (0.9 * mean_loss + 0.1 * loss).item()", "history = append(history, loss.item())",
    "state = tanh(state @ W).detach() + 0.1 * randn(3)", "momentum = (0.8 * momentum + W.grad).detach()",
    "W -= 0.01 * momentum", "scale = 0.4 + (loss.item() % 0.3)", "accuracy = (argmax(out, 1) == 0).mean()",
    "q = grad(w_ -> (X @ w_).sum() * loss.item())(W)", "state = state[1] * state; pair = (state, loss.item())",
    "zero_grad(net)", "r0 = rand(); scale = 0.5 * r0 + 0.2", "ps = [p.sum() for p in parameters(net)]",
]  # fmt: skip
INNER = ["j in range(2)", "row in X[0:2]", "xb, tb in batches(X, t, 4)", "z in [0.1, 0.2, 0.3]"]
THEN = ["best = loss.item()", "print(i, loss)", "kept = loss", "best = loss.item(); at = i"]


def training_step(r: random.Random, depth: int = 0) -> str:
    k = r.random()
    if k < 0.45:
        loss = r.choice(LOSSES)
        out = r.choice(OUTPUTS).replace("ROWS", r.choice(ROWS))
        if " if " in loss:
            loss, out = loss[: loss.index(" if ")].replace("OUT", "out"), r.choice(["net(X)", "X @ W + bias"])
        loss = loss.replace("OUT", "out")
        return f"out = {out}; loss = {loss}{r.choice(['', ' + 0.01 * (W * W).sum()', ' * scale'])}; backward(loss)"
    if k < 0.6:
        return r.choice(UPDATES)
    if k < 0.75:
        return r.choice(OTHERS)
    if k < 0.83 and depth < 2:
        return f"for {r.choice(INNER)} {{ {training_step(r, depth + 1)} }}"
    if k < 0.96 and depth < 2:
        tests = [
            f"i % {r.randint(2, 7)} == 1",
            "loss.item() < best",
            "loss > 0.5",
            "scale > 0.55",
            f"i > {r.randint(5, 25)}",
        ]
        test = r.choice(tests)
        return f"if {test} {{ {r.choice([training_step(r, depth + 1), *THEN])} }}"
    return "if loss.item() < -20 { break }" if depth == 0 else "continue"


def training(seed: int) -> str:
    r = random.Random(seed)
    body = "\n  ".join(training_step(r) for _ in range(r.randint(2, 5)))
    first = "out = X @ W + bias; loss = (net(X)**2).mean() + (out**2).mean() + (layer(X)**2).mean(); backward(loss)\n"
    return (
        AROUND.replace("OPT", r.choice(OPTIMISERS)) + first + f"for i in range({r.choice([14, 30])}) {{\n  {body}\n}}\n"
    )


def main(first: int, count: int, kind: str, backend: str) -> None:
    native = failed = errors = 0
    for seed in range(first, first + count):
        text = training(seed) if kind == "training" else program(seed)
        try:
            plain, other = Ran(text, "interp"), Ran(text, backend)
            found = differences(plain, other)
            native += other.native > 0
            errors += bool(plain.error)
        except Exception as error:
            found = [repr(error)]
        if found:
            failed += 1
            if failed <= 5:
                print(seed, *found[:3], sep="\n  ")
                print(text[text.index("for i in") if "for i in" in text else len(HEAD) :])
    print(f"{count} programs, {native} with native passes, {errors} end in an error, {failed} differ")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *[*sys.argv[3:], *["scalars", "replay"][len(sys.argv) - 3 :]])
