"""The machine that runs passes: one program for all of them, made of loops over vectors, one an operation.

    void run(ptr memory, ptr groups, i64 count, ptr indices)

Owns its text in LLVM's language. It is compiled once for a processor and kept
on disk (`llvm.runtime`), so a pass costs no compiling however long it is. It
goes through groups (`schedule`): a switch chooses the operation's function,
which gathers what it reads, computes, and stores vector by vector, and the
rest number by number. Elementwise rows are the table's own rules, as in
`llvm.lanes`.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from ...engine.ops import TABLE
from ..llvm.lanes import Functions, Lanes
from ..llvm.runtime import Code, load
from ..llvm.target import Target, host
from ..llvm.text import Unit, Writer, vector
from .graph import TRUTHS

ROWS = sorted(row for row in TABLE if TABLE[row].elementwise and row != "identity")
OPERATIONS = {name: number for number, name in enumerate([*ROWS, "sum", "dot", "take"])}
PARAMETERS = "ptr %memory, ptr %index, i64 %out, i64 %n, i64 %count"

Carried = Sequence[tuple[str, str]]


class Loops:
    """The function of one operation, while it is written."""

    def __init__(self, unit: Unit) -> None:
        self.writer = Writer(unit)
        self.real = unit.real

    def loop(self, start: str, stop: str, step: int, carried: Carried, body: Callable[..., list[str]]) -> list[str]:
        """`body(i, *carried)` from a number to another that are known when it runs; what is carried comes out."""
        w = self.writer
        before, head, after = w.block, w.label(), w.label()
        w.do(f"br i1 {w.value(f'icmp slt i64 {start}, {stop}')}, label %{head}, label %{after}")
        w.start(head)
        at = len(w.lines)
        i, names = f"%i.{head}", [f"%c.{head}.{n}" for n in range(len(carried))]
        out: list[str] = w.scoped(lambda: body(i, *names))
        following, end = w.value(f"add nuw nsw i64 {i}, {step}"), w.block
        w.do(f"br i1 {w.value(f'icmp slt i64 {following}, {stop}')}, label %{head}, label %{after}")
        phis = [f"  {i} = phi i64 [ {start}, %{before} ], [ {following}, %{end} ]"]
        for name, (kind, first), last in zip(names, carried, out, strict=True):
            phis.append(f"  {name} = phi {kind} [ {first}, %{before} ], [ {last}, %{end} ]")
        w.lines[at:at] = phis
        w.start(after)
        return [
            w.value(f"phi {kind} [ {first}, %{before} ], [ {last}, %{end} ]")
            for (kind, first), last in zip(carried, out, strict=True)
        ]

    def pieces(self, body: Callable[[str, int], str]) -> None:
        """Stores what `body(i, width)` gives: as many vectors as there are, then single numbers."""
        w, lanes = self.writer, self.writer.unit.lanes
        whole = w.value(f"and i64 %n, {-lanes}")

        def piece(width: int) -> Callable[[str], list[str]]:
            def stored(i: str) -> list[str]:
                x = body(i, width)
                to = w.value(f"add nuw nsw i64 %out, {i}")
                to = w.value(f"getelementptr inbounds {self.real}, ptr %memory, i64 {to}")
                w.do(f"store {vector(self.real, width)} {x}, ptr {to}, align {w.unit.size}")
                return []

            return stored

        self.loop("0", whole, lanes, [], piece(lanes))
        self.loop(whole, "%n", 1, [], piece(1))
        w.do("ret void")

    def read(self, argument: str, i: str, width: int) -> str:
        """An argument, by its position, of the results from i on."""
        return self.gathered(self.placed(argument, i, width), width)

    def placed(self, argument: str, i: str, width: int) -> str:
        """The places in memory of such an argument."""
        w = self.writer
        at = w.value(f"add nuw nsw i64 {w.value(f'mul nuw nsw i64 {argument}, %n')}, {i}")
        at = w.value(f"getelementptr inbounds i32, ptr %index, i64 {at}")
        places = w.value(f"load {vector('i32', width)}, ptr {at}, align 4")
        return w.value(f"sext {vector('i32', width)} {places} to {vector('i64', width)}")

    def gathered(self, places: str, width: int) -> str:
        w, kind, whole = self.writer, vector(self.real, width), vector("i64", width)
        at = w.value(f"getelementptr inbounds {self.real}, ptr %memory, {whole} {places}")
        if width == 1:
            return w.value(f"load {kind}, ptr {at}, align {w.unit.size}")
        return self.masked(kind, w.unit.size, at, width)

    def masked(self, kind: str, align: int, at: str, width: int) -> str:
        """What vectors of pointers point at."""
        suffix = {"double": "f64", "float": "f32", "i32": "i32"}[kind.strip("<>").split()[-1]]
        pointers = vector("ptr", width)
        every = f"<{width} x i1> splat (i1 true)"
        name = f"llvm.masked.gather.v{width}{suffix}.v{width}p0"
        self.writer.unit.declared.add(f"declare {kind} @{name}({pointers}, i32, <{width} x i1>, {kind})")
        return self.writer.value(f"call {kind} @{name}({pointers} {at}, i32 {align}, {every}, {kind} poison)")


def operation(unit: Unit, name: str) -> str:
    """The function of one operation."""
    loops = Loops(unit)
    body = {"sum": summed, "dot": multiplied, "take": taken}.get(name)
    if body is None:
        loops.pieces(lambda i, width: elementwise(loops, name, i, width))
    else:
        loops.pieces(lambda i, width: body(loops, i, width))
    lines = "\n".join(loops.writer.lines)
    return f"define internal void @op_{name}({PARAMETERS}) nounwind {{\nentry:\n{lines}\n}}"


def elementwise(loops: Loops, name: str, i: str, width: int) -> str:
    """A row by its own rule; truths are kept as numbers."""
    w, row = loops.writer, TABLE[name]
    inputs = [Lanes(w, loops.read(str(n), i, width), width, False) for n in range(row.inputs)]
    if name in TRUTHS:
        inputs = [x != 0.0 for x in inputs]
    elif name == "where":
        inputs[0] = inputs[0] != 0.0
    out: Lanes = row.eval(Functions(w), *inputs)
    return out.number().wide(width)


def summed(loops: Loops, i: str, width: int) -> str:
    w, kind = loops.writer, vector(loops.real, width)

    def add(n: str, total: str) -> list[str]:
        return [w.value(f"fadd {kind} {total}, {loops.read(n, i, width)}")]

    return loops.loop("1", "%count", 1, [(kind, loops.read("0", i, width))], add)[0]


def multiplied(loops: Loops, i: str, width: int) -> str:
    w, kind = loops.writer, vector(loops.real, width)

    def pair(n: str) -> tuple[str, str]:
        return loops.read(n, i, width), loops.read(w.value(f"add nuw nsw i64 {n}, 1"), i, width)

    def add(n: str, total: str) -> list[str]:
        x, y = pair(n)
        if w.unit.target.fma:
            return [w.intrinsic("fma", loops.real, width, x, y, total)]
        return [w.value(f"fadd {kind} {total}, {w.value(f'fmul {kind} {x}, {y}')}")]

    x, y = pair("0")
    return loops.loop("2", "%count", 2, [(kind, w.value(f"fmul {kind} {x}, {y}"))], add)[0]


def taken(loops: Loops, i: str, width: int) -> str:
    """The number at a computed position; one that is out of bounds is brought back, for a guard to find."""
    w, whole = loops.writer, vector("i64", width)
    number = loops.read("0", i, width)
    suffix = "i64" if width == 1 else f"v{width}i64"
    real = {"double": "f64", "float": "f32"}[loops.real]
    at = w.call(
        f"llvm.fptosi.sat.{suffix}.{real if width == 1 else f'v{width}{real}'}", whole,
        (vector(loops.real, width), number),
    )  # fmt: skip
    choices = w.value("sub i64 %count, 1")
    every = w.splat("i64", choices, width)
    from_end = w.value(f"add {whole} {at}, {every}")
    is_from_end = w.value(f"icmp slt {whole} {at}, {w.splat('i64', '0', width)}")
    at = w.value(f"select {vector('i1', width)} {is_from_end}, {whole} {from_end}, {whole} {at}")
    last = w.splat("i64", w.value("sub i64 %count, 2"), width)
    at = w.intrinsic("smin", "i64", width, w.intrinsic("smax", "i64", width, at, w.splat("i64", "0", width)), last)
    row = w.value(f"add {whole} {at}, {w.splat('i64', '1', width)}")
    first = w.splat("i64", i, width)
    if width > 1:
        steps = ", ".join(f"i64 {n}" for n in range(width))
        first = w.value(f"add {whole} {first}, <{steps}>")
    row = w.value(f"mul {whole} {row}, {w.splat('i64', '%n', width)}")
    place = w.value(f"add {whole} {row}, {first}")
    at = w.value(f"getelementptr inbounds i32, ptr %index, {whole} {place}")
    places = w.value(f"load i32, ptr {at}, align 4") if width == 1 else loops.masked(vector("i32", width), 4, at, width)
    return loops.gathered(w.value(f"sext {vector('i32', width)} {places} to {whole}"), width)


RUN = """
define void @run(ptr %memory, ptr %groups, i64 %count, ptr %indices) nounwind {{
entry:
  %any = icmp sgt i64 %count, 0
  br i1 %any, label %group, label %exit
group:
  %g = phi i64 [ 0, %entry ], [ %following, %next ]
  %header = getelementptr inbounds [5 x i32], ptr %groups, i64 %g
  %operation = load i32, ptr %header, align 4
{loads}
  %index = getelementptr inbounds i32, ptr %indices, i64 %at
  switch i32 %operation, label %next [
{cases}
  ]
{blocks}
next:
  %following = add nuw nsw i64 %g, 1
  %more = icmp slt i64 %following, %count
  br i1 %more, label %group, label %exit
exit:
  ret void
}}
"""


def text_of(target: Target, dtype: str) -> str:
    """The machine in LLVM's language."""
    unit = Unit(target, dtype)
    functions = [operation(unit, name) for name in OPERATIONS]
    loads, cases, blocks = [], [], []
    for n, name in enumerate(("out", "n", "arguments", "at"), 1):
        loads.append(f"  %{name}.p = getelementptr inbounds i32, ptr %header, i64 {n}")
        loads.append(f"  %{name}.i = load i32, ptr %{name}.p, align 4")
        loads.append(f"  %{name} = sext i32 %{name}.i to i64")
    given = "ptr %memory, ptr %index, i64 %out, i64 %n, i64 %arguments"
    for name, number in OPERATIONS.items():
        cases.append(f"    i32 {number}, label %do_{name}")
        blocks += [f"do_{name}:", f"  call void @op_{name}({given})", "  br label %next"]
    run = RUN.format(loads="\n".join(loads), cases="\n".join(cases), blocks="\n".join(blocks))
    return "\n".join([unit.text(), *functions, run])


class Machine:
    """The compiled program."""

    def __init__(self, target: Target, dtype: str) -> None:
        status = os.stat(__file__)
        key = repr(("machine", dtype, status.st_size, status.st_mtime_ns))
        self.code: Code = load(key, lambda: text_of(target, dtype), target)
        pointer = ctypes.c_void_p
        self.run: Any = ctypes.CFUNCTYPE(None, pointer, pointer, ctypes.c_int64, pointer)(self.code.address)


@cache
def machine(dtype: str) -> Machine:
    """The machine for this processor."""
    return Machine(host(), dtype)
