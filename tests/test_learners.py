"""Mistakes that learners make: the first word about them is the right one, on the right line, and no noise follows."""

from __future__ import annotations

import pytest

from gradlang.analysis.mistakes.allowances import without_allowed
from gradlang.analysis.mistakes.findings import findings
from gradlang.dryrun.process import dry_run
from gradlang.dryrun.seen import together
from gradlang.source import Source

LOOP = "param w = 1.0\nfor i in range(3) {\n  loss = (w - 2)**2\n  BODY\n}\n"

# What is written; the code, the underlined text and a part of the help of each finding.
MISTAKES: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "a keyword misspelled": ("while true { brek }", [("E0201", "brek", "did you mean `break`?")]),
    "capitals": ("f = 2\nprint(F * 3)", [("E0201", "F", "did you mean `f`?")]),
    "a library": ("print(F.relu(3))", [("E0201", "F", "belong to no library")]),
    "a library that is imported": ("import numpy as np\nprint(np.zeros(3))", [("E0605", "numpy", "needs no import")]),
    "a longer name of a member": ("x = 1.0\nbackward(x)\nprint(x.gradient)", [("E0206", "gradient", "`.grad`")]),
    "a longer name of an argument": (
        "a, b, c, d = train_test_split(eye(4), arange(4), test_size=0.5)",
        [("E0205", "test_size=0.5", "did you mean `test`?")],
    ),
    "an argument too many": ("f(a, b) = a + b\nprint(f(1, 2, 3))", [("E0204", "f(1, 2, 3)", "called as `f(a, b)`")]),
    "parentheses for an index": ("P = eye(3)\nprint(P(0, 1))", [("E0203", "P(0, 1)", "in brackets")]),
    "a member that is called": ("x = 1.0\nbackward(x)\nprint(x.grad())", [("E0203", "grad", "without parentheses")]),
    "a row where a vector is wanted": ("print(multinomial([[1, 2]]))", [("E0308", "[[1, 2]]", "")]),
    "a builtin that is not called": (LOOP.replace("BODY", "loss.backward"), [("E0206", "backward", "`.backward()`")]),
    "a parameter bound anew in a function": (
        "param w = 1.0\nbackward(w**2)\nmove() = { w = w - w.grad }\nmove()",
        [("E0207", "w", "to move the parameter, write `w -= …`")],
    ),
    "a function without its last line": (
        "f(x) = {\n  y = x * 2\n  y if y > 0 else x\n}\nz = f(1) + 1\nprint(z @ 2)",
        [("E0107", "if", "write `if y > 0 { y } else { x }`")],
    ),
    "a bracket in a loop": (LOOP.replace("BODY", "xs = append([], loss"), [("E0102", "(", "add `)`")]),
    "an if without braces": ("xs = [1]\nfor x in xs { if x > 0 print(x) }", [("E0107", "print", "`if … { … }`")]),
    "a map the other way round": ("f(x) = x\nprint(map([1], f))", [("E0306", "f", "`map(f, xs)`")]),
    "text minus text": ('print("a" - "b")', [("E0301", '"a" - "b"', "")]),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    text, expected = MISTAKES[name]
    source = Source(text)
    found = together(findings(source).diagnostics, without_allowed(dry_run(source, ".").diagnostics))
    assert [(d.code, d.span.text) for d in found] == [(code, under) for code, under, _ in expected]
    for d, (_, _, help) in zip(found, expected, strict=True):
        assert help in "\n".join(d.help) if help else not d.help
