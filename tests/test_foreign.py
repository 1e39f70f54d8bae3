"""What people type who know another language: the hint, its place, the fix, and what the mended program prints.

The shapes lie in tests/golden/foreign, each under a heading; what is told of them stands behind, as `pytest --update`
writes it. What must hold of all of them, whatever is written there, is asserted apart.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase
from typing import NamedTuple

import pytest
from conftest import Keep, Run

from gradlang.analysis.mistakes.actions import edits_of, fix_all, overlap
from gradlang.analysis.mistakes.findings import findings
from gradlang.diagnostics import Diagnostic, Fix, GradlangError
from gradlang.diagnostics.suggest import closest, foreign
from gradlang.engine.value import STATE
from gradlang.language import builtins
from gradlang.language.mistaken_names import WHOLE_WORDS
from gradlang.session import Session
from gradlang.source import Source
from gradlang.syntax import recovery
from gradlang.syntax.chunks import Pool
from gradlang.syntax.recovery import Recovered

FOLDER = Path(__file__).parent / "golden" / "foreign"
FILES = sorted(FOLDER.glob("*.txt"))
ROUNDS = 10


class Shape(NamedTuple):
    name: str
    text: str


def shapes(file: Path) -> list[Shape]:
    found = []
    for block in re.split(r"^== ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition("\n")
        found.append(Shape(name, re.split(r"^─ ", rest, flags=re.MULTILINE)[0].strip("\n") + "\n"))
    return found


SHAPES = [pytest.param(shape, id=f"{file.stem}: {shape.name}") for file in FILES for shape in shapes(file)]


def run(text: str) -> Iterator[Diagnostic]:
    """What stops a program."""
    before = STATE.recording, STATE.is_pictured
    try:
        Session().run(Source(text, "x.grad"), lambda warning: None)
    except GradlangError as error:
        yield from error.diagnostics
    finally:
        STATE.recording, STATE.is_pictured = before


def told(text: str) -> list[Diagnostic]:
    """What is said of a program: of its text, or else when it runs."""
    found = findings(Source(text, "x.grad")).diagnostics
    return found if any(d.severity == "error" for d in found) else [*run(text), *found]


def applied(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, end, new in reversed(edits):
        text = text[:start] + new + text[end:]
    return text


def mended(text: str) -> str:
    """A program after all its safe fixes, as `gradlang check --fix` leaves it."""
    for _ in range(ROUNDS):
        action = fix_all(findings(Source(text)).diagnostics)
        if action is None:
            break
        text = applied(text, action.edits)
    return text


def one_mended(text: str) -> tuple[Fix | None, str]:
    """The first fix that is offered, and the program after all safe ones; where there is none, after this one first."""
    offered = [fix for d in told(text) for fix in d.fixes][:1]
    after = mended(text)
    if after == text and offered:
        after = mended(applied(text, edits_of(offered[0])))
    return (offered[0] if offered else None), after


def described(shape: Shape, gradlang: Run) -> str:
    """A shape with what is told of it."""
    d = told(shape.text)[0]
    line, column = d.span.source.line_column(d.span.start)
    place = f"{d.code} {line}:{column} {d.span.text.partition(chr(10))[0]}"
    seen = [f"== {shape.name}\n{shape.text}─ {place}  |  {d.message}\n"]
    seen += [f"   {help}\n" for help in d.help]
    fix, after = one_mended(shape.text)
    if fix is not None:
        seen.append(f"─ {'mended' if fix.is_safe else 'offered'}\n" + after.strip("\n") + "\n")
        code, out, err = gradlang(after)
        seen.append(f"─ prints\n{out}" if not code else f"─ then {err.partition(chr(10))[0]}\n")
    return "".join(seen)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_what_is_told(file: Path, kept: Keep, gradlang: Run) -> None:
    seen = "\n".join(described(shape, gradlang).rstrip("\n") + "\n" for shape in shapes(file))
    assert seen == kept(file, seen)


# ── what holds of all ────────────────────────────────────────────────────────

# Mended as far as signs go; what is left speaks of names that the shape leaves open, or of values.
LEFT_OPEN = {
    "xs.map js", "await", "new", "R pipe", "from x import y", "@f def", "keepdims=True", "||=", "x?.y", "2x + 3y",
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_has_a_hint_and_a_place(shape: Shape) -> None:
    found = told(shape.text)
    assert found, "this is no mistake"
    assert found[0].help or shape.name == "x[:, none]"
    assert 0 <= found[0].span.start < found[0].span.end <= len(shape.text)
    assert "side by side" not in found[0].message or "string" in found[0].message
    assert not any(help.startswith("give it a value first") for help in found[0].help)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_mended_is_right(shape: Shape) -> None:
    fix, after = one_mended(shape.text)
    if fix is None or shape.name in LEFT_OPEN:
        return
    assert after != shape.text
    assert not [d for d in findings(Source(after)).diagnostics if d.severity == "error"]
    assert list(run(after)) == []
    assert not fix.is_safe or mended(after) == after


def test_there_are_many() -> None:
    first = [told(shape.text)[0] for file in FILES for shape in shapes(file)]
    assert len(first) > 400
    assert len({(d.message, *d.help) for d in first}) > 200
    assert sum(bool(d.fixes) for d in first) > 280


VALID = re.split(r"^== .*\n", (FOLDER / "valid.grad").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("text", VALID, ids=lambda text: text.partition("\n")[0])
def test_what_is_right_already_stays_so(text: str) -> None:
    assert told(text) == []


PROGRAMS = [FOLDER.parent.parent / "clean_programs", FOLDER.parent.parent.parent / "scripts"]


@pytest.mark.parametrize(
    "file", [file for folder in PROGRAMS for file in sorted(folder.glob("*.grad"))], ids=lambda f: f.stem
)
def test_no_false_alarm(file: Path) -> None:
    assert [d for d in findings(Source(file.read_text(encoding="utf-8"))).diagnostics if d.severity == "error"] == []


# ── whole programs ───────────────────────────────────────────────────────────

TRANSLATED = {
    "Python": (
        """\
