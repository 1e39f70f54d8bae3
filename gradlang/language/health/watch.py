"""One run's health: what each backward is asked, and what has been told already.

Invariant: it looks at numbers and changes none; a run with it and one without come to the same. What it asks of
every backward costs next to nothing beside that; whatever costs more is asked once something is wrong, or at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ...diagnostics import Diagnostic, Label
from ...engine.autodiff import Reached, gradient, parameters_of, topological
from ...engine.charges import unpaid
from ...engine.nonfinite import has_nan, is_finite
from ...engine.value import OLD, Box, Data, Value, recording
from ...source import PRELUDE, Span
from ..runtime import BUILTIN_SOURCE, RUN

if TYPE_CHECKING:
    from .steps import Late

Names = Mapping[str, tuple[Span | None, Any]]  # where each was first bound, and what it holds
NOWHERE = Span(BUILTIN_SOURCE, 0, 0)
FLAT = 10  # backwards without any slope, from the first one on, are no accident
MOST_WANTED = 1000  # parameters that are remembered, lest they be kept alive
STEEP = 1e16  # the square of a gradient's size


class Course:
    """What the backwards at one place have come to, as far as the interpreter did them.

    box     a parameter that the first of them reached; None where there was none
    loss    what that started from
    count   how many there were, as long as that matters
    flat    how many of the first, in a row, started from that very number and found no slope at all
    steep   how many of the first three found a slope beside which the number is nothing
    """

    __slots__ = ("box", "calling", "count", "flat", "loss", "steep")

    def __init__(self, calling: Span | None, box: Box | None, loss: float) -> None:
        self.calling = calling
        self.box = box
        self.loss = loss
        self.count = self.flat = self.steep = 0


NO_COURSE = Course(None, None, 0.0)


class Health:
    """Watches over the numbers of one run.

    told        what was said, and where
    lost        the calls of backward that have started from something not finite
    courses     of training, by the call of backward; `course` is that of the last one, and
    settled     its call, if there is no more to count; `is_scalar` if it reached no tensors
    wanted      parameters that `grad` and its like were asked for
    late        backwards that came to numbers which parameters no longer have, by the call; `late_of`: the last
                one that came to a parameter
    cuts        parameters whose numbers lost their history, by the place where that happened first
    optimisers  that have made a step
    explain     adds to a diagnostic what cut parameters off from what a call of backward started from
    """

    __slots__ = (
        "course", "courses", "cuts", "explain", "is_scalar", "late", "late_of", "lost", "optimisers", "settled", "told",
        "wanted",
    )  # fmt: skip

    def __init__(self, explain: Callable[[Diagnostic, Span | None], None]) -> None:
        self.explain = explain
        self.told: set[tuple[str, int, int]] = set()
        self.lost: set[Span | None] = set()
        self.courses: dict[Span | None, Course] = {}
        self.course: Course = NO_COURSE
        self.settled: Span | None = NOWHERE
        self.is_scalar = False
        self.wanted: set[Box] = set()
        self.cuts: dict[Span | None, list[Box]] = {}
        self.optimisers: WeakSet[Any] = WeakSet()
        self.late: dict[Span | None, Late] = {}
        self.late_of: dict[Box, Late] = {}

    def differentiated(self, root: Value, reached: Reached) -> None:
        """A backward from `root` is over."""
        _, gradients, outdated = reached
        if RUN.calling is self.settled and not outdated and self.course.box in gradients:
            try:
                total = sum(gradients.values() if self.is_scalar else map(square, gradients.values()), root.data)
                if total - total == 0.0:  # a nan or an infinity would be left
                    return  # as nearly always; the steps of small scalar graphs take hardly longer than this
            except ValueError:  # there are tensors after all
                pass
        if is_finite(root.data):
            self.look_at(root, reached)
        else:
            self.course, self.settled = self.courses.get(RUN.calling, NO_COURSE), NOWHERE
            self.lost_in(root)

    def look_at(self, root: Value, reached: Reached) -> None:
        """Something about a backward may be worth telling."""
        squares = sum(map(square, reached.gradients.values()))
        course = self.courses.get(RUN.calling)
        if course is None or course.box is not None and course.box not in reached.gradients:
            course = self.begun(root, reached)
        self.course = course
        if not isfinite(squares):
            self.lost_behind(root, reached.order)
        elif squares == 0.0 and course.flat == course.count and course.loss == number(root.data):
            course.flat += 1
            if course.flat == FLAT:
                from . import training

                training.flat(self, course, reached.order)
        elif squares > STEEP and course.count < 3:
            from . import training

            training.steep(self, course, root, reached)
        course.count += 1
        self.settled = RUN.calling if course.flat < course.count > 2 else NOWHERE
        self.is_scalar = all([g.__class__ is float for g in reached.gradients.values()])
        if reached.outdated:
            self.came_late(root, reached)

    def begun(self, root: Value, reached: Reached) -> Course:
        """The course of the first backward at a place, or of the first that is about other parameters."""
        is_first = RUN.calling not in self.courses
        if not root.inputs and root.op is None:
            from . import unreached

            unreached.by_anything(self, root)
        course = Course(RUN.calling, next(iter(reached.gradients), None), number(root.data))
        self.courses[RUN.calling] = course
        if is_first and len(reached.gradients) > 5:  # of three layers, at least
            from . import training

            training.vanishing(self, reached)
        return course

    def came_late(self, root: Value, reached: Reached) -> None:
        """A backward has come to numbers that parameters no longer have. That is told once a gradient is used."""
        from . import steps

        changed = [v for v in reached.outdated if steps.has_changed(v)]
        if changed and RUN.calling not in self.late:
            self.late[RUN.calling] = steps.Late(root, reached.order, changed)
        for v in changed:
            assert isinstance(v.op, Box)
            v.op.spent, self.late_of[v.op] = OLD, self.late[RUN.calling]

    def used_old(self, box: Box) -> None:
        """A gradient is used that is one of earlier numbers."""
        if box in self.late_of:
            self.late_of[box].tell(self, box)

    def spent_again(self, box: Box, span: Span) -> None:
        """An update steps by a gradient by which it, or another, has stepped before."""
        from . import steps

        steps.spent_again(self, box, span)

    def moves_nothing(self, name: str, box: Box, span: Span) -> None:
        """A step changes a name that holds the numbers of a parameter, and not the parameter."""
        from . import steps

        steps.moves_nothing(self, name, box, span)

    def steps(self, optimiser: Any) -> None:
        """An optimiser is about to make a step."""
        for box in optimiser.boxes:
            if box.spent == OLD:
                self.used_old(box)
            elif box.spent == "-":
                from . import steps

                steps.spent_again(self, box, RUN.calling, optimiser)
                break
        self.optimisers.add(optimiser)

    def asked(self, *values: Value) -> None:
        """Gradients with respect to these are wanted as values."""
        for x in values if len(self.wanted) < MOST_WANTED else ():
            self.wanted.update([v.op for v in (x, *x.inputs) if isinstance(v.op, Box)])

    def cut(self, x: Value, span: Span | None) -> None:
        """The numbers of a value are taken without their history. Its parameters are looked up once a place."""
        if x.needs and span not in self.cuts:
            with unpaid():
                self.cuts[span] = parameters_of([x])

    def ended(self, names: Names, last: Span) -> None:
        """The run is over. These are its outermost names; `last` is its last statement in which a backward was done."""
        if self.courses and RUN.last_root is not None:
            from . import ending

            RUN.calling = self.course.calling
            ending.look(self, self.course, RUN.last_root, names, last)

    def derived(self, y: Value, gradients: Sequence[Value | None]) -> None:
        """The gradients of y were computed as values. An infinite one may be what was asked for; nan never is."""
        is_lost = any([g is not None and has_nan(g.data) for g in gradients])
        if has_nan(y.data) or is_lost and not is_finite(y.data):
            self.lost_in(y)
        elif is_lost:
            order = topological(y)
            with recording(False):
                all_of_them = gradient(y, order)
            self.lost_behind(y, order, [None if g is None else g.data for g in all_of_them])

    def read(self, x: Value) -> None:
        """The gradient of a value is read that is no parameter's, so that no backward has looked at it."""
        root = RUN.last_root
        if has_nan(x.grad) and root is not None and is_finite(root.data):
            self.lost_behind(root, topological(root))

    def lost_in(self, root: Value) -> None:
        """What is differentiated is not finite; what follows the first time at a place follows from it."""
        if RUN.calling not in self.lost:
            from . import nonfinite

            self.lost.add(RUN.calling)
            nonfinite.in_value(self, root)

    def lost_behind(self, root: Value, order: list[Value], gradients: list[Data] | None = None) -> None:
        """What is differentiated is finite, and a gradient is not; they stand at the values, unless they are given."""
        from . import nonfinite

        given = [getattr(v, "grad", None) for v in order] if gradients is None else gradients
        nonfinite.in_gradients(self, root, order, given)

    def has_told(self, code: str, span: Span | None) -> bool:
        return span is not None and (code, id(span.source), span.start) in self.told

    def tell(
        self,
        code: str,
        message: str,
        span: Span | None,
        label: str = "",
        labels: Sequence[Label] = (),
        notes: Sequence[str] = (),
        help: Sequence[str] = (),
        is_cut_off: bool = False,
    ) -> None:
        """A warning, once a place; of what is cut off from the last backward, with the reason if that can be seen.

        Raises GradlangError where warnings are errors.
        """
        span = span or RUN.calling or NOWHERE
        if not self.has_told(code, span):
            self.told.add((code, id(span.source), span.start))
            diagnostic = Diagnostic(code, message, span, "warning", label, labels, notes, help)
            if is_cut_off:
                self.explain(diagnostic, self.course.calling)
            RUN.warn(diagnostic)


def number(data: Data) -> float:
    """What a backward starts from, which has one element."""
    return data if data.__class__ is float else float(data.reshape(-1)[0])


def square(data: Data) -> float:
    """The sum of the squares of some numbers; not finite where one of them is not, or is huge."""
    if data.__class__ is float:
        return float(data * data)
    flat = data.reshape(-1)
    return float(flat.dot(flat))


def place_of(values: Sequence[Value]) -> Span | None:
    """Where the user's program made the first of these values that no builtin written in gradlang made."""
    for v in values:
        if v.span is not None and v.span.source.name != PRELUDE:
            return v.span
    return None


def current_pass() -> list[str]:
    """Which pass of the outermost loop this is."""
    headway = RUN.headway
    if headway is None:
        return []
    return [f"this is pass {headway.passes + 1:,} of the loop on line {headway.node.span.line}"]
