"""The dry run: a program is run for what can be learned from it, and leaves no trace.

Every loop runs a few times, within limits; what is printed is thrown away, what
is written stays in memory. It gives the mistakes that only a run can show
(shapes, kinds, gradients that are cut), and for each name what it stood for.

seen        what comes of it
rehearsal   the run itself: goes on after a mistake, cuts loops, and says nothing that it cannot know
laps        a loop that is going on, and whether its names have settled
places      which names stand where in the tree
account     what a name stood for, in words and numbers
transfer    what was seen, as JSON
process     the process that runs programs; worker   the side that asks it, and can end it

Why another process: a program may take all memory, never end, or bring Python
down; whoever asks (an editor, `gradlang check`) must outlive that.
"""

from .seen import NOTHING, Observation, Seen

__all__ = ["NOTHING", "Observation", "Seen"]
