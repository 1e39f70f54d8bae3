"""The page in a real browser, from a file: it steps, opens and closes, finds, computes anew, and makes no error."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_page import NASTY, picture, script

from gradlang.draw.forms.cards import visible
from gradlang.draw.page import page_text
from gradlang.draw.pictures.picture import Detail, Picture
from gradlang.engine.printing import show
from gradlang.engine.value import shape_of

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium, which drives the browser, is not installed")
from selenium.webdriver.chrome.service import Service  # noqa: E402  after the skip
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not CHROMIUM or not DRIVER, reason="chromium or its driver is not installed")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
PAGES: list[tuple[str, Detail]] = [
    ("compat", "tensor"), ("lecture", "tensor"), ("lecture", "scalar"), ("xor", "tensor"), ("xor", "scalar"),
    ("moons", "tensor"), ("moons", "module"),
]  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_window_size(1400, 900)
    driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})
    yield driver
    driver.quit()


class Page:
    """A page that is open, and what a reader sees of it. At the end there must be no error in the console."""

    def __init__(self, browser: Any, folder: Path, text: str) -> None:
        self.browser = browser
        self.file = folder / "page.html"
        self.file.write_text(text, encoding="utf-8")
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
        )
        browser.get(self.file.as_uri())

    def __enter__(self) -> Page:
        return self

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if kind is None:
            assert self.browser.get_log("browser") == []

    def run(self, code: str, *given: Any) -> Any:
        return self.browser.execute_script(code, *given)

    def one(self, selector: str) -> Any:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def press(self, *keys: str) -> None:
        for key in keys:
            webdriver.ActionChains(self.browser).send_keys(key).perform()

    def step(self, key: str, times: int) -> list[str]:
        """Presses a key so often; what the step was about each time."""
        found: list[str] = self.run(
            "return Array.from({length: arguments[1]}, () => {"
            "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}));"
            "return document.querySelector('g.present')?.id; })",
            key,
            times,
        )
        return found

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0]).textContent", selector))

    def count(self, selector: str) -> int:
        return int(self.run("return document.querySelectorAll(arguments[0]).length", selector))

    def click(self, id: str) -> None:
        self.run("document.getElementById(arguments[0]).click()", id)

    def until(self, condition: str) -> None:
        """Waits until something is so in the page, over loadings of the page."""
        self.browser.set_script_timeout(20)
        for _ in range(200):
            if self.run(f"return document.readyState === 'complete' && Boolean({condition})"):
                return
            self.browser.execute_async_script("setTimeout(arguments[0], 50)")
        raise AssertionError(f"it never came to be so: {condition}")

    @property
    def where(self) -> str:
        return self.text("#where")

    def cards(self) -> dict[int, tuple[str, str]]:
        """By node: the texts of its data and its gradient, as they stand on the cards."""
        found = self.run(
            "const texts = (g, role) => [...g.querySelectorAll('text.' + role)].map((t) => t.textContent).join('|');"
            "return [...document.querySelectorAll('g.node')].map((g) => [g.id, texts(g, 'data'), texts(g, 'grad')]);"
        )
        return {int(id[1:]): (data, grad) for id, data, grad in found}

    def tip(self, id: int) -> str:
        """What is shown when a node has the focus."""
        self.run("document.getElementById(arguments[0]).focus()", f"n{id}")
        return self.text("#tip") if not self.run("return document.getElementById('tip').hidden") else ""

    def open_all(self) -> None:
        if self.text("#blocks") == "close all":
            self.click("blocks")
        if self.text("#blocks") == "open all":
            self.click("blocks")


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Any:
    return lambda text: Page(browser, tmp_path, text)


def page_of(program: str, detail: Detail = "tensor", **more: Any) -> tuple[str, Picture]:
    drawn, source = picture(program, detail, **more)
    return page_text(drawn, source, "title"), drawn


def id_of(drawn: Picture, name: str) -> int:
    (found,) = [node.id for node in drawn.nodes if node.name == name]
    return found


# ── stepping ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "detail"), PAGES)
def test_steps_forward_to_the_end_and_back_to_the_start(opened: Any, name: str, detail: Detail) -> None:
    text, drawn = page_of(script(name), detail)
    operations = [node.id for node in drawn.nodes if node.kind in ("operation", "module")]
    graded = [node for node in drawn.nodes if node.grad is not None]
    with opened(text) as page:
        page.open_all()
        whole = page.cards()
        assert len(whole) == len(drawn.nodes)
        page.press(Keys.HOME)
        assert page.where.startswith("step 0 of")
        assert all(page.cards()[id][0].startswith("—") for id in operations)
        last = int(page.where.split()[-1].replace(",", ""))
        seen = set(page.step("ArrowRight", last))
        assert page.where == f"step {last:,} of {last:,} · backward"
        assert seen == {f"n{id}" for id in operations}
        after = page.cards()
        for node in graded:  # what the steps came to, and what the engine has
            assert after[node.id] == whole[node.id], node
            if not node.shape:
                assert after[node.id][1] == show(node.grad)
        page.step("ArrowLeft", last)
        assert page.where.startswith("step 0 of")
        assert all(grad.rstrip("|") == "—" for _, grad in page.cards().values() if grad)
        page.press(Keys.ESCAPE)
        assert page.where == "the whole graph" and page.cards() == whole


def test_gradients_are_the_engines_to_the_last_digits(opened: Any) -> None:
    text, drawn = page_of(script("compat"))
    with opened(text) as page:
        for node in drawn.nodes:
            if node.grad is not None:
                found = re.search(r"grad (\S+?)(line|click|$)", page.tip(node.id))
                assert found is not None and float(found[1]) == node.grad


def test_a_step_tells_line_numbers_and_formulas(opened: Any) -> None:
    with opened(page_of(script("compat"))[0]) as page:
        page.press(Keys.ARROW_RIGHT)
        assert "c = a + b" in page.text("#panel") and "-4 + 2 = -2" in page.text("#panel")
        assert page.text("li.now").startswith("c = a + b")
        assert page.count("g.given") == 2 and page.run("return document.querySelector('.lit').getAttribute('d') !== ''")
        assert "Step 1 of 51, forward, line 5: c = a + b is -2." in page.text("#spoken")
        while "c - d" not in page.text("#panel") or "backward" not in page.where:
            page.press(Keys.ARROW_RIGHT)
        flows = [box.text.split("\n") for box in page.browser.find_elements(By.CSS_SELECTOR, ".flow")]
        assert "e.grad = -6.9417" in page.text("#panel")
        assert flows[0] == ["c", "∂e/∂c = 1", "1 × -6.9417 = -6.9417", "grad 0 - 6.9417 = -6.9417"]
        assert flows[1] == ["d", "∂e/∂d = -1", "-1 × -6.9417 = 6.9417", "grad 0 + 6.9417 = 6.9417"]
        assert page.text("li.now").startswith("e = c - d")


def test_a_gradient_is_seen_growing(opened: Any) -> None:
    text, drawn = page_of("x = 3.0\ny = x * x\nbackward(y)\n")
    x = id_of(drawn, "x")
    with opened(text) as page:
        page.press(Keys.END)
        totals = [line for line in page.one("#panel").text.split("\n") if line.startswith("grad ")]
        assert totals == ["grad 0 + 3 = 3", "grad 3 + 3 = 6"]
        assert page.cards()[x] == ("3", "6")


def test_tensors_are_told_in_shapes_and_formulas(opened: Any) -> None:
    program = "param W = [[1.0, 2.0], [3.0, 4.0]]\nX = [[1.0, -1.0], [2.0, 0.5]]\nh = X @ W\nbackward((h**2).mean())"
    with opened(page_of(program)[0]) as page:
        while "X.T @ h.grad" not in page.text("#panel"):
            page.press(Keys.ARROW_RIGHT)
            assert page.where != "step 7 of 7 · backward" or "X.T @ h.grad" in page.text("#panel")
        assert "mean grad 0" in page.text("#panel")


def test_without_backward_there_is_only_the_way_forward(opened: Any) -> None:
    with opened(page_of("x = 1.0\ny = x * 2\n")[0]) as page:
        assert "has not called backward" in page.text("#panel")
        page.press(Keys.END)
        assert page.where == "step 1 of 1 · forward"


def test_a_card_leads_to_its_step(opened: Any) -> None:
    text, drawn = page_of(script("compat"))
    with opened(text) as page:
        page.tip(id_of(drawn, "e"))
        page.press(Keys.ENTER)
        assert "forward" in page.where and "e = c - d" in page.text("#panel")
        page.press(Keys.END)
        page.run("document.querySelector(`#n${arguments[0]} .card`).dispatchEvent(new MouseEvent('dblclick', "
                 "{bubbles: true}))", id_of(drawn, "f"))  # fmt: skip
        assert "backward" in page.where and "f = e**2" in page.text("#panel")


def test_playing_goes_on_by_itself_and_pauses(opened: Any) -> None:
    with opened(page_of("x = 1.0\ny = x * 2\nbackward(y)\n")[0]) as page:
        page.run("document.getElementById('speed').value = 6")
        page.press(Keys.SPACE)
        assert page.one("#play").get_attribute("aria-label") == "Pause"
        page.press(Keys.SPACE)
        assert page.one("#play").get_attribute("aria-label") == "Play"
        page.press(Keys.SPACE)
        page.browser.set_script_timeout(10)
        page.browser.execute_async_script(
            "const done = arguments[0]; const wait = () => document.getElementById('where').textContent"
            ".startsWith('step 3 of 3') ? done() : setTimeout(wait, 20); wait();"
        )
        assert page.one("#play").get_attribute("aria-label") == "Play"


# ── blocks, finding, keys ────────────────────────────────────────────────────


def test_blocks_close_and_open(opened: Any) -> None:
    text, drawn = page_of(script("moons"))
    with opened(text) as page:
        shown = page.count(".node:not(.hidden)")
        assert shown == len(drawn.nodes)
        names = {block.id: block.name for block in drawn.blocks}
        (mlp,) = [id for id, name in names.items() if name == "mlp"]
        page.run("document.querySelector(`#b${arguments[0]} .header`).dispatchEvent(new MouseEvent('click', "
                 "{bubbles: true}))", mlp)  # fmt: skip
        assert page.count(".node:not(.hidden)") < shown and page.count(".block.closed:not(.hidden)") == 1
        page.press(Keys.HOME)
        for _ in range(len(drawn.nodes)):
            page.press(Keys.ARROW_RIGHT)
            if page.count("g.block.present"):
                break
        assert page.run("return document.querySelector('g.present').id") == f"b{mlp}"
        page.run("document.getElementById(arguments[0]).focus()", f"b{mlp}")
        page.press(Keys.ENTER)
        assert page.count(".node:not(.hidden)") == shown
        page.press("c")
        assert page.count(".node:not(.hidden)") < shown
        page.press("c")
        assert page.count(".node:not(.hidden)") == shown


def test_what_is_closed_has_wires_that_end_at_it(opened: Any) -> None:
    with opened(page_of(script("lecture"), "scalar")[0]) as page:
        assert page.count(".block.closed:not(.hidden)") > 0 and page.count(".node:not(.hidden)") <= 150
        assert page.count(".wires .head") > 0


def test_what_was_out_of_sight_comes_back(opened: Any) -> None:
    program = "f(x) = (x * 2 + 1) * 3\nx = 1.0\ny = x\nfor i in range(150) { y = f(y) * 0.1 }\nbackward(y)"
    with opened(page_of(program)[0]) as page:
        page.open_all()
        page.press(Keys.END)
        page.browser.execute_async_script("setTimeout(arguments[0], 100)")
        assert page.count("#away .node") > 0
        page.run("document.getElementById('graph').focus()")
        for _ in range(3):  # what is out of sight is reached all the same
            page.press(Keys.ARROW_UP)
            assert page.run("return document.activeElement.matches('#scene .node, #scene .block')")
        page.click("blocks")  # fewer cards now, all of which are shown
        page.press("f")
        page.browser.execute_async_script("setTimeout(arguments[0], 100)")
        assert page.count("#away .node:not(.hidden)") == 0


def test_opening_a_block_does_not_lead_away_from_it(opened: Any) -> None:
    text, drawn = page_of(script("moons"))
    (mlp,) = [block.id for block in drawn.blocks if block.name == "mlp"]
    place = "const b = document.querySelector(`#b${arguments[0]}`).getBoundingClientRect(); return [b.x, b.y]"
    with opened(text) as page:
        page.press(Keys.END)
        page.browser.execute_async_script("setTimeout(arguments[0], 100)")
        before = page.run(place, mlp)
        for _ in range(2):
            page.run("document.getElementById(arguments[0]).focus()", f"b{mlp}")
            page.press(Keys.ENTER)
            page.browser.execute_async_script("setTimeout(arguments[0], 100)")
            assert page.run(place, mlp) == pytest.approx(before, abs=1.5)


def test_given_tensors_are_one_block_in_large_pictures(opened: Any) -> None:
    program = (
        "param W = randn(8, 8)\nx = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]\ny = (tanh(x @ W)).sum()\nbackward(y)"
    )
    text, drawn = page_of(program, "scalar")
    with opened(text) as page:
        labels = page.run("return [...document.querySelectorAll('.block.closed')].map((b) => b.textContent)")
        assert [label for label in labels if "W [8, 8]" in label and "64 values inside" in label]
        page.press("/", *"W[7, 7]", Keys.ENTER, Keys.ESCAPE)
        assert page.tip(id_of(drawn, "W[7, 7]")).startswith("W[7, 7]")


def test_search_goes_through_what_it_finds(opened: Any) -> None:
    text, drawn = page_of(script("compat"))
    with opened(text) as page:
        page.press("/", *"relu")
        assert page.count("g.found") == 2 and page.text("#found") == "1 of 2"
        page.press(Keys.ENTER)
        assert page.text("#found") == "2 of 2"
        first = page.run("return document.querySelector('.picked').id")
        page.press(Keys.ENTER)
        assert page.text("#found") == "1 of 2" and page.run("return document.querySelector('.picked').id") != first
        page.run("document.getElementById('search').select()")
        page.press(*"line 12")
        assert page.run("return document.querySelector('.picked').id") == f"n{id_of(drawn, 'f')}"
        page.press(*"nothing")
        assert page.text("#found") == "none found"


def test_search_opens_the_block_of_what_it_finds(opened: Any) -> None:
    with opened(page_of(script("lecture"), "scalar")[0]) as page:
        before = page.count(".block.closed:not(.hidden)")
        page.press("/", *"layer2.b[0]", Keys.ENTER)
        assert page.count(".block.closed:not(.hidden)") != before
        assert page.run("return !document.querySelector('.picked').classList.contains('hidden')")


def test_everything_is_reached_by_keys(opened: Any) -> None:
    text, drawn = page_of("x = 3.0\ny = x * 2\nbackward(y)\n")
    with opened(text) as page:
        page.run("document.getElementById('graph').focus()")
        met = []
        for _ in drawn.nodes:
            page.press(Keys.ARROW_DOWN)
            met.append(page.run("return document.activeElement.id"))
        assert sorted(met) == [f"n{node.id}" for node in drawn.nodes]
        page.run("document.getElementById(arguments[0]).focus()", f"n{id_of(drawn, 'y')}")
        label = page.browser.switch_to.active_element.get_attribute("aria-label")
        assert label == "y, *, data 6, gradient 1, line 2"
        page.press(Keys.HOME, Keys.TAB)
        assert page.tip(id_of(drawn, "y")).startswith("y  *data — not computed yetgrad —")
        label = page.browser.switch_to.active_element.get_attribute("aria-label")
        assert label == "y, *, data not computed yet, gradient not there yet, line 2"
        page.press(Keys.ESCAPE)
        scale = "return Number(/scale\\((.*)\\)/.exec(document.getElementById('scene').getAttribute('transform'))[1])"
        before = page.run(scale)
        page.press("+", "+")
        page.browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        assert page.run(scale) > before
        page.press("f")
        page.browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        assert page.run(scale) == before
        page.press("?")
        assert page.run("return document.getElementById('help').open")
        page.press(Keys.ESCAPE)
        unnamed = page.run(
            "return [...document.querySelectorAll('button, input, [role=region], dialog')].filter((e) => !e.textContent"
            ".trim() && !e.getAttribute('aria-label') && !e.labels?.length).length"
        )
        assert unnamed == 0


def test_tab_goes_through_every_control_and_out_again(opened: Any) -> None:
    with opened(page_of(script("moons"))[0]) as page:
        page.press(Keys.ARROW_DOWN)
        card = page.run("return document.activeElement.id")
        page.run("document.getElementById('search').focus()")
        met = ["search"]
        while len(met) < 40:
            page.press(Keys.TAB)
            met.append(page.run("return document.activeElement.id || document.activeElement.tagName"))
            if met[-1] == "BODY":
                break
            assert page.run("return document.activeElement.matches(':focus-visible')"), met[-1]
        controls = ["search", "blocks", "zoom-out", "fit", "zoom-in", "theme", "help-button", "graph", card, "whole",
                    "progress", "first", "back", "play", "next", "last", "speed", "program"]  # fmt: skip
        assert met == [*controls, "BODY"]


def test_keys_do_one_thing_each(opened: Any) -> None:
    text, drawn = page_of(script("moons"))
    with opened(text) as page:
        page.run("document.getElementById('next').focus()")
        page.press(Keys.SPACE, Keys.ENTER)
        assert page.where.startswith("step 2 of") and page.run("return document.activeElement.id") == "next"
        page.run("document.getElementById('last').focus()")
        page.press(Keys.SPACE)  # the button can do no more, and keeps the focus
        assert page.run("return document.activeElement.id") == "last"
        page.press("/", *"ct f+?0 ", Keys.HOME, Keys.ARROW_LEFT)
        assert page.run("return document.getElementById('search').value") == "ct f+?0 "
        assert page.where.endswith("backward") and not page.run("return document.getElementById('help').open")
        page.press(Keys.ESCAPE)
        (mlp,) = [block.id for block in drawn.blocks if block.name == "mlp"]
        page.press(Keys.ARROW_DOWN)
        page.run("document.getElementById(arguments[0]).focus()", f"b{mlp}")
        page.press(Keys.SPACE)
        assert page.one(f"#b{mlp}").get_attribute("aria-expanded") == "false"
        assert page.one("#play").get_attribute("aria-label") == "Play"


def test_what_is_said_to_those_who_listen(opened: Any) -> None:
    with opened(page_of("x = 3.0\ny = x * x\nbackward(y)\n")[0]) as page:
        said = []
        for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight"):
            page.step(key, 1)
            said.append(page.text("#spoken"))
        assert said == [
            "Before the first step: nothing is computed yet.",
            "Step 1 of 3, forward, line 2: y = x * x is 9.",
            "Step 2 of 3, backward begins: the gradient of y is 1.",
            "Step 3 of 3, backward through y = x * x, line 2. x: local derivative 3, adds 3, its gradient is now 3."
            " x: local derivative 3, adds 3, its gradient is now 6.",
        ]
        page.press(Keys.HOME, Keys.SPACE)
        assert page.one("#spoken").get_attribute("aria-live") == "off"  # while it plays
        page.press(Keys.SPACE)
        assert page.one("#spoken").get_attribute("aria-live") == "polite"


def test_signs_that_turn_text_around_are_spelt_out(opened: Any) -> None:
    with opened(page_of("x = 1.0 # \u202e\u2066 abc\ny = x * 2\n")[0]) as page:
        assert page.text("#program li") == "x = 1.0 # \\u{202e}\\u{2066} abc"


def test_a_printed_page_is_light_and_as_wide_as_the_paper(opened: Any) -> None:
    with opened(page_of(script("compat"))[0]) as page:
        prefer(page, "dark")
        page.run("window.dispatchEvent(new Event('beforeprint'))")
        assert page.run(PAPER) == "rgb(255, 255, 255)" and page.count("#graph[viewBox]") == 1
        page.run("window.dispatchEvent(new Event('afterprint'))")
        assert page.run(PAPER) != "rgb(255, 255, 255)" and page.count("#graph[viewBox]") == 0


# ── inputs ───────────────────────────────────────────────────────────────────


def change(page: Page, id: int, text: str) -> None:
    """Clicks on a card and writes another number into the field that opens."""
    page.run("document.querySelector(`#n${arguments[0]} .card`).dispatchEvent(new MouseEvent('click', "
             "{bubbles: true}))", id)  # fmt: skip
    field = page.browser.switch_to.active_element
    assert field.get_attribute("id") == f"input{id}"
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(text)


@pytest.mark.parametrize(("name", "was", "now"), [("a", "a = -4.0", "2.5"), ("b", "b = 2.0", "-1.25")])
def test_a_changed_input_gives_what_the_engine_gives_for_it(opened: Any, name: str, was: str, now: str) -> None:
    program = script("compat")
    text, drawn = page_of(program)
    _, other = page_of(program.replace(was, f"{name} = {now}"))
    with opened(text) as page:
        before = page.cards()
        change(page, id_of(drawn, name), now)
        assert {id: card for id, card in page.cards().items()} == {
            node.id: (show(node.data), show(node.grad) if node.grad is not None else "") for node in other.nodes
        }
        page.run("document.activeElement.blur()")
        for node in other.nodes:
            if node.grad is not None:
                found = re.search(r"data (\S+?)grad (\S+?)(line|click|$)", page.tip(node.id))
                assert found is not None
                assert (float(found[1]), float(found[2])) == pytest.approx((node.data, node.grad), rel=1e-12)
        page.press(Keys.END)
        assert page.cards()[id_of(drawn, "a")][1] == show(other.nodes[id_of(drawn, "a")].grad)
        page.press(Keys.ESCAPE)
        assert f"computed anew in this page for {name} = {show(float(now))}" in page.text("#panel")
        page.click("reset")
        page.press(Keys.ESCAPE)
        assert page.cards() == before


def test_formulas_stay_true_when_an_input_changes(opened: Any) -> None:
    text, drawn = page_of("x = 2.0\ny = relu(x) * 3\nbackward(y)\n")
    with opened(text) as page:
        page.press(Keys.END)
        assert "= 1 since x > 0" in page.text("#panel")
        change(page, id_of(drawn, "x"), "-2")
        assert "= 0 since x <= 0" in page.text("#panel")
        change(page, id_of(drawn, "x"), "")
        assert "= 0 since x <= 0" in page.text("#panel")  # what is no number changes nothing
        page.press(Keys.ENTER)
        assert page.one(f"#input{id_of(drawn, 'x')}").get_property("value") == "-2"


def test_numbers_of_parameters_change_at_scalar_detail(opened: Any) -> None:
    program = "param w = [1.0, 2.0]\nx = [3.0, 4.0]\ny = tanh(w @ x * 0.1)\nbackward(y)\n"
    text, drawn = page_of(program, "scalar")
    _, other = page_of(program.replace("[1.0, 2.0]", "[1.0, -2.0]"), "scalar")
    with opened(text) as page:
        change(page, id_of(drawn, "w[1]"), "-2")
        cards = page.cards()
        for node in other.nodes:
            assert cards[node.id][0] == show(node.data)
            assert node.grad is None or cards[node.id][1] == show(node.grad)


# ── looks and safety ─────────────────────────────────────────────────────────


def test_nasty_texts_are_shown_as_they_are(opened: Any) -> None:
    program = f"# {NASTY}\nx = 1.0\ny = x * 2\nbackward(y)\n"
    drawn, source = picture(program)
    drawn.nodes[0].name = NASTY
    with opened(page_text(drawn, source, NASTY)) as page:
        assert page.browser.title.split() == visible(NASTY).split() and page.text("h1") == visible(NASTY)
        assert page.text("#program li") == f"# {NASTY}"
        assert page.count("script") == 2
        page.press(Keys.END)
        assert page.count("script") == 2 and "alert(1)" in page.text(f"#n{drawn.nodes[0].id}") + page.tip(0)


CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text(encoding="utf-8")


def prefer(page: Page, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "detail"), [("compat", "tensor"), ("xor", "scalar"), ("moons", "module")])
def test_every_text_can_be_read(opened: Any, name: str, detail: Detail, scheme: str) -> None:
    """At a contrast of 4.5 to what is behind it, as WCAG 2 has it, at steps of each kind."""
    with opened(page_of(script(name), detail)[0]) as page:
        prefer(page, scheme)
        page.run("document.querySelectorAll('details').forEach((d) => (d.open = true))")
        for key in ("Escape", "ArrowRight", "ArrowRight", "End", "ArrowLeft", "?"):
            page.step(key, 1)
            found = page.run(CONTRASTS)
            assert len(found) > 30
            assert [text for text in found if text[-1] < 4.5] == []


PAPER = "return getComputedStyle(document.body).backgroundColor"


def test_light_or_dark_is_as_the_system_has_it_or_as_the_reader_chose(opened: Any) -> None:
    text = page_of(script("compat"))[0]
    with opened(text) as page:
        papers = []
        for scheme in ("light", "dark"):
            prefer(page, scheme)
            papers.append(page.run(PAPER))
        assert papers[0] != papers[1]
        page.press("t")
        assert page.run(PAPER) == papers[0]
        assert page.run("return localStorage.getItem('gradlang-theme')") == "light"
        chosen = {"source": "localStorage.setItem('gradlang-theme', 'light')"}  # as an earlier visit left it
        added = page.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", chosen)
        page.browser.refresh()
        assert page.run(PAPER) == papers[0]
        page.browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
        page.run("localStorage.clear()")


def test_a_narrow_window_has_the_panels_below(opened: Any) -> None:
    with opened(page_of(script("lecture"))[0]) as page:
        page.browser.set_window_size(520, 900)
        try:
            graph, panels, width = page.run(
                "const box = (s) => document.querySelector(s).getBoundingClientRect();"
                "return [box('#graph').bottom, box('.panels').top, document.documentElement.scrollWidth]"
            )
            assert panels >= graph - 1 and width <= page.run("return window.innerWidth")
        finally:
            page.browser.set_window_size(1400, 900)


def test_a_live_page_takes_up_what_is_written_and_keeps_its_place(opened: Any) -> None:
    program = "x = 1.0\ny = x * 2\nz = y * y\nbackward(z)\n"
    with opened(page_text(*picture(program), "title", live=True)) as page:
        page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
        page.file.write_text(page_text(*picture(program.replace("x * 2", "x * 3")), "title", live=True))
        page.until("document.querySelector('#program')?.textContent.includes('x * 3')")
        assert page.where == "step 2 of 5 · forward"


def test_a_live_page_bears_whatever_becomes_of_its_file(opened: Any) -> None:
    program = "f(a) = a * 2 + a\nx = 1.0\ny = f(f(x))\nz = y * y + y\nbackward(z)\n"
    smaller = page_text(*picture("x = 1.0\ny = x * 2\n"), "title", live=True)
    with opened(page_text(*picture(program), "title", live=True)) as page:
        page.press("c", Keys.END)
        where = page.where
        for damaged in (smaller[: len(smaller) // 2], smaller[: -len("</body></html>\n") - 30], ""):
            page.file.write_text(damaged)
            page.browser.execute_async_script("setTimeout(arguments[0], 2200)")
            assert page.where == where and "f(a)" in page.text("#program")
        page.file.unlink()
        page.browser.execute_async_script("setTimeout(arguments[0], 2200)")
        assert page.where == where
        page.file.write_text(smaller)
        page.until("document.getElementById('where').textContent === 'step 1 of 1 · forward'")
        assert page.run("return document.querySelector('#scene .node').getBoundingClientRect().width") > 20


def test_a_live_page_that_was_opened_too_early_looks_again(opened: Any) -> None:
    whole = page_text(*picture("x = 1.0\ny = x * 2\n"), "title", live=True)
    with opened(whole[: len(whole) // 2]) as page:
        page.file.write_text(whole)
        page.until("document.getElementById('where')?.textContent === 'the whole graph'")


def test_numbers_of_tensors_are_whole_in_tips(opened: Any) -> None:
    text, drawn = page_of("param W = [[1.5, 2.0], [3.0, 4.0]]\nbackward((W**2).sum())")
    with opened(text) as page:
        tip = page.tip(id_of(drawn, "W"))
        assert "shape [2, 2]" in tip and "1.5000, 2.0000" in tip and shape_of(drawn.nodes[0].grad) == (2, 2)
