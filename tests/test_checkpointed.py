"""Loops that save: ended anywhere and run again, they come to the same bits; files that do not fit are refused."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

import numpy
import pytest
from kill_runs import trial
from native_differences import Ran, differences
from native_fuzz import training
from resumptions import FILE, checkpointed, resumed, unlike, unsaved, whole

from gradlang.diagnostics import GradlangError
from gradlang.engine import checkpoint_file
from gradlang.engine.value import STATE
from gradlang.faults import Fault
from gradlang.language.checkpoints import parts, record
from gradlang.language.runtime import RUN, SOON, Stopped, running
from gradlang.session import Session
from gradlang.source import Source
from gradlang.whole_file import no_writing

PROGRAMS = {
    "momentum": """
X = randn(20, 3); t = X @ [1.0, -2.0, 0.5]
model = mlp(3, [4, 1]); opt = sgd(model, lr=0.05, momentum=0.9, weight_decay=0.01)
losses = []; rate = 1.0; best = inf; word = "none"; pair = (0.0, [1.0, 2.0]); found = none
for step in checkpointed(range(30), "run.ckpt", every=7) {
  loss = mse_loss(model(X)[:, 0], t); backward(loss); opt.step()
  losses = append(losses, loss.item()); rate = rate * 0.97
  if losses[step] < best { best = losses[step]; word = f"at {step}"; found = step > 3 }
  pair = ((pair[0] + best).item(), pair[1].flip(0).detach())
}
print(losses, rate, best, word, pair, found, loss)
""",
    "numbers alone": """
X = randn(20, 3); t = X @ [1.0, -2.0, 0.5]
model = mlp(3, [4, 1]); opt = sgd(model, lr=0.05, momentum=0.9)
losses = []; rate = 1.0
for step in checkpointed(range(40), "run.ckpt", every=9) {
  loss = mse_loss(model(X + 0.1 * rate * randn(20, 3))[:, 0], t); backward(loss); opt.step()
  losses = append(losses, loss.item()); rate = (rate * 0.97).item()
}
print(losses, rate, loss)
""",
    "a long loop inside": """
X = randn(20, 3); t = X @ [1.0, -2.0, 0.5]
param w = zeros(3); best = []
for epoch in checkpointed(range(5), "run.ckpt", every=2) {
  for k in range(80) { loss = mse_loss(X @ w + 0.1 * randn(20), t); backward(loss); w -= 0.01 * w.grad }
  best = append(best, loss.item())
}
print(w, best, loss)
""",
    "adam and dropout": """
X = randn(20, 3); t = X @ [1.0, -2.0, 0.5]
models = [mlp(3, [4, 1], activation=tanh), linear(3, 1)]; opt = adam(models, lr=0.01)
smooth = zeros(20)
for step in checkpointed(range(25), "run.ckpt", every=6) {
  kept = rand(20, 3) > 0.2
  out = sum([model(X * kept)[:, 0] for model in models])
  loss = mse_loss(out, t) + 0.01 * randn()
  backward(loss)
  opt.step()
  smooth = detach(0.9 * smooth + 0.1 * out)
}
print(smooth, loss, randn(2))
""",
    "batches in epochs": """
X = randn(24, 3); t = X @ [1.0, -2.0, 0.5]
model = mlp(3, [4, 1], activation=tanh)
losses = []
for epoch in checkpointed(range(9), "run.ckpt", every=4) {
  for Xb, tb in batches(X, t, 8) {
    loss = mse_loss(model(Xb)[:, 0], tb)
    backward(loss)
    for p in parameters(model) { p -= 0.1 * p.grad }
  }
  losses = append(losses, loss.item())
}
print(losses, loss, p)
""",
    "closures in a function": """
