"""What names refer to, in one text and across programs that import each other; renaming."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import fmt_fuzz
import pytest
from scraps import damaged

from gradlang.analysis.names.naming import OUTSIDE, File, Variable, naming
from gradlang.analysis.names.occurrences import occurrences
from gradlang.analysis.names.programs import OneFile, definition, references, workspace_symbols
from gradlang.analysis.names.renaming import Plan, Refusal, edited, prepare_rename, rename_plan
from gradlang.diagnostics import GradlangError
from gradlang.language import builtins
from gradlang.language.resolver import resolve
from gradlang.language.runtime import running
from gradlang.language.scopes import Scope
from gradlang.session import Session
from gradlang.source import Source
from gradlang.syntax import parser, tree

ROOT = Path(__file__).parent.parent
SCRIPTS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "scripts").glob("*.grad"))]


def at_bar(text: str) -> tuple[str, int]:
    before, bar, after = text.partition("|")
    assert bar
    return before + after, len(before)


class Folder:
    """Programs that stand in no folder."""

    def __init__(self, **texts: str) -> None:
        self.texts = {f"/a/{name}.grad": text for name, text in texts.items()}

    def text(self, path: str) -> str | None:
        return self.texts.get(path)

    def programs(self) -> list[str]:
        return list(self.texts)

    def at_bar(self) -> tuple[str, int]:
        """The file with a `|` in it, which is taken out, and where it was."""
        (path,) = [path for path, text in self.texts.items() if "|" in text]
        self.texts[path], offset = at_bar(self.texts[path])
        return path, offset


# ── in one text ──────────────────────────────────────────────────────────────


def marked(text: str) -> str:
    """The text with its occurrences in angle brackets, bindings in double ones."""
    text, offset = at_bar(text)
    for start, end, is_binding in reversed(occurrences(text, offset)):
        text = f"{text[:start]}{'<' * (1 + is_binding)}{text[start:end]}{'>' * (1 + is_binding)}{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a| = 1\nb = a + a", "<<a>> = 1\nb = <a> + <a>"),
        ("a, b| = 1, 2\nb += a", "a, <<b>> = 1, 2\n<b> += a"),
        ("x = 1\nf(x) = x + x|\nx", "x = 1\nf(<<x>>) = <x> + <x>\nx"),
        ("|x = 1\nf(x) = x\nx", "<<x>> = 1\nf(x) = x\n<x>"),
        ("x = 1\nf(n=x|) = n + x", "<<x>> = 1\nf(n=<x>) = n + <x>"),
        ("x = 1\nf(x=x|) = x", "<<x>> = 1\nf(x=<x>) = x"),  # a default is evaluated outside
        ("f() = { y| = 1; y }\ny = 2", "f() = { <<y>> = 1; <y> }\ny = 2"),
        ("f() = y|\ny = 2", "f() = <y>\n<<y>> = 2"),
        ("f() = { print(y|); y = 1 }\ny = 2", "f() = { print(<y>); <<y>> = 1 }\ny = 2"),  # the resolver's rule
        ("x = [1]\nq = [x| for x in x if x > 0]", "x = [1]\nq = [<x> for <<x>> in x if <x> > 0]"),
        ("x = [1]\nq = [x for x in |x if x > 0]", "<<x>> = [1]\nq = [x for x in <x> if x > 0]"),
        ("q = [{ a| = x; a } for x in xs]\na", "q = [{ <<a>> = x; <a> } for x in xs]\na"),
        ("q = [(if c { a } else { b }) for a| in xs if a]", "q = [(if c { <a> } else { b }) for <<a>> in xs if <a>]"),
        ("x -> y -> x| + y", "<<x>> -> y -> <x> + y"),
        ("map((x, y) -> x|, x)", "map((<<x>>, y) -> <x>, x)"),
        ("q[a -> a| : a]", "q[<<a>> -> <a> : a]"),
        ("for i| in range(3) { print(i) }\ni", "for <<i>> in range(3) { print(<i>) }\n<i>"),
        ('x| = 1\nf"x {x:.3f} {x}"', '<<x>> = 1\nf"x {<x>:.3f} {<x>}"'),
        ("f|(x) = x\n1.f()\nq.f(2).f()\ny.f", "<<f>>(x) = x\n1.<f>()\nq.<f>(2).<f>()\ny.f"),
        ("data(x) = x\nw.data|()", "data(x) = x\nw.data()"),
        ("w| = 1\nw.w", "<<w>> = 1\n<w>.w"),
        ("grad = 1\nw.grad|", "grad = 1\nw.grad"),
        ("f(x, n|=2) = n\nf(1, n=3)\ng(n=3)\n2.f(n=4)", "f(x, <<n>>=2) = <n>\nf(1, <n>=3)\ng(n=3)\n2.f(<n>=4)"),
        ("f(x, n=2) = n\nf(1, n|=3)", "f(x, <<n>>=2) = <n>\nf(1, <n>=3)"),
        ("f(dim) = dim\nf(axis|=3)", "f(<<dim>>) = <dim>\nf(<axis>=3)"),
        ("g = (x, n|) -> n\ng(1, n=3)", "g = (x, <<n>>) -> <n>\ng(1, <n>=3)"),
        ("f(n|) = n\nf(n) = n + 1\nf(n=1)", "f(<<n>>) = <n>\nf(<<n>>) = <n> + 1\nf(<n>=1)"),
        ("f(n) = { n| = 2; n }\nf(n=1)", "f(<<n>>) = { <<n>> = 2; <n> }\nf(<n>=1)"),
        ("sum(x, dim|=0)", "sum(x, dim=0)"),
        ("exp|(1)\n2.exp()", "<exp>(1)\n2.<exp>()"),
        ("import utils as u|\nu.f(u.w)", "import utils as <<u>>\n<u>.f(<u>.w)"),
        ("import utils|\nutils.f(n=3)", "import <<utils>>\n<utils>.f(n=3)"),
        ("import u\nu.f|(1) + u.f\nf = 3", "import u\nu.<f>(1) + u.<f>\nf = 3"),
        ("for step| in s { q.step() }\nopt.step", "for <<step>> in s { q.step() }\nopt.step"),
        ("f(x = {\n  a| = (\n  a", "f(x = {\n  <<a>> = (\n  <a>"),  # broken anywhere
    ],
)
def test_occurrences(text: str, expected: str) -> None:
    assert marked(text) == expected


def names_in(x: Any) -> Iterator[tree.Name]:
    if isinstance(x, tree.Name):
        yield x
    if isinstance(x, tree.Node):
        for field in x._fields:
            if field not in ("source", "span", "scope"):
                yield from names_in(getattr(x, field))
    elif isinstance(x, list | tuple):
        for item in x:
            yield from names_in(item)


def functions_in(x: Any) -> Iterator[tuple[tree.Name, tree.Define | tree.Lambda]]:
    """The functions that are bound to a name, and that name."""
    match x:
        case tree.Define(name=name):
            yield name, x
        case tree.Assign(targets=[tree.Name() as name], value=tree.Lambda() as function):
            yield name, function
    if isinstance(x, tree.Node):
        for field in x._fields:
            if field not in ("source", "span", "scope"):
                yield from functions_in(getattr(x, field))
    elif isinstance(x, list | tuple):
        for item in x:
            yield from functions_in(item)


def assert_resolved_alike(text: str) -> int:
    """Two names have equal keys where the resolver gives them one variable. Returns how many names there are."""
    module = parser.parse(Source(text))
    resolve(module, Scope("module"), builtins.is_builtin, builtins.names)
    first: dict[Any, Any] = {}
    same = {}  # parameters of one name of functions of one name count as one
    for name, function in functions_in(module.body):
        for parameter in function.params:
            own = parameter.name.binding.variable
            same[own] = first.setdefault((name.binding.variable, parameter.name.id), own)
    found = naming(text)
    at = {lexeme.start: i for i, lexeme in enumerate(found.seen.lexemes)}
    there: dict[Any, Any] = {}
    back: dict[Any, Any] = {}
    names = list(names_in(module.body))
    for name in names:
        key = found.keys[at[name.span.start]]
        variable = name.binding and name.binding.variable
        variable = same.get(variable, variable)
        if isinstance(key, File):
            continue
        assert isinstance(key, Variable), (name.span, text)
        assert (variable is None) == (key.scope == OUTSIDE), (name.span, text)
        if variable is not None:
            assert there.setdefault(key, variable) is variable, (name.span, text)
            assert back.setdefault(variable, key) == key, (name.span, text)
    return len(names)


@pytest.mark.parametrize("part", range(4))
def test_names_mean_what_the_resolver_says(part: int) -> None:
    compared = sum(
        assert_resolved_alike(fmt_fuzz.scrambled(fmt_fuzz.program(seed), random.Random(seed)))
        for seed in range(part * 100, part * 100 + 100)
    )
    assert compared > 2000
    if part == 0:
        assert sum(map(assert_resolved_alike, SCRIPTS)) > 400


@pytest.mark.parametrize(
    "text",
    [
        "f(x, n={ a = 1; a }) = x + n + a",  # a block in a default binds outside of the function
        "a = [x for x in s if { y = 1; x > y }]\ny = a",
        "a = [x for x in { y = s; y } if { a = y; a }]",
        "f(x, n=[x for x in x]) = [n for n in n]",
        "f(g, n=x -> x + n, m=n) = n\nx",
        "a = [x -> x for x in y -> x if y]",
        "a = [if x { y } else { z } for x in if x { y } else { z } if y]",
        "a = b[x -> x : x, y -> y : x -> y]",
        'a = f"{x -> x:.2f} {[x for x in x]:x}"',
    ],
)
def test_names_mean_what_the_resolver_says_in_odd_places(text: str) -> None:
    assert assert_resolved_alike(text)


# ── across programs ──────────────────────────────────────────────────────────


def shown(files: Folder, path: str, start: int) -> str:
    text = files.texts[path]
    return f"{Path(path).stem} {text.count(chr(10), 0, start) + 1}:{text[start:].split()[0] if text[start:] else ''}"


@pytest.mark.parametrize(
    ("main", "utils", "expected"),
    [
        ("import utils\nutils.f|(3)", "# d\nf(x) = x", "utils 2:f(x)"),
        ("import utils\nutils.w|.sum()", "param w = 3", "utils 1:w"),
        ("import utils\n|utils.w", "param w = 3", "utils 1:param"),
        ("import |utils\nutils.w", "param w = 3", "utils 1:param"),
        ("import utils as |u\nu.w", "param w = 3", "utils 1:param"),
        ("import util|s as u\nu.w", "param w = 3", "utils 1:param"),
        ("import utils as u\nu.f(|n=3)", "f(x, n=2) = n", "utils 1:n=2)"),
        ("import utils\nutils.g|(1)", "f(x) = x", None),
        ("import nothing|", "", "main 1:nothing"),
        ("import utils\ng(x) = x\nutils.g|()", "f(x) = x", "main 2:g(x)"),  # what the file lacks is looked for in scope
        ("import utils\nutils.g|()", "g(x) = x\n", "utils 1:g(x)"),
        ("import utils\nf(utils) = utils.w|", "w = 3", None),
        ("import utils\nutils = 3\nutils.w|", "w = 3", None),
        ("ex|p(1)", "", None),
        ("x = 1\n|x", "", "main 1:x"),
        ("# |x", "", None),
        ("f(x) = x\n1.|f()", "", "main 1:f(x)"),
    ],
)
def test_definition(main: str, utils: str, expected: str | None) -> None:
    files = Folder(main=main, utils=utils)
    path, offset = files.at_bar()
    found = definition(files, path, offset)
    assert (found and shown(files, found.path, found.start)) == expected


def test_definition_through_files() -> None:
    files = Folder(main="import a\na.u.f|(n=1)\na.u.g(1)", a="import utils as u", utils="f(n) = n")
    found = definition(files, *files.at_bar())
    assert found is not None and shown(files, found.path, found.start) == "utils 1:f(n)"


def test_references() -> None:
    files = Folder(
        main="import utils as u\nu.f(1) + u.f(u.w).f()\nf = 2",
        other="import utils\nmap(utils.f, [1])\nf(utils) = utils.f",
        alone="utils = 3\nutils.f()",
        utils="|f(x) = x\nw = 1.f()",
    )
    found = references(files, *files.at_bar())
    assert [shown(files, p.path, p.start) for p in found] == [
        "main 2:f(1)", "main 2:f(u.w).f()", "other 2:f,", "utils 1:f(x)", "utils 2:f()",
    ]  # fmt: skip
    assert [p.is_binding for p in found] == [False, False, False, True, False]


def test_workspace_symbols() -> None:
    files = Folder(a="loss_of(x) = x\nlearning = 2", b="import a\nmodel = 3\nslow = 1")
    assert [symbol.name for _, symbol in workspace_symbols(files, "LO")] == ["loss_of", "slow"]
    assert [symbol.name for _, symbol in workspace_symbols(files, "lg")] == ["learning"]
    assert [Path(path).stem for path, _ in workspace_symbols(files, "mod")] == ["b"]
    assert len(workspace_symbols(files, "")) == 5


# ── renaming ─────────────────────────────────────────────────────────────────


def renamed(new: str, **texts: str) -> dict[str, str] | str:
    """The programs after a renaming at the `|`, or why not."""
    files = Folder(**texts)
    path, offset = files.at_bar()
    plan = rename_plan(files, path, offset, new)
    if isinstance(plan, Refusal):
        return plan.message
    texts_after = {p: edited(text, plan.edits.get(p, [])) for p, text in files.texts.items()}
    return {Path(p).stem: text for p, text in texts_after.items()}


@pytest.mark.parametrize(
    ("text", "new", "expected"),
    [
        ("|a = 1\nb = a", "c", "c = 1\nb = c"),
        ("f(x, n|=2) = n\nf(1, n=3)", "m", "f(x, m=2) = m\nf(1, m=3)"),
        ("f(dim) = dim\nf(axis=3)\nf(dim|=2)", "d", "f(d) = d\nf(d=3)\nf(d=2)"),
        ("f(x) = x\nq.f|().f(1)", "g", "g(x) = x\nq.g().g(1)"),
        ('a = 1\nf"{a|:.2} {a}"', "längs", 'längs = 1\nf"{längs:.2} {längs}"'),
        ("import utils\nutils|.f", "u", "import utils as u\nu.f"),
        ("import utils as u\nu|.f", "v", "import utils as v\nv.f"),
        ("import utils as u\nu|.f", "utils", "import utils\nutils.f"),
        ("for step| in range(3) { q.step() }", "i", "for i in range(3) { q.step() }"),
        ("opt = sgd(m)\nstep = 2\nf() = { opt.step(step|) }", "s", "opt = sgd(m)\ns = 2\nf() = { opt.step(s) }"),
        ("f(n|) = n\nmap(f, x)", "m", "f(m) = m\nmap(f, x)"),
        ("a| = 1", "sin", "sin = 1"),
        ("a| = 1", "a", "a = 1"),
        ("x = (1\n) +* 2\na| = 3\na", "b", "x = (1\n) +* 2\nb = 3\nb"),  # broken elsewhere
    ],
)
def test_rename(text: str, new: str, expected: str) -> None:
    assert renamed(new, main=text, utils="f = 1") == {"main": expected, "utils": "f = 1"}


@pytest.mark.parametrize(
    ("text", "new", "message"),
    [
        ("a| = 1", "2x", "`2x` is not a name"),
        ("a| = 1", "a b", "`a b` is not a name"),
        ("a| = 1", " b", "` b` is not a name"),
        ("a| = 1", "", "a name has letters"),
        ("a| = 1", "for", "`for` is a word of the language"),
        ("a| = 1", "true", "`true` is a word of the language"),
        ("true|", "x", "there is no name here"),
        ("x = 1\nx.data|", "y", "there is no name here"),
        ("x = 1\n# x|", "y", "there is no name here"),
        ("sum([1], dim|=0)", "y", "there is no name here"),
        ("exp|(1)", "y", "`exp` is a builtin, which keeps its name"),
        ("y = x|", "z", "nothing binds `x`"),
        ("import utils|s as u", "z", "`utilss` is the name of a file, `utilss.grad`"),
        ("import utils\nutils.nothing|", "z", "nothing that can be read binds `nothing`"),
        ("a| = 1\nb = 2\na + b", "b", "`b` is taken: `b` on line 2"),
        ("a| = 1\nf(b) = a + b", "b", "`b` is taken: `a` on line 2"),  # would be captured
        ("a = 1\nf(b|) = a + b", "a", "`a` is taken: `a` on line 2"),  # would capture
        ("a| = 1\nsin(a)", "sin", "`sin` is taken"),
        ("a| = 1\na.sin()", "sin", "`sin` is taken"),
        ("a| = 1\nb", "b", "`b` is taken"),  # what nothing binds must not come to mean something
        ("f(x, n|) = x + n", "x", "`x` is taken"),
        ("import a\nb| = 1", "a", "`a` is taken"),
        ("step| = sin\nq.step()", "s", "`.step` on line 2 may mean this name or another"),
        ("f|(x) = x\n1.f()", "e5", "`e5` on line 2 would be read as part of what it touches"),
        ("s|(x) = x\nq.s()", "step", "`step` is taken: `s` on line 2"),
        ("s|(x) = x\nq.s()", "grad", "`grad` is taken: `s` on line 2"),
        ("f(n|) = n\ng = f\ng(n=2)", "m", "`n=` on line 3 may mean this name or another"),
        ("q(x -> x|)\nf(g) = g(x=2)", "m", "`x=` on line 2 may mean this name or another"),
        ("import utils\nm = utils\nf(x|x) = xx\nm.f(xx=2)", "m", "`xx=` on line 4 may mean"),
        ("import utils\nm = utils\nf|(x) = x\nm.f(2)", "m", "`.f` on line 4 may mean this name or another"),
        ("a| = 1\nb = (a +* 2)", "c", "`a` on line 2 stands in what cannot be read: mend that first"),
        ("a| = 1\nf() = {\n  b = 3\n", "c", "`{` on line 2 is never closed: mend that first"),
    ],
)
def test_what_cannot_be_renamed(text: str, new: str, message: str) -> None:
    found = renamed(new, main=text, utils="f = 1")
    assert isinstance(found, str) and found.startswith(message), found


def test_rename_across_programs() -> None:
    assert renamed(
        "g",
        main="import utils as u\nu.f(1).f() + u.f(n=2)\nf = 3",
        other="import main\nmain.u.f()\nimport utils\nutils.f",
        utils="f|(n) = n\nf(1)",
    ) == {
        "main": "import utils as u\nu.g(1).f() + u.g(n=2)\nf = 3",
        "other": "import main\nmain.u.g()\nimport utils\nutils.g",
        "utils": "g(n) = n\ng(1)",
    }
    assert renamed("m", main="import utils\nutils.f(n|=2)\nn = 3\nf(n=4)\nf(n) = n", utils="f(n) = n\nf(n=1)") == {
        "main": "import utils\nutils.f(m=2)\nn = 3\nf(n=4)\nf(n) = n",
        "utils": "f(m) = m\nf(m=1)",
    }
    assert renamed("v", main="import utils|\nutils.f", other="import main\nmain.utils.f", utils="f = 1") == {
        "main": "import utils as v\nv.f", "other": "import main\nmain.v.f", "utils": "f = 1",
    }  # fmt: skip


def test_what_cannot_be_renamed_across_programs() -> None:
    taken = renamed("g", main="import utils\nutils.g", utils="f| = 1")
    assert taken == "`g` is taken: `g` on line 2 of main.grad would mean something else"
    assert renamed("g", main="import utils\ng(x) = x\nutils.g(1)", utils="f| = 1") == taken.replace("2", "3")
    handed = renamed("g", main="import utils\nm = utils\nm.f(1)", utils="f|(x) = x")
    assert isinstance(handed, str) and handed.startswith("`.f` on line 3 of main.grad may mean")
    handed = renamed("m", main="import utils\ng = utils.f\ng(x=1)", utils="f(x|) = x")
    assert isinstance(handed, str) and handed.startswith("`x=` on line 3 of main.grad may mean")
    broken = renamed("m", main="import utils\nutils.f +* 1", utils="f|(x) = x")
    assert broken == "`f` on line 2 of main.grad stands in what cannot be read: mend that first"
    assert isinstance(renamed("g", main="import other\ng +* 2", utils="f| = 1"), dict)  # no matter of utils.grad


def test_prepare_rename() -> None:
    assert prepare_rename(OneFile("ab = 1"), "", 2) == (0, 2, "ab")
    assert isinstance(prepare_rename(OneFile("exp(1)"), "", 1), Refusal)
    assert isinstance(prepare_rename(OneFile(""), "", 0), Refusal)


NEW = ["fresh", "x", "w", "i", "loss", "sin", "sum", "a", "b", "model", "step", "dim", "data"]


def renamings(text: str, rng: random.Random, count: int) -> Iterator[tuple[int, str, str]]:
    """Names of a text, what they are renamed to, and the text after it."""
    found = naming(text)
    for i in rng.choices(sorted(found.keys), k=count) if found.keys else []:
        start, new = found.seen.lexemes[i].start, rng.choice(NEW)
        plan = rename_plan(OneFile(text), "", start, new)
        if isinstance(plan, Plan) and plan.edits:
            at = start
            for edit in plan.edits[""]:
                at += (len(edit.text) - edit.end + edit.start) * (edit.end <= start) + edit.lead * (edit.start == start)
            yield at, found.text(i), edited(text, plan.edits[""])


def test_what_is_renamed_means_the_same_and_can_be_renamed_back() -> None:
    done = 0
    for seed in range(150):
        text = re.sub(r"import (\w+) as \1", r"import \1", fmt_fuzz.program(seed).replace("import b as b", "b"))
        for at, old, after in renamings(text, random.Random(seed), 4):
            assert_resolved_alike(after)
            back = rename_plan(OneFile(after), "", at, old)
            assert isinstance(back, Plan), (back, text, after)
            assert edited(after, back.edits[""]) == text
            done += 1
    assert done > 150


def output(text: str, folder: str) -> str:
    """What a program prints, and how it fails if it does."""
    out = StringIO()
    with redirect_stdout(out), running(folder):
        try:
            Session().run(Source(text), lambda d: None, keep_graph=True)
        except GradlangError as error:
            print(error.diagnostics[0].code)
    return out.getvalue()


def test_renamed_programs_print_the_same() -> None:
    programs = [fmt_fuzz.program(seed) for seed in range(120) if seed % 6 < 2]  # those that compute
    programs += [(ROOT / "scripts" / f"{name}.grad").read_text(encoding="utf-8") for name in ("compat", "newton")]
    done = 0
    for seed, text in enumerate(programs):
        expected = output(text, "")
        for _, _, after in renamings(text, random.Random(seed), 3):
            assert output(after, "") == expected, after
            done += 1
    assert done > 30


WORDS = ["a", "b", "c", "f", "g", "n"]


def library(r: random.Random) -> str:
    """A program that binds every word, with functions that can be called with two arguments."""
    lines = []
    for word in r.sample(WORDS, len(WORDS)):
        first, second = r.sample(WORDS, 2)
        body = r.choice([f"{first} + {second}", f"{{ {first} = {first} * 2; {first} - {second} }}"])
        by_name = f"({first}, {second}={r.randint(1, 9)}) = {body}"
        lines.append(word + (by_name if word in "fg" else f" = {r.randint(1, 9)}"))
    return "\n".join(lines) + f"\nprint(f({r.choice('abcn')}), {r.choice('abcn')}.g())"


def user(r: random.Random, **imported: str) -> str:
    """A program that imports others and uses their words as values, functions, and in its own ways."""
    (first, second), (third, by_name) = r.sample(WORDS, 2), r.sample(WORDS, 2)
    owners = [r.choice([name, f"{name}_{r.choice(WORDS)}"]) for name in imported]
    lines = [f"import {name}" + f" as {o}" * (name != o) for name, o in zip(imported, owners, strict=True)]
    lines += [f"{word} = {r.randint(1, 9)}" for word in "abcn"]
    lines.append(f"f({first}, {second}=3) = {first} - {second} * {r.choice(owners)}.{r.choice('abcn')}")
    lines.append(f"g({third}, {by_name}=3) = {third}{r.choice(['', '.f()'] if 'f' not in (third, by_name) else [''])}")
    for owner, text in zip(owners, imported.values(), strict=True):
        found = re.search(r"^g\(\w, (\w)=", text, re.MULTILINE)
        assert found
        values = [f"{owner}.{r.choice('abcn')}", r.choice("abcn"), f"f({r.choice('abcn')}, {second}=2)"]
        values += [f"{owner}.f({r.choice('abcn')})", f"{owner}.{r.choice('abcn')}.f()"]
        values += [f"{owner}.g({r.choice('abcn')}, {found[1]}={r.choice('abcn')})" for _ in range(2)]
        lines += [f"print({value})" for value in r.sample(values, 4)]
        lines.append(
            f"print([{first}.{'g' if first == 'f' else 'f'}() for {first} in [1, {owner}.{r.choice('abcn')}]])"
        )
    return "\n".join(lines)


def family(r: random.Random) -> Folder:
    utils = library(r)
    middle = user(r, utils=utils)
    return Folder(utils=utils, middle=middle, main=user(r, middle=middle, utils=utils))


def test_renaming_across_programs_changes_no_output(tmp_path: Path) -> None:
    done = refused = 0
    for seed in range(40):
        r = random.Random(seed)
        files = family(r)
        files.texts = {str(tmp_path / Path(path).name): text for path, text in files.texts.items()}
        original = dict(files.texts)
        expected = run_files(files.texts)
        for _ in range(5):
            path = r.choice(list(original))
            i = r.choice(sorted(naming(original[path]).keys))
            start, new = naming(original[path]).seen.lexemes[i].start, r.choice([*WORDS, "fresh", "print"])
            plan = rename_plan(files, path, start, new)
            if isinstance(plan, Refusal):
                refused += 1
                continue
            files.texts = {p: edited(text, plan.edits.get(p, [])) for p, text in original.items()}
            assert run_files(files.texts) == expected, (plan, original)
            files.texts = original
            done += 1
    assert done > 60 and refused > 60


def run_files(texts: dict[str, str]) -> str:
    for path, text in texts.items():
        Path(path).write_text(text, encoding="utf-8")
    main = next(path for path in texts if path.endswith("main.grad"))
    return output(texts[main], str(Path(main).parent))


# ── whatever the text ────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(3))
def test_no_text_makes_it_fail(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        text = damaged(rng, SCRIPTS, 300)
        files = Folder(main=text, utils=text[::-1])
        for offset in range(0, len(text) + 1, rng.randint(1, 4)):
            found = occurrences(text, offset)
            assert found == sorted(set(found))
            assert all(0 <= a.start < a.end <= len(text) for a in found)
            assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))
            assert not found or any(o.start <= offset <= o.end for o in found), (text, offset)
            for o in found:
                assert occurrences(text, o.start) == found, (text, offset)
            definition(files, "/a/main.grad", offset)
        offset = rng.randrange(len(text) + 1)
        rename_plan(files, "/a/main.grad", offset, "other")
        prepare_rename(files, "/a/main.grad", offset)


def test_long_texts_take_no_recursion() -> None:
    for text in ["a." * 20_000, "(" * 20_000, "a + " * 20_000, "x -> " * 500, 'f"{' * 500, "[a for a in " * 500]:
        occurrences(text, 0)
        occurrences(text, len(text))
        rename_plan(OneFile(text), "", 0, "b")
