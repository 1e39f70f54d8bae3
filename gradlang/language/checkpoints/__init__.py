"""Loops that go on from where an earlier process was ended: `for step in checkpointed(range(1000), "run.ckpt") { … }`.

    reach      what a loop can change besides names: parameters, optimisers, gradients
    record     what names hold, as plain data and back
    histories  what of it has a past that no file can keep, and whether anybody can miss that
    course     one time through such a loop: what is saved of it, whether a file fits, and how it is restored
    parts      the loop, run in parts with a save between them

Why a loop and not a call in it: between two passes the whole state of a program
is known, what of it a pass may read is decided by the resolver (`flow`), and
the rest of the program runs again in the new process. So nothing has to be
named by the user and nothing in the body changes.
"""
