"""What a kernel would cost as machine code: seconds to compile it, seconds for one of its passes.

Both are read off the instructions and their shapes alone, with no clock and no
look at the machine, so that two runs of a program decide alike about its loops.
The constants were fitted on one core of a Zen 4 server: compiling comes out
within a factor of 2 there, a pass within a factor of 3.

Compiling is paid by the line of text that a job takes. Equal jobs of some size
are written once (`llvm.parts`), which is guessed here from rows and shapes, as
nothing has been planned yet; so a layer more costs little when there is one of
its shape already.
"""

from __future__ import annotations

from collections import Counter
from math import prod

from ..shapes import Shape
from .tape import Guard, Instruction, Kernel

LARGE = 96**3  # multiplications from which BLAS is worth its call
THIN = 4  # a product with fewer rows, columns or terms than this is no matter for BLAS
SMALLEST, SMALL = 256, 4096  # operations of a job for which a call is nothing; for which it is worth it from two on

LONG = 4000  # instructions from which a kernel is run by the machine of `vm`; LLVM takes longer to compile more

LANES, REGISTERS = 8, 24

# Compiling, in seconds: loading it and all that is done once; the rewriting of an instruction; a line of text.
ONCE, AN_INSTRUCTION, A_LINE = 0.004, 25e-6, 24e-6
A_GUARD, A_FUNCTION_BODY, A_REPETITION = 5, 90, 3  # lines

# Preparing a long kernel for the machine: having that, an instruction, a number that it makes.
A_MACHINE, A_STEP, A_NUMBER = 0.2, 3e-6, 3e-6

# A pass, in seconds: calling it and going round; a multiplication with its addition; an elementary operation of an
# array, in vectors; a number moved or summed up; exp and its like in vectors, and the least that one call takes.
A_PASS, A_PRODUCT, AN_ELEMENT, A_TERM = 5e-9, 0.03e-9, 0.05e-9, 0.08e-9
A_FUNCTION, A_CALL, A_SCALAR = 1.5e-9, 12e-9, 0.3e-9

# How many operations, and how many calls of exp and its like, rows stand for that are made of others.
MADE_OF = {
    "sigmoid": (5, 1), "softplus": (5, 2), "gelu": (6, 1), "normal_cdf": (5, 1), "tanh": (1, 1), "exp": (1, 1),
    "log": (1, 1), "sin": (1, 1), "cos": (1, 1), "tan": (1, 3), "pow": (2, 0), "mod": (8, 0), "floordiv": (12, 0),
    "sqrt": (4, 0), "div": (4, 0), "softmax": (6, 1), "log_softmax": (8, 1), "logsumexp": (6, 1), "var": (4, 0),
    "std": (8, 0), "norm": (6, 0), "mean": (2, 0), "clamp": (3, 0), "one_hot": (3, 0),
}  # fmt: skip
REDUCTIONS = frozenset(
    ("sum", "sum_to", "mean", "prod", "max", "min", "argmax", "argmin", "all", "any", "var", "std", "norm",
     "softmax", "log_softmax", "logsumexp")
)  # fmt: skip
MOVES = frozenset(("reshape", "squeeze", "unsqueeze", "transpose", "flip", "broadcast_to", "getitem", "identity"))


def is_function(row: str) -> bool:
    """Whether it takes a call of exp or its like for every vector."""
    return MADE_OF.get(row, (0, 0))[1] > 0


def is_large_product(m: int, n: int, k: int) -> bool:
    """Whether BLAS computes a product of matrices, m x k by k x n, if there is one."""
    return m * n * k >= LARGE and min(m, n, k) >= THIN


def is_worth_a_call(operations: int, count: int) -> bool:
    """Whether so many equal jobs are written once, as a function."""
    return count > 1 and operations >= SMALL or count > 2 and operations >= SMALLEST


def is_long(kernel: Kernel) -> bool:
    """Whether it is too long to be compiled for itself."""
    return len(kernel.code) > LONG


