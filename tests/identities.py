"""Algebra and calculus hold in the language: equations between programs, each on random functions and numbers.

    python tests/identities.py [TIMES [FIRST]]

runs every equation so many times (1,000), with seeds from one on, and prints those whose sides differ. A side is an
expression of the language; what it may name is in PREAMBLE. The table of operations is tested against differences in
test_table, and against PyTorch in test_torch; here an operation is held against others.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from string import Template
from typing import Any

import numpy as np

import gradlang

TOLERANCE = 1e-9  # of a difference, relative to the larger side and 1

# f, g and h are smooth, elementwise and bounded with their derivatives; s maps a vector to a number.
PREAMBLE = Template("""\
manual_seed($seed)
f(q) = $f
g(q) = $g
h(q) = $h
s(q) = (f(q) * $u).sum() + f(q) @ g(q) * $v
a, b, c = randn(), randn(), randn()
k, i = $k, $i
x, y, z, w = randn($n), randn($n), randn($n), randn($n)
pos, many = 0.1 + rand($n), 0.1 + rand($n)
A, B, C, D = randn($n, $m), randn($m, $l), randn($l, $n), randn($n, $m)
S = randn($n, $n)
labels = randint(0, $m, [$n])
order = randperm($n)
mask = randn($n) > 0
n, m, l = $n, $m, $l
""")

IDENTITIES: dict[str, list[tuple[str, str]]] = {
    "sum rule": [("grad(q -> f(q) + g(q))(a)", "grad(f)(a) + grad(g)(a)")],
    "difference rule": [("grad(q -> f(q) - g(q))(a)", "grad(f)(a) - grad(g)(a)")],
    "product rule": [("grad(q -> f(q) * g(q))(a)", "grad(f)(a) * g(a) + f(a) * grad(g)(a)")],
    "quotient rule": [
        ("grad(q -> f(q) / (3 + g(q)))(a)", "(grad(f)(a) * (3 + g(a)) - f(a) * grad(g)(a)) / (3 + g(a))**2"),
    ],
    "chain rule": [
        ("grad(q -> f(g(q)))(a)", "grad(f)(g(a)) * grad(g)(a)"),
        ("grad(q -> f(g(h(q))))(a)", "grad(f)(g(h(a))) * grad(g)(h(a)) * grad(h)(a)"),
    ],
    "power rule": [
        ("grad(q -> f(q)**3)(a)", "3 * f(a)**2 * grad(f)(a)"),
        ("grad(q -> (3 + f(q))**b)(a)", "b * (3 + f(a))**(b - 1) * grad(f)(a)"),
        ("grad(q -> 2.5**f(q))(a)", "2.5**f(a) * log(2.5) * grad(f)(a)"),
    ],
    "logarithmic derivative": [("grad(q -> log(3 + f(q)))(a)", "grad(f)(a) / (3 + f(a))")],
    "inverse functions": [
        ("grad(q -> log(exp(f(q))))(a)", "grad(f)(a)"),
        ("log(exp(x))", "x"),
        ("exp(log(pos))", "pos"),
        ("sqrt(pos)**2", "pos"),
        ("sqrt(x**2)", "abs(x)"),
    ],
    "second derivatives": [
        ("grad(grad(q -> f(q) * g(q)))(a)",
         "grad(grad(f))(a) * g(a) + 2 * grad(f)(a) * grad(g)(a) + f(a) * grad(grad(g))(a)"),
        ("grad(grad(q -> f(g(q))))(a)",
         "grad(grad(f))(g(a)) * grad(g)(a)**2 + grad(f)(g(a)) * grad(grad(g))(a)"),
    ],
    "third derivatives": [
        ("grad(grad(grad(q -> q * f(q))))(a)", "3 * grad(grad(f))(a) + a * grad(grad(grad(f)))(a)"),
    ],
    "linearity of gradients": [
        ("grad(q -> 2 * s(q) + b * f(q).sum())(x)", "2 * grad(s)(x) + b * grad(q -> f(q).sum())(x)"),
        ("grad(q -> (y * q).sum() + a)(x)", "y"),
        ("grad(q -> (f(q) * y).sum())(x)", "y * grad(q -> f(q).sum())(x)"),
    ],
    "the Hessian is symmetric": [
        ("y @ grad(q -> grad(s)(q) @ z)(x)", "z @ grad(q -> grad(s)(q) @ y)(x)"),
        ("grad(p -> grad(q -> f(p * q) * g(q))(b))(a)", "grad(q -> grad(p -> f(p * q) * g(q))(a))(b)"),
        ("grad(q -> grad(p -> f(S @ p) @ q)(x) @ z)(y)",
         "stack([grad(e -> f(S[j] @ (x + e * z)))(0) for j in range(n)])"),
    ],
    "Euler's theorem": [
        ("x @ grad(q -> (q**3).sum() + (q @ q) * q[0])(x)", "3 * ((x**3).sum() + (x @ x) * x[0])"),
        ("x @ grad(norm)(x)", "norm(x)"),
    ],
    "gradients of forms": [
        ("grad(q -> y @ q)(x)", "y"),
        ("grad(q -> q @ S @ q)(x)", "(S + S.T) @ x"),
        ("grad(q -> norm(q)**2)(x)", "2 * x"),
        ("grad(Q -> (Q @ B).sum())(A)", "ones(n, l) @ B.T"),
        ("grad(Q -> (A @ Q).sum())(B)", "A.T @ ones(n, l)"),
        ("grad(Q -> y @ Q @ A.T @ z)(A)", "y.unsqueeze(1) * (A.T @ z).unsqueeze(0)"),
    ],
    "ways to a gradient": [
        ("value_and_grad(s)(x)[1]", "grad(s)(x)"),
        ("value_and_grad(s)(x)[0]", "s(x)"),
        ("grad(s(x), x)", "grad(s)(x)"),
        ("{ backward(s(x)); x.grad }", "grad(s)(x)"),
        ("{ backward(s(x)); backward(f(x).sum(), accumulate=true); x.grad }", "grad(q -> s(q) + f(q).sum())(x)"),
        ("grad(q -> detach(f(q)) @ g(q))(x)", "f(x) * grad(q -> g(q).sum())(x)"),
        ("{ param W = A; backward((W @ B).sum()); W.grad }", "grad(Q -> (Q @ B).sum())(A)"),
    ],
    "gradients of a batch": [
        ("stack([grad(s)(row) for row in S])", "grad(Q -> sum([s(row) for row in Q]))(S)"),
        ("grad(p -> ((S @ p)**2).sum())(x)", "stack([grad(p -> (row @ p)**2)(x) for row in S]).sum(dim=0)"),
        ("grad(p -> f(S @ p).mean())(x)", "stack([grad(p -> f(row @ p))(x) for row in S]).mean(dim=0)"),
    ],
    "exponentials": [
        ("exp(x + y)", "exp(x) * exp(y)"),
        ("exp(-x)", "1 / exp(x)"),
        ("log(pos * many)", "log(pos) + log(many)"),
        ("log(pos / many)", "log(pos) - log(many)"),
        ("pos**a * pos**b", "pos**(a + b)"),
        ("(pos**a)**b", "pos**(a * b)"),
        ("pos**x", "exp(x * log(pos))"),
    ],
    "angles": [
        ("sin(x)**2 + cos(x)**2", "ones(n)"),
        ("sin(x + y)", "sin(x) * cos(y) + cos(x) * sin(y)"),
        ("cos(x + y)", "cos(x) * cos(y) - sin(x) * sin(y)"),
        ("tan(f(x))", "sin(f(x)) / cos(f(x))"),
        ("grad(q -> sin(q).sum())(x)", "cos(x)"),
        ("sin(x + pi)", "-sin(x)"),
    ],
    "squashing": [
        ("tanh(x)", "2 * sigmoid(2 * x) - 1"),
        ("sigmoid(-x)", "1 - sigmoid(x)"),
        ("softplus(x) - softplus(-x)", "x"),
        ("grad(q -> softplus(q).sum())(x)", "sigmoid(x)"),
        ("grad(q -> sigmoid(q).sum())(x)", "sigmoid(x) * (1 - sigmoid(x))"),
        ("grad(q -> tanh(q).sum())(x)", "1 - tanh(x)**2"),
        ("gelu(x) - gelu(-x)", "x"),
    ],
    "corners": [
        ("relu(x)", "maximum(x, 0)"),
        ("relu(x) - relu(-x)", "x"),
        ("relu(x) + relu(-x)", "abs(x)"),
        ("maximum(x, y) + minimum(x, y)", "x + y"),
        ("maximum(x, y) - minimum(x, y)", "abs(x - y)"),
        ("maximum(x, y)", "-minimum(-x, -y)"),
        ("clamp(x, -0.5, 0.5)", "minimum(maximum(x, -0.5), 0.5)"),
        ("leaky_relu(x, 0.1)", "where(x > 0, x, 0.1 * x)"),
        ("sign(x) * abs(x)", "x"),
        ("grad(q -> relu(q).sum())(x)", "where(x > 0, 1, 0)"),
    ],
    "choosing": [
        ("where(mask, x, y)", "mask * x + (1 - mask) * y"),
        ("where(mask, x, y)", "where(not mask, y, x)"),
        ("grad(q -> where(mask, f(q), g(q)).sum())(x)",
         "where(mask, grad(q -> f(q).sum())(x), grad(q -> g(q).sum())(x))"),
        ("x[mask].sum()", "where(mask, x, 0).sum()"),
        ("where(x < y, x, y)", "minimum(x, y)"),
    ],
    "division with rest": [
        ("(x // pos) * pos + x % pos", "x"),
        ("x // 1", "floor(x)"),
        ("floor(-x)", "-(floor(x) + where(x == floor(x), 0, 1))"),
    ],
    "softmax": [
        ("softmax(x + a)", "softmax(x)"),
        ("softmax(A, dim=1).sum(dim=1)", "ones(n)"),
        ("softmax(A, dim=0)", "softmax(A.T, dim=1).T"),
        ("softmax(x)", "exp(x) / exp(x).sum()"),
        ("log_softmax(x)", "x - logsumexp(x)"),
        ("log(softmax(A))", "log_softmax(A)"),
        ("logsumexp(x + a)", "logsumexp(x) + a"),
        ("logsumexp(A, dim=1)", "log(exp(A).sum(dim=1))"),
        ("grad(logsumexp)(x)", "softmax(x)"),
        ("grad(q -> softmax(q) @ y)(x)", "softmax(x) * (y - softmax(x) @ y)"),
        ("grad(q -> softmax(q) @ y)(x).sum()", "0"),
        ("softmax(x[order])", "softmax(x)[order]"),
    ],
    "losses": [
        ("cross_entropy(A, labels)", "-(log_softmax(A) * one_hot(labels, m)).sum() / n"),
        ("cross_entropy(A, labels)", "-log_softmax(A)[arange(n), labels].mean()"),
        ("cross_entropy(A, labels)", "(logsumexp(A, dim=1) - A[arange(n), labels]).mean()"),
        ("grad(Q -> cross_entropy(Q, labels))(A)", "(softmax(A) - one_hot(labels, m)) / n"),
        ("binary_cross_entropy(sigmoid(x), mask)", "(softplus(x) - mask * x).mean()"),
        ("mse_loss(x, y)", "norm(x - y)**2 / n"),
        ("grad(q -> mse_loss(q, y))(x)", "2 * (x - y) / n"),
    ],
    "products of matrices": [
        ("(A @ B) @ C", "A @ (B @ C)"),
        ("(A + D) @ B", "A @ B + D @ B"),
        ("(A @ B).T", "B.T @ A.T"),
        ("(a * A) @ B", "a * (A @ B)"),
        ("A @ eye(m)", "A"),
        ("(x @ A) @ B", "x @ (A @ B)"),
        ("x @ S @ y", "y @ S.T @ x"),
        ("A @ B", "stack([row @ B for row in A])"),
        ("A @ B", "stack([A[:, j].unsqueeze(1) * B[j].unsqueeze(0) for j in range(m)]).sum(dim=0)"),
        ("x @ y", "(x * y).sum()"),
        ("stack([S, S.T]) @ A", "stack([S @ A, S.T @ A])"),
        ("grad(Q -> f(Q @ B).sum())(A)", "grad(Q -> f(B.T @ Q).sum())(A.T).T"),
    ],
    "reductions": [
        ("A.sum()", "A.sum(dim=0).sum()"),
        ("A.sum(dim=0)", "A.T.sum(dim=1)"),
        ("x[order].sum()", "x.sum()"),
        ("x.sum()", "x[:k].sum() + x[k:].sum()"),
        ("A.mean()", "A.sum() / (n * m)"),
        ("A.mean(dim=1)", "A.sum(dim=1) / m"),
        ("x.var()", "((x - x.mean())**2).sum() / (n - 1)"),
        ("x.var(correction=0)", "(x**2).mean() - x.mean()**2"),
        ("x.std()", "sqrt(x.var())"),
        ("(a * x + b).var()", "a**2 * x.var()"),
        ("max(A, dim=0)", "-min(-A, dim=0)"),
        ("max(cat(x, y))", "maximum(max(x), max(y))"),
        ("pos.prod()", "exp(log(pos).sum())"),
        ("x.prod()", "x[:k].prod() * x[k:].prod()"),
        ("norm(A)", "sqrt((A * A).sum())"),
        ("x[argmax(x)]", "max(x)"),
        ("argmin(x)", "argmax(-x)"),
        ("A.sum(dim=1, keepdim=true)", "A.sum(dim=1).unsqueeze(1)"),
        ("A.sum(dim=(0, 1))", "A.sum()"),
        ("(x > y).sum() + (x <= y).sum()", "n"),
        ("x.sum()", "{ t = 0; for v in x { t = t + v }; t }"),
        ("A.sum()", "sum([row.sum() for row in A])"),
    ],
    "gradients of reductions": [
        ("grad(q -> q.mean())(x)", "ones(n) / n"),
        ("grad(prod)(pos)", "prod(pos) / pos"),
        ("grad(max)(x)", "one_hot(argmax(x), n)"),
        ("grad(norm)(x)", "x / norm(x)"),
        ("grad(q -> q.var())(x)", "2 * (x - x.mean()) / (n - 1)"),
        ("grad(std)(x)", "grad(q -> sqrt(q.var()))(x)"),
        ("grad(Q -> f(Q.sum(dim=0)).sum())(A)", "ones(n, 1) * grad(q -> f(q).sum())(A.sum(dim=0)).unsqueeze(0)"),
    ],
    "shapes": [
        ("A.reshape(-1).reshape(n, m)", "A"),
        ("A.reshape(m, n).reshape(-1)", "A.reshape(-1)"),
        ("A.T.T", "A"),
        ("A.reshape(-1)", "cat([row for row in A])"),
        ("A.reshape(1, n, m).transpose(0, 2).reshape(m, n)", "A.T"),
        ("x.unsqueeze(0).squeeze(0)", "x"),
        ("x.unsqueeze(1).T", "x.unsqueeze(0)"),
        ("flip(flip(A))", "A"),
        ("flip(x)", "x[::-1]"),
        ("flip(A, dim=1)", "A[:, ::-1]"),
        ("grad(Q -> f(Q.T.reshape(-1)) @ f(A.T.reshape(-1)))(A)", "grad(Q -> (f(Q) * f(A)).sum())(A)"),
    ],
    "pieces": [
        ("cat(x[:k], x[k:])", "x"),
        ("cat([A[:, :1], A[:, 1:]], dim=1)", "A"),
        ("stack([row for row in A])", "A"),
        ("stack([A[:, j] for j in range(m)], dim=1)", "A"),
        ("x[order][sorted(range(n), key=j -> order[j].item())]", "x"),
        ("one_hot(labels, m) @ A.T", "A.T[labels]"),
        ("x[i]", "one_hot(i, n) @ x"),
        ("A[i, 0]", "A[i][0]"),
        ("x[::2].sum() + x[1::2].sum()", "x.sum()"),
        ("grad(q -> f(q[order]) @ y)(x)", "grad(q -> (f(q) @ one_hot(order, n).T) @ y)(x)"),
        ("grad(q -> f(cat(q[k:], q[:k])).sum())(x)", "grad(q -> f(q).sum())(x)"),
        ("grad(q -> q[i] * q[i])(x)", "2 * x[i] * one_hot(i, n)"),
        ("grad(q -> f(q[[i, i, 0]]).sum())(x)", "stack([grad(q -> f(q[j]))(x) for j in [i, i, 0]]).sum(dim=0)"),
    ],
    "stretching": [
        ("A + a", "A + a * ones(n, m)"),
        ("x.unsqueeze(1) * A", "stack([x for j in range(m)], dim=1) * A"),
        ("A * B[:, 0].unsqueeze(0)", "A * stack([B[:, 0] for j in range(n)])"),
        ("x.unsqueeze(1) + y.unsqueeze(0)", "x.unsqueeze(1) @ ones(1, n) + ones(n, 1) @ y.unsqueeze(0)"),
        ("grad(q -> f(q.unsqueeze(1) * A).sum())(x)",
         "grad(Q -> f(Q * A).sum())(x.unsqueeze(1) * ones(n, m)).sum(dim=1)"),
        ("grad(q -> (f(q) * A).sum())(a)", "grad(f)(a) * A.sum()"),
        ("A * A[i]", "A * (ones(n, 1) @ A[i].unsqueeze(0))"),
    ],
    "layers": [
        ("{ manual_seed(5); one = linear(n, m); one(x) }", "{ manual_seed(5); one = linear(n, m); "
         "W, bias = parameters(one)[0], parameters(one)[1]; x @ W + bias }"),
        ("{ manual_seed(5); net = mlp(n, [4, m], activation=tanh); stack([net(row) for row in S]) }",
         "{ manual_seed(5); net = mlp(n, [4, m], activation=tanh); net(S) }"),
        ("{ manual_seed(5); net = mlp(n, [4, 1], activation=tanh); grad(q -> net(q).sum())(x) }",
         "{ manual_seed(5); net = mlp(n, [4, 1], activation=tanh); backward(net(x).sum()); x.grad }"),
    ],
    "programs": [
        ("map(f, x)", "f(x)"),
        ("stack([f(v) for v in x])", "f(x)"),
        ("{ power(q, j) = if j < 1 { 1 } else { q * power(q, j - 1) }; power(x, 5) }", "x**5"),
        ("{ t = 1; for j in range(5) { t = t * x }; t }", "x**5"),
        ("{ t = a; for j in range(40) { t = f(t) }; grad(t, a) }",
         "{ t = a; d = 1; for j in range(40) { d = d * grad(f)(t).item(); t = f(t) }; d }"),
        ("sum([p * q for p, q in zip(x, y)])", "x @ y"),
        ("x[sorted(range(n), key=j -> x[j].item())]", "stack(sorted(x))"),
        ("linspace(0, 1, n)", "arange(n) / (n - 1)"),
        ("zeros(n) + cat([arange(k), arange(k, n)])", "arange(n)"),
    ],
}  # fmt: skip


def smooth(r: random.Random, depth: int = 0) -> str:
    """An elementwise function of q, bounded with its derivatives where q is."""
    if depth > 2:
        return r.choice(["q", "q", f"{r.uniform(-1, 1):.2f} * q", f"(q + {r.uniform(-1, 1):.2f})"])
    inner = smooth(r, depth + 1)
    return r.choice([
        f"sin({inner})", f"cos({inner})", f"tanh({inner})", f"sigmoid({inner})", f"exp(-({inner})**2)",
        f"tanh({inner}) * {smooth(r, depth + 2)}", f"sin({inner}) + {smooth(r, depth + 1)}", f"softplus({inner})",
        f"gelu({inner})", f"sin({inner}) / (2 + cos({smooth(r, depth + 2)}))", f"log(1 + ({inner})**2)",
        f"sqrt(1 + ({inner})**2)", f"({inner})",
    ])  # fmt: skip


def program(equations: list[tuple[str, str]], seed: int) -> str:
    """Binds the two sides of each to left0, right0, left1 …"""
    r = random.Random(seed)
    n = r.randint(2, 6)
    choices = {"n": n, "m": r.randint(1, 5), "l": r.randint(1, 5), "k": r.randint(1, n - 1), "i": r.randrange(n)}
    functions = {name: smooth(r) for name in "fgh"}
    numbers = {name: f"{r.uniform(-1, 1):.2f}" for name in "uv"}
    sides = [f"left{j} = {left}\nright{j} = {right}\n" for j, (left, right) in enumerate(equations)]
    return PREAMBLE.substitute(seed=seed, **choices, **functions, **numbers) + "".join(sides)


def difference(left: Any, right: Any) -> float:
    """How far two results are apart; shapes must be equal."""
    x, y = np.asarray(left, float), np.asarray(right, float)
    if x.shape != y.shape:
        return float("inf")
    return float(np.max(np.abs(x - y) / (1 + np.maximum(np.abs(x), np.abs(y))), initial=0.0))


def failures(equations: list[tuple[str, str]], times: int, first: int = 0) -> Iterator[str]:
    """What does not hold of these equations; each is told of once."""
    held = list(equations)
    for seed in range(first, first + times):
        text = program(held, seed)
        try:
            found = gradlang.run(text)
        except gradlang.GradlangError as error:
            yield f"seed {seed}\n{error}"
            return
        for j, (left, right) in reversed(list(enumerate(held))):
            x, y = found[f"left{j}"], found[f"right{j}"]
            apart = difference(x, y)
            if not apart <= TOLERANCE:
                yield f"{left} = {right}, seed {seed}: {x} and {y}, apart by {apart:.1e}\n{text}"
                del held[j]


def main(times: int = 1000, first: int = 0) -> int:
    started, failed = time.perf_counter(), 0
    for name in IDENTITIES:
        for failure in failures(IDENTITIES[name], times, first):
            failed += 1
            print(f"── {name}: {failure}", flush=True)
    count = sum(map(len, IDENTITIES.values()))
    print(f"{count} equations, {times} times each, in {time.perf_counter() - started:.0f} s: {failed} do not hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
