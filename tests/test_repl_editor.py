"""The editor, key by key, through prompt_toolkit's own pipe: entering, editing, completion, colours, preview."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from gradlang.analysis.help.signatures import signature_at
from gradlang.draw.terminal.fragments import plain
from gradlang.language.runtime import running
from gradlang.repl.assist import CodeCompleter, CodeLexer
from gradlang.repl.editor import Editor, signature
from gradlang.repl.history import read_history
from gradlang.repl.keyboard import Keyboard
from gradlang.repl.keys import greek
from gradlang.repl.preview import Child, preview
from gradlang.repl.settings import Settings
from gradlang.session import Session
from gradlang.source import Source

ENTER, TAB, UP, ALT_ENTER, CTRL_C, CTRL_D, CTRL_R = "\r", "\t", "\x1b[A", "\x1b\r", "\x03", "\x04", "\x12"
LEFT, HOME, BACKSPACE, SHIFT_TAB = "\x1b[D", "\x01", "\x7f", "\x1b[Z"


def pasted(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


class Typist:
    """An editor, and what comes of typing into it."""

    def __init__(self, pipe: PipeInput, session: Session, settings: Settings) -> None:
        self.pipe = pipe
        self.session = session
        self.editor = Editor(session, settings, color=True)

    def __call__(self, keys: str, *more: str) -> str:
        """The entry that these keys make, with a pause between the parts for what goes on behind the typing."""
        self.pipe.send_text(keys)

        def type_on() -> None:
            for part in more:
                time.sleep(0.15)
                self.pipe.send_text(part)

        hands = threading.Thread(target=type_on)
        hands.start()
        try:
            return self.editor.entry()
        finally:
            hands.join()


Make = Callable[..., Typist]


@pytest.fixture
def typist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes typists whose settings are given by name; the session has a few names."""
    monkeypatch.setenv("GRADLANG_HISTORY", str(tmp_path / "history"))
    with (
        running(str(tmp_path), lambda text: None),
        create_pipe_input() as pipe,
        create_app_session(input=pipe, output=DummyOutput()),
    ):
        session = Session(interactive=True)
        text = "a = 2.0; param weight = 3.0; f(x, n=2) = x * n; model = mlp(2, [1])"
        session.enter(Source(text), lambda diagnostic: None)

        def make(**chosen: bool) -> Typist:
            settings = Settings()
            settings.preview = settings.complete_while_typing = False
            vars(settings).update(chosen)
            return Typist(pipe, session, settings)

        yield make


# ── entering ─────────────────────────────────────────────────────────────────


def test_enter_goes_on_while_the_input_is_unfinished(typist: Make) -> None:
    enter = typist()
    assert enter("a + 1" + ENTER) == "a + 1"
    assert enter("g(x) = {" + ENTER + "x * 2" + ENTER + "}" + ENTER) == "g(x) = {\n  x * 2\n}"
    assert enter("1 +" + ENTER + "2" + ENTER) == "1 +\n2"
    assert enter("f(" + ENTER + "a)" + ENTER) == "f(\n  a)"
    assert enter('"open' + ENTER + '"' + ENTER) == '"open"'  # in a string, Enter does nothing
    assert enter("x = = 1" + ENTER) == "x = = 1"  # a mistake is told at once
    assert enter(ENTER) == "" and enter(":help" + ENTER) == ":help"


def test_alt_enter_forces_a_line(typist: Make) -> None:
    assert typist()("a" + ALT_ENTER + "b" + ENTER) == "a\nb"


def test_enter_above_the_last_line_makes_a_line(typist: Make) -> None:
    assert typist()("a" + ALT_ENTER + "b" + UP + ENTER + "c" + "\x1b[B" + ENTER) == "a\nc\nb"


def test_braces_indent_and_dedent(typist: Make) -> None:
    keys = "for i in x {" + ENTER + "if c {" + ENTER + "y" + ENTER + "}" + ENTER + "z" + ENTER + "}" + ENTER
    assert typist()(keys) == "for i in x {\n  if c {\n    y\n  }\n  z\n}"
    assert typist()("g = {" + ENTER + BACKSPACE + "1" + ENTER + "}" + ENTER) == "g = {\n1\n}"
    assert typist()("g = {" + ENTER + TAB + "1" + ENTER + "}" + ENTER) == "g = {\n    1\n}"
    assert typist()("g = {" + ENTER + ENTER + "1" + ENTER + "}" + ENTER) == "g = {\n\n  1\n}"  # no blanks are left


