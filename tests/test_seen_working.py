"""The promises of the main job, each checked the way a user would."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

import gradlang
from gradlang.engine.value import Value

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "scripts"


def gradlang_cli(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradlang", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", **environment},
    )


def codes(source: str) -> list[str]:
    with pytest.raises(gradlang.GradlangError) as caught:
        gradlang.run(source, output=lambda text: None)
    for d in caught.value.diagnostics:
        assert 0 <= d.span.start <= d.span.end <= len(d.span.source.text)
    return [d.code for d in caught.value.diagnostics]


def printed(source: str, **options: object) -> str:
    out: list[str] = []
    gradlang.run(source, output=out.append, **options)  # type: ignore[arg-type]
    return "".join(out)


COMPAT = "24.7041\n138.8338\n645.5773\n"


def test_compat_as_file_as_code_and_piped() -> None:
    text = (SCRIPTS / "compat.grad").read_text()
    assert gradlang_cli(str(SCRIPTS / "compat.grad")).stdout == COMPAT
    assert gradlang_cli("-", stdin=text).stdout == COMPAT
    assert gradlang_cli(stdin=text).stdout == COMPAT
    assert gradlang_cli("-c", text).stdout == COMPAT


def test_the_value_of_the_last_line_is_shown() -> None:
    assert gradlang_cli("-c", "1 + 2").stdout == "3\n"
    assert gradlang_cli("-c", "x = 1").stdout == ""


def test_training_scripts_reach_what_they_promise() -> None:
    assert "accuracy 100 %" in gradlang_cli(str(SCRIPTS / "moons.grad")).stdout.splitlines()[-1]
    lecture = gradlang.run_file(str(SCRIPTS / "lecture.grad"), output=lambda text: None)
    model = "manual_seed(1)\nmodel = mlp(3, [4, 4, 1]); n = num_parameters(model)"
    assert gradlang.run(model)["n"] == 41
    assert lecture.warnings == []


@pytest.mark.parametrize("script", sorted(p.name for p in SCRIPTS.glob("*.grad")))
def test_scripts_print_the_same_bytes_in_every_process(script: str) -> None:
    runs = [gradlang_cli(str(SCRIPTS / script), PYTHONHASHSEED=seed) for seed in ("1", "2")]
    assert runs[0].returncode == 0 and runs[0].stderr == ""
    assert runs[0].stdout == runs[1].stdout != ""


def test_backward_twice_is_harmless() -> None:
    source = "a = 2.0; b = a * a; c = b * b; backward(c); backward(c); print(a.grad)"
    assert printed(source) == "32\n"
    assert printed(source + "\nbackward(c, accumulate=true); print(a.grad)") == "32\n64\n"


def test_derivatives_of_derivatives() -> None:
    assert printed("print(grad(x -> x * grad(y -> x + y)(1))(2))") == "1\n"
    assert printed("print(grad(grad(grad(x -> x**4)))(2))") == "48\n"
    assert printed("x = 3; y = x**3; print(grad(grad(y, x), x))") == "18\n"
    assert (
        printed("f(x, y) = x * y**2; print(grad(f, [0, 1])(2, 3), value_and_grad(f, 1)(2, 3))") == "(9, 12) (18, 12)\n"
    )


def test_training_keeps_the_number_of_live_nodes() -> None:
    counts: list[int] = []

    def count(text: str) -> None:
        gc.collect()
        counts.append(sum(isinstance(x, Value) for x in gc.get_objects()))

    source = """
    model = mlp(2, [4, 1])
    X, y = make_moons(10)
    for step in range(10000) {
      loss = ((model(X)[:, 0] - y)**2).mean()
      backward(loss)
      for p in parameters(model) { p -= 0.01 * p.grad }
      if step == 10 or step == 9999 { print("") }
    }"""
    gradlang.run(source, output=count)
    assert len(counts) == 2 and counts[0] == counts[1]


def test_a_million_operations_deep() -> None:
    source = "x = 1.0; y = x\nfor i in range(1000000) { y = y * 1.0000001 }\nbackward(y)"
    assert gradlang.run(source).gradients["x"] == pytest.approx(1.0000001**1_000_000)


def test_a_sum_of_100_000_terms() -> None:
    assert gradlang.run("x = 1; s = " + " + ".join(["x"] * 100_000))["s"] == 100_000


@pytest.mark.parametrize(
    "nest", ["map(f, [x - 1])[0]", "sorted([x - 1], key=f)[0]", "[f(x - 1) for i in range(1)][0]", "f(x - 1)"]
)
def test_recursion_goes_deep_through_every_higher_order_function(nest: str) -> None:
    source = f"f(x) = if x <= 0 {{ 0 }} else {{ {nest} + 1 }}\ny = f(9000)"
    assert gradlang.run(source)["y"] == 9000
    assert codes(source.replace("9000", "20000")) == ["E0901"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("(" * 100_000 + "1" + ")" * 100_000, ["E0103"]),
        ("x = (1\n", ["E0102"]),
        ("x = 1 +* 2\ny = 1\nz = )\n", ["E0101", "E0106"]),
        ("accuarcy = 1\nprint(accuracy)", ["E0201"]),
        ("f(x) = x\nf(1, 2)", ["E0204"]),
        ("f(x) = x\nf(1, n=2)", ["E0205"]),
        ("randn(3) @ randn(2, 4)", ["E0401"]),
        ("ones(3) + ones(4)", ["E0402"]),
        ("ones(100, 1) - ones(100)", ["E0404"]),
        ("param w = 1\nw = 2", ["E0303"]),
        ("for p in parameters(mlp(2, [1])) { p = p - 1 }", ["E0303"]),
        ("x = [1, 2]\nbackward(x)", ["E0502"]),
        ("x = 2.5\ny = floor(x)\nbackward(y)", ["E0503"]),
        ("x = 1\nx.grad", ["E0501"]),
        ("x = [1, 2]\nx[0] = 1", ["E0304"]),
        ('load_csv("missing.csv")', ["E0601"]),
        ("if 1 { }", ["E0302"]),
        ("zeros(1e9, 1e9)", ["E0902"]),
        ("total = 0\nf(x) = { total += x }\nf(1)", ["E0207"]),
        ("return 1", ["E0110"]),
        ("gradcheck(x -> detach(x) * x, 3)", ["E0504"]),
    ],
    ids=lambda x: x[0] if isinstance(x, list) else "",
)
def test_mistakes_have_codes_and_places(source: str, expected: list[str]) -> None:
    assert codes(source) == expected


def test_an_unknown_name_gets_the_right_suggestion() -> None:
    run = gradlang_cli("-c", "accuracy = 1; print(acuracy)")
    assert run.returncode == 1 and "did you mean `accuracy`?" in run.stderr and run.stdout == ""


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.grad").write_bytes(b"# caf\xe9\nprint(1)\n")
    run = gradlang_cli(str(tmp_path / "latin.grad"))
    assert run.returncode == 1 and "E0602" in run.stderr
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n3,x\n")
    (tmp_path / "csv.grad").write_text('load_csv("bad.csv")')
    run = gradlang_cli(str(tmp_path / "csv.grad"))
    assert run.returncode == 1 and "E0604" in run.stderr and "line 3, column 2" in run.stderr


def test_dot_goes_where_it_is_told_or_nowhere(tmp_path: Path) -> None:
    out = tmp_path / "g.dot"
    assert gradlang_cli("--dot", str(out), str(SCRIPTS / "compat.grad")).returncode == 0
    assert "138.8338" in out.read_text()
    run = gradlang_cli("--dot", str(tmp_path / "no" / "g.dot"), str(SCRIPTS / "compat.grad"))
    assert run.returncode == 1 and "E0603" in run.stderr and list(tmp_path.iterdir()) == [out]
    assert gradlang_cli("--dot", "-", "--root", "d", "-c", "a = 1; d = a * 2; e = d * 3").stdout.count("->") == 3


def test_streams_and_exit_codes() -> None:
    assert gradlang_cli("--version").stdout == f"gradlang {gradlang.__version__}\n"
    assert gradlang_cli("--nonsense").returncode == 2
    assert gradlang_cli("explain", "E0401").stdout.startswith("# E0401")
    assert gradlang_cli("explain", "E9").returncode == 1
    assert "relu(x)" in gradlang_cli("help", "relu").stdout
    assert gradlang_cli("help", "reluu").returncode == 1
    run = gradlang_cli("--output-format", "json", "-c", "y = x")
    assert '"E0201"' in run.stderr and run.returncode == 1


def test_float32_runs_keep_float32() -> None:
    assert gradlang_cli("--dtype", "float32", "-c", "repr(1 / 3)").stdout == "0.3333333432674408\n"
    assert gradlang_cli("--dtype", "float32", "-c", "repr([1, 2] / 3)").stdout.startswith("[0.3333333432674408")


def test_float32_functions_of_one_number() -> None:
    assert gradlang_cli("--dtype", "float32", "-c", "repr(tanh(0.5))").stdout == "0.46211716532707214\n"


def test_seed() -> None:
    same = [gradlang_cli("--seed", seed, "-c", "rand(3)").stdout for seed in ("1", "1", "2")]
    assert same[0] == same[1] != same[2]


def test_from_python() -> None:
    np = pytest.importorskip("numpy")
    r = gradlang.run("param w = [1, 2]\ny = (x * w).sum()\nbackward(y)\ny", x=np.array([3.0, 4.0]))
    assert r.value == r["y"] == 11
    assert r.gradients["x"].tolist() == [1, 2] and r.gradients["w"].tolist() == [3, 4]
    assert r.parameters["w"].tolist() == [1, 2]
    with pytest.raises(gradlang.GradlangError) as caught:
        gradlang.run("y = z")
    assert caught.value.diagnostics[0].code == "E0201" and "there is no `z`" in str(caught.value)


def test_save_and_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = """
    a = mlp(2, [3, 1]); b = mlp(2, [3, 1])
    same(x, y) = (x([1, 2]) == y([1, 2])).all()
    print(same(a, b))
    save(a, "m.safetensors"); load(b, "m.safetensors")
    print(same(a, b))"""
    assert printed(source) == "false\ntrue\n"
    assert codes('load(mlp(3, [1]), "m.safetensors")') == ["E0607"]


def test_import(tmp_path: Path) -> None:
    (tmp_path / "utils.grad").write_text("double(x) = 2 * x\nparam w = 3\n")
    (tmp_path / "main.grad").write_text(
        "import utils as u\nprint(u.double(4), u.w)\nbackward(u.w * 2)\nprint(u.w.grad)\n"
    )
    assert gradlang_cli(str(tmp_path / "main.grad")).stdout == "8 3\n2\n"
    (tmp_path / "a.grad").write_text("import b\n")
    (tmp_path / "b.grad").write_text("import a\n")
    assert "E0606" in gradlang_cli(str(tmp_path / "a.grad")).stderr
    (tmp_path / "c.grad").write_text("import utils\nutils.w = 3\n")
    assert "E0309" in gradlang_cli(str(tmp_path / "c.grad")).stderr


def test_parameters_of_models_closures_lists_and_values() -> None:
    source = """
    dense(n, m) = {
      param W = randn(n, m)
      param b = zeros(m)
      x -> x @ W + b
    }
    one = dense(2, 3); two = dense(3, 1)
    net(x) = two(one(x))
    print(len(parameters(net)), len(parameters([one, mlp(2, [1])])), len(parameters(one([1, 2]))), num_parameters(net))
    """
    assert printed(source) == "4 4 2 13\n"


def test_box_rules() -> None:
    source = """
    param w = 1.0
    v = w; v += 1
    act = w; act += 2
    print(w, v, act)
    loss = (w - 3)**2
    backward(loss); w -= 0.5 * w.grad; print(w, w.grad)
    w.data = 5; w.data -= 1; print(w)
    total = 0; total += w * w; backward(total); print(w.grad)
    f() = { w -= 1 }
    f(); print(w)
    zero_grad(w * 1); print(w.grad)
    """
    assert printed(source) == "1 2 3\n3 -4\n4\n8\n3\n0\n"
