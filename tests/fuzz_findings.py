"""Texts that once brought out a fault, found by `program_fuzz` and `coverage_fuzz`, and what they report now.

Each is cut down; the code is that of the error which ends its run, empty where it ends well.
"""

FOUND: dict[bytes, str] = {
    b"zeros(1e308, 10)": "E0902",
    b"zeros(1e308, 0)": "E0902",
    b"arange(1e308, 1e18)": "",
    b"mlp(1e18, [1e18])": "E0902",
    b"linear(1e9, 1e308)": "E0902",
    b"print([], sep=10)": "E0301",
    b"std([1, 2], correction=(1, 2))": "E0301",
    b"var([1, 2], correction=none)": "E0301",
    # the dry run looked for a parameter from outside of a function among the function's own names,
    b"a = 1; b = 2; c = 3\nparam w = 1.0\nstep(ps) = { for q in ps { w -= 0.1 } }\nstep([1, 2])\nprint(a, b, c, w)": "",
    # and for a builtin among the program's
    b"mlp += 2": "E0207",
    b"param w=0\nopt=adam((w*1),lr=1)\nopt.lr=backward(w*2)\nopt.step()": "E0301",
    b'(["\t"])   #': "",  # a comment behind a tab in a text moved each time it was formatted
    # a label stood in the prelude, of which users know nothing
    b"p = [1e400]\ngrad(q -> q * mse_loss(p, p))(1.0)": "",
}
