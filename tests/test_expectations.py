"""`gradlang test`: what holds is counted, what does not is shown and can be rewritten."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest
from expectations import failed, programs, same

from gradlang import cli
from gradlang.expectations.agreement import first_difference


class Reply(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def titles(self) -> list[str]:
        """What was reported: the first line of each diagnostic."""
        return [line for line in self.err.splitlines() if line.startswith(("error[", "warning["))]


class Folder:
    """A folder of programs that are tested in it."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self.capsys = capsys

    def test(self, *arguments: str, **files: str) -> Reply:
        for name, text in files.items():
            (self.path / f"{name}.grad").write_text(dedent(text))
        code = cli.main(["test", *(arguments or ["."])])
        return Reply(code, *self.capsys.readouterr())

    def read(self, name: str) -> str:
        return (self.path / f"{name}.grad").read_text()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Folder:
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path, capsys)


# ── what holds and what does not ─────────────────────────────────────────────


def test_what_holds_is_only_counted(folder: Folder) -> None:
    a = """\
        2 + 3 * 4    #> 14
        print("a")   #> a
        ---
        y = z        #! E0201
        """
    reply = folder.test(a=a, b='print("noise")\n')
    assert reply == (0, "3 expectations in 3 programs hold\n", "")


def test_a_difference_is_shown_where_it_is_expected(folder: Folder) -> None:
    reply = folder.test("a.grad", a="x = 2\nx**3  #> 9\n")
    assert reply.code == 1 and reply.out == "1 expectation in 1 program: 1 failure\n"
    assert reply.err == dedent("""\
        error[E0701]: this is 8, not 9
          --> a.grad:2:7
           |
         2 | x**3  #> 9
           |       ^^^^

        """)


def test_what_was_printed_is_shown_line_by_line(folder: Folder) -> None:
    reply = folder.test(a="for i in range(30) { print(i) }\n#> 0\n#> 2\nprint()  #> a\n")
    assert reply.titles[1] == "error[E0701]: this printed nothing, not a"
    assert "note: it printed\n           0\n           1\n" in reply.err and "… and 10 more lines" in reply.err


def test_of_a_long_value_the_differing_part_is_shown(folder: Folder) -> None:
    wanted = ", ".join("7" if i == 60 else str(i) for i in range(100))
    (title,) = folder.test(a=f"arange(100)  #> [{wanted}]\n").titles
    assert ", 59, 60, 61," in title and ", 59, 7, 61," in title and len(title) < 160


def test_a_program_that_fails_reports_that_and_no_more(folder: Folder) -> None:
    reply = folder.test(a="x = [1] @ [1, 2]\nx  #> 3\ny = x  #! E0402\n")
    assert [title[:12] for title in reply.titles] == ["error[E0401]"]


def test_an_expected_failure_must_happen_and_ends_the_program(folder: Folder) -> None:
    reply = folder.test(a="x = [1] @ [1, 2]  #! E0401\nx  #> 3\n", b="1 + 1  #! E0401 E9999\n")
    assert reply.titles == [
        "error[E0701]: the program did not come to this line",
        "error[E0702]: E0401 is not reported on this line",
        "error[E0702]: E9999 is not reported on this line",
    ]
    assert "the program ends here" in reply.err and "there is no such code" in reply.err


def test_an_error_in_an_imported_file_belongs_to_the_call(folder: Folder) -> None:
    reply = folder.test("a.grad", a="import b\nb.f([1, 2])  #! E0401\n", b="f(x) = x @ [1, 2, 3]\n")
    assert reply.code == 0


def test_a_comment_inside_a_loop_is_told_where_it_belongs(folder: Folder) -> None:
    reply = folder.test(a="for i in range(2) {\n  print(i)  #> 0\n}\n")
    assert reply.titles == ["error[E0701]: there is nothing here that this could be expected of"]


def test_a_warning_is_shown_and_no_failure_unless_it_is_expected(folder: Folder) -> None:
    reply = folder.test(a="sum = 1\n", b="sum = 1  #! W0201\n")
    assert reply.code == 0 and [title[:14] for title in reply.titles] == ["warning[W0201]"]


def test_programs_run_in_their_own_folder_for_real(folder: Folder) -> None:
    (folder.path / "sub").mkdir()
    (folder.path / "sub" / "a.grad").write_text('param w = 1.0\nsave([w], "w.safetensors")\n')
    assert folder.test(".").code == 0
    assert (folder.path / "sub" / "w.safetensors").exists()


