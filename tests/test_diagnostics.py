"""Renderings to the letter, near misses, foreign words, and the pages of the codes."""

from __future__ import annotations

import json
import os
import re
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlang.diagnostics import Diagnostic, Fix, GradlangError, Label, codes
from gradlang.diagnostics import foreign as words
from gradlang.diagnostics.codes import CODES
from gradlang.diagnostics.render import render_json, render_text
from gradlang.diagnostics.suggest import closest, distance, foreign
from gradlang.palette import paint
from gradlang.source import Source, Span

KEYWORDS = "param for in while if else return break continue import as and or not true false none".split()  # noqa: SIM905
BUILTINS = """
    exp log sqrt sin cos tan tanh sigmoid relu leaky_relu gelu softplus abs sign floor round where clamp minimum maximum
    sum mean std var max min argmax argmin prod norm all any logsumexp
    reshape transpose stack cat squeeze unsqueeze flip len
    zeros ones full eye arange linspace rand randn randint randperm one_hot
    backward grad value_and_grad detach item parameters num_parameters zero_grad
    softmax log_softmax mse_loss cross_entropy binary_cross_entropy gradcheck mlp linear sgd adam
    print repr str range len zip enumerate sorted map append vocab encode decode multinomial manual_seed time
    load_csv make_moons make_blobs make_circles train_test_split batches save load draw draw_dot
""".split()  # noqa: SIM905


def find(source: Source, text: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)
    return Span(source, start, start + len(text))


def picture(text: str) -> str:
    return dedent(text).strip("\n")


TRAIN = Source("x = [1, 2, 3]\nW = randn(2, 4)\ny = x @ W\n", "train.grad")


def matmul() -> Diagnostic:
    return Diagnostic(
        "E0401",
        "cannot matrix-multiply [3] @ [2, 4]",
        find(TRAIN, "x @ W"),
        labels=[
            Label(find(TRAIN, "x", 1), "[3]: `x`, made on line 1"),
            Label(find(TRAIN, "W", 1), "[2, 4]: parameter `W`, made on line 2 by randn(2, 4)"),
        ],
        help=["the inner sizes must be equal; randn(3, 4) would fit"],
    )


# ── text ─────────────────────────────────────────────────────────────────────


def test_the_picture_of_the_architecture() -> None:
    assert render_text(matmul()) == picture("""
        error[E0401]: cannot matrix-multiply [3] @ [2, 4]
          --> train.grad:3:5
           |
         3 | y = x @ W
           |     - ^ - [2, 4]: parameter `W`, made on line 2 by randn(2, 4)
           |     |
           |     [3]: `x`, made on line 1
           = help: the inner sizes must be equal; randn(3, 4) would fit
    """)


def test_labels_above_main_label_and_notes() -> None:
    d = matmul()
    d.label = "here"
    d.labels.append(Label(find(TRAIN, "[1, 2, 3]"), "made here"))
    d.notes = ["first\nsecond"]
    assert render_text(d) == picture("""
        error[E0401]: cannot matrix-multiply [3] @ [2, 4]
          --> train.grad:3:5
           |
         1 | x = [1, 2, 3]
           |     --------- made here
         2 | W = randn(2, 4)
         3 | y = x @ W
           |     - ^ - [2, 4]: parameter `W`, made on line 2 by randn(2, 4)
           |     | |
           |     | here
           |     [3]: `x`, made on line 1
           = note: first
                   second
           = help: the inner sizes must be equal; randn(3, 4) would fit
    """)


def test_equal_spans_show_the_main_mark_and_both_texts() -> None:
    source = Source("f(a)", "a.grad")
    d = Diagnostic("E0203", "no", find(source, "a"), label="main", labels=[Label(find(source, "a"), "other")])
    assert render_text(d) == picture("""
        error[E0203]: no
          --> a.grad:1:3
           |
         1 | f(a)
           |   ^ main
           |   |
           |   other
    """)


def test_what_is_said_twice_is_shown_once() -> None:
    source = Source("f(a)", "a.grad")
    d = Diagnostic("E0901", "no", find(source, "f"), labels=[Label(find(source, "a"), "again") for _ in range(3)])
    assert render_text(d).split("\n")[3:] == [" 1 | f(a)", "   | ^ - again"]


def test_a_main_mark_that_labels_cover_stays_in_sight() -> None:
    source = Source("a b", "a.grad")
    d = Diagnostic("E0101", "no", find(source, "a b"))
    d.labels = [Label(find(source, "a"), "left"), Label(find(source, "b"), "right")]
    assert render_text(d).split("\n")[3:] == [" 1 | a b", "   | ^^^", "   | | |", "   | | right", "   | left"]


