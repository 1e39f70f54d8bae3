"""`gradlang fmt`: one style, nothing lost, and the same again when asked again."""

from __future__ import annotations

import io
import json
import os
import random
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from expectations import programs
from fmt_fuzz import fault, program, scrambled
from test_readme import FENCES

from gradlang import cli
from gradlang.diagnostics import GradlangError
from gradlang.formatting import breaks, formatted
from gradlang.source import Source
from gradlang.syntax.parser import parse, tokens
from gradlang.whole_file import no_writing

ROOT = Path(__file__).parent.parent
OURS = [*sorted((ROOT / "scripts").glob("*.grad")), ROOT / "gradlang" / "language" / "prelude.grad"]
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.grad"))


def fmt(text: str) -> str:
    return formatted(Source(text))


# ── the style ────────────────────────────────────────────────────────────────

PAIRS = {
    "operators": ("x=a+b*c-d/e//f%g@h\n", "x = a + b * c - d / e // f % g @ h\n"),
    "powers": ("x = a ** 2 ** -1\n", "x = a**2**-1\n"),
    "signs": ("x = - a + +b - - c\ny = - - a\n", "x = -a + +b - -c\ny = - -a\n"),
    "comparisons": ("x=a<b<=c==d!=e\n", "x = a < b <= c == d != e\n"),
    "words": ("x = a  and(b)or not  c\n", "x = a and (b) or not c\n"),
    "updates": ("x+=1;y  *=  2\n", "x += 1; y *= 2\n"),
    "calls": ("f ( a,b , n = 2 ) . g ( )\n", "f(a, b, n=2).g()\n"),
    "definitions": ("f ( a,n = -1 )=a\nparam   w=0\n", "f(a, n=-1) = a\nparam w = 0\n"),
    "lambdas": ("g=x->(y,z)->x\n", "g = x -> (y, z) -> x\n"),
    "lists": ("x = [ 1,2 , 3 ,]\ny = [ ]\n", "x = [1, 2, 3,]\ny = []\n"),
    "comprehensions": ("[ x for x,y in(z)if x>0 ]\n", "[x for x, y in (z) if x > 0]\n"),
    "subscripts": ("x [ 0 ] [1 :2,: , : :2,- 1:]\n", "x[0][1:2, :, ::2, -1:]\n"),
    "wide subscripts": ("x[i+1:n, a:b, f(c + 1):]\n", "x[i + 1 : n, a:b, f(c + 1):]\n"),
    "numbers before a dot": ("1.relu()\n1. .relu()\n1 .e5\n", "1.relu()\n1. .relu()\n1 .e5\n"),
    "strings": ("x = 'a  b'+f\"{a+1 :.3f}\"\n", "x = 'a  b' + f\"{a+1 :.3f}\"\n"),
    "imports": ("import  a  as  b\n", "import a as b\n"),
    "blocks on one line": ("for i in x{a;b}\nf()={ }\n", "for i in x { a; b }\nf() = { }\n"),
    "blocks of lines": ("if a{b\nc}else{d}\n", "if a {\n  b\n  c\n} else {\n  d\n}\n"),
    "lines of two statements in a block": ("f() = {\na;b\nc}\n", "f() = {\n  a; b\n  c\n}\n"),
    "blocks in blocks": ("for i in x { if a {\nb } }\n", "for i in x {\n  if a {\n    b\n  }\n}\n"),
    "else on lines": ("y = if a {1}\nelse if b {2}\n  else {3}\n", "y = if a { 1 }\n  else if b { 2 }\n  else { 3 }\n"),
    "else of a statement": ("if a {b}\n  else {c}\n", "if a { b }\nelse { c }\n"),
    "else goes up to the brace": ("if a {\nb\n}\nelse {\nc\n}\n", "if a {\n  b\n} else {\n  c\n}\n"),
    "semicolons that part nothing": (";;a = 1;\nf() = { ; a ; }\n;\n", "a = 1\nf() = { a }\n"),
    "hanging brackets": ("x = f(\na,\nb)\n", "x = f(\n  a,\n  b\n)\n"),
    "brackets below the first item": ("x = [[1,2],\n[3,4]\n]\n", "x = [[1, 2],\n     [3, 4]]\n"),
    "brackets in brackets": ("f(g(\na\n),[\nb\n])\n", "f(g(\n  a\n), [\n  b\n])\n"),
    "blocks in brackets": ("y = map(x->{\na\nb },xs)\n", "y = map(x -> {\n  a\n  b\n}, xs)\n"),
    "methods on lines": ("y = x\n.f()\n      .g()\n", "y = x\n  .f()\n  .g()\n"),
    "operators at the end of a line": ("y = a+\nb\n", "y = a +\n  b\n"),
    "a condition on two lines": ("if a and\nb {\nc\n}\n", "if a and\n  b {\n  c\n}\n"),
    "breaks where nothing may stand": ("f(a\n,b\n.\nc, n\n=\n2)\n", "f(a, b\n    .c, n=2)\n"),
    "indentation": ("\tfor i in x {\n\t\ta\n        b\n  }\n", "for i in x {\n  a\n  b\n}\n"),
    "blanks at the end": ("a  \nb\t\n# c  \n   \n", "a\nb\n# c\n"),
    "empty lines": ("\n\na\n\n\n\nb\nf() = {\n\n\na\n\n\nb\n\n}\n\n\n", "a\n\nb\nf() = {\n  a\n\n  b\n}\n"),
    "no line break at the end": ("a", "a\n"),
    "other line breaks": ("a\r\nif b {\r\nc\r\n}\r\n", "a\nif b {\n  c\n}\n"),
    "nothing": (" \n\n;\n", ""),
    "comments": ("#!/usr/bin/env gradlang\n  #a\nx # b\n# c", "#!/usr/bin/env gradlang\n#a\nx  # b\n# c\n"),
    "comments in blocks": ("f() = { # a\n# b\nx\n# c\n}\n", "f() = {  # a\n  # b\n  x\n  # c\n}\n"),
    "comments in brackets": (
        "x = [ # a\n1, # b\n\n# c\n2\n# d\n]\n",
        "x = [  # a\n  1,  # b\n\n  # c\n  2\n  # d\n]\n",
    ),
    "comments before else": ("if a { b } # c\n# d\nelse { e }\n", "if a { b }  # c\n# d\nelse { e }\n"),
    "comments below each other": ("a=1      # a\n\nbb = 2   # b\n", "a = 1    # a\n\nbb = 2   # b\n"),
    "comments that must move move together": ("a  # a\nb+c+d+e# b\n", "a  # a\nb + c + d + e  # b\n"),
    "comments that go on below": ("a=1  # a\n     # more\n# next\nb\n", "a = 1  # a\n       # more\n# next\nb\n"),
    "aligned equals signs": ("f(x)=1\ndf  = 2\nddf = 3\n", "f(x) = 1\ndf   = 2\nddf  = 3\n"),
    "equals signs that are not aligned": ("a =  1\nbcd  = 2\n\ne = 3\n", "a = 1\nbcd = 2\n\ne = 3\n"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_style(name: str) -> None:
    before, after = PAIRS[name]
    assert fmt(before) == after
    assert fmt(after) == after


LONG = "a_name_of_twenty_two_c"  # five of them and what is between them are more than a line
WIDE = {
    "statements": (f"f({LONG}, {LONG}); g({LONG}, {LONG}); h()", f"f({LONG}, {LONG})\ng({LONG}, {LONG})\nh()"),
    "a block": (
        f"for i in x {{ f({LONG}, {LONG}); g({LONG}, {LONG}) }}",
        f"for i in x {{\n  f({LONG}, {LONG})\n  g({LONG}, {LONG})\n}}",
    ),
    "all blocks of an if": (
        f"x = if {LONG} {{ {LONG} }} else if {LONG} {{ {LONG} }} else {{ b }}",
        f"x = if {LONG} {{\n  {LONG}\n}} else if {LONG} {{\n  {LONG}\n}} else {{\n  b\n}}",
    ),
    "the outer block only": (
        f"for i in x {{ for j in y {{ f({LONG}, {LONG}, {LONG}) }}; b }}",
        f"for i in x {{\n  for j in y {{ f({LONG}, {LONG}, {LONG}) }}\n  b\n}}",
    ),
    "arguments on a line": (
        f"x = function({LONG}, {LONG}, {LONG}, {LONG})",
        f"x = function(\n  {LONG}, {LONG}, {LONG}, {LONG}\n)",
    ),
    "arguments on lines": (
        f"x = function({LONG}, {LONG}, {LONG}, {LONG}, {LONG})",
        f"x = function(\n  {LONG},\n  {LONG},\n  {LONG},\n  {LONG},\n  {LONG}\n)",
    ),
    "the wider of two brackets": (
        f"x = f(a, b) + g({LONG}, {LONG}, {LONG}, {LONG})",
        f"x = f(a, b) + g(\n  {LONG}, {LONG}, {LONG}, {LONG}\n)",
    ),
    "a comprehension": (
        f"x = [f({LONG}, {LONG}) for i, j in zip({LONG}, {LONG}, {LONG})]",
        f"x = [\n  f({LONG}, {LONG})\n  for i, j in zip({LONG}, {LONG}, {LONG})\n]",
    ),
    "a block before its brackets": (
        f"x = map(i -> {{ {LONG}; {LONG}; {LONG} }}, {LONG})",
        f"x = map(i -> {{\n  {LONG}\n  {LONG}\n  {LONG}\n}}, {LONG})",
    ),
    "where nothing can be done": (f"x = {' + '.join([LONG] * 5)}", f"x = {' + '.join([LONG] * 5)}"),
    "a long comment": ("x  # " + "long " * 30 + "end", "x  # " + "long " * 30 + "end"),
}


@pytest.mark.parametrize("name", WIDE)
def test_lines_that_are_too_wide(name: str) -> None:
    before, after = (text + "\n" for text in WIDE[name])
    assert max(map(len, before.split("\n"))) > breaks.WIDTH
    assert fmt(before) == after
    assert fmt(after) == after


# ── nothing is lost ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_programs_have_the_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert fmt(text) == text
    assert not fault(text)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_golden_programs(path: Path) -> None:
    for golden in programs(path.read_text(encoding="utf-8"), str(path)):
        try:
            parse(golden.source)
        except GradlangError:
            continue
        assert not fault(golden.source.text.lstrip()), golden.id


@pytest.mark.parametrize("text", [text for kind, text in FENCES if kind == "gradlang"])
def test_fences_of_the_readme(text: str) -> None:
    assert not fault(text)


def test_random_programs_in_random_layouts() -> None:
    for seed in range(300):
        text = scrambled(program(seed), random.Random(seed))
        found = fault(text)
        assert not found, f"seed {seed}: {found}"


def test_our_programs_in_random_layouts() -> None:
    for path in OURS:
        for seed in range(5):
            text = scrambled(path.read_text(encoding="utf-8"), random.Random(seed))
            found = fault(text)
            assert not found, f"{path.name}, seed {seed}: {found}"


def test_the_layouts_are_what_they_should_be() -> None:
    texts = [(program(seed), scrambled(program(seed), random.Random(seed))) for seed in range(60)]
    assert sum("#" in after for _, after in texts) > 40
    assert sum("\n" in after.strip() for _, after in texts) > 50
    for before, after in texts:
        assert [t for t in tokens(before) if t.type != "_NL"] == [t for t in tokens(after) if t.type != "_NL"]


def test_long_and_deep_programs() -> None:
    chain = "x = " + " + ".join(["1"] * 20_000) + "\n"
    assert fmt(chain) == chain
    assert fmt("x = [" + ",".join(["1"] * 20_000) + "]").count("\n") == 20_002
    deep = "x = " + "(" * 150 + "1" + ")" * 150 + "\ny = " + "{a;" * 150 + "1" + "}" * 150
    assert not fault(deep)


# ── the command ──────────────────────────────────────────────────────────────

UGLY, NICE = "x=1\n", "x = 1\n"


def run(*arguments: str | Path) -> int:
    return cli.main(["fmt", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ugly.grad").write_text(UGLY)
    (tmp_path / "nice.grad").write_text(NICE)
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


def test_files_are_rewritten(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    os.chmod(folder / "ugly.grad", 0o750)
    before = (folder / "nice.grad").stat()
    assert run("ugly.grad", "nice.grad") == 0
    assert (folder / "ugly.grad").read_text() == NICE
    assert stat.S_IMODE((folder / "ugly.grad").stat().st_mode) == 0o750
    after = (folder / "nice.grad").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)  # not touched
    assert sorted(path.name for path in folder.iterdir()) == ["nice.grad", "ugly.grad"]
    assert capfd.readouterr() == ("", "")


def test_links_stay_links(folder: Path) -> None:
    (folder / "link.grad").symlink_to("ugly.grad")
    assert run("link.grad") == 0
    assert (folder / "link.grad").is_symlink() and (folder / "ugly.grad").read_text() == NICE


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"", b""),
        (b"\n\n", b""),
        (b"x=1", b"x = 1\n"),
        (b"x=1\r\ny=2\r\n", b"x = 1\ny = 2\n"),
        (b"\xef\xbb\xbfx=1\n", b"x = 1\n"),
        ("größe='θ'\n".encode(), "größe = 'θ'\n".encode()),
    ],
)
def test_contents(
    folder: Path, data: bytes, wanted: bytes, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (folder / "a.grad").write_bytes(data)
    assert run("a.grad") == 0
    assert (folder / "a.grad").read_bytes() == wanted
    assert run("--check", "a.grad") == 0
    typed(monkeypatch, data)
    assert run("-") == 0
    sys.stdout.flush()
    assert capfdbinary.readouterr() == (wanted, b"")


def test_check(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("--check", "ugly.grad", "nice.grad") == 1
    assert capfd.readouterr() == ("ugly.grad\n", "")
    assert run("--check", "nice.grad") == 0
    assert capfd.readouterr() == ("", "")
    assert (folder / "ugly.grad").read_text() == UGLY


def test_diff(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    difference = "--- ugly.grad\n+++ ugly.grad\n@@ -1 +1 @@\n-x=1\n+x = 1\n"
    assert run("--diff", "ugly.grad", "nice.grad") == 0
    assert capfd.readouterr() == (difference, "")
    assert run("--diff", "--check", "ugly.grad") == 1
    assert capfd.readouterr() == (difference, "")
    assert (folder / "ugly.grad").read_text() == UGLY
    (folder / "ugly.grad").write_text("x = 1")
    assert run("--diff", "ugly.grad") == 0
    assert capfd.readouterr().out.endswith("-x = 1\n\\ No newline at end of file\n+x = 1\n")


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    for arguments, code, out in [
        (["-"], 0, NICE),
        (["--check", "-"], 1, "-\n"),
        (["--diff", "-"], 0, "--- -\n+++ -\n@@ -1 +1 @@\n-x=1\n+x = 1\n"),
    ]:
        typed(monkeypatch, UGLY.encode())
        assert run(*arguments) == code
        sys.stdout.flush()
        assert capfd.readouterr() == (out, "")
    typed(monkeypatch, b"x = (\n")
    assert run("-") == 1
    out, err = capfd.readouterr()
    assert out == "" and "--> <standard input>:1:5" in err


def test_folders(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("below/deep/a.grad", "below/b.grad", "below/c.txt", ".hidden/d.grad"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(UGLY)
    assert run("--check", ".", "ugly.grad") == 1
    assert capfd.readouterr().out.split() == ["./ugly.grad", "./below/b.grad", "./below/deep/a.grad"]
    assert run(".") == 0 and run("--check", ".") == 0
    assert (folder / "below" / "c.txt").read_text() == UGLY
    assert (folder / ".hidden" / "d.grad").read_text() == UGLY


def test_broken_files_are_left_and_others_done(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.grad").write_text("x=1\ny = (2\nz = 3 +\n")
    (folder / "latin.grad").write_bytes(b"x='\xe4'\n")
    assert run("broken.grad", "latin.grad", "nowhere.grad", "ugly.grad") == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "error[E0102]" in err and "--> broken.grad:2:5" in err
    assert "error[E0602]" in err and "error[E0601]" in err
    assert (folder / "broken.grad").read_text() == "x=1\ny = (2\nz = 3 +\n"
    assert (folder / "latin.grad").read_bytes() == b"x='\xe4'\n"
    assert (folder / "ugly.grad").read_text() == NICE
    assert run("--output-format", "json", "broken.grad", "nowhere.grad") == 1
    found = json.loads(capfd.readouterr().err)
    assert {d["code"] for d in (found["diagnostics"] if isinstance(found, dict) else found)} >= {"E0102", "E0601"}


def test_a_file_that_cannot_be_written(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with no_writing():
        assert run("ugly.grad", "nice.grad") == 1
    assert "error[E0603]" in capfd.readouterr().err and (folder / "ugly.grad").read_text() == UGLY


def test_a_mistake_of_ours_is_told_as_such(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gradlang.formatting.text_of", lambda rows: "x = 2\n")  # loses the 1
    assert run("ugly.grad") == 70
    assert "E0999" in capfd.readouterr().err and (folder / "ugly.grad").read_text() == UGLY


def test_usage(capfd: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--nonsense", "x"]):
        with pytest.raises(SystemExit) as stopped:
            run(*arguments)
        assert stopped.value.code == 2
    assert "usage: gradlang fmt" in capfd.readouterr().err


def test_fmt_loads_nothing_heavy(folder: Path) -> None:
    code = "import sys; from gradlang.cli import main; main(['fmt', 'ugly.grad']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "lark", "difflib", "prompt_toolkit", "llvmlite", "gradlang.language"} & set(loaded)
