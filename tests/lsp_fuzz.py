"""Random edits against the language server: `python tests/lsp_fuzz.py N [--seed S] [--lines L]`.

An editor types, deletes, pastes and replaces at random, asks all kinds of
things in the middle of it, takes questions back, and sends frames that make no
sense. Now and then it stops, and what the server then knows of the text must be
what another server finds that opens the same text for the first time.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lsp_client import Client

PROGRAM = """\
# Numbers that remember where they came from. 😋
import parts
param w = 0.5
param b = parts.start
shift(x, by=1.0) = x + by
model(x) = {
  y = tanh(w * x + b)
  shift(y, by=2)
}
xs = [[1.0, 2.0], [3.0, 4.0]]
total = 0.0
for i in range(10) {
  loss = ((shift(xs) * w - b)**2).mean()
  backward(loss)
  w -= 0.1 * w.grad
  if loss < 0.1 { break } else { total = total + loss.item() }
}
name = "𝛼 é́"
print(f"{name}: {loss:.3f}", [x * 2 for x in range(3)], w.grad)
squares = [n**2 for n in [1, 2, 3] if n > 1]
best = squares.max()
"""
NAMES = r"\b(w|b|shift|model|xs|total|loss|name|squares|best)\b"
PARTS = "# The other file.\nstart = 0.25\ndouble(x) = x * 2\n"
SNIPPETS = [
    " ", "\n", "\r\n", "\t", "(", ")", "[", "]", "{", "}", '"', "'", "#", ",", "=", ".", "->", "**", ";", "😋", "é",
    "𝛼", "x", "w", "loss", "1", "0.5", "for", "if ", "else ", "param ", "import ", "return ", "f(x) = {\n  x\n}\n",
    "y = x @ xs\n", 'f"{w}"', "backward(loss)\n", "# note\n", "w = w - 0.1 * w.grad\n", "relu(", ".sum(dim=",
    "\x0c", "\u2028",
]  # fmt: skip
FRAMES = [
    b"Content-Length: 7\r\n\r\nnot {it",
    b"Content-Length: 2\r\n\r\n[]",
    b"Content-Length: none\r\n\r\n",
    b"\r\n",
    b'Content-Length: 50\r\n\r\n{"jsonrpc":"2.0","method":"textDocument/didChange"}',
]
POSITIONED = (
    "hover", "completion", "signatureHelp", "definition", "references", "documentHighlight", "prepareRename", "rename",
    "selectionRange",
)  # fmt: skip
RANGED = ("rangeFormatting", "inlayHint", "codeAction", "semanticTokens/range")
WHOLE = ("documentSymbol", "foldingRange", "formatting", "codeLens", "semanticTokens/full", "semanticTokens/full/delta")
STATE = ("documentSymbol", "foldingRange", "semanticTokens/full", "inlayHint", "codeLens")
QUICK = ("hover", "completion", "documentHighlight", "semanticTokens/full", "documentSymbol", "inlayHint", "codeAction")


class Outcome(NamedTuple):
    """What came of it; latencies in milliseconds."""

    edits: int
    comparisons: int
    differences: list[str]
    latencies: list[tuple[str, float]]


class Editor:
    """One document in a server, and its text as the editor has it."""

    def __init__(self, client: Client, uri: str, rng: random.Random, base: str = PROGRAM) -> None:
        self.client = client
        self.uri = uri
        self.rng = rng
        self.base = base  # what it begins with, now and then anew
        self.text = ""
        self.version = 0
        self.sent: dict[int, tuple[str, float]] = {}

    def open(self, text: str) -> None:
        self.text = text
        self.version += 1
        self.client.open(self.uri, text, self.version)

    # ── places ──

    def place(self, offset: int) -> dict[str, int]:
        """A place in UTF-16, computed in the plainest way."""
        before = self.text[:offset]
        lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        column = lines[-1] if before[-1:] != "\r" or self.text[offset : offset + 1] != "\n" else ""
        return {"line": len(lines) - 1, "character": len(column.encode("utf-16-le")) // 2}

    def offset(self) -> int:
        """Any offset that is a place: not one between CR and LF."""
        offset = self.rng.randint(0, len(self.text))
        return offset + 1 if self.text[offset - 1 : offset + 1] == "\r\n" else offset

    def stretch(self, most: int) -> tuple[int, int]:
        start = self.offset()
        end = min(len(self.text), start + self.rng.randint(0, most))
        return start, end + 1 if self.text[end - 1 : end + 1] == "\r\n" else end

    # ── edits ──

    def edit(self) -> None:
        changes = [self.change() for _ in range(self.rng.choice([1, 1, 1, 2, 3]))]
        self.version += 1
        self.client.change(self.uri, self.version, *changes)

    def change(self) -> dict[str, Any]:
        pick = self.rng.random()
        if pick < 0.02:  # starts over: most of the time the text should be something like a program
            self.text = self.base
            return {"text": self.base}
        if pick < 0.6:
            start = end = self.offset()
            text = self.rng.choice(SNIPPETS)
        elif pick < 0.8:
            (start, end), text = self.stretch(6), ""
        elif pick < 0.95:
            (start, end), text = self.stretch(12), self.rng.choice(SNIPPETS)
        else:
            a, b = self.stretch(80)
            start = end = self.offset()
            text = self.text[a:b]
        span = {"start": self.place(start), "end": self.place(end)}
        self.text = self.text[:start] + text + self.text[end:]
        return {"range": span, "text": text}

    # ── questions ──

    def question(self, kind: str) -> tuple[str, dict[str, Any]]:
        params: dict[str, Any] = {"textDocument": {"uri": self.uri}}
        if kind in POSITIONED:
            params["position"] = self.place(self.offset())
        if kind in RANGED:
            start, end = sorted([self.offset(), self.offset()])
            params["range"] = {"start": self.place(start), "end": self.place(end)}
        match kind:
            case "rename":
                params["newName"] = "other"
            case "references":
                params["context"] = {"includeDeclaration": True}
            case "selectionRange":
                params["positions"] = [params.pop("position")]
            case "codeAction":
                params["context"] = {"diagnostics": []}
            case "formatting" | "rangeFormatting":
                params["options"] = {"tabSize": 2, "insertSpaces": True}
            case "semanticTokens/full/delta":
                params["previousResultId"] = str(self.rng.randint(0, 3))
        return f"textDocument/{kind}", params

    def ask_something(self, kinds: tuple[str, ...]) -> int:
        kind = self.rng.choice(kinds)
        method, params = self.question(kind)
        began = time.perf_counter()
        number = self.client.request(method, params)
        self.sent[number] = kind, began
        return number

    # ── what the server knows ──

    def state(self) -> dict[str, Any]:
        diagnostics = self.client.settled(self.uri, self.version)
        found: dict[str, Any] = {"diagnostics": diagnostics}
        everything = {"start": {"line": 0, "character": 0}, "end": self.place(len(self.text))}
        for kind in STATE:
            params = {"textDocument": {"uri": self.uri}, **({"range": everything} if kind == "inlayHint" else {})}
            answer = self.client.ask(f"textDocument/{kind}", params)
            found[kind] = answer["data"] if kind == "semanticTokens/full" else answer
        return found


def fuzz(
    edits: int, seed: int = 0, compare_every: int = 50, lines: int = 0, pace: float = 0.0, is_told: bool = False
) -> Outcome:
    """Edits a document at random; what the server then knows is compared with what a second one finds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "parts.grad").write_text(PARTS, encoding="utf-8")
        uri = (folder / "program.grad").as_uri()
        with Client(folder) as client, Client(folder) as other:
            editor, fresh = [Editor(c, uri, random.Random(seed), grown(lines)) for c in (client, other)]
            editor.open(editor.base)
            kinds = QUICK if lines else (*POSITIONED, *RANGED, *WHOLE)
            return run(editor, fresh, edits, compare_every, kinds, pace, is_told)