dense(n, m) = { param K = randn(n, m); param b = zeros(m); x -> x @ K + b }
layers = [dense(2, 3), dense(3, 1)]
forward(x) = { for layer in layers { x = tanh(layer(x)) }; x }
train(n) = {
  log = []
  for i in checkpointed(range(n), "run.ckpt", every=5) {
    loss = (forward(randn(4, 2))**2).mean()
    backward(loss)
    for p in parameters(layers) { p -= 0.1 * p.grad }
    log = append(log, (i, loss.item()))
    if i == 21 { return log, loss }
  }
  log, loss
}
print(train(30))
""",
    "leaves that no one declared": """
w = 3.0; x = 2.0; trace = 0.0; n = 0
for i in checkpointed(range(20), "run.ckpt", every=4) {
  loss = (w * x - 1)**2
  backward(loss, accumulate=true)
  w = (w - 0.001 * w.grad).detach()
  if i % 3 == 0 { continue }
  n = n + 1
  trace = (trace + x.grad).item()
}
print(w, trace, x.grad, n)
""",
    "over a list, left early": """
param w = [1.0, -2.0]; first = w; seen = []
for name, x in checkpointed([("a", 1.0), ("b", 2.0), ("c", 0.5), ("d", 4.0), ("e", 1.0)], "run.ckpt", every=1) {
  loss = ((w - x)**2).sum(); backward(loss); w -= 0.1 * w.grad
  seen = append(seen, name)
  if name == "d" { break }
}
print(seen, w, first, w.grad, name)
""",
    "over the rows of a tensor, nan and minus zero": """
param w = [0.0, -0.0]; rows = randn(12, 2); low = -0.0; wrong = 0.0
for row in checkpointed(rows, "run.ckpt", every=5) {
  loss = (w * row).sum(); backward(loss); w -= 0.1 * w.grad
  wrong = (wrong + log(row[0]).item()).item(); low = -low
}
print(repr(low), wrong, w, 1 / low, rows.grad)
""",
}  # fmt: skip

NATIVE = {"numbers alone", "a long loop inside"}  # whose passes mostly go by tape


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert STATE.recorder is None and not STATE.watchers and not parts._is_inside


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machine code is worth it for every loop."""
    monkeypatch.setattr(parts, "WORTH", 0.0)


def run(text: str, folder: Path, **options: Any) -> Ran:
    return Ran(text, options.pop("backend", "interp"), str(folder), **options)


def said(text: str, folder: Path) -> str:
    """What a program prints, and the mistake that ends it."""
    out: list[str] = []
    with running(str(folder), out.append):
        try:
            Session().run(Source(text, "train.grad"), lambda d: None)
        except GradlangError as error:
            out.append(f"{error.diagnostics[0].code} {error.diagnostics[0].message}")
    return "".join(out)


# ── the same numbers ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("backend", ["interp", "replay", "llvm", "auto"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_goes_on_from_every_save_to_the_same_bits(name: str, backend: str, tmp_path: Path, eager: None) -> None:
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    full, saves = whole(PROGRAMS[name], backend, str(tmp_path))
    assert not full.error and saves >= 3
    assert full.native >= (20 if backend != "interp" and name in NATIVE else 0)
    for k in range(1, saves + 1):
        assert unlike(full, resumed(PROGRAMS[name], backend, k, str(tmp_path))) == [], k
    assert sorted(os.listdir(tmp_path)) == [FILE]


@pytest.mark.parametrize("name", PROGRAMS)
def test_saving_changes_nothing(name: str, tmp_path: Path) -> None:
    text = PROGRAMS[name].replace(', "run.ckpt"', "").replace("checkpointed(", "plain(")
    saving, _ = whole(PROGRAMS[name], "interp", str(tmp_path))
    plain = run("plain(x, every=1) = x\n" + text.lstrip("\n"), tmp_path)
    assert plain.out == saving.out and plain.generator == saving.generator
    plain.state.pop("plain")
    assert plain.state == saving.state


