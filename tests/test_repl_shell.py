"""The shell without an editor: entries, results, commands, files, settings."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from gradlang import palette
from gradlang.diagnostics import Diagnostic
from gradlang.draw.terminal.fragments import plain
from gradlang.language.runtime import running
from gradlang.language.values import List, constant
from gradlang.repl import history, listings, results, screen, settings
from gradlang.repl.commands import COMMANDS
from gradlang.repl.shell import Shell, entries_of, is_command, is_silenced, unprompted
from gradlang.session import Session

ROOT = Path(__file__).parent.parent


class Typed:
    """A reader whose entries and answers are given beforehand."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.answers: list[str] = []

    def entry(self) -> str:
        if not self.entries:
            raise EOFError
        return self.entries.pop(0)

    def ask(self, question: str) -> str:
        return self.answers.pop(0)

    def watch(self) -> AbstractContextManager[object]:
        return nullcontext()

    def leaves(self) -> bool:
        return False


class Console:
    """A shell, and what it has shown since the last look."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.reader = Typed()
        self.reported: list[Diagnostic] = []
        shown = screen.Screen(color=False, interactive=False)
        self.shell = Shell(Session(interactive=True), self.reader, shown, self.reported.append)

    def __call__(self, *entries: str) -> str:
        """What is shown for these entries."""
        self.reported.clear()
        self.reader.entries = list(entries)
        self.shell.loop()
        return self.capsys.readouterr().out

    def code(self, entry: str) -> str:
        """The code of what an entry fails with; nothing is shown beside it."""
        assert self(entry) == ""
        return self.reported[0].code


@pytest.fixture
def console(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    with running(str(tmp_path), lambda text: sys.stdout.write(text)):
        yield Console(capsys)


# ── results ──────────────────────────────────────────────────────────────────


def test_results_are_shown_with_their_gradient(console: Console) -> None:
    assert console("a = -4.0; b = 2", "a * b") == "-8\n"
    assert console("y = a * b; backward(y)", "a", "b + 0", "y") == "-4  (grad 2)\n2\n-8  (grad 1)\n"
    assert console("param W = [[1.0, 2], [3, 4]]; backward((W * W).sum())", "W") == (
        "[[1, 2],\n [3, 4]]\ngrad\n[[2, 4],\n [6, 8]]\n"
    )
    assert console("param v = [1.0, 2.0]; backward((v * v).sum()); v") == "[1, 2]  (grad [2, 4])\n"


def test_text_is_shown_in_quotes_and_none_not_at_all(console: Console) -> None:
    assert console('"ab" ', "none", 'print("ab")', "true", '(1, "x")') == '"ab"\nab\ntrue\n(1, "x")\n'


def test_a_semicolon_silences(console: Console) -> None:
    assert console("1 + 1;", "_", "2; # a remark", "3;;", '"a;"') == '2\n"a;"\n'
    assert [is_silenced(t) for t in ("x;", "x", "x; y", "x;\n", "x  # ;", "x; # y", '"a;"', ";", "")] == [
        True, False, False, True, False, True, False, True, False,
    ]  # fmt: skip


def test_long_results_are_cut_to_the_screen() -> None:
    text = plain(results.result(List([constant(i) for i in range(1000)]), 40, 20))
    assert text.startswith("[0, 1, 2") and "… 980 more …" in text.replace("\n", "") and text.endswith("999]")
    assert max(map(len, text.split("\n"))) <= 40
    lines = plain(results.result("word " * 300, 40, 12)).split("\n")
    assert len(lines) <= 12 and any("more lines" in line for line in lines)


def test_lines_are_broken_at_blanks() -> None:
    assert results.in_lines("aaa, bbb, ccc", 9) == ["aaa, bbb,", " ccc"]
    assert results.in_lines("a\nabcdefgh", 3) == ["a", "abc", " de", " fg", " h"]
    assert results.cut(list("abcdefgh"), 5) == "a\nb\nc\n… 4 more lines …\nh"


# ── entries ──────────────────────────────────────────────────────────────────


def test_a_failing_entry_is_reported_at_its_place_and_changes_nothing(console: Console) -> None:
    console("a = 1")
    assert console.code("a = 2; a[5]") == "E0405"
    assert console.reported[0].span.source.name == "entry 2"
    assert console("a") == "1\n"


def test_pasted_prompts_are_stripped(console: Console) -> None:
    pasted = ">>> f(x) = {\n...   x * 2\n... }\n>>> f(4)\n8\n>>> a = f(5)"
    assert entries_of(pasted) == ["f(x) = {\n  x * 2\n}\nf(4)\na = f(5)"]
    assert console(pasted, "a") == "10\n"
    assert entries_of("a > b\n>>> c") == ["a > b\n>>> c"] and entries_of("") == []
    assert unprompted(">>> x\n[[1, 2],\n ...,\n [3]]\n>>> y") == ["x", "y"]


def test_a_transcript_with_commands_is_several_entries(console: Console) -> None:
    assert entries_of(">>> a = 2\n>>> :vars\na  2\n>>> f(x) = {\n...   x\n... }\n...\n>>> ?f") == [
        "a = 2", ":vars", "f(x) = {\n  x\n}\n", "?f",
    ]  # fmt: skip
    assert entries_of(":vars\n1 + 1\n2") == [":vars", "1 + 1\n2"]
    assert console(">>> a = 2\n>>> :vars\n>>> a * 3") == "a  2\n6\n"


def test_what_is_a_command() -> None:
    assert [is_command(t) for t in (":help", " :q", "?x", "x?", "x ?", "a ? b", "x + y?", "")] == [
        True, True, True, True, True, False, False, False,
    ]  # fmt: skip


# ── commands ─────────────────────────────────────────────────────────────────


def test_commands_may_be_shortened_and_mistakes_are_told(console: Console) -> None:
    console(":q", "never = 1")
    assert "never" not in console.shell.session.names()
    assert console.code(":nope") == "E0201"
    assert console.code(":s") == "E0201" and "`:save`" in console.reported[0].help[0]
    assert console.code(":svae x") == "E0201" and "`:save`" in console.reported[0].help[0]
    assert console.code(":check") == "E0204" and console.code(":undo now") == "E0204"
    assert console.code(":") == "E0201"


def test_help_lists_every_command_and_says_what_a_builtin_does(console: Console) -> None:
    listed = console(":help")
    assert all(f":{name}" in listed for name in COMMANDS)
    assert console(":help relu").startswith("relu(x)") and ":save FILE" in console(":help :save")
    assert console("?relu") == console("relu?") == console(":info relu")
    assert console.code("?rleu") == "E0201" and "`relu`" in console.reported[0].help[0]


def test_info_tells_what_a_name_stands_for(console: Console) -> None:
    told = console("# doubles\nf(x, n=2) = x * n", "?f")
    assert "f(x, n=2)" in told and "doubles" in told and "entry 1" in told
    told = console("param w = [1.0, 2.0]; backward(w.sum())", "?w")
    assert "[2]" in told and "grad" in told


def test_vars_and_grads(console: Console) -> None:
    assert console(":vars") == "nothing has a name yet\n"
    assert "no gradients yet" in console(":grads")
    console("a = 2.0; param w = 3.0; model = mlp(2, [3, 1]); f(x) = x", "backward(a * w + model([1, 2]).sum())")
    rows = [re.split(r"\s{2,}", line) for line in console(":vars").splitlines()]
    assert rows[:2] == [["a", "2", "grad 3"], ["w", "parameter 3", "grad 2"]]
    assert [row[0] for row in rows] == ["a", "w", "model", "f"] and "13 parameters" in rows[2]
    console("b = 5.0; backward(b * b)")
    lines = console(":grads").splitlines()
    assert lines[0] == "of b * b = 25, entry 6, line 1"
    table = {row[0]: row[1:] for row in (re.split(r"\s{2,}", line) for line in lines[1:])}
    assert table["a"] == ["2", "3", "an earlier backward"] and table["b"] == ["5", "10"]
    assert "model.layer1.W" in table and "model.layer2.b" in table


def test_tables_fit_the_screen() -> None:
    rows: list[listings.Row] = [[("name", "n" * 30), ("", "v" * 50), ("gradient", "g")], [("name", "m"), ("", "w")]]
    lines = plain(listings.table(rows, 40)).splitlines()
    assert max(map(len, lines)) <= 40 and lines[0].endswith("g") and "…" in lines[0]


def test_check_compares_with_differences(console: Console) -> None:
    console("a = 2.0; param w = [1.0, 2.0, 3.0]")
    rows = [line.split() for line in console(":check (w * a).tanh().sum()").splitlines()]
    assert [row[0] for row in rows] == ["leaf", "w[0]", "w[1]", "w[2]", "a"]
    assert all(row[3] == "agrees" and row[1] == row[2] for row in rows[1:])
    told = console("z = 0.0", ":check abs(z)")
    assert "agrees" in told  # 0 by convention, 0 by symmetry
    assert console.code(":check round(a)") == "E0503"
    assert console("i = 1; X = [3.0, 4.0]", ":check X[i] * a").count("agrees") == 3  # an index has no gradient
    assert "a" in console.shell.session.names() and len(console.shell.session.entries) == 3


def test_check_tells_what_differs(console: Console) -> None:
    console("k = 0.0")
    assert "differs" in console(":check k.relu()") and "kink" in console(":check k.relu()")


def test_graph_and_step_draw_values_names_and_gradients(console: Console) -> None:
    console("a = 2.0; b = 3.0; c = a * b; backward(c)")
    drawn = console(":graph")
    assert all(name in drawn for name in "abc") and "6" in drawn and "grad 3" in drawn
    assert "a" in console(":graph c") and console.code(":graph nope") == "E0201"
    walked = console(":step")
    assert "6" in walked and "3" in walked
    before = console(":vars")
    console(":step a * a * b", ":graph a + 1")
    assert console(":vars") == before


def test_graph_needs_a_graph(console: Console) -> None:
    assert console.code(":graph") == "E0503"


def test_load_runs_a_program_from_its_own_folder(console: Console, tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    (folder / "data.csv").write_text("1,2\n3,4\n")
    (folder / "p.grad").write_text('t = load_csv("data.csv")\nprint("read")\nt.shape\n')
    assert console(":load deep/p.grad") == "read\n(2, 2)\n"
    assert console.code(':load "nope.grad"') == "E0601"
    (folder / "bad.grad").write_text("u = 1\nv = = 2\n")
    assert console.code(":load deep/bad.grad") == "E0107" and "u" not in console.shell.session.names()


def test_save_writes_a_program_that_runs(console: Console, tmp_path: Path) -> None:
    console("x = randn(3)", "y = x * 2", "oops[", ":vars", "print(y)", ":save all.grad")
    printed = console("print(y)")
    run = subprocess.run([sys.executable, "-m", "gradlang", "all.grad"], capture_output=True, text=True, cwd=tmp_path)
    assert run.stdout == printed and run.stderr == ""


def test_save_keeps_what_f_strings_and_relative_paths_mean(console: Console, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "sub" / "d.csv").write_text("1,2\n3,4\n")
    printed = console("1 + 2", 'print(f"{_}")', 't = load_csv("sub/d.csv"); print(t.sum(), "sub/d.csv!")')
    said = console(":save out/p.grad").split("`")[1].split()
    assert said[1:] == ["--files", str(tmp_path / "sub"), "out/p.grad"]  # the file lies beside its folder
    run = subprocess.run([sys.executable, "-m", *said], capture_output=True, text=True, cwd=tmp_path)
    assert run.stdout == printed.removeprefix("3\n") and run.stderr == ""
    assert '"../sub/d.csv"' in (tmp_path / "out" / "p.grad").read_text()


def test_scratch_writes_no_file(console: Console, tmp_path: Path) -> None:
    console("m = mlp(2, [1])")
    assert console.code(':graph save(m, "x.safetensors")') == "E0603" and not (tmp_path / "x.safetensors").exists()
    assert re.fullmatch(r"[\d.]+ (ms|µs)\n", console(':time save(m, "x.safetensors")'))


def test_an_internal_error_of_a_command_ends_nothing(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(listings, "variables", broken)
    console("a = 1")
    assert console.code(":vars") == "E0999" and console("a") == "1\n"


def test_a_long_text_is_shown_at_once() -> None:
    lines = plain(results.result("0.12345, " * 400_000, 80, 24)).split("\n")
    assert len(lines) <= 24 and any("more lines" in line for line in lines)


def test_check_in_float32(console: Console) -> None:
    from gradlang.language.runtime import set_dtype

    set_dtype("float32")
    try:
        assert "differs" not in console("x = 2.0; w = [1.0, 2.0]", ":check ((x**3).sin() * w).sum()")
    finally:
        set_dtype("float64")


def test_save_writes_over_its_own_files_only(console: Console, tmp_path: Path) -> None:
    mine = tmp_path / "mine.grad"
    mine.write_text("precious")
    console.reader.answers = ["n", "y"]
    assert "stays as it is" in console("a = 1", ":save mine.grad") and mine.read_text() == "precious"
    assert "wrote 1 entry to" in console(":save mine.grad") and "a = 1" in mine.read_text()
    assert "wrote 2 entries to" in console("b = 2", ":save mine.grad")
    assert console.code(":save nowhere/x.grad") == "E0603"


def test_dot_writes_the_last_graph(console: Console, tmp_path: Path) -> None:
    console("a = 2.0; b = a * a; backward(b)", ":dot g.dot")
    assert (tmp_path / "g.dot").read_text().startswith("digraph")


def test_time_says_how_long_and_runs_once(console: Console) -> None:
    told = console("n = 0", ":time 1 + 1", ":time n += 1", "n")
    assert re.fullmatch(r"2\n[\d.]+ (µs|ns|ms) a run, over [\d,]+ runs\n[\d.]+ (µs|ms|ns)\n1\n", told)
    told = console("param w = 1.0; step() = { w -= 1\n w }", ":time step()", "w")
    assert told.startswith("0\n") and told.endswith("0\n")  # the repetitions left no trace
    assert console.code(":time nope") == "E0201"


def test_undo_and_reset(console: Console) -> None:
    assert console("a = 1", "a = 2\nb = 3", ":undo", "a") == "taken back: a = 2 …\n1\n"
    assert (
        console(":undo", ":undo", ":undo") == "taken back: a\ntaken back: a = 1\nthere is nothing left to take back\n"
    )
    console("c = 1", ":reset")
    assert console.code("c") == "E0201"


# ── files of the user's ──────────────────────────────────────────────────────


def test_history_keeps_entries_of_several_lines(tmp_path: Path) -> None:
    path = str(tmp_path / "state" / "history")
    assert history.read_history(path) == []
    for entry in ["a = 1", "f(x) = {\n  x\n}", "f(x) = {\n  x\n}", "θ = 2", "b"]:
        assert history.add_to_history(path, entry)
    assert history.read_history(path) == ["a = 1", "f(x) = {\n  x\n}", "θ = 2", "b"]
    assert Path(path).stat().st_mode & 0o077 == 0


def test_a_damaged_history_costs_the_damaged_lines(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b'"a"\n\xff\xfe{{{\n[1]\n"b\n""\n"c"\n')
    assert history.read_history(str(path)) == ["a", "c"]


def test_history_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not history.add_to_history(str(tmp_path / "file" / "history"), "a")
    assert history.read_history(str(tmp_path)) == []


def test_only_the_end_of_a_long_history_is_read(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("".join(json.dumps(f"entry {i} " + "x" * 1000) + "\n" for i in range(4000)))
    entries = history.read_history(str(path))
    assert 1900 < len(entries) < 2200 and entries[-1].startswith("entry 3999")


def test_where_history_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("GRADLANG_HISTORY", raising=False)
    assert history.history_path() == str(tmp_path / "gradlang" / "history")
    monkeypatch.setenv("XDG_STATE_HOME", "relative/paths/count/for/nothing")
    assert history.history_path() == str(Path.home() / ".local" / "state" / "gradlang" / "history")
    monkeypatch.setenv("GRADLANG_HISTORY", "")
    assert history.history_path() is None
    monkeypatch.setenv("GRADLANG_HISTORY", "~/h")
    assert history.history_path() == str(Path.home() / "h")


def test_two_prompts_add_to_one_history(tmp_path: Path) -> None:
    path = str(tmp_path / "history")
    code = (
        "import sys; from gradlang.repl.history import add_to_history\n"
        "for i in range(300): add_to_history(sys.argv[1], sys.argv[2] * 200 + str(i))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, path, name]) for name in "ab"]
    assert [process.wait() for process in both] == [0, 0]
    entries = history.read_history(path)
    assert sorted(entries) == sorted(name * 200 + str(i) for name in "ab" for i in range(300))


def load(text: str | bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[settings.Settings, list[str]]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "gradlang"
    folder.mkdir()
    (folder / "config.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    warnings: list[str] = []
    return settings.load_settings(warnings.append), warnings


def test_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, warnings = load("vi = true\npreview = false\n", tmp_path, monkeypatch)
    assert (loaded.vi, loaded.preview, loaded.suggestions, warnings) == (True, False, True, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vim = true", "there is no setting `vim`"),
        ('vi = "yes"', "`vi` is true or false"),
        ("vi = ", "Invalid value"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_wrong_settings_are_told(text: str | bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, warnings = load(text, tmp_path, monkeypatch)
    assert vars(loaded) == vars(settings.Settings()) and len(warnings) == 1 and said in warnings[0]


# ── colours ──────────────────────────────────────────────────────────────────


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("role", [role for role, (color, _) in palette.PALETTE.items() if color])
def test_every_colour_can_be_read_on_black_and_on_white(role: str) -> None:
    shown = luminance(palette.PALETTE[role][0]) + 0.05
    assert 1.05 / shown >= 4 and shown / 0.05 >= 4


def test_every_role_of_a_token_has_a_colour() -> None:
    from gradlang.analysis.text.tokens import tokens

    text = 'for x in [1, "a"] { y = f"{q:.2f}" @ relu(x, dim=0).shape } # c\nparam w = 1; f(x) = w; $ "open'
    roles = {token.role for token in tokens(text, {})}
    assert roles <= set(palette.PALETTE) and len(roles) > 8


def test_paint_ends_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    assert palette.paint("error", "a\nb") == "\x1b[1;38;2;214;58;58ma\x1b[0m\n\x1b[1;38;2;214;58;58mb\x1b[0m"
    monkeypatch.setenv("COLORTERM", "")
    assert palette.paint("heading", "a") == "\x1b[1ma\x1b[0m" and palette.paint("", "a") == "a"
    assert re.fullmatch(r"\x1b\[1;38;5;\d+ma\x1b\[0m", palette.paint("error", "a"))


# ── the command line ─────────────────────────────────────────────────────────


def gradlang(*arguments: str, input: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    env = {**os.environ, "XDG_CONFIG_HOME": "/nowhere", "GRADLANG_HISTORY": "", **environment}
    return subprocess.run(
        [sys.executable, "-m", "gradlang", *arguments],
        input=input,
        capture_output=True,
        text=True,
        errors="replace",
        env=env,
        timeout=60,
    )


def test_piped_input_is_a_script_and_no_prompt() -> None:
    run = gradlang(input="1 + 1\nprint(5)\n:help\n")
    assert run.stdout == "" and "E01" in run.stderr and run.returncode == 1


def test_entries_can_be_piped_behind_a_program() -> None:
    run = gradlang("-i", "-c", "a = 2", input="a * 3\nf(x) = {\n  x + 1\n}\nnope\nf(a)\n:quit\nprint(1)")
    assert run.stdout == "6\n3\n" and "E0201" in run.stderr and run.returncode == 0


def test_names_of_a_failing_program_can_be_looked_at(tmp_path: Path) -> None:
    (tmp_path / "p.grad").write_text("a = 7\nb = a[3]\n")
    run = gradlang("-i", str(tmp_path / "p.grad"), input="a\n")
    assert run.stdout == "7\n" and "p.grad:2:" in run.stderr


def test_init_file_and_settings_come_first_unless_no_rc(tmp_path: Path) -> None:
    folder = tmp_path / "gradlang"
    folder.mkdir()
    (folder / "init.grad").write_text("tau = 2 * pi\nprint(1)\n")
    (folder / "config.toml").write_text("nonsense = 1\n")
    run = gradlang("-i", "-c", "tau > 6", input="", XDG_CONFIG_HOME=str(tmp_path))
    assert run.stdout == "1\ntrue\n" and "there is no setting `nonsense`" in run.stderr
    run = gradlang("-i", "--no-rc", "-c", "tau", input="", XDG_CONFIG_HOME=str(tmp_path))
    assert run.stdout == "" and "E0201" in run.stderr and "nonsense" not in run.stderr
    (folder / "init.grad").write_bytes(b"\xff")
    run = gradlang("-i", "-c", "5", input="", XDG_CONFIG_HOME=str(tmp_path))
    assert run.stdout == "5\n" and "not UTF-8" in run.stderr
    (folder / "init.grad").write_text("tau = = 1\n")
    run = gradlang("-i", "-c", "5", input="", XDG_CONFIG_HOME=str(tmp_path))
    assert run.stdout == "5\n" and "init.grad:1:" in run.stderr


def test_streams_that_are_closed_or_know_few_letters() -> None:
    run = gradlang("-i", "-c", "θ = 2.0; y = θ * θ; backward(y)", input=":graph\n:step\n", PYTHONIOENCODING="latin-1")
    assert "Traceback" not in run.stderr and "grad" in run.stdout and run.returncode == 0
    for closed in ("<&-", ">&-", "2>&-"):
        run = subprocess.run(
            ["sh", "-c", f"{sys.executable} -m gradlang -c 1+1 {closed}"], capture_output=True, text=True
        )
        assert "Traceback" not in run.stderr and run.returncode == 0
        run = subprocess.run(
            ["sh", "-c", f"{sys.executable} -m gradlang -i {closed} </dev/null"], capture_output=True, text=True
        )
        assert "Traceback" not in run.stderr


def test_options_that_do_not_go_with_a_prompt() -> None:
    for arguments in (["-i", "-"], ["-i", "--dot", "x"], ["-i", "--output-format", "json"]):
        run = gradlang(*arguments)
        assert run.returncode == 2 and "Traceback" not in run.stderr
    assert "stay at the prompt" in gradlang("--help").stdout