import torch.nn as nn
from torch import optim

def fib(n: int) -> int:
    \"""The n-th number.\"""
    if n < 2:
        return n
    elif n == 2:
        return 1
    else:
        total = 0
        for i in range(n):
            if i % 2 == 0: total += 1
            else: total -= 1
        return fib(n - 1) + fib(n - 2)

if __name__ == "__main__":
    for i in range(5):
        # a comment
        print(i, fib(i), "even" if i % 2 == 0 else "odd")

        if i == 3 and True:
            pass
    print("done")
""",
        "0 0 even\n1 1 odd\n2 1 even\n3 2 odd\n4 3 even\ndone\n",
    ),
    "PyTorch": (
        """\
w = torch.tensor([1.0, 2.0], requires_grad=True)
for step in range(3):
    loss = (w ** 2).sum()
    loss.backward()
    with torch.no_grad():
        w = w - 0.1 * w.grad
print(loss.item(), torch.exp(torch.zeros(2)))
""",
        "2.0480 [1, 1]\n",
    ),
    "MATLAB": (
        """\
function r = sq(x)
  r = x.^2;
end
n = 3;
for i = 1:n
  if i ~= 2
    disp(sq(i))
  else
    disp([0 0; 0 1])
  end
end
""",
        "1\n[[0, 0],\n [0, 1]]\n9\n",
    ),
    "Julia": (
        """\
function fact(n)
    if n <= 1
        return 1
    end
    return n * fact(n - 1)
end
for k in 1:4
    println(fact(k))
end
""",
        "1\n2\n6\n24\n",
    ),
    "C": (
        """\
double square(double x) {
  return x * x;
}
for (int i = 0; i < 4; i++)
{
  if (i > 1 && !(i == 2)) {
    double y = square(i);
    y /= 2; /* half of it */
    print(y);
  }
}
""",
        "4.5000\n",
    ),
    "JavaScript": (
        """\
const f = (x) => x ** 2;
function g(x) {
  let y = x;
  return y === 2 ? 1 : y;
}
for (const x of [1, 2, 3]) {
  console.log(g(f(x)));
}
""",
        "1\n4\n9\n",
    ),
    "tabs": ("def f(x):\n\tif x > 1:\n\t\treturn 2\n\treturn 3\nprint(f(1), f(2))\n", "3 2\n"),
}