def test_distant_lines_are_joined_by_dots() -> None:
    source = Source("w = 1\n" + "pass\n" * 9 + "print(v)\n", "a.grad")
    d = Diagnostic("E0201", "there is no `v`", find(source, "v"), labels=[Label(find(source, "w"), "this exists")])
    assert render_text(d) == picture("""
        error[E0201]: there is no `v`
           --> a.grad:11:7
            |
          1 | w = 1
            | - this exists
        ...
         11 | print(v)
            |       ^
    """)


def test_a_span_of_several_lines() -> None:
    source = Source("loss = f(\n" + "  a,\n" * 5 + "  b)\n", "a.grad")
    d = Diagnostic("E0204", "too many arguments", find(source, source.text[7:-1]), label="six of them")
    d.labels = [Label(find(source, "loss"), "the result"), Label(find(source, "b"), "the last")]
    assert render_text(d) == picture("""
        error[E0204]: too many arguments
          --> a.grad:1:8
           |
         1 |   loss = f(
           |   ---- the result
           |  ________^
         2 | |   a,
        ...  |
         6 | |   a,
         7 | |   b)
           | |   - the last
           | |____^ six of them
    """)


def test_a_span_of_several_lines_from_the_start_of_a_line() -> None:
    source = Source("y = 1\nif y {\n  2\n}\n", "a.grad")
    span = find(source, "if y {\n  2\n}\n")  # the line break at its end is not shown
    assert render_text(Diagnostic("E0302", "not true or false", span, label="this")) == picture("""
        error[E0302]: not true or false
          --> a.grad:2:1
           |
         2 | / if y {
         3 | |   2
         4 | | }
           | |_^ this
    """)


def test_a_label_of_several_lines_shows_its_first() -> None:
    source = Source("f(x) = {\n  x\n}\nf()\n", "a.grad")
    d = Diagnostic("E0204", "`f` needs x", find(source, "f()"), labels=[Label(Span(source, 0, 14), "defined here")])
    assert render_text(d) == picture("""
        error[E0204]: `f` needs x
          --> a.grad:4:1
           |
         1 | f(x) = {
           | -------- defined here
        ...
         4 | f()
           | ^^^
    """)


def test_tabs_wide_and_combining_characters() -> None:
    source = Source("\tx = '日本' + e\u0301e + 1", "a.grad")
    d = Diagnostic("E0301", "no", find(source, "+"), labels=[Label(find(source, "'日本'"), "text")])
    d.labels.append(Label(find(source, "e\u0301e"), "name"))
    assert render_text(d) == picture("""
        error[E0301]: no
          --> a.grad:1:11
           |
         1 |     x = '日本' + e\u0301e + 1
           |         ------ ^ -- name
           |         |
           |         text
    """)


@pytest.mark.parametrize(
    ("text", "place", "line", "marks"),
    [
        ("", "1:1", " 1 |", "   | ^ end"),
        ("x = (", "1:6", " 1 | x = (", "   |      ^ end"),
        ("x = (1 +  \n\n  \n", "1:9", " 1 | x = (1 +", "   |         ^ end"),
    ],
)
def test_the_end_of_the_input(text: str, place: str, line: str, marks: str) -> None:
    source = Source(text, "a.grad")
    rows = render_text(Diagnostic("E0102", "unfinished", Span(source, len(text), len(text)), label="end")).split("\n")
    assert rows[1:] == [f"  --> a.grad:{place}", "   |", line, marks]


def test_a_file_without_text_has_no_lines_to_show() -> None:
    d = Diagnostic("E0602", "not UTF-8", Span(Source("", "a.grad"), 0, 0), help=["save it again"])
    assert render_text(d).split("\n")[1:] == ["  --> a.grad", "   = help: save it again"]


def test_the_end_of_a_line() -> None:
    source = Source("x = 1 +\r\ny = 2\n", "a.grad")
    assert render_text(Diagnostic("E0101", "no", find(source, "\r\n"))).split("\n")[3:] == [
        " 1 | x = 1 +",
        "   |        ^",
    ]


def test_another_file() -> None:
    main = Source("import other\nother.f(1)\n", "main.grad")
    other = Source("# doubles\n\nf(x, y) = 2 * x\n", "other.grad")
    d = Diagnostic("E0204", "`f` needs y", find(main, "other.f(1)"), labels=[Label(find(other, "y"), "this one")])
    assert render_text(d) == picture("""
        error[E0204]: `f` needs y
          --> main.grad:2:1
           |
         2 | other.f(1)
           | ^^^^^^^^^^
           |
          --> other.grad:3:6
           |
         3 | f(x, y) = 2 * x
           |      - this one
    """)


