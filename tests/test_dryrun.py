"""The dry run: finds what only a run shows, goes on after it, makes nothing up, and leaves no trace."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gradlang.dryrun import Observation, Seen
from gradlang.dryrun.process import dry_run
from gradlang.dryrun.transfer import read, written
from gradlang.dryrun.worker import Worker
from gradlang.engine.value import STATE
from gradlang.language.runtime import RUN
from gradlang.source import Source

SCRIPTS = sorted((Path(__file__).parent.parent / "scripts").glob("*.grad"))


def seen(text: str, folder: str = ".") -> Seen:
    return dry_run(Source(text), folder)


def codes(text: str) -> list[tuple[str, int]]:
    return [(d.code, d.span.line) for d in seen(text).diagnostics]


def observed(text: str) -> dict[str, Observation]:
    """The last place of each name."""
    return {o.name: o for o in seen(text).observations}


# ── mistakes ─────────────────────────────────────────────────────────────────


def test_it_goes_on_after_a_mistake_and_passes_over_what_that_spoils() -> None:
    text = """
x = [1, 2, 3]
W = randn(2, 4)
y = x @ W             # E0401
z = y.mean() + 1      # spoiled
print(z, x.foo)       # spoiled: z is read first
v = x + [1, 2]        # E0402
u = v * 2
for i in range(3) {
  q = x[:, i]         # an index too many
  r = q + 1
}
"""
    assert codes(text) == [("E0401", 4), ("E0402", 7), ("E0405", 10)]


def test_a_mistake_in_a_function_stands_where_it_happens_and_names_the_call() -> None:
    found = seen("f(x) = {\n  y = x @ [1, 2]\n  return y\n}\na = f([1, 2, 3])\nb = a + 1\n").diagnostics
    assert [(d.code, d.span.line) for d in found] == [("E0401", 2)]
    assert [label.text for label in found[0].labels if "call" in label.text] == ["in this call of `f`"]


def test_a_mistake_in_a_loop_is_told_once() -> None:
    assert codes("for i in range(100) {\n  x = [1, 2] @ [1, 2, 3]\n}\nprint(x)\n") == [("E0401", 2)]


@pytest.mark.parametrize(
    "text",
    [
        "losses = []\nfor i in range(100000) { x = i * 2; losses = append(losses, x + 1) }\nprint(losses[99999])",
        "found = none\nfor i in range(100000) { y = i * i + 1; if i == 99999 { found = y } }\nprint(found + 1)",
        "for i in range(100000) { y = i * i + 1; if i == 99999 { last = y } }\nprint(last)",
        "f(n) = { for i in range(n) { y = i * i; if y > 1e8 { return i } } }\nprint(f(100000) + 1)",
        "x = 1.0\nwhile x < 1e6 { x = x * 1.00001 }\nprint([0, 1, 2][x // 4e5])",
        "x = 2.0\nfor i in range(100000) { y = x * i; if i == 99999 { backward(y) } }\nprint(x.grad)",
        "text = \"\"\nfor i in range(100000) { text = text + str(i); n = i * 2 }\nprint(len(text))",
        "n = 0\nx = 1.0\nwhile x < 1e6 { x = x * 1.001; n += 1 }\nprint(zeros(n) + ones(13823))",
        "for i in range(3000) { y = i * i + 1 }\nprint(zeros(3000)[:i] + ones(2999))",
        "count() = { k = 0; x = 1; while x > 1e-300 { x = x * 0.9; k += 1 }; k }\nprint(zeros(count()) + ones(6557))",
        "n = 0\nfor i in range(5000) { if rand(1)[0] < 0.1 { n += 1 }; y = i * i }\nprint(zeros(n) + ones(488))",
        "state = \"on\"\nx = 1\nfor i in range(9000) { x = x * 0.999; if x < 0.1 { state = 3 } }\nprint(state + 1)",
        "text = \"\"\nfor i in range(2000) { text = text + \"ab\" }\nprint(encode(text, vocab(text)) + ones(4000))",
    ],
)  # fmt: skip
def test_a_loop_that_is_cut_short_makes_nothing_up(text: str) -> None:
    assert codes(text) == []


def test_a_short_loop_runs_to_its_end() -> None:
    text = "losses = []\nfor i in range(20) { losses = append(losses, i) }\nprint(losses[20])\n"
    assert codes(text) == [("E0406", 3)]


def test_what_cannot_be_read_is_unknown_and_the_rest_is_run() -> None:
    assert codes("a = (1 +\nb = a + 1\nc = [1, 2] @ [1, 2, 3]\nprint(b, undefined + c)\n") == [("E0401", 3)]


def test_a_block_that_has_lost_its_head_is_not_run() -> None:
    assert codes("x = [1, 2]\nif x.ndim == == 2 {\n  y = x @ [[1], [2], [3]]\n}\nprint(y + 1, x @ [1])\n") == []
    assert codes("f(x,, y) = {\n  return x @ y\n}\nprint([1] @ [1, 2])\n") == [("E0401", 4)]


@pytest.mark.parametrize(
    "text",
    [
        # what a gap may bind is unknown behind it, though it was known before
        "xs = []\nfor i in range(3) {\n  xs = append(xs, i\n}\nprint(xs[0])\n",
        "x = [1, 2]\nx = cat([x, [3)\nprint(x + [1, 2, 3])\n",
        "x = [1, 2]\nfor i in range(1) {\n  x = cat([x, [3)\n  y = x + [1, 2, 3]\n}\nprint(y)\n",
        "param a = 1.0\nfor e in range(2) {\n  total = 0\n  for \n  backward(total)\n  a -= a.grad\n}\n",
        # a function ends at a gap
        "f(x) = {\n  y = x\n  y if y > 0 else x\n}\nprint(f(1) + 1)\n",
        "f(x) = {\n  y if y > 0 else x\n}\nprint(f(1) + 1)\n",
        "f(x) = {\n  x = append(x, 1\n  x[5]\n}\nprint(f([]) + 1)\n",
        "f = x -> {\n  y = x\n  y if y > 0 else x\n}\nprint(f(1) + 1)\n",
    ],
)
def test_what_a_gap_may_do_is_unknown(text: str) -> None:
    assert codes(text) == []


def test_beside_a_gap_all_else_is_run() -> None:
    text = "w = [1, 2]\nfor i in range(3) {\n  x = w +\n  y = w @ [1, 2, 3]\n}\nprint(w.foo)\n"
    assert codes(text) == [("E0401", 4), ("E0206", 6)]
    text = "w = [1, 2]\nx = (w + 1\ny = w @ [1, 2, 3]\nprint(w.foo)\n"
    assert codes(text) == [("E0401", 3), ("E0206", 4)]


def test_a_statement_with_a_static_mistake_is_passed_over() -> None:
    assert codes("param w = 1.0\nw = 2\nprint(w @ [1])\nf(x) = { w = x; w }\ny = f(1)\nprint(y + 1)\n") == [
        ("E0401", 3)
    ]


def test_gradients_that_are_cut() -> None:
    assert codes("x = round(2.5)\nbackward(x)\n") == [("E0503", 2)]
    assert codes("x = 2.0\ny = x * x\nprint(x.grad)\n") == [("E0501", 3)]


# ── limits ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "while true { x = 1 }",
        "while true { }",
        "f(x) = f(x + 1)\nf(1)",
        "x = [i for i in range(1000000000)]",
        "x = zeros(100000, 100000)\nprint(x + 1)",
        "x = 1.0\nfor i in range(10) { for j in range(10000) { for k in range(100000) { x = x * 1.5 } } }",
        'x = "a"\nfor i in range(100) { x = x + x }',
    ],
)
def test_what_never_ends_or_takes_all_memory_is_ended(text: str) -> None:
    worker = Worker()
    try:
        for d in worker.run(Source("a = 1\n" + text), ".").diagnostics:
            assert d.code == "E0901"
        assert [o.name for o in worker.run(Source("b = 2"), ".").observations] == ["b"]  # and the next can be asked
    finally:
        worker.close()


def test_a_loop_ends_after_so_much_work_whatever_is_in_it() -> None:
    text = "n = 0\nfor i in range(1000000) { n = n + 1 }\n"
    assert seen(text).is_complete
    (first, second) = (observed(text)["n"], observed(text)["n"])
    assert first == second and not first.is_final and first.kind == "number"


# ── traces ───────────────────────────────────────────────────────────────────


def test_it_prints_and_writes_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = 'param w = 2.0\nprint(w)\nsave([w], "m.safetensors")\nload([w], "m.safetensors")\ndraw_dot(w * w, "g.dot")\n'
    assert seen(text, str(tmp_path)).diagnostics == []
    assert list(tmp_path.iterdir()) == [] and capfd.readouterr().out == ""
    missing = seen('param w = 2.0\nsave([w], "no/m.safetensors")\n', str(tmp_path)).diagnostics
    assert [d.code for d in missing] == ["E0603"]


def test_the_state_of_the_process_is_what_it_was() -> None:
    before = RUN.backend, RUN.watch, STATE.watchers, STATE.recording, RUN.depth
    seen("f(x) = x @ [1]\nf([1, 2])\nmodel = mlp(2, [1])\nprint(mse_loss(1, 2))")
    assert (RUN.backend, RUN.watch, STATE.watchers, STATE.recording, RUN.depth) == before


# ── what names stood for ─────────────────────────────────────────────────────


def test_values_shapes_and_gradients_by_name() -> None:
    names = observed(
        'a = 2.0\nX = randn(100, 2)\nb = a * a + 1\nt = "x"\nf(x) = x\nbackward(b)\nok = b > 1\nv = [1, 2]\n'
    )
    assert (names["a"].value, names["a"].gradient, names["a"].is_final) == ("2", "4", True)
    assert (names["X"].kind, names["X"].shape, names["X"].value) == ("tensor", "[100, 2]", "")
    assert (names["b"].value, names["b"].gradient) == ("5", "1")
    assert [names[n].kind for n in ("t", "f", "ok", "v")] == ["text", "function", "true/false", "tensor"]
    assert names["v"].value == "[1, 2]" and names["v"].shape == "[2]"


def test_names_of_functions_loops_and_parameters() -> None:
    text = (
        "param w = [1.0, 2.0]\nf(x, n) = {\n  y = x * n\n  y.sum()\n}\nfor p in [1, 2] { q = f(w, p) }\nbackward(q)\n"
    )
    names = observed(text)
    assert (
        names["x"].is_local and names["x"].shape == "[2]" and names["n"].value == "2" and names["y"].value == "[2, 4]"
    )
    assert names["w"].kind == "parameter" and names["w"].gradient == "[2, 2]"
    assert names["p"].value == "2" and not names["p"].is_local


def test_places_are_those_of_the_text() -> None:
    text = "# 𝛼 é\nαβ = 1\tγ\n".replace("\tγ", "")
    (place,) = seen(text).observations
    assert text[place.start : place.end] == "αβ"


def test_an_imported_file_is_run_by_the_rules_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "tools.grad").write_text("k = 3\nf(x) = x @ [1, 2]\n", encoding="utf-8")
    main = tmp_path / "main.grad"
    main.write_text(
        "import tools\ny = tools.k * 2\nz = tools.f([1, 2, 3])\nimport missing\nw = missing.a\n", encoding="utf-8"
    )
    found = dry_run(Source(main.read_text(encoding="utf-8"), str(main)), str(tmp_path))
    assert [(d.code, Path(d.span.source.name).name) for d in found.diagnostics] == [
        ("E0401", "tools.grad"),
        ("E0605", "main.grad"),
    ]
    assert {o.name: o.value for o in found.observations}["y"] == "6"


def test_what_a_mistake_in_an_imported_file_spoils_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "tools.grad").write_text("y = [1, 2] @ [1]\nz = 3\n", encoding="utf-8")
    found = dry_run(
        Source("import tools\nprint(tools.y)\na = tools.z @ 1\nb = tools.w\n", str(tmp_path / "a.grad")), str(tmp_path)
    )
    assert [d.code for d in found.diagnostics] == ["E0401", "E0401", "E0206"]


# ── the process ──────────────────────────────────────────────────────────────


def test_what_was_seen_passes_through_json() -> None:
    source = Source("x = 2.0\nparam W = randn(2, 4)\ny = [1, 2, 3] @ W\nz = x * x\nbackward(z)\n")
    here = dry_run(source, ".")
    there = read(written(here, source), source)
    assert there.observations == here.observations and there.is_complete
    assert [str(d.span) for d in there.diagnostics] == [str(d.span) for d in here.diagnostics]
    assert [[(str(x.span), x.text) for x in d.labels] for d in there.diagnostics] == [
        [(str(x.span), x.text) for x in d.labels] for d in here.diagnostics
    ]


def test_several_threads_may_ask_one_worker() -> None:
    worker, answers = Worker(), {}

    def ask(k: int) -> None:
        answers[k] = worker.run(Source(f"x = {k}"), ".").observations[0].value

    threads = [threading.Thread(target=ask, args=[k]) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.close()
    assert answers == {k: str(k) for k in range(6)}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_our_own_programs_are_clean(script: Path) -> None:
    found = dry_run(Source(script.read_text(encoding="utf-8"), str(script)), str(script.parent))
    assert found.diagnostics == [] and found.is_complete and found.observations
