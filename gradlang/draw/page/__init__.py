"""The picture as one HTML page: the graph, the program, and a stepper through both.

Owns how the page is put together: the shell, its looks and its script, and the
data that they show. What is in the data is the matter of `content` and
`telling`, its shorter form that of `packing`; what is done with it, that of the
scripts beside this file.

Invariants: the page needs nothing but itself (no network, no server, no second
file) and says so to the browser; no text of a program is ever read as HTML or as
a script; the same program gives the same page.

Why no framework and no build step: the page is to open in ten years' time, and
its source is to be read by those who wonder how it works.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path

from ...source import Source
from ..forms.cards import visible
from ..forms.svg import COLORS
from ..formulas.javascript import operations_text
from ..pictures.picture import Picture
from .content import content_of, rows_of_graph
from .packing import packed

HERE = Path(__file__).parent
SCRIPTS = (
    "numbers", "heights", "place", "unpack", "model", "drawing", "view", "words", "stepper", "source", "inputs",
    "search", "attention", "keys", "live", "page",
)  # fmt: skip
MARK = "%%operations%%"  # where the operations of the graph are put into the script
MARKER = re.compile(r"%%(\w+)%%")


def page_text(picture: Picture, source: Source | None, title: str, live: bool = False) -> str:
    """The page; if `live`, it looks whether its file was written anew, and shows that."""
    content = content_of(picture, source, title)
    data = json_text(packed(content))
    operations = operations_text(rows_of_graph(picture)) if content["recomputes"] else "{}"
    script = script_text(operations)
    stamp = sha256((data + script).encode()).hexdigest()[:16] if live else ""
    guard = asset("guard.js").replace("%%stamp%%", stamp) if live else ""
    parts = {
        "title": escape(visible(title)),
        "policy": policy([text for text in (guard, script) if text], live),
        "guard": f"<script>{guard}</script>" if live else "",
        "style": colors() + asset("page.css"),
        "data": data,
        "live": f'<meta name="gradlang-stamp" content="{stamp}">' if live else "",
        "script": script,
    }
    return MARKER.sub(lambda marker: parts[marker[1]], asset("page.html"))


def asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def script_text(operations: str) -> str:
    """The scripts as one, in a scope of their own."""
    body = "\n".join([asset(f"{name}.js") for name in SCRIPTS])
    asked = 'if (location.hash === "#stamp" && parent !== window) return; // see guard.js'
    return f'(() => {{\n"use strict";\n{asked}\n\n{body.replace(MARK, operations)}\n}})();\n'


def json_text(data: object) -> str:
    """JSON in which nothing can be taken for the end of a script, whatever texts it holds; in ASCII."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def policy(scripts: list[str], live: bool) -> str:
    """What the browser is to allow: these scripts and the page's own styles; of a live page, itself in a frame."""
    hashes = " ".join([f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in scripts])
    frames = "file:" if live else "'none'"
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; frame-src {frames}"


def colors() -> str:
    """The colours of all pictures, light and dark: as the reader's system has it, or as the reader chose here."""
    light, dark = (";".join([f"--{role}:{pair[i]}" for role, pair in COLORS.items()]) for i in (0, 1))
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
    )
