"""Loops at native speed: what a pass of a loop does, recorded, rewritten, and run by a backend.

places     where numbers come from and go to: names, parameters, gradients, items, random draws
recorder   follows one pass of a loop (with registers, outcome), and writes a recording
recording  that pass as plain data, bound to a frame
compiled   a recording and the programs made of it
run        one run of it: entered, run, and everything brought back
loops      what is known of a loop, and what is worth its time
later      programs that are replayed until a thread has compiled them
tape       one pass as plain data, bound to nothing: a linear program over registers, its checker and its printer
passes     tape to tape
replay     the backend that runs it with NumPy, in the very calls the interpreter would make
llvm       the backend that makes machine code
"""