def test_a_paste_is_one_entry_without_prompts(typist: Make) -> None:
    enter = typist()
    assert enter(pasted("x = 1\r\nfor i in y {\n\tz\n}\n") + ENTER) == "x = 1\nfor i in y {\n\tz\n}"
    assert enter(pasted(">>> f(x) = {\n...   x\n... }\n>>> f(2)\n2") + ENTER) == "f(x) = {\n  x\n}\nf(2)"


def test_a_transcript_with_commands_stays_as_it_is_until_enter(typist: Make) -> None:
    assert typist()(pasted(">>> a\n2\n>>> :vars\nb  3\n") + ENTER) == ">>> a\n2\n>>> :vars\nb  3"


def test_keys_of_vi_in_navigation_mode_type_nothing(typist: Make) -> None:
    assert typist(vi=True)("a + 1", "\x1b", "0}" + BACKSPACE + TAB, ENTER) == "a + 1"


def test_ctrl_c_clears_what_was_said_about_the_line(typist: Make) -> None:
    enter = typist(preview=True)
    enter.editor.previewed = [("number", "6")]
    assert enter("a * 3" + CTRL_C + "1" + ENTER) == "1"
    assert enter.editor.previewed == []


def test_a_preview_without_a_process_is_none(typist: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> int:
        raise BlockingIOError

    enter = typist(preview=True)
    monkeypatch.setattr(os, "fork", fails)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert enter("a * 3", ENTER) == "a * 3" and enter.editor.previewed == []
    assert not before or len(os.listdir("/proc/self/fd")) <= before + 3  # the loop's own


def test_the_name_that_stands_for_it_now_is_the_one_that_is_named(typist: Make) -> None:
    session = typist().session
    session.enter(Source("x = 2.0; y = x * x; x = 3.0"), lambda diagnostic: None)
    assert plain(preview(session, "y * x", 80)) == "12   d/dx (earlier) 12   d/dx 4"


def test_long_entries_are_not_coloured(typist: Make) -> None:
    enter = typist()
    text = "a + 1\n" * 3000
    assert CodeLexer(enter.session.names).lex_document(Document(text))(2) == [("", "a + 1")]
    assert completed(enter, text + "wei") == []


def test_ctrl_c_clears_and_ctrl_d_leaves(typist: Make) -> None:
    enter = typist()
    assert enter("if a {" + ENTER + "more" + CTRL_C + "a" + ENTER) == "a"
    assert enter("ab" + LEFT + CTRL_D + ENTER) == "a"  # in a text, it deletes
    with pytest.raises(EOFError):
        enter(CTRL_D)


def test_history_is_found_again(typist: Make, tmp_path: Path) -> None:
    enter = typist()
    for keys in ("first = 1", "second = 2", "g = {" + ENTER + "1" + ENTER + "}"):
        enter(keys + ENTER)
    assert enter(UP + ENTER) == "g = {\n  1\n}"
    assert enter("fi" + UP + ENTER) == "first = 1"  # only what begins so
    assert enter(CTRL_R + "sec" + ENTER + ENTER) == "second = 2"
    assert enter(CTRL_R + "sec" + CTRL_C + "a" + ENTER) == "a"
    assert read_history(str(tmp_path / "history"))[:3] == ["first = 1", "second = 2", "g = {\n  1\n}"]
    again = typist()
    assert again("sec" + UP + ENTER) == "second = 2"


def test_the_rest_of_an_earlier_entry_is_suggested(typist: Make) -> None:
    enter = typist()
    enter("objective = 42" + ENTER)
    enter("other = 1" + ENTER)
    assert enter("obj", "\x1b[C" + ENTER) == "objective = 42"  # the right arrow takes it
    assert typist(suggestions=False)("obj", "\x1b[C" + ENTER) == "obj"


def test_vi_keys_by_setting(typist: Make) -> None:
    assert typist(vi=True)("abc\x1b", "xxib" + ENTER) == "ba"
    assert typist()("abc\x1b", "xxib" + ENTER) != "ba"


# ── completion ───────────────────────────────────────────────────────────────


def test_tab_completes(typist: Make) -> None:
    enter = typist()
    assert enter("wei" + TAB, ENTER) == "weight"
    assert enter("weight.sha" + TAB, ENTER) == "weight.shape"
    assert enter("x = manual_s" + TAB, "(1)" + ENTER) == "x = manual_seed(1)"
    assert enter(":he" + TAB, ENTER) == ":help"


def test_enter_takes_a_chosen_completion_and_runs_at_the_next(typist: Make) -> None:
    assert typist()("ran" + TAB, TAB, ENTER, "(3)" + ENTER) == "rand(3)"


def test_greek_letters(typist: Make) -> None:
    assert typist()("\\theta" + TAB + " = 1" + ENTER) == "θ = 1"
    assert typist()("x + \\Omega" + TAB + "_1" + ENTER) == "x + Ω_1"
    assert typist()("\\nothing" + TAB + ENTER) == "\\nothing"
    assert [greek(n) for n in ("alpha", "lambda", "Lambda", "phi", "foo")] == ["α", "λ", "Λ", "φ", None]


def completed(typist: Typist, text: str, folder: str = ".") -> list[str]:
    completer = CodeCompleter(typist.session.names, lambda: folder)
    event = CompleteEvent(completion_requested=True)
    return [text[: len(text) + c.start_position] + c.text for c in completer.get_completions(Document(text), event)]


def test_commands_and_what_they_take_are_completed(typist: Make, tmp_path: Path) -> None:
    (tmp_path / "train.grad").write_text("")
    (tmp_path / "deep").mkdir()
    enter = typist()
    assert completed(enter, ":s") == [":step", ":svg", ":save"]
    assert completed(enter, ":graph wei") == [":graph weight"]
    assert completed(enter, ":load tr", str(tmp_path)) == [":load train.grad"]
    assert ":load deep/" in completed(enter, ":load ", str(tmp_path))
    assert ":html deep/" in completed(enter, ":html ", str(tmp_path))
    assert "mlp(2, [1], activation" not in completed(enter, "mlp(2, [1], act")
    assert completed(enter, "mlp(2, [1], act") == ["mlp(2, [1], activation="]


def test_colours_and_lines(typist: Make) -> None:
    lexer = CodeLexer(typist().session.names)
    line = lexer.lex_document(Document("weight * f(2)  # c\n:x"))
    assert [piece for piece in line(0) if piece[1].strip()] == [
        ("class:parameter", "weight"), ("class:operator", "*"), ("class:function", "f"), ("class:punctuation", "("),
        ("class:number", "2"), ("class:punctuation", ")"), ("class:comment", "# c"),
    ]  # fmt: skip
    assert line(7) == []
    assert lexer.lex_document(Document(":graph weight"))(0)[0] == ("class:command", ":graph")


def test_the_signature_of_what_is_called(typist: Make) -> None:
    def shown(text: str, width: int = 100) -> list[tuple[str, ...]]:
        found = signature_at(text, len(text), typist().session.names())
        assert found is not None
        return [piece for piece in signature(found, width)]  # type: ignore[misc]

    pieces = shown("f(1, ")
    assert plain([(p[0], p[1]) for p in pieces]) == "f(x, n=2)" and ("class:name", "n=2") in pieces
    assert "positive" in plain([(p[0], p[1]) for p in shown("relu(")])
    assert "positive" not in plain([(p[0], p[1]) for p in shown("relu(", 20)])


# ── preview ──────────────────────────────────────────────────────────────────

PREVIEWS = {
    "a * 3": "6   d/da 3",
    "a * weight": "6   d/da 3   d/dweight 2",
    "sin(a - 2": "0   d/da 1",
    "y = a ** 2": "4   d/da 4",
    "weight -= 1": "2",
    "[1, 2] @ [3, 4]": "11",
    "[[1, 2], [3, 4]] * 2": "[[2, 4], [6, 8]]",
    "ones(3, 4) * a": "[3, 4] mean 2 2 … 2",
    "model([1, 2])": "[",
    "f": "f(x, n)",
    "backward(a * a * a)": "d/da 12",
    "for i in range(3) { z = a * i }": "",
    "[1, 2] @ [1, 2, 3]": "cannot",
    "[1, 2] @ [1, 2, 3": "",
    "a * a + (a - 2)": "4   d/da 5",
    "f(1, 2, 3)": "",
    "nope": "",
    "nope * a": "",
    "3": "",
    "-3.5": "",
    '"text"': "",
    "x = 5": "",
    "g(x) = x": "",
    "": "",
    "a +": "",
    "= =": "",
    'print("no")': "",
    'save(model, "never.safetensors")': "",
}


def told(child: Child) -> str:
    """All that a child has to say."""
    text = ""
    while found := child.more():
        text += plain(found)
    return text


@pytest.mark.parametrize(("text", "shown"), PREVIEWS.items())
def test_preview(typist: Make, text: str, shown: str, tmp_path: Path) -> None:
    enter = typist()
    before = {name: repr(getattr(x, "data", x)) for name, x in enter.session.names().items()}
    child = Child(enter.session, text, 80)
    try:
        found = told(child)
    finally:
        child.end()
    assert found == shown if not shown.endswith(("[", "cannot")) else found.startswith(shown)
    assert before == {name: repr(getattr(x, "data", x)) for name, x in enter.session.names().items()}
    assert os.listdir(tmp_path) == [] and len(enter.session.entries) == 1


def test_preview_fits_one_line(typist: Make) -> None:
    session = typist().session
    names = "; ".join(f"long_name_{i} = {i}.0" for i in range(9))
    session.enter(Source(names), lambda diagnostic: None)
    text = plain(preview(session, " + ".join(f"long_name_{i} * a" for i in range(9)), 40))
    assert text.startswith("72   d/d") and text.endswith(" …") and len(text) <= 42 and "\n" not in text


def test_a_preview_that_never_ends_is_ended(typist: Make) -> None:
    child = Child(typist().session, "while true { a = a * 1 }", 80)
    child.end()
    with pytest.raises(ProcessLookupError):
        os.kill(child.process, 0)


def test_a_preview_that_wants_all_memory_gets_none(typist: Make) -> None:
    child = Child(typist().session, "zeros(100000, 100000).sum()", 80)
    assert "memory" in told(child)
    child.end()


def test_typing_shows_the_preview(typist: Make) -> None:
    """The whole way: keys, a pause, the child, the line below; what is shown there is gathered when Enter comes."""
    enter = typist(preview=True)
    seen: list[str] = []

    async def type_slowly() -> str:
        enter.editor.names = enter.session.names()
        task = asyncio.ensure_future(enter.editor.app.run_async())
        enter.pipe.send_text("a * weight")
        for _ in range(100):
            await asyncio.sleep(0.05)
            if enter.editor.previewed:
                break
        seen.append(plain([(piece[0], piece[1]) for piece in enter.editor.below()]))
        enter.pipe.send_text(" + f(")
        await asyncio.sleep(0.3)
        seen.append(plain([(piece[0], piece[1]) for piece in enter.editor.below()]))
        enter.pipe.send_text("1)" + ENTER)
        return await task

    assert asyncio.run(type_slowly()) == "a * weight + f(1)"
    assert seen[0] == "    6   d/da 3   d/dweight 2"
    assert "f(x, n=2)" in seen[1]


# ── keys while a program runs ────────────────────────────────────────────────


def test_keys_typed_ahead_belong_to_the_next_entry(typist: Make) -> None:
    enter = typist()
    enter.editor.keyboard.typed = b"a + "
    assert enter("1" + ENTER) == "a + 1" and enter("2" + ENTER) == "2"


def test_ctrl_d_asks_while_a_program_runs(capsys: pytest.CaptureFixture[str]) -> None:
    from gradlang.language.runtime import NOW, RUN

    with running("."):
        keyboard = Keyboard()
        for keys in (b"ab", b"\x04", b"n", b"c"):
            keyboard.take(keys)
        assert (keyboard.typed, keyboard.leaves, RUN.stop) == (b"abc", False, 0)
        keyboard.take(b"\x04")
        keyboard.take(b"y")
        assert (keyboard.leaves, RUN.stop) == (True, NOW)
        assert capsys.readouterr().out.count("leave? (y/n)") == 2