def test_long_lines_are_cut_around_the_marks() -> None:
    source = Source("x = [" + "日本, " * 40 + "oops, " + "1.25, " * 60 + "]", "a.grad")
    assert render_text(Diagnostic("E0201", "no", find(source, "oops"), label="here"), width=40) == picture("""
        error[E0201]: no
          --> a.grad:1:166
           |
         1 | ...日本, 日本, oops, 1.25, 1.25...
           |                ^^^^ here
    """)


def test_marks_that_do_not_fit_together_stand_under_the_dots() -> None:
    source = Source("x = [" + "1.25, " * 60 + "]", "a.grad")
    d = Diagnostic("E0102", "never closed", find(source, "["), labels=[Label(find(source, "]"), "not this")])
    assert render_text(d, width=40).split("\n")[3:] == [
        " 1 | x = [1.25, 1.25, 1.25, 1.25, 1....",
        "   |     ^                            - not this",
    ]


def test_control_characters_are_shown_not_sent() -> None:
    source = Source("x = '\x1b[31m\u202e\x85\ud800' + 1", "a\x07.grad")
    d = Diagnostic("E0301", "no \x1b[2J", find(source, "+"))
    assert render_text(d) == picture("""
        error[E0301]: no ␛[2J
          --> a␇.grad:1:16
           |
         1 | x = '␛[31m<U+202E><U+0085><U+D800>' + 1
           |                                     ^
    """)


def test_color_paints_the_very_same_text() -> None:
    painted = render_text(matmul(), color=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == render_text(matmul())
    assert painted.startswith(paint("error", "error[E0401]") + "\x1b[1m: cannot")
    assert paint("gutter", " 3 | ") + "y = x @ W" in painted
    assert paint("error", "^") in painted and paint("error", "^").startswith("\x1b[1;38;")
    assert "\x1b" not in render_text(matmul())


def test_a_warning_has_a_colour_of_its_own() -> None:
    source = Source("sum = 0", "a.grad")
    d = Diagnostic("W0201", "`sum` hides the builtin of that name", find(source, "sum"), severity="warning")
    assert render_text(d).startswith("warning[W0201]: `sum` hides")
    assert render_text(d, color=True).startswith(paint("warning", "warning[W0201]"))


def test_an_error_reads_as_its_rendering() -> None:
    assert str(GradlangError([matmul()])) == render_text(matmul())


@given(st.text("ab \t\r\n日\u0301\x1b'", max_size=60), st.data())
def test_any_span_of_any_text_is_shown(text: str, data: st.DataObject) -> None:
    source = Source(text)
    offset = st.integers(0, len(text))
    spans = [Span(source, *sorted((data.draw(offset), data.draw(offset)))) for _ in range(3)]
    d = Diagnostic(
        "E0101", "m", spans[0], label="main", labels=[Label(s, f"label {i}") for i, s in enumerate(spans[1:])]
    )
    shown = render_text(d, width=data.draw(st.sampled_from([10, 40, 100])))
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert shown.count("main") == 1
    assert shown.count("label") == 2
    assert "^" in shown


# ── JSON ─────────────────────────────────────────────────────────────────────


def test_json() -> None:
    d = matmul()
    d.label, d.notes = "here", ["a note"]
    d.fixes = [Fix("turn it over", [(find(TRAIN, "W", 1), "W.T")])]
    document = render_json([d, d])
    assert document.isascii()
    first, second = json.loads(document)
    assert first == second
    w = {"file": "train.grad", "line": 3, "column": 9, "end_line": 3, "end_column": 10, "offsets": [38, 39]}
    assert first == {
        "code": "E0401",
        "severity": "error",
        "message": "cannot matrix-multiply [3] @ [2, 4]",
        "file": "train.grad",
        "line": 3,
        "column": 5,
        "end_line": 3,
        "end_column": 10,
        "offsets": [34, 39],
        "label": "here",
        "labels": [
            {**w, "column": 5, "end_column": 6, "offsets": [34, 35], "text": "[3]: `x`, made on line 1"},
            {**w, "text": "[2, 4]: parameter `W`, made on line 2 by randn(2, 4)"},
        ],
        "notes": ["a note"],
        "help": ["the inner sizes must be equal; randn(3, 4) would fit"],
        "fixes": [{"title": "turn it over", "is_safe": False, "edits": [{**w, "text": "W.T"}]}],
    }


def test_json_of_nothing_is_an_empty_list() -> None:
    assert json.loads(render_json([])) == []


# ── suggestions ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("pritn", ["print"]),
        ("bakward", ["backward"]),
        ("Relu", ["relu"]),
        ("transpsoe", ["transpose"]),
        ("crossentropy", ["cross_entropy"]),
        ("manualseed", ["manual_seed"]),
        ("sume", ["sum"]),
        ("mim", ["min"]),
        ("mox", ["max"]),
        ("tam", ["tan"]),
        ("ran", ["rand", "tan"]),
        ("zz", []),
        ("q", []),
        ("learning_rate", []),
        ("sum", []),
    ],
)
def test_closest_builtin(word: str, meant: list[str]) -> None:
    assert closest(word, BUILTINS) == meant


