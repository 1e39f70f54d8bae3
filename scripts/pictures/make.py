"""Makes the pictures of the README anew, with the commands that the README names.

    python scripts/pictures/make.py           writes what has changed
    python scripts/pictures/make.py --check   names what is stale, and fails if anything is

The SVG pictures are what gradlang writes. `stepper.png` is a photograph of the
page that `--html` writes, taken by Chromium with selenium; whether it is stale
is told by the hash of that page, which stands in the picture, so that looking
needs no browser.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from gradlang.cli import main as gradlang

HERE = Path(__file__).parent
SCRIPTS = HERE.parent
STEP = 29  # of the page that is photographed
KEYWORD = b"page"


def run(*arguments: str) -> None:
    with redirect_stdout(StringIO()):
        if gradlang(list(arguments)) != 0:
            raise SystemExit(f"gradlang {' '.join(arguments)} failed")


def graph(script: str, *options: str) -> Callable[[Path], None]:
    """A graph as SVG."""
    return lambda out: run("--svg", str(out), *options, str(SCRIPTS / f"{script}.grad"))


def boundary(out: Path) -> None:
    """The decision boundary that a script draws in the terminal, to a file."""
    drawing = "plot_boundary(model, X, y"
    text = (SCRIPTS / "circles.grad").read_text(encoding="utf-8")
    assert text.count(drawing) == 1
    run("-c", text.replace(drawing, f'{drawing}, file="{out.as_posix()}"'))


def page() -> bytes:
    """The page of compat.grad."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "compat.html"
        run("--html", str(out), str(SCRIPTS / "compat.grad"))
        return out.read_bytes()


VECTORS = {
    "compat.svg": graph("compat"),
    "moons.svg": graph("moons", "--detail", "module", "--hide-constants"),
    "boundary.svg": boundary,
}
PHOTOGRAPH = "stepper.png"


def vector(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / name
        VECTORS[name](out)
        return out.read_bytes()


def stale() -> Iterator[str]:
    """The pictures that are not what would be made now."""
    for name in VECTORS:
        kept = HERE / name
        if not kept.is_file() or kept.read_bytes() != vector(name):
            yield name
    kept = HERE / PHOTOGRAPH
    if not kept.is_file() or noted(kept.read_bytes()) != hash_of(page()):
        yield PHOTOGRAPH


# ── the photograph ───────────────────────────────────────────────────────────


def photograph(text: bytes) -> bytes:
    """A PNG of a page at a step backward."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    options = webdriver.ChromeOptions()
    for option in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars", "window-size=1240,760"):
        options.add_argument(f"--{option}")
    service = Service(shutil.which("chromedriver") or "chromedriver")
    with tempfile.TemporaryDirectory() as folder, webdriver.Chrome(options=options, service=service) as browser:
        file = Path(folder) / "compat.html"
        file.write_bytes(text)
        browser.get(file.as_uri())
        body = browser.find_element(By.TAG_NAME, "body")
        for _ in range(STEP):
            body.send_keys(Keys.ARROW_RIGHT)
        return with_note(browser.get_screenshot_as_png(), hash_of(text))


def hash_of(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()


def with_note(png: bytes, note: bytes) -> bytes:
    """The picture with a text chunk before its end; https://www.w3.org/TR/png/#11tEXt."""
    kind, data = b"tEXt", KEYWORD + b"\0" + note
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return png[:-12] + chunk + png[-12:]  # IEND is 12 bytes long


def noted(png: bytes) -> bytes:
    _, found, rest = png.partition(b"tEXt" + KEYWORD + b"\0")
    return rest[:64] if found else b""


def main() -> int:
    found = list(stale())
    if "--check" in sys.argv[1:]:
        print(*(f"{name} is stale" for name in found), sep="\n")
        return 1 if found else 0
    for name in found:
        (HERE / name).write_bytes(vector(name) if name in VECTORS else photograph(page()))
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