def test_files_that_cannot_be_read_keep_no_other_waiting(folder: Folder) -> None:
    (folder.path / "latin.grad").write_bytes(b"x = '\xe9'\n")
    reply = folder.test("absent.grad", "latin.grad", "a.grad", "./a.grad", a="1  #> 1\n")
    assert reply.code == 1 and reply.out == "1 expectation in 1 program: 2 failures\n"
    assert [title[6:11] for title in reply.titles] == ["E0601", "E0602"]


def test_a_folder_without_programs_is_no_success(folder: Folder) -> None:
    reply = folder.test(".")
    assert reply.code == 1 and "no program" in reply.err


def test_options(folder: Folder) -> None:
    files = {"a": 'print("hello")\nrandn()  #>\n'}
    seen = [folder.test("--seed", seed, "a.grad", **files).titles for seed in ("1", "1", "2")]
    assert seen[0] == seen[1] != seen[2]
    reply = folder.test("-v", "--backend", "interp", "a.grad")
    assert reply.out == "a.grad:1\nhello\n1 expectation in 1 program: 1 failure\n"
    assert "\x1b[" in folder.test("--color", "always", "a.grad").err
    (found,) = json.loads(folder.test("--output-format", "json", "a.grad").err)
    assert (found["code"], found["line"], found["offsets"]) == ("E0701", 2, [24, 26])
    with pytest.raises(SystemExit) as wrong:
        folder.test("--seed", "-1", "a.grad")
    assert wrong.value.code == 2


def test_places_are_those_of_the_file_whatever_program_they_are_in(folder: Folder) -> None:
    reply = folder.test("--output-format", "json", "a.grad", a="a = 'é'\n---\nb = 1\nb  #> 2\n")
    (found,) = json.loads(reply.err)
    assert found["line"] == 4 and folder.read("a")[slice(*found["offsets"])] == "#> 2"


def test_a_mistake_of_ours_is_told_as_such(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradlang.expectations.command.failures", lambda *_: 1 / 0)
    reply = folder.test("a.grad", "b.grad", a="1\n", b="2\n")
    assert reply.code == 70 and [title[6:11] for title in reply.titles] == ["E0999", "E0999"]


def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    (tmp_path / "a.grad").write_text('print("begun")\nwhile true { i = 1 }\n')
    command = [sys.executable, "-u", "-m", "gradlang", "test", "-v", "a.grad"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        assert [process.stdout.readline() for _ in range(2)] == ["a.grad:1\n", "begun\n"]
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == "interrupted\n"


# ── the comments ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        's = "#> 3"; s  #> "#> 3"',
        "s = '#! E0201'",
        "# x #> 3",
        "1 + 1  # two #> 3",
        "print(1)\n#> 1",
        'print("a\\nb")\n\n# below\n#> a\n#> b',
        "x = 1  #>",
        "1;  2  #> 2",
        "[1,\n 2,  # inside\n]  #> [1, 2]",
        "1 + 1  #> 2\r\n3  #> 3\r",
        "---\n\n---\n1  #> 1",
        "log(2)  #> 0.69…",
        'print("took", time(), "s")  #> took … s',
        "arange(100)  #> [0, 1, …, 99]",
        "arange(100)  #> [0, 1, ..., 99]",
        "zeros(2000)  #> [0, 0, 0, ..., 0, 0, 0]",
        "log(2)  #> 0.69...",
    ],
)
def test_this_holds(text: str) -> None:
    assert [failed(program, ".") for program in programs(text + "\n", "a.grad")] == [[]]


@pytest.mark.parametrize(
    ("seen", "wanted", "equal"),
    [
        ("3.14159", "3.1…", True),
        ("3.24159", "3.1…", False),
        ("-1234567", "-1234566…", True),
        ("-1234567", "-1234566...", True),
        ("12.5", "12...", True),
        ("12.5", "12.", False),
        ("1.2345e-07", "1.2e-7...", True),
        ("1.2345e-07", "1.2e-7…", True),
        ("1.9345e-07", "1.2e-7…", False),
        ("3e-06", "1e-06", False),
        ("1.00002e-06", "1.0000e-06", True),
        ("0.00012", "0.0001", True),
        ("123456.7", "123457", True),
        ("[1, 2, 3]", "[…]", True),
        ("[1, 2, 3]", "[1, …, 3]", True),
        ("[1, 2, 3]", "[1, 2, 3…]", True),
        ("[1, 2, 3]", "[…, 4]", False),
        ("", "…", True),
        ("a b c", "… c d", False),
        ('"a…"', '"abc"', False),
    ],
)
def test_agreement(seen: str, wanted: str, equal: bool) -> None:
    assert same(seen, wanted) is equal


