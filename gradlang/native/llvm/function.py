"""The whole of a compiled kernel as one function: its arguments, the loop over passes, guards, and state written last.

    i64 run(i64 passes, ptr arena, ptr constants…, ptr entry…, ptr stream…, ptr state…, ptr kept…)

returns how many passes were run. Streams and kept arrays move on by a row a
pass. A guard that does not hold leaves before anything of that pass's state or
kept rows was written.
"""

from __future__ import annotations

from ...shapes import size_of
from ..tape import Constant, Guard, Kernel
from . import positions
from .body import Body
from .elementwise import joined, pointwise, scattered
from .matmul import multiplied
from .moves import Coordinate
from .parts import Part, shared
from .plan import Keep, Plan
from .reductions import reduced
from .rows import REDUCTIONS, WHOLES
from .target import Target
from .text import Unit, Writer, literal


def arrays(kernel: Kernel) -> list[Constant]:
    """The constants that are passed as arrays."""
    return [c for c in kernel.constants if isinstance(c.data, bytes)]


def text_of(plan: Plan, target: Target) -> str:
    """The function as LLVM's text."""
    kernel = plan.kernel
    unit = Unit(target, kernel.dtype)
    writer = Writer(unit)
    pointers: dict[int, str] = {}
    parameters = ["i64 %passes", "ptr noalias %arena"]

    def parameter(name: str) -> str:
        parameters.append(f"ptr noalias %{name}")
        return f"%{name}"

    for n, constant in enumerate(arrays(kernel)):
        pointers[constant.register] = parameter(f"constant{n}")
    for n, register in enumerate(kernel.entry):
        pointers[register] = parameter(f"entry{n}")
    streams = [parameter(f"stream{n}") for n in range(len(kernel.stream))]
    for n, (start, _) in enumerate(kernel.state):
        pointers[start] = parameter(f"state{n}")
    kept = [parameter(f"kept{n}") for n in range(len(kernel.kept))]

    writer.start("pass")
    for n, register in enumerate(kernel.stream):
        pointers[register] = row_of_pass(writer, plan, streams[n], register)
    body = Body(unit, writer, plan, pointers)
    exits: list[str] = []
    parts = shared(plan)
    for job in plan.jobs:
        writer.known = {}
        body.making = -1
        if isinstance(job, Guard):
            exits.append(guard(body, job))
        elif isinstance(job, Keep):
            copied(body, job.register, row_of_pass(writer, plan, kept[job.slot], job.register))
        elif job.register in parts:
            call(body, parts[job.register])
        else:
            make(body, job.register)
    writer.known = {}
    for register, start in plan.updates:
        copied(body, register, pointers[start])
    end = writer.block
    following = writer.value("add nuw nsw i64 %done, 1")
    more = writer.value(f"icmp slt i64 {following}, %passes")
    writer.do(f"br i1 {more}, label %pass, label %exit")
    first = writer.lines.index("pass:") + 1
    writer.lines.insert(first, f"  %done = phi i64 [ 0, %entry ], [ {following}, %{end} ]")
    reasons = ", ".join([f"[ {following}, %{end} ]", *[f"[ %done, %{block} ]" for block in exits], "[ 0, %entry ]"])
    lines = [
        f"define i64 @run({', '.join(parameters)}) nounwind {{",
        "entry:",
        "  %any = icmp sgt i64 %passes, 0",
        "  br i1 %any, label %pass, label %exit",
        *writer.lines,
        "exit:",
        f"  %result = phi i64 {reasons}",
        "  ret i64 %result",
        "}",
    ]
    return unit.text() + "\n".join(lines) + "\n"


def row_of_pass(writer: Writer, plan: Plan, pointer: str, register: int) -> str:
    """The address of this pass's row in an array whose first axis counts the passes."""
    size = plan.size(register) * element_size(plan.kernel, register)
    at = writer.value(f"mul i64 %done, {size}")
    return writer.value(f"getelementptr inbounds i8, ptr {pointer}, i64 {at}")


def element_size(kernel: Kernel, register: int) -> int:
    if kernel.registers[register].kind == "truth":
        return 1
    return 8 if kernel.dtype == "float64" else 4


def make(body: Body, root: int) -> None:
    """Computes and stores a register."""
    core = body.plan.core.get(root, root)
    row = body.plan.made[core].row
    body.making = root
    if size_of(body.shape(root)) == 0:
        return
    if row == "matmul":
        multiplied(body, root, core)
    elif row in positions.ORDERS:
        positions.found(body, root, core)
    elif row in REDUCTIONS:
        reduced(body, root, core)
    elif row == "scatter":
        scattered(body, root)
    elif row in WHOLES:
        joined(body, root)
    else:
        pointwise(body, root)


def call(body: Body, part: Part) -> None:
    """Has a register computed and stored by the function of its part, which is written when it is first called."""
    unit = body.unit
    name = unit.parts.setdefault(part.key, f"part{len(unit.parts)}")
    if name not in unit.functions:
        writer = Writer(unit)
        own = Body(unit, writer, part, {r: f"%p{n}" for r, n in part.pointers.items()})
        make(own, 0)
        parameters = ", ".join(f"ptr noalias %p{n}" for n in range(len(part.memory)))
        head = f"define internal void @{name}({parameters}) nounwind {{\nentry:"
        unit.functions[name] = "\n".join([head, *writer.lines, "  ret void", "}"])
    addresses = [body.offset(body.origin(r), body.stored_type(r)[0], first) for r, first in part.memory]
    body.writer.do(f"call void @{name}({', '.join(f'ptr {a}' for a in addresses)})")
    body.fresh.pop(part.stores, None)


def guard(body: Body, job: Guard) -> str:
    """Leaves the function unless the register holds what was seen (a nan is equal to a nan here); from which block."""
    writer = body.writer
    x = body.at(job.register, (), 1)
    if x.truth:
        held = writer.value(f"icmp eq i1 {x.text}, {'true' if job.seen else 'false'}")
    elif job.seen != job.seen:
        held = writer.value(f"fcmp uno {x.scalar} {x.text}, {x.text}")
    else:
        text = x.text
        if x.scalar == "float":  # what was seen may be no single number; then nothing is equal to it
            text = writer.value(f"fpext float {text} to double")
        held = writer.value(f"fcmp oeq double {text}, {literal(float(job.seen), 'double')}")
    on = writer.label()
    writer.do(f"br i1 {held}, label %{on}, label %exit")
    left = writer.block
    writer.start(on)
    return left


def copied(body: Body, register: int, to: str) -> None:
    """Copies a register's memory."""
    plan, writer = body.plan, body.writer
    size = plan.size(register) * element_size(plan.kernel, register)
    if register in plan.constants:
        kind, _ = body.stored_type(register)
        known = plan.constants[register]
        text = str(int(known)) if kind == "i8" else literal(float(known), kind)
        writer.do(f"store {kind} {text}, ptr {to}, align 1")
    elif size == body.stored_type(register)[1]:
        x = body.load(register, Coordinate(0, 0), 1)
        kind, aligned = body.stored_type(register)
        text = writer.value(f"zext i1 {x.text} to i8") if x.truth else x.text
        writer.do(f"store {kind} {text}, ptr {to}, align {aligned}")
    elif size:
        body.unit.declared.add("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
        origin = body.origin(register)
        writer.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {to}, ptr {origin}, i64 {size}, i1 false)")