def test_in_float32(tmp_path: Path, eager: None) -> None:
    for name in ("momentum", "adam and dropout", "batches in epochs"):
        for backend in ("interp", "auto"):
            full, saves = whole(PROGRAMS[name], backend, str(tmp_path), "float32")
            for k in (1, saves - 1):
                assert unlike(full, resumed(PROGRAMS[name], backend, k, str(tmp_path), "float32")) == []


@pytest.mark.parametrize("seed", range(900, 912))
def test_random_training_loops(seed: int, tmp_path: Path, eager: None) -> None:
    text = checkpointed(training(seed), random.Random(seed).choice([1, 3, 5, 11]))
    full, saves = whole(text, "auto", str(tmp_path))
    if full.error.startswith("E0610"):
        return
    assert differences(run(unsaved(text), tmp_path), whole(text, "replay", str(tmp_path))[0]) == []
    for k in {1, saves // 2, saves} - {0}:
        assert unlike(full, resumed(text, "auto", k, str(tmp_path))) == []


def test_killed_at_any_time(tmp_path: Path) -> None:
    kills, _, wrong, left = trial(tmp_path, 3, "interp")
    assert (kills, wrong, left) == (3, 0, 0)


# ── where it saves ───────────────────────────────────────────────────────────

COUNTING = "n = 0\nfor i in checkpointed(range(TOTAL), FILE, every=EVERY) { n = n + 1; print(i) }\nprint(n)\n"


def counting(total: int, every: int) -> str:
    return COUNTING.replace("TOTAL", str(total)).replace("EVERY", str(every)).replace("FILE", f'"{FILE}"')


@pytest.mark.parametrize(
    ("total", "every", "ends"),
    [(0, 5, []), (1, 5, []), (2, 5, [1]), (7, 3, [1, 3, 6]), (8, 3, [1, 3, 6, 7]), (4, 1, [1, 2, 3]), (5, 100, [1, 4])],
)
def test_saves_after_the_first_pass_then_in_steps_and_before_the_last(total: int, every: int, ends: list[int]) -> None:
    done, found = 0, []
    while done < total:
        done = parts.next_end(done, total, every)
        found.append(done)
    assert found == ([*ends, total] if total else [])


def test_a_finished_loop_does_its_last_pass_once_more(tmp_path: Path) -> None:
    assert run(counting(5, 2), tmp_path).out[-2:] == ["4\n", "5\n"]
    assert run(counting(5, 2), tmp_path).out == ["4\n", "5\n"]


def test_a_longer_range_goes_on_and_a_shorter_one_is_refused(tmp_path: Path) -> None:
    run(counting(5, 2), tmp_path)
    assert run(counting(8, 3), tmp_path).out == ["4\n", "5\n", "6\n", "7\n", "8\n"]
    assert run(counting(5, 2), tmp_path).error.startswith(
        'E0609 "run.ckpt" does not fit: it was written after 7 passes'
    )


def test_an_error_in_a_pass_keeps_the_last_save(tmp_path: Path) -> None:
    text = counting(9, 2).replace("print(i)", "print([1, 2, 3, 4, 5, 6][i])")
    assert run(text, tmp_path).error.startswith("E0406")
    again = run(text, tmp_path)
    assert again.error.startswith("E0406") and again.out == []  # from 6 passes on
    assert checkpoint_file.read(str(tmp_path / FILE))[0]["passes"] == 6


def test_what_is_only_tried_out_neither_reads_nor_writes(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"damaged")
    with no_writing():
        assert run(counting(3, 1), tmp_path).out[-1] == "3\n"
    assert (tmp_path / FILE).read_bytes() == b"damaged"


def test_a_stop_keeps_what_was_learned_and_the_next_entry_goes_on_from_the_save(tmp_path: Path) -> None:
    out: list[str] = []
    text = counting(20, 6).replace("n = 0\n", "")

    def write(text: str) -> None:
        out.append(text)
        if text == "8\n" and out.count(text) == 1:
            RUN.stop = SOON

    with running(str(tmp_path), write):
        RUN.backend = "interp"
        session = Session(interactive=True)
        session.enter(Source("n = 0; param w = 1.0", "<1>"), lambda d: None)
        with pytest.raises(Stopped):
            session.enter(Source(text, "<2>"), lambda d: None)
        assert session.names()["n"].data == 9.0
        session.enter(Source(text, "<3>"), lambda d: None)
    assert out[9:] == [*[f"{i}\n" for i in range(6, 20)], "20\n"]


# ── what cannot be kept ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("f(x) = x\nfor i in LOOP { f(i); f = x -> i }", "E0610 `f` holds the function `f`"),
        ("m = [mlp(1, [1])]\nfor i in LOOP { m = [*m] }".replace("[*m]", "append(m, m[0])"), "E0610 `m` holds a model"),
        (
            "param w = 2.0; total = 0\nfor i in LOOP { total = total + w * i }\nbackward(total)",
            "E0610 `total` depends on the parameter `w`",
        ),
        (
            "param w = 2.0; all = []\nfor i in LOOP { all = append(all, w * i) }\nbackward(w)",
            "E0610 `all` holds values with their history",
        ),
        ("x = 1.0; y = x\nfor i in LOOP { y = y * 2 }\nbackward(y)", "E0610 `y` depends on `x` that is still held"),
        (
            "for i in LOOP { for j in checkpointed(range(2), 'b.ckpt') { } }",
            "E0610 a loop that saves is inside of another",
        ),
        ("for k in range(2) { for i in LOOP { } }", 'E0610 this loop has come to its end with the file "run.ckpt"'),
        ("for i in checkpointed(range(3), 'no/run.ckpt') { }", 'E0603 cannot write "no/run.ckpt"'),
        ("for i in checkpointed(range(3), '.') { }", 'E0601 cannot read "."'),
        ("for i in checkpointed(range(3), 7) { }", "E0301 a file name is text"),
        ("for i in checkpointed(range(3), 'a', every=0) { }", "E0308 a save comes after 1 pass or more"),
        ("for i in checkpointed(range(3), 'a', every=0.5) { }", "E0407"),
        ("for i in checkpointed(7, 'a') { }", "E0306 a loop needs something to go over, and this is a number"),
        ("for i in checkpointed(batches([1, 2], [3, 4]), 'a') { }", "E0301 a loop over batches"),
        ("[i for i in checkpointed(range(3), 'a')]", "E0306"),
    ],
)
def test_refused(text: str, message: str, tmp_path: Path) -> None:
    assert run(text.replace("LOOP", f'checkpointed(range(3), "{FILE}")'), tmp_path).error.startswith(message)