def test_the_first_difference() -> None:
    assert first_difference("[1, 20, 3]", "[1,2,3]") == (4, 3)
    assert first_difference("1 2", "1 2 3") == (3, 3)


def test_the_example_of_the_readme() -> None:
    text = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```gradlang\n([^`]*#>[^`]*)^```$", text, re.MULTILINE)
    (program,) = programs(example, "README.md")
    assert program.count == 4 and failed(program, ".") == []


# ── rewriting ────────────────────────────────────────────────────────────────


def updated(folder: Folder, text: str) -> str:
    """A program after `--update`; what was written holds, and a second update finds nothing to do."""
    (folder.path / "a.grad").write_bytes(text.encode())
    assert folder.test("--update", "a.grad").code == 0
    again = folder.test("--update", "a.grad")
    assert again.code == 0 and "rewritten" not in again.out
    return (folder.path / "a.grad").read_bytes().decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1 + 1  #> 3\n", "1 + 1  #> 2\n"),
        ("1 + 1  #>", "1 + 1  #> 2"),
        ("log(2)   #> 0.7  \n", "log(2)   #> 0.6931\n"),
        ("log(2)   #> 0.69…\nlog(2)  #> 1\n", "log(2)   #> 0.69…\nlog(2)  #> 0.6931\n"),
        ("repr(1)  #>\n", 'repr(1)  #> "1"\n'),
        ("1e-7  #> 2e-7\n", "1e-7  #> 1.0000e-07\n"),
        ("[[1, 2], [3, 4]]  #> 1\n", "[[1, 2], [3, 4]]  #> [[1, 2], [3, 4]]\n"),
        ('print("a\\nb")  #> c\nx = 1\n', 'print("a\\nb")  #> a\n#> b\nx = 1\n'),
        ('print("a")  #> a\n#> b\n#> c\nx = 1\n', 'print("a")  #> a\nx = 1\n'),
        ('print("a")\n#> b\n#> c', 'print("a")\n#> a\n'),
        ("print()  #> a\n", "print()  #>\n"),
        ("x = 1\r\nx  #> 2\r\n#> 3\r\nprint('a\\nb')  #>\r\n", "x = 1\r\nx  #> 1\r\nprint('a\\nb')  #> a\r\n#> b\r\n"),
        ("1  #> 2\n---\nx = 'é'  # é\nx  #> 3\n", "1  #> 1\n---\nx = 'é'  # é\nx  #> \"é\"\n"),
    ],
)
def test_update(folder: Folder, before: str, after: str) -> None:
    assert updated(folder, before) == after


def test_update_writes_little_of_much(folder: Folder) -> None:
    text = updated(folder, "arange(100)  #>\nzeros(2000)  #>\nvocab('abcdefghijklmnopqrstuvwxyz' + 'äöüß')  #>\n")
    assert all(len(line) < 170 and "..." in line for line in text.splitlines())


def test_update_leaves_what_is_no_value(folder: Folder) -> None:
    text = "1 + 1  #> 3\ny = 2  #! E0401\n"
    reply = folder.test("--update", "a.grad", a=text)
    assert reply.code == 1 and [title[6:11] for title in reply.titles] == ["E0702"]
    assert folder.read("a") == "1 + 1  #> 2\ny = 2  #! E0401\n"
    assert reply.out == "2 expectations in 1 program: 1 failure, 1 rewritten\n"


def test_update_does_not_overwrite_what_was_saved_meanwhile(folder: Folder) -> None:
    program = 'import b\n1  #> 2\ndraw_dot(grad(x -> x * x)(b.y) * b.y, "a.grad")\n'
    reply = folder.test("--update", "a.grad", a=program, b="param y = 2\n")
    assert reply.code == 1 and "changed while it ran" in reply.err
    assert folder.read("a").startswith("digraph")


def test_nothing_is_rewritten_unasked(folder: Folder) -> None:
    folder.test(a="1 + 1  #> 3\n")
    assert folder.read("a") == "1 + 1  #> 3\n"
    assert os.listdir(folder.path) == ["a.grad"]
