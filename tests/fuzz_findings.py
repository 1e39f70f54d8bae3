"""Texts that once brought out a fault of gradlang, found by `program_fuzz` and `coverage_fuzz` and cut down."""

FOUND: list[bytes] = [
    b"zeros(1e308, 10)",
    b"zeros(1e308, 0)",
    # a dry run looked for a parameter from outside of a function among the function's own names
    b"a = 1; b = 2; c = 3\nparam w = 1.0\nstep(ps) = { for q in ps { w -= 0.1 } }\nstep([1, 2])\nprint(a, b, c, w)",
    b"mlp += 2",
]
