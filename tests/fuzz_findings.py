"""Texts that once brought out a fault of gradlang, found by `program_fuzz` and `coverage_fuzz` and cut down."""

FOUND: list[bytes] = [
    b"zeros(1e308, 10)",
    b"zeros(1e308, 0)",
    # a dry run looked for a parameter from outside of a function among the function's own names
    b"a = 1; b = 2; c = 3\nparam w = 1.0\nstep(ps) = { for q in ps { w -= 0.1 } }\nstep([1, 2])\nprint(a, b, c, w)",
    b"mlp += 2",
    b"print([], sep=10)",
    b"arange(1e308, 1e18)",
    b"std([1, 2], correction=(1, 2))",
    b"var([1, 2], correction=none)",
    b"mlp(1e18, [1e18])",
    b"linear(1e9, 1e308)",
    b"p = [1e400]\ngrad(q -> q * mse_loss(p, p))(1.0)",  # a label in the prelude, of which users know nothing
]
