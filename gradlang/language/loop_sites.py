"""Loops: closures that run a compiled body for each item, or while a condition holds.

What follows a pass is written out in both kinds: a call for it would be paid in every pass.

Owns what happens between two passes: signals out of the body, a stop that was
asked for, the count of passes (`headway` reads it meanwhile), and the way to
`hot_loops` where a backend may take passes over. The interpreter hands in
compiled parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..faults import Fault
from ..syntax import tree
from . import hot_loops
from .explain import located
from .headway import Headway, endless, entered, left
from .items import BREAK, CONTINUE, OVER
from .iteration import iterate, paid
from .operators import Code, Frame
from .runtime import RUN, after_pass, head, passed
from .slots import loop_targets
from .values import Checkpointed


def for_loop(node: tree.For, iterable: Code, body: Code) -> Code:
    """`for targets in iterable { body }`."""
    plain_put, span = loop_targets(node.targets), head(node)
    finished: set[str] = set()  # files with which it has come to its end, if it saves

    def run(frame: Frame, part: Any = None, whole: Headway | None = None) -> Any:
        """The whole loop or, over a part of what it goes over, passes that count as those of a whole."""
        over = iterable(frame) if part is None else part
        if over.__class__ is Checkpointed:
            return saving(frame, over)
        try:
            items = iterate(over)
        except Fault as fault:
            raise located(fault, span) from None
        naming = over.__class__ is not range  # counting makes constants, not leaves
        put = paid(plain_put, over)
        outer = RUN.headway
        is_seen = part is None and (outer is None or outer.inners)
        headway = entered(node, over) if is_seen else whole
        try:
            if RUN.backend != "interp":
                signal = hot_loops.drive(
                    node, frame, lambda item: put(frame, item, naming) or body(frame),
                    lambda some: passes_for(node, body, frame, some, put, naming, headway), headway, over, items,
                )  # fmt: skip
            else:
                signal = passes_for(node, body, frame, items, put, naming, headway)
        except Fault as fault:  # of making an item, or of passes in a row
            raise located(fault, span) from None
        finally:
            if is_seen and headway is not None:
                left(headway)
        return None if signal is BREAK and part is None else signal

    def saving(frame: Frame, over: Checkpointed) -> Any:
        """The loop in parts, with a save behind each."""
        from .checkpoints.parts import in_parts

        signal = in_parts(node, frame, over, run, finished)
        return None if signal is BREAK else signal

    return run


def passes_for(
    node: tree.For, body: Code, frame: Frame, items: Iterable[Any], put: Callable[..., None], naming: bool,
    headway: Headway | None,
) -> Any:  # fmt: skip
    """A pass for each item: None, or the signal that ended them."""
    passes, before = 0, 0 if headway is None else headway.at[0]
    try:
        for passes, item in enumerate(items, 1) if headway is None else headway.counting(items):
            put(frame, item, naming)
            signal = body(frame)
            if signal is not None:
                if signal is BREAK:
                    passes -= 1
                    return BREAK
                if signal is not CONTINUE:
                    return signal
            if RUN.stop:
                after_pass(node, frame)
    finally:
        if headway is not None:
            headway.did(before, passes)
        if frame[0] is None:
            passed(node, passes)
    return None


def while_loop(node: tree.While, holds: Code, body: Code) -> Code:
    """`while holds { body }`."""
    span = head(node)

    def run(frame: Frame) -> Any:
        outer = RUN.headway
        headway = entered(node) if outer is None or outer.inners else None
        try:
            if RUN.backend != "interp":
                signal = hot_loops.drive(
                    node, frame, lambda _: body(frame) if holds(frame) else OVER,
                    lambda some: passes_while(node, holds, body, frame, some, headway), headway,
                )  # fmt: skip
            else:
                signal = passes_while(node, holds, body, frame, endless(), headway)
        except Fault as fault:
            raise located(fault, span) from None
        finally:
            if headway is not None:
                left(headway)
        return None if signal is BREAK or signal is OVER else signal

    return run


def passes_while(
    node: tree.While, holds: Code, body: Code, frame: Frame, times: Iterator[None], headway: Headway | None
) -> Any:
    """So many passes: None, or the signal that ended them."""
    passes, before = 0, 0
    if headway is not None:
        before = headway.at[0]
        headway.taking(times)
    try:
        for _ in times:
            if not holds(frame):
                return OVER
            passes += 1
            signal = body(frame)
            if signal is not None:
                if signal is BREAK:
                    passes -= 1
                    return BREAK
                if signal is not CONTINUE:
                    return signal
            if RUN.stop:
                after_pass(node, frame)
    finally:
        if headway is not None:
            headway.did(before, passes)
        if frame[0] is None:
            passed(node, passes)
    return None