def test_a_name_that_no_pass_reads_may_hold_anything(tmp_path: Path) -> None:
    body = "if i == 4 { kept = w * i; f = x -> x }"
    text = f'param w = 1.0\nfor i in checkpointed(range(9), "{FILE}", 1) {{ {body} }}\n'
    assert said(text + "print(kept, f); backward(kept); print(w.grad)", tmp_path) == "4 (x) -> …\n4\n"
    lost = "E0610 a value was read from a checkpoint"
    assert said(text + "print(kept, len(parameters(kept))); backward(kept * 2)", tmp_path).startswith("4 1\n" + lost)
    assert said(text + "grad(kept, w)", tmp_path).startswith(lost)
    assert said(text + "print(f); backward(w)", tmp_path).startswith("E0202 `f` has no value yet")


# ── files that do not fit ────────────────────────────────────────────────────

BASE = """\
manual_seed(4)
cost(m, x) = (m(x)**2).mean()
m = mlp(2, [3, 1]); opt = adam(m, lr=0.01); X = randn(4, 2); log = []
for i in checkpointed(range(6), "run.ckpt", every=2) {
  loss = cost(m, X); backward(loss); opt.step(); log = append(log, loss.item())
}
"""


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("backward(loss); opt", "backward(loss * 2); opt", "the loop was another"),
        ("(m(x)**2)", "(m(x)**4)", "`cost` was another function"),
        ("cost(m, x) =", "cost(m, x) = (m(x)**2).mean(); other(x) = x; # ", None),
        ("[3, 1]", "[4, 1]", "`layer1.W` is [2, 3] in it, [2, 4] in the program"),
        ("m = mlp(2, [3, 1])", "m = linear(2, 1)", "it holds the parameters `layer1.W`"),
        ("adam(m, lr=0.01)", "sgd(m, lr=0.01)", "it holds the parameters"),
        ("lr=0.01", "lr=0.02", "the optimiser began with other settings"),
        ("manual_seed(4)", "manual_seed(5)", "it was written by a run with the seed 4"),
        ("randn(4, 2)", "randn(4, 3)[:, 0:2]", "the program had drawn other random numbers"),
        ("range(6)", "range(1, 7)", "the loop went over something else"),
        ("range(6)", "range(4)", "it was written after 5 passes, and now there are 4"),
        ("every=2", "every=3 # a comment", None),
        ("range(6)", "range(12)", None),
    ],
)
def test_a_file_of_another_program(old: str, new: str, why: str | None, tmp_path: Path) -> None:
    assert old in BASE and not run(BASE, tmp_path).error
    before = (tmp_path / FILE).read_bytes()
    new = new.replace(" # a comment", "")
    error = run(BASE.replace(old, new), tmp_path).error
    if why is None:
        assert not error
    else:
        assert error.startswith(f'E0609 "{FILE}" does not fit: {why}'), error
        assert (tmp_path / FILE).read_bytes() == before