@pytest.mark.parametrize("name", TRANSLATED)
def test_whole_programs_are_translated(name: str, gradlang: Run, tmp_path: Path) -> None:
    text, prints = TRANSLATED[name]
    assert gradlang(mended(text)) == (0, prints, "")


def test_a_correct_program_does_not_load_the_tables() -> None:
    code = "import sys; from gradlang.cli import main; main(['-c', '1']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "gradlang.syntax.parser" in done.stdout
    assert "foreign" not in done.stdout


def test_the_command_does_it(tmp_path: Path) -> None:
    from gradlang.check import check

    file = tmp_path / "a.grad"
    file.write_text(TRANSLATED["Python"][0], encoding="utf-8")
    assert check(["--fix", "--no-run", str(file)]) == 0
    assert file.read_text(encoding="utf-8") == mended(TRANSLATED["Python"][0])


@pytest.mark.parametrize(
    "text",
    ["class A:\n    x = 1\n", "if x:\n", "def f(x):\n", "if x:\n    try:\n        y = 1\n", "for x in xs:\n# note\n"],
)
def test_what_is_not_understood_is_left_alone(text: str) -> None:
    assert mended(text) == text


PIECES = """\
def f(x):|    return x|    if x > 1:|        y = 2|    else:|if x:|else:|elif y:|    print(1)|end|x = 1|for i = 1:3|{|}
function g(a)|  z = 3|while c|endif|with no_grad():|\"""doc\"""|/* a|b */|# c||    pass|import torch|else { 3 }|try:
    [1, 2|  3]|y = [1;|2]|if a {|  b }""".replace("\n", "|").split("|")


def fixes_of(found: Recovered) -> list[object]:
    return [(d.code, d.span.start, [edits_of(fix) for fix in d.fixes]) for d in found.diagnostics]


def test_a_fix_depends_on_nothing_but_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before of the same lines stood elsewhere, with other lines behind it."""
    chosen = random.Random(7)
    for _ in range(150):
        lines = [chosen.choice(PIECES) for _ in range(chosen.randint(1, 9))]
        for _ in range(4):
            text = "\n".join(lines)
            known = fixes_of(recovery.recovered(Source(text)))
            with monkeypatch.context() as anew:
                anew.setattr(recovery, "_pool", Pool())
                assert fixes_of(recovery.recovered(Source(text))) == known
            lines[chosen.randrange(len(lines))] = chosen.choice(PIECES)
            lines.insert(chosen.randint(0, len(lines)), chosen.choice(PIECES))


def test_edits_do_not_meet() -> None:
    chosen = random.Random(11)
    for _ in range(400):
        text = "\n".join(chosen.choice(PIECES) for _ in range(chosen.randint(1, 9)))
        for d in findings(Source(text)).diagnostics:
            for fix in d.fixes:
                assert fix.edits and not overlap(edits_of(fix)), text
                assert all(0 <= start <= end <= len(text) for start, end, _ in edits_of(fix)), text


# ── near misses ──────────────────────────────────────────────────────────────


def edited(word: str) -> set[str]:
    """The word with one letter left out, put in or replaced, or two neighbours exchanged."""
    letters = ascii_lowercase + "_"
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {a + b[1:] for a, b in cuts if b} | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    return (
        found | {a + c + b for a, b in cuts for c in letters} | {a + c + b[1:] for a, b in cuts if b for c in letters}
    )


def test_did_you_mean_offers_the_right_name_first() -> None:
    """Of all single edits of all builtins; those that are names themselves, or foreign words, are no slips."""
    known = [*builtins.names(), *WHOLE_WORDS]
    tried = hits = 0
    for name in builtins.names():
        for word in edited(name) - {name, "", *known}:
            if word.isidentifier() and not foreign(word):
                tried += 1
                hits += closest(word, known)[:1] == [name]
    assert tried > 30_000
    assert hits >= 0.97 * tried, f"{hits / tried:.4f} of {tried}"


def test_a_name_that_begins_like_an_end_is_none() -> None:
    program = "def f(x):\n    endpoint = 1\n    if x > 0:\n        endpoint = 2\n    endpoint\nprint(f(3), f(-1))\n"
    assert mended(program).count("endpoint") == 3