def compile_seconds(kernel: Kernel) -> float:
    """What making machine code is expected to take when it is not on the disk."""
    if is_long(kernel):
        made = [prod(kernel.registers[step.out].shape) for step in kernel.code if isinstance(step, Instruction)]
        return A_MACHINE + A_STEP * len(kernel.code) + A_NUMBER * sum(made)
    alike: Counter[tuple[str, Shape, tuple[Shape, ...]]] = Counter()
    for step in kernel.code:
        if isinstance(step, Instruction) and step.row not in MOVES:
            alike[step.row, kernel.registers[step.out].shape, shapes_of(kernel, step)] += 1
    lines = sum(lines_of(row, shape, given, count) for (row, shape, given), count in alike.items())
    widths = {(row, width) for row, shape, _ in alike for width in widths_of(shape)}
    functions = sum(MADE_OF.get(row, (0, 0))[1] for row, _ in widths)
    guards = sum(isinstance(step, Guard) for step in kernel.code)
    lines += A_GUARD * guards + A_FUNCTION_BODY * functions
    return ONCE + AN_INSTRUCTION * len(kernel.code) + A_LINE * lines


def shapes_of(kernel: Kernel, step: Instruction) -> tuple[Shape, ...]:
    return tuple([kernel.registers[r].shape for r in step.inputs])


def widths_of(shape: Shape) -> set[int]:
    """The vectors, by their lanes, that numbers of a shape are taken in."""
    n = shape[-1] if shape else 1
    return {width for width in (4, 2, 1) if n & width} | ({LANES} if n >= LANES else set())


def lines_of(row: str, shape: Shape, given: tuple[Shape, ...], count: int) -> float:
    """Lines of text for so many instructions of a row and some shapes.

    Small ones are mostly written together with a larger one, and so once with it.
    """
    ways, _ = MADE_OF.get(row, (1, 0))
    n = prod(shape)
    if row == "matmul":
        m, n, k = sizes(given)
        lines, work = lines_of_product(m, n, k), prod(shape) * k
    elif row in REDUCTIONS:
        work = prod(given[0])
        lines = min(85.0, 4 + work / 2) * max(1, ways / 2)
    else:
        work = n * ways
        lines = ways * (2 + min(8, -(-n // LANES)) * 2) if n > 1 else 1.0 + ways
        lines += 10 * (row == "scatter")
    return lines + A_REPETITION * (count - 1) if is_worth_a_call(work * 4, count) else lines * count


def lines_of_product(m: int, n: int, k: int) -> float:
    if is_large_product(m, n, k) or 0 in (m, n):
        return 20.0
    if n == 1:
        m, n = n, m
    pieces = n // LANES + bin(n % LANES).count("1")
    wide = min(pieces, 3)
    high = max(1, min(m, REGISTERS // wide))
    high = next((h for h in range(high, (high + 1) // 2 - 1, -1) if m % h == 0), high)
    tiles = (1 + (m % high > 0)) * (1 + (pieces > 4 or pieces > 3 and n % LANES > 0))
    return 20 + 12.0 * high * wide * tiles


def sizes(given: tuple[Shape, ...]) -> tuple[int, int, int]:
    """Rows, columns and terms of a product."""
    x, y = given
    return (x[-2] if len(x) > 1 else 1), (y[-1] if len(y) > 1 else 1), x[-1]


def pass_seconds(kernel: Kernel) -> float:
    """What one pass of the machine code is expected to take."""
    seconds = A_PASS
    for step in kernel.code:
        if not isinstance(step, Instruction):
            continue
        shape = kernel.registers[step.out].shape
        n = prod(shape)
        ways, calls = MADE_OF.get(step.row, (1, 0))
        if step.row == "matmul":
            rows, columns, k = sizes(shapes_of(kernel, step))
            padded = n * -(-columns // LANES) * LANES / columns if rows > 1 < columns else n
            seconds += A_PRODUCT * k * padded
        elif step.row in REDUCTIONS:
            m = prod(kernel.registers[step.inputs[0]].shape)
            seconds += A_TERM * m * ways + calls * max(A_CALL, A_FUNCTION * m)
        elif step.row not in MOVES:
            seconds += max(A_SCALAR, AN_ELEMENT * n) * ways + calls * max(A_CALL, A_FUNCTION * n)
    return seconds