def test_a_run_of_another_precision(tmp_path: Path) -> None:
    run(BASE, tmp_path)
    assert "it was written by a run in float64" in run(BASE, tmp_path, dtype="float32").error


def test_a_model_file_is_no_checkpoint(tmp_path: Path) -> None:
    text = 'm = linear(1, 1); save(m, "run.ckpt")\n' + counting(3, 1)
    assert run(text, tmp_path).error.startswith('E0609 "run.ckpt" is no checkpoint')


# ── damaged files ────────────────────────────────────────────────────────────


@pytest.fixture
def file(tmp_path: Path) -> Path:
    assert not run(BASE, tmp_path).error
    return tmp_path / FILE


def read(path: Path) -> Any:
    try:
        return checkpoint_file.read(str(path))
    except Fault as fault:
        return fault.code


def exactly(found: Any) -> Any:
    structure, floats, arrays = found
    return structure, checkpoint_file.bits(floats), [checkpoint_file.bits(x) for x in arrays]


def test_every_truncation_is_noticed(file: Path) -> None:
    data = file.read_bytes()
    for length in range(0, len(data), 1 if len(data) < 4000 else 3):
        file.write_bytes(data[:length])
        assert read(file) == "E0609"


def test_every_flipped_bit_is_noticed_or_changes_nothing(file: Path) -> None:
    data, whole_file = file.read_bytes(), read(file)
    rng = random.Random(0)
    noticed = 0
    for _ in range(1500):
        broken = bytearray(data)
        for _ in range(rng.choice([1, 1, 2, 5])):
            broken[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        file.write_bytes(bytes(broken))
        found = read(file)
        noticed += found == "E0609"
        assert found == "E0609" or exactly(found) == exactly(whole_file)
    assert noticed > 1400


def test_a_whole_file_with_a_wrong_structure_changes_nothing(file: Path) -> None:
    """One that somebody wrote on purpose, with a right checksum."""
    structure, floats, arrays = checkpoint_file.read(str(file))
    rng = random.Random(1)
    for _ in range(500):
        wrong = json.loads(json.dumps(structure))
        change(wrong, rng)
        checkpoint_file.write(str(file), wrong, floats, arrays)
        seen = run(BASE, file.parent)
        assert seen.error.startswith("E0609") or not seen.error, (seen.error, wrong)


def change(x: Any, rng: random.Random) -> None:
    """Changes one place of a structure."""
    places: list[tuple[Any, Any]] = []
    stack = [x]
    while stack:
        part = stack.pop()
        keys: Any = list(part) if isinstance(part, dict) else range(len(part))
        places += [(part, key) for key in keys]
        stack += [part[key] for key in keys if isinstance(part[key], dict | list)]
    part, key = rng.choice(places)
    if rng.random() < 0.3:
        del part[key]
    else:
        part[key] = rng.choice([None, "x", [], {}, -1, 10**30, 10**400, inf, -inf, 0.5, True, [[]], [0, "f"]])


@pytest.mark.parametrize("kind", ["complex64", "int8", "bool", "float16", "float32"])
def test_arrays_of_other_numbers_are_refused(file: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    structure, floats, arrays = checkpoint_file.read(str(file))
    assert floats
    assert arrays
    checkpoint_file.write(str(file), structure, floats, [array.astype(kind) for array in arrays])
    assert run(BASE, file.parent).error.startswith("E0609")
    with monkeypatch.context() as as_others_write:
        as_others_write.setattr(numpy, "float64", kind)
        checkpoint_file.write(str(file), structure, floats, arrays)
    assert read(file) == "E0609"


def test_a_range_longer_than_programs_make_is_refused() -> None:
    reader = record.Reader([], [])
    assert reader.things([["range", -(10**18), 10**18, 3]], [], []) == [range(-(10**18), 10**18, 3)]
    with pytest.raises(ValueError, match="^$"):
        reader.things([["range", 0, 10**19, 1]], [], [])


def test_nothing_deep_is_read(file: Path) -> None:
    checkpoint_file.write(str(file), json.loads("[" * 200 + "]" * 200), [], [])
    assert read(file) == "E0609"


def test_what_is_no_file_stays(tmp_path: Path) -> None:
    for data in (b"", b"\0" * 8, b"\xff" * 100, b"{}", (10).to_bytes(8, "little") + b'{"a": 1}  '):
        (tmp_path / FILE).write_bytes(data)
        assert run(BASE, tmp_path).error.startswith("E0609")
        assert (tmp_path / FILE).read_bytes() == data


# ── beside the loop ──────────────────────────────────────────────────────────


def test_a_profile_counts_the_passes_of_all_parts(tmp_path: Path, eager: None) -> None:
    from gradlang.loop_report import loop_lines

    lines: list[str] = []
    with running(str(tmp_path), lambda text: None):
        RUN.backend = "replay"
        Session().run(Source(PROGRAMS["numbers alone"], "train.grad"), lambda d: None)
        lines = list(loop_lines())
        tapes = [loop.tapes for loop in RUN.loops.known.values()]
    counts = {
        line.split()[0]: int(line.split()[1]) for line in lines if line.strip().startswith(("interp", "replayed"))
    }
    assert sum(counts.values()) == 40 and counts["replayed"] > 10
    assert tapes == [[]]  # they would hold values of a part


def test_the_loop_in_parts_counts_as_one(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []

    def write(text: str) -> None:
        seen.append((RUN.headway.passes, RUN.headway.total))

    for _ in range(2):
        with running(str(tmp_path), write):
            RUN.backend = "interp"
            Session().run(Source(counting(8, 3).replace("print(n)", ""), "train.grad"), lambda d: None)
    assert seen == [*[(i, 8) for i in range(8)], (7, 8)]


def test_a_plain_program_loads_nothing_of_it() -> None:
    code = "import sys; from gradlang.cli import main; main(['-c', 'for i in range(3) { i }'])\n"
    code += "print([m for m in sys.modules if 'checkpoints' in m or 'checkpoint_file' in m])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