def grown(lines: int) -> str:
    """The program, repeated to a length; each copy with names of its own."""
    text, copies = PROGRAM, 1
    while text.count("\n") < lines:
        copies += 1
        text += re.sub(NAMES, rf"\g<1>{copies}", PROGRAM.replace("import parts\n", ""))
    return text


def run(
    editor: Editor, fresh: Editor, edits: int, compare_every: int, kinds: tuple[str, ...], pace: float, is_told: bool
) -> Outcome:
    differences: list[str] = []
    latencies: list[tuple[str, float]] = []
    comparisons = 0
    for i in range(1, edits + 1):
        disturb(editor, kinds, latencies)
        time.sleep(pace)
        if i % compare_every == 0 or i == edits:
            comparisons += 1
            differences += compared(editor, fresh, i)
            if is_told:
                print(f"{i} edits, {comparisons} comparisons, {len(differences)} differences", file=sys.stderr)
    assert editor.client.leave() == 0
    differences += [f"logged: {text}" for text in editor.client.logged if "Traceback" in text]
    return Outcome(edits, comparisons, differences, latencies)


def disturb(editor: Editor, kinds: tuple[str, ...], latencies: list[tuple[str, float]]) -> None:
    """One edit, and what goes on around it."""
    rng, client = editor.rng, editor.client
    asked = [editor.ask_something(kinds) for _ in range(rng.randint(0, 1))]
    editor.edit()
    asked += [editor.ask_something(kinds) for _ in range(rng.randint(0, 2))]
    for number in asked:
        if rng.random() < 0.1:
            client.tell("$/cancelRequest", {"id": number})
    if rng.random() < 0.02:
        client.raw(rng.choice(FRAMES))
    client.until(lambda: all(number in client.answers for number in asked), f"answers to {asked}")
    for number in asked:
        client.answers.pop(number)
        kind, began = editor.sent.pop(number)
        latencies.append((kind, 1000 * (client.arrived.pop(number) - began)))
    if rng.random() < 0.03:  # a moment in which the server begins to check
        time.sleep(rng.uniform(0.1, 0.3))


