"""What is left of the limits in one run: work, memory, and the sizes of what is made.

Owns `Budget`, which stands in `STATE.budget` while a run is limited. Whoever is
about to compute or to make something large tells it before (`charges.making` and
the like, where it does not pass through `apply`); operations are counted by a
watcher of `apply`.

Invariants: work is counted in units that depend on the program alone, never on
a clock or on which backend ran it, so an error of cost is the same at every run.
Memory is the one thing that is measured: what the process holds beyond what it
held when the run began. It is looked at before anything large is made, and so
often that little can be taken between two looks. Where the system does not say
what a process holds (it is not Linux), only single things are held against the
limit.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..faults import Fault, counted
from ..shapes import size_of
from .charges import GROWING
from .limits import MB, Limits
from .process import give_back, resident
from .table import alike
from .value import STATE, Data, Shape, Value, shape_of

if TYPE_CHECKING:
    from .table import Row

NUMBERS = 100  # computed for one unit
PRODUCTS = 1000  # of a matrix product, for one unit
CHARACTERS = 100  # of text made, for one unit
BYTES = 10  # of a file read or written, for one unit
TREE = 400  # bytes that the tree of a program takes for each of its characters
READING = 16  # bytes that are taken for each of a file that is read
# How many times the room of its result, or of what it reads, an operation takes for a moment; 1.1 for all others.
ROOMS: dict[str, float] = {
    "sum": 0.1, "mean": 0.1, "max": 0.1, "min": 0.1, "prod": 0.1, "all": 0.1, "any": 0.1, "sum_to": 0.1,
    "transpose": 0.1, "flip": 0.1, "broadcast_to": 0.1, "identity": 0.1,
    "sigmoid": 3.1, "softplus": 3.1, "leaky_relu": 2.2, "normal_cdf": 6.1, "gelu": 7.1, "clamp": 2.1,
    "std": 2.1, "var": 2.1, "logsumexp": 2.1, "softmax": 2.1, "log_softmax": 2.1, "one_hot": 1.2,
    "getitem": 2.1, "scatter": 2.5,
}  # fmt: skip
LOOSE = 6.1  # the same where single numbers are put together
ENDLESS = 1 << 62
OFTEN = 8192  # units between two looks at the memory
LEFT = 500  # bytes that an item of a list takes which a native loop leaves, with what it takes to make it
SMALL = 4096  # numbers; up to so many, the room is counted roughly
SLICE_ROOM = 64  # bytes that making a number for a native pass takes, with all that is made on the way
LLVM, LLVM_ROOM = "llvmlite.binding", 40 * MB
STEP = 8 * MB  # bytes asked for between two looks; less where less is allowed


class Budget:
    """What is left in one run."""

    __slots__ = ("before", "cost", "had_llvm", "limits", "memory", "next", "spent", "step", "used", "wanted", "written")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cost: int = ENDLESS if limits.cost is None else limits.cost
        self.spent = 0
        self.written = 0
        self.memory: int = ENDLESS if limits.memory is None else limits.memory
        self.before = resident() if limits.memory is not None else None  # bytes held when the run began
        self.had_llvm = LLVM in sys.modules
        self.step = ENDLESS if limits.memory is None else min(STEP, self.memory // 16)
        self.used = 0  # bytes taken since then, when they were last looked at,
        self.wanted = 0  # and asked for since that look
        self.next = 0  # how much may be spent before something is to be looked at
        self.schedule()

    # ── work ──

    def spend(self, units: int = 1) -> None:
        """Raises Fault E0903 when that is more than is left, E0902 when the memory is full."""
        self.spent += units
        if self.spent > self.next:
            self.reached()

    def operation(self, value: Value, inputs: tuple[Value, ...]) -> None:
        """A watcher of `apply`: as `spend`, once for each operation."""
        self.spent += 1
        if self.spent > self.next:
            self.reached()

    def reached(self) -> None:
        if self.spent > self.cost:
            raise Fault(
                "E0903",
                f"this run may take {counted(self.cost, 'unit', ',')} of work, and this takes it to {self.spent:,}",
                "`--limit-cost` allows more; does every loop come to its end?",
            )
        self.look(0)

    def passes(self, done: int, units: int, numbers: int, lists: Sequence[int]) -> int:
        """How many passes of so many units may be run in a row, after some that are not paid for yet.

        Each is given or leaves so many numbers, and appends an item to lists that were so long at the beginning.
        """
        most = self.left // units - done if units else ENDLESS
        if numbers:
            most = min(most, max(1, self.step // (SLICE_ROOM * numbers)))
        if lists:
            if self.limits.elements is not None:
                most = min(most, self.limits.elements - max(lists) - done)
            if self.before is not None:  # the items are made when all passes are over
                self.used = self.taken()
                most = min(most, (self.memory - self.used) // (8 * numbers + LEFT * len(lists)) - done)
        return most

    def schedule(self) -> None:
        self.next = min(self.cost, self.spent + OFTEN if self.before is not None else ENDLESS)

    def pause(self) -> tuple[int, int]:
        """What is spent from now on does not count; `resume` takes what this gives."""
        before = self.spent, self.cost
        self.cost = ENDLESS
        return before

    def resume(self, spent: int, cost: int) -> None:
        """What is spent counts again; looks at the memory stay as frequent."""
        self.next = min(cost, self.next - (self.spent - spent))
        self.spent, self.cost = spent, cost

    @property
    def left(self) -> int:
        return self.cost - self.spent

    # ── memory ──

    def room(self, size: int) -> None:
        """So many bytes are about to be taken. Raises Fault E0902."""
        self.wanted += size
        if self.wanted > self.step or self.used + self.wanted > self.memory:
            self.look(size)

    def look(self, size: int) -> None:
        """Measures what is taken; raises Fault E0902 unless so many bytes more fit."""
        if self.before is not None:
            self.used = self.taken()
            if self.used + size > self.memory:
                if STATE.recorder is not None:  # which keeps what a pass has made
                    STATE.recorder.ends("its passes are too long for the memory")
                give_back()
                self.used = self.taken()
        self.wanted = size
        self.schedule()
        if self.used + size > self.memory:
            raise self.too_much(size)

    def taken(self) -> int:
        """Bytes that are held beyond those at the beginning, without what is loaded to make machine code of loops."""
        loaded = LLVM_ROOM if LLVM in sys.modules and not self.had_llvm else 0
        return max(0, resident() - (self.before or 0) - loaded)

    def too_much(self, size: int) -> Fault:
        allowed = f"this run may take {bytes_text(self.memory)} of memory"
        if size > self.memory:
            return Fault("E0902", f"{allowed}, and this needs {bytes_text(size)}", MORE_MEMORY)
        more = f", and this needs {bytes_text(size)} more" if size >= MB else ""
        return Fault("E0902", f"{allowed}; it has taken {bytes_text(self.used)}{more}", GROWING, MORE_MEMORY)

    # ── sizes ──

    def computes(self, row: Row, data: Sequence[Data], attrs: dict[str, Any] | None) -> None:
        """An operation is about to be computed. Raises Fault, also where its shapes do not fit."""
        read = 0
        for d in data:
            if d.__class__ is not float and d.__class__ is not bool and d.size > read:
                read = d.size
        if row.elementwise and (not read or len(data) == 1 or alike(data)):
            count = read
        else:
            shapes = [shape_of(d) for d in data]
            count = size_of(row.shape(*shapes, **(attrs or {})))
            if row.name == "matmul":
                self.spend(count * shapes[0][-1] // PRODUCTS)
            elif row.name == "nonzero":  # how many there are is not known yet
                count = read
        if row.name == "getitem":  # which reads no more than it gives
            read = 0
        if count > SMALL or read > SMALL:
            self.check_elements(count)
            rooms = ROOMS.get(row.name, 1.1) if row.name != "stack" or shape_of(data[0]) else LOOSE
            if row.numeric:  # true and false are made numbers first
                rooms += sum([d.__class__ is not float and d.__class__ is not bool and d.dtype == bool for d in data])
            self.numbers(max(count, read), rooms)
        elif count or read:
            self.check_elements(count)
            self.spent += max(count, read) // NUMBERS  # `operation` looks how far that goes
            self.wanted += SLICE_ROOM * count
            if self.wanted > self.step:
                self.look(0)

    def spends_on(self, shape: Shape) -> None:
        """So many numbers were computed, by somebody who did not pay for them."""
        if shape:
            self.spend(size_of(shape) // NUMBERS)

    def differentiates(self, v: Value) -> None:
        """What an operation contributes to the gradients of its inputs is about to be computed."""
        self.spend()
        if v.data.__class__ is float and all([x.data.__class__ is float for x in v.inputs]):
            return
        row, out, shapes = v.op, v.shape, [x.shape for x in v.inputs]
        size = size_of(out) + sum([size_of(shape) for shape in shapes])
        if row.name == "matmul":  # type: ignore[union-attr]
            x, y = shapes
            m, n = x[-2] if len(x) > 1 else 1, y[-1] if len(y) > 1 else 1
            batch = max(size_of(x[:-2]), size_of(y[:-2]), size_of(out) // (m * n or 1))
            self.spend(2 * batch * m * x[-1] * n // PRODUCTS)
            size += batch * x[-1] * (m + n)
        self.spend(2 * size // NUMBERS)
        self.room(4 * size * self.bytes_of_number)

    def check_elements(self, count: int) -> None:
        most = self.limits.elements
        if most is not None and count > most:
            raise Fault(
                "E0904",
                f"a tensor may have {counted(most, 'number', ',')}, and this one would have {count:,}",
                MORE_ELEMENTS,
            )

    @property
    def bytes_of_number(self) -> int:
        return 8 if STATE.dtype == "float64" else 4

    def numbers(self, count: int, rooms: float = 1) -> None:
        """So many numbers are about to be computed, which takes so many times their room. Raises Fault."""
        self.spend(count // NUMBERS)
        self.room(int(rooms * count * self.bytes_of_number))

    def items(self, count: int, size: int) -> None:
        """So many items are about to be gone over one by one, and made into as many. Raises Fault."""
        self.list_of(count)
        self.spend(count)
        self.room(count * size)

    def list_of(self, count: int) -> None:
        """A list has so many items. Raises Fault."""
        most = self.limits.elements
        if most is not None and count > most:
            raise Fault(
                "E0904",
                f"a list may have {counted(most, 'item', ',')}, and this one would have {count:,}",
                MORE_ELEMENTS,
            )

    def copies(self, count: int) -> None:
        """So many items are about to be copied. Raises Fault."""
        self.spend(count // NUMBERS)
        self.room(8 * count)

    def text(self, length: int, size: int) -> None:
        """A text of so many characters is about to be made. Raises Fault."""
        self.check_text(length)
        self.spend(length // CHARACTERS)
        self.room(length * size)

    def orders(self, length: int, count: int) -> None:
        """Texts are about to be put in order: so many, of so many characters together. Raises Fault."""
        self.spend(length * count.bit_length() // CHARACTERS)

    def check_text(self, length: int) -> None:
        most = self.limits.text
        if most is not None and length > most:
            raise Fault(
                "E0905",
                f"a text may have {counted(most, 'character', ',')}, and this one would have {length:,}",
                "`--limit-text` allows more",
            )

    def output(self, length: int) -> None:
        """So much is about to be written. Raises Fault E0906."""
        most = self.limits.output
        if most is not None and self.written + length > most:
            raise Fault(
                "E0906",
                f"this run may write {counted(most, 'character', ',')}, and this takes it to {self.written + length:,}",
                "print less often, for instance every hundredth step; `--limit-output` allows more",
            )
        self.written += length

    def writes_file(self, size: int) -> None:
        """A file of so many bytes is about to be written. Raises Fault."""
        self.output(size)
        self.spend(size // BYTES)

    def reads_program(self, length: int) -> None:
        """A program of so many characters is about to be read. Raises Fault."""
        self.room(TREE * length)

    def reads_file(self, size: int) -> None:
        """A file of so many bytes is about to be read. Raises Fault."""
        self.spend(size // BYTES)
        self.room(READING * size)


MORE_ELEMENTS = "`--limit-elements` allows more"
MORE_MEMORY = "`--limit-memory` allows more"


def bytes_text(size: int) -> str:
    """`512 MB`."""
    for unit, name in ((1 << 40, "TB"), (1 << 30, "GB"), (MB, "MB"), (1 << 10, "kB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return counted(size, "byte")
