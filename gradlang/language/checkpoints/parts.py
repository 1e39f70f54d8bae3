"""A checkpointed loop, run in parts: a part, a save, the next part.

Owns where parts end, and what a part may know.

A save comes after the first pass, so that a mistake shows at once; after every
`every` passes, counted from the beginning of the loop; and before the last
pass. So a finished loop that is run again does its last pass once more: what
the loop leaves behind (names, graphs, gradients, the root of the last backward)
is there without being saved. A loop that is left early, by `break`, an error or
Ctrl-C, goes on from the last save before that, and comes to the same end.

Invariant: what a part computes follows from the state at its beginning and
from nothing else, to the last bit. Which passes are machine code is a matter of
what a loop is known to be (`hot_loops`); so nothing that was learned of loops
is handed from one part to the next, but whether they are worth it, which the
file says, too.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from typing import Any

from ...engine import checkpoint_file
from ...engine.ops import TABLE
from ...engine.value import Value, apply, leaf
from ...faults import Fault
from ...syntax import tree
from ...whole_file import check_target, reaches_the_disk
from ..builtins.files import file_named
from ..explain import located
from ..headway import Headway, entered, left, length
from ..known_loops import Loops
from ..patience import OFTEN, WORTH, Heat, Scale
from ..runtime import RUN
from ..values import Checkpointed, List
from .course import Course

Part = Callable[[list[Any], Any, Headway | None], Any]  # runs a loop over something: None, or the signal that ended it

_is_inside = False  # of a loop that saves


def in_parts(node: tree.For, frame: list[Any], over: Checkpointed, part: Part, finished: set[str]) -> Any:
    """Runs a loop that goes on from its file and saves: None, or the signal that ended it.

    `finished` are the files with which this very loop has come to its end.
    """
    if not reaches_the_disk():  # it is only tried out
        return part(frame, over.steps, None)
    global _is_inside
    if _is_inside:
        help = "give only the outer one a file: it saves what inner ones change, too"
        raise located(Fault("E0610", "a loop that saves is inside of another", help), node.iterable.span)
    total = length(over.steps) or 0
    if total == 0:
        return None
    outer = RUN.headway
    headway = entered(node, over.steps) if outer is None or outer.inners else None
    _is_inside = True
    try:
        with faults_at_iterable(node), file_named(over.name, None) as path:
            if path in finished:
                raise again(over.name)
            course = Course(node, frame, over.steps)
            done, is_native = begun(course, path)
        if headway is not None:
            headway.did(0, done)
        while done < total:
            end = next_end(done, total, over.every)
            with apart(is_native), Scale() if done == 0 else nullcontext() as scale:
                signal = part(frame, items(over.steps, done, end), headway)
                if scale is not None:
                    is_native = bool(RUN.loops and RUN.loops.known) or scale.seconds * total > WORTH
            if signal is not None:
                break
            done = end
            if done < total:
                with faults_at_iterable(node), file_named(over.name, None) as path:
                    checkpoint_file.write(path, *course.saved(done, is_native))
        finished.add(path)
        return signal
    finally:
        _is_inside = False
        if headway is not None:
            left(headway)


def begun(course: Course, path: str) -> tuple[int, bool]:
    """How many passes are done when the loop begins, and whether machine code is worth it for the others."""
    if os.path.lexists(path):
        return course.restore(path, *checkpoint_file.read(path))
    check_target(path)
    return 0, False


def next_end(done: int, total: int, every: int) -> int:
    """Where the part ends that begins after so many passes."""
    if done == 0:
        return 1
    end = (done // every + 1) * every
    return end if end < total else max(total - 1, done + 1)


def items(steps: Any, start: int, end: int) -> Any:
    """Some of what a loop goes over, to go over."""
    if steps.__class__ is List:
        return List(steps.items()[start:end])
    if steps.__class__ is Value:
        at: dict[str, Any] = {"spec": (("at",),)}
        return tuple([apply(TABLE["getitem"], steps, leaf(float(i)), attrs=at) for i in range(start, end)])
    return steps[start:end]


@contextmanager
def apart(is_native: bool) -> Iterator[None]:
    """Nothing is known of loops but whether machine code is worth it; what is learned is forgotten."""
    before, outer = RUN.backend, RUN.loops or Loops(RUN.backend)
    if RUN.backend == "auto" and is_native:
        RUN.backend = "llvm" if find_spec("llvmlite") is not None else "interp"
    RUN.loops = loops = Loops(RUN.backend)
    if not loops.is_patient:
        loops.heats = defaultdict(experienced)
    try:
        yield
    finally:
        outer.tell(loops)
        RUN.backend, RUN.loops = before, outer


def experienced() -> Heat:
    """Of a loop whose first pass is recorded at once."""
    heat = Heat()
    heat.entries = OFTEN
    return heat


@contextmanager
def faults_at_iterable(node: tree.For) -> Iterator[None]:
    """Faults are about what the loop goes over."""
    try:
        yield
    except Fault as fault:
        raise located(fault, node.iterable.span) from None


def again(name: str) -> Fault:
    return Fault(
        "E0610",
        f'this loop has come to its end with the file "{name}" before, in the same run',
        'each time needs a file of its own, for instance f"run{i}.ckpt"',
    )
