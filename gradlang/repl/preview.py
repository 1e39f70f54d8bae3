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
import sys
import warnings
from typing import Any

from ..analysis.lexemes import closed
from ..diagnostics import GradlangError
from ..draw.fragments import Fragments, fitted, plain
from ..engine import autodiff
from ..engine.printing import show
from ..engine.value import Box, Data, Value
from ..language.runtime import RUN
from ..language.values import NONE, read
from ..session import Session
from ..source import Source
from ..syntax import tree
from ..syntax.parser import parse
from .listings import in_line, number_text
from .results import result

CAN_FORK = hasattr(os, "fork")
SECONDS = 0.5  # a child may take
MEMORY = 1 << 29  # bytes that it may ask for beyond what there is
MOST_GRADIENTS = 4
FEW = 4  # numbers of a gradient that are written out
# Codes that say no more than that something is still being typed, and of files that are not written.
QUIET = ("E01", "E02", "E0501", "E0603")


def preview(session: Session, text: str, width: int) -> Fragments:
    """One line about the text; nothing where there is nothing to say. Changes the session: call it in a child."""
    try:
        module = parse(Source(closed(text), "preview"))
        if not module.body or is_plain(module.body[-1]):
            return []
        before = RUN.last_root
        x = session.run(module.source, lambda diagnostic: None, keep_graph=True)
    except GradlangError as error:
        d = error.diagnostics[0]
        return [] if d.code.startswith(QUIET) else fitted([("error", d.message)], width)
    if x is NONE:
        x = bound(session, module.body[-1])
    root = RUN.last_root if RUN.last_root is not before and RUN.last_root is not None else x
    return about(x, root, width)


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


def about(x: Any, root: Any, width: int) -> Fragments:
    """A value in one line, and the gradient of `root` in what it was computed from."""
    value = read(x)
    shown = "" if value is NONE else number_text(value) if value.__class__ is Value else one_line(value, width)
    fragments = fitted([("number", shown)], width)
    used = len(shown)
    for name, grad in gradients(read(root)):
        text = f"d/d{name} {gradient_text(grad)}"
        if used + len(text) + 3 > width:
            return [*fragments, ("gradient", " …")]
        fragments.append(("gradient", f"   {text}" if used else text))
        used += len(text) + 3
    return fragments


def gradient_text(grad: Data) -> str:
    """A number or a few, or how long a tensor of many is."""
    if getattr(grad, "size", 1) <= FEW:
        return in_line(grad)
    return f"{list(grad.shape)} norm {show(float((grad * grad).sum() ** 0.5))}"


def one_line(value: Any, width: int) -> str:
    return " ".join(plain(result(value, width, 6)).split())


def gradients(root: Any) -> list[tuple[str, Any]]:
    """The gradient of a number in its named leaves and parameters, the first few."""
    if root.__class__ is not Value or not root.inputs or root.shape:
        return []
    autodiff.backward(root)
    named = [v for v in reversed(autodiff.topological(root)) if not v.inputs and hasattr(v, "name")]
    found = {v.name: v.op.grad if v.op.__class__ is Box else v.grad for v in named}
    return list(found.items())[:MOST_GRADIENTS]


# ── the child process ────────────────────────────────────────────────────────


class Child:
    """A process that looks ahead; what it finds can be read from `pipe`."""

    def __init__(self, session: Session, text: str, width: int) -> None:
        self.pipe, end = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads: NumPy's, which the child does not use
            self.process = os.fork()
        if self.process == 0:
            os.close(self.pipe)
            work(session, text, width, end)
        os.close(end)

    def read(self) -> Fragments:
        """What the child has found; waits for it."""
        data = b""
        while piece := os.read(self.pipe, 1 << 16):
            data += piece
        fields = data.decode("utf-8", errors="replace").split("\0")
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
        fragments = preview(session, text, width)
        os.write(pipe, "\0".join([part.replace("\0", "") for fragment in fragments for part in fragment]).encode())
    except BaseException:
        pass  # nothing to show
    finally:
        os._exit(0)


def restrict() -> None:
    """The child has no screen, no keyboard and no files to write; its memory and time are limited."""
    from ..whole_file import forbid_writing

    forbid_writing()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    RUN.write = lambda text: None
    RUN.warn = lambda diagnostic: None
    if sys.platform == "linux":
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