def compared(editor: Editor, fresh: Editor, i: int) -> Iterator[str]:
    seen = editor.state()
    fresh.version = editor.version - 1
    fresh.open(editor.text)
    expected = fresh.state()
    fresh.client.close(fresh.uri)
    for kind in expected:
        if seen[kind] != expected[kind]:
            yield f"after {i} edits, {kind}:\n  {seen[kind]}\nfresh:\n  {expected[kind]}\nof {editor.text!r}"


def spread(values: list[float]) -> str:
    """Percentiles of milliseconds."""
    ordered = sorted(values)
    shares = (0.5, 0.9, 0.95, 0.99, 1.0)
    found = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in shares]
    return f"{len(ordered):6}  " + "  ".join([f"{s:4.0%} {ms:7.1f} ms" for s, ms in zip(shares, found, strict=True)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("edits", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--lines", type=int, default=0, help="length of the program; latencies are those of quick requests"
    )
    parser.add_argument("--pace", type=float, default=0.0, metavar="S", help="seconds between edits (default 0)")
    parser.add_argument("--every", type=int, default=50, help="edits between comparisons")
    given = parser.parse_args()
    outcome = fuzz(given.edits, given.seed, given.every, given.lines, given.pace, is_told=True)
    print(*outcome.differences, sep="\n\n")
    for kind in sorted({kind for kind, _ in outcome.latencies}):
        print(f"{kind:26} {spread([ms for k, ms in outcome.latencies if k == kind])}")
    print(f"{'all':26} {spread([ms for _, ms in outcome.latencies])}")
    print(f"{outcome.edits} edits, {outcome.comparisons} comparisons, {len(outcome.differences)} differences")
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main())
