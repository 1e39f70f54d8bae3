"""Instructions that numbers known beforehand make simpler, or that change nothing."""

from __future__ import annotations

from ..engine.value import shape_of
from ..shapes import size_of
from .tape import Constant, Guard, Instruction, Kernel, attrs_of, check, rereading

RESHAPES = frozenset(("reshape", "squeeze", "unsqueeze"))


def simplified(kernel: Kernel) -> Kernel:
    """Without copies and moves that move nothing, and settled choices; masks of a relu are read from its result.

    `x > 0` and `relu(x) > 0` are the same truth, and once nothing else reads x it need not be stored. The gradient of
    `x ** 2` asks whether `abs(x) + 1 == 0`, which never holds.
    """
    instead: dict[int, int] = {}
    never: set[int] = set()  # truths that are false whatever the numbers are
    made: dict[int, Instruction] = {}
    relu_of: dict[int, int] = {}
    known = {c.register: c.data for c in kernel.constants if c.data.__class__ is float}
    zeros = {r for r, x in known.items() if x == 0.0}
    ones = {c.register for c in kernel.constants if is_one(kernel, c)}
    positive = {r for r, x in known.items() if x > 0.0}
    wanted = set(kernel.results())
    code: list[Instruction | Guard] = []
    for step in kernel.code:
        step = rereading(step, instead)
        if isinstance(step, Guard):
            code.append(step)
            continue
        if step.row in ("getitem", "scatter"):
            step = pinned(kernel, step, known)
        if step.row in ("getitem", "scatter") and is_squeezing(kernel, step):
            step = Instruction(step.out, "reshape", step.inputs, (("shape", kernel.registers[step.out].shape),))
        if step.row in RESHAPES and step.inputs[0] in made and made[step.inputs[0]].row in RESHAPES:
            shape = kernel.registers[step.out].shape
            step = Instruction(step.out, "reshape", made[step.inputs[0]].inputs, (("shape", shape),))
        if step.row == "gt" and step.inputs[1] in zeros and step.inputs[0] in relu_of:
            step = step._replace(inputs=(relu_of[step.inputs[0]], step.inputs[1]))
        if step.row == "relu":
            relu_of[step.inputs[0]] = step.out
        if step.row == "eq" and step.inputs[1] in zeros and is_never_zero(made.get(step.inputs[0]), made, positive):
            never.add(step.out)
        same = unchanged(kernel, step, ones, never)
        if same is not None and step.out not in wanted:
            instead[step.out] = same
            continue
        made[step.out] = step
        code.append(step)
    return check(kernel._replace(code=tuple(code)))


def is_one(kernel: Kernel, constant: Constant) -> bool:
    """Whether a constant is 1 throughout."""
    data = kernel.data_of(constant)
    return data.__class__ is float and data == 1.0 or shape_of(data) != () and bool((data == 1.0).all())


def is_never_zero(step: Instruction | None, made: dict[int, Instruction], positive: set[int]) -> bool:
    """Whether this is `abs(x)` and something positive."""
    return (
        step is not None
        and step.row == "add"
        and step.inputs[1] in positive
        and step.inputs[0] in made
        and made[step.inputs[0]].row == "abs"
    )


def unchanged(kernel: Kernel, step: Instruction, ones: set[int], never: set[int]) -> int | None:
    """The register that holds the very numbers that an instruction gives, in the same shape, if one does."""
    candidates: tuple[int, ...] = ()
    if step.row in (*RESHAPES, "identity", "broadcast_to", "sum_to"):
        candidates = step.inputs[:1]
    elif step.row == "mul":
        candidates = tuple(x for x, y in (step.inputs, step.inputs[::-1]) if y in ones)
    elif step.row == "where" and step.inputs[0] in never:
        candidates = step.inputs[2:]
    elif step.row in ("div", "pow") and step.inputs[1] in ones:
        candidates = step.inputs[:1]
    return next((r for r in candidates if kernel.registers[r] == kernel.registers[step.out]), None)


def pinned(kernel: Kernel, step: Instruction, known: dict[int, float]) -> Instruction:
    """A subscript, or what undoes one, with the positions that are known and right in its text."""
    attrs = dict(step.attrs)
    source, *positions = step.inputs
    shape = kernel.registers[source].shape if step.row == "getitem" else attrs["shape"]
    spec, inputs = [], [source]
    rest = iter(positions)
    for n, entry in zip(shape, attrs["spec"], strict=False):
        if entry[0] == "at":
            register = next(rest)
            x = known.get(register)
            if x is not None and -n <= x < n and x == int(x):
                entry = ("index", int(x))
            else:
                inputs.append(register)
        spec.append(entry)
    if len(inputs) == len(step.inputs):
        return step
    return step._replace(inputs=tuple(inputs), attrs=attrs_of({**attrs, "spec": tuple(spec)}))


def is_squeezing(kernel: Kernel, step: Instruction) -> bool:
    """Whether a subscript, or what undoes one, only drops or adds dimensions of size 1."""
    attrs = dict(step.attrs)
    shape = kernel.registers[step.inputs[0]].shape if step.row == "getitem" else attrs["shape"]
    only = all(
        entry[0] == "all" or entry[0] == "index" and n == 1 for entry, n in zip(attrs["spec"], shape, strict=False)
    )
    return only and size_of(shape) == size_of(kernel.registers[step.inputs[0]].shape) and is_number(kernel, step)


def is_number(kernel: Kernel, step: Instruction) -> bool:
    return kernel.registers[step.inputs[0]].kind == kernel.registers[step.out].kind