def test_a_long_name_is_no_slip_of_another_that_is_a_third_off() -> None:
    assert closest("probability_of_rain_today", ["probability_of_snow_today"]) == ["probability_of_snow_today"]
    assert closest("probability_of_rain_today", ["probability_of_fog_next_day"]) == []


def test_closest_gives_all_that_are_equally_near() -> None:
    assert closest("mi_", ["mi", "min", "max", "mid"]) == ["mi", "mid", "min"]
    assert closest("x", ["X", "y", "xs"]) == ["X"]
    assert closest("x", []) == []


@pytest.mark.parametrize(
    ("a", "b", "d"), [("", "", 0), ("", "ab", 2), ("ab", "ba", 1), ("kitten", "sitting", 3), ("abcd", "acbd", 1)]
)
def test_distance(a: str, b: str, d: int) -> None:
    assert distance(a, b) == distance(b, a) == d


def test_foreign_words() -> None:
    renamed = foreign("concatenate")
    assert renamed is not None
    assert renamed.replacement == "cat"
    assert renamed.text == "`concatenate` is written `cat` here"
    library = foreign("np")
    assert library is not None
    assert library.replacement is None
    assert "not `np.exp(x)`" in library.text
    power = foreign("pow")
    assert power is not None
    assert power.replacement is None
    assert "x**y" in power.text
    assert foreign("learning_rate") is None


def test_foreign_words_are_none_of_ours() -> None:
    ours = {*KEYWORDS, *BUILTINS}
    keys = [*words.RENAMED, *words.OTHERWISE, *words.LIBRARIES]
    assert {key for key in keys if key in ours} == words.DELIBERATE
    assert len(keys) == len(set(keys)), "a word has two hints"
    for names in (*words._RENAMED, *words._OTHERWISE):
        assert len(names.split()) == len(set(names.split()))


def test_replacements_are_ours() -> None:
    for ours in words.RENAMED.values():
        assert set(ours.split()) <= {*KEYWORDS, *BUILTINS, "nan", "inf", "pi"}


def test_hints_speak_of_what_there_is() -> None:
    members = {"data", "grad", "shape", "ndim", "T", "step"}
    inside = {"f", "inner", "outer", "layer", "utils"}
    for text in words.OTHERWISE.values():
        for code in re.findall(r"`([^`]*)`", text):
            called = set(re.findall(r"([A-Za-z_]\w*)\(", code))
            assert called <= {*KEYWORDS, *BUILTINS, *members, *inside, "step", "model"}, text


# ── codes and pages ──────────────────────────────────────────────────────────

PAGES = os.path.join(os.path.dirname(codes.__file__), "pages")
PAGE = re.compile(
    r"# (?P<code>[EW]\d{4}): (?P<title>.+)\n\n(?P<why>.+?)\n\n"
    r"## Fails\n\n```(?P<fails_in>gradlang|text)\n(?P<fails>.+?)\n```\n\n"
    r"## Mended\n\n```(?P<mended_in>gradlang|text)\n(?P<mended>.+?)\n```\n"
    r"(\n## More\n\n.+\n)?",
    re.DOTALL,
)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(os.listdir(PAGES)) == sorted(f"{code}.md" for code in CODES)


@pytest.mark.parametrize("code", CODES)
def test_page_structure(code: str) -> None:
    text = codes.page(code)
    assert text is not None
    match = PAGE.fullmatch(text)
    assert match, "not the structure of a page"
    assert (match["code"], match["title"]) == (code, CODES[code])
    assert match["fails"] != match["mended"]
    assert match["fails_in"] == match["mended_in"]
    assert text.isascii() or code in {"E0108", "E0602"}, "plain characters except where they are the subject"
    assert not re.search(r"TypeError|ndarray|NoneType|dtype(?! float32)|0-d\b|traceback", text, re.IGNORECASE)


@pytest.mark.parametrize("code", CODES)
def test_pages_name_only_codes_that_exist(code: str) -> None:
    assert set(re.findall(r"\b[EW]\d{4}\b", codes.page(code) or "")) <= set(CODES)


def test_pages_are_found_in_any_case_and_nowhere_else() -> None:
    assert codes.page("e0401") == codes.page("E0401") is not None
    assert codes.page("E9999") is None
    assert codes.page("../codes") is None
