"""The value, and the gradient, of what is being typed, before it is entered.

What is typed may print, write, train or never end. So it is run in a child
process, a copy of this one (fork), which has the whole session, writes no file
and shows nothing, and is killed when its time is up. The session is not
touched, and typing waits for nothing.

Where a process cannot be copied (Windows) there is no preview.
"""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from ..analysis.text.lexemes import closed
from ..diagnostics import GradlangError
from ..draw.terminal.fragments import Fragments, fitted, plain
from ..engine import autodiff
from ..engine.printing import show
from ..engine.process import limit
from ..engine.value import Box, Data, Value
from ..language.runtime import GO, RUN
from ..language.values import NONE, read
from ..session import Session
from ..source import Source
from ..syntax import tree
from ..syntax.parser import parse
from ..whole_file import no_writing
from .listings import in_line, leaves_of, number_text
from .results import result

CAN_FORK = hasattr(os, "fork")
SECONDS = 0.5  # a child may take
MEMORY = 1 << 29  # bytes that it may ask for beyond what there is
MOST_GRADIENTS = 4
FEW = 4  # numbers of a gradient that are written out
# Codes that say no more than that something is still being typed, and of files that are not written.
QUIET = ("E01", "E02", "E0501", "E0603")


def preview(session: Session, text: str, width: int) -> Iterator[tuple[str, str]]:
    """One line about the text, piece by piece; nothing where there is nothing to say.

    Changes the session: call it in a child.
    """
    whole = closed(text)
    try:
        module = parse(Source(whole, "preview"))
        if not module.body or is_plain(module.body[-1]):
            return
        before = RUN.last_root
        x = session.run(module.source, lambda diagnostic: None, keep_graph=True)
    except GradlangError as error:
        d = error.diagnostics[0]
        if whole == text and not d.code.startswith(QUIET):  # what is open may become anything
            yield from fitted([("error", d.message)], width)
        return
    if x is NONE:
        x = bound(session, module.body[-1])
    root = RUN.last_root if RUN.last_root is not before and RUN.last_root is not None else x
    yield from about(x, root, session.names(), width)


def is_plain(node: tree.Stmt) -> bool:
    """Whether the text says all there is to say: a literal, a name bound to one, a definition."""
    if isinstance(node, tree.Assign):
        node = node.value
    if isinstance(node, tree.Unary):
        node = node.operand
    return isinstance(node, tree.Number | tree.Text | tree.Constant | tree.Define | tree.Lambda | tree.Import)


def bound(session: Session, node: tree.Stmt) -> Any:
    """What a statement gave to a name."""
    targets = {tree.Assign: "targets", tree.Param: "name", tree.Update: "target"}
    target = getattr(node, targets.get(type(node), ""), None)
    if isinstance(target, list):
        target = target[0] if len(target) == 1 else None
    return session.names().get(target.id, NONE) if isinstance(target, tree.Name) else NONE


def about(x: Any, root: Any, names: Mapping[str, Any], width: int) -> Iterator[tuple[str, str]]:
    """A value in one line, and the gradient of `root` in what it was computed from."""
    value = read(x)
    shown = "" if value is NONE else number_text(value) if value.__class__ is Value else one_line(value, width)
    if shown:
        yield from fitted([("number", shown)], width)
    used = len(shown)
    for label, leaf in gradients(read(root), names):
        grad = leaf.op.grad if isinstance(leaf.op, Box) else leaf.grad
        text = f"{'   ' if used else ''}d/d{label} {gradient_text(grad)}"
        used += len(text)
        if used > width:
            yield "gradient", " …"
            return
        yield "gradient", text


def gradient_text(grad: Data) -> str:
    """A number or a few, or how long a tensor of many is."""
    if getattr(grad, "size", 1) <= FEW:
        return in_line(grad)
    return f"{list(grad.shape)} norm {show(float((grad * grad).sum() ** 0.5))}"


def one_line(value: Any, width: int) -> str:
    return " ".join(plain(result(value, width, 6)).split())


def gradients(root: Any, names: Mapping[str, Any]) -> list[tuple[str, Value]]:
    """The named leaves and parameters of a number, the first few, with their gradients."""
    if root.__class__ is not Value or not root.inputs or root.shape:
        return []
    autodiff.backward(root)
    return leaves_of(root, names)[:MOST_GRADIENTS]


# ── the child process ────────────────────────────────────────────────────────


class Child:
    """A process that looks ahead; what it finds can be read from `pipe`. Raises OSError where none is to be had."""

    def __init__(self, session: Session, text: str, width: int) -> None:
        self.pipe, end = os.pipe()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of threads: NumPy's, which the child does not use
                self.process = os.fork()
        except OSError:
            os.close(self.pipe)
            os.close(end)
            raise
        if self.process == 0:
            os.close(self.pipe)
            work(session, text, width, end)
        os.close(end)

    def more(self) -> Fragments:
        """What the child has found since the last look, nothing at its end; waits for it."""
        fields = os.read(self.pipe, 1 << 16).decode("utf-8", errors="replace").split("\0")
        return list(zip(fields[::2], fields[1::2], strict=False))

    def end(self) -> None:
        """Ends the process, whatever it is doing."""
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.pipe)


def work(session: Session, text: str, width: int, pipe: int) -> None:
    """What the child does; it never returns."""
    try:
        restrict()
        with no_writing():
            for role, piece in preview(session, text, width):
                os.write(pipe, f"{role}\0{piece.replace(chr(0), '')}\0".encode())
    except BaseException:
        pass  # nothing to show
    finally:
        os._exit(0)


def restrict() -> None:
    """The child has no screen, no keyboard and no files to write; its memory and time are limited."""
    RUN.stop, RUN.backend = GO, "interp"  # compiling is not worth it for so short a life
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    RUN.write = lambda text: None
    RUN.warn = lambda diagnostic: None
    limit(MEMORY, seconds=2)
