"""The page about a run: it says what the run did, and shows any text as that text."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import Run

TRAINING = """\
X, y = make_moons(40)
model = mlp(2, [4, 1])
for step in range(60) {
  loss = ((model(X)[:, 0] - y)**2).mean()
  backward(loss)
  for p in parameters(model) { p -= 0.1 * p.grad }
}
print("a < b & c")
plot([3, 2, 1], title="drawn")
print("after")
"""


class Reading(HTMLParser):
    """The headings, the texts of `pre`, and what is fetched from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.printed: list[str] = []
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "br", "input"):
            self.open.append(tag)
        if tag == "pre":
            self.printed.append("")
        links = [str(value) for name, value in attrs if name in ("src", "href")]
        self.fetched += [link for link in links if not link.startswith("#")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if "h2" in self.open:
            self.headings.append(data)
        if "pre" in self.open:
            self.printed[-1] += data


def page_of(gradlang: Run, folder: Path, program: str, code: int = 0) -> tuple[str, Reading]:
    out = folder / "page.html"
    ended, _, err = gradlang(program, "--report", str(out))
    assert ended == code, err
    text = out.read_text(encoding="utf-8")
    return text, Reading(text)


def test_parts(gradlang: Run, tmp_path: Path) -> None:
    text, page = page_of(gradlang, tmp_path, TRAINING)
    assert page.headings == ["Program", "Output", "Loss", "Decision boundary", "Graph", "Time"]
    assert page.printed[0] == TRAINING
    assert page.printed[1:3] == ["a < b & c\n", "after\n"], "the chart stands between them, and not as characters"
    assert text.count('class="gl-chart"') == 3 and 'aria-label="drawn"' in text
    assert text.count("60 passes") == 1
    assert page.fetched == []


def test_output_is_untouched(gradlang: Run, tmp_path: Path) -> None:
    assert gradlang(TRAINING)[1] == gradlang(TRAINING, "--report", str(tmp_path / "page.html"))[1]


def test_the_loss_is_that_of_the_run(gradlang: Run, tmp_path: Path) -> None:
    program = "x = 3.0\nfor i in range(5) {\n  y = (x - i)**2\n  backward(y)\n}\n"
    text, _ = page_of(gradlang, tmp_path, program)
    assert "last loss 1<" in text
    assert "line 2: for i in range(5)" in text


def test_a_chart_of_the_program_is_not_drawn_again(gradlang: Run, tmp_path: Path) -> None:
    text, page = page_of(gradlang, tmp_path, TRAINING + "plot_boundary(model, X, y)\n")
    assert "Decision boundary" not in page.headings
    assert text.count('class="gl-chart"') == 3


def test_a_program_without_numbers(gradlang: Run, tmp_path: Path) -> None:
    _, page = page_of(gradlang, tmp_path, 'print("hello")\n')
    assert page.headings == ["Program", "Output", "Time"]


def test_a_failing_program_has_its_page(gradlang: Run, tmp_path: Path) -> None:
    _, page = page_of(gradlang, tmp_path, 'print("before")\nx = [1, 2] @ [1, 2, 3]\n', code=1)
    failure, _, printed, *_ = page.printed
    assert failure.startswith("error[E0401]") and "2 | x = [1, 2] @ [1, 2, 3]" in failure
    assert printed == "before\n"


def test_a_program_that_cannot_be_read_has_its_page(gradlang: Run, tmp_path: Path) -> None:
    _, page = page_of(gradlang, tmp_path, "x = 1\ny = = 2", code=1)
    assert page.headings == ["Program", "Time"] and page.printed[0].startswith("error[E0107]")


@pytest.mark.parametrize("name", ["</style><script>alert(1)</script>", "\u202e\x00 & \"quotes\" 'x'"])
def test_any_text(gradlang: Run, tmp_path: Path, name: str) -> None:
    literal = name.replace('"', "'").replace("\x00", "")
    text, page = page_of(gradlang, tmp_path, f'print("{literal}")  # {literal}\nplot([1, 2], title="{literal}")\n')
    assert page.printed[1] == literal + "\n"
    assert "<script" not in text


def test_the_graph_is_the_one_that_is_asked_for(gradlang: Run, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    program = "f(x) = x * 2 + 1\na = 1.0\nb = f(a)\nc = b * b\n"
    cards = {}
    for options in ("", "--detail tensor", "--root b", "--detail tensor --hide-constants", "--detail tensor --depth 1"):
        assert gradlang(program, "--report", str(out), *options.split())[0] == 0
        cards[options] = out.read_text(encoding="utf-8").count('class="node ')
    assert list(cards.values()) == [3, 6, 2, 4, 2]


@pytest.mark.parametrize("option", ["--root", "--focus"])
def test_a_graph_that_is_not_there_is_said_and_the_page_is_written(gradlang: Run, tmp_path: Path, option: str) -> None:
    out = tmp_path / "page.html"
    code, printed, err = gradlang("a = 1.0\nprint(a * 2)\nb = a * 3\n", "--report", str(out), option, "nope")
    assert (code, printed) == (1, "2\n") and "`nope`" in err
    assert Reading(out.read_text(encoding="utf-8")).headings == ["Program", "Output", "Time"]


def test_it_cannot_go_where_there_is_no_folder(gradlang: Run, tmp_path: Path) -> None:
    code, out, err = gradlang('print("ran")', "--report", str(tmp_path / "nowhere" / "page.html"))
    assert (code, out) == (1, "") and "E06" in err, "that is known before the run"
